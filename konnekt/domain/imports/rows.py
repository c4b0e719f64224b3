"""The rows of one table by their key: those of the database, and what the files make of them."""

from collections.abc import Callable, Hashable, Iterable
from datetime import date, timedelta
from typing import Any

from peewee import ForeignKeyField, Model

from konnekt.domain.imports.report import RowOutcome
from konnekt.models import inserting

CHUNK = 500
# Where a row waits while others take its place: a day that no calendar has.
NOWHERE = date(1, 1, 1)
# What changes while people work, and no file says.
OFTEN = ("password_hash", "signed_in_at", "locked_sheets", "language", "has_second_factor")


class Rows:
    """One table in memory. Nothing is written before `write`.

    by_key: the rows of the database and of the files; wrong: keys of rows with an error in the files.
    lines: the line of each key in the file. changed: rows by id, with what they held before.
    vacate: columns with a unique index that rows may hand on.
    is_complete: false when part of the file was unreadable, so that a key may be missing for that reason.
    """

    def __init__(
        self,
        model: type[Model],
        key_of: Callable[[Any], Hashable],
        rows: Iterable[Any],
        vacate: tuple[str, ...] = (),
    ) -> None:
        self.model, self.key_of = model, key_of
        in_order = sorted(rows, key=lambda row: row.id)
        self._mark = self._marked(row.__data__ for row in in_order)
        self.by_key: dict[Hashable, Any] = {key_of(row): row for row in in_order}
        self.by_id: dict[int, Any] = {row.id: row for row in self.by_key.values()}
        self.lines: dict[Hashable, int] = {}
        self.wrong: set[Hashable] = set()
        self.is_complete = True
        self.vacate = vacate
        self.new: list[Any] = []
        self.removed: list[Any] = []
        self.changed: dict[int, tuple[Any, dict[str, Any]]] = {}

    def is_as_read(self) -> bool:
        """Whether the table is what it was when its rows were loaded."""
        return self._marked(self.model.select().order_by(self.model.id).dicts()) == self._mark

    def _marked(self, rows: Iterable[dict[str, Any]]) -> int:
        names = [name for name in self.model._meta.sorted_field_names if name not in OFTEN]
        return hash(tuple(tuple(row[name] for name in names) for row in rows))

    @property
    def is_touched(self) -> bool:
        return bool(self.new or self.changed or self.removed)

    def stored_keys(self) -> set[Any]:
        """The keys that the database has."""
        return {key for key, row in self.by_key.items() if row.id is not None}

    def was(self, row: Any) -> dict[str, Any]:
        """The columns of a row of the database that change, as they were."""
        return self.changed[row.id][1] if row.id in self.changed else {}

    def put(self, key: Hashable, values: dict[str, Any]) -> RowOutcome:
        """Give the row of this key these values. May be called again."""
        row = self.by_key.get(key)
        if row is None:
            row = self.by_key[key] = self.model(**values)
            self.new.append(row)
            return RowOutcome.NEW
        before = {name: getattr(row, name) for name, value in values.items() if _differs(row, name, value)}
        for name in before:
            setattr(row, name, values[name])
        if row.id is None:
            return RowOutcome.NEW
        if before:
            _, earlier = self.changed.setdefault(row.id, (row, {}))
            earlier.update(before | earlier)
        return RowOutcome.CHANGED if row.id in self.changed else RowOutcome.UNCHANGED

    def remove(self, key: Hashable) -> RowOutcome:
        """Take away the row of this key, if there is one."""
        row = self.by_key.pop(key, None)
        if row is None:
            return RowOutcome.UNCHANGED
        self.removed.append(row)
        return RowOutcome.CHANGED

    def changed_in(self, *names: str) -> list[tuple[Hashable, Any]]:
        """Key and row of the database rows of which one of these columns changes."""
        ids = {row.id for row, before in self.changed.values() if before.keys() & set(names)}
        return [(key, row) for key, row in self.by_key.items() if row.id in ids]

    def write(self) -> None:
        """Insert what is new, update what differs, remove the rest; afterwards every row has its id."""
        for row in self.removed:
            row.delete_instance()
        self._vacate()
        late = [row for row in self.new if self._parent_is_new(row)]
        insert(self.model, self.new)
        for row in late:
            self._update(row, self._parents())
        for _, (row, names) in sorted(self.changed.items()):
            self._update(row, names)

    def _vacate(self) -> None:
        """Two rows may swap a unique value, or a new one takes it over: free those first."""
        for name in self.vacate:
            rows = [row for row, names in self.changed.values() if name in names]
            may_be_empty = self.model._meta.fields[name].null
            for position, row in enumerate(rows):
                value = None if may_be_empty else NOWHERE + timedelta(days=position)
                self.model.update({name: value}).where(self.model.id == row.id).execute()

    def _parents(self) -> set[str]:
        fields = self.model._meta.sorted_fields
        return {f.name for f in fields if isinstance(f, ForeignKeyField) and f.rel_model is self.model}

    def _parent_is_new(self, row: Any) -> bool:
        return any(name in row.__rel__ and row.__rel__[name].id is None for name in self._parents())

    def _update(self, row: Any, names: Iterable[str]) -> None:
        self.model.update({name: stored(row, name) for name in names}).where(
            self.model.id == row.id
        ).execute()


def _differs(row: Any, name: str, value: Any) -> bool:
    if isinstance(value, Model):
        return value.id is None or row.__data__.get(name) != value.id
    return bool(row.__data__.get(name) != value)


def stored(row: Any, name: str) -> Any:
    """The value of a column; of a foreign key the id, which its row may have got only just now."""
    related = row.__rel__.get(name)
    return related.id if related is not None else row.__data__.get(name)


def insert(model: type[Model], rows: list[Any]) -> None:
    """Insert unsaved rows in bulk and give each its id.

    The ids come back beside the columns of a unique key, since no database promises their order.
    """
    gives_id = model._meta.auto_increment
    names = [name for name in model._meta.sorted_field_names if name != "id" or not gives_id]
    values = [{name: stored(row, name) for name in names} for row in rows]
    if not gives_id:
        inserting.insert(model, values)
        return
    key = _unique_key(model)
    by_key = {tuple(one[name] for name in key): row for one, row in zip(values, rows, strict=True)}
    for identity, *unique in inserting.insert(model, values, CHUNK, returning=("id", *key)):
        by_key[tuple(unique)].id = identity


def _unique_key(model: type[Model]) -> tuple[str, ...]:
    """Columns that are never empty and tell any two rows apart."""
    for index in model._meta.indexes:
        if isinstance(index, tuple) and index[1] and "id" not in index[0]:
            return tuple(index[0])
    unique = (field.name for field in model._meta.sorted_fields if field.unique and not field.null)
    return (next(unique, "id"),)
