"""The report on screen: the words of its cuts and its chart."""

from collections.abc import Sequence

from flask_babel import gettext as _

from konnekt.documents import report as files
from konnekt.domain import clock
from konnekt.domain.periods import report
from konnekt.models import PayPeriod
from konnekt.screens import charts, period_names
from konnekt.screens.formats import euros, locale
from konnekt.screens.languages import reader

# As many as one compares at a glance.
MOST_BARS = 10


def cut_word(cut: str) -> str:
    """What a cut is called."""
    return files.cut_words(cut, _)


def name(row: report.ReportRow) -> str:
    """What a row is called."""
    return files.row_name(row, _, reader())


def span(periods: Sequence[PayPeriod]) -> str:
    """Periods in a row: `Periode 11 – Periode 12`; another year than this is named."""
    if not periods:
        return ""
    return period_names.capital(period_names.together(periods, _, locale(), clock.today().year))


def chart(of: report.PeriodReport) -> charts.StackedBars | None:
    """The largest rows, what is invoiced and what is to be; none where one bar is all there is to see."""
    largest = sorted(of.rows, key=lambda row: -row.sums.all_cents)[:MOST_BARS]
    bars = [
        charts.Charted(name(row), (row.sums.cents, row.sums.open_cents))
        for row in largest
        if row.sums.all_cents > 0
    ]
    if len(bars) < 2:
        return None
    series = (
        charts.Series("invoiced", _("Invoiced"), euros),
        charts.Series("approved", _("To invoice"), euros),
    )
    return charts.bars("report-chart", _("The largest amounts, without VAT"), series, bars, to_scale=True)
