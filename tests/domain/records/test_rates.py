"""Dated rates: what is invoiced or exported keeps its own; what has none is said."""

from datetime import date
from typing import Any

import pytest

from konnekt.domain import clock
from konnekt.domain.invoices import issue
from konnekt.domain.records import assignment_list, rates
from konnekt.domain.refusals import Forbidden, Invalid, NotFound, Refused
from konnekt.models import Event, Flag, Hour, PayrollBatch, PayrollHour, Rate, Timesheet, TimesheetLine
from tests.factories import World


@pytest.fixture
def rate(world: World) -> Rate:
    return Rate.get(Rate.assignment == world.assignment)


def paid(world: World, **columns: Any) -> None:
    """Export the hours of the waiting sheet."""
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    batch = PayrollBatch.create(
        calendar="four_weeks", pay_period=world.period, pay_on=date(2026, 12, 9), created_at=clock.now()
    )
    for hour in Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == world.sheet):
        PayrollHour.create(hour=hour, payroll_batch=batch, minutes=hour.minutes, pay_rate=183200, **columns)


def test_added_and_listed_the_latest_first(world: World) -> None:
    rates.add(world.assignment.id, date(2026, 11, 16), 190_000, 328_456, by=world.staff)
    latest, first = rates.of(world.assignment)
    assert (latest.rate.valid_from_on, latest.last_on, latest.rate.bill_rate) == (
        date(2026, 11, 16), None, 328_456,
    )  # fmt: skip
    assert first.last_on == date(2026, 11, 15)
    event = Event.get()
    assert (event.verb, event.thing) == ("add_rate", f"assignment {world.assignment.code}")


@pytest.mark.parametrize(
    ("day", "pay", "bill", "field"),
    [
        (date(2026, 1, 1), 1, 1, "valid_from_on"),
        (date(1026, 1, 1), 1, 1, "valid_from_on"),
        (date(2026, 2, 1), 10_000_001, 1, "pay_rate"),
        (date(2026, 2, 1), 1, -1, "bill_rate"),
    ],
)
def test_what_cannot_be(world: World, day: date, pay: int, bill: int, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rates.add(world.assignment.id, day, pay, bill, by=world.staff)
    assert refusal.value.field == field
    assert Rate.select().count() == 1


def test_only_the_agency(world: World, rate: Rate) -> None:
    with pytest.raises(Forbidden):
        rates.add(world.assignment.id, date(2026, 2, 1), 1, 1, by=world.supervisor)
    with pytest.raises(Forbidden):
        rates.delete(world.assignment.id, rate.id, by=world.supervisor)


def test_unused_it_changes_and_goes(world: World, rate: Rate) -> None:
    seen = rates.seen(rate)
    changed = rates.change(
        world.assignment.id, rate.id, date(2026, 2, 1), 200_000, 300_000, by=world.staff, seen=seen
    )
    assert (changed.valid_from_on, changed.pay_rate) == (date(2026, 2, 1), 200_000)
    with pytest.raises(Refused, match="Somebody else"):
        rates.change(world.assignment.id, rate.id, date(2026, 2, 1), 1, 1, by=world.staff, seen=seen)
    later = rates.add(world.assignment.id, date(2026, 11, 4), 1, 1, by=world.staff)
    rates.delete(world.assignment.id, later.id, by=world.staff)
    with pytest.raises(NotFound):
        rates.delete(world.assignment.id, later.id, by=world.staff)


def test_hours_are_not_left_without_a_rate(world: World, rate: Rate) -> None:
    with pytest.raises(Refused, match="would have no rate") as refusal:
        rates.delete(world.assignment.id, rate.id, by=world.staff)
    assert refusal.value.status == 409
    # Hours that begin with the next rate need this one no more.
    rates.add(world.assignment.id, date(2026, 11, 3), 1, 1, by=world.staff)
    rates.delete(world.assignment.id, rate.id, by=world.staff)
    assert [row.valid_from_on for row in Rate.select()] == [date(2026, 11, 3)]


def test_not_by_way_of_another_assignment(world: World, rate: Rate) -> None:
    with pytest.raises(NotFound):
        rates.find(world.assignment.id + 1, rate.id)


def test_exported_it_stays(world: World, rate: Rate) -> None:
    paid(world)
    assert rates.of(world.assignment)[0].is_used
    for refused in (
        lambda: rates.change(world.assignment.id, rate.id, date(2026, 1, 1), 1, 1, by=world.staff),
        lambda: rates.delete(world.assignment.id, rate.id, by=world.staff),
    ):
        with pytest.raises(Refused, match="add a new rate from a later day") as refusal:
            refused()
        assert refusal.value.status == 409
    # A new rate can't begin among these hours either, and can begin after them.
    with pytest.raises(Invalid, match="later day"):
        rates.add(world.assignment.id, date(2026, 11, 4), 1, 1, by=world.staff)
    later = rates.add(world.assignment.id, date(2026, 11, 5), 1, 1, by=world.staff)
    with pytest.raises(Invalid, match="later day"):
        rates.change(world.assignment.id, later.id, date(2026, 11, 4), 1, 1, by=world.staff)
    rates.change(world.assignment.id, later.id, date(2026, 11, 6), 1, 1, by=world.staff)
    # Before them, where an own rate ends before they begin, nothing changes for them.
    rates.add(world.assignment.id, date(2025, 1, 1), 1, 1, by=world.staff)


def test_invoiced_it_stays_and_credited_it_is_free(world: World, rate: Rate) -> None:
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    for name in ("street", "postcode", "city", "coc_number", "vat_number", "iban"):
        setattr(world.agency, name, "1")
        if hasattr(world.fse, name):
            setattr(world.fse, name, "1")
    world.agency.save()
    world.fse.save()
    issued, _ = issue.issue("four_weeks", 2026, 12, on=clock.today(), by=world.staff)
    assert len(issued) == 1
    with pytest.raises(Refused, match="later day"):
        rates.delete(world.assignment.id, rate.id, by=world.staff)
    issue.credit(issued[0].id, "Verkeerd tarief", by=world.staff)
    assert not rates.of(world.assignment)[0].is_used
    rates.change(world.assignment.id, rate.id, date(2026, 1, 1), 1, 2, by=world.staff)


def test_released_links_do_not_count(world: World, rate: Rate) -> None:
    paid(world, released_at=clock.now())
    rates.change(world.assignment.id, rate.id, date(2026, 1, 1), 1, 2, by=world.staff)


def test_hours_without_a_rate(world: World, rate: Rate) -> None:
    assert assignment_list.open_record(world.assignment.id).unpriced is None
    rates.change(world.assignment.id, rate.id, date(2026, 11, 4), 1, 1, by=world.staff)
    record = assignment_list.open_record(world.assignment.id)
    assert record.starts_without_rate == date(2026, 11, 4)
    lacking = record.unpriced
    assert lacking is not None
    assert (lacking.minutes, lacking.days, lacking.first_on) == (480, 1, date(2026, 11, 3))
    Rate.delete().execute()
    lacking = assignment_list.open_record(world.assignment.id).unpriced
    assert lacking is not None
    assert (lacking.minutes, lacking.days, lacking.last_on) == (930, 2, date(2026, 11, 4))


def test_a_rate_moves_the_flag_of_a_budget(world: World, rate: Rate) -> None:
    world.fse_budget.ceiling_cents = 50_000
    world.fse_budget.save()
    rates.change(world.assignment.id, rate.id, date(2026, 1, 1), 183_200, 400_000, by=world.staff)
    assert Flag.select().where(Flag.code == "budget").exists()
    rates.change(world.assignment.id, rate.id, date(2026, 1, 1), 183_200, 315_100, by=world.staff)
    assert not Flag.select().where(Flag.code == "budget").exists()
