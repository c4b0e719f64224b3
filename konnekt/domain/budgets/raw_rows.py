"""Thousands of rows as the database gives them, without a conversion per value."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from konnekt.db import db
from konnekt.domain import clock


def rows(query: Any) -> list[tuple[Any, ...]]:
    """The rows of a query: SQLite gives days as text, `as_day` reads them."""
    fetched: list[tuple[Any, ...]] = db.execute(query).fetchall()
    return fetched


@lru_cache(maxsize=4096)
def as_day(value: str | date) -> date:
    """A day as either database gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def as_optional_day(value: str | date | None) -> date | None:
    """The same where there may be none."""
    return None if value is None else as_day(value)


@lru_cache(maxsize=4096)
def as_day_in_amsterdam(value: str | datetime | None) -> date | None:
    """The day in Amsterdam of a moment as either database gives it: in UTC, without saying so."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return clock.local(moment.replace(tzinfo=UTC)).date()
