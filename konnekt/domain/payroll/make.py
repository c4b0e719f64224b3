"""Payroll batches: preview one, make it, write its file again; pay_dates.py says when a sheet is paid."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.payroll import batches, copies, drafts, payable
from konnekt.domain.payroll.batches import Paid
from konnekt.domain.payroll.drafts import BatchPreview
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.domain.timesheets import hour_links
from konnekt.models import Account, Agency, Hour, PayPeriod, PayrollBatch, PayrollHour, TimesheetLine


def preview(calendar: str, year: int, number: int, format: str = "neutral") -> BatchPreview:
    """What a batch of a period's pay date would take, and what it leaves out and why; changes nothing.

    All approved hours of the calendar's organisations up to and including the period that no batch pays
    yet. Raises NotFound for a period that isn't there, Invalid for a format, Conflict where the agency lacks
    what the format asks.
    """
    period = _period(calendar, year, number)
    if format not in payable.FORMATS:
        raise Invalid("Choose a format from the list.", field="format")
    if format == "loket":
        own = getattr(Agency.get_or_none(), "payroll_number", "").strip()
        if not own:
            raise Conflict("Loket asks the agency's number in the payroll program: fill it in first.")
        if not payable.is_number(own):
            raise Conflict("Loket asks the agency's number in digits alone; it is %(number)s.", number=own)
    return drafts.compose(period, format)


def _period(calendar: str, year: int, number: int) -> PayPeriod:
    period: PayPeriod | None = PayPeriod.get_or_none(
        (PayPeriod.calendar == calendar) & (PayPeriod.year == year) & (PayPeriod.number == number)
    )
    if period is None:
        raise NotFound("There is no such pay period.")
    return period


def export(
    calendar: str,
    year: int,
    number: int,
    format: str = "neutral",
    *,
    by: Account | None,
    seen: str | None = None,
    source: str = "",
) -> PayrollBatch:
    """Make the batch that `preview` shows: one transaction, from which on its hours are locked.

    seen: the fingerprint of the preview that was confirmed; Conflict where it changed since, and where
    there is nothing to pay. Raises what preview raises, Forbidden for who is no agency staff. A second
    batch of the same pay date has sequence 1, and so on.
    """
    agency_roles.require(by, "payroll", "Only the agency exports hours to payroll.")
    with transaction():
        # From here on nobody else links hours or revokes an approval: what is read below stays as it is.
        hold("invoices")
        draft = preview(calendar, year, number, format)
        if seen is not None and draft.fingerprint != seen:
            raise Conflict("The hours changed since you saw them. Look again, then confirm.")
        if not draft.hours:
            raise Conflict("There are no approved hours to pay that are not paid yet.")
        batch = _write(draft, by)
        after = {"minutes": draft.minutes, "workers": len(draft.wages), "gross_cents": draft.cents}
        events.record("export", by=by, source=source, thing=thing(batch), after=after)
    return batch


def thing(batch: PayrollBatch) -> str:
    """How events name a batch: `payroll_batch four_weeks 2026-12-09 0`."""
    return f"payroll_batch {batch.calendar} {batch.pay_on.isoformat()} {batch.sequence}"


def _write(draft: BatchPreview, by: Account | None) -> PayrollBatch:
    period = draft.period
    same = (PayrollBatch.calendar == period.calendar) & (PayrollBatch.pay_on == period.pay_on)
    last = PayrollBatch.select(fn.MAX(PayrollBatch.sequence)).where(same).scalar()
    batch: PayrollBatch = PayrollBatch.create(
        calendar=period.calendar,
        pay_period=period,
        pay_on=period.pay_on,
        sequence=0 if last is None else last + 1,
        created_at=clock.now(),
        created_by=by,
        frozen=copies.batch(draft),
        minutes=draft.minutes,
    )
    rows = [
        {"hour": w.hour, "payroll_batch": batch, "minutes": w.minutes, "pay_rate": w.pay_rate}
        for w in draft.hours
    ]
    hour_links.pay(rows, (w.sheet for w in draft.hours))
    return batch


def find(batch: int) -> PayrollBatch:
    """A batch with its period; NotFound where there is none."""
    payroll_batch: PayrollBatch | None = (
        PayrollBatch.select(PayrollBatch, PayPeriod).join(PayPeriod).where(PayrollBatch.id == batch).first()
    )
    if payroll_batch is None:
        raise NotFound("There is no such payroll batch.")
    return payroll_batch


def find_again(calendar: str, year: int, number: int, sequence: int) -> PayrollBatch:
    """The batch of a period by its sequence; NotFound where there is none.

    Its pay date may have been changed since: then the latest with that sequence.
    """
    of_period = (PayrollBatch.pay_period == _period(calendar, year, number)) & (
        PayrollBatch.sequence == sequence
    )
    latest = PayrollBatch.select().where(of_period).order_by(PayrollBatch.pay_on.desc()).first()
    if latest is None:
        raise NotFound("There is no such payroll batch.")
    return find(latest.id)


def contents(batch: int, format: str) -> tuple[PayrollBatch, list[Paid]]:
    """A batch and its hours for a file of that format.

    Refused where it was undone, or an hour type of it has no code for the format. A code that was empty when
    the batch was made is taken over when it is first asked for, and stays as it is from then on.
    """
    if format not in payable.FORMATS:
        raise NotFound("There is no such format.")
    payroll_batch = find(batch)
    if payroll_batch.undone_at is not None:
        raise Conflict("This batch was undone: it has no file any more.")
    if payroll_batch.erased_at is not None:
        raise Conflict("The names in this batch were erased after their term: it has no file any more.")
    column = payable.FORMATS[format]
    if copies.lacking(payroll_batch.frozen, format, column):
        payroll_batch = _complete(batch)
    missing = copies.lacking(payroll_batch.frozen, format, column)
    if missing:
        raise Conflict("For this format a code is missing: %(codes)s.", codes=", ".join(missing))
    odd = copies.not_numeric(payroll_batch.frozen) if format == "loket" else []
    if odd:
        raise Conflict("Loket takes digits alone; this is no number: %(numbers)s.", numbers=", ".join(odd))
    return payroll_batch, batches.hours(payroll_batch)


def hand_out(
    batch: int, format: str, *, by: Account | None, source: str = ""
) -> tuple[PayrollBatch, list[Paid]]:
    """The same for who takes the file with everybody's pay away: that is an event. Raises the same."""
    agency_roles.require(by, "payroll", "Only the agency exports hours to payroll.")
    batch_and_hours = contents(batch, format)
    events.record(
        "hand_out_file", by=by, source=source, thing=thing(batch_and_hours[0]), after={"format": format}
    )
    return batch_and_hours


def _complete(batch: int) -> PayrollBatch:
    with transaction():
        hold("invoices")
        payroll_batch = find(batch)
        said: dict[str, Any] = copies.completed(payroll_batch.frozen)
        if said != payroll_batch.frozen:
            PayrollBatch.update(frozen=said).where(PayrollBatch.id == batch).execute()
            payroll_batch.frozen = said
    return payroll_batch


def paid_on(sheets: Iterable[int]) -> dict[int, date]:
    """The day on which each sheet is paid: that of the last batch with hours of it; one statement.

    Sheets that no batch pays yet are not in it (domain.payroll.pay_dates says when they would be).
    """
    ids = list(sheets)
    if not ids:
        return {}
    query = (
        PayrollHour.select(TimesheetLine.timesheet, fn.MAX(PayrollBatch.pay_on))
        .join(PayrollBatch)
        .switch(PayrollHour)
        .join(Hour)
        .join(TimesheetLine)
        .where(TimesheetLine.timesheet.in_(ids) & PayrollHour.released_at.is_null())
        .group_by(TimesheetLine.timesheet)
    )
    return {sheet: _day(pay_on) for sheet, pay_on in query.tuples()}


def _day(value: date | str) -> date:
    # SQLite gives the text of a day where it was computed.
    return date.fromisoformat(value) if isinstance(value, str) else value
