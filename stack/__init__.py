"""Starts everything Stoa needs on one Linux machine, and leaves nothing behind.

`python -m stack run` serves; `exec -- CMD` runs one command beside fresh servers; `manage CMD` runs
a management command beside the servers that already run, or beside fresh ones.

Two processes share the work. The outer one (`keeper`) does almost nothing, so it can be trusted to
outlive the inner one (`supervisor`), which starts, watches and stops the children. Each is a
subreaper: whichever is killed, the other still sees every descendant and ends it.

Nothing imports this package, and it alone reads and makes `os.environ` outside `config/env.py`:
it composes the environment of its children.
"""
