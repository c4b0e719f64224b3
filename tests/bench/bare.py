"""What the stack itself costs: a Flask view that answers the same bytes, on the server that serves Konnekt.

`python -m tests.bench.bare PORT FOLDER WORKERS [DATABASE]`: GET /page/NAME answers the file of that name in the folder;
POST /save writes what it is sent with one executemany, and answers the file `save`.
"""

import sqlite3
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from gunicorn.arbiter import Arbiter

from konnekt.commands import serving
from konnekt.config import Config
from konnekt.screens import assets

TABLE = "CREATE TABLE IF NOT EXISTS bench_cell (line INTEGER, day INTEGER, minutes INTEGER, PRIMARY KEY (line, day))"
WRITE = (
    "INSERT INTO bench_cell (line, day, minutes) VALUES (?, ?, ?)"
    " ON CONFLICT (line, day) DO UPDATE SET minutes = excluded.minutes"
)


def make_app(folder: Path, database: str) -> Flask:
    """The view, compressed as Konnekt's pages are."""
    app = Flask(__name__)
    assets.init_app(app)
    local = threading.local()

    @lru_cache
    def content(name: str) -> bytes:
        return (folder / name).read_bytes()

    @app.get("/page/<name>")
    def page(name: str) -> Response:
        is_pdf = name.endswith(".pdf")
        return Response(content(name), mimetype="application/pdf" if is_pdf else "text/html")

    @app.post("/save")
    def save() -> Response:
        if not hasattr(local, "connection"):
            local.connection = _connect(folder, database)
        cells = [(n // 28, n % 28, len(text)) for n, text in enumerate(request.form.getlist("cell"))]
        connection = local.connection
        connection.cursor().executemany(WRITE.replace("?", "%s") if database else WRITE, cells)
        connection.commit()
        return Response(content("save"), mimetype="text/html")

    return app


def _connect(folder: Path, database: str) -> Any:
    """Kept by each thread, and as careful as Konnekt's own."""
    if database:
        import psycopg

        return psycopg.connect(database)
    connection = sqlite3.connect(folder / "bare.db")
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = full")
    return connection


def make_table(folder: Path, database: str) -> None:
    """The table that is saved to."""
    connection = _connect(folder, database)
    connection.cursor().execute(TABLE)
    connection.commit()
    connection.close()


class _Bare(serving._Server):
    """Konnekt's server with another application, and nothing beside its workers."""

    def __init__(self, folder: Path, database: str, port: int, workers: int) -> None:
        self.folder, self.database = folder, database
        super().__init__(Config(instance=folder), f"127.0.0.1:{port}", workers)

    def load(self) -> Flask:
        return make_app(self.folder, self.database)

    def run(self) -> None:
        Arbiter(self).run()


if __name__ == "__main__":
    port, folder, workers, *database = sys.argv[1:]
    _Bare(Path(folder), "".join(database), int(port), int(workers)).run()
