"""Backups of an installation as each release makes them, for the upgrade of whoever has that one: one per database.

`python -m tests.releases` writes those of this version into tests/data/releases; what is there already stays.
"""

import os
import tempfile
import tomllib
from pathlib import Path

import psycopg

from konnekt import create_app, demo
from konnekt.commands import backup, schema
from konnekt.config import Config
from konnekt.db import db
from tests import postgresql

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "data" / "releases"
# The demonstration stands still here; its accounts have this password.
NOW = "2026-11-30T09:00"
PASSWORD = "zes-groene-eenden"


def make(kind: str, database: str = "") -> Path:
    """Fill an installation with the demonstration, as this version does, and back it up."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    file = FOLDER / f"{version}-{kind}.zip"
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        config = Config(instance=Path(folder), database=database, now=NOW)
        create_app(config)
        schema.migrate(config)
        (config.instance / "demo-password").write_text(f"{PASSWORD}\n")
        with db.connection_context():
            demo.fill(config)
        backup.backup(config, file)
        db.close_all()
    return file


if __name__ == "__main__":
    os.umask(0o022)
    print(make("sqlite"))
    with postgresql.server() as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE released")
        print(make("postgresql", f"{url}/released"))
