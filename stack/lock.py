"""One stack per VAR_DIR."""

import fcntl
import os
from pathlib import Path

from stack.errors import StackError


def take(var_dir: Path) -> int:
    """Hold VAR_DIR until every process that inherits the returned descriptor is gone.

    Raises StackError naming the process that holds it. The kernel frees the lock of a dead
    process, so a lock file left behind by a crash never blocks a start.
    """
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(var_dir / "stack.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StackError(f"VAR_DIR {var_dir} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode().strip() or "unknown"
        os.close(descriptor)
        raise StackError(
            f"{var_dir} is in use by process {holder}; stop it or choose another VAR_DIR"
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def is_held(var_dir: Path) -> bool:
    """Whether a stack lives in VAR_DIR now."""
    try:
        descriptor = os.open(var_dir / "stack.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
