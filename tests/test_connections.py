"""Connections that are kept: one that ended meanwhile is not handed out, and one that works costs nothing."""

import errno
import fcntl
import os
import time
from pathlib import Path
from unittest.mock import patch

import psycopg

from konnekt import db as database
from konnekt.config import Config
from konnekt.db import db, forgettable


def backend() -> int:
    return db.execute_sql("SELECT pg_backend_pid()").fetchone()[0]


def test_a_connection_that_the_server_ended_is_replaced(postgresql_url: str) -> None:
    database.connect(Config(instance=Path(), database=postgresql_url))
    with db.connection_context():
        ended = backend()
    with patch.object(db.obj._adapter, "is_connection_closed") as asked, db.connection_context():
        assert backend() == ended, "it is kept"
    assert not asked.called, "nothing was said by the server, so that nothing is asked of it"
    with (
        patch.object(database, "SECONDS_TRUSTED", 0.0),
        patch.object(db.obj._adapter, "is_connection_closed") as asked,
    ):
        asked.return_value = False
        with db.connection_context():
            assert backend() == ended
    assert asked.called, "it may have gone without a word"
    with psycopg.connect(postgresql_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (ended,))
        gone = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        while other.execute(gone, (ended,)).fetchone() != (0,):
            time.sleep(0.01)
    with db.connection_context():
        assert backend() != ended
    db.close_all()


def test_one_that_was_left_within_a_transaction_is_cleared(postgresql_url: str) -> None:
    database.connect(Config(instance=Path(), database=postgresql_url))
    with db.connection_context():
        left = db.connection()
        number = backend()
    left.execute("BEGIN")
    with db.connection_context():
        assert backend() == number
        assert db.connection().info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    db.close_all()


def test_what_may_be_forgotten_is_written_without_the_disk(tmp_path: Path) -> None:
    database.connect(Config(instance=tmp_path))

    def waits() -> int:
        return db.execute_sql("PRAGMA synchronous").fetchone()[0]

    normal, full = 1, 2
    with db.connection_context():
        assert waits() == full
        with forgettable():
            assert waits() == normal
        assert waits() == full
        with database.transaction(), forgettable():
            assert waits() == full, "what else is in the transaction is not to be forgotten"
        assert waits() == full
    db.close_all()


def test_a_file_system_without_locks_takes_writes_all_the_same(tmp_path: Path) -> None:
    """That somebody waits can't be said there."""
    database.connect(Config(instance=tmp_path))
    refusal = OSError(errno.EOPNOTSUPP, "Operation not supported")
    for refused in ("fcntl.flock", "os.open"):
        with db.connection_context(), patch(refused, side_effect=refusal):
            db.execute_sql(f'CREATE TABLE "{refused}" (number INTEGER)')
            with database.transaction():
                db.execute_sql(f'INSERT INTO "{refused}" VALUES (1)')
            db.execute_sql(f'INSERT INTO "{refused}" VALUES (2)')
            assert not database.is_waited_for()
            assert db.execute_sql(f'SELECT COUNT(*) FROM "{refused}"').fetchone() == (2,)
    db.close_all()


def test_a_folder_that_a_stranger_holds_keeps_nobody_waiting(tmp_path: Path) -> None:
    database.connect(Config(instance=tmp_path))
    stranger = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(stranger, fcntl.LOCK_EX)
    try:
        with db.connection_context():
            began = time.monotonic()
            db.execute_sql("CREATE TABLE one (number INTEGER)")
            db.execute_sql("INSERT INTO one VALUES (1)")
        assert time.monotonic() - began < 5
    finally:
        os.close(stranger)
    db.close_all()
