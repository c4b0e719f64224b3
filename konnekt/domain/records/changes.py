"""What a change changes: the columns that differ, for its event; whether the row is still as it was seen."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from peewee import IntegrityError, Model

from konnekt.db import transaction
from konnekt.domain.refused import Forbidden, Refused
from konnekt.models import Account


@contextmanager
def together(by: Account) -> Iterator[None]:
    """One transaction of the agency's staff, Forbidden for others.

    What another did at the same moment with the same key is refused.
    """
    if not by.is_agency_staff:
        raise Forbidden("Only the agency changes this.")
    try:
        with transaction():
            yield
    except IntegrityError as error:
        raise Refused("Somebody else changed this at the same moment. Look at it again.") from error


def columns(row: Any, names: Iterable[str]) -> dict[str, Any]:
    """These columns as they are, for the form that changes them."""
    return {name: getattr(row, name) for name in names}


def facts(row: Any, columns: Iterable[str]) -> dict[str, Any]:
    """These columns as an event keeps them: days as ISO text, a row of another table by its code."""
    return {column: _plain(getattr(row, column)) for column in columns}


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.code
    return value.isoformat() if isinstance(value, date) else value


def filled(row: Any, columns: Iterable[str]) -> dict[str, Any]:
    """The same without what is empty: what a new row holds."""
    return {column: value for column, value in facts(row, columns).items() if value not in (None, "", False)}


def seen(row: Any, columns: Iterable[str]) -> str:
    """What a form carries to say how the row was when it was drawn."""
    stored = [_plain(row.__data__.get(column)) for column in sorted(columns)]
    return hashlib.sha256(json.dumps(stored, default=str).encode()).hexdigest()[:16]


def write(
    row: Any, values: dict[str, Any], *, was_seen: str | None = None, guard: Any = None, **derived: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Update the columns that differ, as long as they hold what row says; before and after of those.

    was_seen: what `seen` gave for the same columns when the form was drawn. guard: one more condition.
    derived: columns that follow from the others. Nothing is written where nothing differs. Raises Refused.
    """
    if was_seen is not None and was_seen != seen(row, values):
        raise Refused("Somebody else changed this while you were typing. Check your text and save again.")
    different = [column for column, value in values.items() if getattr(row, column) != value]
    if not different:
        return {}, {}
    model = type(row)
    before = facts(row, different)
    fields = model._meta.fields
    held = [_is(fields[column], row.__data__.get(column)) for column in different]
    where = held if guard is None else [*held, guard]
    updates = {column: values[column] for column in different} | derived
    if model.update(updates).where(model.id == row.id, *where).execute() != 1:
        raise Refused("Somebody else changed this at the same moment. Look at it again.")
    for column, value in updates.items():
        setattr(row, column, value)
    return before, facts(row, different)


def _is(field: Any, value: Any) -> Any:
    return field.is_null() if value is None else field == value
