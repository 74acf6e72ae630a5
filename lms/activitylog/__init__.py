"""Facts: what happened, kept as rows and told to whoever listens.

The row is written in the transaction of the change (the outbox); subscribers hear it after
the commit, and a sweeper tells what a crash left untold.
"""
