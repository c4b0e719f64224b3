"""What an import may do and perhaps should not: said per line before it is confirmed.

The forms of the bureau ask the same (records/placing.py, records/rights.py).
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from peewee import fn

from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.run import Run
from konnekt.domain.refused import N_
from konnekt.models import Assignment, Hour, Timesheet, TimesheetLine

AT_ONCE = 500
TWO_ROLES = N_("%(email)s works at %(code)s and approves there, but never the own hours")


def of_assignments(run: Run, rows: list[Row]) -> None:
    """Another assignment on the same days, hours outside the dates, a worker who approves there."""
    news = [row for row in rows if run.is_news(row)]
    if not news:
        return
    placed: dict[Any, list[Assignment]] = defaultdict(list)
    for assignment in run.assignments.by_key.values():
        placed[_place(assignment)].append(assignment)
    moved = {row.id for _, row in run.assignments.changed_in("first_on", "last_on")}
    outside = _outside([one for one in run.assignments.by_key.values() if one.id in moved])
    told: set[frozenset[str]] = set()
    for row in news:
        found = run.assignments.by_key[(row["code"],)]
        if found.id is None or found.id in moved:
            _overlaps(run, row, found, placed[_place(found)], told)
        if found.id in outside:
            run.doubt(
                row, "until", N_("there are hours outside these dates, on %(day)s"), day=outside[found.id]
            )
        right = run.rights.by_key.get(_place(found)) if found.id is None else None
        if right is not None and right.may_approve:
            email, code = _place(found)
            run.doubt(row, "organisation", TWO_ROLES, email=email, code=code)


def _place(of: Assignment) -> tuple[str, str]:
    return of.worker.email, of.organisation.code


def _overlaps(run: Run, row: Row, found: Assignment, others: list[Assignment], told: Any) -> None:
    for other in others:
        pair = frozenset((found.code, other.code))
        is_meant = other is not found and pair not in told
        if is_meant and found.first_on <= _end(other) and other.first_on <= _end(found):
            told.add(pair)
            run.doubt(
                row, "from", N_("the same days as assignment %(code)s, of the same worker"), code=other.code
            )


def _end(of: Assignment) -> date:
    return of.last_on or date.max


def _outside(moved: list[Assignment]) -> dict[int, date]:
    """The first or last day with hours outside the new dates, by assignment: a statement per 500."""
    found: dict[int, date] = {}
    for start in range(0, len(moved), AT_ONCE):
        some = {one.id: one for one in moved[start : start + AT_ONCE]}
        query = (
            Hour.select(Timesheet.assignment, fn.MIN(Hour.day), fn.MAX(Hour.day))
            .join(TimesheetLine)
            .join(Timesheet)
            .where(Timesheet.assignment.in_(list(some)) & (Hour.minutes > 0))
            .group_by(Timesheet.assignment)
        )
        for identity, *days in query.tuples():
            for day in map(_day, days):
                if not some[identity].first_on <= day <= _end(some[identity]):
                    found[identity] = day
    return found


def _day(value: date | str) -> date:
    """SQLite answers MIN of a date with its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def of_rights(run: Run, rows: list[Row]) -> None:
    """Who would approve where she works."""
    news = [row for row in rows if run.is_news(row) and row["approve"]]
    if not news:
        return
    places = {_place(assignment) for assignment in run.assignments.by_key.values()}
    for row in news:
        if (row["email"], row["organisation"]) in places:
            run.doubt(row, "approve", TWO_ROLES, email=row["email"], code=row["organisation"])


ALIKE = N_("new, and only zeros or points away from %(code)s: is it another one?")


def of_new_codes(
    run: Run, rows: list[Row], columns: tuple[str, ...], known: Collection[tuple[Any, ...]]
) -> None:
    """What a spreadsheet makes of a known code: 123 of 0123, 42.1 of 42.10. The last column is the code."""
    alike = {(*key[:-1], form): key[-1] for key in known for form in _forms(key[-1])}
    for row in rows:
        key = tuple(row[column] for column in columns)
        if row.is_wrong or not key[-1] or key in known:
            continue
        other = next((alike[of] for form in _forms(key[-1]) if (of := (*key[:-1], form)) in alike), None)
        if other is not None:
            run.doubt(row, columns[-1], ALIKE, code=other)


def _forms(code: str) -> set[str]:
    """A code without points and zeros in front, and if it has points also without zeros at its end."""
    forms = {code, code.rstrip("0") if "." in code else code}
    return {form.replace(".", "").lstrip("0").lower() for form in forms} - {""}
