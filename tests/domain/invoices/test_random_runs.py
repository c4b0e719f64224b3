"""Runs of one period and of all, every way to invoice, credits in between: each minute is billed once."""

import random
from datetime import timedelta
from fractions import Fraction

import pytest

from konnekt.domain.invoices import issue, postpone
from konnekt.models import (
    Assignment,
    BudgetNumber,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    PayPeriod,
    PostponedInvoice,
    Rate,
    Timesheet,
    TimesheetLine,
)
from tests import factories, invoice_cast
from tests.factories import World

WAYS = ("budget_number", "worker", "period")
STEPS = 24


def approve_some(rng: random.Random, sequences: dict[tuple[int, int], int], periods: list[PayPeriod]) -> None:
    """A timesheet, or a supplementary one that may say minus, with hours on one or two budget numbers."""
    of = rng.choice(assignments())
    period = rng.choice(periods)
    sequence = sequences.get((of.id, period.id), -1) + 1
    sequences[of.id, period.id] = sequence
    least = -300 if sequence else 1
    days = rng.sample(range((period.last_on - period.first_on).days + 1), 3)
    worked = {period.first_on + timedelta(day): rng.randint(least, 600) or 7 for day in days}
    state = rng.choice(["approved"] * 5 + ["submitted"])
    sheet = factories.sheet(of, period, worked, state=state, sequence=sequence)
    numbers = list(BudgetNumber.select().where(BudgetNumber.organisation == of.organisation_id))
    for line in TimesheetLine.select().where(TimesheetLine.timesheet == sheet):
        line.budget_number = rng.choice(numbers)
        line.save()


def assignments() -> list[Assignment]:
    query = Assignment.select().where(Assignment.code.startswith("R"))
    return list(query.order_by(Assignment.id))


def places(world: World) -> None:
    """Three organisations that are invoiced in three ways, each with two workers and two budget numbers."""
    third = factories.organisation(
        "MED", street="Straat 1", postcode="6211 AA", city="Maastricht", coc_number="11223344"
    )
    for at, per in zip((world.fse, world.law, third), WAYS, strict=True):
        Organisation.update(invoice_per=per).where(Organisation.id == at.id).execute()
        numbers = [BudgetNumber.create(organisation=at, number=f"77{at.id}.{n:03d}") for n in range(2)]
        for n in range(2):
            person = factories.worker("Ran", f"Dom{at.code}{n}")
            of = factories.assignment(person, at, numbers[n], code=f"R{at.code}{n}")
            Rate.create(
                assignment=of, valid_from_on=world.period.first_on, pay_rate=190000, bill_rate=331234 + n
            )


@pytest.mark.parametrize("seed", [1, 2])
def test_every_minute_is_on_one_live_line_or_left_out(world: World, seed: int) -> None:
    rng = random.Random(seed)
    invoice_cast.complete(world, vat_treatment="reverse_charge")
    places(world)
    periods, sequences = world.periods[9:12], {}  # type: list[PayPeriod], dict[tuple[int, int], int]
    for _step in range(STEPS):
        for _again in range(rng.randint(0, 2)):
            approve_some(rng, sequences, periods)
        step(rng, world, periods)
        check()
    for row in PostponedInvoice.select():
        postpone.take_up(row.id, by=world.staff)
    issue.issue(on=invoice_cast.TODAY, by=world.staff)
    check()
    assert {one.budget_number_text[-2:] for one in Invoice.select()} >= {"+1"}, "none has several"


def step(rng: random.Random, world: World, periods: list[PayPeriod]) -> None:
    """Something that the agency does."""
    period = rng.choice(periods)
    where = rng.choice([(), (), (period.calendar, period.year, period.number)])
    kind = rng.random()
    found = issue.preview(*where)
    if kind < 0.4:
        agreed = [draft.mark for draft in found.drafts if rng.random() < 0.7]
        issued, run = issue.issue(*where, on=invoice_cast.TODAY, by=world.staff, agreed=agreed)
        assert len(issued) + len(run.not_issued) == len(found.drafts)
    elif kind < 0.55 and found.drafts:
        draft = rng.choice(found.drafts)
        postpone.postpone(draft.group, "later", seen=draft.mark, by=world.staff)
    elif kind < 0.65 and (row := PostponedInvoice.select().first()):
        postpone.take_up(row.id, by=world.staff)
    elif kind < 0.85:
        notes = Invoice.alias()
        taken_back = notes.select(notes.credits).where(notes.credits.is_null(False))
        query = Invoice.select().where((Invoice.kind == "invoice") & Invoice.id.not_in(taken_back))
        if standing := list(query.order_by(Invoice.id)):
            issue.credit(rng.choice(standing).id, "wrong", by=world.staff)
    else:
        at = rng.choice(list(Organisation.select().order_by(Organisation.id)))
        Organisation.update(invoice_per=rng.choice(WAYS)).where(Organisation.id == at.id).execute()


def check() -> None:
    """Every approved minute once, every amount as it is computed here, no gap in the numbers."""
    live: dict[int, InvoiceLine] = {}
    links = InvoicedHour.select(InvoicedHour, InvoiceLine, Invoice).join(InvoiceLine).join(Invoice)
    for link in links.where(InvoicedHour.released_at.is_null()):
        assert link.hour_id not in live, "an hour is on two live lines"
        live[link.hour_id] = link.invoice_line
    found = issue.preview()
    waiting = [hour.id for draft in found.drafts for line in draft.lines for hour in line.hours]
    assert len(waiting) == len(set(waiting))
    left_out = {(one.sheet.id, one.budget_number.id, day) for one in found.left_out for day in one.days}
    minutes = dict.fromkeys((line.id for line in live.values()), 0)
    prices: dict[int, set[Fraction]] = {}
    rates = list(Rate.select().order_by(Rate.valid_from_on))
    hours = Hour.select(Hour, TimesheetLine, Timesheet, HourType).join(TimesheetLine).join(HourType)
    for hour in hours.switch(TimesheetLine).join(Timesheet).where(Timesheet.state == "approved"):
        sheet = hour.line.timesheet
        is_left_out = (sheet.id, hour.line.budget_number_id, hour.day) in left_out
        assert [hour.id in live, hour.id in waiting, is_left_out].count(True) == 1
        if hour.id not in live:
            continue
        line = live[hour.id]
        assert (line.invoice.organisation_id, line.invoice.pay_period_id) == (
            sheet.organisation_id,
            sheet.pay_period_id,
        )
        valid = [
            one for one in rates if one.assignment_id == sheet.assignment_id and one.valid_from_on <= hour.day
        ]
        price = Fraction(valid[-1].bill_rate * hour.line.hour_type.multiplier_percent, 100 * 10_000)
        minutes[line.id] += hour.minutes
        prices.setdefault(line.id, set()).add(price)
    for line in {line.id: line for line in live.values()}.values():
        sign = -1 if line.invoice.kind == "credit_note" else 1
        (price,) = prices[line.id]
        assert sign * line.minutes == minutes[line.id]
        assert sign * line.net_cents == invoice_cast.half_up(Fraction(minutes[line.id], 60) * price * 100)
    assert invoice_cast.numbers() == [f"2026-{n:05d}" for n in range(1, Invoice.select().count() + 1)]
    invoice_cast.check_totals()


def test_a_credit_note_of_a_worker_names_the_invoices_of_that_worker(world: World) -> None:
    """Two workers on one budget number: what is taken back of one has nothing to do with the other's."""
    invoice_cast.complete(world)
    Organisation.update(invoice_per="worker").where(Organisation.id == world.fse.id).execute()
    people = [
        factories.assignment(factories.worker("Of", name), world.fse, world.fse_budget) for name in "AB"
    ]
    first, second = (factories.sheet(of, world.period, state="approved") for of in people)
    issued, _run = issue.issue(on=invoice_cast.TODAY, by=world.staff)
    own = {one.lines.get().timesheet_id: one.number_text for one in issued}
    less = {world.period.first_on: -60}
    factories.sheet(people[1], world.period, less, state="approved", sequence=1)
    (draft,) = issue.preview().drafts
    assert draft.is_credit_note
    assert [one.number_text for one in draft.credited] == [own[second.id]]
    (note,), _run = issue.issue(on=invoice_cast.TODAY, by=world.staff)
    assert [one["number"] for one in note.frozen["references"]] == [own[second.id]] != [own[first.id]]
