"""What can't be on a sheet: each limit at its edge, with the sentence and the field that it names."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.refusals import Invalid, NotFound
from konnekt.domain.timesheets import limits
from konnekt.domain.timesheets.content import Cell, Content, Key, Line, Stored
from konnekt.models import HourType, PayPeriod, Timesheet
from tests import factories
from tests.factories import World

# Period 12 is 2 to 29 November 2026: weeks 45 to 48.
MONDAY, TUESDAY, SUNDAY = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 29)


def line(world: World, *cells: Cell, **columns: Any) -> Line:
    """A line of the week of its first cell, on regular hours and the budget number of FSE."""
    year, week, _ = (cells[0].day if cells else TUESDAY).isocalendar()
    columns = {
        "iso_year": year, "iso_week": week, "hour_type": HourType.get(code="REG").id,
        "budget_number": world.fse_budget.id, **columns,
    }  # fmt: skip
    return Line(cells=cells, **columns)


def check(
    world: World, *lines: Line, stored: Stored | None = None, sequence: int = 0, **columns: Any
) -> None:
    sheet = Timesheet(
        assignment=world.assignment, organisation=world.fse, pay_period=world.period, sequence=sequence
    )
    limits.check(Content(lines, **columns), sheet, stored or Stored())


def refused(world: World, *lines: Line, **options: Any) -> tuple[str, str]:
    """The sentence and the field of the refusal."""
    with pytest.raises(Invalid) as caught:
        check(world, *lines, **options)
    return caught.value.sentence % caught.value.values, caught.value.field


# The hours of a day.


@pytest.mark.parametrize("minutes", [0, 1, 1440])
def test_hours_of_a_day(world: World, minutes: int) -> None:
    check(world, line(world, Cell(TUESDAY, minutes)))


@pytest.mark.parametrize("minutes", [1441, -1441])
@pytest.mark.parametrize("sequence", [0, 1])
def test_a_day_has_24_hours(world: World, minutes: int, sequence: int) -> None:
    said = refused(world, line(world, Cell(TUESDAY, minutes)), sequence=sequence)
    assert said == ("A day has at most 24 hours.", "cell-0-2026-11-03")


def test_only_a_supplementary_sheet_holds_negative_hours(world: World) -> None:
    for minutes in (-1, -1440):
        check(world, line(world, Cell(TUESDAY, minutes)), sequence=1)
        said = refused(world, line(world, Cell(TUESDAY, minutes)))
        sentence = "Hours can't be negative here: a supplementary timesheet corrects."
        assert said == (sentence, "cell-0-2026-11-03")


def test_a_cell_holds_hours_or_text(world: World) -> None:
    check(world, line(world, Cell(TUESDAY, typed="zeven")))
    said = refused(world, line(world, Cell(MONDAY, 60), Cell(TUESDAY, 1, typed="zeven")))
    assert said == ("A cell holds hours, or text that is not hours yet.", "cell-0-2026-11-03")


def test_a_day_occurs_once_in_a_line(world: World) -> None:
    check(world, line(world, Cell(MONDAY, 60), Cell(TUESDAY, 60)))
    said = refused(world, line(world, Cell(MONDAY, 1), Cell(TUESDAY), Cell(TUESDAY)))
    assert said == ("This day occurs twice in one line.", "cell-0-2026-11-03")


# Days and weeks.


@pytest.mark.parametrize("day", [MONDAY, SUNDAY])
def test_the_first_and_last_day_of_the_period(world: World, day: date) -> None:
    check(world, line(world, Cell(day, 60)))


@pytest.mark.parametrize(
    ("day", "of", "sentence"),
    [
        (MONDAY - timedelta(days=1), TUESDAY, "This day is not in the period of this timesheet."),
        (SUNDAY + timedelta(days=1), TUESDAY, "This day is not in the period of this timesheet."),
        (date(2026, 11, 9), TUESDAY, "This day is not in the week of its line."),
        (SUNDAY - timedelta(days=21), date(2026, 11, 10), "This day is not in the week of its line."),
    ],
)
def test_a_day_that_is_not_of_its_line(world: World, day: date, of: date, sentence: str) -> None:
    year, week, _ = of.isocalendar()
    said = refused(world, line(world, Cell(day, 60), iso_year=year, iso_week=week))
    assert said == (sentence, f"cell-0-{day}")


def test_a_week_is_one_of_its_own_year(world: World) -> None:
    """Week 1 of 2026 begins in 2025, and 2025 has a week 1 too."""
    world.period = PayPeriod(first_on=date(2024, 12, 1), last_on=date(2026, 12, 31))
    day = Cell(date(2025, 12, 29), 60)
    check(world, line(world, day, iso_year=2026, iso_week=1))
    said = refused(world, line(world, day, iso_year=2025, iso_week=1))
    assert said[0] == "This day is not in the week of its line."


@pytest.mark.parametrize("iso_week", [45, 48])
def test_a_week_that_touches_the_period(world: World, iso_week: int) -> None:
    """Its Sunday is the first day of the period, or its Monday the last."""
    world.period = PayPeriod(first_on=date(2026, 11, 8), last_on=date(2026, 11, 23))
    check(world, line(world, iso_week=iso_week))


@pytest.mark.parametrize("iso_week", [44, 49])
def test_a_week_beside_the_period(world: World, iso_week: int) -> None:
    world.period = PayPeriod(first_on=date(2026, 11, 2), last_on=date(2026, 11, 29))
    said = refused(world, line(world), line(world, iso_week=iso_week))
    assert said == ("This week is not in the period of this timesheet.", "line-1")


@pytest.mark.parametrize("iso_week", [0, 54])
def test_a_week_that_does_not_exist(world: World, iso_week: int) -> None:
    assert refused(world, line(world, iso_week=iso_week)) == ("This week does not exist.", "line-0")


# Lines.


def test_a_line_is_there_once(world: World) -> None:
    first = line(world, Cell(TUESDAY, 60))
    check(world, first, replace(first, hour_type=HourType.get(code="OT").id))
    sentence = "This week, hour type and budget number are there already: use that line."
    assert refused(world, first, line(world, Cell(MONDAY, 60))) == (sentence, "line-1")


def test_a_line_of_another_sheet_is_not_found(world: World) -> None:
    own = line(world, Cell(TUESDAY, 60), id=7)
    stored = Stored(lines={own.key: 7})
    check(world, own, stored=stored)
    with pytest.raises(NotFound, match="belongs to another timesheet"):
        check(world, replace(own, id=8), stored=stored)


def test_hour_types_that_may_be_chosen(world: World) -> None:
    gone = HourType.create(code="OLD", name_nl="Oud", name_en="Old", multiplier_percent=100, is_active=False)
    said = ("Choose an hour type from the list.", "line-1")
    assert refused(world, line(world), line(world, hour_type=gone.id)) == said
    assert refused(world, line(world), line(world, hour_type=999_999)) == said


def test_an_hour_type_that_stands_on_the_sheet_may_be_used_in_another_week(world: World) -> None:
    gone = HourType.create(code="OLD", name_nl="Oud", name_en="Old", multiplier_percent=100, is_active=False)
    key = Key(2026, 45, gone.id, world.fse_budget.id)
    stored = Stored(lines={key: 7})
    check(world, Line(*key, id=7), line(world, iso_week=46, hour_type=gone.id), stored=stored)
    check(world, Line(*key, id=7), line(world, iso_week=46), stored=stored)


def test_budget_numbers_of_the_organisation(world: World) -> None:
    said = ("Choose a budget number of this organisation.", "line-1")
    assert refused(world, line(world), line(world, budget_number=world.law_budget.id)) == said
    assert refused(world, line(world), line(world, budget_number=999_999)) == said


def test_what_stands_on_the_sheet_may_stay(world: World) -> None:
    """Whatever became of its hour type and budget number: the database is not even asked."""
    key = Key(2026, 45, 999_999, world.law_budget.id)
    with count_queries() as counted:
        check(world, Line(*key, id=7), stored=Stored(lines={key: 7}))
    assert counted.count == 0


# Text.


def test_how_much_text_fits(world: World) -> None:
    def cell(**text: str) -> Line:
        return line(world, Cell(TUESDAY, **text))

    check(world, cell(remark="a" * 500), remark="c" * 2000)
    check(world, cell(typed="b" * 100))
    field = "cell-0-2026-11-03"
    assert refused(world, cell(remark="a" * 501)) == ("Use at most 500 characters.", field)
    assert refused(world, cell(typed="a" * 101)) == ("Use at most 100 characters.", field)
    assert refused(world, remark="a" * 2001) == ("Use at most 2000 characters.", "remark")


@pytest.mark.parametrize("letter", ["\x00", "\ud800", "\udbff", "\udfff"])
def test_letters_that_no_database_holds(world: World, letter: str) -> None:
    said = "This text has a character that can't be stored."
    assert refused(world, remark=f"a{letter}b") == (said, "remark")
    assert refused(world, line(world, Cell(TUESDAY, remark=letter))) == (said, "cell-0-2026-11-03")
    assert refused(world, line(world, Cell(TUESDAY, typed=letter))) == (said, "cell-0-2026-11-03")


def test_letters_beside_those(world: World) -> None:
    check(world, remark="\x01\ud7ff\ue000\U0001f600 é\n")


# No hours worked.


def test_that_none_were_worked(world: World) -> None:
    hours, none = line(world, Cell(TUESDAY, 60)), line(world, Cell(TUESDAY, 0, "ziek"))
    said = ("There are hours on this timesheet: it can't say that none were worked.", "is_nil")
    check(world, none, is_nil=True)
    check(world, hours)
    check(world, hours, sequence=1)
    assert refused(world, hours, is_nil=True) == said
    assert refused(world, none, is_nil=True, sequence=1) == said, "a correction corrects something"


# 24 hours in a day, over all assignments. Noor has 480 minutes on Tuesday on the sheet of the cast.


def of_a_day(world: World, *days: Cell, sheet: Timesheet | None = None) -> None:
    """Check days on another sheet of Noor, at LAW."""
    if sheet is None:
        there = factories.assignment(world.noor, world.law, world.law_budget)
        sheet = Timesheet(assignment=there, organisation=world.law, pay_period=world.period)
    limits.check_days(Content((line(world, *days),)), sheet)


def test_the_hours_of_a_day_add_up_over_all_assignments(world: World) -> None:
    of_a_day(world, Cell(TUESDAY, 960))
    with pytest.raises(Invalid) as caught:
        of_a_day(world, Cell(TUESDAY, 961))
    assert caught.value.sentence.startswith("On %(day)s that makes more than 24 hours")
    assert (caught.value.field, caught.value.values) == ("day-2026-11-03", {"day": TUESDAY})


def test_the_first_of_several_days_is_named(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        of_a_day(world, Cell(date(2026, 11, 4), 1440), Cell(MONDAY, 1440), Cell(TUESDAY, 1440))
    assert caught.value.field == "day-2026-11-03"


def test_lines_of_one_day_add_up_too(world: World) -> None:
    sheet = Timesheet(assignment=world.assignment, organisation=world.fse, pay_period=world.periods[0])
    for minutes, is_refused in ((720, False), (721, True)):
        content = Content((line(world, Cell(MONDAY, 720)), line(world, Cell(MONDAY, minutes))))
        if is_refused:
            with pytest.raises(Invalid):
                limits.check_days(content, sheet)
        else:
            limits.check_days(content, sheet)


def test_a_sheet_is_not_counted_beside_itself(world: World) -> None:
    of_a_day(world, Cell(TUESDAY, 1440), sheet=world.sheet)


@pytest.mark.parametrize(
    ("state", "counts"),
    [("draft", True), ("submitted", True), ("approved", True), ("rejected", False)],
)
def test_which_other_sheets_count(world: World, state: str, counts: bool) -> None:
    Timesheet.update(state=state, decided_at=clock.now()).where(Timesheet.id == world.sheet.id).execute()
    if counts:
        with pytest.raises(Invalid):
            of_a_day(world, Cell(TUESDAY, 961))
    else:
        of_a_day(world, Cell(TUESDAY, 961))


def test_hours_of_somebody_else_do_not_count(world: World) -> None:
    there = factories.assignment(factories.worker(), world.fse, world.fse_budget)
    factories.sheet(there, world.period, {MONDAY: 1440})
    of_a_day(world, Cell(MONDAY, 1440))


def test_hours_of_another_day_do_not_count(world: World) -> None:
    of_a_day(world, Cell(MONDAY, 1440))


@pytest.mark.parametrize("day", [MONDAY, SUNDAY])
def test_a_full_day_at_either_end_of_the_period_has_no_room_for_a_minute(world: World, day: date) -> None:
    there = factories.assignment(world.noor, world.law, world.law_budget)
    factories.sheet(there, world.period, {day: 1440})
    with pytest.raises(Invalid) as caught:
        of_a_day(world, Cell(day, 1))
    assert caught.value.field == f"day-{day}"


@pytest.mark.parametrize("minutes", [0, -60])
def test_a_day_to_which_nothing_is_added_is_not_asked_about(world: World, minutes: int) -> None:
    """However much there is elsewhere, imported as it was: this sheet does not make it more."""
    for already in (1440, 60):
        there = factories.assignment(world.noor, world.law, world.law_budget)
        factories.sheet(there, world.period, {TUESDAY: already})
    content = Content((line(world, Cell(TUESDAY, minutes)),))
    with count_queries() as counted:
        limits.check_days(content, world.sheet)
    assert counted.count == 0
    with pytest.raises(Invalid) as caught:
        of_a_day(world, Cell(MONDAY, 1), Cell(TUESDAY, minutes), Cell(date(2026, 11, 4), 1440))
    assert caught.value.field == "day-2026-11-04"
