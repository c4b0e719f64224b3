"""Budget numbers as the agency keeps them: strings, in which dots and leading zeros count."""

from datetime import date
from typing import Any

from peewee import fn

from konnekt.db import hold
from konnekt.domain import clock, flags, text_fields
from konnekt.domain.records import organisations
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Invoice,
    Organisation,
    State,
    Timesheet,
    TimesheetLine,
)

RECORD = RecordType(
    "budget_number",
    lambda row: {"organisation": row.organisation_id, "thing": f"budget_number {row.number}"},
    {
        "number": text_fields.code,
        "description": text_fields.line,
        "ceiling_minutes": text_fields.unjudged,
        "ceiling_cents": text_fields.unjudged,
        "valid_from_on": text_fields.day,
        "valid_until_on": text_fields.day,
    },
    joint=(text_fields.in_order("valid_from_on", "valid_until_on"),),
)
COLUMNS = RECORD.columns
seen = RECORD.fingerprint


def _is_in(model: Any) -> Any:
    return fn.EXISTS(model.select().where(model.budget_number == BudgetNumber.id))


def of(organisation: Organisation) -> list[BudgetNumber]:
    """Its budget numbers in order, each with is_used (it can't be deleted) and is_over: one statement."""
    query = (
        BudgetNumber.select(BudgetNumber, _is_used().alias("is_used"))
        .where(BudgetNumber.organisation == organisation)
        .order_by(BudgetNumber.number, BudgetNumber.id)
    )
    numbers = list(query)
    today = clock.today()
    for row in numbers:
        row.is_over = row.valid_until_on is not None and row.valid_until_on < today
    return numbers


def _is_used() -> Any:
    return _is_in(TimesheetLine) | _is_in(Assignment) | _is_in(Invoice)


def find(code: str, number: int) -> BudgetNumber:
    """The budget number of that organisation, with is_used and is_invoiced; raises NotFound."""
    row: BudgetNumber | None = (
        BudgetNumber.select(
            BudgetNumber,
            Organisation,
            _is_used().alias("is_used"),
            _is_in(Invoice).alias("is_invoiced"),
        )
        .join(Organisation)
        .where((BudgetNumber.id == number) & (Organisation.code == code))
        .first()
    )
    return existing(row, NotFound("This budget number does not exist."))


def add(code: str, values: dict[str, Any], *, by: Account) -> BudgetNumber:
    """A new one. Raises Invalid with the field that can't be."""
    with staff_only(by, "budget numbers"):
        organisation = organisations.find(code)
        row = BudgetNumber(organisation=organisation, **_checked(values, organisation.id, None))
        RECORD.add(row, by=by)
    return row


def change(code: str, number: int, values: dict[str, Any], *, seen: str, by: Account) -> BudgetNumber:
    """Change it; timesheets that wait get the flags that follow from it.

    The number itself stays once it stands on an invoice.
    """
    with staff_only(by, "budget numbers"):
        hold("invoices")
        row = find(code, number)
        RECORD.check_seen(row, seen)
        checked = _checked(values, row.organisation_id, row)
        if checked["number"] != row.number and row.is_invoiced:
            raise Invalid("This number stands on an invoice, so it stays.", field="number")
        if RECORD.change(row, checked, by=by):
            row.save(only=[BudgetNumber.number])  # with the keys that search finds it by
            _flag_again(row)
    return row


def end(code: str, number: int, on: date | None, *, by: Account) -> BudgetNumber:
    """Its last valid day; hours after it are flagged."""
    with staff_only(by, "budget numbers"):
        row = find(code, number)
        if on is None:
            raise Invalid("Choose a day.", field="valid_until_on")
        checked = RECORD.checked({"valid_from_on": row.valid_from_on, "valid_until_on": on}, row)
        if RECORD.change(row, checked, by=by):
            _flag_again(row)
    return row


def _flag_again(row: BudgetNumber) -> None:
    waiting = (
        Timesheet.select(Timesheet.id)
        .join(TimesheetLine)
        .where((TimesheetLine.budget_number == row) & (Timesheet.state == State.SUBMITTED))
        .distinct()
    )
    flags.changed({sheet.id for sheet in waiting}, are_hours_moved=False, budget_numbers=[row.id])


def delete(code: str, number: int, *, by: Account) -> BudgetNumber:
    """Delete one that nothing uses: no timesheet, no assignment, no invoice. Raises Conflict."""
    with staff_only(by, "budget numbers"):
        row = find(code, number)
        if row.is_used:
            raise Conflict("This budget number is in use, so it stays. End it instead.")
        RECORD.delete(row, by=by)
    return row


def _checked(values: dict[str, Any], organisation: int, row: BudgetNumber | None) -> dict[str, Any]:
    checked = RECORD.checked(values, row)
    others = (
        (BudgetNumber.organisation == organisation)
        & (BudgetNumber.number == checked["number"])
        & (BudgetNumber.id != (row.id if row else 0))
    )
    if BudgetNumber.select().where(others).exists():
        raise Invalid("This organisation has this budget number already.", field="number")
    return checked
