"""An agency at work today: approvers with waiting sheets, workers with drafts, organisations to invoice."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from konnekt.domain import clock
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    HourType,
    Organisation,
    PayPeriod,
    Timesheet,
)
from tests import factories

APPROVERS = 3
WORKERS = 4
SHEETS_TO_APPROVE = 30
BUDGETS = 2


@dataclass
class Cast:
    """Who is there. The period is the last that is over, so that every hour in it can be worked and invoiced."""

    today: date
    period: PayPeriod
    approvers: dict[int, list[int]]
    workers: dict[int, Assignment]
    importer: int
    invoicer: int
    to_invoice: list[str]


def make(to_invoice: int) -> Cast:
    """Fill an empty database; to_invoice: how many organisations have approved hours."""
    today = clock.today()
    this_week = today - timedelta(days=today.weekday())
    periods = [_period(this_week + timedelta(weeks=4 * n), 2 + n) for n in (-1, 0, 1)]
    Agency.create(
        name="InterUM", street="Tongersestraat 6", postcode="6211 LN", city="Maastricht", coc_number="12345678",
        vat_number="NL123456789B01", iban="NL91ABNA0417164300", bic="ABNANL2A", peppol_id="0106:12345678",
        email="bureau@interum.example", phone="043-388 2688",
    )  # fmt: skip
    HourType.create(code="REG", name_nl="Normaal", name_en="Regular", multiplier_percent=100)
    staff = [factories.account("Bureau", name, is_agency_staff=True) for name in ("Importeur", "Facturist")]
    cast = Cast(today, periods[0], {}, {}, staff[0].id, staff[1].id, [])
    for number in range(APPROVERS):
        place, budget = _organisation(f"APPROVE{number}")
        approver = factories.account("Emre", f"Dubois {number}")
        factories.right(approver, place, approve=1)
        names = [("Noor", f"Hendriks {one}") for one in range(SHEETS_TO_APPROVE)]
        cast.approvers[approver.id] = [one.id for one in factories.sheets(place, budget, cast.period, names)]
    place, budget = _organisation("GRID")
    for number in range(WORKERS):
        worker = factories.worker("Zoë", f"Maes {number}")
        cast.workers[worker.id] = factories.assignment(worker, place, budget, code=f"GRID{number}")
    _organisation("IMPORT")
    for number in range(to_invoice):
        place, budget = _organisation(f"INVOICE{number}")
        budgets = [budget, *(_budget(place, n) for n in range(1, BUDGETS))]
        for one in budgets:
            factories.sheets(place, one, cast.period, [("Lars", "Een"), ("Lars", "Twee")], state="approved")
        cast.to_invoice.append(place.code)
    return cast


def _period(first: date, number: int) -> PayPeriod:
    last = first + timedelta(days=27)
    made: PayPeriod = PayPeriod.create(
        calendar="four_weeks", year=first.year, number=number, first_on=first, last_on=last,
        submit_by_at=clock.at(last + timedelta(days=5), time(23, 59)),
        approve_by_at=clock.at(last + timedelta(days=8), time(12)), pay_on=last + timedelta(days=10),
    )  # fmt: skip
    return made


def _organisation(code: str) -> tuple[Organisation, BudgetNumber]:
    made = factories.organisation(
        code, street="Kapoenstraat 2", postcode="6211 KW", city="Maastricht", coc_number="87654321",
        vat_number="NL001234567B01", peppol_id="0106:87654321", contact_name="Crediteuren",
    )  # fmt: skip
    return made, _budget(made, 0)


def _budget(at: Organisation, number: int) -> BudgetNumber:
    made: BudgetNumber = BudgetNumber.create(organisation=at, number=f"{at.code}.{number}")
    return made


def account(number: int) -> Account:
    """Somebody of the cast."""
    found: Account = Account.get_by_id(number)
    return found


def sheet_of(assignment: Assignment) -> Timesheet | None:
    """The sheet that a worker fills in, if there is one by now."""
    found: Timesheet | None = Timesheet.get_or_none(Timesheet.assignment == assignment)
    return found
