"""Budget numbers as the agency keeps them: strings, in which dots and leading zeros count."""

from datetime import date
from typing import Any

from peewee import fn

from konnekt.db import hold
from konnekt.domain import clock, events, flags
from konnekt.domain.records import changes, organisations, typed
from konnekt.domain.refused import Invalid, NotFound, Refused
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

COLUMNS = ("number", "description", "ceiling_minutes", "ceiling_cents", "valid_from_on", "valid_until_on")


def _lines() -> Any:
    return TimesheetLine.select().where(TimesheetLine.budget_number == BudgetNumber.id)


def _assignments() -> Any:
    return Assignment.select().where(Assignment.budget_number == BudgetNumber.id)


def _invoices() -> Any:
    return Invoice.select().where(Invoice.budget_number == BudgetNumber.id)


def of(organisation: Organisation) -> list[BudgetNumber]:
    """Its budget numbers in order, each with is_used (it can't be deleted) and is_over: one statement."""
    query = (
        BudgetNumber.select(BudgetNumber, _is_used().alias("is_used"))
        .where(BudgetNumber.organisation == organisation)
        .order_by(BudgetNumber.number, BudgetNumber.id)
    )
    found = list(query)
    today = clock.today()
    for row in found:
        row.is_over = row.valid_until_on is not None and row.valid_until_on < today
    return found


def _is_used() -> Any:
    return fn.EXISTS(_lines()) | fn.EXISTS(_assignments()) | fn.EXISTS(_invoices())


def find(code: str, number: int) -> BudgetNumber:
    """The budget number of that organisation, with is_used and is_invoiced; raises NotFound."""
    found: BudgetNumber | None = (
        BudgetNumber.select(
            BudgetNumber,
            Organisation,
            _is_used().alias("is_used"),
            fn.EXISTS(_invoices()).alias("is_invoiced"),
        )
        .join(Organisation)
        .where((BudgetNumber.id == number) & (Organisation.code == code))
        .first()
    )
    if found is None:
        raise NotFound("This budget number does not exist.")
    return found


def seen(row: BudgetNumber) -> str:
    """How the row is now, for the form that changes it."""
    return changes.seen(row, COLUMNS)


def add(code: str, values: dict[str, Any], *, by: Account) -> BudgetNumber:
    """A new one. Raises Invalid with the field that can't be."""
    with changes.together(by):
        organisation = organisations.find(code)
        checked = _checked(values, organisation.id, None)
        made: BudgetNumber = BudgetNumber.create(organisation=organisation, **checked)
        events.record("add_budget_number", by=by, after=changes.filled(made, COLUMNS), **_about(made))
    return made


def change(code: str, number: int, values: dict[str, Any], *, seen: str, by: Account) -> BudgetNumber:
    """Change it; timesheets that wait get the flags that follow from it.

    The number itself stays once it stands on an invoice.
    """
    with changes.together(by):
        hold("invoices")
        row = find(code, number)
        checked = _checked(values, row.organisation_id, row)
        if checked["number"] != row.number and row.is_invoiced:
            raise Invalid("This number stands on an invoice, so it stays.", field="number")
        about = _about(row)
        before, after = changes.write(row, checked, was_seen=seen)
        if after:
            row.save(only=[BudgetNumber.number])  # with the keys that search finds it by
            events.record("change_budget_number", by=by, before=before, after=after, **about)
            _flag_again(row)
    return row


def end(code: str, number: int, on: date | None, *, by: Account) -> BudgetNumber:
    """Its last valid day; hours after it are flagged."""
    with changes.together(by):
        row = find(code, number)
        if on is None:
            raise Invalid("Choose a day.", field="valid_until_on")
        _check_days(row.valid_from_on, on)
        before, after = changes.write(row, {"valid_until_on": on})
        if after:
            events.record("change_budget_number", by=by, before=before, after=after, **_about(row))
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
    """Delete one that nothing uses: no timesheet, no assignment, no invoice. Raises Refused."""
    with changes.together(by):
        row = find(code, number)
        before = changes.filled(row, COLUMNS)
        unused = BudgetNumber.delete().where((BudgetNumber.id == row.id) & ~_is_used())
        if unused.execute() != 1:
            raise Refused("This budget number is in use, so it stays. End it instead.")
        events.record("delete_budget_number", by=by, before=before, **_about(row))
    return row


def _about(row: BudgetNumber) -> dict[str, Any]:
    return {"organisation": row.organisation_id, "thing": f"budget_number {row.number}"}


def _checked(values: dict[str, Any], organisation: int, row: BudgetNumber | None) -> dict[str, Any]:
    number = typed.line(values["number"], "number", most=typed.CODE, required=True)
    others = (
        (BudgetNumber.organisation == organisation)
        & (BudgetNumber.number == number)
        & (BudgetNumber.id != (row.id if row else 0))
    )
    if BudgetNumber.select().where(others).exists():
        raise Invalid("This organisation has this budget number already.", field="number")
    _check_days(values["valid_from_on"], values["valid_until_on"])
    return {
        "number": number,
        "description": typed.line(values["description"], "description", was=row.description if row else ""),
        **{name: values[name] for name in COLUMNS[2:]},
    }


def _check_days(first_on: date | None, last_on: date | None) -> None:
    typed.day(first_on, "valid_from_on")
    typed.day(last_on, "valid_until_on")
    if first_on and last_on and last_on < first_on:
        raise Invalid("The last day comes before the first.", field="valid_until_on")
