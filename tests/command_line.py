"""The konnekt command in a process of its own, on the database of a test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import reload
from multiprocessing import connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from konnekt.config import Config
from tests.processes import processes

# The file that is a socket which systemd listens on.
LISTENS = 3
COMMAND = [sys.executable, "-c", "from konnekt.commands.begin import main; main()"]


def environment(config: Config, **more: str) -> dict[str, str]:
    """What tells the command to work where the test works, at the time of the test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONNEKT_")}
    return {
        **kept,
        "KONNEKT_INSTANCE": str(config.instance),
        "KONNEKT_DATABASE": config.database,
        "KONNEKT_NOW": config.now,
        **more,
    }


class Forked:
    """A command in a process that has imported it already, with what the tests ask of a Popen.

    To import it takes 0.9 s of a processor, and the suite begins some hundreds; to fork takes none.
    """

    # Two that ask how one ended, from two threads, must not both read it.
    _turn = Lock()

    def __init__(
        self,
        arguments: Sequence[str],
        variables: dict[str, str],
        said: Sequence[Path],
        *,
        before: str = "",
        held: socket.socket | None = None,
        alone: bool = False,
    ) -> None:
        """said: the files that are its standard input, output and errors; the rest as `begin` takes it."""
        self.args = ["konnekt", *arguments]
        self._process = processes.Process(
            target=_run, args=(said, self.args, variables, before, held, alone), daemon=True
        )
        with self._turn:
            self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self.poll()

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        with self._turn:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ended; how."""
        connection.wait([self._process.sentinel], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


# A command that runs: forked, or in an interpreter of its own.
Running = Forked | subprocess.Popen[bytes]


def konnekt(
    config: Config, *arguments: str, typed: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, in a process that has imported it already; COMMAND imports it itself."""
    with TemporaryDirectory() as folder:
        said = [Path(folder, str(number)) for number in range(3)]
        said[0].write_bytes(typed)
        process = Forked(arguments, environment(config, **more), said)
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        return subprocess.CompletedProcess(arguments, code, said[1].read_text(), said[2].read_text())


def _run(
    said: Sequence[Path],
    arguments: list[str],
    variables: dict[str, str],
    before: str,
    held: socket.socket | None,
    alone: bool,
) -> None:
    """Be the command."""
    from konnekt.background import outages
    from konnekt.commands.cli import main
    from konnekt.domain.accounts import passwords
    from tests.conftest import REAL_HASHER

    if alone:
        os.setsid()
    for number, path in enumerate(said):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    # The errors a line at a time, as they come from an interpreter of its own.
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    if "PYTHONUNBUFFERED" in variables:
        sys.stdout.reconfigure(line_buffering=True)
    os.environ.clear()
    os.environ.update(variables)
    if held is not None:
        os.dup2(held.fileno(), LISTENS)
        held.close()
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    sys.argv = arguments
    passwords.HASHER = REAL_HASHER
    # What forks share, and commands do not.
    reload(outages)
    exec(before, {})
    main()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def children(pid: int) -> list[int]:
    """The processes under a process, itself included."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text().split())
    return found


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def has_ended(pid: int, seconds: float = 30) -> bool:
    """Whether a process is gone, or goes before the seconds are over."""
    until = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_alive(pid)


def begin(
    config: Config,
    *arguments: str,
    log: Path,
    before: str = "",
    held: int = 0,
    alone: bool = False,
    afresh: bool = False,
    **more: str,
) -> Running:
    """Begin a command; before: Python that goes before it. It speaks to the file log.

    held: a socket that listens, given to it as systemd does. alone: in a session of its own.
    afresh: in an interpreter of its own, as an administrator begins it.
    """
    if not log.exists():
        log.touch()
    variables = environment(config, **more)
    if not afresh:
        listening = socket.socket(fileno=os.dup(held)) if held else None
        try:
            said = [Path(os.devnull), log, log]
            return Forked(arguments, variables, said, before=before, held=listening, alone=alone)
        finally:
            if listening is not None:
                listening.close()
    if held:
        told = "LISTEN_FDS='1', LISTEN_PID=str(os.getpid())"
        before = (
            f"import os; os.dup2({held}, {LISTENS}); os.close({held}); os.environ.update({told})\n{before}"
        )
    with log.open("ab") as file:
        return subprocess.Popen(
            [*COMMAND[:2], f"{before}\n{COMMAND[2]}", *arguments], env=variables, stdout=file,
            stderr=file, pass_fds=[held] if held else [], start_new_session=alone,
        )  # fmt: skip


@contextmanager
def running(config: Config, *arguments: str, log: Path, before: str = "", **how: Any) -> Iterator[Running]:
    """A command that runs until it is told to stop; the rest as `begin` takes it."""
    process = begin(config, *arguments, log=log, before=before, **how)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


@contextmanager
def served(
    config: Config, *arguments: str, log: Path, before: str = "", **how: Any
) -> Iterator[tuple[Running, str]]:
    """`konnekt serve` on a free port: the process and its address."""
    port = free_port()
    with running(config, "serve", "--port", str(port), *arguments, log=log, before=before, **how) as process:
        _wait_until_it_answers(process, f"http://127.0.0.1:{port}/healthz", log)
        yield process, f"http://127.0.0.1:{port}"


def _wait_until_it_answers(process: Running, url: str, log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
