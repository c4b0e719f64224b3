"""`konnekt serve` as it really runs: processes, signals, several workers on one database, mail on its way."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import pytest

from konnekt.config import Config
from konnekt.domain.accounts import links, passwords
from konnekt.models import Mail
from tests.command_line import COMMAND, children, environment, is_alive, served
from tests.conftest import NOW
from tests.factories import World

GOOD = "correct horse battery"


def browser() -> OpenerDirector:
    return build_opener(HTTPCookieProcessor(CookieJar()))


def sign_in(address: str, name: str, password: str) -> int:
    """The status of signing in as a new browser; a redirect is followed."""
    opener = browser()
    with opener.open(f"{address}/login", timeout=20) as page:
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page.read().decode())[-1]
    form = urlencode({"csrf_token": token, "name": name, "password": password}).encode()
    try:
        with opener.open(f"{address}/login", form, timeout=20) as page:
            return int(page.status)
    except HTTPError as error:
        with error:
            return error.code


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_it_serves_signs_in_delivers_and_ends(world: World, config: Config, tmp_path: Path) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    links.send(world.supervisor, "reset")
    log = tmp_path / "log"
    with served(config, "--workers", "2", log=log, afresh=True) as (process, address):
        with urlopen(f"{address}/healthz", timeout=20) as answer:
            assert answer.read() == b"ok\n"
        with urlopen(f"{address}/login", timeout=20) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Security-Policy"]
        assert sign_in(address, "noor@um.example", GOOD) == 200
        wait_for(lambda: Mail.get().sent_at is not None)
        family = children(process.pid)
        assert len(family) == 6, (
            "a master, two workers, one that delivers, one for imports, one for other long work"
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert [pid for pid in family if is_alive(pid)] == []
    text = log.read_text()
    assert "THE CLOCK STANDS STILL at 2026-11-30T09:00" in text
    assert "Traceback" not in text
    requests = [json.loads(line) for line in text.splitlines()]
    assert {"request", "sign_in"} <= {line["what"] for line in requests}


def test_throttling_counts_over_workers_and_restarts(world: World, config: Config, tmp_path: Path) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    with served(config, "--workers", "2", log=tmp_path / "log") as (_process, address):
        for _ in range(10):
            assert sign_in(address, "noor@um.example", "wrong") == 422
        assert sign_in(address, "noor@um.example", GOOD) == 429
    with served(config, "--workers", "1", log=tmp_path / "log") as (_process, address):
        assert sign_in(address, "noor@um.example", GOOD) == 429


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_signal_leaves_anybody_behind(world: World, config: Config, tmp_path: Path, number: int) -> None:
    with served(config, log=tmp_path / "log") as (process, _address):
        family = children(process.pid)
        process.send_signal(number)
        process.wait(30)
        wait_for(lambda: not any(is_alive(pid) for pid in family))


def test_a_helper_that_dies_is_replaced(world: World, config: Config, tmp_path: Path) -> None:
    with served(config, "--workers", "1", log=tmp_path / "log") as (process, _address):
        before = set(children(process.pid)) - {process.pid}
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(set(children(process.pid)) - before) == 5)
        mail = links.send(world.noor, "reset")
        wait_for(lambda: Mail.get_by_id(mail.id).sent_at is not None)


def test_a_process_of_pages_that_grew_is_followed_by_a_new_one(
    world: World, config: Config, tmp_path: Path
) -> None:
    """Not while somebody is connected or has just been; then it is, and whoever comes is answered."""
    grown, log = tmp_path / "grown", tmp_path / "log"
    before = (
        "from pathlib import Path\nfrom konnekt.commands import memory, serving\nserving.SECONDS_OF_QUIET = 1.5\n"
        f"memory.taken = lambda: 1000.0 * Path({str(grown)!r}).exists()"
    )
    with served(config, "--workers", "1", "--web-only", log=log, before=before) as (process, address):
        connection = HTTPConnection(address.removeprefix("http://"), timeout=20)
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok\n"
        (first,) = children(process.pid)[1:]
        grown.touch()
        time.sleep(2.5)
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok\n"
        assert children(process.pid) == [process.pid, first]
        connection.close()
        for _ in range(8):
            with urlopen(f"{address}/healthz", timeout=20):
                time.sleep(0.4)
        assert first in children(process.pid), "it is asked again and again"
        wait_for(lambda: first not in children(process.pid))
        with urlopen(f"{address}/healthz", timeout=20) as answer:
            assert answer.status == 200
        second = children(process.pid)[1:]
        time.sleep(2.5)
        assert children(process.pid)[1:] == second, "it did not grow itself"
    assert "Traceback" not in log.read_text()


def test_links_begin_with_the_address_it_serves(world: World, config: Config, tmp_path: Path) -> None:
    with served(config, "--workers", "1", log=tmp_path / "log") as (_process, address):
        opener = browser()
        with opener.open(f"{address}/password/forgotten", timeout=20) as page:
            token = re.findall(r'name="csrf_token" value="([^"]+)"', page.read().decode())[-1]
        form = urlencode({"csrf_token": token, "name": "noor@um.example"}).encode()
        with opener.open(f"{address}/password/forgotten", form, timeout=20):
            pass
        outbox = config.instance / "outbox"
        wait_for(lambda: outbox.exists() and bool(list(outbox.glob("*.eml"))))
        (file,) = outbox.glob("*.eml")
        assert f"{address}/password/new/" in file.read_text()


def test_a_token_is_in_no_log(world: World, config: Config, tmp_path: Path) -> None:
    log = tmp_path / "log"
    token = links.send(world.noor, "reset").text.split("/password/new/")[1].split()[0]
    with (
        served(config, "--workers", "1", log=log) as (_process, address),
        urlopen(f"{address}/password/new/{token}", timeout=20) as page,
    ):
        assert page.status == 200
    assert "/password/new/..." in log.read_text()
    assert token not in log.read_text()


def raw(address: str, request: bytes) -> bytes:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(4096):
            answer += part
    return answer


def test_odd_requests(world: World, config: Config, tmp_path: Path) -> None:
    head = b"Host: x\r\nConnection: close\r\n"
    odd = {
        b"GET /" + b"a" * 140_000 + b" HTTP/1.1\r\n" + head + b"\r\n": b" 414 | 400 ",
        b"GET /invoices?q=" + b"%F0%9F%8E%93" * 10_000 + b" HTTP/1.1\r\n" + head + b"\r\n": b" 303 ",
        b"GET /login HTTP/1.1\r\n" + head + b"X: " + b"a" * 17_000 + b"\r\n\r\n": b" 431 | 400 ",
        b"GET /login HTTP/1.1\r\n" + head + b"X: 1\r\n" * 100 + b"\r\n": b" 431 | 400 ",
        b"POST /login HTTP/1.1\r\n"
        + head
        + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": b" 400 ",
        b"POST /login HTTP/1.1\r\n" + head + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd": b" 400 ",
        b"TRACE /login HTTP/1.1\r\n" + head + b"\r\n": b" 405 ",
        b"nonsense\r\n\r\n": b" 400 ",
    }
    with served(config, "--workers", "1", log=tmp_path / "log") as (_process, address):
        for request, status in odd.items():
            assert re.match(rb"HTTP/1\.1(" + status + rb")", raw(address, request)), request[:60]
        claimed = (
            b"GET /healthz HTTP/1.1\r\n"
            + head
            + b"X-Forwarded-Proto: https\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n"
        )
        assert b" 200 " in raw(address, claimed)
        began = time.monotonic()
        large = b"POST /login HTTP/1.1\r\n" + head + b"Content-Length: 40000000\r\n"
        large += b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + b"x" * 100
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(large)
            assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]
        assert time.monotonic() - began < 5
    assert '"address": "9.9.9.9"' not in (tmp_path / "log").read_text()


def test_a_port_that_is_taken_is_said(tmp_path: Path, sqlite_template: Path) -> None:
    """Whatever the database; gunicorn tries for five seconds."""
    config = Config(instance=tmp_path, now=NOW)
    config.make_secret()
    shutil.copy(sqlite_template, tmp_path / "konnekt.db")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "serve", "--port", port], env=environment(config), capture_output=True, timeout=60
        )
    assert done.returncode == 1
    assert b"in use" in done.stderr
