"""What ends a benchmark; shown as one line."""


class BenchmarkError(Exception):
    """The message says what is missing or went wrong, and what to do about it."""
