"""The list of 100,000 invoices: each page, each way to search, and the sums over all of them."""

import json
import statistics
import time
from datetime import date, timedelta

from flask import Flask

from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import BudgetNumber, BudgetNumberKey, Document, Invoice, NumberSeries
from konnekt.models.organisations import search_keys
from tests import factories
from tests.bench.bulk import tidy
from tests.bench.report import Section
from tests.bench.statements import Statements
from tests.factories import World
from tests.visitor import Visitor

TIMES = 9
TITLE = "invoices, agency"
ORGANISATIONS = 20
BUDGETS = 100  # of each organisation
ROWS = 400


def crowd(world: World, how_many: int) -> None:
    """Invoices of 20 organisations over five years, with documents; one in 50 credited, the last year open."""
    with db.atomic():
        places = [world.fse, world.law]
        places += [
            factories.organisation(f"F{n:02}", name=f"Faculteit {n:02}") for n in range(ORGANISATIONS - 2)
        ]
        budgets = [
            {"organisation": place, "number": f"{place.id}{n:07}.{n % 10:03}.{n:03}"}
            for place in places for n in range(BUDGETS)
        ]  # fmt: skip
        _insert(BudgetNumber, budgets)
        numbers = list(BudgetNumber.select(BudgetNumber.id, BudgetNumber.number, BudgetNumber.organisation))
        known = {row.budget_number_id for row in BudgetNumberKey.select(BudgetNumberKey.budget_number)}
        keys = [
            {"budget_number": one, "key": key}
            for one in numbers if one.id not in known for key in search_keys(one.number)
        ]  # fmt: skip
        _insert(BudgetNumberKey, keys)
        first = date(2022, 1, 1)
        frozen = {"sheets": [json.loads(json.dumps({"rows": [0] * 7, "worker": "Noor Hendriks"}))] * 20}
        counters: dict[int, int] = {}
        invoices = []
        for n in range(how_many):
            day = first + timedelta(days=n * 1790 // how_many)
            number = counters[day.year] = counters.get(day.year, 0) + 1
            budget = numbers[n * 7919 % len(numbers)]
            is_credit = n % 50 == 49
            cents = 10_000 + n % 90_000
            invoices.append({
                "id": n + 1, "kind": "credit_note" if is_credit else "invoice", "year": day.year,
                "number": number, "number_text": f"{day.year}-{number:05d}",
                "organisation": budget.organisation_id, "pay_period": world.period,
                "budget_number": budget, "budget_number_text": budget.number, "issued_on": day,
                "due_on": day + timedelta(days=30), "language": "nl", "vat_treatment": "exempt",
                "net_cents": cents, "vat_cents": 0, "total_cents": cents, "frozen": frozen,
                "credits": n if is_credit else None, "created_at": clock.now(),
                "paid_on": day + timedelta(days=20) if day.year < 2026 or is_credit or n % 50 == 48 else None,
                "settled_cents": _settled(n, day.year, cents, is_credit),
            })  # fmt: skip
        _insert(Invoice, invoices)
        NumberSeries.insert_many([{"year": year, "last_number": n} for year, n in counters.items()]).execute()
        documents = [
            {"invoice": n + 1, "kind": kind, "file_name": f"{n}.{kind}", "media_type": "x", "sha256": "x",
             "content": b"%" * 100, "created_at": clock.now()}
            for n in range(how_many) for kind in ("pdf", "ubl")
        ]  # fmt: skip
        _insert(Document, documents)


def _settled(n: int, year: int, cents: int, is_credit: bool) -> int:
    """Years before the last are paid, of the last one in ten half; credit notes and theirs are set off."""
    if is_credit:
        return -cents
    return cents if year < 2026 or n % 50 == 48 else cents // 2 if n % 10 == 0 else 0


def _insert(model: type, rows: list) -> None:
    for start in range(0, len(rows), ROWS):
        model.insert_many(rows[start : start + ROWS]).execute()


PAGES = (
    ("all", ""),
    ("the last page", "page=2000"),
    ("budget number, three digits", "q=300"),
    ("budget number, one digit", "q=1"),
    ("nothing found", "q=%25"),
    ("invoice number", "q=2024-00012"),
    ("one organisation", "organisation=F03"),
    ("one year", "year=2024"),
    ("overdue", "state=overdue"),
    ("credited", "state=credited"),
    ("paid, one year, one organisation", "state=paid&year=2023&organisation=F05"),
)


def measure(app: Flask, world: World, section: Section, how_many: int) -> None:
    """Milliseconds and statements in this process, for the agency and for who sees one organisation."""
    crowd(world, how_many)
    tidy()
    for who, account in (("agency", world.staff), ("supervisor", world.supervisor)):
        visitor = Visitor(app, account)
        for title, query in PAGES:
            if who == "agency" or "organisation" not in query:
                _page(section, visitor, f"invoices, {who}: {title}", query)


def _page(section: Section, visitor: Visitor, title: str, query: str) -> None:
    took = []
    for _ in range(TIMES):
        started = time.perf_counter()
        answer = visitor.client.get(f"/invoices?{query}")
        took.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.text
    with Statements() as statements:
        visitor.client.get(f"/invoices?{query}")
    section.add(title, statistics.median(took), "ms", details={"statements": statements.count})
