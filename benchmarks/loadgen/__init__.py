"""The load generator in C: compiled when a benchmark needs it, spoken to by lines of JSON."""

import hashlib
import json
import selectors
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.errors import BenchmarkError
from benchmarks.programs import end_with_parent

_SOURCES = Path(__file__).parent
_FLAGS = ("-O2", "-std=c11", "-Wall", "-Wextra")
PATIENCE_SECONDS = 15


def compile_loadgen(folder: Path, flags: Sequence[str] = ()) -> Path:
    """The program, made in `folder` unless these very sources were compiled there before.

    Raises BenchmarkError, saying how to get one, when there is no compiler.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise BenchmarkError("no C compiler is installed: run `apt-get install gcc libc6-dev`")
    sources = sorted([*_SOURCES.glob("*.c"), *_SOURCES.glob("*.h")])
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    program = folder / f"loadgen-{digest}"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(".unfinished")
        code = [str(source) for source in sources if source.suffix == ".c"]
        command = [compiler, *_FLAGS, *flags, "-o", str(unfinished), *code, "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchmarkError(f"the load generator does not compile:\n{done.stderr}")
        unfinished.rename(program)
    return program


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    path: str
    headers: dict[str, str]

    def as_line(self) -> str:
        return "\t".join([self.path, *(f"{name}: {value}" for name, value in self.headers.items())])


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Who connects and what they say.

    The first `publishers` connections publish `message` ({t}, {id} and {n} are filled in). Each
    message goes to `fan` connections. With `welcome`, a connection counts as open once the server
    has sent it a welcome; with `replies`, the server answers each message.
    """

    port: int
    connections: Sequence[Connection]
    message: str = "{t}"
    publishers: int = 1
    fan: int = 0
    welcome: bool = False
    replies: bool = False
    at_once: int = 20
    patience: int = PATIENCE_SECONDS  # without any progress, then a run counts as stalled


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run, as the load generator saw it. Latencies in milliseconds."""

    sent: int
    acked: int
    refused: int
    delivered: int
    expected: int
    other: int
    least: int
    most: int
    bytes_in: int
    seconds: float
    cpu_seconds: float
    stalled: bool
    delivery_p50_ms: float
    delivery_p99_ms: float
    delivery_p999_ms: float
    reply_p50_ms: float
    reply_p99_ms: float
    reply_p999_ms: float
    refusal: str
    open: int
    closed: int
    complaint: str

    @property
    def missing(self) -> int:
        return self.expected - self.delivered

    @property
    def cpu_us_per_delivery(self) -> float:
        """The load generator's own: far below the server's, or it is what was measured."""
        return self.cpu_seconds * 1e6 / self.delivered if self.delivered else 0.0


def parse_result(line: str) -> Result:
    """Raises BenchmarkError for anything but a result."""
    answer = _parse(line, "result")
    try:
        return Result(**{field.name: answer[field.name] for field in fields(Result)})
    except KeyError as error:
        raise BenchmarkError(f"the load generator's result lacks {error}") from error


def _parse(line: str, phase: str) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise BenchmarkError(f"the load generator said {line!r}") from error
    if not isinstance(answer, dict) or answer.get("phase") != phase:
        raise BenchmarkError(f"the load generator said {line!r} instead of its {phase}")
    return answer


class LoadGenerator:
    """Connections that stay open, and runs over them. A context manager.

    Entering it connects; raises BenchmarkError unless every connection came to be open.
    """

    def __init__(self, program: Path, load: Load, *, folder: Path, core: int | None) -> None:
        self._load = load
        self._table = folder / "connections.tsv"
        self._core = core
        self._command = [str(program), *_options(load), "--table", str(self._table)]
        self.connect_seconds = 0.0

    def __enter__(self) -> "LoadGenerator":
        self._table.write_text("".join(f"{c.as_line()}\n" for c in self._load.connections))
        self._table.chmod(0o600)  # it holds tokens
        with machine.pinned(self._core):
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
                preexec_fn=end_with_parent,
            )
        try:
            patience = PATIENCE_SECONDS + len(self._load.connections) / 10
            ready = _parse(self._read_line(patience), "ready")
            if ready["open"] != len(self._load.connections):
                raise BenchmarkError(
                    f"{ready['open']} of {len(self._load.connections)} connections opened: "
                    f"{ready['complaint']}"
                )
        except BaseException:
            self.__exit__()
            raise
        self.connect_seconds = ready["seconds"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # nothing of it is worth waiting for; the server sees the end
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._table.unlink(missing_ok=True)

    def run(self, pace: str, amount: float, seconds: float) -> Result:
        """`pace` is delivered, acked, rate or idle; what each means is in loadgen/main.c."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"run {pace} {amount} {seconds}\n")
        self._process.stdin.flush()
        return parse_result(self._read_line(seconds + 2 * PATIENCE_SECONDS))

    def _read_line(self, seconds: float) -> str:
        """One line, or BenchmarkError when it does not come in time."""
        stdout = self._process.stdout
        assert stdout is not None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise BenchmarkError(f"the load generator said nothing for {seconds:.0f} s")
        line = stdout.readline()
        if not line:
            raise BenchmarkError("the load generator ended; its last words are above")
        return line


def _options(load: Load) -> list[str]:
    values = {
        "--port": load.port,
        "--connections": len(load.connections),
        "--message": load.message,
        "--publishers": load.publishers,
        "--fan": load.fan,
        "--at-once": load.at_once,
        "--patience": load.patience,
    }
    options = [word for name, value in values.items() for word in (name, str(value))]
    flags = {"--welcome": load.welcome, "--replies": load.replies}
    return options + [name for name, wanted in flags.items() if wanted]
