"""What stops the stack; each is shown as one line."""


class StackError(Exception):
    """The message says what is wrong and what to do about it, in one line."""


class ChildFailed(StackError):
    """A process we need is gone. `tail` holds the last lines of its log."""

    def __init__(self, message: str, tail: str = "") -> None:
        super().__init__(message)
        self.tail = tail


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """SIGTERM, SIGHUP or Ctrl-C arrived while we waited."""

    def __init__(self, signum: int, from_terminal: bool) -> None:
        super().__init__(signum)
        self.signum = signum
        self.from_terminal = from_terminal
