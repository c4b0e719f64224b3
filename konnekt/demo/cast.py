"""The demonstration's people and places: four organisations of a university, everybody made up."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from konnekt.demo.calendar import DemoCalendar
from konnekt.domain import clock
from konnekt.domain.accounts import links
from konnekt.domain.records import (
    agency as record_agency,
    assignments as record_assignments,
    budget_numbers,
    hour_types,
    organisations as record_organisations,
    people,
    rates,
    rights,
)
from konnekt.models import Account, Assignment, BudgetNumber, Organisation

AGENCY = {
    "name": "InterUM", "street": "Tongersestraat 6", "postcode": "6211 LN", "city": "Maastricht",
    "country": "NL", "coc_number": "14042005", "vat_number": "NL003456789B01", "bic": "INGBNL2A",
    "iban": "NL69 INGB 0123 4567 89", "peppol_id": "0106:14042005", "phone": "043-388 2688",
    "email": "bureau@konnekt.example", "payroll_number": "10482",
}  # fmt: skip
HOUR_TYPES: tuple[tuple[str, str, str, int, str, str], ...] = (
    ("REG", "Normale uren", "Regular hours", 100, "1", "HT100"),
    ("ORT40", "Onregelmatig 40%", "Irregular hours 40%", 140, "40", "HT320"),
    ("ORT75", "Zon- en feestdag 75%", "Sunday and holiday 75%", 175, "75", "HT320"),
    ("OT", "Overwerk 150%", "Overtime 150%", 150, "50", "HT200"),
    ("TRAVEL", "Reisuren", "Travel time", 100, "90", "HT100"),
)

EXEMPT = "Vrijgesteld van btw: artikel 11, eerste lid, onder o, Wet op de omzetbelasting 1968."

# code: name, calendar, four-eyes, what else is its own, budget numbers (number, description, ceiling in hours
# or in euros).
ORGANISATIONS: dict[str, tuple[str, str, bool, dict[str, Any], Any]] = {
    "FSE": ("Faculty of Science and Engineering", "four_weeks", False,
        {"street": "Paul-Henri Spaaklaan 1", "postcode": "6229 EN", "language": "en",
         "purchase_order_number": "4500017231", "purchase_order_required": True},
        (
            ("34367565.899", "Onderwijs regulier", None, 90_000),
            ("34367565.910.002", "Project Zonnecel", 800, None),
        ),
    ),
    "LAW": ("Faculteit der Rechtsgeleerdheid", "four_weeks", True,
        {"street": "Bouillonstraat 1", "postcode": "6211 LH", "vat_treatment": "exempt", "vat_text": EXEMPT},
        (("0042.001", "Onderwijs regulier", None, None), ("0042.017", "Pleitwedstrijd", None, 8_000)),
    ),
    "UB": ("Universiteitsbibliotheek", "week", False,
        {"street": "Grote Looiersstraat 17", "postcode": "6211 JH", "payment_term_days": 14},
        (("39227120.992", "Balie en magazijn", None, None),),
    ),
    "SSC": ("Student Services Centre", "four_weeks", False,
        {"street": "Bonnefantenstraat 2", "postcode": "6211 KL"},
        (("40232460.782", "Surveillance", 1_000, None), ("40232460.783", "Introductieweek", 24, None)),
    ),
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
    ("Gijs", "Verhoeven-Timmermans", "LAW", "Corrector", "worker", (0, 0, 240, 0, 0)),
)
NEW = "Željko"
ENDED = "Gijs"


@dataclass
class Cast:
    """Who and what the story is about; assignments by the worker's first name."""

    agency: Account
    staff: dict[str, Account] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    budgets: dict[str, list[BudgetNumber]] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    weeks: dict[str, tuple[int, ...]] = field(default_factory=dict)


def agency() -> Account:
    """The first account, as `konnekt invite --agency` makes it; the clock stands at the beginning."""
    names = {"first_name": "Agnieszka", "last_name": "Wójcik"}
    account, _ = links.invite(
        "agency@konnekt.example", by=None, source="command", is_agency_staff=True, **names
    )
    return account


def make(by: Account, calendars: dict[str, DemoCalendar]) -> Cast:
    """Make them all, as the agency did in the course of last year."""
    cast = Cast(by)
    _places(cast)
    _staff(cast)
    began_on = clock.today()
    newest = calendars["week"].ago(0).first_on
    for number, (first, last, code, job, entered_by, week) in enumerate(WORKERS):
        email = f"{'worker' if number == 0 else f'worker{number}'}@konnekt.example"
        clock.fix(clock.at(newest - timedelta(days=5) if first == NEW else began_on, time(14)).isoformat())
        worker = _person(cast, email, first, last, employee_number=str(70001 + number))
        _assign(cast, first, worker, code, job, entered_by, newest if first == NEW else began_on)
        cast.weeks[first] = week
    clock.fix(clock.at(began_on, time(14)).isoformat())
    _assign(cast, "Thuỳ UB", cast.assignments["Thuỳ"].worker, "UB", "Baliemedewerker", "worker", began_on)
    cast.weeks["Thuỳ UB"] = (0, 240, 0, 240, 0)
    return cast


def _places(cast: Cast) -> None:
    record_agency.change(AGENCY, seen=record_agency.seen(record_agency.find()), by=cast.agency)
    # Who only looks around has no app for codes at hand.
    record_agency.require_factor(None, by=cast.agency)
    for code, nl, en, percent, payroll, setu in HOUR_TYPES:
        hour_types.add(code, hour_types.Kind(nl, en, percent, payroll, setu), by=cast.agency)
    for code, (name, calendar, four_eyes, own, numbers) in ORGANISATIONS.items():
        values = dict.fromkeys(record_organisations.COLUMNS, "") | {
            "code": code, "name": name, "calendar": calendar, "four_eyes": four_eyes, "city": "Maastricht",
            "country": "NL", "payment_term_days": 30, "vat_treatment": "standard", "language": "nl",
            "decide_by_mail": "off", "invoice_way": "mail", "payment_reminders": True,
             "invoice_per": "budget_number",
            "coc_number": "50169181", "legal_name": "Universiteit Maastricht",
            "contact_name": "Crediteurenadministratie",
            "invoice_email": f"facturen-{code.lower()}@konnekt.example",
        }  # fmt: skip
        cast.organisations[code] = record_organisations.add({**values, **own}, by=cast.agency)
        cast.budgets[code] = [budget_numbers.add(code, _budget(*typed), by=cast.agency) for typed in numbers]


def _budget(number: str, description: str, hours: int | None, euros: int | None) -> dict[str, object]:
    return {
        "number": number,
        "description": description,
        "ceiling_minutes": hours and hours * 60,
        "ceiling_cents": euros and euros * 100,
        "valid_from_on": None,
        "valid_until_on": None,
    }


def _staff(cast: Cast) -> None:
    for key, (first, last, username, language, places) in STAFF.items():
        account = _person(cast, f"{key}@konnekt.example", first, last, username=username, language=language)
        cast.staff[key] = account
        for code, has in places.items():
            may = dict(zip(rights.COLUMNS, map(bool, has), strict=True))
            rights.give(account.id, code, may, by=cast.agency)


def _person(cast: Cast, email: str, first: str, last: str, **columns: object) -> Account:
    values = dict.fromkeys(people.COLUMNS, "") | {
        "email": email, "first_name": first, "last_name": last, "language": "nl", "is_agency_staff": False,
    }  # fmt: skip
    return people.add({**values, **columns}, by=cast.agency)


def _assign(
    cast: Cast, key: str, worker: Account, code: str, job: str, entered_by: str, first_on: date
) -> None:
    """An assignment with a rate from its first day on; Kateřina works sixteen hours a week at most."""
    is_fixed = entered_by == "fixed"
    terms = record_assignments.Terms(
        job_title=job,
        basis="fixed" if is_fixed else "flexible",
        entered_by="organisation" if is_fixed else entered_by,
        first_on=first_on,
        last_on=None,
        budget_number=cast.budgets[code][0].id,
        max_minutes_per_week=16 * 60 if key == "Kateřina" else None,
    )
    name = f"A{worker.employee_number}-{code}"
    assignment = record_assignments.add(worker, cast.organisations[code], name, terms, by=cast.agency)
    rates.add(assignment.id, first_on, 183_200, 315_100, by=cast.agency)
    cast.assignments[key] = assignment
