"""Charts with a column per pay period: a budget, a worker's year, the agency's hours and revenue."""

from itertools import dropwhile

from babel.dates import format_date
from flask_babel import gettext as _

from konnekt.domain import clock
from konnekt.domain.budgets import overview
from konnekt.domain.hours import totals
from konnekt.domain.periods import turnover
from konnekt.models import PayPeriod
from konnekt.screens import charts, formats, period_names
from konnekt.screens.charts import Charted, ColumnChart, Series

# Fewer periods are quicker read than looked at.
FEW = 3


def of_budget(budget: overview.BudgetUse, columns: list[overview.Column]) -> ColumnChart:
    """What is used of a budget in each period, in what runs out first: euros or hours."""
    in_cents = budget.against.is_in_cents
    say = formats.euros if in_cents else formats.hours
    series = [
        Series("invoiced", _("Invoiced"), say),
        Series("approved", _("Approved, not invoiced"), say),
        Series("waiting", _("Waiting for approval"), say),
    ]
    charted = []
    for one in columns:
        spent = (one.use.invoiced, one.use.approved, one.use.waiting)
        charted.append(_charted(one.period, *(each.cents if in_cents else each.minutes for each in spent)))
    return charts.columns("budget", _("Used per period"), series, charted, layout="stacked")


def of_year(year: totals.YearTotals) -> list[ColumnChart]:
    """The hours of each period of a year, by calendar, where there are enough to compare."""
    words = {"week": _("Hours per week"), "month": _("Hours per month")}
    by_calendar: dict[str, list[Charted]] = {}
    for one in year.periods:
        by_calendar.setdefault(one.period.calendar, []).append(_charted(one.period, one.total))
    drawn = []
    for calendar, charted in by_calendar.items():
        title = words.get(calendar, _("Hours per period"))
        if len(charted) >= FEW:
            series = [Series("first", title, formats.hours)]
            drawn.append(charts.columns(f"year-{calendar}", title, series, charted))
    return drawn


def of_turnover(periods: list[turnover.PeriodTurnover]) -> ColumnChart:
    """The hours of each period from the first that has any, and below them its revenue."""
    charted = [
        _charted(one.period, one.minutes, one.net_cents, is_open=one.is_open)
        for one in dropwhile(lambda one: not (one.minutes or one.net_cents), periods)
    ]
    series = [
        Series("approved", _("Approved hours"), formats.hours),
        Series("invoiced", _("Revenue, without VAT"), formats.euros),
    ]
    return charts.columns("turnover", _("Hours and revenue per period"), series, charted, layout="apart")


def _charted(period: PayPeriod, *amounts: int, is_open: bool = False) -> Charted:
    name = period_names.parts(period, _, formats.locale(), clock.today().year)[0]
    return Charted(period_names.capital(name), amounts, short=_letters(period), is_open=is_open)


def _letters(period: PayPeriod) -> str:
    """A period below its column: `12`, a week's number, or `nov`."""
    if period.calendar == "month":
        return format_date(period.first_on, "MMM", locale=formats.locale()).replace(".", "")
    return str(period.first_on.isocalendar().week if period.calendar == "week" else period.number)
