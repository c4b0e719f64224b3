"""A throw-away PostgreSQL server made of the installed binaries."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

HOW_TO_GET_IT = (
    "PostgreSQL's server programs are not installed. On Debian: apt-get install postgresql; "
    "elsewhere: put initdb and postgres on the PATH."
)

# Its standard input is a pipe that nobody writes to: it ends when the tests end, in whatever way they do, and
# the server and its folder go with them. QUIT is an immediate shutdown: nothing in there is worth keeping.
KEEPER = """
folder=$1; shift
"$@" >"$folder/log" 2>&1 & server=$!
read -r nothing
kill -QUIT "$server"; wait "$server"
rm -rf "$folder"
"""


def binaries() -> Path | None:
    """The folder of initdb and postgres: on the PATH, or where Debian keeps them."""
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).resolve().parent / "postgres").exists():
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def owner() -> str | None:
    """The account the server runs as when the tests run as root, whom it refuses; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody", "daemon") if name in known)


@contextmanager
def server() -> Iterator[str]:
    """Run a server on a free port of the loopback address; yields its URL without a database name."""
    bin_dir = binaries()
    if bin_dir is None:
        raise RuntimeError(HOW_TO_GET_IT)
    user = owner()
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    # /tmp for root: a temporary folder of root's own may be closed to the other account.
    folder = tempfile.mkdtemp(prefix="konnekt-pg-", dir="/tmp" if user else None)
    try:
        if user:
            shutil.chown(folder, user)
        options = ["-A", "trust", "-U", "konnekt", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [bin_dir / "initdb", "-D", f"{folder}/data", *options],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **identity,
        )  # fmt: skip
        port = free_port()
        command = [f"{bin_dir}/postgres", "-D", f"{folder}/data", "-p", str(port)]
        # No autovacuum: it counts the rows of a table between two tests, and what then fills a table that was counted
        # as empty is read by plans for no rows: 112 s of the server's for one test that takes it 4.
        for setting in (
            "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "fsync=off",
            "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
        ):  # fmt: skip
            command += ["-c", setting]
        keeper = subprocess.Popen(
            ["sh", "-c", KEEPER, "keeper", folder, *command],
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True, **identity,
        )  # fmt: skip
        url = f"postgresql://konnekt@127.0.0.1:{port}"
        try:
            _wait_until_ready(f"{url}/postgres", Path(folder) / "log")
            yield url
        finally:
            keeper.communicate(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
