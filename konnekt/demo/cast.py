"""The demonstration's people and places: four organisations of a university, everybody made up."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from konnekt.demo.calendar import Calendar
from konnekt.domain import clock
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    HourType,
    Organisation,
    PayPeriod,
    Rate,
    Right,
)

COLUMNS = ("code", "name_nl", "name_en", "multiplier_percent", "payroll_code", "setu_code")
HOUR_TYPES = (
    ("REG", "Normale uren", "Regular hours", 100, "1", "HT100"),
    ("ORT40", "Onregelmatig 40%", "Irregular hours 40%", 140, "40", "HT320"),
    ("ORT75", "Zon- en feestdag 75%", "Sunday and holiday 75%", 175, "75", "HT320"),
    ("OT", "Overwerk 150%", "Overtime 150%", 150, "50", "HT200"),
    ("TRAVEL", "Reisuren", "Travel time", 100, "90", "HT100"),
)

# code: name, calendar, four-eyes, budget numbers (number, description, ceiling in hours).
ORGANISATIONS = {
    "FSE": ("Faculty of Science and Engineering", "four_weeks", False, (
        ("34367565.899", "Onderwijs regulier", None), ("34367565.910.002", "Project Zonnecel", 300),
    )),
    "LAW": ("Faculteit der Rechtsgeleerdheid", "four_weeks", True, (
        ("0042.001", "Onderwijs regulier", None), ("0042.017", "Pleitwedstrijd", None),
    )),
    "UB": ("Universiteitsbibliotheek", "week", False, (("39227120.992", "Balie en magazijn", None),)),
    "SSC": ("Student Services Centre", "four_weeks", False, (
        ("40232460.782", "Surveillance", None), ("40232460.783", "Introductieweek", 24),
    )),
}  # fmt: skip

# key: first name, last name, old user name, language, and per organisation approve, register, invoices.
STAFF = {
    "supervisor": ("Marieke", "van den Broek", "flex1001", "nl", dict.fromkeys(ORGANISATIONS, (1, 1, 1))),
    "approver": ("Ömer", "Şahin", "flex1002", "nl", {"LAW": (1, 0, 0)}),
    "registrar": ("Sinéad", "O’Brien", "", "nl", {"LAW": (0, 1, 0), "SSC": (0, 1, 0)}),
    "deputy": ("Zoë", "Müller-Østergård", "", "en", {"UB": (1, 0, 0)}),
}

# First name, last name, organisation, job, who enters, and minutes from Monday to Friday of an ordinary week.
WORKERS = (
    ("Thuỳ", "Nguyễn", "FSE", "Labassistent", "worker", (240, 0, 390, 0, 240)),
    ("Łucja", "Kowalska", "FSE", "Studentassistent", "worker", (0, 480, 0, 240, 0)),
    ("Søren", "Bergström", "FSE", "Tutor", "worker", (120, 120, 0, 240, 0)),
    ("Emre", "Öztürk", "FSE", "Studentassistent", "worker", (240, 0, 300, 0, 240)),
    ("Noor", "Hendriks", "FSE", "Onderzoeksassistent", "worker", (480, 480, 0, 480, 0)),
    ("José", "Muñoz Ibáñez", "FSE", "Labassistent", "worker", (0, 0, 480, 480, 0)),
    ("Kateřina", "Dvořáková", "FSE", "Studentassistent", "worker", (240, 240, 240, 0, 0)),
    ("Ștefan", "Ionescu", "FSE", "Technicus", "worker", (720, 720, 720, 720, 660)),
    ("Fatima", "el Idrissi", "FSE", "Studentassistent", "worker", (180, 0, 180, 0, 180)),
    ("Daan", "van ’t Hoff", "FSE", "Coördinator", "fixed", (0, 0, 0, 0, 0)),
    ("Şirin", "Yıldız", "LAW", "Werkgroepdocent", "worker", (240, 240, 0, 0, 0)),
    ("Chloé", "Lefèvre", "LAW", "Student-mentor", "worker", (0, 180, 0, 180, 0)),
    ("Jürgen", "Großmann", "LAW", "Redacteur", "organisation", (0, 240, 0, 240, 0)),
    ("Ana", "Gonçalves", "LAW", "Werkgroepdocent", "worker", (0, 0, 240, 240, 0)),
    ("Pieter", "de Vries", "LAW", "Student-mentor", "organisation", (180, 0, 0, 0, 180)),
    ("Niamh", "Ní Dhonnchadha", "UB", "Baliemedewerker", "worker", (240, 240, 240, 0, 0)),
    ("Bjørn", "Østby", "UB", "Magazijnmedewerker", "worker", (0, 0, 360, 360, 360)),
    ("Željko", "Petrović", "UB", "Baliemedewerker", "worker", (300, 0, 300, 0, 0)),
    ("Inês", "Araújo", "UB", "Baliemedewerker", "organisation", (0, 240, 0, 240, 240)),
    ("Mihály", "Szőke", "UB", "Magazijnmedewerker", "worker", (240, 240, 240, 240, 240)),
    ("Lotte", "Claessens", "SSC", "Surveillant", "organisation", (0, 0, 240, 240, 0)),
    ("Wiktor", "Żółkiewski", "SSC", "Surveillant", "organisation", (240, 0, 0, 240, 0)),
    ("Aïcha", "Benjelloun", "SSC", "Gastvrouw", "organisation", (300, 0, 300, 0, 0)),
    ("Þóra", "Jónsdóttir", "SSC", "Surveillant", "organisation", (0, 240, 240, 0, 240)),
    ("Bram", "Smeets", "SSC", "Surveillant", "organisation", (240, 240, 0, 0, 240)),
    ("Ngọc", "Trần", "SSC", "Gastheer", "organisation", (0, 300, 0, 300, 0)),
)


@dataclass
class Cast:
    """Who and what the story is about; assignments by the worker's first name."""

    staff: dict[str, Account] = field(default_factory=dict)
    agency: Account | None = None
    organisations: dict[str, Organisation] = field(default_factory=dict)
    budgets: dict[str, list[BudgetNumber]] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    weeks: dict[str, tuple[int, ...]] = field(default_factory=dict)


def make(calendars: dict[str, Calendar]) -> Cast:
    """Make them all, as the agency would have in the course of last year."""
    cast = Cast()
    _places(cast)
    _people(cast)
    started_on = date(clock.today().year - 1, 1, 1)
    for number, (first, last, code, job, entered_by, week) in enumerate(WORKERS):
        worker = _account(
            f"{'worker' if number == 0 else f'worker{number}'}@konnekt.example",
            first, last, employee_number=str(70001 + number),
        )  # fmt: skip
        _assign(cast, first, worker, code, job, entered_by, started_on)
        cast.weeks[first] = week
    _differences(cast, calendars["four_weeks"].ago(0), calendars["week"].ago(0), started_on)
    return cast


def _places(cast: Cast) -> None:
    Agency.create(name="InterUM", city="Maastricht", phone="043-388 2688", email="bureau@konnekt.example")
    HourType.insert_many([dict(zip(COLUMNS, kind, strict=True)) for kind in HOUR_TYPES]).execute()
    for code, (name, calendar, four_eyes, numbers) in ORGANISATIONS.items():
        place = Organisation.create(
            code=code, name=name, calendar=calendar, four_eyes=four_eyes, city="Maastricht",
            contact_name="Crediteurenadministratie", invoice_email=f"facturen-{code.lower()}@konnekt.example",
        )  # fmt: skip
        cast.organisations[code] = place
        cast.budgets[code] = [
            BudgetNumber.create(
                organisation=place, number=number, description=text, ceiling_minutes=hours and hours * 60
            )
            for number, text, hours in numbers
        ]


def _people(cast: Cast) -> None:
    cast.agency = _account("agency@konnekt.example", "Agnieszka", "Wójcik", is_agency_staff=True)
    for key, (first, last, username, language, rights) in STAFF.items():
        account = _account(f"{key}@konnekt.example", first, last, username=username, language=language)
        cast.staff[key] = account
        for code, (approve, register, invoices) in rights.items():
            Right.create(
                account=account, organisation=cast.organisations[code], may_approve=bool(approve),
                may_register=bool(register), may_see_invoices=bool(invoices),
            )  # fmt: skip


def _account(email: str, first: str, last: str, **columns: object) -> Account:
    made: Account = Account.create(
        email=email, first_name=first, last_name=last, created_at=clock.now() - timedelta(days=400), **columns
    )
    return made


def _assign(
    cast: Cast, key: str, worker: Account, code: str, job: str, entered_by: str, first_on: date
) -> None:
    is_fixed = entered_by == "fixed"
    made = Assignment.create(
        code=f"A{worker.employee_number}-{code}",
        worker=worker,
        organisation=cast.organisations[code],
        job_title=job,
        basis="fixed" if is_fixed else "flexible",
        entered_by="organisation" if is_fixed else entered_by,
        first_on=first_on,
        budget_number=cast.budgets[code][0],
    )
    Rate.create(assignment=made, valid_from_on=first_on, pay_rate=183200, bill_rate=315100)
    cast.assignments[key] = made


def _differences(cast: Cast, four_weeks: PayPeriod, week: PayPeriod, started_on: date) -> None:
    """What sets some assignments apart: a maximum, one that ended too early, a new one, a second one."""
    cast.assignments["Kateřina"].max_minutes_per_week = 16 * 60
    cast.assignments["Ana"].last_on = four_weeks.first_on + timedelta(days=20)
    cast.assignments["Željko"].first_on = week.first_on
    for name in ("Kateřina", "Ana", "Željko"):
        cast.assignments[name].save()
    worker = cast.assignments["Thuỳ"].worker
    _assign(cast, "Thuỳ UB", worker, "UB", "Baliemedewerker", "worker", started_on)
    cast.weeks["Thuỳ UB"] = (0, 240, 0, 240, 0)
