"""What a report adds up: invoice lines, hours that are approved and not invoiced, what those hours are paid.

One relation for all cuts, so that each of them comes to the same cents. A line is rounded as the invoice has
or will have it: per timesheet, budget number, ISO week, hour type and price (invoices/drafts.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL, Case, fn

from konnekt.domain.amounts import bill_rate, divided_there, pay_rate
from konnekt.domain.budgets.raw_rows import rows
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    State,
    Timesheet,
    TimesheetLine,
)

ZERO = SQL("0")


@dataclass(frozen=True)
class Scope:
    """Of which periods and organisations, by ids. before: the periods to compare with.

    organisations: None for all. has_pay: whether what hours are paid is read as well.
    """

    periods: list[int]
    before: list[int]
    organisations: list[int] | None
    has_pay: bool = False


def sums(cut: str, scope: Scope) -> list[tuple[Any, ...]]:
    """Per key of a cut of CUTS, in the order of its names: one statement.

    Key, name, name in English, what else is said of it; then minutes and cents invoiced, minutes and cents
    approved and not invoiced, of those the minutes without a rate, what all of them are paid in cents, and
    minutes and cents of the periods before, all together.
    """
    facts = _invoiced(scope).union_all(_open(scope))
    if scope.has_pay:
        facts = facts.union_all(_paid(scope))
    facts = facts.alias("facts")
    is_now, column = facts.c.is_now == 1, facts.c
    before = column.minutes + column.open_minutes, column.cents + column.open_cents
    counted = [
        fn.COALESCE(fn.SUM(one).filter(is_now), 0)
        for one in (
            column.minutes, column.cents, column.open_minutes, column.open_cents, column.unpriced_minutes,
            column.paid_cents,
        )
    ] + [fn.COALESCE(fn.SUM(one).filter(column.is_now == 0), 0) for one in before]  # fmt: skip
    return [(*row[:4], *(int(number) for number in row[4:])) for row in rows(CUTS[cut](facts, counted))]


def _by_organisation(facts: Any, counted: list[Any]) -> Any:
    one = Organisation
    query = one.select(one.id, one.name, one.name, one.code, *counted)
    query = query.join(facts, on=(facts.c.organisation == one.id))
    return query.group_by(one.id).order_by(one.name_key, one.id)


def _by_budget_number(facts: Any, counted: list[Any]) -> Any:
    one = BudgetNumber
    query = one.select(one.id, one.number, one.number, Organisation.name, *counted)
    query = query.join(Organisation).join(facts, on=(facts.c.number == one.id))
    return query.group_by(one.id, Organisation.id).order_by(one.number, one.id)


def _by_job(facts: Any, counted: list[Any]) -> Any:
    title = Assignment.job_title
    query = Assignment.select(SQL("0"), title, title, SQL("''"), *counted)
    return query.join(facts, on=(facts.c.assignment == Assignment.id)).group_by(title).order_by(title)


def _by_worker(facts: Any, counted: list[Any]) -> Any:
    name = fn.TRIM(Account.first_name.concat(" ").concat(Account.last_name))
    number = fn.COALESCE(Account.employee_number, "")
    query = Account.select(Account.id, name, name, number, *counted)
    query = query.join(Assignment, on=(Assignment.worker == Account.id))
    query = query.join(facts, on=(facts.c.assignment == Assignment.id))
    return query.group_by(Account.id).order_by(Account.name_key, Account.id)


def _by_hour_type(facts: Any, counted: list[Any]) -> Any:
    one = HourType
    query = one.select(one.id, one.name_nl, one.name_en, one.code, *counted)
    query = query.join(facts, on=(facts.c.hour_type == one.id))
    return query.group_by(one.id).order_by(one.code, one.id)


CUTS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "organisation": _by_organisation,
    "budget_number": _by_budget_number,
    "job": _by_job,
    "worker": _by_worker,
    "hour_type": _by_hour_type,
}


def _columns(organisation: Any, number: Any, assignment: Any, hour_type: Any, is_now: Any) -> list[Any]:
    return [
        organisation.alias("organisation"), number.alias("number"), assignment.alias("assignment"),
        hour_type.alias("hour_type"), is_now.alias("is_now"),
    ]  # fmt: skip


def _within(model: Any, scope: Scope, periods: list[int]) -> Any:
    condition = model.pay_period.in_(periods)
    if scope.organisations is not None:
        condition &= model.organisation.in_(scope.organisations)
    return condition


def _is_now(model: Any, scope: Scope) -> Any:
    return Case(None, [(model.pay_period.in_(scope.periods), SQL("1"))], ZERO)


def _invoiced(scope: Scope) -> Any:
    """Lines of invoices, those of credit notes taken off; of several numbers each line has its own."""
    sign = Case(None, [(Invoice.kind == "credit_note", SQL("-1"))], SQL("1"))
    number = fn.COALESCE(InvoiceLine.budget_number, Invoice.budget_number)
    return (
        Invoice.select(
            *_columns(
                Invoice.organisation,
                number,
                Timesheet.assignment,
                InvoiceLine.hour_type,
                _is_now(Invoice, scope),
            ),
            (sign * InvoiceLine.minutes).alias("minutes"),
            (sign * InvoiceLine.net_cents).alias("cents"),
            ZERO.alias("open_minutes"),
            ZERO.alias("open_cents"),
            ZERO.alias("unpriced_minutes"),
            ZERO.alias("paid_cents"),
        )
        .join(InvoiceLine)
        .join(Timesheet)
        .where(_within(Invoice, scope, scope.periods + scope.before))
    )  # fmt: skip


def _hours(rate: Any, scope: Scope, condition: Any) -> Any:
    """Approved hours, each with the rate of its day; a line is of one sheet, number, week and hour type."""
    return (
        Timesheet.select(
            *_columns(
                Timesheet.organisation, TimesheetLine.budget_number, Timesheet.assignment,
                TimesheetLine.hour_type, _is_now(Timesheet, scope),
            ),
            TimesheetLine.id.alias("line"),
            HourType.multiplier_percent.alias("percent"),
            rate.alias("rate"),
            Hour.minutes.alias("minutes"),
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(Hour)
        .where(condition & (Hour.minutes != 0))
    )  # fmt: skip


def _priced(hours: Any, price: Callable[[Any], Any]) -> tuple[Any, list[Any], Any]:
    """Minutes per line and price: the relation, what it is of, and its query to go on with."""
    hours = hours.alias("hours")
    names = ("organisation", "number", "assignment", "hour_type", "is_now", "line")
    each = hours.select_from(
        *(getattr(hours.c, name) for name in names),
        price(hours.c).alias("price"),
        hours.c.minutes,
    ).alias("each_hour")
    keys = [getattr(each.c, name) for name in (*names, "price")]
    summed = each.select_from(*keys, fn.SUM(each.c.minutes).alias("minutes")).group_by(*keys).alias("priced")
    return summed, [getattr(summed.c, name) for name in names[:5]], summed.c


def _open(scope: Scope) -> Any:
    """Hours that are approved and stand on no live invoice, at the price that an invoice would have."""
    is_live = (InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()
    condition = Timesheet.has_hours_to_invoice(State.APPROVED) & InvoicedHour.id.is_null()
    condition &= _within(Timesheet, scope, scope.periods + scope.before)
    hours = _hours(bill_rate(), scope, condition).join(InvoicedHour, JOIN.LEFT_OUTER, on=is_live)
    summed, of, column = _priced(
        hours, lambda hour: divided_there(hour.rate.cast("bigint") * hour.percent, 100)
    )
    return summed.select_from(
        *of,
        ZERO.alias("minutes"),
        ZERO.alias("cents"),
        column.minutes.alias("open_minutes"),
        fn.COALESCE(divided_there(column.minutes * column.price, 60 * 100), 0).alias("open_cents"),
        Case(None, [(column.price.is_null(), column.minutes)], ZERO).alias("unpriced_minutes"),
        ZERO.alias("paid_cents"),
    )


def _paid(scope: Scope) -> Any:
    """What the approved hours are paid before tax, whether a batch has them or not; of the periods alone."""
    condition = (Timesheet.state == State.APPROVED) & _within(Timesheet, scope, scope.periods)
    summed, of, column = _priced(
        _hours(pay_rate(), scope, condition), lambda hour: hour.rate.cast("bigint") * hour.percent
    )
    return summed.select_from(
        *of,
        ZERO.alias("minutes"),
        ZERO.alias("cents"),
        ZERO.alias("open_minutes"),
        ZERO.alias("open_cents"),
        ZERO.alias("unpriced_minutes"),
        fn.COALESCE(divided_there(column.minutes * column.price, 60 * 100 * 100), 0).alias("paid_cents"),
    )
