"""Durable, ordered, resumable streams. The truth behind every push.

A stream is a name (`conversation:<id>`, `course:<id>`, `user:<id>`) with entries at offsets
1, 2, 3 … without a gap, in commit order, for every reader the same. Readers keep their
offset and the stream's epoch; what they missed is read from here.
"""
