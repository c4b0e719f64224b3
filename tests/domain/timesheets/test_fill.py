"""Filling in: what is laid where, what is left out, and the step back."""

from datetime import date, time
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from konnekt.domain import access, clock
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.domain.timesheets import content, fill, grid, step_back, submit, usual
from konnekt.domain.timesheets.empty_cells import EmptyCells
from konnekt.domain.timesheets.entry import MOST_ROWS, Entry, Row, Typed
from konnekt.domain.timesheets.fill import Filling
from konnekt.domain.timesheets.grid import Sheet
from konnekt.forms import registration as forms
from konnekt.models import (
    Assignment,
    BudgetNumber,
    ClosingDay,
    HourType,
    PayPeriod,
    Timesheet,
)
from tests import factories
from tests.factories import World

WEEK = [date(2026, 11, day) for day in (2, 3, 4, 5, 6)]


@pytest.fixture
def zoe(world: World) -> Assignment:
    return factories.assignment(
        factories.worker("Zoë", "Heuvel"), world.fse, world.fse_budget, entered_by="organisation"
    )


@pytest.fixture
def second(world: World) -> BudgetNumber:
    return BudgetNumber.create(organisation=world.fse, number="4010.002")


def kind(code: str = "REG") -> int:
    return int(HourType.get(code=code).id)


def row(token: str, hours: dict[date, str], number: Any, code: str = "REG", week: int = 0) -> Row:
    """A row as somebody typed it; a text with a remark after a bar."""
    first = next(iter(hours), None)
    one = Row(token, 2026, week or (first.isocalendar()[1] if first else 45), kind(code), number.id)
    one.cells = {day: Typed.read(day, *text.split("|")) for day, text in hours.items()}
    return one


def a_row_a_week(world: World, of: Assignment) -> Entry:
    """What stands on an empty page of period 12: weeks 45 to 48."""
    return Entry([row(f"new{week - 45}", {}, world.fse_budget, week=week) for week in range(45, 49)])


def cells(
    world: World, of: Assignment, entry: Entry, closing: tuple[date, ...] = (), period: Any = None
) -> EmptyCells:
    sheet = Sheet(of, world.fse, period or world.period, None)
    days = {day: ClosingDay(day=day, name_nl="Dies", name_en="Dies") for day in closing}
    return EmptyCells(entry, sheet, days, grid.choices(sheet))


def typed(entry: Entry) -> dict[str, Any]:
    """What stands in the cells: minutes, or text that can't be read."""
    return {
        f"{day:%d}": cell.text if cell.refusal else cell.minutes
        for one in entry.rows
        for day, cell in sorted(one.cells.items())
        if cell.minutes or cell.refusal
    }


def image(entry: Entry) -> list[Any]:
    """All that stands on a page, row by row."""
    return [
        (one.token, *one.key, sorted((day, cell.cell()) for day, cell in one.cells.items()))
        for one in entry.rows
    ]


def way_back(what: str, before: list[Row], entry: Entry) -> str:
    """What a page carries of the step that made `entry` of the rows before."""
    return forms.step_text(step_back.Step.between(what, before, entry.rows))


def undone(entry: Entry, carried: str) -> None:
    step = forms.step(MultiDict({"undo": carried}))
    assert step is not None
    step_back.restore(entry, step)


# What is laid where


def test_a_week_goes_over_the_rest_and_leaves_out_what_has_no_hours(world: World, zoe: Assignment) -> None:
    zoe.last_on = date(2026, 11, 25)
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", dict.fromkeys(WEEK, "7,5"), world.fse_budget)
    of = cells(world, zoe, entry, closing=(date(2026, 11, 11),))
    assert fill.fill(Filling("rest", (2026, 45)), of) == 12
    assert set(typed(entry).values()) == {450}
    assert list(typed(entry)) == [
        "02", "03", "04", "05", "06", "09", "10", "12", "13", "16", "17", "18", "19", "20", "23", "24", "25",
    ]  # fmt: skip
    assert fill.fill(Filling("rest", (2026, 45)), of) == 0, "twice is once"


def test_what_is_typed_stays(world: World, zoe: Assignment) -> None:
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", dict.fromkeys(WEEK, "8"), world.fse_budget)
    texts = {date(2026, 11, 9): "4", date(2026, 11, 10): "acht", date(2026, 11, 11): "|Ziek"}
    entry.rows[1] = row("new1", texts, world.fse_budget)
    assert fill.fill(Filling("rest", (2026, 45)), cells(world, zoe, entry)) == 12
    assert {day: typed(entry).get(day) for day in ("09", "10", "11", "12", "13")} == {
        "09": 240, "10": "acht", "11": None, "12": 480, "13": 480,
    }  # fmt: skip
    assert entry.rows[1].at(date(2026, 11, 11)).remark == "Ziek"


def test_one_row_of_a_week_goes_alone(world: World, zoe: Assignment, second: BudgetNumber) -> None:
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", dict.fromkeys(WEEK, "4"), world.fse_budget)
    entry.rows.append(row("travel", {WEEK[1]: "1,5"}, second, "OT"))
    assert fill.fill(Filling("rest", row="travel"), cells(world, zoe, entry)) == 3
    assert {key: value for key, value in typed(entry).items() if value == 90} == {
        "03": 90, "10": 90, "17": 90, "24": 90,
    }  # fmt: skip
    assert [one.budget_number for one in entry.rows[1:4]] == [second.id] * 3, "a week's empty row becomes it"
    assert fill.fill(Filling("rest", row="new0"), cells(world, zoe, entry)) == 15
    assert len(entry.rows) == 8


@pytest.mark.parametrize("chosen", [{"week": (2026, 46)}, {"row": "new1"}])
def test_what_holds_no_hours_is_not_copied(world: World, zoe: Assignment, chosen: dict[str, Any]) -> None:
    """Not another week in its place: whoever chose the wrong one is told."""
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", dict.fromkeys(WEEK, "8"), world.fse_budget)
    entry.rows[1] = row("new1", {date(2026, 11, 9): "acht", date(2026, 11, 10): "|Ziek"}, world.fse_budget)
    before = image(entry)
    with pytest.raises(Invalid, match="No hours stand there yet"):
        fill.fill(Filling("rest", **chosen), cells(world, zoe, entry))
    assert image(entry) == before


def test_the_first_day_goes_on_all_working_days(world: World, zoe: Assignment) -> None:
    zoe.first_on = date(2026, 11, 4)
    entry = a_row_a_week(world, zoe)
    entry.rows[2] = row("new2", {date(2026, 11, 17): "7,6", date(2026, 11, 18): "2"}, world.fse_budget)
    # The chosen week holds nothing: then the first that does.
    assert fill.fill(Filling("days", (2026, 45)), cells(world, zoe, entry)) == 16
    hours = typed(entry)
    assert (hours.pop("18"), set(hours.values()), len(hours)) == (120, {456}, 17)
    assert not {"02", "03", "07", "08"} & hours.keys()
    assert fill.fill(Filling("days", (2026, 45)), cells(world, zoe, a_row_a_week(world, zoe))) == 0


def test_the_same_as_the_week_before(world: World, zoe: Assignment) -> None:
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", {WEEK[0]: "8", WEEK[4]: "6"}, world.fse_budget)
    assert fill.fill(Filling("same", (2026, 46)), cells(world, zoe, entry)) == 2
    assert typed(entry) == {"02": 480, "06": 360, "09": 480, "13": 360}
    assert fill.fill(Filling("same", (2026, 48)), cells(world, zoe, entry)) == 0, "week 47 is empty"
    assert fill.fill(Filling("same", row="new2"), cells(world, zoe, entry)) == 2


def test_the_first_week_has_the_last_of_the_sheet_before(world: World, zoe: Assignment) -> None:
    before = {date(2026, 10, 20): 60, date(2026, 10, 26): 480, date(2026, 10, 30): 240}
    factories.sheet(zoe, world.periods[10], before)
    entry = a_row_a_week(world, zoe)
    assert fill.fill(Filling("same", (2026, 45)), cells(world, zoe, entry)) == 2
    assert typed(entry) == {"02": 480, "06": 240}
    other = factories.assignment(world.noor, world.fse, world.fse_budget)
    assert fill.fill(Filling("same", (2026, 45)), cells(world, other, a_row_a_week(world, other))) == 0


@pytest.fixture
def months(world: World) -> list[PayPeriod]:
    """October and November: the week of 26 October is in both."""
    return [
        PayPeriod.create(
            calendar="month", year=2026, number=first.month, first_on=first, last_on=last,
            submit_by_at=clock.at(last, time(12)), approve_by_at=clock.at(last, time(13)), pay_on=last,
        )
        for first, last in (
            (date(2026, 9, 1), date(2026, 9, 30)),
            (date(2026, 10, 1), date(2026, 10, 31)),
        )
    ]  # fmt: skip


def test_a_period_that_begins_within_a_week(world: World, zoe: Assignment, months: list[PayPeriod]) -> None:
    """1 October 2026 is a Thursday: what is before it in that week stands on September's sheet."""
    factories.sheet(zoe, months[0], {date(2026, 9, 28): 300, date(2026, 9, 30): 360})
    entry = Entry([row("new0", {date(2026, 10, 1): "8", date(2026, 10, 2): "7"}, world.fse_budget)])
    of = cells(world, zoe, entry, period=months[1])
    assert fill.fill(Filling("same", (2026, 41)), of) == 4
    assert typed(entry) == {"01": 480, "02": 420, "05": 300, "07": 360, "08": 480, "09": 420}
    # Only its own days go over the rest; the last week ends on a Saturday.
    assert fill.fill(Filling("rest", (2026, 40)), of) == 6
    assert fill.fill(Filling("same", (2026, 40)), of) == 0, "week 39 has no hours"
    assert fill.fill(Filling("rest", (2026, 41)), of) == 6
    assert {"26", "28", "29", "30"} <= typed(entry).keys()
    assert "31" not in typed(entry)


def test_an_hour_type_that_is_no_longer_used_is_left_out(world: World, zoe: Assignment) -> None:
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", dict.fromkeys(WEEK, "8"), world.fse_budget)
    HourType.update(is_active=False).where(HourType.code == "REG").execute()
    for what in ("rest", "days"):
        assert fill.fill(Filling(what, (2026, 45)), cells(world, zoe, entry)) == 0


def test_no_day_gets_more_than_24_hours(world: World, zoe: Assignment) -> None:
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", {WEEK[0]: "10", WEEK[1]: "10"}, world.fse_budget)
    entry.rows.append(
        row("long", {date(2026, 11, 9): "15", date(2026, 11, 10): "14"}, world.fse_budget, "OT")
    )
    assert fill.fill(Filling("rest", (2026, 45)), cells(world, zoe, entry)) == 5
    per_day = entry.minutes_per_day()
    assert per_day[date(2026, 11, 9)] == 900
    assert per_day[date(2026, 11, 10)] == 1440


def test_no_more_rows_than_a_sheet_may_have(world: World, zoe: Assignment) -> None:
    numbers = [BudgetNumber.create(organisation=world.fse, number=f"9.{at}") for at in range(MOST_ROWS // 3)]
    rows = [row(f"a{at}", {WEEK[0]: "0:10"}, number) for at, number in enumerate(numbers)]
    with pytest.raises(Invalid, match="at most"):
        fill.fill(Filling("rest", (2026, 45)), cells(world, zoe, Entry(rows)))


@pytest.mark.parametrize(
    "asked", [Filling("same", (2026, 99)), Filling("rest", (2026, 50)), Filling("days", row="nobody")]
)
def test_a_week_of_elsewhere_is_refused(world: World, zoe: Assignment, asked: Filling) -> None:
    with pytest.raises(Invalid):
        fill.fill(asked, cells(world, zoe, a_row_a_week(world, zoe)))


def test_an_approved_sheet_is_not_filled(world: World, zoe: Assignment) -> None:
    of = cells(world, zoe, a_row_a_week(world, zoe))
    of.sheet.row = factories.sheet(zoe, world.period, state="approved")
    for what in fill.FILLINGS:
        with pytest.raises(Conflict):
            fill.fill(Filling(what, (2026, 45), number=world.fse_budget.id), of)


# One budget number


def test_all_rows_on_one_budget_number(world: World, zoe: Assignment, second: BudgetNumber) -> None:
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", {WEEK[0]: "8", WEEK[1]: "3|Open dag"}, world.fse_budget)
    entry.rows.append(row("b", {WEEK[1]: "2|Gang"}, second))
    entry.rows.append(row("c", {WEEK[1]: "1"}, second, "OT"))
    of = cells(world, zoe, entry)
    assert fill.fill(Filling("number", (2026, 45), number=second.id), of) == 4
    assert {one.budget_number for one in entry.rows} == {second.id}
    assert [one.token for one in entry.rows] == ["new0", "new1", "new2", "new3", "c"]
    assert entry.rows[0].at(WEEK[1]).cell() == content.Cell(WEEK[1], 300, "Open dag · Gang")
    assert fill.fill(Filling("number", (2026, 45), number=second.id), of) == 0


def test_cells_that_meet_and_cannot_be_read_change_nothing(
    world: World, zoe: Assignment, second: BudgetNumber
) -> None:
    entry = Entry([row("a", {WEEK[0]: "acht"}, world.fse_budget), row("b", {WEEK[0]: "2"}, second)])
    before = image(entry)
    with pytest.raises(Conflict):
        fill.fill(Filling("number", (2026, 45), number=second.id), cells(world, zoe, entry))
    with pytest.raises(Invalid):
        asked = Filling("number", (2026, 45), number=world.law_budget.id)
        fill.fill(asked, cells(world, zoe, entry))
    assert image(entry) == before


# The usual week


def sent(of: Assignment, period: PayPeriod, hours: dict[int, int], **columns: Any) -> Timesheet:
    """A sheet of October; by day of the month."""
    return factories.sheet(
        of, period, {date(2026, 10, day): minutes for day, minutes in hours.items()}, **columns
    )


def test_the_usual_week_is_what_most_weeks_have(world: World, zoe: Assignment) -> None:
    """Weeks 42 to 44 are from 12 October: Mondays 8 hours, one of them 6; one Tuesday; Friday closed once."""
    hours = {12: 480, 13: 240, 16: 300, 19: 360, 26: 480, 30: 300}
    sent(zoe, world.periods[10], hours, state="approved")
    entry = a_row_a_week(world, zoe)
    closing = (date(2026, 10, 23), date(2026, 11, 13))
    assert fill.fill(Filling("usual", (2026, 45)), cells(world, zoe, entry, closing=closing)) == 7
    assert typed(entry) == {
        "02": 480, "06": 300, "09": 480, "16": 480, "20": 300, "23": 480, "27": 300,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "columns"),
    [
        ({26: 480, 27: 480}, {}),
        ({19: 480, 26: 240}, {}),
        ({5: 480, 7: 480}, {}),
        ({19: 480, 26: 480}, {"state": "draft"}),
        ({19: 480, 26: 480}, {"state": "rejected"}),
    ],
)
def test_nothing_usual(world: World, zoe: Assignment, hours: dict[int, int], columns: dict[str, Any]) -> None:
    """One week, two unlike, too long ago, never sent, sent back."""
    sent(zoe, world.periods[10], hours, **columns)
    assert fill.fill(Filling("usual", (2026, 45)), cells(world, zoe, a_row_a_week(world, zoe))) == 0


def test_only_an_empty_grid_is_proposed_something(world: World, zoe: Assignment) -> None:
    sent(zoe, world.periods[10], {19: 480, 26: 480})
    who = access.grants(world.registrar)
    sheet = Sheet(zoe, world.fse, world.period, None)
    assert grid.build(sheet, Entry(), who, {}).usual_minutes == 480
    begun = Entry([row("a", {WEEK[0]: "acht"}, world.fse_budget)])
    assert grid.build(sheet, begun, who, {}).usual_minutes == 0
    assert usual.usual_week([], {}) == {}


# The step back


def _ready(world: World, zoe: Assignment, second: BudgetNumber) -> Entry:
    """A page with all there can be: hours, text that is no hours, a remark, two rows of a week, empty ones."""
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", {WEEK[0]: "8", WEEK[1]: "acht", WEEK[2]: "7u30|Open dag"}, world.fse_budget)
    entry.rows[2] = row("new2", {date(2026, 11, 18): "|Ziek", date(2026, 11, 19): "x"}, world.fse_budget)
    entry.rows.insert(1, row("b", {WEEK[0]: "2"}, second))
    entry.rows.insert(2, row("c", {WEEK[0]: "1"}, second, "OT"))
    return entry


@pytest.mark.parametrize("what", ["same", "rest", "days", "usual", "number"])
@pytest.mark.parametrize("is_saved", [False, True])
def test_the_step_back_restores_what_was_there(
    world: World, zoe: Assignment, second: BudgetNumber, what: str, is_saved: bool
) -> None:
    sent(zoe, world.periods[10], {19: 480, 26: 480, 22: 120, 29: 120})
    entry = _ready(world, zoe, second)
    before, rows = image(entry), entry.copied_rows()
    place = submit.SheetIds(zoe.id, world.period.id)
    submit.save(place, entry.content(), by=world.registrar, seen=0)
    stored = content.read(Timesheet.get(assignment=zoe, pay_period=world.period)).content
    asked = Filling(what, (2026, 45 if what == "rest" else 46), number=second.id)
    assert fill.fill(asked, cells(world, zoe, entry)) > 0
    assert image(entry) != before
    carried = way_back("cells", rows, entry)
    if is_saved:
        submit.save(place, entry.content(), by=world.registrar, seen=1)
        sheet = Timesheet.get(assignment=zoe, pay_period=world.period)
        entry = entry.saved(content.read(sheet), sheet.revision)
    undone(entry, carried)
    assert [one for one in image(entry) if one[-1]] == [one for one in before if one[-1]]
    submit.save(place, entry.content(), by=world.registrar, seen=2 if is_saved else 1)
    assert content.read(Timesheet.get(assignment=zoe, pay_period=world.period)).content.is_like(stored)
    if not is_saved:
        assert image(entry) == before, "empty rows too, in their order"


def test_what_was_typed_elsewhere_since_stays(world: World, zoe: Assignment, second: BudgetNumber) -> None:
    entry = a_row_a_week(world, zoe)
    entry.rows[0] = row("new0", {WEEK[0]: "8"}, world.fse_budget)
    rows = entry.copied_rows()
    fill.fill(Filling("same", (2026, 46)), cells(world, zoe, entry))
    carried = way_back("cells", rows, entry)
    entry.rows[3].cells[date(2026, 11, 23)] = Typed.read(date(2026, 11, 23), "5")
    undone(entry, carried)
    assert typed(entry) == {"02": 480, "23": 300}


def test_a_row_under_the_same_name_since_stays_too(
    world: World, zoe: Assignment, second: BudgetNumber
) -> None:
    """A row goes, another takes its name in another week: the first comes back beside it."""
    gone = row("new4", {WEEK[0]: "8"}, second)
    entry = a_row_a_week(world, zoe)
    entry.rows.append(row("new4", {date(2026, 11, 23): "3"}, second))
    step_back.restore(entry, step_back.Step("line", Entry([gone])))
    assert typed(entry) == {"02": 480, "23": 180}
    assert len({one.token for one in entry.rows}) == len(entry.rows)
