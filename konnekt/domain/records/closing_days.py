"""Closing days: public holidays and the days on which the university is closed."""

from collections.abc import Iterable
from datetime import date

from konnekt.db import transaction
from konnekt.domain import clock, flags
from konnekt.domain.records import holidays, keeping, typed
from konnekt.domain.records.holidays import Holiday
from konnekt.domain.records.keeping import Facts
from konnekt.domain.refused import Invalid, NotFound
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
    found: ClosingDay | None = ClosingDay.get_or_none(ClosingDay.id == closing_day)
    if found is None:
        raise NotFound("This closing day does not exist.")
    return found


def facts(of: ClosingDay) -> Facts:
    """What an event keeps of a closing day."""
    return {"day_on": of.day.isoformat(), "name_nl": of.name_nl, "name_en": of.name_en}


def thing(year: int) -> str:
    """What the events of a year's closing days are about."""
    return f"closing_days {year}"


def add(day: date, name_nl: str, name_en: str, *, by: Account) -> ClosingDay:
    """A new closing day. Raises Invalid where that day is one already."""
    with transaction():
        keeping.begin(by)
        _check_free(day)
        made: ClosingDay = ClosingDay.create(day=day, **_names(name_nl, name_en))
        keeping.record("add_closing_day", thing(day.year), by=by, after=facts(made))
        _refresh([day])
    return made


def change(
    closing_day: int, day: date, name_nl: str, name_en: str, *, by: Account, seen: str = ""
) -> ClosingDay:
    """Change its names or move it. Raises Invalid, Refused."""
    with transaction():
        keeping.begin(by)
        found = find(closing_day)
        before = facts(found)
        was = found.day
        keeping.check_seen(seen, before)
        if day != was:
            _check_free(day)
        names = _names(name_nl, name_en)
        found.day, found.name_nl, found.name_en = day, names["name_nl"], names["name_en"]
        found.save()
        for year in sorted({was.year, day.year}):
            keeping.record("change_closing_day", thing(year), by=by, before=before, after=facts(found))
        if day != was:
            _refresh([was, day])
    return found


def delete(closing_day: int, *, by: Account) -> ClosingDay:
    """Work goes on that day after all."""
    with transaction():
        keeping.begin(by)
        found = find(closing_day)
        ClosingDay.delete().where(ClosingDay.id == found.id).execute()
        keeping.record("delete_closing_day", thing(found.day.year), by=by, before=facts(found))
        _refresh([found.day])
    return found


def proposed(year: int) -> list[tuple[Holiday, bool]]:
    """The public holidays of a year, each with whether it is a closing day already: one statement."""
    known = {row.day for row in of(_checked(year))}
    return [(holiday, holiday.day in known) for holiday in holidays.of(year)]


def add_holidays(year: int, days: Iterable[date], *, by: Account) -> list[ClosingDay]:
    """Add those of the year's public holidays that are chosen; what is there already stays as it is.

    Raises Invalid where none is chosen, or a day that is no holiday.
    """
    chosen = set(days)
    found = {holiday.day: holiday for holiday in holidays.of(_checked(year))}
    if not chosen or chosen - set(found):
        raise Invalid("Choose at least one day of the list.", field="day")
    with transaction():
        keeping.begin(by)
        known = {row.day for row in of(year)}
        made = [
            ClosingDay.create(day=day, name_nl=found[day].name_nl, name_en=found[day].name_en)
            for day in sorted(chosen - known)
        ]
        for row in made:
            keeping.record("add_closing_day", thing(year), by=by, after=facts(row))
        _refresh([row.day for row in made])
    return made


def _checked(year: int) -> int:
    if not holidays.FIRST_YEAR <= year <= holidays.LAST_YEAR:
        raise Invalid(
            "Choose a year from %(first)s to %(last)s.",
            field="year",
            first=holidays.FIRST_YEAR,
            last=holidays.LAST_YEAR,
        )
    return year


def _names(name_nl: str, name_en: str) -> dict[str, str]:
    return {
        "name_nl": typed.line(name_nl, "name_nl", required=True),
        "name_en": typed.line(name_en, "name_en", required=True),
    }


def _check_free(day: date) -> None:
    typed.day(day, "day")
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
