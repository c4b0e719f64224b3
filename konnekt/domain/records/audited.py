"""One law for records: the agency's staff, a lock, the fresh row, its checks, the event.

A verb goes through `staff_only`, reads its row, has its RecordType check what was typed, and adds, changes
or deletes by it, which leaves the event. An import has the same RecordType check its rows and tell of them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from peewee import IntegrityError, Model

from konnekt.db import hold, transaction
from konnekt.domain import events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.refusals import Conflict, Invalid, NotFound, fingerprint_of
from konnekt.domain.text_fields import Joint
from konnekt.models import Account

Facts = dict[str, Any]
Row = TypeVar("Row")
# What a column takes: what was typed and the column's name to the value that is stored, or Invalid.
Rule = Callable[[Any, str], Any]


class Several(Invalid):
    """Values that can't be, in the order of the form, which says the first; an import says them all."""

    def __init__(self, faults: list[Invalid]) -> None:
        super().__init__(faults[0].sentence, faults[0].field, **faults[0].values)
        self.faults = faults


@contextmanager
def staff_only(by: Account, task: str) -> Iterator[None]:
    """One transaction of who does this task at the agency, one at a time, imports included.

    Forbidden for others.
    """
    agency_roles.require(by, task, "Only the agency changes this.")
    try:
        with transaction():
            hold("import")
            yield
    except IntegrityError as error:
        raise _overtaken() from error


def existing(row: Row | None, otherwise: NotFound) -> Row:
    """The row; raises otherwise where there is none."""
    if row is None:
        raise otherwise
    return row


@dataclass(frozen=True)
class RecordType:
    """What the records of one kind hold, and how their events speak of them.

    rules: by column, in the order of the form; joint: what several columns say together. about: the columns
    of Event that say which one it is. more: columns without a rule, which the verbs look after. names: what
    an event calls a column where that is something else.
    """

    noun: str
    about: Callable[[Any], Facts]
    rules: dict[str, Rule]
    joint: tuple[Joint, ...] = ()
    more: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    adding: str = "add"
    deleting: str = "delete"

    @property
    def columns(self) -> tuple[str, ...]:
        """All that a form holds and an event tells."""
        return (*self.rules, *self.more)

    def values(self, row: Any) -> Facts:
        """The columns as they are, for the form that changes them."""
        return {column: getattr(row, column) for column in self.columns}

    def facts(self, row: Any) -> Facts:
        """The columns as an event keeps them, without what is empty."""
        facts = self.told(self.values(row))
        return {
            name: value for name, value in facts.items() if value not in (None, "") and value is not False
        }

    def told(self, values: Facts) -> Facts:
        """Values as an event keeps them: days and moments as ISO text, a row of another table by its code."""
        return {self.names.get(column, column): _plain(value) for column, value in values.items()}

    def fingerprint(self, row: Any) -> str:
        """What a form carries of the row that it showed."""
        return fingerprint_of([str(row.__data__.get(column)) for column in self.columns])

    def check_seen(self, row: Any, seen: str) -> None:
        """Refuse where the row is no longer what the form showed; an empty `seen` asks nothing."""
        if seen and seen != self.fingerprint(row):
            raise Conflict(
                "Somebody else changed this while you were typing. Check your text and save again."
            )

    def checked(self, typed: Facts, row: Any = None) -> Facts:
        """The values of `typed` that have a rule, as they are stored. Raises Several.

        row: the record as it is; what is unchanged is not judged again.
        """
        stored: Facts = {}
        faults: list[Invalid] = []
        for column, rule in self.rules.items():
            if column not in typed:
                continue
            try:
                if row is not None and _is_same(typed[column], getattr(row, column)):
                    stored[column] = getattr(row, column)
                else:
                    stored[column] = rule(typed[column], column)
            except Invalid as fault:
                faults.append(fault)
        different = {name for name, value in stored.items() if row is None or value != getattr(row, name)}
        for columns, check in self.joint:
            if different.intersection(columns) and stored.keys() >= set(columns):
                try:
                    check(stored)
                except Invalid as fault:
                    faults.append(fault)
        if faults:
            raise Several(faults)
        return stored

    def add(self, row: Any, *, by: Account) -> None:
        """Insert a row that is not stored yet."""
        row.save(force_insert=True)
        self.record(f"{self.adding}_{self.noun}", row, by=by, after=self.facts(row))

    def change(
        self, row: Any, values: Facts, *, by: Account, verb: str = "", guard: Any = None, **derived: Any
    ) -> set[str]:
        """Update the columns that differ, as long as they hold what row says; returns those.

        verb: where it is more than a change. guard: one more condition. derived: columns that follow from
        the others. Raises Conflict.
        """
        before = {column: getattr(row, column) for column in values}
        before = {column: value for column, value in before.items() if value != values[column]}
        about = self.about(row)
        if before:
            update(row, {column: values[column] for column in before} | derived, guard=guard)
            events.record(verb or f"change_{self.noun}", by=by, **about, **self.difference(before, row))
        return set(before)

    def difference(self, before: Facts, row: Any) -> dict[str, Any]:
        """What an event keeps of a change; before: the columns that differ, as they were."""
        after = {column: getattr(row, column) for column in before}
        return {"before": self.told(before), "after": self.told(after)}

    def delete(self, row: Any, *, by: Account) -> None:
        """Delete a row that nothing refers to."""
        type(row).delete().where(type(row).id == row.id).execute()
        self.record(f"{self.deleting}_{self.noun}", row, by=by, before=self.facts(row))

    def record(self, verb: str, row: Any, *, by: Account, **columns: Any) -> None:
        """Leave an event about this row."""
        events.record(verb, by=by, **self.about(row), **columns)


def update(row: Any, values: Facts, *, guard: Any = None) -> None:
    """Write these columns, as long as they hold what row says. Raises Conflict."""
    model = type(row)
    held = [_is(model._meta.fields[column], row.__data__.get(column)) for column in values]
    held += [] if guard is None else [guard]
    if model.update(values).where(model.id == row.id, *held).execute() != 1:
        raise _overtaken()
    for column, value in values.items():
        setattr(row, column, value)


def _overtaken() -> Conflict:
    return Conflict("Somebody else changed this at the same moment. Look at it again.")


def _is(column: Any, value: Any) -> Any:
    return column.is_null() if value is None else column == value


def _is_same(typed: Any, stored: Any) -> bool:
    """Whether what was typed is what is stored; outer spaces are no difference, nor is no text at all."""
    if all(value is None or isinstance(value, str) for value in (typed, stored)):
        return (typed or "").strip() == (stored or "").strip()
    return bool(typed == stored)


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return getattr(value, "code", None) or value.number
    return value.isoformat() if isinstance(value, date) else value
