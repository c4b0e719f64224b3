"""Hours and revenue per period, and open invoices by age: against a plain sum of all rows."""

import random
from datetime import date, timedelta

import pytest
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.payments import overdue
from konnekt.domain.periods import turnover
from konnekt.models import BudgetNumber, Invoice, PayPeriod, Timesheet
from tests import factories
from tests.factories import World

TODAY = date(2026, 11, 30)


def populate(world: World, seed: int) -> None:
    """Sheets in every state and invoices of every kind and age, in all periods of two calendars."""
    chance = random.Random(seed)
    factories.periods("week", first=date(2026, 11, 2), how_many=6)
    weekly = factories.organisation("LIB", calendar="week")
    for at in (world.fse, world.law, weekly):
        budget = BudgetNumber.create(organisation=at, number=f"1.{at.id}")
        of = factories.assignment(factories.worker("W", at.code), at, budget)
        for period in PayPeriod.select().where(PayPeriod.calendar == at.calendar):
            if (
                not Timesheet.select()
                .where(Timesheet.pay_period == period, Timesheet.assignment == of)
                .exists()
            ):
                state = chance.choice(("draft", "submitted", "approved", "approved", "rejected"))
                factories.sheet(of, period, {period.first_on: chance.randrange(1, 1400)}, state=state)
            for _time in range(chance.randrange(3)):
                invoice(chance, at.id, period, budget)


def invoice(chance: random.Random, organisation: int, period: PayPeriod, budget: BudgetNumber) -> None:
    total, kind = chance.randrange(1, 10**6), chance.choice(("invoice", "invoice", "credit_note"))
    due_on, settled = TODAY + timedelta(days=chance.choice((-200, -61, -60, -31, -30, -1, 0, 1, 30))), 0
    if chance.random() < 0.4:
        settled = chance.choice((total, total // 2))
    settled = -settled if kind == "credit_note" else settled
    number = Invoice.select().count() + 1
    Invoice.create(
        kind=kind, year=2026, number=number, number_text=f"2026-{number:05}", organisation=organisation,
        pay_period=period, budget_number=budget, budget_number_text="1", issued_on=due_on - timedelta(days=30),
        due_on=due_on, language="nl", vat_treatment="exempt", net_cents=total, vat_cents=0, total_cents=total,
        settled_cents=settled, paid_on=TODAY if abs(settled) == total else None, created_at=clock.now(),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_hours_and_revenue_are_what_a_plain_sum_says(world: World, seed: int) -> None:
    populate(world, seed)
    for calendar in ("four_weeks", "week"):
        found = turnover.load(calendar)
        begun = [
            one for one in PayPeriod.select().order_by(PayPeriod.first_on)
            if one.calendar == calendar and one.first_on <= TODAY
        ][-13:]  # fmt: skip
        assert [one.period.id for one in found.periods] == [one.id for one in begun]
        for one in found.periods:
            sheets = [sheet for sheet in Timesheet.select() if sheet.pay_period_id == one.period.id]
            assert one.minutes == sum(sheet.minutes for sheet in sheets if sheet.state == "approved")
            of_period = [paper for paper in Invoice.select() if paper.pay_period_id == one.period.id]
            signed = [paper.net_cents if paper.kind == "invoice" else -paper.net_cents for paper in of_period]
            assert one.net_cents == sum(signed)
            assert one.is_open == (one.period.approve_by_at > clock.now())
    assert any(one.minutes and one.net_cents for one in turnover.load("four_weeks").periods)


def test_the_calendar_that_most_follow_comes_first(world: World) -> None:
    assert (turnover.load().calendar, turnover.load("month").calendar) == ("four_weeks", "four_weeks")
    for code in ("A", "B", "C"):
        factories.organisation(code, calendar="week")
    found = turnover.load()
    assert (found.calendar, found.calendars, found.periods) == ("week", ["week", "four_weeks"], [])
    assert turnover.load("four_weeks").calendar == "four_weeks"
    with count_queries() as counted:
        turnover.load("four_weeks")
    assert counted.count == 4


@pytest.mark.parametrize("seed", range(2))
def test_ages_are_what_a_plain_sum_says(world: World, seed: int) -> None:
    populate(world, seed)
    sums = {key: [0, 0] for key in (overdue.NOT_DUE, *overdue.BANDS)}
    for one in Invoice.select():
        if one.kind == "invoice" and one.settled_cents < one.total_cents:
            days = (TODAY - one.due_on).days
            key = "not due" if days <= 0 else "1-30" if days <= 30 else "31-60" if days <= 60 else "60+"
            sums[key][0] += 1
            sums[key][1] += one.total_cents - one.settled_cents
    found = overdue.ages()
    assert {one.key: [one.count, one.open_cents] for one in found} == sums
    late = overdue.load().whole
    assert (late.count, late.open_cents) == (
        sum(one.count for one in found[1:]),
        sum(one.open_cents for one in found[1:]),
    )
    with count_queries() as counted:
        overdue.ages()
    assert counted.count == 1
