"""The charts of the agency's home: how far a period is per organisation, and open invoices by age."""

from flask import url_for
from flask_babel import gettext as _, ngettext

from konnekt.domain.payments import overdue
from konnekt.domain.periods import month as period_month, stages
from konnekt.models import PayPeriod
from konnekt.screens import charts, formats
from konnekt.screens.charts import Charted, Series, StackedBars

# As many organisations have a bar on the agency's home; the others have one together.
MOST = 10


def stage_words() -> dict[str, str]:
    """The stages of a timesheet as people call them."""
    words = (_("Not sent"), _("To approve"), _("Approved"), _("Invoiced"), _("Paid out"))
    return dict(zip(stages.STAGES, words, strict=True))


def of_month(month: period_month.Month) -> list[tuple[PayPeriod, StackedBars]]:
    """Of each period that is next how far its timesheets are per organisation, those with most to do."""
    return [
        (period, of_period(period, month.places[period.id], most=MOST))
        for period, tally in month.periods
        if tally.count
    ]


def of_period(period: PayPeriod, places: list[stages.PlaceStages], *, most: int = 0) -> StackedBars:
    """A bar for each organisation, or for so many that have most to do and one for the others together."""
    query = {"calendar": period.calendar, "year": period.year, "period": period.number}
    shown = places
    if most and len(places) > most + 1:
        first = sorted(places, key=lambda one: (-one.to_do, -one.count))[:most]
        shown = [one for one in places if one in first]
    charted = [
        Charted(one.name, one.counts, url_for("bureau.progress.index", **query, organisation=one.code))
        for one in shown
    ]
    if others := [one for one in places if one not in shown]:
        words = ngettext("%(num)s other organisation", "%(num)s other organisations", len(others))
        sums = tuple(sum(numbers) for numbers in zip(*(one.counts for one in others), strict=True))
        charted.append(Charted(words, sums, url_for("bureau.progress.index", **query)))
    series = [Series(kind, words) for kind, words in stage_words().items()]
    title = _("Timesheets per organisation, %(period)s", period=formats.period(period))
    return charts.bars(f"stages-{period.calendar}", title, series, charted)


def band_words() -> dict[str, str]:
    """How long past its due date an invoice is, in words."""
    words = (_("1 to 30 days"), _("31 to 60 days"), _("more than 60 days"))
    return dict(zip(overdue.BANDS, words, strict=True))


def of_ages(ages: list[overdue.Band]) -> StackedBars:
    """What is open of invoices by age, each age leading to its invoices."""
    words = {overdue.NOT_DUE: _("not due yet")} | band_words()
    places = {overdue.NOT_DUE: url_for("bureau.payments.index")}
    places |= {band: url_for("bureau.overdue.index", band=band) for band in overdue.BANDS}
    charted = [
        Charted(words[one.key], (one.open_cents,), places[one.key] if one.count else "") for one in ages
    ]
    series = [Series("invoiced", _("Open"), formats.euros)]
    return charts.bars(
        "open-by-age", _("Open invoices by days past the due date"), series, charted, to_scale=True
    )
