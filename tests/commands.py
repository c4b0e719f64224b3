"""The konnekt command in a process of its own, on the database of a test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from konnekt.config import Config

COMMAND = [sys.executable, "-c", "from konnekt.cli import main; main()"]


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
    """Run the command to its end."""
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment(config, **more), input=typed, capture_output=True, timeout=60
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


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


@contextmanager
def served(
    config: Config, *arguments: str, log: Path, **more: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`konnekt serve` on a free port: the process and its address. What it says goes to the file log."""
    port = free_port()
    with log.open("ab") as file:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), *arguments],
            env=environment(config, **more), stdout=file, stderr=file,
        )  # fmt: skip
        try:
            _wait_until_it_answers(process, f"http://127.0.0.1:{port}/healthz", log)
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(30)


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
