"""The tables and the secret: made and brought up to date by one host at a time, asked about before work."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from peewee import SqliteDatabase

from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import flags
from konnekt.domain.accounts import people
from konnekt.migrations import Migrations
from konnekt.models import Installation, chains, waiting

# The key of the lock that PostgreSQL keeps while tables change; those of verbs have two numbers (db.hold).
MIGRATING = 7_210_412


def migrate_database() -> list[str]:
    """Apply what is pending, and renew what is derived from names; returns the names of the migrations.

    Of two at once one does it while the other waits.
    """
    with db.connection_context(), alone():
        return bring_up_to_date()


def bring_up_to_date() -> list[str]:
    """The same on the connection that is open, for who is `alone`."""
    applied: list[str] = []
    if pending():
        waiting.remove_triggers()  # a table that is rebuilt would lose them, or trip over them
        chains.remove_triggers()
        applied = list(Migrations(db.obj).up())
        Migrations(db.obj).rename()
    # Each start migrates, while other hosts work: what is there stays.
    if not waiting.has_triggers():
        waiting.install_triggers()
    if not chains.has_triggers():
        chains.install_triggers()
    people.renew_keys()
    flags.count_sums()
    return applied


@contextmanager
def alone() -> Iterator[None]:
    """Let one at a time change the tables of this database; the next waits."""
    if isinstance(db.obj, SqliteDatabase):
        with Path(f"{db.obj.database}.migrating").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    db.execute_sql("SELECT pg_advisory_lock(%s)", (MIGRATING,))
    try:
        yield
    finally:
        db.execute_sql("SELECT pg_advisory_unlock(%s)", (MIGRATING,))


def migrate(config: Config) -> list[str]:
    """Make the secret and the tables, or bring them up to date; returns the names of the migrations.

    A second host makes no secret of its own: it is given that of the first.
    """
    config.make_instance()
    with db.connection_context(), alone():
        _require_this_code()
        applied = bring_up_to_date()
        if not config.secrets() and _fingerprint():
            raise click.ClickException(
                f"Another host of this database made the secret: copy its file to {config.secret_path}, "
                "or name a file that both read (KONNEKT_SECRET_FILE). `konnekt new-secret` starts afresh."
            )
        config.make_secret()
        _require_same_secret(config)
        remember_secret(config)
    return applied


def remember_secret(config: Config) -> None:
    """Have the database know the secret of its hosts, by a fingerprint from which nobody finds it."""
    row = {"name": "secret", "value": fingerprint(config.secrets()[0])}
    Installation.insert(row).on_conflict(
        conflict_target=[Installation.name], preserve=[Installation.value]
    ).execute()


def fingerprint(secret: str) -> str:
    """What the database keeps of a secret."""
    return hashlib.sha256(f"konnekt secret {secret}".encode()).hexdigest()


def _fingerprint() -> str:
    row = Installation.get_or_none(Installation.name == "secret")
    return row.value if row else ""


def require_migrated(config: Config) -> None:
    """Stop with a sentence where there is no secret, or another than this database's, or other tables."""
    if not config.secret():
        where = f"{config.secret_path.parent} (KONNEKT_INSTANCE)"
        raise click.ClickException(f"There is no secret in {where}: run `konnekt migrate` first.")
    config.require_writable()
    with db.connection_context():
        require_current(config)


def require_current(config: Config) -> None:
    """Stop with a sentence where the tables or the secret are others than this database's."""
    _require_this_code()
    if pending():
        raise click.ClickException("The database is not up to date: run `konnekt migrate` first.")
    _require_same_secret(config)


def _require_this_code() -> None:
    if newer := newer_than_code():
        raise click.ClickException(
            f"The database is newer than this version of Konnekt (it has {newer[-1]}): install the newer one."
        )


def _require_same_secret(config: Config) -> None:
    noted = _fingerprint()
    if noted and noted not in map(fingerprint, config.secrets()):
        raise click.ClickException(
            f"The secret in {config.secret_path} is not that of this database: copy it from the other host, "
            "or run `konnekt new-secret` here and copy that to all of them."
        )


def applied() -> list[str]:
    """The migrations that the database has."""
    return sorted(Migrations(db.obj).applied())


def migration_names() -> list[str]:
    """The migrations that this code has."""
    return [step.name for step in Migrations(db.obj).migrations()]


def pending() -> list[str]:
    """The migrations that `migrate` would apply."""
    return [step.name for step in Migrations(db.obj).status() if not step.applied]


def newer_than_code() -> list[str]:
    """The migrations that the database has and this code does not know."""
    return [step.name for step in Migrations(db.obj).status() if not step.path]
