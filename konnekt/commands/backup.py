"""`konnekt backup` and `restore`: database with documents, and secret, in one file that proves itself.

The file is a ZIP: `database` (an SQLite file, or what pg_dump writes), `secret`, and `manifest.json` with the
size and SHA-256 of both, the rows of each table and the migrations. One that was cut off or changed anywhere
is refused before anything is touched.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import click
from peewee import SqliteDatabase

from konnekt.background import delivery, pulse
from konnekt.commands import schema
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.migrations import BEFORE

BLOCK = 1024 * 1024
MEMBERS = ("database", "secret")
COUNT = 'SELECT COUNT(*) FROM "{}"'  # of a name that the database itself told


def backup(config: Config, file: Path) -> int:
    """Write a backup while people work, check it, and only then give it its name; returns its bytes."""
    if file.exists():
        raise click.ClickException(f"{file} is there already: choose another name.")
    with _folder_beside(file) as folder:
        copy = folder / "database"
        rows = _copy_sqlite(copy) if _is_sqlite() else _dump_postgresql(copy)
        with db.connection_context():
            migrations = schema.applied()
        facts = {"kind": _kind(), "made_at": clock.now().isoformat(), "migrations": migrations, "rows": rows}
        part = folder / "part"
        _pack(part, copy, config.secret_path, facts)
        read(part)
        _to_disk(part)
        part.replace(file)
    return file.stat().st_size


def restore(config: Config, file: Path) -> dict[str, Any]:
    """Bring a backup back into an instance and a database that are empty; returns its manifest.

    Its mail and long work are held back until `konnekt release`. Raises ClickException, and changes nothing,
    where the file is damaged, of another kind or version, or where something is there already.
    """
    manifest = read(file)
    if manifest["kind"] != _kind():
        _refuse(f"This backup is of {manifest['kind']}, and KONNEKT_DATABASE names {_kind()}.")
    if newer := sorted(set(manifest["migrations"]) - {*schema.migration_names(), *BEFORE}):
        _refuse(
            f"This backup is newer than this version of Konnekt (it has {newer[-1]}): install the newer one."
        )
    _require_empty(config)
    config.make_instance()
    with _folder_beside(config.instance / "konnekt.db") as folder, ZipFile(file) as packed:
        for name in MEMBERS:
            packed.extract(name, folder)
        secret = (folder / "secret").read_text()
        if config.secrets() and config.secrets() != secret.split():
            _refuse(f"{config.secret_path} holds another secret than this backup: move it away first.")
        if _is_sqlite():
            (folder / "database").chmod(0o600)
            _to_disk(folder / "database")
            (folder / "database").replace(config.instance / "konnekt.db")
        else:
            _run("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error",
                 "--dbname", db.obj.database, str(folder / "database"))  # fmt: skip
        if not config.secrets():
            config.write_secret(secret)
    with db.connection_context():
        counts = {table: _count(table) for table in manifest["rows"]}
        if counts != manifest["rows"]:
            _refuse(f"What was restored is not what was backed up: {counts}")
        delivery.hold_back()
        if "background_process" in counts:  # a backup of an older version has no such table yet
            pulse.forget()
    return manifest


def read(file: Path) -> dict[str, Any]:
    """The manifest of a backup, every byte of which was read. Raises ClickException for a damaged one."""
    try:
        with ZipFile(file) as packed:
            manifest: dict[str, Any] = json.loads(packed.read("manifest.json"))
            for name in MEMBERS:
                with packed.open(name) as member:
                    if _digest(member) != manifest["sha256"][name]:
                        raise ValueError(name)
    except FileNotFoundError:
        _refuse(f"There is no {file}.")
    except (BadZipFile, OSError, EOFError, KeyError, ValueError, RuntimeError) as error:
        _refuse(f"{file} is no whole backup of Konnekt ({type(error).__name__}): nothing was changed.")
    return manifest


def _refuse(sentence: str) -> NoReturn:
    raise click.ClickException(sentence)


def _is_sqlite() -> bool:
    return isinstance(db.obj, SqliteDatabase)


def _kind() -> str:
    return "SQLite" if _is_sqlite() else "PostgreSQL"


@contextmanager
def _folder_beside(file: Path) -> Iterator[Path]:
    """A folder of our own on the same disk, for what is not whole yet."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".konnekt-", dir=file.resolve().parent))
    except OSError as error:
        _refuse(f"{file.parent} can't be written: {error.strerror}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_sqlite(copy: Path) -> dict[str, int]:
    """A copy of the database as it is at one moment, looked through; the rows of each table."""
    with closing(sqlite3.connect(copy)) as target:
        with db.connection_context():
            db.connection().backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        problems = [row[0] for row in target.execute("PRAGMA integrity_check")]
        if problems != ["ok"] or target.execute("PRAGMA foreign_key_check").fetchone():
            _refuse(f"The database is damaged: {problems[0]}")
        names = [row[0] for row in target.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )]  # fmt: skip
        return {name: target.execute(COUNT.format(name)).fetchone()[0] for name in sorted(names)}


def _dump_postgresql(copy: Path) -> dict[str, int]:
    """What pg_dump writes of the database as it is at one moment; the rows of each table at that moment."""
    with db.connection_context():
        db.execute_sql("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            snapshot = db.execute_sql("SELECT pg_export_snapshot()").fetchone()[0]
            rows = {name: _count(name) for name in sorted(db.get_tables())}
            _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--file", str(copy))
        finally:
            db.execute_sql("ROLLBACK")
    _run("pg_restore", "--list", str(copy))
    return rows


def _count(table: str) -> int:
    return int(db.execute_sql(COUNT.format(table)).fetchone()[0])


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by its environment, which others can't read."""
    path = shutil.which(program) or max(
        map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), default=""
    )
    if not path:
        _refuse(f"{program} is not installed: on Debian `apt-get install postgresql-client`.")
    # As libpq names them: PGHOST, PGPASSWORD, PGSSLROOTCERT ...
    variables = {f"PG{key.upper()}": str(value) for key, value in db.obj.connect_params.items() if value}
    done = subprocess.run(  # noqa: S603 - our own words
        [path, *arguments], env={**os.environ, **variables, "PGDATABASE": db.obj.database},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        _refuse(f"{program}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")


def _pack(part: Path, copy: Path, secret: Path, facts: dict[str, Any]) -> None:
    """The ZIP, its manifest last."""
    sums = {}
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with os.fdopen(handle, "w+b") as file, ZipFile(file, "w") as packed:
        for name, source in zip(MEMBERS, (copy, secret), strict=True):
            packed.write(source, name, ZIP_DEFLATED if _is_sqlite() else ZIP_STORED, compresslevel=4)
            with source.open("rb") as read_again:
                sums[name] = _digest(read_again)
        packed.writestr("manifest.json", json.dumps({**facts, "sha256": sums}, indent=1))


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _require_empty(config: Config) -> None:
    if _is_sqlite():
        if any((config.instance / f"konnekt.db{end}").exists() for end in ("", "-wal", "-shm")):
            _refuse(f"There is a database in {config.instance}: restore into an empty instance.")
        return
    with db.connection_context():
        if db.get_tables():
            _refuse(f"The database {db.obj.database} is not empty: restore into a new one.")
