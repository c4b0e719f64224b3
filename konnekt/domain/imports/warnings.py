"""What an import may do and perhaps should not: said per line before it is confirmed.

The forms of the bureau ask the same (records/placement.py, records/rights.py).
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.run import Run
from konnekt.domain.records import placement, rights
from konnekt.domain.refusals import N_
from konnekt.models import Assignment, Right

TWO_ROLES = N_("%(email)s works at %(code)s and approves there, but never the own hours")


def of_assignments(run: Run, rows: list[FileRow]) -> None:
    """Another assignment on the same days, hours outside the dates, a worker who approves there."""
    placed: dict[Any, list[Assignment]] = defaultdict(list)
    for assignment in run.assignments.by_key.values():
        placed[_place(assignment)].append(assignment)
    told: set[frozenset[str]] = set()
    for row, assignment in run.news(rows):
        was = run.assignments.was(assignment)
        if assignment.id is None or was.keys() & {"first_on", "last_on"}:
            _overlaps(run, row, assignment, placed[_place(assignment)], told)
        if assignment.id is not None:
            before = (was.get("first_on", assignment.first_on), was.get("last_on", assignment.last_on))
            for doubt in placement.outside(
                assignment, before, (assignment.first_on, assignment.last_on), language="nl"
            ):
                run.doubt(row, "until", doubt.sentence, **doubt.values)
        elif (right := run.rights.by_key.get(_place(assignment))) is not None and right.may_approve:
            email, code = _place(assignment)
            run.doubt(row, "organisation", TWO_ROLES, email=email, code=code)


def _place(of: Assignment) -> tuple[str, str]:
    return of.worker.email, of.organisation.code


def _overlaps(run: Run, row: FileRow, assignment: Assignment, others: list[Assignment], told: Any) -> None:
    for other in others:
        pair = frozenset((assignment.code, other.code))
        is_meant = other is not assignment and pair not in told
        if is_meant and assignment.first_on <= _end(other) and other.first_on <= _end(assignment):
            told.add(pair)
            run.doubt(
                row, "from", N_("the same days as assignment %(code)s, of the same worker"), code=other.code
            )


def _end(of: Assignment) -> date:
    return of.last_on or date.max


def of_rights(run: Run, rows: list[FileRow]) -> None:
    """Who would approve where she works, and where nobody would approve any more."""
    if not any(run.is_news(row) for row in rows):
        return
    places = {_place(assignment) for assignment in run.assignments.by_key.values()}
    lost = {key: right for key, right in run.rights.changed_in("may_approve") if not right.may_approve}
    lost |= {run.rights.key_of(right): right for right in run.rights.removed if right.may_approve}
    approved = {right.organisation.code for right in run.rights.by_key.values() if _counts(right)}
    for row in rows:
        key = (row["email"], row["organisation"])
        if run.is_news(row) and row["approve"] and key in places:
            run.doubt(row, "approve", TWO_ROLES, email=key[0], code=key[1])
        if key in lost and key[1] not in approved:
            for doubt in rights.orphaned(lost[key].account, [lost[key].organisation]):
                run.doubt(row, "approve", doubt.sentence, **doubt.values)


def _counts(right: Right) -> bool:
    return bool(right.may_approve and right.account.is_active)


ALIKE = N_("new, and only zeros or points away from %(code)s: is it another one?")


def of_new_codes(
    run: Run, rows: list[FileRow], columns: tuple[str, ...], stored_keys: Collection[tuple[Any, ...]]
) -> None:
    """What a spreadsheet makes of a known code: 123 of 0123, 42.1 of 42.10. The last column is the code."""
    alike = {(*key[:-1], form): key[-1] for key in stored_keys for form in _forms(key[-1])}
    for row in rows:
        key = tuple(row[column] for column in columns)
        if row.is_wrong or not key[-1] or key in stored_keys:
            continue
        other = next((alike[of] for form in _forms(key[-1]) if (of := (*key[:-1], form)) in alike), None)
        if other is not None:
            run.doubt(row, columns[-1], ALIKE, code=other)


def _forms(code: str) -> set[str]:
    """A code without points and zeros in front, and if it has points also without zeros at its end."""
    forms = {code, code.rstrip("0") if "." in code else code}
    return {form.replace(".", "").lstrip("0").lower() for form in forms} - {""}
