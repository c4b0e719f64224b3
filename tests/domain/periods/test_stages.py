"""How far timesheets are, what waits in other periods, what is not paid: against a plain count of all rows."""

import random
from datetime import date, timedelta

import pytest
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.periods import month, open_work, progress, stages
from konnekt.models import Assignment, BudgetNumber, Organisation, PayPeriod, Timesheet
from tests import factories
from tests.factories import World

STATES = ("draft", "submitted", "approved", "rejected")
OF_STATE = {"draft": 0, "rejected": 0, "submitted": 1}


def populate(world: World, seed: int) -> None:
    """Assignments of every kind at four organisations with two calendars, with sheets in every state."""
    chance = random.Random(seed)
    factories.periods("week", first=date(2026, 11, 2), how_many=6)
    weekly = [factories.organisation(code, calendar="week") for code in ("AAA", "ZZZ")]
    ended = factories.organisation("OLD", ended_on=date(2026, 11, 15))
    for at in (world.fse, world.law, ended, *weekly):
        budget = BudgetNumber.create(organisation=at, number=f"1.{at.id}")
        for number in range(5):
            first = date(2026, chance.choice((1, 10, 11)), chance.randrange(1, 28))
            of = factories.assignment(
                factories.worker("W", f"{at.code} {number}"), at, budget,
                basis=chance.choice(("flexible", "flexible", "fixed")), first_on=first,
                last_on=chance.choice((None, None, first + timedelta(days=chance.randrange(60)))),
            )  # fmt: skip
            for period in PayPeriod.select().where(PayPeriod.calendar == at.calendar):
                for sequence in (0, 1) if chance.random() < 0.3 else (0,):
                    if period.first_on > date(2026, 9, 1) and chance.random() < 0.6:
                        sheet(chance, of, period, sequence)


def sheet(chance: random.Random, of: Assignment, period: PayPeriod, sequence: int) -> None:
    minutes = chance.choice((0, 60, 480, 1440)) if not sequence else chance.choice((0, 0, 60, -60))
    state = chance.choice(STATES)
    made = factories.sheet(
        of, period, {period.first_on: minutes} if minutes else {}, state=state, sequence=sequence
    )
    if state == "approved" and (minutes or sequence):
        invoiced, paid = chance.random() < 0.5, chance.random() < 0.5
        half = chance.random() < 0.3
        Timesheet.update(
            is_invoiced=invoiced, is_paid=paid,
            invoiced_minutes=minutes if invoiced else minutes // 2 if half else 0,
            paid_minutes=minutes if paid else minutes // 2 if half else 0,
        ).where(Timesheet.id == made.id).execute()  # fmt: skip


def plainly(period: PayPeriod) -> dict[str, list[int]]:
    """The same by looking at every assignment and every sheet."""
    found: dict[str, list[int]] = {}
    for of in Assignment.select(Assignment, Organisation).join(Organisation):
        at = of.organisation
        if at.calendar != period.calendar:
            continue
        runs = of.first_on <= period.last_on and (of.last_on is None or of.last_on >= period.first_on)
        is_client = at.ended_on is None or at.ended_on >= period.first_on
        is_asked_for = of.basis == "flexible" and runs and is_client
        mine = [
            one
            for one in Timesheet.select().where(Timesheet.assignment == of)
            if one.pay_period_id == period.id and not (one.sequence and one.state == "draft")
        ]
        counts = found.setdefault(at.code, [0] * 5)
        if is_asked_for and not mine:
            counts[0] += 1
        for one in mine:
            counts[stage(one)] += 1
    return {code: counts for code, counts in found.items() if any(counts)}


def stage(one: Timesheet) -> int:
    if one.state != "approved":
        return OF_STATE[one.state]
    if not one.minutes and not one.sequence:
        return 4
    if not one.is_invoiced:
        return 2
    return 4 if one.is_paid else 3


@pytest.mark.parametrize("seed", range(2))
def test_stages_are_what_a_plain_count_says(world: World, seed: int) -> None:
    populate(world, seed)
    periods = list(PayPeriod.select())
    found = stages.of(periods)
    for period in periods:
        assert {one.code: list(one.counts) for one in found[period.id]} == plainly(period), period.number
        names = [one.name.lower() for one in found[period.id]]
        assert names == sorted(names)
        tally = stages.tally(found[period.id])
        shown = progress.load(period).total
        assert (tally.unsent, tally.waiting, tally.approved) == (shown.unsent, shown.waiting, shown.approved)


def test_a_sheet_is_in_the_last_stage_that_it_reached_with_all_before_it(world: World) -> None:
    def now() -> tuple[int, ...]:
        [place] = [one for one in stages.of([world.period])[world.period.id] if one.code == "FSE"]
        return place.counts

    assert now() == (0, 1, 0, 0, 0)
    Timesheet.update(state="draft").execute()
    assert now() == (1, 0, 0, 0, 0)
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    assert now() == (0, 0, 1, 0, 0)
    Timesheet.update(is_paid=True, paid_minutes=Timesheet.minutes).execute()
    assert now() == (0, 0, 1, 0, 0), "paid, and still to invoice"
    Timesheet.update(is_invoiced=True, is_paid=False).execute()
    assert now() == (0, 0, 0, 1, 0), "invoiced, and still to pay"
    Timesheet.update(is_paid=True).execute()
    assert now() == (0, 0, 0, 0, 1)
    Timesheet.update(
        is_invoiced=False, is_paid=False, minutes=0, invoiced_minutes=0, paid_minutes=0
    ).execute()
    assert now() == (0, 0, 0, 0, 1), "no hours: nothing to invoice or pay"


@pytest.mark.parametrize("seed", range(2))
def test_what_waits_elsewhere_is_what_a_plain_count_says(world: World, seed: int) -> None:
    populate(world, seed)
    choice = progress.choose()
    shown = choice.next_ones()
    assert len(shown) == 2
    expected = []
    for period in sorted(PayPeriod.select(), key=lambda one: (one.last_on, one.id), reverse=True):
        if period.id in {one.id for one in shown}:
            continue
        mine = [one for one in Timesheet.select() if one.pay_period_id == period.id]
        waiting = sum(1 for one in mine if one.state == "submitted")
        unsent = [one for one in mine if one.state in ("draft", "rejected")]
        begun = sum(1 for one in unsent if not (one.sequence and one.state == "draft"))
        begun = begun if period.submit_by_at <= clock.now() else 0
        if waiting or begun:
            expected.append((period.id, begun, waiting))
    found = open_work.elsewhere(choice.periods, shown)
    assert [(one.period.id, one.unsent, one.waiting) for one in found] == expected
    assert expected


@pytest.mark.parametrize("seed", range(2))
def test_what_is_not_paid_is_what_a_plain_count_says(world: World, seed: int) -> None:
    populate(world, seed)
    unpaid = [
        one.minutes - one.paid_minutes
        for one in Timesheet.select()
        if one.state == "approved" and not one.is_paid and one.minutes != one.paid_minutes
    ]
    assert open_work.unpaid() == (len(unpaid), sum(unpaid))
    assert unpaid


def test_a_month_costs_the_same_however_much_there_is(world: World) -> None:
    with count_queries() as few:
        month.load()
    populate(world, 1)
    with count_queries() as many:
        shown = month.load()
    assert few.count == many.count <= 13
    assert len(shown.elsewhere) > 1
