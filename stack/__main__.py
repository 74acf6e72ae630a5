"""The command line: `python -m stack exec -- pytest -x -q`."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stack import linux, lock
from stack.console import say, say_failure
from stack.environment import with_dotenv
from stack.errors import StackError
from stack.keeper import keep
from stack.services import running_urls

if TYPE_CHECKING:
    from config.env import Env

_ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        if not sys.platform.startswith("linux"):
            raise StackError("the stack needs Linux; elsewhere use docker-compose.yml")
        if options.with_parent:
            linux.die_with_parent(signal.SIGTERM)
        return int(options.start(options))
    except StackError as error:
        say_failure(error)
        return 1


def _exec(options: argparse.Namespace) -> int:
    return _execute(_words(options), os.environ)


def _manage(options: argparse.Namespace) -> int:
    env = with_dotenv(os.environ, _ROOT / ".env")
    command = [sys.executable, str(_ROOT / "manage.py"), *_words(options)]
    var_dir = _var_dir(env)
    if lock.is_held(var_dir):
        urls = running_urls(var_dir)
        if urls is None:
            raise StackError(f"the stack in {var_dir} is not up yet; try again in a moment")
        os.execvpe(command[0], command, {**env, **urls})  # noqa: S606 - no shell is wanted
    return _execute(command, env)


def _run(_: argparse.Namespace) -> int:
    env = with_dotenv(os.environ, _ROOT / ".env")
    var_dir = _var_dir(env)
    checked = _checked(env)
    steps = [["migrate_tenants"]]
    if checked.environment != "production":
        steps.append(["seed_demo_data", "--if-empty"])

    def inner() -> int:
        from stack.run import run

        return run(_ROOT, var_dir, env, checked.port, steps)

    return _alone_in(var_dir, inner)


def _execute(command: Sequence[str], env: Mapping[str, str]) -> int:
    var_dir = _var_dir(env)

    def inner() -> int:
        from stack.execute import execute

        return execute(command, var_dir, env)

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


def _checked(env: Mapping[str, str]) -> "Env":
    """Every variable is read once before anything starts, so a wrong one costs no waiting."""
    from config.env import EnvError, load

    embedded = {"DATABASE_URL": "postgres://embedded", "REDIS_URL": "redis://embedded"}
    given = {name: value for name, value in env.items() if value.strip()}
    try:
        return load({**embedded, **given})
    except EnvError as error:
        raise StackError(str(error)) from error


def _var_dir(env: Mapping[str, str]) -> Path:
    return Path(env.get("VAR_DIR", "").strip() or _ROOT / "var").absolute()


def _words(options: argparse.Namespace) -> list[str]:
    words: list[str] = options.command
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        raise StackError(f"say what to run: python -m stack {options.verb} -- COMMAND")
    return words


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stack", description="Stoa on one machine.")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the process that started this ends"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="serve until Ctrl-C")
    run.set_defaults(start=_run)
    execute = verbs.add_parser("exec", help="run a command beside servers of its own")
    execute.set_defaults(start=_exec)
    manage = verbs.add_parser("manage", help="run a management command beside the running servers")
    manage.set_defaults(start=_manage)
    for verb in (execute, manage):
        verb.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
