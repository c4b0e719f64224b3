"""The konnekt command in a process of its own, on the database of a test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from konnekt.config import Config
from tests.processes import processes

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


def konnekt(
    config: Config, *arguments: str, typed: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, in a process that has imported it already; COMMAND imports it itself."""
    with TemporaryDirectory() as folder:
        said = [Path(folder, str(number)) for number in range(3)]
        said[0].write_bytes(typed)
        process = processes.Process(
            target=_run, args=(said, ["konnekt", *arguments], environment(config, **more))
        )
        process.start()
        process.join(60)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["konnekt", *arguments], 60)
        process.close()
        return subprocess.CompletedProcess(arguments, code, said[1].read_text(), said[2].read_text())


def _run(said: list[Path], arguments: list[str], variables: dict[str, str]) -> None:
    """Be the command, with these files as standard input, output and errors."""
    from konnekt.commands.cli import main
    from konnekt.domain.accounts import passwords
    from tests.conftest import REAL_HASHER

    for number, path in enumerate(said):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = arguments
    passwords.HASHER = REAL_HASHER
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
    **more: str,
) -> subprocess.Popen[bytes]:
    """Begin a command; before: Python that goes before it. It speaks to the file log.

    held: a socket that listens, given to it as systemd does. alone: in a session of its own.
    """
    if held:
        variables = "LISTEN_FDS='1', LISTEN_PID=str(os.getpid())"
        before = f"import os; os.dup2({held}, 3); os.close({held}); os.environ.update({variables})\n{before}"
    with log.open("ab") as file:
        return subprocess.Popen(
            [*COMMAND[:2], f"{before}\n{COMMAND[2]}", *arguments], env=environment(config, **more), stdout=file,
            stderr=file, pass_fds=[held] if held else [], start_new_session=alone,
        )  # fmt: skip


@contextmanager
def running(
    config: Config, *arguments: str, log: Path, before: str = "", held: int = 0, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until it is told to stop; the rest as `begin` takes it."""
    process = begin(config, *arguments, log=log, before=before, held=held, **more)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


@contextmanager
def served(
    config: Config, *arguments: str, log: Path, before: str = "", **more: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`konnekt serve` on a free port: the process and its address."""
    port = free_port()
    with running(config, "serve", "--port", str(port), *arguments, log=log, before=before, **more) as process:
        _wait_until_it_answers(process, f"http://127.0.0.1:{port}/healthz", log)
        yield process, f"http://127.0.0.1:{port}"


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
