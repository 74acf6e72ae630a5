"""What the person at the terminal reads. Everything goes to stderr: stdout is the command's."""

import sys

from stack.errors import ChildFailed, StackError


def say(message: str) -> None:
    sys.stderr.write(f"stoa: {message}\n")
    sys.stderr.flush()


def say_failure(error: StackError) -> None:
    say(str(error))
    if isinstance(error, ChildFailed) and error.tail:
        sys.stderr.write(f"{error.tail}\n")
        sys.stderr.flush()
