"""What the rules of the flags are told: which hours, which sheets before, which events, which budgets."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain import clock, events, flags
from konnekt.domain.budgets import raw_rows, used
from konnekt.domain.flags import inputs
from konnekt.models import BudgetNumber, ClosingDay, HourType, PayPeriod, Rate, Timesheet, TimesheetLine
from tests import factories
from tests.factories import World

MONDAY = date(2026, 11, 2)


def read(*sheets: Timesheet, **options: Any) -> inputs.Inputs:
    return inputs.read(Timesheet.id.in_([sheet.id for sheet in sheets]), **options)


def period(first: date, last: date) -> PayPeriod:
    return PayPeriod.create(
        calendar="month", year=2026, number=PayPeriod.select().count(), first_on=first, last_on=last,
        submit_by_at=clock.now(), approve_by_at=clock.now(), pay_on=last,
    )  # fmt: skip


# Days, as either database gives them.


@pytest.mark.parametrize("given", ["2026-11-02", MONDAY])
def test_a_day(given: Any) -> None:
    assert raw_rows.as_day(given) == MONDAY
    assert raw_rows.as_optional_day(given) == MONDAY
    assert raw_rows.as_optional_day(None) is None


@pytest.mark.parametrize("text", ["2026-11-01 23:30:00", "2026-11-02 22:59:59"])
def test_the_day_of_a_moment_in_amsterdam(text: str) -> None:
    assert raw_rows.as_day_in_amsterdam(text) == MONDAY
    assert raw_rows.as_day_in_amsterdam(datetime.fromisoformat(text)) == MONDAY
    assert raw_rows.as_day_in_amsterdam(None) is None


# The sheets themselves.


def test_what_is_known_of_a_sheet(world: World) -> None:
    terms = factories.assignment(
        world.noor, world.fse, world.fse_budget, first_on=date(2026, 2, 3), last_on=date(2026, 12, 4),
        max_minutes_per_week=960,
    )  # fmt: skip
    sent_at = datetime(2026, 11, 5, 23, 30, tzinfo=UTC)
    sheet = factories.sheet(
        terms, world.period, {MONDAY: 90}, revision=3, sequence=2, remark="Let op", submitted_at=sent_at
    )
    assert read(sheet).sheets == [
        inputs.JudgedSheet(
            id=sheet.id, revision=3, minutes=90, sequence=2, remark="Let op", assignment=terms.id,
            worker=world.noor.id, organisation=world.fse.id, first_on=date(2026, 2, 3),
            last_on=date(2026, 12, 4), maximum=960, sent_on=date(2026, 11, 6),
        )
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["draft", "rejected", "approved"])
def test_what_does_not_wait_would_be_sent_today(world: World, state: str) -> None:
    Timesheet.update(state=state, decided_at=clock.now()).where(Timesheet.id == world.sheet.id).execute()
    assert [sheet.sent_on for sheet in read(world.sheet).sheets] == [date(2026, 11, 30)]


def test_of_no_sheets_nothing_is_known(world: World) -> None:
    with count_queries() as counted:
        assert inputs.read(Timesheet.id == 999_999) == inputs.Inputs()
    assert counted.count == 1


# Hours.


def test_whose_hours_count(world: World) -> None:
    """The sheet, the assignment, the worker at the organisation, the worker everywhere; nobody else."""
    noor, fse = world.noor, world.fse
    assert set(read(world.sheet).worked) == {world.sheet.id}
    own = factories.sheet(factories.assignment(noor, fse, world.fse_budget), world.period, {MONDAY: 1})
    factories.sheet(own.assignment, world.period, {MONDAY: 20}, sequence=1)
    factories.sheet(factories.assignment(noor, fse, world.fse_budget), world.period, {MONDAY: 300})
    factories.sheet(factories.assignment(noor, world.law, world.law_budget), world.period, {MONDAY: 400})
    factories.sheet(
        factories.assignment(factories.worker(), fse, world.fse_budget), world.period, {MONDAY: 9}
    )
    told = read(own)
    assert told.own[own.id].days == {MONDAY: 1}
    assert told.at_assignment[own.assignment_id].days == {MONDAY: 21}
    assert told.at_organisation[noor.id, fse.id].days[MONDAY] == 321
    assert told.everywhere[noor.id].days[MONDAY] == 721
    assert told.everywhere[noor.id].weeks == {MONDAY: 721 + 480 + 450}
    assert set(told.everywhere) == {noor.id}
    assert set(told.own) == set(told.worked) == {own.id}
    assert [(row.day, row.minutes, row.percent, row.budget_number) for row in told.worked[own.id]] == [
        (MONDAY, 1, 100, world.fse_budget.id)
    ]


@pytest.mark.parametrize(
    ("state", "counts"), [("draft", False), ("rejected", False), ("submitted", True), ("approved", True)]
)
def test_in_which_state_hours_count(world: World, state: str, counts: bool) -> None:
    other = factories.sheet(
        factories.assignment(world.noor, world.fse, world.fse_budget), world.period, {MONDAY: 60}, state=state
    )
    assert read(world.sheet).everywhere[world.noor.id].days.get(MONDAY, 0) == (60 if counts else 0)
    assert read(world.sheet, counting=[other.id]).everywhere[world.noor.id].days[MONDAY] == 60


def test_a_cell_without_hours_is_none(world: World) -> None:
    hours = {MONDAY: 1, date(2026, 11, 3): 0, date(2026, 11, 4): -1, date(2026, 11, 5): 2}
    sheet = factories.sheet(world.assignment, world.period, hours, sequence=1)
    assert read(sheet).own[sheet.id].days == {day: minutes for day, minutes in hours.items() if minutes}


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        # Three weeks before the first week of the sheet, to the end of its last.
        (date(2026, 9, 28), date(2026, 10, 11), False),
        (date(2026, 9, 28), date(2026, 10, 12), True),
        (date(2026, 11, 29), date(2026, 12, 20), True),
        (date(2026, 11, 30), date(2026, 12, 20), False),
    ],
)
def test_from_when_to_when_hours_are_read(world: World, first: date, last: date, counts: bool) -> None:
    other = factories.sheet(
        factories.assignment(world.noor, world.fse, world.fse_budget), period(first, last), {last: 60}
    )
    assert other
    assert (read(world.sheet).everywhere[world.noor.id].days.get(last) == 60) is counts


def test_a_week_at_the_end_of_a_month_is_read_to_its_end(world: World) -> None:
    """September ends on a Wednesday: what stands in October on Thursday counts in the same week."""
    september = factories.sheet(
        factories.assignment(world.noor, world.fse, world.fse_budget),
        period(date(2026, 9, 1), date(2026, 9, 30)), {date(2026, 9, 30): 60},
    )  # fmt: skip
    factories.sheet(
        september.assignment, period(date(2026, 10, 1), date(2026, 10, 31)), {date(2026, 10, 1): 30}
    )
    assert read(september).everywhere[world.noor.id].weeks[date(2026, 9, 28)] == 90


@pytest.mark.parametrize("day", [date(2026, 10, 12), MONDAY, date(2026, 11, 29), date(2026, 11, 30)])
def test_closing_days_of_those_weeks(world: World, day: date) -> None:
    ClosingDay.create(day=day, name_nl="Dies", name_en="Dies")
    ClosingDay.create(day=date(2026, 12, 25), name_nl="Kerst", name_en="Christmas")
    assert read(world.sheet).closing_days == {day}


# Sheets before it.


def test_the_last_three_approved_originals_before_it(world: World) -> None:
    def before(number: int, minutes: int, **columns: Any) -> None:
        period = world.periods[number - 1]
        factories.sheet(
            world.assignment, period, {period.first_on: minutes}, **{"state": "approved", **columns}
        )

    assert read(world.sheet).earlier == {}
    before(5, 1000)
    assert read(world.sheet).earlier == {world.sheet.id: (1, 1000)}
    before(8, 1)
    before(9, 20)
    before(10, 300)
    assert read(world.sheet).earlier == {world.sheet.id: (3, 321)}
    before(11, 1200, state="submitted")
    before(10, 700, sequence=1)
    before(13, 600)
    assert read(world.sheet).earlier == {world.sheet.id: (3, 321)}


def test_an_approved_sheet_is_not_before_itself(world: World) -> None:
    Timesheet.update(state="approved", decided_at=clock.now()).where(Timesheet.id == world.sheet.id).execute()
    assert read(world.sheet).earlier == {}
    assert "first" in {flag.code for flag in flags.warnings(world.sheet.id)}


def test_sheets_of_another_assignment_are_not_before_it(world: World) -> None:
    other = factories.assignment(world.noor, world.fse, world.fse_budget)
    factories.sheet(other, world.periods[0], state="approved")
    second = factories.sheet(other, world.period)
    assert read(world.sheet, second).earlier == {second.id: (1, 480)}


# Events.

EVENTS = [
    # (verb, revision, the state after it) of a sheet of which revision 3 waits -> what was before
    ([], set()),
    ([("save", 1, "draft")], set()),
    ([("submit", 3, "submitted")], set()),
    ([("submit", 2, "submitted")], {"submit"}),
    ([("submit", 2, "submitted"), ("submit", 3, "submitted")], {"submit"}),
    ([("import", 2, "draft")], set()),
    ([("import", 2, "submitted")], {"import"}),
    ([("import", 3, "submitted")], set()),
    ([("move", 2, "submitted")], set()),
    ([("reject", 3, "rejected")], {"reject"}),
    ([("reject", 2, "rejected")], {"reject"}),
    ([("reject", 3, "rejected"), ("undo_rejection", 3, "submitted")], set()),
    ([("submit", 2, "submitted"), ("reject", 2, "rejected"), ("undo_rejection", 2, "submitted")], {"submit"}),
    (
        [("reject", 2, "rejected"), ("undo_rejection", 2, "submitted"), ("reject", 2, "rejected")],
        {"reject"},
    ),
    ([("reject", 1, "rejected"), ("undo_rejection", 1, "submitted")] * 2, set()),
    ([("submit", 2, "submitted"), ("reject", 3, "rejected")], {"submit", "reject"}),
]


@pytest.mark.parametrize(("happened", "before"), EVENTS)
def test_what_was_sent_or_rejected_before(
    world: World, happened: list[tuple[str, int, str]], before: set[str]
) -> None:
    Timesheet.update(revision=3).where(Timesheet.id == world.sheet.id).execute()
    other = factories.sheet(world.assignment, world.periods[0], revision=1)
    for sheet, verbs in (
        (world.sheet, happened),
        (other, [("submit", 1, "submitted"), ("save", 1, "draft")]),
    ):
        for verb, revision, state in verbs:
            events.record(verb, by=world.staff, timesheet=sheet, revision=revision, after={"state": state})
    assert dict(read(world.sheet, other).sent_before) == ({world.sheet.id: before} if before else {})
    assert read(other).sent_before == {}
    assert ("changed" in {flag.code for flag in flags.warnings(world.sheet.id)}) is bool(before)


# Budgets.


def number(world: World, **columns: Any) -> BudgetNumber:
    name = f"{next(factories.serial)}.9"
    return BudgetNumber.create(organisation=world.fse, number=name, **columns)


def worked(world: World, on: BudgetNumber, minutes: int = 60, **columns: Any) -> Timesheet:
    """Somebody's hours on Monday at 31.51 euro."""
    terms = factories.assignment(factories.worker(), world.fse, on)
    return factories.sheet(terms, world.period, {MONDAY: minutes}, **columns)


def use(*numbers: BudgetNumber, **options: Any) -> list[tuple[int, int]]:
    """Minutes and cents used of each; the same whether they are kept or added up."""
    which = BudgetNumber.id.in_([one.id for one in numbers])
    told = used.read(which, **options)
    with db.atomic() as undone:
        assert used.read(which, **options, keep=True) == told
        assert used.read(which, **options) == told
        undone.rollback()
    return [(told[one.id].minutes, told[one.id].cents) for one in numbers]


def test_use_is_counted_of_what_has_a_ceiling_for_it(world: World) -> None:
    free, hours, money, both = (
        number(world),
        number(world, ceiling_minutes=9),
        number(world, ceiling_cents=9),
        number(world, ceiling_minutes=9, ceiling_cents=9),
    )
    for one in (free, hours, money, both):
        worked(world, one)
    assert use(free, hours, money, both) == [(0, 0), (60, 0), (60, 3151), (60, 3151)]


def test_without_a_ceiling_use_is_not_asked(world: World) -> None:
    free, limited = number(world), number(world, ceiling_minutes=0)
    with count_queries() as counted:
        used.read(BudgetNumber.id == free.id)
    assert counted.count == 1
    with count_queries() as counted:
        used.read(BudgetNumber.id.in_([free.id, limited.id]))
    assert counted.count == 2
    used.read(BudgetNumber.id == limited.id, keep=True)
    with count_queries() as counted:
        used.read(BudgetNumber.id.in_([free.id, limited.id]))
    assert counted.count == 1, "it was counted"


def test_what_a_budget_number_says(world: World) -> None:
    dates = {"valid_from_on": date(2026, 2, 3), "valid_until_on": date(2026, 12, 4)}
    one = number(world, ceiling_minutes=0, ceiling_cents=1, **dates)
    expected = used.Budget(one.number, 0, 1, *dates.values())
    assert used.read(BudgetNumber.id == one.id) == {one.id: expected}


@pytest.mark.parametrize(
    ("state", "minutes"), [("draft", 60), ("rejected", 60), ("submitted", 61), ("approved", 61)]
)
def test_what_uses_a_budget(world: World, state: str, minutes: int) -> None:
    one = number(world, ceiling_minutes=0)
    worked(world, one)
    worked(world, number(world, ceiling_minutes=0), 700)
    sheet = worked(world, one, 1, state=state)
    assert use(one) == [(minutes, 0)]
    assert use(one, also=[sheet.id]) == [(61, 0)]
    assert use(one, only_approved=True) == [(int(state == "approved"), 0)]


def test_use_is_priced_at_the_rate_of_the_day_and_the_multiplier(world: World) -> None:
    one = number(world, ceiling_cents=0)
    sheet = worked(world, one, 90)
    Rate.create(assignment=sheet.assignment, valid_from_on=MONDAY, pay_rate=1, bill_rate=200_000)
    Rate.create(assignment=sheet.assignment, valid_from_on=date(2026, 11, 3), pay_rate=1, bill_rate=900_000)
    Rate.create(assignment=world.assignment, valid_from_on=MONDAY, pay_rate=1, bill_rate=700_000)
    assert use(one) == [(90, 3000)]
    TimesheetLine.update(hour_type=HourType.get(code="ORT40")).where(
        TimesheetLine.timesheet == sheet
    ).execute()
    assert use(one) == [(90, 4200)]
    worked(world, one, 60)
    assert use(one) == [(150, 4200 + 3151)]


def test_hours_without_a_rate_cost_nothing_yet(world: World) -> None:
    one = number(world, ceiling_cents=0)
    sheet = worked(world, one, 90)
    Rate.delete().where(Rate.assignment == sheet.assignment).execute()
    (told,) = used.read(BudgetNumber.id == one.id).values()
    assert (told.minutes, told.parts) == (90, 0)
