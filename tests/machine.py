"""A machine in a folder, on which the commands of docs/operating.md run as they are written.

Paths lie below the folder, and addresses are ports of this machine; what would change this machine (packages,
accounts, services) is done by small stand-ins. Konnekt, nginx, OpenSSL and PostgreSQL are real.
"""

import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPResponse, HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from konnekt.config import Config
from tests import postgresql
from tests.command_line import children, konnekt
from tests.demonstration import Inputs
from tests.postgresql import free_port

REPOSITORY = Path(__file__).parents[1]
DOCUMENT = REPOSITORY / "docs" / "operating.md"
NAME = "konnekt.example.org"
SERVICES = ("konnekt", "konnekt-work", "konnekt-deliver")

STAND_INS = {
    **dict.fromkeys(("apt-get", "git", "useradd", "chgrp", "python3"), ""),
    # Debian's runuser for PostgreSQL's account, as which its server has to run; there is no account konnekt.
    "runuser": """user=$2; shift 3
[ "$user" = postgres ] && [ "$(id -u)" = 0 ] && exec /usr/sbin/runuser -u {owner} -- env PGUSER=postgres "$@"
[ "$user" = postgres ] && exec env PGUSER=postgres "$@"
exec env PGUSER=konnekt "$@"
""",
    "install": """case " $* " in *" postgres "*) [ "$(id -u)" != 0 ] || owner="-o {owner} -g {owner}";; esac
kept=; while [ $# -gt 0 ]; do case $1 in -o|-g) shift 2;; *) kept="$kept $1"; shift;; esac; done
exec /usr/bin/install $owner $kept
""",
}


def commands(heading: str) -> list[str]:
    """The commands below a heading, in order."""
    section = re.split(r"^## ", DOCUMENT.read_text(), flags=re.M)
    (text,) = [one for one in section if one.startswith(f"{heading}\n")]
    return [
        line for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()
    ]


class Machine:
    """A folder with what a bare machine has, and the services that were started on it."""

    def __init__(self, root: Path, addresses: dict[str, str], **variables: str) -> None:
        self.root = root
        self.addresses = addresses
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.cookies: dict[str, str] = {}
        self.data = root / "var/lib/postgresql/15/main"
        programs = postgresql.binaries()
        assert programs is not None, postgresql.HOW_TO_GET_IT
        self.stand_ins = root / "stand-ins"
        path = f"{self.stand_ins}:{root}/usr/local/bin:{programs}:{os.environ['PATH']}:/usr/sbin"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("KONNEKT_")}
        self.environment = {**kept, "PATH": path, "PGHOST": f"{root}/var/run/postgresql", **variables}
        for folder in (
            "etc/nginx",
            "var/lib",
            "var/run/postgresql",
            "usr/local",
            "root",
            "srv/konnekt/.venv/bin",
        ):
            (root / folder).mkdir(parents=True)
        self.stand_ins.mkdir()
        for name, text in STAND_INS.items():
            self.stand_in(name, text.replace("{owner}", postgresql.owner() or "postgres"))
        self._clone()

    def stand_in(self, name: str, text: str) -> None:
        """Have a command do something else than on this machine."""
        _script(self.stand_ins / name, text)

    def _clone(self) -> None:
        """What `git clone` and pip leave: the repository, and the command of this very environment."""
        there = self.root / "srv/konnekt"
        (there / "requirements.txt").symlink_to(REPOSITORY / "requirements.txt")
        for file in (REPOSITORY / "deploy").rglob("*"):
            if file.is_file():
                copy = there / file.relative_to(REPOSITORY)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(self.here(file.read_text()))
                copy.chmod(file.stat().st_mode)
        # Pip has nothing to fetch: it is asked whether what it would read is there.
        _script(there / ".venv/bin/pip", 'for last; do :; done; test -e "$last"')
        main = "from konnekt.commands.begin import main; main()"
        _script(
            there / ".venv/bin/konnekt", f"PYTHONPATH={REPOSITORY} exec {sys.executable} -c '{main}' \"$@\""
        )

    def here(self, text: str) -> str:
        """A text with this machine's paths and addresses in the place of those of the document."""
        for theirs, ours in self.addresses.items():
            text = text.replace(theirs, ours)
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.M)
        text = re.sub(r"(?<![\w.}])/(?=(?:srv|etc|usr/local|var)/)", f"{self.root}/", text)
        return text.replace("deploy/usr /", f"deploy/usr {self.root}")

    def run(self, lines: list[str]) -> str:
        """Run commands of the document; returns what they said. Raises AssertionError with what one said."""
        said = ""
        for line in lines:
            for part in line.split(" && ") if "systemctl" in line else [line]:
                if part.startswith("systemctl "):
                    self.systemctl(*shlex.split(part)[1:])
                elif part.startswith("konnekt "):
                    said += self.konnekt(self.here(part))
                else:
                    said += self.bash(self.here(part))
        return said

    def konnekt(self, command: str, typed: str = "") -> str:
        """As /usr/local/bin/konnekt does, in a process that has imported it already."""
        text = (self.root / "etc/konnekt/environment").read_text()
        settings = dict(re.findall(r"^(KONNEKT_\w+)=(.*)$", text, re.M))
        config = Config(Path(settings.pop("KONNEKT_INSTANCE")), settings.pop("KONNEKT_DATABASE", ""))
        about = {"PGHOST": self.environment["PGHOST"], "PGUSER": "konnekt"}
        done = konnekt(config, *shlex.split(command)[1:], typed=typed.encode(), **settings, **about)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def bash(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.root / "root", env=self.environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def systemctl(self, verb: str, *arguments: str) -> None:
        """Do with the services what systemd would; each unit that is named has to be there."""
        names = [one for one in arguments if not one.startswith("--")]
        units = self.root / "etc/systemd/system"
        there = {unit.name for unit in units.iterdir()} | {"nginx.service", "postgresql.service"}
        assert {name if "." in name else f"{name}.service" for name in names} <= there
        # The others are part of it: they stop and restart along.
        services = (
            SERVICES if "konnekt" in names and verb != "start" else [one for one in SERVICES if one in names]
        )
        if verb in ("stop", "restart"):
            self.stop(*services)
        for name in {"nginx", "postgresql"} & set(names):
            (self._nginx if name == "nginx" else self._postgresql)(verb)
        if services and verb in ("start", "restart", "enable"):
            self._start(services)
        if verb == "start" and "konnekt-backup" in names:
            self.once("konnekt-backup")

    def _start(self, services: Sequence[str]) -> None:
        """Start what the units say, after what they say before that: all of them the same."""
        texts = {name: (self.root / f"etc/systemd/system/{name}.service").read_text() for name in services}
        for folder in re.findall(
            r"[\w-]+", " ".join(re.findall(r"^StateDirectory=(.*)$", "\n".join(texts.values()), re.M))
        ):
            (self.root / "var/lib" / folder).mkdir(exist_ok=True)
        (before,) = {
            one for text in texts.values() for one in re.findall(r"^ExecStartPre=\S+ (.*)$", text, re.M)
        }
        self.konnekt(f"konnekt {before}")
        for name, text in texts.items():
            (line,) = re.findall(r"^ExecStart=\S+(.*)$", text, re.M)
            more = ["--port", self.port(), "--workers", "1"] if name == "konnekt" else []
            with (self.root / "konnekt.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    [self.root / "usr/local/bin/konnekt", *shlex.split(line), *more],
                    env=self.environment, stdout=log, stderr=log,
                )  # fmt: skip
        if "konnekt" in services:
            _until(lambda: urlopen(f"http://127.0.0.1:{self.port()}/healthz", timeout=5).close())

    def once(self, name: str) -> None:
        """What starting a unit of one run does, with what stands beside it."""
        units = self.root / "etc/systemd/system"
        files = [units / f"{name}.service", *sorted((units / f"{name}.service.d").glob("*.conf"))]
        text = "\n".join(file.read_text() for file in files)
        for line in re.findall(r"^ExecStart(?:Post)?=(.*)$", text, re.M):
            # This command reads the settings, as systemd does for the unit.
            line = line.replace("/srv/konnekt/.venv/bin/konnekt", "/usr/local/bin/konnekt")
            self.bash(line.replace("$$", "$").replace("%%", "%"))

    def port(self) -> str:
        """The port on which the unit of the socket listens, with what stands beside it."""
        units = self.root / "etc/systemd/system"
        files = [units / "konnekt.socket", *sorted((units / "konnekt.socket.d").glob("*.conf"))]
        return re.findall(r"ListenStream=127.0.0.1:(\d+)", "".join(file.read_text() for file in files))[-1]

    def _nginx(self, verb: str) -> None:
        main = self.root / "nginx.conf"
        temporary = "".join(
            f"{kind}_temp_path {self.root}/nginx-{kind}; "
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main.write_text(
            f"daemon off; pid {self.root}/nginx.pid; error_log {self.root}/nginx.log; events {{}}\n"
            f"http {{ access_log off; {temporary}\n include {self.root}/etc/nginx/conf.d/*.conf; }}\n"
        )
        self.bash(f"nginx -q -t -e {self.root}/nginx.log -c {main}")
        if verb == "reload":
            master = self.running["nginx"].pid
            before = set(children(master)) - {master}
            self.bash(f"nginx -s reload -e {self.root}/nginx.log -c {main}")
            _until(lambda: _require(not before & set(children(master))))
            return
        self.stop("nginx")
        self.running["nginx"] = subprocess.Popen(
            ["nginx", "-e", f"{self.root}/nginx.log", "-c", main], env=self.environment
        )
        _until(lambda: create_connection(("127.0.0.1", self.https), timeout=5).close())

    def _postgresql(self, verb: str) -> None:
        if verb in ("stop", "restart"):
            self.bash(f"runuser -u postgres -- pg_ctl stop -s -w -m fast -D {self.data}")
        if verb in ("start", "restart"):
            socket = f"-c listen_addresses= -c unix_socket_directories={self.root}/var/run/postgresql"
            self.bash(
                f"runuser -u postgres -- pg_ctl start -s -w -l {self.data}/log -D {self.data} -o '{socket}'"
            )

    def make_cluster(self) -> None:
        """What installing Debian's PostgreSQL leaves: a server that runs, with an account postgres."""
        for folder in (self.data.parent, self.root / "var/run/postgresql"):
            folder.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(folder, postgresql.owner())
        self.bash(
            f"runuser -u postgres -- initdb -A trust -U postgres -E UTF8 --locale=C.UTF-8 -D {self.data} >/dev/null"
        )
        self._postgresql("start")

    def stop(self, *names: str) -> None:
        ending = [self.running.pop(name) for name in names if name in self.running]
        for process in ending:
            process.terminate()
        for process in ending:
            process.wait(30)

    @property
    def https(self) -> int:
        return int(self.addresses["listen 443"].rpartition(":")[2])

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[HTTPResponse, str]:
        """A request over TLS, with the certificate checked, and the cookies of before."""
        trusted = ssl.create_default_context(cafile=str(self.root / "etc/konnekt/fullchain.pem"))
        connection: Any = HTTPSConnection(NAME, context=trusted, timeout=30)
        connection._create_connection = lambda *_, **__: create_connection(
            ("127.0.0.1", self.https), timeout=30
        )
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{NAME}"}
            headers["Referer"] = f"https://{NAME}{path}"
        connection.request("GET" if form is None else "POST", path, urlencode(form or {}) or None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(line).items()}
        connection.close()
        return answer, text

    def sign_in(self, name: str, password: str) -> None:
        form = Inputs(self.ask("/login")[1]).values
        answer, _ = self.ask("/login", {**form, "name": name, "password": password})
        assert answer.status == 303

    def is_signed_in(self) -> bool:
        return self.ask("/")[0].status == 200


def _until(works: Any) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return works()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _require(condition: bool) -> None:
    if not condition:
        raise BlockingIOError


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@contextmanager
def machine(addresses: dict[str, str] | None = None, **variables: str) -> Iterator[Machine]:
    """A machine that is gone afterwards, with all that runs on it."""
    # Not pytest's folder: it is closed to PostgreSQL's account, and too long for the name of a socket.
    root = Path(tempfile.mkdtemp(prefix="konnekt-machine-", dir="/tmp"))
    root.chmod(0o755)
    ports = {
        "127.0.0.1:8000": f"127.0.0.1:{free_port()}",
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        "listen 443": f"listen 127.0.0.1:{free_port()}",
    }
    made = Machine(root, ports | (addresses or {}), **variables)
    try:
        yield made
    finally:
        made.stop(*made.running)
        if (made.data / "postmaster.pid").exists():
            made._postgresql("stop")
        shutil.rmtree(root, ignore_errors=True)
