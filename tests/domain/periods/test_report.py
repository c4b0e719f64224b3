"""The report: each cut comes to what the invoices say, to the cent; who is told what."""

import csv
import random
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from peewee import Select, Value
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain import access, amounts
from konnekt.domain.imports import import_folder
from konnekt.domain.invoices import issue
from konnekt.domain.periods import report
from konnekt.domain.periods.report import ReportFilter
from konnekt.domain.refusals import Forbidden, Invalid
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    PayPeriod,
    Rate,
    Timesheet,
    TimesheetLine,
)
from tests import factories, invoice_cast
from tests.domain.imports.import_sets import FOLDERS
from tests.domain.invoices import test_random_runs as random_runs
from tests.factories import World
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
    for cut in CUTS:
        compare(staff, files[cut], cut)
    assert net() == 0
    issued, _run = issue.issue(on=invoice_cast.TODAY, by=None, source="command")
    for cut in CUTS:
        assert compare(staff, files[cut], cut) == net() == sum(one.net_cents for one in issued) > 0
    for one in issued[::3]:
        issue.credit(one.id, "wrong", by=staff)
    assert compare(staff, files["worker"], "worker") == net()


def net(*conditions: Any) -> int:
    """What all invoices say without VAT, credit notes taken off."""
    invoices = Invoice.select().where(*conditions) if conditions else Invoice.select()
    return sum(-one.net_cents if one.kind == "credit_note" else one.net_cents for one in invoices)


def compare(staff: Account, keys: dict[tuple[str, str, int, str], list[int]], cut: str) -> int:
    """Each period with hours: what is open and invoiced together; returns the cents that are invoiced."""
    whole = 0
    for calendar, year, number in sorted({key[:3] for key in keys}):
        period = PayPeriod.get(calendar=calendar, year=int(year), number=number)
        if period.first_on > invoice_cast.TODAY:
            continue
        found = read(staff, cut, year=period.year, first=period.id)
        assert [one.id for one in found.periods] == [period.id]
        # What there was in the period before alone has a row of noughts.
        now = {name: both for name, both in sums(found, "all_minutes", "all_cents").items() if any(both)}
        assert now == {key[3]: both for key, both in keys.items() if key[:3] == (calendar, year, number)}
        whole += found.whole.cents
    return whole


@pytest.mark.parametrize("seed", [1, 2])
def test_credits_corrections_and_several_numbers_to_the_cent(world: World, seed: int) -> None:
    rng, sequences = random.Random(seed), dict[tuple[int, int], int]()
    invoice_cast.complete(world, vat_treatment="reverse_charge")
    random_runs.places(world)
    # In the middle of a week; on a Thursday of October of what is paid alone, so no invoice line ends there.
    for of in random_runs.assignments()[::2]:
        Rate.create(assignment=of, valid_from_on=date(2026, 11, 12), pay_rate=199_999, bill_rate=331234)
        Rate.create(assignment=of, valid_from_on=date(2026, 10, 15), pay_rate=177_777, bill_rate=315100)
        sequences[of.id, world.periods[10].id] = 0
        days = {date(2026, 10, 13): 125, date(2026, 10, 16): 250}
        factories.sheet(of, world.periods[10], days, state="approved")
    issue.issue("four_weeks", 2026, 11, on=invoice_cast.TODAY, by=world.staff)
    periods = world.periods[9:12]
    for _step in range(10):
        for _again in range(2):
            random_runs.approve_some(rng, sequences, periods)
        random_runs.step(rng, world, periods)
    kinds = {(one.kind, one.credits_id is None) for one in Invoice.select()}
    assert kinds >= {("invoice", True), ("credit_note", False)}
    for first, last in ((11, 11), (11, 12)):
        now = {world.periods[n - 1].id for n in range(first, last + 1)}
        before = {world.periods[n - 1].id for n in range(2 * first - last - 1, first)}
        facts = by_hand(now, before)
        for cut in CUTS:
            found = read(world.staff, cut, first=world.periods[first - 1].id, last=world.periods[last - 1].id)
            assert {one.id for one in found.before} == before
            said = {
                row.key or row.name_nl: [
                    row.sums.minutes, row.sums.cents, row.sums.open_minutes, row.sums.open_cents,
                    row.sums.paid_cents, row.sums.before_minutes, row.sums.before_cents,
                ]
                for row in found.rows
            }  # fmt: skip
            rows: dict[Any, list[int]] = {}
            for keys, numbers in facts:
                known = rows.setdefault(keys[cut], [0] * 7)
                rows[keys[cut]] = [a + b for a, b in zip(known, numbers, strict=True)]
            assert said == rows
            assert found.whole.cents == net(Invoice.pay_period.in_(now))


def by_hand(now: set[int], before: set[int]) -> list[tuple[dict[str, Any], list[int]]]:
    """What a report is made of, row by row of the tables, with the whole numbers and fractions of Python.

    Of each what it is of by cut, and: minutes and cents invoiced, minutes and cents open, cents paid, and minutes
    and cents of before.
    """
    found: list[tuple[dict[str, Any], list[int]]] = []

    def add(keys: dict[str, Any], **numbers: int) -> None:
        names = ("minutes", "cents", "open_minutes", "open_cents", "paid", "before_minutes", "before_cents")
        found.append((keys, [numbers.get(name, 0) for name in names]))

    def keys_of(of: Assignment, number: int, kind: int) -> dict[str, Any]:
        place, job = of.organisation_id, of.job_title
        return dict(zip(CUTS, (place, number, job, of.worker_id, kind), strict=True))

    lines = InvoiceLine.select(InvoiceLine, Invoice, Timesheet, Assignment).join(Invoice)
    for line in lines.switch(InvoiceLine).join(Timesheet).join(Assignment):
        invoice, sign = line.invoice, -1 if line.invoice.kind == "credit_note" else 1
        number = line.budget_number_id or invoice.budget_number_id
        keys = keys_of(line.timesheet.assignment, number, line.hour_type_id)
        minutes, cents = sign * line.minutes, sign * line.net_cents
        if invoice.pay_period_id in now:
            add(keys, minutes=minutes, cents=cents)
        elif invoice.pay_period_id in before:
            add(keys, before_minutes=minutes, before_cents=cents)
    live = {one.hour_id for one in InvoicedHour.select() if one.released_at is None}
    rates = list(Rate.select().order_by(Rate.valid_from_on))
    billed: dict[tuple[Any, ...], int] = {}
    paid: dict[tuple[Any, ...], int] = {}
    hours = Hour.select(Hour, TimesheetLine, HourType, Timesheet, Assignment).join(TimesheetLine)
    hours = hours.join(HourType).switch(TimesheetLine).join(Timesheet).join(Assignment)
    for hour in hours.where((Hour.minutes != 0) & (Timesheet.state == "approved")):
        line, sheet = hour.line, hour.line.timesheet
        of, percent = sheet.assignment, line.hour_type.multiplier_percent
        rate = [one for one in rates if one.assignment_id == of.id and one.valid_from_on <= hour.day][-1]
        keys = keys_of(of, line.budget_number_id, line.hour_type_id)
        if hour.id not in live and sheet.pay_period_id in now | before:
            price = half_up(Fraction(rate.bill_rate * percent, 100))
            part = (*keys.items(), sheet.pay_period_id in now, line.id, price)
            billed[part] = billed.get(part, 0) + hour.minutes
        if sheet.pay_period_id in now:
            cell = (*keys.items(), of.id)
            paid[cell] = paid.get(cell, 0) + hour.minutes * rate.pay_rate * percent
    for (*keys_, is_now, _line, price), minutes in billed.items():
        cents = half_up(Fraction(minutes * price, 60 * 100))
        if is_now:
            add(dict(keys_), open_minutes=minutes, open_cents=cents)
        else:
            add(dict(keys_), before_minutes=minutes, before_cents=cents)
    for (*keys_, _assignment), worth in paid.items():
        add(dict(keys_), paid=half_up(Fraction(worth, 60 * 100 * 100)))
    return found


def test_the_databases_round_as_python_does(app: Flask) -> None:
    rng = random.Random(7)
    for _ in range(200):
        number, by = rng.randint(-(10**10), 10**10), rng.choice([2, 3, 100, 6000, 600_000])
        there = Select(columns=[amounts.divided_there(Value(number).cast("bigint"), by)])
        assert db.execute(there).fetchone()[0] == amounts.divided(number, by)
    for number in (-3, -1, 1, 3):
        there = Select(columns=[amounts.divided_there(Value(number).cast("bigint"), 2)])
        assert db.execute(there).fetchone()[0] == amounts.divided(number, 2)


def approved(world: World) -> None:
    """Noor's hours at FSE and another's at LAW, approved; those of FSE are invoiced."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    other = factories.assignment(factories.worker("Jan", "de Wit"), world.law, world.law_budget)
    factories.sheet(other, world.period, {world.period.first_on: 60}, state="approved")
    invoice_cast.run(organisation="FSE")


def test_who_is_told_what(world: World) -> None:
    approved(world)
    period = {"first": world.period.id}
    assert [row.about for row in read(world.staff, **period).rows] == ["LAW", "FSE"]
    own = read(world.supervisor, **period)
    assert [row.about for row in own.rows] == ["FSE"]
    assert (own.read_organisations, own.has_margin, own.whole.paid_cents) == ([world.fse.id], False, 0)
    for cut in CUTS:
        assert len(read(world.supervisor, cut, **period).rows) == 1
        stolen = read(world.supervisor, cut, **period, organisation="LAW")
        assert (stolen.by.organisation, stolen.whole.cents) == ("", own.whole.cents), (
            "of others there is none"
        )
    assert read(world.supervisor, "worker", **period).rows[0].about == "", "its number is for the agency"
    assert read(world.outsider, **period).whole.cents == 0
    assert [row.name_nl for row in read(world.outsider, "worker", **period).rows] == ["Jan de Wit"]
    for nobody in (world.noor, world.registrar):
        with pytest.raises(Forbidden):
            read(nobody)
    for role, is_told in (
        ("payroll", True),
        ("administration", True),
        ("invoicing", False),
        ("reading", False),
    ):
        staff = factories.account("Bureau", role, is_agency_staff=True, agency_roles=role)
        found = read(staff, **period)
        assert (found.has_margin, found.whole.paid_cents > 0) == (is_told, is_told)
        assert report.may_read(access.grants(staff), None, has_margin=True) == is_told
        assert report.may_read(access.grants(staff), None, has_margin=False)
    emre = access.grants(world.supervisor)
    assert report.may_read(emre, [world.fse.id], has_margin=False)
    assert not report.may_read(emre, [world.fse.id], has_margin=True)
    assert not report.may_read(emre, [world.fse.id, world.law.id], has_margin=False)
    assert not report.may_read(emre, None, has_margin=False)


def test_which_periods(world: World) -> None:
    weeks = factories.periods("week", date(2026, 11, 2), 3)
    usual = read(world.staff)
    assert [one.number for one in usual.periods] == [11], "of 12 the approvals are not due yet"
    assert [one.number for one in usual.before] == [10]
    assert {one.calendar for one in usual.choice} == {"four_weeks"}, "nobody goes by weeks"
    several = read(world.staff, first=world.periods[6].id, last=world.periods[9].id)
    assert [one.number for one in several.periods] == [7, 8, 9, 10]
    assert [one.number for one in several.before] == [3, 4, 5, 6]
    early = read(world.staff, first=world.periods[1].id, last=world.periods[3].id)
    assert (len(early.periods), early.before) == (3, []), "before there are fewer"
    Organisation.update(calendar="week").where(Organisation.id == world.law.id).execute()
    back = read(world.staff, first=world.periods[8].id, last=world.periods[2].id)
    assert [one.number for one in back.periods] == [9]
    mixed = read(world.staff, first=world.periods[8].id, last=weeks[2].id)
    assert [one.number for one in mixed.periods] == [9], "another calendar is another list"
    of_weeks = read(world.staff, organisation="LAW")
    assert {one.calendar for one in of_weeks.choice} == {"week"}
    for odd in ({"first": 999_999}, {"year": 1999}, {"cut": "x"}, {"organisation": "X"}):
        assert report.load(access.grants(world.staff), ReportFilter(**odd)).by.cut == "organisation"


def test_hours_without_a_rate_have_no_amount(world: World) -> None:
    invoice_cast.approve(world.sheet, world.supervisor)
    Rate.update(valid_from_on=date(2026, 11, 4)).execute()
    whole = read(world.staff, first=world.period.id).whole
    assert (whole.open_minutes, whole.unpriced_minutes) == (930, 480)
    assert (whole.open_cents, whole.paid_cents) == (half_up(Fraction(450 * 3151, 60)), 13740)


def test_nothing_yet(world: World) -> None:
    PayPeriod.update(first_on=PayPeriod.first_on).execute()
    assert read(world.staff).rows == []
    Timesheet.delete().execute()
    PayPeriod.delete().execute()
    empty = read(world.staff)
    assert (empty.periods, empty.rows, empty.page(1).rows) == ([], [], [])


def test_budget_numbers_come_with_their_use(world: World) -> None:
    approved(world)
    BudgetNumber.update(ceiling_cents=100_000).where(BudgetNumber.id == world.fse_budget.id).execute()
    found = read(world.supervisor, "budget_number", first=world.period.id)
    (row,) = found.page(1).rows
    assert row.budget is not None
    assert (row.budget.against.cents, row.budget.against.percent) == (48841, 48)
    assert found.all_rows()[0].budget is not None
    with pytest.raises(Invalid):
        found.all_rows(0)


def test_a_fixed_number_of_statements(world: World) -> None:
    approved(world)

    def statements(cut: str) -> int:
        with count_queries() as counted:
            found = read(world.staff, cut, first=world.period.id)
            found.page(1)
        return int(counted.count)

    before = {cut: statements(cut) for cut in CUTS}
    numbers = [BudgetNumber.create(organisation=world.fse, number=f"9{n}") for n in range(60)]
    for number in numbers:
        of = factories.assignment(
            factories.worker(last=f"W{number.id}"), world.fse, number, job_title=number.number
        )
        factories.sheet(of, world.period, state="approved")
    assert {cut: statements(cut) for cut in CUTS} == before
    found = read(world.staff, "worker", first=world.period.id)
    assert (len(found.rows), found.page(1).pages, len(found.page(2).rows)) == (62, 2, 12)
