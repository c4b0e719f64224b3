"""Connections to PostgreSQL that one test hands on to the next.

A new one reads the description of every table that it meets, which takes longer than what most tests ask.
"""

import os
from typing import Any, ClassVar

import psycopg
from peewee import PostgresqlDatabase

from konnekt.db import PostgresqlPool

MOST = 4
# All that a session keeps but the plans of its statements: the program that sends these counts on them.
FORGET = "RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; SELECT pg_advisory_unlock_all()"
# As the catalogue has it of a table that was neither vacuumed nor analysed.
NEVER_COUNTED = """
    DELETE FROM pg_statistic WHERE starelid IN (
        SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
    );
    UPDATE pg_class SET relpages = 0, reltuples = -1
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples >= 0
"""


class _Lasting(PostgresqlDatabase):
    """The database below the pool: what the pool closes stays open here, emptied of all that a session keeps."""

    idle: ClassVar[dict[str, list[psycopg.Connection]]] = {}

    def _connect(self) -> Any:
        idle = self.idle.get(self._whose(), [])
        while idle:
            connection = idle.pop()
            try:
                connection.execute("SELECT")
            except psycopg.OperationalError:
                connection.close()  # the server ended it meanwhile
            else:
                return connection
        return super()._connect()

    def _close(self, conn: Any) -> None:
        idle = self.idle.get(self._whose())
        if idle is None or len(idle) >= MOST:
            super()._close(conn)
            return
        try:
            conn.rollback()
            conn.execute(FORGET)
            conn.plans = "auto"
        except psycopg.Error:
            super()._close(conn)
        else:
            idle.append(conn)

    def _whose(self) -> str:
        """Which connections are alike: not those of another process, which has forked from this one."""
        return f"{os.getpid()} {self.database} {sorted(self.connect_params.items())}"


class LastingPool(PostgresqlPool, _Lasting):
    """The portal's pool, on connections that last."""

    def last(self) -> None:
        """Have the connections to this database last from now on, in this process."""
        self.idle.setdefault(self._whose(), [])

    def renew(self) -> None:
        """Begin with a connection of its own, to a server that never counted a row, as a new installation has it.

        Plans made for a few rows, or for tables that an earlier test had counted, are twenty times too slow for
        all that a demonstration fills in one transaction.
        """
        self.execute_sql(NEVER_COUNTED)
        self.close_all()
        for connection in self.idle.get(self._whose(), []):
            connection.close()
        self.idle[self._whose()] = []
        self.connect()
