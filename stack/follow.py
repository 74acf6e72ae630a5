"""Shows what deserves a look of the children's logs, and keeps the logs from growing for ever."""

import json
import os
import re
import shutil
from pathlib import Path

MAX_LOG_BYTES = 50 * 1024 * 1024
_READ_BYTES = 256 * 1024
_LOUD = {"WARNING", "ERROR", "CRITICAL"}
_LOUD_LINE = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL|PANIC)\b|^Traceback ")
# The application handles the errors of its statements, and reports those that it does not.
_LOUD_POSTGRES = re.compile(r"\b(WARNING|FATAL|PANIC): ")


class Follower:
    """The new lines of one log file that a person should see, short enough for a terminal."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self._log = log
        self._position = log.stat().st_size if log.exists() else 0
        self._rest = b""
        self._in_traceback = False

    def news(self) -> list[str]:
        try:
            size = self._log.stat().st_size
            with self._log.open("rb") as stream:
                stream.seek(self._position if self._position <= size else 0)
                data = stream.read(_READ_BYTES)
                self._position = stream.tell()
        except FileNotFoundError:
            return []
        if size > MAX_LOG_BYTES and self._position >= size:
            self._start_over()
        *lines, self._rest = (self._rest + data).split(b"\n")
        shown = (self._shown(line.decode(errors="replace")) for line in lines)
        return [f"{self.name}: {line}" for line in shown if line]

    def _start_over(self) -> None:
        """The child keeps its file open for appending, so the file is emptied, not replaced."""
        shutil.copyfile(self._log, self._log.with_suffix(".log.1"))
        os.truncate(self._log, 0)
        self._position = 0

    def _shown(self, line: str) -> str:
        if line.startswith("{"):
            return _from_json(line)
        if self._in_traceback:
            self._in_traceback = line.startswith((" ", "\t"))
            return line
        loud = _LOUD_POSTGRES if self.name == "PostgreSQL" else _LOUD_LINE
        if not loud.search(line):
            return ""
        self._in_traceback = line.startswith("Traceback ")
        return line


def _from_json(line: str) -> str:
    try:
        record = json.loads(line)
    except ValueError:
        return line if _LOUD_LINE.search(line) else ""
    if record.get("level") not in _LOUD:
        return ""
    parts = [record["level"], str(record.get("event", ""))]
    if tenant := record.get("tenant"):
        parts.append(f"tenant={tenant}")
    if cause := record.get("exc_info"):
        parts.append(str(cause).strip().splitlines()[-1])
    return " ".join(parts)
