"""The report: hours and euros of a period or several by one cut, against the periods before and ceilings.

Euros are what the invoices say, without VAT, credit notes taken off, whenever they were issued: an invoice is
of the period whose hours it bills. What is approved and not invoiced stands beside it, never in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

from konnekt.domain import access, clock, paging
from konnekt.domain.access import Grants
from konnekt.domain.budgets import overview
from konnekt.domain.paging import Page
from konnekt.domain.periods import report_facts
from konnekt.domain.periods.report_facts import Scope
from konnekt.domain.refusals import Forbidden, Invalid
from konnekt.models import BudgetNumber, Organisation, PayPeriod
from konnekt.models.people import fold

CUTS = tuple(report_facts.CUTS)
# A file of more rows takes longer than a reader waits.
MOST_ROWS = 20_000
# A PDF of more pages nobody reads.
MOST_PRINTED = 2_000


@dataclass(frozen=True)
class ReportFilter:
    """What is asked for; empty means the usual: the last period with its approvals due, all organisations.

    first, last: ids of periods.
    """

    cut: str = CUTS[0]
    year: int | None = None
    first: int | None = None
    last: int | None = None
    organisation: str = ""


@dataclass(frozen=True)
class ReportSums:
    """Minutes and cents without VAT. open_*: approved, on no invoice yet; before_*: both, in periods before.

    unpriced_minutes: those of the open ones that have no rate, and so no euros; paid_cents: what all of
    them are paid before tax.
    """

    minutes: int = 0
    cents: int = 0
    open_minutes: int = 0
    open_cents: int = 0
    unpriced_minutes: int = 0
    paid_cents: int = 0
    before_minutes: int = 0
    before_cents: int = 0

    @property
    def all_minutes(self) -> int:
        return self.minutes + self.open_minutes

    @property
    def all_cents(self) -> int:
        return self.cents + self.open_cents

    @property
    def more_cents(self) -> int:
        """How much more than in the periods before."""
        return self.all_cents - self.before_cents

    @property
    def margin_cents(self) -> int:
        """What is billed, and will be, less what is paid for the same hours."""
        return self.all_cents - self.paid_cents


@dataclass(frozen=True)
class ReportRow:
    """One key of the cut. name: empty where there is none; about: a code, a number or an organisation.

    budget: a budget number with all that was ever used of it, on a page or in a file.
    """

    key: int
    name_nl: str
    name_en: str
    about: str
    sums: ReportSums
    budget: overview.BudgetUse | None = None

    def name(self, language: str) -> str:
        """What it is called."""
        return self.name_en if language == "en" else self.name_nl


@dataclass
class PeriodReport:
    """What was asked for, what can be asked for, the rows in order and their sum.

    before: the periods that it is compared with, as many; none where not that many are known.
    has_margin: whether the reader is told what hours are paid. read_organisations: the ids of whose it is;
    None for all of the agency's, never for anybody else.
    """

    by: ReportFilter
    organisations: list[Organisation]
    years: list[int]
    choice: list[PayPeriod]
    periods: list[PayPeriod]
    before: list[PayPeriod]
    has_margin: bool
    read_organisations: list[int] | None = None
    rows: list[ReportRow] = field(default_factory=list)

    @property
    def has_calendars(self) -> bool:
        """Whether there are periods of several calendars to choose from."""
        return len({one.calendar for one in self.choice}) > 1

    @property
    def until(self) -> list[PayPeriod]:
        """Which periods it can go up to: those of the same calendar that are not before the first."""
        first = self.periods[:1]
        return [
            one
            for one in self.choice
            if first and one.calendar == first[0].calendar and one.first_on >= first[0].first_on
        ]

    @property
    def whole(self) -> ReportSums:
        """All rows together."""
        each = [row.sums for row in self.rows]
        return ReportSums(**{one.name: sum(getattr(s, one.name) for s in each) for one in fields(ReportSums)})

    @property
    def organisation(self) -> Organisation | None:
        """The one that it is about, if it is about one."""
        return next((one for one in self.organisations if one.code == self.by.organisation), None)

    def page(self, number: int) -> Page:
        """A page of its rows; budget numbers come with their use: two statements, else none."""
        listed = paging.of_list(self.rows, number)
        return replace(listed, rows=self._with_budgets(listed.rows))

    def all_rows(self, most: int = MOST_ROWS) -> list[ReportRow]:
        """All of them, for a file. Raises Invalid where they are more than it holds."""
        self.check_length(most)
        return self._with_budgets(self.rows)

    def check_length(self, most: int) -> None:
        """Raise Invalid for more rows than that."""
        if len(self.rows) > most:
            raise Invalid(
                "A file holds at most %(count)s rows: choose an organisation or another cut.", count=most
            )

    def _with_budgets(self, rows: list[ReportRow]) -> list[ReportRow]:
        if self.by.cut != "budget_number" or not rows:
            return rows
        ids = [row.key for row in rows]
        numbers = BudgetNumber.select().where(BudgetNumber.id.in_(ids))
        uses = {one.number.id: one for one in overview.with_use(numbers, in_periods=False)}
        return [replace(row, budget=uses.get(row.key)) for row in rows]


def load(who: Grants, by: ReportFilter) -> PeriodReport:
    """The report as a reader sees it: three statements at most. Raises Forbidden for who sees no invoices."""
    report = _chosen(who, by)
    if report.periods:
        scope = Scope(
            [one.id for one in report.periods],
            [one.id for one in report.before],
            report.read_organisations,
            report.has_margin,
        )
        # What a worker is known by is for the agency.
        is_told = who.is_agency_staff or report.by.cut != "worker"
        report.rows = [
            ReportRow(key, name_nl, name_en, about if is_told else "", ReportSums(*numbers))
            for key, name_nl, name_en, about, *numbers in report_facts.sums(report.by.cut, scope)
        ]
    if report.by.cut == "job":
        report.rows.sort(key=lambda row: fold(row.name_nl))
    return report


def may_read(who: Grants, organisations: Iterable[int] | None, *, has_margin: bool) -> bool:
    """Whether a file of these organisations (None: all), with or without a margin, is for this reader."""
    if has_margin and not who.may("pay rates"):
        return False
    if organisations is None:
        return who.is_agency_staff
    return all(access.may_see_invoices(who, one) for one in organisations)


def _chosen(who: Grants, by: ReportFilter) -> PeriodReport:
    if not access.may_see_invoices(who):
        raise Forbidden("The report is for who may see invoices.")
    places = _places(who)
    here = next((one for one in places if one.code == by.organisation), None)
    calendars = {one.calendar for one in ([here] if here else places)}
    begun = list(
        PayPeriod.select()
        .where(PayPeriod.calendar.in_(calendars) & (PayPeriod.first_on <= clock.today()))
        .order_by(PayPeriod.first_on.desc(), PayPeriod.calendar, PayPeriod.id)
    )
    years = sorted({one.year for one in begun}, reverse=True)
    usual = _usual(begun, places)
    year = by.year if by.year in years else usual.year if usual else None
    choice = [one for one in begun if one.year == year]
    first = next((one for one in choice if one.id == by.first), None) or _usual(choice, places)
    periods, before = _range(first, by.last, choice, begun)
    asked = replace(
        by, cut=by.cut if by.cut in CUTS else CUTS[0], organisation=here.code if here else "", year=year,
        first=periods[0].id if periods else None, last=periods[-1].id if periods else None,
    )  # fmt: skip
    whose = [here.id] if here else None if who.is_agency_staff else sorted(who.invoices)
    return PeriodReport(asked, places, years, choice, periods, before, who.may("pay rates"), whose)


def _places(who: Grants) -> list[Organisation]:
    if who.is_agency_staff:
        return list(Organisation.select().order_by(Organisation.name_key, Organisation.id))
    return [one for one in who.organisations.values() if access.may_see_invoices(who, one.id)]


def _usual(of: list[PayPeriod], places: list[Organisation]) -> PayPeriod | None:
    """The last with its approvals due, of the calendar that most organisations follow; else the last."""
    followed = [one.calendar for one in places]
    over = [one for one in of if one.approve_by_at <= clock.now()] or of
    most = max({one.calendar for one in over}, key=lambda name: (followed.count(name), name), default="")
    return next((one for one in over if one.calendar == most), None)


def _range(
    first: PayPeriod | None, last: int | None, choice: list[PayPeriod], begun: list[PayPeriod]
) -> tuple[list[PayPeriod], list[PayPeriod]]:
    """From the first to the last, by day; and as many before. Another order or calendar: the first alone."""
    if first is None:
        return [], []
    same = [one for one in reversed(choice) if one.calendar == first.calendar]
    at = same.index(first)
    to = next((n for n, one in enumerate(same) if one.id == last and n >= at), at)
    periods = same[at : to + 1]
    earlier = [
        one for one in reversed(begun) if one.calendar == first.calendar and one.first_on < first.first_on
    ]
    before = earlier[-len(periods) :]
    return periods, before if len(before) == len(periods) else []
