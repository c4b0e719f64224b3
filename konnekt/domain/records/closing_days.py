"""Closing days: public holidays and the days on which the university is closed."""

from collections.abc import Iterable
from datetime import date

from konnekt.domain import clock, flags, text_fields
from konnekt.domain.records import holidays
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.records.holidays import Holiday
from konnekt.domain.refusals import Invalid, NotFound
from konnekt.models import Account, ClosingDay, Hour, State, Timesheet, TimesheetLine


def years() -> list[int]:
    """The years that have closing days, this one and the next, in order: one statement."""
    this = clock.today().year
    query = ClosingDay.select(ClosingDay.day)
    return sorted({row.day.year for row in query} | {this, this + 1})


def of(year: int) -> list[ClosingDay]:
    """The closing days of a year, in order: one statement."""
    return list(ClosingDay.select().where(_within(year)).order_by(ClosingDay.day))


def _within(year: int) -> object:
    return ClosingDay.day.between(date(year, 1, 1), date(year, 12, 31))


def find(closing_day: int) -> ClosingDay:
    """The closing day. Raises NotFound."""
    row: ClosingDay | None = ClosingDay.get_or_none(ClosingDay.id == closing_day)
    return existing(row, NotFound("This closing day does not exist."))


def thing(year: int) -> str:
    """What the events of a year's closing days are about."""
    return f"closing_days {year}"


RECORD = RecordType(
    "closing_day",
    lambda row: {"thing": thing(row.day.year)},
    {"day": text_fields.day, "name_nl": text_fields.name, "name_en": text_fields.name},
    names={"day": "day_on"},
)
seen = RECORD.fingerprint


def add(day: date, name_nl: str, name_en: str, *, by: Account) -> ClosingDay:
    """A new closing day. Raises Invalid where that day is one already."""
    with staff_only(by, "calendar"):
        row = ClosingDay(**RECORD.checked({"day": day, "name_nl": name_nl, "name_en": name_en}))
        _check_free(day)
        RECORD.add(row, by=by)
        _refresh([day])
    return row


def change(
    closing_day: int, day: date, name_nl: str, name_en: str, *, by: Account, seen: str = ""
) -> ClosingDay:
    """Change its names or move it. Raises Invalid, Conflict."""
    with staff_only(by, "calendar"):
        row = find(closing_day)
        RECORD.check_seen(row, seen)
        was = RECORD.values(row)
        checked = RECORD.checked({"day": day, "name_nl": name_nl, "name_en": name_en}, row)
        if day != was["day"]:
            _check_free(day)
        changed = RECORD.change(row, checked, by=by)
        if "day" in changed:
            if day.year != was["day"].year:
                told = RECORD.difference({name: was[name] for name in changed}, row)
                RECORD.record("change_closing_day", row, by=by, **told)
            _refresh([was["day"], day])
    return row


def delete(closing_day: int, *, by: Account) -> ClosingDay:
    """Work goes on that day after all."""
    with staff_only(by, "calendar"):
        row = find(closing_day)
        RECORD.delete(row, by=by)
        _refresh([row.day])
    return row


def proposed(year: int) -> list[tuple[Holiday, bool]]:
    """The public holidays of a year, each with whether it is a closing day already: one statement."""
    closed = {row.day for row in of(_checked(year))}
    return [(holiday, holiday.day in closed) for holiday in holidays.of(year)]


def add_holidays(year: int, days: Iterable[date], *, by: Account) -> list[ClosingDay]:
    """Add those of the year's public holidays that are chosen; what is there already stays as it is.

    Raises Invalid where none is chosen, or a day that is no holiday.
    """
    chosen = set(days)
    of_year = {holiday.day: holiday for holiday in holidays.of(_checked(year))}
    if not chosen or chosen - set(of_year):
        raise Invalid("Choose at least one day of the list.", field="day")
    with staff_only(by, "calendar"):
        closed = {row.day for row in of(year)}
        rows = [
            ClosingDay(day=day, name_nl=of_year[day].name_nl, name_en=of_year[day].name_en)
            for day in sorted(chosen - closed)
        ]
        for row in rows:
            RECORD.add(row, by=by)
        _refresh([row.day for row in rows])
    return rows


def _checked(year: int) -> int:
    if not holidays.FIRST_YEAR <= year <= holidays.LAST_YEAR:
        raise Invalid(
            "Choose a year from %(first)s to %(last)s.",
            field="year",
            first=holidays.FIRST_YEAR,
            last=holidays.LAST_YEAR,
        )
    return year


def _check_free(day: date) -> None:
    if ClosingDay.select().where(ClosingDay.day == day).exists():
        raise Invalid("This day is a closing day already.", field="day")


def _refresh(days: list[date]) -> None:
    """The flags of what waits with hours on these days."""
    query = (
        Timesheet.select(Timesheet.id)
        .join(TimesheetLine)
        .join(Hour)
        .where((Timesheet.state == State.SUBMITTED) & Hour.day.in_(days))
        .distinct()
    )
    flags.refresh(row.id for row in query)
