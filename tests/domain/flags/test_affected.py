"""Whose flags are computed again when hours move, and that two who compute wait for each other."""

from datetime import date
from typing import Any

import pytest
from playhouse.test_utils import count_queries

from konnekt.domain import clock, flags
from konnekt.models import BudgetNumber, Flag, PayPeriod, Timesheet, TimesheetLine
from tests import factories
from tests.factories import World

MONDAY, SUNDAY = date(2026, 11, 2), date(2026, 11, 8)


@pytest.fixture
def moved(world: World) -> Timesheet:
    """Noor's draft of one week, from Monday 2 to Sunday 8 November, on a budget number of its own."""
    number = BudgetNumber.create(organisation=world.fse, number="0001")
    terms = factories.assignment(world.noor, world.fse, number)
    Timesheet.delete().where(Timesheet.id == world.sheet.id).execute()
    return factories.sheet(terms, period(MONDAY, SUNDAY), state="draft")


def period(first: date, last: date) -> PayPeriod:
    """A period of those days; which calendar it is of does not matter here."""
    stored = PayPeriod.get_or_none(calendar="month", first_on=first)
    return stored or PayPeriod.create(
        calendar="month", year=2026, number=PayPeriod.select().count(), first_on=first, last_on=last,
        submit_by_at=clock.now(), approve_by_at=clock.now(), pay_on=last,
    )  # fmt: skip


def at_law(world: World, first: date, last: date, **columns: Any) -> Timesheet:
    """A sheet of Noor's at another organisation."""
    terms = factories.assignment(world.noor, world.law, world.law_budget)
    return factories.sheet(terms, period(first, last), {first: 60}, **columns)


@pytest.mark.parametrize(
    ("first", "last", "is_affected"),
    [
        (date(2026, 10, 5), date(2026, 11, 1), False),
        (date(2026, 10, 5), MONDAY, True),
        (MONDAY, SUNDAY, True),
        # An average of four weeks counts these hours in the three weeks after them.
        (date(2026, 11, 23), date(2026, 11, 29), True),
        (date(2026, 11, 29), date(2026, 12, 6), True),
        (date(2026, 11, 30), date(2026, 12, 6), False),
    ],
)
def test_sheets_of_the_worker_in_weeks_that_count_these_hours(
    world: World, moved: Timesheet, first: date, last: date, is_affected: bool
) -> None:
    other = at_law(world, first, last)
    assert flags.affected_by([moved.id]) == ({other.id} if is_affected else set())
    assert flags.affected_by([moved.id], are_hours_moved=False) == set()
    now = {"submitted_at": clock.now(), "decided_at": clock.now()}
    Timesheet.update(state="approved", **now).where(Timesheet.id == moved.id).execute()
    assert flags.affected_by([moved.id]) == set(), "its hours counted already"


@pytest.mark.parametrize("state", ["draft", "approved", "rejected"])
def test_only_sheets_that_wait_are_affected(world: World, moved: Timesheet, state: str) -> None:
    at_law(world, MONDAY, SUNDAY, state=state)
    factories.sheet(moved.assignment, world.period, state=state)
    assert flags.affected_by([moved.id]) == set()


def test_a_week_in_which_somebody_else_works_is_not(world: World, moved: Timesheet) -> None:
    terms = factories.assignment(factories.worker(), world.fse, world.fse_budget)
    factories.sheet(terms, period(MONDAY, SUNDAY))
    assert flags.affected_by([moved.id]) == set()


def test_every_waiting_sheet_of_the_assignment_is(world: World, moved: Timesheet) -> None:
    long_after = factories.sheet(moved.assignment, period(date(2027, 3, 1), date(2027, 3, 31)))
    assert flags.affected_by([moved.id]) == {long_after.id}
    assert flags.affected_by([moved.id], are_hours_moved=False) == {long_after.id}


def test_several_sheets_reach_from_the_first_to_the_last(world: World, moved: Timesheet) -> None:
    later = factories.sheet(moved.assignment, period(date(2026, 12, 7), date(2026, 12, 13)), state="draft")
    between = at_law(world, date(2026, 12, 28), date(2027, 1, 3))
    assert flags.affected_by([moved.id]) == set()
    assert flags.affected_by([moved.id, later.id]) == {between.id}


# Budget numbers.


def limited(world: World, **columns: Any) -> BudgetNumber:
    """A budget number of FSE."""
    number = f"{next(factories.serial)}.9"
    return BudgetNumber.create(organisation=world.fse, number=number, **columns)


def waiting(world: World, number: BudgetNumber, flag: str = "", **columns: Any) -> Timesheet:
    """Another worker's sheet on a budget number; flag: the code of the one it has."""
    at = columns.pop("at", world.fse)
    terms = factories.assignment(factories.worker(), at, number)
    sheet = factories.sheet(terms, world.periods[1], {world.periods[1].first_on: 60}, **columns)
    if flag:
        Flag.create(timesheet=sheet, revision=1, code=flag, detail={})
    return sheet


def stand_on(moved: Timesheet, number: BudgetNumber) -> None:
    TimesheetLine.update(budget_number=number).where(TimesheetLine.timesheet == moved).execute()


BUDGETS = [
    # ceilings -> affected without a flag, with the flag of a budget, with another flag
    ({}, (False, False, False)),
    ({"ceiling_minutes": 59}, (True, True, True)),
    ({"ceiling_minutes": 60}, (False, True, False)),
    ({"ceiling_cents": 1}, (True, True, True)),
    ({"ceiling_cents": 100_000}, (False, True, False)),
    ({"ceiling_minutes": 60, "ceiling_cents": 1}, (True, True, True)),
    ({"ceiling_minutes": 59, "ceiling_cents": 100_000}, (True, True, True)),
]


@pytest.mark.parametrize(("ceilings", "is_affected"), BUDGETS)
def test_sheets_on_the_same_budget_number(
    world: World, moved: Timesheet, ceilings: dict[str, int], is_affected: tuple[bool, ...]
) -> None:
    """Those of a number that is over its ceiling, and those that were told that it was."""
    for flag, expected in zip(("", "budget", "first"), is_affected, strict=True):
        number = limited(world, **ceilings)
        stand_on(moved, number)
        other = waiting(world, number, flag)
        waiting(world, limited(world, ceiling_minutes=0), "budget")
        assert flags.affected_by([moved.id]) == ({other.id} if expected else set()), flag
        assert flags.affected_by([moved.id], are_hours_moved=False) == set()


def test_the_flag_of_one_sheet_affects_no_other(world: World, moved: Timesheet) -> None:
    number = limited(world, ceiling_minutes=1000)
    stand_on(moved, number)
    told, _other = waiting(world, number, "budget"), waiting(world, number)
    assert flags.affected_by([moved.id]) == {told.id}


def test_a_number_that_it_stood_on_before(world: World, moved: Timesheet) -> None:
    left = limited(world, ceiling_minutes=59)
    other = waiting(world, left)
    assert flags.affected_by([moved.id]) == set()
    assert flags.affected_by([moved.id], budget_numbers=[left.id]) == {other.id}
    stand_on(moved, limited(world, ceiling_minutes=1000))
    assert flags.affected_by([moved.id], budget_numbers=[left.id]) == {other.id}
    unlimited = limited(world)
    waiting(world, unlimited, "budget")
    assert flags.affected_by([moved.id], budget_numbers=[unlimited.id]) == set()


@pytest.mark.parametrize("state", ["draft", "approved", "rejected"])
def test_on_a_budget_number_too_only_what_waits(world: World, moved: Timesheet, state: str) -> None:
    number = limited(world, ceiling_minutes=0)
    stand_on(moved, number)
    waiting(world, number, state=state)
    waiting(world, number, state=state, flag="budget")
    assert flags.affected_by([moved.id]) == set()


def test_a_budget_number_is_used_at_its_organisation_alone(world: World, moved: Timesheet) -> None:
    number = limited(world, ceiling_minutes=0)
    stand_on(moved, number)
    waiting(world, number, at=world.law)
    assert flags.affected_by([moved.id]) == set()


# Computing.


def test_without_a_ceiling_it_asks_no_more_than_it_must(world: World, moved: Timesheet) -> None:
    with count_queries() as counted:
        flags.affected_by([moved.id])
    assert counted.count == 4
    stand_on(moved, limited(world, ceiling_minutes=0))
    flags.affected_by([moved.id])  # the number is counted
    with count_queries() as counted:
        flags.affected_by([moved.id])
    assert counted.count == 5


def test_of_nothing_nothing_is_asked(world: World) -> None:
    with count_queries() as counted:
        flags.changed([])
    assert counted.count == 0


def test_one_computes_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one writer; PostgreSQL is told to wait before anything is read or thrown away."""
    held: list[Any] = []

    def hold(what: str) -> None:
        asked = [query.msg[0] for query in counted.get_queries()]
        read = [sql for sql in asked if sql.startswith(("SELECT", "DELETE")) and "FOR UPDATE" not in sql]
        held.append((what, read))

    monkeypatch.setattr("konnekt.domain.flags.store.hold", hold)
    BudgetNumber.create(organisation=world.fse, number="9.9", ceiling_minutes=60)
    sheets = [world.sheet.id]
    for compute in (
        lambda: flags.changed(sheets),
        lambda: flags.refresh(sheets),
        flags.forget_sums,
    ):
        with count_queries() as counted:
            compute()
    assert held == [("flags", [])] * 3
    flags.count_sums()
    assert len(held) == 4, "what is missing is looked for before, and once more under the lock"


def test_what_was_asked_is_computed_beside_what_it_affects(world: World) -> None:
    later = factories.sheet(world.assignment, world.periods[12])
    flags.changed([world.sheet.id])
    assert {flag.timesheet_id for flag in Flag.select().where(Flag.code == "first")} == {
        world.sheet.id, later.id,
    }  # fmt: skip
