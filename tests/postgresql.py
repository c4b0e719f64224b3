"""A throw-away PostgreSQL server made of the installed binaries."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOW_TO_GET_IT = (
    "PostgreSQL's server programs are not installed. On Debian: apt-get install postgresql; "
    "elsewhere: put initdb and postgres on the PATH."
)


def binaries() -> Path | None:
    """The folder of initdb and postgres: on the PATH, or where Debian keeps them."""
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).resolve().parent / "postgres").exists():
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def server() -> Iterator[str]:
    """Run a server on a free port of the loopback address; yields its URL without a database name."""
    bin_dir = binaries()
    if bin_dir is None:
        raise RuntimeError(HOW_TO_GET_IT)
    # The server refuses to run as root: then it runs as the account that Debian's package made.
    as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="konnekt-pg-") as folder:
        if as_server:
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"
        run = lambda *args: subprocess.run(  # noqa: E731
            [*as_server, *args], check=True, stdout=subprocess.DEVNULL, cwd="/"
        )
        run(f"{bin_dir}/initdb", "-D", data, "-A", "trust", "-U", "konnekt", "-E", "UTF8", "--locale=C.UTF-8")
        options = (
            f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off"
            " -c full_page_writes=off -c max_connections=200"
        )
        run(f"{bin_dir}/pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql://konnekt@127.0.0.1:{port}"
        finally:
            run(f"{bin_dir}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
