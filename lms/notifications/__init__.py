"""A person's inbox: rows to read later, and entries of the stream `user:<id>` to hear now.

Other apps do not call this one; they publish facts and it listens.
"""
