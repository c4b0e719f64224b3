"""Stopping and starting: what runs is finished, and with a socket that somebody holds nobody notices."""

import fcntl
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

import pytest

from konnekt.config import Config
from tests.command_line import children, is_alive, running, served
from tests.factories import World

CLIENTS = 50


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that listens before there is a server, as a systemd socket does; no file has its number twice."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen(1024)
        with socket.socket(fileno=fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 20)) as held:
            yield held


def address(listening: socket.socket) -> str:
    return f"127.0.0.1:{listening.getsockname()[1]}"


def test_what_runs_is_finished(world: World, config: Config, tmp_path: Path) -> None:
    """An answer that is being made when the server is told to stop arrives whole; then it ends."""
    begun, go_on = tmp_path / "begun", tmp_path / "go_on"
    before = (
        "import pathlib, time\n"
        "from konnekt.background import health\n"
        "def slow(_config):\n"
        f"    pathlib.Path({str(begun)!r}).touch()\n"
        f"    while not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.02)\n"
        "    return []\n"
        "health.wrong = slow"
    )
    with served(config, log=tmp_path / "log", before=before) as (process, url):
        answers: list[bytes] = []

        def ask() -> None:
            with urlopen(f"{url}/readyz", timeout=30) as answer:
                answers.append(answer.read())

        asking = threading.Thread(target=ask)
        asking.start()
        wait_for(begun.exists)
        family = children(process.pid)
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: not all(is_alive(pid) for pid in family))
        assert process.poll() is None
        assert answers == []
        go_on.touch()
        asking.join(30)
        assert [json.loads(answer) for answer in answers] == [{"wrong": []}]
        assert process.wait(30) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_socket_is_taken_over(
    world: World, config: Config, tmp_path: Path, listening: socket.socket
) -> None:
    """As systemd gives it: --port counts for nothing, the address is said, and the socket stays when the server goes."""
    log = tmp_path / "log"
    for number in (1, 2):
        # Asked before anybody serves: the socket keeps the request.
        connection = HTTPConnection(address(listening), timeout=30)
        connection.request("GET", "/healthz")
        with running(
            config, "serve", "--port", "1", log=log, held=listening.fileno(), afresh=True
        ) as process:
            assert connection.getresponse().read() == b"ok\n"
            connection.close()
            family = children(process.pid)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert not [pid for pid in family if is_alive(pid)]
        assert log.read_text().count(f"Konnekt is at http://{address(listening)}") == number
        with socket.create_connection(("127.0.0.1", listening.getsockname()[1]), timeout=5):
            pass


def test_a_socket_that_is_a_file(world: World, config: Config, tmp_path: Path) -> None:
    """As nginx on the same host reaches it; the file stays for the next one."""
    name = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(name)
        listening.listen(100)
        for _ in range(2):
            with (
                socket.socket(fileno=fcntl.fcntl(listening.fileno(), fcntl.F_DUPFD, 20)) as held,
                running(config, "serve", log=tmp_path / "log", held=held.fileno()) as process,
                socket.socket(socket.AF_UNIX) as client,
            ):
                client.connect(name)
                client.sendall(b"GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert client.makefile("rb").read().startswith(b"HTTP/1.1 200 OK\r\n")
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
    assert Path(name).is_socket()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_helpers_hold_no_socket(
    world: World, config: Config, tmp_path: Path, listening: socket.socket
) -> None:
    """Or a port would stay taken as long as a job lasts."""
    inode = f"socket:[{Path(f'/proc/self/fd/{listening.fileno()}').stat().st_ino}]"

    def holders(pid: int) -> int:
        return [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()].count(inode)

    with running(config, "serve", "--workers", "1", log=tmp_path / "log", held=listening.fileno()) as process:
        wait_for(lambda: len(children(process.pid)) == 5)
        wait_for(lambda: sorted(map(holders, children(process.pid)))[:3] == [0, 0, 0])


def test_a_restart_under_fifty_clients_fails_nobody(
    world: World, config: Config, tmp_path: Path, listening: socket.socket
) -> None:
    """Half of them on a connection each time anew, half on one as long as the server keeps it."""
    answered = [0] * CLIENTS
    failed: list[str] = []
    is_over = threading.Event()

    def ask(number: int) -> None:
        connection = HTTPConnection(address(listening), timeout=60)
        while not is_over.is_set():
            try:
                connection.request("GET", "/login")
                answer = connection.getresponse()
                answer.read()
            except OSError as error:
                failed.append(repr(error))
                connection.close()
                continue
            if answer.status == 200:
                answered[number] += 1
            else:
                failed.append(str(answer.status))
            if number % 2:
                connection.close()
        connection.close()

    clients = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    log = tmp_path / "log"

    def each_is_answered() -> None:
        before = list(answered)
        wait_for(lambda: all(now > then for now, then in zip(answered, before, strict=True)))

    try:
        for _ in range(2):
            with running(config, "serve", "--web-only", log=log, held=listening.fileno()) as process:
                each_is_answered()
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
        with running(config, "serve", "--web-only", log=log, held=listening.fileno()):
            each_is_answered()
            is_over.set()
            for client in clients:
                client.join(60)
    finally:
        is_over.set()
    assert failed == []
