"""Hours and revenue of the last pay periods of a calendar."""

from dataclasses import dataclass

from peewee import Case, fn

from konnekt.domain import clock
from konnekt.models import Invoice, Organisation, PayPeriod, State, Timesheet

# A year of four weeks.
LAST = 13


@dataclass(frozen=True)
class PeriodTurnover:
    """What was approved of a period (minutes), and invoiced less credited of it (cents, without VAT).

    is_open: whether its approve-by is still to come, so that more is expected.
    """

    period: PayPeriod
    minutes: int
    net_cents: int
    is_open: bool


@dataclass(frozen=True)
class Turnover:
    """The last periods of a calendar, the oldest first; calendars: those that organisations follow.

    The calendar that most of them follow comes first; it is empty where there is no organisation.
    """

    calendar: str
    calendars: list[str]
    periods: list[PeriodTurnover]


def load(calendar: str = "") -> Turnover:
    """Of the calendar asked for, or the first: four statements that read its last periods alone."""
    followers = Organisation.select(Organisation.calendar).group_by(Organisation.calendar)
    followers = followers.order_by(fn.COUNT(Organisation.id).desc(), Organisation.calendar)
    calendars = [name for (name,) in followers.tuples()]
    chosen = calendar if calendar in calendars else next(iter(calendars), "")
    return Turnover(chosen, calendars, _of(chosen))


def _of(calendar: str) -> list[PeriodTurnover]:
    begun = (PayPeriod.calendar == calendar) & (PayPeriod.first_on <= clock.today())
    periods = list(PayPeriod.select().where(begun).order_by(PayPeriod.first_on.desc()).limit(LAST))[::-1]
    ids = [period.id for period in periods]
    of_sheets = Timesheet.pay_period.in_(ids) & (Timesheet.state == State.APPROVED)
    hours = Timesheet.select(Timesheet.pay_period, fn.SUM(Timesheet.minutes)).where(of_sheets)
    minutes = dict(hours.group_by(Timesheet.pay_period).tuples())
    signed = fn.SUM(Case(None, ((Invoice.kind == "credit_note", Invoice.net_cents * -1),), Invoice.net_cents))
    amounts = Invoice.select(Invoice.pay_period, signed).where(Invoice.pay_period.in_(ids))
    cents = dict(amounts.group_by(Invoice.pay_period).tuples())
    return [
        PeriodTurnover(
            one, int(minutes.get(one.id, 0)), int(cents.get(one.id, 0)), one.approve_by_at > clock.now()
        )
        for one in periods
    ]
