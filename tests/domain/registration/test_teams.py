"""Registering hours: which period, whose sheets, what a page holds, the pattern before, two people, warnings."""

from datetime import date, time, timedelta

import pytest

from konnekt.domain import access, clock, flags
from konnekt.domain.approvals.decide import Pick
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refused
from konnekt.domain.registration import registrar_sheets, teams
from konnekt.domain.registration.teams import Calendar
from konnekt.domain.timesheets import grid, merge, pattern, submit
from konnekt.domain.timesheets.content import Cell, Content, Line
from konnekt.domain.timesheets.empty_cells import EmptyCells
from konnekt.domain.timesheets.entry import Entry, Row, Typed
from konnekt.domain.timesheets.grid import Choices, Sheet
from konnekt.domain.timesheets.submit import SheetIds
from konnekt.domain.timesheets.warnings import WARN
from konnekt.models import (
    Assignment,
    BudgetNumber,
    ClosingDay,
    Contributor,
    Event,
    HourType,
    PayPeriod,
    Timesheet,
)
from tests import factories
from tests.factories import World

MONDAY = date(2026, 11, 2)


@pytest.fixture
def zoe(world: World) -> Assignment:
    return factories.assignment(
        factories.worker("Zoë"), world.fse, world.fse_budget, code="ZOE", entered_by="organisation"
    )


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def content(world: World, **minutes: int) -> Content:
    """d0=480: the Monday of period 12, on regular hours and FSE's budget number."""
    lines: dict[tuple[int, int], list[Cell]] = {}
    for name, worked in minutes.items():
        on = day(int(name[1:]))
        lines.setdefault(on.isocalendar()[:2], []).append(Cell(on, worked))
    regular = HourType.get(HourType.code == "REG").id
    return Content(
        tuple(Line(*week, regular, world.fse_budget.id, tuple(cells)) for week, cells in lines.items())
    )


def opened(world: World, of: Assignment) -> Sheet:
    return teams.open_sheet(access.grants(world.registrar), of.code, 2026, 12)[0]


def save(world: World, of: Assignment, wanted: Content, seen: int = 0) -> Timesheet:
    sheet = submit.save(SheetIds(of.id, world.period.id), wanted, by=world.registrar, seen=seen)
    assert sheet is not None
    return sheet


# Which period


@pytest.mark.parametrize(
    ("now", "number"),
    [
        ("2026-11-29T12:00", 12),
        ("2026-11-30T09:00", 12),
        ("2026-12-04T23:58", 12),
        ("2026-12-05T00:00", 13),
        ("2026-12-20T09:00", 13),
        ("2025-12-28T09:00", 1),
        ("2030-01-01T09:00", 15),
    ],
)
def test_the_period_that_is_wanted_now(world: World, now: str, number: int) -> None:
    clock.fix(now)
    current = teams.calendar("four_weeks").current()
    assert current is not None
    assert world.periods.index(current) + 1 == number


def test_no_period_at_all() -> None:
    assert Calendar((), {}).current() is None
    assert Calendar((), {}).pick(2026, 3) is None


def test_a_year_alone_and_what_is_not_there(world: World) -> None:
    calendar = teams.calendar("four_weeks")
    assert calendar.pick(2026, None) == world.period
    assert calendar.pick(2026, 4) == world.periods[3]
    assert calendar.pick(2026, 40) is None
    assert calendar.pick(1999, None) is None


def test_closing_days_come_with_the_calendar(world: World) -> None:
    for on in (date(2026, 11, 16), date(2026, 11, 17), date(2036, 1, 1)):
        ClosingDay.create(day=on, name_nl="Dicht", name_en="Closed")
    calendar = teams.calendar("four_weeks")
    assert len(calendar.periods) == 15
    assert set(calendar.closing_days) == {date(2026, 11, 16), date(2026, 11, 17)}


# Whose sheets


def test_where_most_is_entered_comes_first(world: World, zoe: Assignment) -> None:
    factories.right(world.registrar, world.law, register=1)
    who = access.grants(world.registrar)
    assert [place.code for place in teams.places(who)] == ["LAW", "FSE"], "by name"
    assert teams.choose(who).organisation == world.fse
    assert teams.choose(who, "LAW").organisation == world.law
    with pytest.raises(NotFound):
        teams.choose(who, "NOPE")
    with pytest.raises(Forbidden):
        teams.choose(access.grants(world.supervisor))


def test_the_team_and_its_neighbours(world: World, zoe: Assignment) -> None:
    first = factories.assignment(
        factories.worker("A", "Aa"), world.fse, world.fse_budget, code="A", entered_by="organisation"
    )
    factories.sheet(first, world.period)
    who = access.grants(world.registrar)
    team = teams.around(who, opened(world, zoe))
    assert [worker.code for worker in team.workers] == ["A", "ZOE"]
    assert (team.sent, team.drafts) == (1, 0)
    own = teams.around(who, opened(world, world.assignment))
    assert own.workers[-1].enters_own, "opened by its address, a worker-entered one is there"
    assert len(teams.around(who, opened(world, zoe), everyone=True).workers) == 3


def test_drafts_are_counted_wherever_the_account_registers(world: World, zoe: Assignment) -> None:
    save(world, zoe, content(world, d0=480))
    who = access.grants(world.registrar)
    assert teams.count_drafts(who) == 1
    assert teams.open_sheet(who, "ZOE", 2026, 13)[1] == 1
    assert teams.count_drafts(access.grants(world.supervisor)) == 0
    assert teams.count_drafts(access.grants(world.outsider)) == 0


# What a page holds


@pytest.mark.parametrize(
    ("text", "minutes"), [("8", 480), (" 7,5 ", 450), ("7u30", 450), ("24", 1440), ("0", 0)]
)
def test_a_cell_is_read(text: str, minutes: int) -> None:
    cell = Typed.read(MONDAY, text)
    assert (cell.minutes, cell.refusal, cell.cell()) == (minutes, None, Cell(MONDAY, minutes))


@pytest.mark.parametrize("text", ["24:01", "25", "acht", "-1", "7,33", "1e9", "９"])
def test_a_cell_that_is_no_hours_keeps_its_text(text: str) -> None:
    cell = Typed.read(MONDAY, text, " let op ")
    assert isinstance(cell.refusal, Invalid)
    assert cell.cell() == Cell(MONDAY, 0, "let op", text)
    again = Typed.stored(cell.cell())
    assert (again.text, str(again.refusal)) == (text, str(cell.refusal))


def test_a_stored_row_keeps_the_name_that_the_page_gave_it(world: World, zoe: Assignment) -> None:
    row = Row("new3", 2026, 45, HourType.get(HourType.code == "REG").id, world.fse_budget.id)
    row.cells[MONDAY] = Typed.read(MONDAY, "8:30")
    page = Entry([row, Row("new4", 2026, 46, row.hour_type, row.budget_number)])
    save(world, zoe, page.content())
    sheet = opened(world, zoe)
    saved = page.saved(sheet.stored, sheet.revision)
    assert [(one.token, one.line is None, one.minutes) for one in saved.rows] == [
        ("new3", False, 510),
        ("new4", True, 0),
    ]
    assert saved.rows[0].shown == (510, 0, 0, 0, 0, 0, 0)
    assert saved.content().is_like(sheet.stored.content)


def test_a_refusal_finds_its_place() -> None:
    empty, full = Row("a", 2026, 45, 1, 1), Row("b", 2026, 45, 2, 1, cells={MONDAY: Typed(MONDAY, 60)})
    page = Entry([empty, full])
    page.refused(Invalid("No.", field="cell-0-2026-11-02"))
    assert full.cells[MONDAY].refusal is not None, "the verbs count the rows that hold something"
    assert page.place == "cell-b-2026-11-02"
    page.refused(Invalid("No.", field="line-0"))
    assert full.refusal is not None
    assert page.place == "type-b"
    page.refused(Conflict("No."))
    assert page.place == ""


# The pattern of the sheet before


def test_the_pattern_moves_by_whole_weeks(world: World, zoe: Assignment) -> None:
    november = PayPeriod.create(
        calendar="month", year=2026, number=11, first_on=date(2026, 11, 1), last_on=date(2026, 11, 30),
        submit_by_at=clock.at(date(2026, 12, 4), time(12)), approve_by_at=clock.at(date(2026, 12, 7), time(12)),
        pay_on=date(2026, 12, 9),
    )  # fmt: skip
    october = PayPeriod.create(
        calendar="month", year=2026, number=10, first_on=date(2026, 10, 1), last_on=date(2026, 10, 31),
        submit_by_at=clock.at(date(2026, 11, 4), time(12)), approve_by_at=clock.at(date(2026, 11, 7), time(12)),
        pay_on=date(2026, 11, 9),
    )  # fmt: skip
    zoe.last_on = date(2026, 11, 24)
    factories.sheet(
        zoe,
        october,
        {date(2026, 10, 1): 480, date(2026, 10, 6): 240, date(2026, 10, 27): 60, date(2026, 10, 30): 30},
    )
    sheet = Sheet(zoe, world.fse, november, None)
    known = Choices(list(HourType.select()), [world.fse_budget])
    page = Entry()
    assert pattern.take_over(EmptyCells(page, sheet, {}, known)) == 2
    # 1 October is a Thursday of the first week; its Thursday in November's first week is not in the period.
    filled = {on: cell.minutes for row in page.rows for on, cell in row.cells.items()}
    assert filled == {date(2026, 11, 3): 240, date(2026, 11, 24): 60}


def test_a_type_that_is_no_longer_used_is_left_out(world: World, zoe: Assignment) -> None:
    factories.sheet(zoe, world.periods[10], {date(2026, 10, 6): 480})
    HourType.update(is_active=False).where(HourType.code == "REG").execute()
    sheet = opened(world, zoe)
    assert pattern.take_over(EmptyCells(Entry(), sheet, {}, grid.choices(sheet))) == 0
    with pytest.raises(Refused):
        first = Sheet(zoe, world.fse, world.periods[10], None)
        pattern.take_over(EmptyCells(Entry(), first, {}, grid.choices(sheet)))


# Two people


def row_of(page: Entry) -> Row:
    return next(row for row in page.rows if not row.is_empty)


def merged(world: World, zoe: Assignment, mine: dict[int, str], theirs: dict[str, int]) -> Row:
    """I open a sheet of 480 on days 0 to 2, type; somebody else stores theirs; what my page shows then."""
    save(world, zoe, content(world, d0=480, d1=480, d2=480))
    page = opened(world, zoe).entry()
    for number, text in mine.items():
        row_of(page).cells[day(number)] = Typed.read(day(number), text)
    save(world, zoe, content(world, **theirs), seen=1)
    after = merge.merge(page, opened(world, zoe))
    assert after.seen == 2
    return row_of(after)


def test_untouched_cells_take_what_is_stored_now(world: World, zoe: Assignment) -> None:
    row = merged(world, zoe, {1: "7"}, {"d0": 300, "d1": 480, "d2": 480, "d3": 60})
    assert [row.at(day(n)).minutes for n in range(4)] == [300, 420, 480, 60]
    assert [row.at(day(n)).other for n in range(4)] == [300, None, None, 60]


def test_touched_by_both_keeps_mine_with_the_others_beside_it(world: World, zoe: Assignment) -> None:
    row = merged(world, zoe, {1: "7", 2: "acht", 0: "5"}, {"d0": 300, "d1": 60, "d2": 120})
    assert [row.at(day(n)).minutes for n in range(3)] == [300, 420, 0]
    assert row.at(day(2)).text == "acht"
    assert [row.at(day(n)).other for n in range(3)] == [None, 60, 120]


def test_a_row_that_the_other_removed_keeps_only_what_was_typed(world: World, zoe: Assignment) -> None:
    row = merged(world, zoe, {1: "7"}, {"d7": 60})
    assert [row.at(day(n)).minutes for n in range(3)] == [0, 420, 0]
    assert row.line is None


def test_rows_of_the_other_are_added(world: World, zoe: Assignment) -> None:
    page = Entry([Row("new0", 2026, 45, HourType.get(HourType.code == "OT").id, world.fse_budget.id)])
    page.rows[0].cells[MONDAY] = Typed.read(MONDAY, "2")
    sheet = save(world, zoe, content(world, d0=480))
    after = merge.merge(page, opened(world, zoe))
    assert [row.minutes for row in after.rows] == [120, 480]
    assert submit.save(sheet.id, after.content(), by=world.registrar, seen=after.seen)


# Warnings


def test_warnings_are_the_flags_that_it_would_get(world: World, zoe: Assignment) -> None:
    """The same rules over what stands on the screen and over what is stored say the same."""
    clock.fix("2026-11-27T09:00")
    zoe.max_minutes_per_week = 600
    zoe.last_on = date(2026, 11, 20)
    zoe.save()
    ClosingDay.create(day=day(14), name_nl="Dies", name_en="Dies")
    BudgetNumber.update(ceiling_minutes=600, ceiling_cents=1000, valid_from_on=day(1)).execute()
    for index in (8, 9, 10):
        first = world.periods[index].first_on
        factories.sheet(
            zoe, world.periods[index], {first + timedelta(days=n): 300 for n in range(2)}, state="approved"
        )
    elsewhere = factories.assignment(zoe.worker, world.law, world.law_budget)
    factories.sheet(elsewhere, world.period, {day(n): 600 for n in range(5)})
    wanted = content(world, d0=780, d1=600, d2=600, d3=600, d4=600, d5=600, d6=300, d14=60, d23=60, d26=60)
    sheet = save(world, zoe, wanted)
    now = opened(world, zoe)
    closing = teams.calendar("four_weeks").closing_days
    for reader, elsewhere_too in ((world.registrar, False), (zoe.worker, True)):
        shown = grid.build(now, now.entry(), access.grants(reader), closing).warnings
        stored = [
            flag
            for flag in flags.warnings(sheet.id)
            if flag.code in WARN and (elsewhere_too or not flag.is_elsewhere)
        ]
        assert [(flag.code, flag.detail) for flag in shown] == [(flag.code, flag.detail) for flag in stored]
        assert {
            "long_day",
            "long_week",
            "over_maximum",
            "no_surcharge",
            "outside",
            "ahead",
            "unlike_before",
            "budget",
        } <= {flag.code for flag in shown}


def test_an_empty_page_warns_of_nothing(world: World, zoe: Assignment) -> None:
    now = opened(world, zoe)
    assert grid.build(now, now.entry(), access.grants(world.registrar), {}).warnings == []


# Mijn urenbriefjes


def test_send_all_one_refused_keeps_none_back(world: World, zoe: Assignment) -> None:
    law = factories.assignment(
        factories.worker("Łucja"), world.law, world.law_budget, entered_by="organisation"
    )
    factories.right(world.registrar, world.law, register=1)
    mine, other = (
        factories.sheet(zoe, world.period, state="draft"),
        factories.sheet(law, world.period, state="draft"),
    )
    # Under four-eyes nobody would be left to approve it: the one approver has entered part of it.
    Contributor.create(timesheet=other, account=world.outsider)
    found = registrar_sheets.load(access.grants(world.registrar))
    assert {pick.sheet for pick in found.complete} == {mine.id, other.id}
    assert (found.drafts.count, found.rejected.count, found.sent.count, found.minutes) == (2, 0, 0, 960)
    picks = [*found.complete, Pick(world.sheet.id, 1), Pick(999_999, 1), Pick(mine.id, 1)]
    outcome = registrar_sheets.send_all(picks, by=world.registrar)
    assert [sheet.id for sheet in outcome.decided] == [mine.id]
    assert {pick.sheet for pick, _, _ in outcome.refused} == {other.id, world.sheet.id, 999_999}
    assert Event.select().where(Event.verb == "submit").count() == 1
    with pytest.raises(Invalid):
        registrar_sheets.send_all([], by=world.registrar)


def test_a_stale_one_is_not_sent_unseen(world: World, zoe: Assignment) -> None:
    sheet = factories.sheet(zoe, world.period, state="draft")
    Timesheet.update(revision=2).where(Timesheet.id == sheet.id).execute()
    outcome = registrar_sheets.send_all([Pick(sheet.id, 1)], by=world.registrar)
    assert not outcome.decided
    assert Timesheet.get_by_id(sheet.id).state == "draft"
