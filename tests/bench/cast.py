"""Who is in the data: the agency, its clients, workers and budget numbers, and the sheets that each has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from konnekt.domain import clock
from konnekt.domain.accounts import agency_roles
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    BudgetNumberKey,
    HourType,
    Organisation,
    Rate,
    Right,
)
from konnekt.models.organisations import search_keys
from konnekt.models.people import fold, name_key
from tests.bench.calendar import CURRENT, HISTORY, TO_INVOICE

FIRST_NAMES = (
    "Noor",
    "Emre",
    "Sanne",
    "Lars",
    "Hanna",
    "Youssef",
    "Fleur",
    "Daan",
    "Mila",
    "Sem",
    "Aylin",
    "Bram",
)
LAST_NAMES = (
    "Bakker", "Cremers", "Dubois", "Engels", "Franssen", "Geraerts", "Hendriks", "Jansen", "Knops", "Lemmens",
    "Maes", "Nijsten", "Offermans", "Peeters", "Ramaekers", "Smeets", "Theunissen", "Vrancken", "Willems",
)  # fmt: skip
# They stand first in each list, so that the first pages of a short and a long one show the same.
FRONT = 40
BILL_RATE, PAY_RATE = 300_000, 183_200


@dataclass(frozen=True)
class Sizes:
    """How much data. history: sheets of years that are over; the rest is the same whatever the history.

    waiting: of three approvers; many: approved at once; team: workers of one registrar; rows: hour rows to
    invoice of one period; documents: how many of the newest invoices have files of realistic size.
    """

    history: int = 1000
    waiting: tuple[int, int, int] = (20, 200, 2000)
    many: int = 500
    team: int = 300
    rows: int = 10_000
    documents: int = 2000


class Group(NamedTuple):
    """Workers of one organisation; budgets: the first of its budget numbers, and how many it has."""

    organisation: int
    supervisor: int
    first: int
    count: int
    budget: int
    budgets: int


class SheetRow(NamedTuple):
    """A sheet to be made; ordinal: the how manieth of its budget number's workers has it."""

    id: int
    assignment: int
    ordinal: int
    organisation: int
    worker: int
    budget: int
    period: int
    state: str
    supervisor: int
    sender: int
    is_invoiced: int
    has_remark: int
    minutes_a_day: int


@dataclass
class Cast:
    """The rows of people and places before they are written; numbers are ids."""

    sizes: Sizes
    accounts: list[dict] = field(default_factory=list)
    organisations: list[dict] = field(default_factory=list)
    rights: list[dict] = field(default_factory=list)
    budgets: list[dict] = field(default_factory=list)
    assignments: list[dict] = field(default_factory=list)
    others: list[Group] = field(default_factory=list)

    @classmethod
    def make(cls, sizes: Sizes) -> "Cast":
        """Everybody: the approvers and their like first, then the workers of the history."""
        cast = cls(sizes)
        cast._account(
            "Bureau",
            "InterUM",
            email="staff@bench.example",
            is_agency_staff=True,
            agency_roles=agency_roles.ALL,
        )
        few, some, most = sizes.waiting
        cast.waiting = [
            cast._group("FEW", few), cast._group("SOME", some), cast._group("MOST", most)
        ]  # fmt: skip
        cast.approving = cast._group("MANY", sizes.many + 60)
        cast.team = cast._group("TEAM", sizes.team, entered_by="organisation", may_register=True)
        cast.invoiced = cast._group("WEEK", -(-sizes.rows // 5), budgets=40, calendar="week")
        # The one budget number of who approves many has a history of its own, as long as the data are.
        cast.approving_periods = max(1, min(len(HISTORY), sizes.history // (10 * cast.approving.count)))
        left = sizes.history - cast.approving_periods * cast.approving.count
        workers = max(1, -(-max(left, 0) // len(HISTORY)))
        for number, start in enumerate(range(0, workers, 140)):
            cast.others.append(
                cast._group(f"F{number:03}", min(140, workers - start), budgets=60 if number == 0 else 20)
            )
        return cast

    def _account(self, first: str, last: str, **columns: object) -> int:
        number = len(self.accounts) + 1
        self.accounts.append({
            "id": number, "email": f"person{number}@bench.example", "first_name": first, "last_name": last,
            "name_key": name_key(first, last), "created_at": clock.now(), "employee_number": None,
            "is_agency_staff": False, "agency_roles": "", **columns,
        })  # fmt: skip
        return number

    def _group(
        self, code: str, count: int, budgets: int = 1, entered_by: str = "worker",
        calendar: str = "four_weeks", *, may_register: bool = False,
    ) -> Group:  # fmt: skip
        place = len(self.organisations) + 1
        self.organisations.append({
            "id": place, "code": code, "name": f"Faculty {code}", "name_key": fold(f"Faculty {code}"), "calendar": calendar,
            "street": "Kapoenstraat 2", "postcode": "6211 KW", "city": "Maastricht", "coc_number": "87654321",
            "vat_number": "NL001234567B01", "peppol_id": "0106:87654321", "contact_name": "Crediteuren",
        })  # fmt: skip
        supervisor = self._account("Emre", f"Supervisor {code}", email=f"{code.lower()}@bench.example")
        self.rights.append({
            "account": supervisor, "organisation": place, "may_approve": True, "may_see_invoices": True,
            "may_register": may_register,
        })  # fmt: skip
        budget = len(self.budgets) + 1
        for number in range(budget, budget + budgets):
            ceiling = 10**8 if number % 3 == 0 or budgets == 1 else None
            self.budgets.append({
                "id": number, "organisation": place, "number": f"39{number:06}.{number % 10:03}",
                "ceiling_minutes": ceiling,
            })  # fmt: skip
        first = len(self.assignments) + 1
        for number in range(count):
            last = "Aalbers" if number < FRONT else LAST_NAMES[number // FRONT % len(LAST_NAMES)]
            name = FIRST_NAMES[number % len(FIRST_NAMES)]
            worker = self._account(name, last, employee_number=str(700_000 + len(self.accounts)))
            self.assignments.append({
                "id": len(self.assignments) + 1, "code": f"{code}-{number}", "worker": worker, "organisation": place,
                "job_title": "Studentassistent", "basis": "flexible", "entered_by": entered_by,
                "first_on": date(2022, 1, 1), "budget_number": budget + number % budgets,
            })  # fmt: skip
        return Group(place, supervisor, first, count, budget, budgets)

    def write(self) -> None:
        """Everybody into their tables."""
        Agency.create(
            name="InterUM", street="Tongersestraat 6", postcode="6211 LN", city="Maastricht", coc_number="12345678",
            vat_number="NL123456789B01", iban="NL91ABNA0417164300", bic="ABNANL2A", peppol_id="0106:12345678",
            phone="043-388 2688", email="bureau@bench.example", payroll_number="12345",
        )  # fmt: skip
        for code, percent in (("REG", 100), ("ORT40", 140), ("ORT75", 175), ("OT", 150), ("TRAVEL", 100)):
            HourType.create(
                code=code, name_nl=f"Uursoort {code}", name_en=f"Type {code}", multiplier_percent=percent,
                payroll_code=f"{percent}", setu_code="HT100",
            )  # fmt: skip
        keys = [
            {"budget_number": one["id"], "key": key}
            for one in self.budgets for key in search_keys(one["number"])
        ]  # fmt: skip
        rates = [
            {"assignment": one["id"], "valid_from_on": date(2022, 1, 1), "pay_rate": PAY_RATE, "bill_rate": BILL_RATE}
            for one in self.assignments
        ]  # fmt: skip
        rows = {
            Account: self.accounts, Organisation: self.organisations, Right: self.rights,
            BudgetNumber: self.budgets, BudgetNumberKey: keys, Assignment: self.assignments, Rate: rates,
        }  # fmt: skip
        for model, some in rows.items():
            for start in range(0, len(some), 500):
                model.insert_many(some[start : start + 500]).execute()

    def sheets(self) -> Iterator[SheetRow]:
        """All sheets, the earliest period first."""
        for number, row in enumerate(self._each(), 1):
            yield row._replace(id=number)

    def _each(self) -> Iterator[SheetRow]:
        for at, period in enumerate(HISTORY):
            is_last = at == len(HISTORY) - 1
            for group in self.others:
                for worker in range(group.count):
                    yield self._sheet(group, worker, period, is_invoiced=not is_last or worker % 10 > 2)
            if at >= len(HISTORY) - self.approving_periods:
                yield from (self._sheet(self.approving, n, period) for n in range(self.approving.count))
            if is_last:
                yield from (self._sheet(self.team, worker, period) for worker in range(self.team.count))
        for group in self.others:
            for worker in range(group.count):
                state = MIXED[worker % len(MIXED)]
                yield self._sheet(group, worker, CURRENT, state, is_invoiced=False)
        for group in (*self.waiting, self.approving):
            for worker in range(group.count):
                yield self._sheet(group, worker, CURRENT, "submitted", is_invoiced=False)
        for worker in range(1, self.team.count):
            if worker % 3:
                state = "draft" if worker % 3 == 1 else "submitted"
                yield self._sheet(self.team, worker, CURRENT, state, is_invoiced=False)
        for worker in range(self.invoiced.count):
            yield self._sheet(self.invoiced, worker, TO_INVOICE, is_invoiced=False)

    def _sheet(
        self, group: Group, worker: int, period: int, state: str = "approved", *, is_invoiced: bool = True
    ) -> SheetRow:
        assignment = self.assignments[group.first - 1 + worker]
        is_own = assignment["entered_by"] == "worker"
        return SheetRow(
            0, assignment["id"], worker // group.budgets, group.organisation, assignment["worker"],
            assignment["budget_number"], period, state, group.supervisor,
            assignment["worker"] if is_own else group.supervisor, int(is_invoiced), int(worker % 3 == 0),
            240 + worker % 9 * 30,
        )  # fmt: skip


# How the sheets of a running period stand.
MIXED = ["approved"] * 12 + ["submitted"] * 5 + ["draft"] * 2 + ["rejected"]
