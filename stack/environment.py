"""`.env`: what a person sets for `make run` without exporting it."""

from collections.abc import Mapping
from pathlib import Path

from stack.errors import StackError


def with_dotenv(env: Mapping[str, str], file: Path) -> dict[str, str]:
    """The environment over the file: what was exported wins. No file is an empty file.

    Lines are NAME=value, taken literally; quotes around the whole value are removed.
    """
    try:
        text = file.read_text()
    except FileNotFoundError:
        return dict(env)
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.removeprefix("export ").partition("=")
        if not equals or not name.strip().isidentifier():
            raise StackError(f"{file.name} line {number} is not NAME=value")
        found[name.strip()] = _unquoted(value.strip())
    return {**found, **env}


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
