"""What a report adds up: invoice lines, hours that are approved and not invoiced, what those hours are paid.

One relation for all cuts, so that each of them comes to the same cents. A line is rounded as the invoice has
or will have it: per timesheet, budget number, ISO week, hour type and price (invoices/drafts.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from peewee import SQL, Case, fn

from konnekt.domain.amounts import bill_rate, divided_there, pay_rate
from konnekt.domain.budgets import raw_rows
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
    Rate,
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
    key, named = CUTS[cut]
    facts = _invoiced(scope, has_worker=key == "assignment").union_all(_open(scope))
    if scope.has_pay:
        facts = facts.union_all(_paid(scope))
    facts = facts.alias("facts")
    column, is_now = facts.c, facts.c.is_now == 1
    before = {
        "before_minutes": column.minutes + column.open_minutes,
        "before_cents": column.cents + column.open_cents,
    }
    # Added up by a number before anything is joined: the names of thousands of lines are few.
    keyed = facts.select_from(
        getattr(column, key).alias("key"),
        *(fn.SUM(getattr(column, name)).filter(is_now).alias(name) for name in COUNTED),
        *(fn.SUM(one).filter(column.is_now == 0).alias(name) for name, one in before.items()),
    )
    keyed = keyed.group_by(getattr(column, key)).alias("keyed")
    counted = [fn.COALESCE(fn.SUM(getattr(keyed.c, name)), 0) for name in (*COUNTED, *before)]
    return [(*row[:4], *(int(number) for number in row[4:])) for row in raw_rows.rows(named(keyed, counted))]


def _by_organisation(keyed: Any, counted: list[Any]) -> Any:
    one = Organisation
    query = one.select(one.id, one.name, one.name, one.code, *counted).join(keyed, on=(keyed.c.key == one.id))
    return query.group_by(one.id).order_by(one.name_key, one.id)


def _by_budget_number(keyed: Any, counted: list[Any]) -> Any:
    one = BudgetNumber
    query = one.select(one.id, one.number, one.number, Organisation.name, *counted)
    query = query.join(Organisation).join(keyed, on=(keyed.c.key == one.id))
    return query.group_by(one.id, Organisation.id).order_by(one.number, one.id)


def _by_job(keyed: Any, counted: list[Any]) -> Any:
    title = Assignment.job_title
    query = Assignment.select(ZERO, title, title, SQL("''"), *counted)
    return query.join(keyed, on=(keyed.c.key == Assignment.id)).group_by(title).order_by(title)


def _by_worker(keyed: Any, counted: list[Any]) -> Any:
    name = fn.TRIM(Account.first_name.concat(" ").concat(Account.last_name))
    number = fn.COALESCE(Account.employee_number, "")
    query = Account.select(Account.id, name, name, number, *counted)
    query = query.join(Assignment, on=(Assignment.worker == Account.id))
    query = query.join(keyed, on=(keyed.c.key == Assignment.id))
    return query.group_by(Account.id).order_by(Account.name_key, Account.id)


def _by_hour_type(keyed: Any, counted: list[Any]) -> Any:
    one = HourType
    query = one.select(one.id, one.name_nl, one.name_en, one.code, *counted)
    return query.join(keyed, on=(keyed.c.key == one.id)).group_by(one.id).order_by(one.code, one.id)


# Of each cut what its facts are added up by first, and its names.
CUTS: dict[str, tuple[str, Callable[[Any, list[Any]], Any]]] = {
    "organisation": ("organisation", _by_organisation),
    "budget_number": ("number", _by_budget_number),
    "job": ("assignment", _by_job),
    "worker": ("assignment", _by_worker),
    "hour_type": ("hour_type", _by_hour_type),
}
# What a fact is of, and what it counts.
KEYS = ("organisation", "number", "assignment", "hour_type", "is_now")
COUNTED = ("minutes", "cents", "open_minutes", "open_cents", "unpriced_minutes", "paid_cents")


def _fact(keys: Iterable[Any], **counted: Any) -> list[Any]:
    """The columns of a fact: what it is of, in the order of KEYS, and its numbers, else noughts."""
    return _named(keys) + [counted.get(name, ZERO).alias(name) for name in COUNTED]


def _within(model: Any, scope: Scope, periods: list[int]) -> Any:
    condition = model.pay_period.in_(periods)
    if scope.organisations is not None:
        condition &= model.organisation.in_(scope.organisations)
    return condition


def _is_now(model: Any, scope: Scope) -> Any:
    return Case(None, [(model.pay_period.in_(scope.periods), SQL("1"))], ZERO)


def _line_keys(scope: Scope, assignment: Any = Timesheet.assignment) -> list[Any]:
    """What an invoice line is of; of several numbers each line has its own."""
    number = fn.COALESCE(InvoiceLine.budget_number, Invoice.budget_number)
    return [Invoice.organisation, number, assignment, InvoiceLine.hour_type, _is_now(Invoice, scope)]


def _hour_keys(scope: Scope) -> list[Any]:
    return [
        Timesheet.organisation, TimesheetLine.budget_number, Timesheet.assignment, TimesheetLine.hour_type,
        _is_now(Timesheet, scope),
    ]  # fmt: skip


# Amounts of a credit note are positive, its kind says the direction.
_SIGN = Case(None, [(Invoice.kind == "credit_note", SQL("-1"))], SQL("1"))


def _invoiced(scope: Scope, *, has_worker: bool) -> Any:
    """Lines of invoices, those of credit notes taken off; has_worker: whether it matters whose they are."""
    keys = _line_keys(scope) if has_worker else _line_keys(scope, ZERO)
    minutes, cents = _SIGN * InvoiceLine.minutes, _SIGN * InvoiceLine.net_cents
    query = Invoice.select(*_fact(keys, minutes=minutes, cents=cents))
    query = query.join(InvoiceLine)
    if has_worker:
        query = query.join(Timesheet)
    return query.where(_within(Invoice, scope, scope.periods + scope.before))


def _open_hours(columns: list[Any], scope: Scope, periods: list[int]) -> Any:
    """Hours that are approved and stand on no live invoice.

    The link is asked of each hour: with a join PostgreSQL goes through the hours of all years.
    """
    live = InvoicedHour.select(InvoicedHour.id).where(
        (InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()
    )
    query = Timesheet.select(*columns).join(TimesheetLine).join(HourType).switch(TimesheetLine).join(Hour)
    return query.where(
        Timesheet.has_hours_to_invoice(State.APPROVED)
        & _within(Timesheet, scope, periods)
        & (Hour.minutes != 0)
        & (fn.COALESCE(live.limit(1), 0) == 0)
    )


def _open(scope: Scope) -> Any:
    """Those hours at the price that an invoice would have, per line and price."""
    columns = [
        *_named(_hour_keys(scope)),
        TimesheetLine.id.alias("line"), HourType.multiplier_percent.alias("percent"),
        bill_rate().alias("rate"), fn.SUM(Hour.minutes).alias("minutes"),
    ]  # fmt: skip
    # Added up here, for in a plain subquery SQLite would look for the rate each time that it is named.
    hours = _open_hours(columns, scope, scope.periods + scope.before).group_by(
        Timesheet.id, TimesheetLine.id, HourType.id, SQL("rate")
    )
    hours = hours.alias("open_hours")
    price = divided_there(hours.c.rate.cast("bigint") * hours.c.percent, 100)
    names = (*KEYS, "line")
    of = [getattr(hours.c, name) for name in names]
    each = hours.select_from(*of, price.alias("price"), hours.c.minutes).alias("priced_hours")
    keys = [getattr(each.c, name) for name in (*names, "price")]
    lines = each.select_from(*keys, fn.SUM(each.c.minutes).cast("bigint").alias("minutes"))
    lines = lines.group_by(*keys).alias("open_lines")
    line = lines.c
    cents = divided_there(line.minutes * line.price, 60 * 100)
    return lines.select_from(
        *_fact(
            (getattr(line, name) for name in KEYS),
            open_minutes=line.minutes,
            open_cents=fn.COALESCE(cents, 0),
            unpriced_minutes=Case(None, [(line.price.is_null(), line.minutes)], ZERO),
        )
    )


def _paid(scope: Scope) -> Any:
    """What invoiced and open hours of the periods are paid before tax, rounded where all cuts share it.

    Of a line of an invoice by its first day: few are of a week in which the rate changes, and their hours are
    looked at one by one.
    """
    begins = Rate.select(Rate.id).where(
        (Rate.assignment == Timesheet.assignment)
        & (Rate.valid_from_on > InvoiceLine.first_on)
        & (Rate.valid_from_on <= InvoiceLine.last_on)
    )
    within, is_split = _within(Invoice, scope, scope.periods), fn.EXISTS(begins)
    of_line = _part(_SIGN * InvoiceLine.minutes, pay_rate(InvoiceLine.first_on))
    lines = Invoice.select(*_named(_line_keys(scope)), of_line).join(InvoiceLine).join(Timesheet)
    lines = lines.switch(InvoiceLine).join(HourType).where(within & ~is_split)
    # What a credit note took back is released, and its own lines have no hours.
    live = Invoice.select(*_named(_line_keys(scope)), _part(InvoicedHour.minutes, pay_rate()))
    live = live.join(InvoiceLine).join(Timesheet).switch(InvoiceLine).join(HourType).switch(InvoiceLine)
    live = live.join(InvoicedHour).join(Hour).where(within & is_split & InvoicedHour.released_at.is_null())
    columns = [*_named(_hour_keys(scope)), _part(Hour.minutes, pay_rate())]
    parts = lines.union_all(live).union_all(_open_hours(columns, scope, scope.periods)).alias("paid_parts")
    keys = [getattr(parts.c, name) for name in KEYS]
    cells = parts.select_from(*keys, fn.SUM(parts.c.part).cast("bigint").alias("part"))
    cells = cells.group_by(*keys).alias("paid_cells")
    cents = divided_there(cells.c.part, 60 * 100 * 100)
    return cells.select_from(*_fact((getattr(cells.c, name) for name in KEYS), paid_cents=cents))


def _named(keys: Iterable[Any]) -> list[Any]:
    return [column.alias(name) for name, column in zip(KEYS, keys, strict=True)]


def _part(minutes: Any, rate: Any) -> Any:
    """Minutes x pay rate of the day x multiplier, exact; nought where no rate is valid."""
    return (minutes.cast("bigint") * HourType.multiplier_percent * fn.COALESCE(rate, 0)).alias("part")
