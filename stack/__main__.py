"""The command line: `python -m stack exec -- pytest -x -q`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from stack import lock
from stack.console import say, say_failure
from stack.errors import StackError
from stack.keeper import keep

_ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        if not sys.platform.startswith("linux"):
            raise StackError("the stack needs Linux; elsewhere use docker-compose.yml")
        return _start(options)
    except StackError as error:
        say_failure(error)
        return 1


def _start(options: argparse.Namespace) -> int:
    var_dir = Path(os.environ.get("VAR_DIR") or _ROOT / "var").absolute()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise StackError("say what to run: python -m stack exec -- COMMAND")

    def inner() -> int:
        from stack.execute import execute

        return execute(command, var_dir)

    return _alone_in(var_dir, inner)


def _alone_in(var_dir: Path, inner: Callable[[], int]) -> int:
    """Both processes hold the lock, so VAR_DIR stays taken until the last of them is gone."""
    lock.take(var_dir)
    return keep(lambda: _reported(inner))


def _reported(inner: Callable[[], int]) -> int:
    try:
        return inner()
    except StackError as error:
        say_failure(error)
        return 1
    except OSError as error:
        say(f"the stack failed: {error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stack", description="Stoa on one machine.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    execute = verbs.add_parser("exec", help="run a command beside servers of its own")
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
