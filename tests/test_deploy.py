"""What `deploy/` holds is what systemd takes, as closed as it was, and loses nobody's request at a restart."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from urllib.request import urlopen

import pytest

from konnekt.commands.cli import COMMANDS
from konnekt.config import Config
from tests.command_line import environment, konnekt

DEPLOY = Path(__file__).parents[1] / "deploy"
UNITS = DEPLOY / "etc" / "systemd" / "system"
SERVICES = sorted(UNITS.glob("*.service"))
INSTALLED = "/srv/konnekt/.venv/bin/konnekt"
# What `systemd-analyze security` says at most, in tenths: 32 today. It only falls.
EXPOSED = 32


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, on the command of this very environment."""
    folder = tmp_path / "units"
    folder.mkdir()
    for unit in UNITS.iterdir():
        here = str(Path(sys.executable).with_name("konnekt"))
        (folder / unit.name).write_text(unit.read_text().replace(INSTALLED, here))
    return folder


def analyze(*arguments: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_systemd_takes_every_unit(units: Path) -> None:
    assert analyze("verify", "--man=no", *map(str, sorted(units.iterdir()))) == ""


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_may_no_more_than_it_needs(service: Path, units: Path) -> None:
    analyze("security", "--offline=yes", f"--threshold={EXPOSED}", str(units / service.name))
    text = service.read_text()
    assert "User=konnekt\n" in text
    assert "EnvironmentFile=/etc/konnekt/environment\n" in text
    hardening = [one.read_text().partition("\n\nNo")[2].partition("\n\n")[0].strip() for one in SERVICES]
    assert len(set(hardening)) == 1, "the same for all"


def test_what_is_started_is_what_is_installed() -> None:
    for service in SERVICES:
        started = re.findall(r"^Exec\w+=(.*)$", service.read_text(), re.M)
        assert any(INSTALLED in line for line in started), service.name
        for name, options in re.findall(rf"{INSTALLED} (\S+)(.*)$", "\n".join(started), re.M):
            (command,) = [one for one in COMMANDS if one.name == name]
            known = {option for parameter in command.params for option in parameter.opts}
            assert set(re.findall(r"--[\w-]+", options)) <= known, service.name
    timers = {path.stem for path in UNITS.glob("*.timer")}
    assert timers <= {path.stem for path in SERVICES}
    oneshot = {path.stem for path in SERVICES if "Type=oneshot" in path.read_text()}
    assert oneshot == timers, "what is not kept running has a time"
    for service in SERVICES:
        if service.stem not in oneshot:
            for line in ("Restart=always", "StartLimitIntervalSec=0"):
                assert f"\n{line}\n" in service.read_text(), (
                    "it comes back, however long the database was away"
                )


def test_postgresql_is_started_again_when_it_was_killed(tmp_path: Path) -> None:
    """Debian's unit isn't, so docs/operating.md adds to it what our own units say."""
    said = (DEPLOY.parent / "docs/operating.md").read_text()
    written = re.search(r'^printf "(.*)" >/etc/systemd/system/postgresql@.service.d/(.*)$', said, re.M)
    assert written is not None
    (tmp_path / "postgresql@.service.d").mkdir()
    (tmp_path / "postgresql@.service.d" / written[2]).write_text(written[1].replace("\\n", "\n"))
    unit = tmp_path / "postgresql@15-main.service"
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    assert analyze("verify", "--man=no", str(unit)) == ""
    for line in ("Restart=on-failure", "StartLimitIntervalSec=0"):
        assert line in written[1]


def test_the_command_takes_the_settings_of_the_services(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("KONNEKT_WORKERS=many\n")
    script = (DEPLOY / "usr/local/bin/konnekt").read_text()
    script = script.replace("/etc/konnekt", str(tmp_path)).replace(
        INSTALLED, str(Path(sys.executable).with_name("konnekt"))
    )
    (tmp_path / "konnekt").write_text(script.replace("runuser -u konnekt --", "env WAS=root"))
    done = subprocess.run(["sh", tmp_path / "konnekt", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "KONNEKT_WORKERS" in done.stderr


# As systemd does: the socket is file 3, and it is meant for this very process.
ON_A_SOCKET = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
sys.argv = ["konnekt", "serve"]
from konnekt.commands.begin import main
main()
"""


@contextmanager
def started(config: Config, listening: socket.socket, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`konnekt serve` as systemd starts it: on a socket that stays, ready when it says so."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told, log.open("ab") as said:
        # Without a file: the path of one may be too long for a socket's name.
        name = f"@konnekt-{os.getpid()}-{time.monotonic_ns()}"
        told.bind(name.replace("@", "\0"))
        told.settimeout(30)
        process = subprocess.Popen(
            [sys.executable, "-c", ON_A_SOCKET, str(listening.fileno())],
            env=environment(config, LISTEN_FDS="1", NOTIFY_SOCKET=name),
            pass_fds=[listening.fileno()], stdout=said, stderr=said,
        )  # fmt: skip
        try:
            assert b"READY=1" in told.recv(4096), log.read_text()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)


def test_a_restart_loses_nobodys_request(config: Config, tmp_path: Path) -> None:
    assert konnekt(config, "migrate").returncode == 0
    over = Event()

    def ask(url: str) -> int:
        answered = 0
        while not over.is_set():
            with urlopen(url, timeout=60) as answer:
                assert answer.status == 200
            answered += 1
        return answered

    with (
        closing(socket.create_server(("127.0.0.1", 0), backlog=2048)) as listening,
        ThreadPoolExecutor(20) as pool,
    ):
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/login"
        try:
            with started(config, listening, tmp_path / "log"):
                clients = [pool.submit(ask, url) for _ in range(20)]
                time.sleep(0.5)
            with started(config, listening, tmp_path / "log"):
                time.sleep(0.5)
                over.set()
                assert all(client.result() > 0 for client in clients), "and nobody got an error"
        finally:
            over.set()


def test_tls_in_front_is_1_2_or_1_3() -> None:
    said = (DEPLOY / "etc" / "nginx" / "conf.d" / "konnekt.conf").read_text()
    assert re.findall(r"ssl_protocols (.+);", said) == ["TLSv1.2 TLSv1.3"]
