"""The report: each cut comes to what the invoices say, to the cent; who is told what."""

import csv
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from konnekt.domain import access
from konnekt.domain.imports import import_folder
from konnekt.domain.invoices import issue
from konnekt.domain.periods import report
from konnekt.domain.periods.report import ReportFilter
from konnekt.models import (
    Account,
    Invoice,
    InvoiceLine,
    Organisation,
    PayPeriod,
    Timesheet,
)
from tests import invoice_cast
from tests.domain.imports.import_sets import FOLDERS
from tests.invoice_cast import half_up

CUTS = ("organisation", "budget_number", "job", "worker", "hour_type")


def read(who: Account, cut: str = "organisation", **by: Any) -> report.PeriodReport:
    return report.load(access.grants(who), ReportFilter(cut, **by))


def sums(found: report.PeriodReport, *columns: str) -> dict[str, list[int]]:
    """What a report says, by name and what is said of it."""
    rows = {f"{row.name_nl} {row.about}".strip(): row.sums for row in found.rows}
    assert len(rows) == len(found.rows)
    return {name: [getattr(one, column) for column in columns] for name, one in rows.items()}


def sheet_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines(keepends=True), delimiter=";"))


def decimal(text: str) -> Fraction:
    for mark in (":", "u"):
        if mark in text:
            hours, minutes = text.split(mark)
            return Fraction(int(hours)) + Fraction(int(minutes), 60)
    return Fraction(text.replace(",", "."))


def expected(folder: Path, states: set[str]) -> dict[str, dict[tuple[str, str, int, str], list[int]]]:
    """Minutes and cents per cut, and key, of each period: from the files alone, with fractions.

    Keys: the period's calendar, year and number, then the name as the report says it.
    """
    organisations = {one["code"]: one for one in sheet_of(folder / "organisations.csv")}
    people = {one["employee_number"]: one for one in sheet_of(folder / "people.csv")}
    assignments = {one["code"]: one for one in sheet_of(folder / "assignments.csv")}
    kinds = {one["code"]: one for one in sheet_of(folder / "hour_types.csv")}
    rates: dict[str, list[tuple[str, Fraction]]] = {}
    for one in sorted(sheet_of(folder / "rates.csv"), key=lambda row: row["valid_from"]):
        rates.setdefault(one["assignment"], []).append((one["valid_from"], decimal(one["bill_rate"])))
    lines: dict[tuple[Any, ...], Fraction] = {}
    for hour in sheet_of(folder / "hours.csv"):
        worked = decimal(hour["hours"])
        if hour["state"] not in states or not worked:
            continue
        rate = [rate for first, rate in rates[hour["assignment"]] if first <= hour["day"]][-1]
        percent = int(kinds[hour["hour_type"]]["multiplier_percent"])
        price = Fraction(half_up(rate * 10_000 * percent / 100), 10_000)
        week = date.fromisoformat(hour["day"]).isocalendar()[:2]
        key = (
            hour["assignment"], hour["year"], hour["period"], hour["budget_number"], hour["hour_type"], week, price,
        )  # fmt: skip
        lines[key] = lines.get(key, Fraction(0)) + worked
    found: dict[str, dict[tuple[str, str, int, str], list[int]]] = {cut: {} for cut in CUTS}
    for (assignment, year, number, budget, kind, _week, price), worked in lines.items():
        of = assignments[assignment]
        at, person = organisations[of["organisation"]], people[of["employee_number"]]
        names = {
            "organisation": f"{at['name']} {at['code']}",
            "budget_number": f"{budget} {at['name']}",
            "job": of["job_title"].strip(),
            "worker": f"{person['first_name']} {person['last_name']} {person['employee_number']}".strip(),
            "hour_type": f"{kinds[kind]['name_nl']} {kind}",
        }
        for cut, name in names.items():
            both = found[cut].setdefault((at["calendar"], year, int(number), name), [0, 0])
            both[0] += int(worked * 60)
            both[1] += half_up(worked * price * 100)
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_cut_of_an_import_set_to_the_cent(app: Flask, folder: Path) -> None:
    assert import_folder(folder).is_ok
    Timesheet.update(state="approved", decided_at=Timesheet.submitted_at).where(
        Timesheet.state == "submitted"
    ).execute()
    staff = Account.select().where(Account.is_agency_staff).first()
    files = expected(folder, {"approved", "submitted"})
    compare(staff, files, ("open_minutes", "open_cents"), 0)
    issued, _run = issue.issue(on=invoice_cast.TODAY, by=None, source="command")
    assert issued
    compare(staff, files, ("minutes", "cents"), sum(one.net_cents for one in issued))
    for one in issued[::3]:
        issue.credit(one.id, "wrong", by=staff)
    compare(staff, files, ("minutes", "cents"), signed())


def signed() -> int:
    """What all invoices say without VAT, credit notes taken off."""
    return sum(-one.net_cents if one.kind == "credit_note" else one.net_cents for one in Invoice.select())


def compare(staff: Account, files: dict[str, Any], columns: tuple[str, str], invoiced: int) -> None:
    """All periods, each cut: what is said, open and invoiced together, and what of it is invoiced."""
    assert all(files.values())
    followed = PayPeriod.calendar.in_(Organisation.select(Organisation.calendar))
    for cut, keys in files.items():
        whole = 0
        for period in PayPeriod.select().where(followed & (PayPeriod.first_on <= invoice_cast.TODAY)):
            found = read(staff, cut, year=period.year, first=period.id)
            assert [one.id for one in found.periods] == [period.id]
            own = (period.calendar, str(period.year), period.number)
            said = {name: both for (*of, name), both in keys.items() if tuple(of) == own}
            # What there was in the period before alone has a row of noughts.
            now = {n: both for n, both in sums(found, "all_minutes", "all_cents").items() if any(both)}
            assert now == said
            if columns[0] == "open_minutes":
                assert {n: both for n, both in sums(found, *columns).items() if any(both)} == said
            whole += found.whole.cents
            lines = InvoiceLine.select(InvoiceLine, Invoice).join(Invoice).where(Invoice.pay_period == period)
            signs = {"invoice": 1, "credit_note": -1}
            assert found.whole.cents == sum(signs[line.invoice.kind] * line.net_cents for line in lines)
        assert whole == invoiced
