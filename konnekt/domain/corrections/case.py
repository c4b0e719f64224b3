"""A timesheet with the supplementary ones that correct it: their sum, and what a correction changes."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import JOIN, fn

from konnekt.domain.refusals import Conflict, NotFound, Refused, fingerprint_of
from konnekt.domain.timesheets import content, entry, find as timesheet_find
from konnekt.models import Hour, State, Timesheet, TimesheetLine


@dataclass
class Case:
    """An original sheet, the supplementary ones by number, and what the approved ones add up to.

    minutes: per line and day; lines without hours stay, so that hours can come back on them.
    """

    original: Timesheet
    supplementary: list[Timesheet]
    minutes: dict[content.Key, dict[date, int]]
    is_locked: bool

    @property
    def open(self) -> Timesheet | None:
        """The correction that was not decided yet, or came back: the next one goes on it."""
        return next((sheet for sheet in self.supplementary if sheet.state != State.APPROVED), None)

    @property
    def waiting(self) -> Timesheet | None:
        """The correction that waits for approval."""
        return self.open if self.open is not None and self.open.state == State.SUBMITTED else None

    @property
    def rejected(self) -> Timesheet | None:
        """The correction that was rejected, with its reason."""
        return self.open if self.open is not None and self.open.state == State.REJECTED else None

    @property
    def shown(self) -> list[Timesheet]:
        """The corrections that hold something: one that was taken back is empty."""
        return [sheet for sheet in self.supplementary if sheet.state != State.DRAFT]

    @property
    def sequence(self) -> int:
        """The number of the next correction."""
        return self.open.sequence if self.open else len(self.supplementary) + 1

    @property
    def total(self) -> int:
        """The minutes that are approved by now."""
        return sum(sum(days.values()) for days in self.minutes.values())

    @property
    def seen(self) -> str:
        """What the form carries: it changes whenever one of the sheets does."""
        sheets = [self.original, *self.supplementary]
        return fingerprint_of([(sheet.id, sheet.revision, str(sheet.state)) for sheet in sheets])

    @property
    def refusal(self) -> Refused | None:
        """Why no correction can be made now; None where it can."""
        if self.original.state != State.APPROVED:
            return Conflict("This timesheet is not approved: it is changed on its own page.")
        is_corrected = any(one.state == State.APPROVED for one in self.supplementary)
        if not self.is_locked and not is_corrected:
            return Conflict("Nothing of it is invoiced or paid yet: revoke the approval instead.")
        if self.waiting:
            return Conflict("A correction waits for approval: take that back first, or wait.")
        return None

    def stored(self) -> content.Stored:
        """The sum as the rows of a sheet, to check corrected hours against."""
        return content.Stored(content_of(self.minutes), dict.fromkeys(self.minutes, 0))

    def entry(self) -> entry.Entry:
        """What stands in the cells when the page is opened."""
        rows = []
        for number, (key, days) in enumerate(self.minutes.items()):
            cells = {day: entry.Typed(day, minutes) for day, minutes in days.items() if minutes}
            rows.append(entry.Row(f"l{number}", *key, cells=cells))
        return entry.Entry(rows, seen=self.original.revision)


def find(sheet: int) -> Case:
    """The case of an original or supplementary sheet: four statements. NotFound where there is none."""
    at = Timesheet.get_or_none(Timesheet.id == sheet)
    if at is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    query = (
        Timesheet.whole()
        .where((Timesheet.assignment == at.assignment_id) & (Timesheet.pay_period == at.pay_period_id))
        .order_by(Timesheet.sequence)
    )
    original, *supplementary = query
    if original.sequence:
        raise NotFound("This timesheet does not exist, or not for you.")
    approved = [one.id for one in (original, *supplementary) if one.state == State.APPROVED]
    return Case(original, supplementary, _sum(approved), timesheet_find.is_locked(original.id))


def _sum(sheets: list[int]) -> dict[content.Key, dict[date, int]]:
    query = (
        TimesheetLine.select(
            TimesheetLine.iso_year,
            TimesheetLine.iso_week,
            TimesheetLine.hour_type,
            TimesheetLine.budget_number,
            Hour.day,
            Hour.minutes,
        )
        .join(Hour, JOIN.LEFT_OUTER)
        .where(TimesheetLine.timesheet.in_(sheets))
        .order_by(TimesheetLine.iso_year, TimesheetLine.iso_week, TimesheetLine.id, Hour.day)
    )
    sums: dict[content.Key, dict[date, int]] = {}
    for *key, day, minutes in query.tuples():
        days = sums.setdefault(content.Key(*key), {})
        if day is not None:
            days[day] = days.get(day, 0) + minutes
    return sums


def content_of(minutes: dict[content.Key, dict[date, int]]) -> content.Content:
    """Minutes per line and day as a sheet's content, without empty cells and lines."""
    filled = {key: {day: one for day, one in days.items() if one} for key, days in minutes.items()}
    return content.Content(
        tuple(
            content.Line(*key, cells=tuple(content.Cell(day, one) for day, one in sorted(days.items())))
            for key, days in filled.items()
            if days
        )
    )


def difference(case: Case, corrected: content.Content) -> content.Content:
    """What a supplementary sheet has to hold to reach the corrected hours: minutes plus or minus."""
    minutes: dict[content.Key, dict[date, int]] = {
        key: {day: -one for day, one in days.items()} for key, days in case.minutes.items()
    }
    for line in corrected.lines:
        days = minutes.setdefault(line.key, {})
        for cell in line.cells:
            days[cell.day] = days.get(cell.day, 0) + cell.minutes
    return content_of(minutes)


def fingerprint(change: content.Content) -> str:
    """What the button that sends carries, so that nobody sends another change than was shown."""
    return fingerprint_of(sorted((line.key, line.cells) for line in change.lines))


def has_later() -> Any:
    """The condition on Timesheet: a later correction of the same hours builds on it, approved or not yet."""
    later = Timesheet.alias()
    return fn.EXISTS(
        later.select(later.id).where(
            (later.assignment == Timesheet.assignment)
            & (later.pay_period == Timesheet.pay_period)
            & (later.sequence > Timesheet.sequence)
            & later.state.in_((State.SUBMITTED, State.APPROVED))
        )
    )


def is_overtaken(correction: Timesheet) -> bool:
    """Whether hours that a decided correction builds on were revoked, or decided on again, since."""
    is_since = (Timesheet.state != State.APPROVED) | (Timesheet.decided_at > correction.decided_at)
    return bool(
        Timesheet.select()
        .where(
            (Timesheet.assignment == correction.assignment_id)
            & (Timesheet.pay_period == correction.pay_period_id)
            & (Timesheet.sequence < correction.sequence)
            & is_since
        )
        .exists()
    )
