"""Queries that keep their text: compiled once per kind of database, values bound at each call, tuples out.

Peewee takes ten times as long to write a SELECT as SQLite to answer it, and as long again per row for an
object: 7 of the 8 ms of a stored PDF. So this is for what every request asks, and for long lists; for all
else the plain query reads better.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from peewee import (
    SQL,
    Alias,
    BooleanField,
    CompoundSelectQuery,
    DateField,
    Field,
    ForeignKeyField,
    JSONField,
    SelectBase,
    SqliteDatabase,
    Value,
)

from konnekt.db import BaseModel, MomentField, db

Convert = Callable[[Any], Any]
LISTS = (list, tuple, set, frozenset)


@dataclass(frozen=True)
class _Slot:
    """Where a value comes at each call; is_single: the one of a list of one."""

    name: str
    is_single: bool = False

    def value(self, values: dict[str, Any]) -> Any:
        """What a call gave."""
        given = values[self.name]
        return _bound(next(iter(given)) if self.is_single else given)


def slot(name: str) -> Value:
    """A value of the query that each call gives by this name."""
    return Value(_Slot(name), converter=False)


def listed(name: str, kind: str = "bigint") -> SQL:
    """The same for what stands behind IN: a list of any length is one value, so one text.

    kind: PostgreSQL's word for what it is a list of.
    """
    if isinstance(db.obj, SqliteDatabase):
        return SQL("(SELECT value FROM json_each(?))", [_Slot(name)])
    return SQL(f"(SELECT unnest(%s::{kind}[]))", [_Slot(name)])


@dataclass
class _Statement:
    """The text of a query, its values in order (some of them slots), and the columns that need reading."""

    sql: str
    values: list[Any]
    readers: list[tuple[int, Convert]]
    is_planned_once: bool = False


class Compiled:
    """A query with slots; shape: what of it differs in text. Called, it gives tuples.

    @compiled
    def _sheets(has_period: bool) -> Any:
        return Timesheet.select(Timesheet.id).where(Timesheet.organisation.in_(listed("organisations")))

    _sheets(True, organisations=[1, 2])
    """

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self.is_planned_once = False
        self._statements: dict[tuple[Any, ...], _Statement] = {}

    def __call__(self, *shape: Any, **values: Any) -> list[tuple[Any, ...]]:
        return _run(self._statement(shape, values), values)

    def change(self, *shape: Any, **values: Any) -> int:
        """Run it as what it is then, an INSERT, UPDATE or DELETE; returns how many rows it was."""
        return int(_executed(self._statement(shape, values), values).rowcount)

    def _statement(self, shape: tuple[Any, ...], values: dict[str, Any]) -> _Statement:
        is_sqlite = isinstance(db.obj, SqliteDatabase)
        lists = {} if is_sqlite else {name: one for name, one in values.items() if isinstance(one, LISTS)}
        single = tuple(name for name, one in lists.items() if len(one) == 1)
        key = (is_sqlite, single, *shape)
        if key not in self._statements:
            made = _compile(self._make(*shape))
            self._statements[key] = made if is_sqlite else _as_postgresql_plans(made, single)
            self._statements[key].is_planned_once = self.is_planned_once and not is_sqlite
        return self._statements[key]


def compiled(make: Callable[..., Any]) -> Compiled:
    """Turn a function that returns a query with slots into one that is called with their values.

    A whole number in ORDER BY or GROUP BY would be the place of a column, and SQL() of one's own has no "%%".
    """
    return Compiled(make)


def planned_once(query: Compiled) -> Compiled:
    """Have PostgreSQL plan it once: for what it plans for longer than it runs, and runs alike for all values.

    By itself it does so where an average looks as cheap as these values. For who has little it never does:
    of 100,000 sheets it planned 4.5 of the 5.5 ms in which it read a list of 20.
    """
    query.is_planned_once = True
    return query


def tuples(query: Any) -> list[tuple[Any, ...]]:
    """What a query without slots gives, read in the same way."""
    return _run(_compile(query), {})


def _compile(query: Any) -> _Statement:
    sql, values = query.sql()
    # Behind IN PostgreSQL does not take an array for one: it read all open hours of everybody (600 ms).
    sql = re.sub(r"NOT IN \(SELECT unnest\((%s::\w+\[\])\)\)", r"<> ALL(\1)", sql)
    sql = re.sub(r"IN \(SELECT unnest\((%s::\w+\[\])\)\)", r"= ANY(\1)", sql)
    select = query
    while isinstance(select, CompoundSelectQuery):
        select = select.lhs
    columns = select.selected_columns if isinstance(select, SelectBase) else ()
    readers = [(place, reader(column)) for place, column in enumerate(columns)]
    return _Statement(sql, values, [(place, convert) for place, convert in readers if convert])


def _as_postgresql_plans(statement: _Statement, single: tuple[str, ...]) -> _Statement:
    """Its text so that PostgreSQL plans it once: at each call, that was half of its time for a list (1.4 ms).

    It keeps a plan that knows no values where that looks as good as one that does. So constants stand in the
    text, or an index of what waits alone is no use; and a list of one is that one: of a list it expects ten.
    """
    text, *rest = statement.sql.split("%s")
    slots = []
    for value, following in zip(statement.values, rest, strict=True):
        start, end = _BEFORE_LIST.search(text), _AFTER_LIST.match(following)
        if literal := _literal(value):
            text += literal + following
        elif type(value) is _Slot and value.name in single and start and end:
            text = f"{text[: start.start()]}{start[1]} %s::{end[1]}{following[end.end() :]}"
            slots.append(_Slot(value.name, is_single=True))
        else:
            text += f"%s{following}"
            slots.append(value)
    return _Statement(text, slots, statement.readers)


_BEFORE_LIST = re.compile(r"(=|<>) (?:ANY|ALL)\($")
_AFTER_LIST = re.compile(r"::(\w+)\[\]\)")


def _literal(value: Any) -> str:
    """A constant as PostgreSQL reads it in a text; empty for what is bound at each call."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''").replace("%", "%%") + "'"
    return str(value).lower() if isinstance(value, int) else ""


def _run(statement: _Statement, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = _executed(statement, values).fetchall()
    return list(read(rows, statement.readers)) if statement.readers else rows


def _executed(statement: _Statement, values: dict[str, Any]) -> Any:
    bound = [one.value(values) if type(one) is _Slot else one for one in statement.values]
    if statement.is_planned_once:
        return db.execute_planned_once(statement.sql, bound)
    return db.execute_sql(statement.sql, bound)


def built(model: type[BaseModel], columns: tuple[Any, ...], **related: BaseModel) -> Any:
    """A row of its columns in the order of the table, without Peewee's constructor (30 microseconds).

    related: the rows that its foreign keys name, as far as they were read with it.
    """
    row = model.__new__(model)
    row.__data__ = dict(zip(model._meta.sorted_field_names, columns, strict=True))
    row.__rel__ = related
    row._dirty = set()
    return row


def width(model: type[BaseModel]) -> int:
    """How many columns the table has."""
    return len(model._meta.sorted_field_names)


def rows_of(columns: tuple[Any, ...], *models: type[BaseModel]) -> list[Any]:
    """The rows that a query selected side by side; None where an outer join found none."""
    rows, start = [], 0
    for model in models:
        end = start + width(model)
        rows.append(None if columns[start] is None else built(model, columns[start:end]))
        start = end
    return rows


def _bound(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    if isinstance(value, LISTS):
        return json.dumps(list(value)) if isinstance(db.obj, SqliteDatabase) else list(value)
    return value


def read(rows: list[tuple[Any, ...]], readers: list[tuple[int, Convert]]) -> Iterator[tuple[Any, ...]]:
    """Rows as their fields have them; readers: of the columns that are otherwise in the database."""
    for row in rows:
        columns = list(row)
        for place, convert in readers:
            if columns[place] is not None:
                columns[place] = convert(columns[place])
        yield tuple(columns)


def reader(column: Any) -> Convert | None:
    """What makes a column's value that of its field; None where it is so already."""
    field = column.unwrap() if isinstance(column, Alias) else column
    field = getattr(field, "field", field)  # of a second alias of its table
    if isinstance(field, ForeignKeyField):
        field = field.rel_field
    if not isinstance(field, Field):
        return None
    kinds: dict[type[Field], Convert] = {
        MomentField: _moment,
        DateField: _day,
        BooleanField: bool,
        JSONField: _json,
    }
    return next((convert for kind, convert in kinds.items() if isinstance(field, kind)), None)


@lru_cache(maxsize=4096)
def _moment(value: str | datetime) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
