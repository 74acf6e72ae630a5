"""Measures what Stoa promises about cost, beside what others cost in the same run.

`make bench` runs all; `make bench ARGS="fanout memory"` runs some. docs/benchmarks.md says how
each figure is made and how to read it.

    fanout    CPU of the server for each delivery, 1,000 people in one forum
    memory    memory of the server for each idle socket
    ingest    messages kept for good, a second, and how long the acknowledgement takes
    tenant    seconds to create a tenant

Like `stack/`, this package composes the environment of the programs it starts; nothing imports
it but its tests.
"""
