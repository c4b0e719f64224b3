"""Sheets, their hours, flags and events, invoices and payroll batches: each kind by one INSERT ... SELECT.

The number of everything follows from the number of its sheet, so that links need no look-up: a sheet has
room for 4 lines and 8 hours, an hour for one link to an invoice and one to a payroll batch.
"""

import json
import random

from peewee import CharField, DateField, IntegerField, Model

from konnekt.db import MomentField, db
from konnekt.models import (
    Contributor,
    Document,
    Event,
    Flag,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    NumberSeries,
    Payment,
    PayrollBatch,
    PayrollHour,
    Timesheet,
    TimesheetLine,
)
from tests.bench import calendar
from tests.bench.bulk import insert, load, quoted, run
from tests.bench.cast import BILL_RATE, PAY_RATE, Cast, SheetRow

LINES, HOURS = 4, 8
CENTS_A_MINUTE = BILL_RATE // 6000
# An invoice in the database was 124 kB: the PDF, and the e-invoice with that PDF in it.
PDF, UBL = 46_000, 78_000
NO_HASH = "0" * 64
REMARK = "Zie het rooster van deze periode"


class Base(Model):
    """A table that is only there while the data are made."""

    class Meta:
        database = db
        legacy_table_names = False
        primary_key = False


class BenchSheet(Base):
    id = IntegerField()
    assignment = IntegerField()
    ordinal = IntegerField()
    organisation = IntegerField()
    worker = IntegerField()
    budget = IntegerField()
    period = IntegerField()
    state = CharField()
    supervisor = IntegerField()
    sender = IntegerField()
    is_invoiced = IntegerField()
    has_remark = IntegerField()
    minutes_a_day = IntegerField()


class BenchPeriod(Base):
    period = IntegerField()
    created_at = MomentField()
    submitted_at = MomentField()
    decided_at = MomentField()
    issued_on = DateField()
    due_on = DateField()
    year = IntegerField()
    pay_on = DateField()
    paid_on = DateField(null=True)
    days = IntegerField()


class BenchDay(Base):
    period = IntegerField()
    number = IntegerField()
    week = IntegerField()
    day = DateField()


class BenchWeek(Base):
    period = IntegerField()
    week = IntegerField()
    iso_year = IntegerField()
    iso_week = IntegerField()
    first_on = DateField()
    last_on = DateField()
    days = IntegerField()


class BenchInvoice(Base):
    id = IntegerField()
    number = IntegerField()
    period = IntegerField()
    budget = IntegerField()
    organisation = IntegerField()
    net = IntegerField()


TABLES = [BenchSheet, BenchPeriod, BenchDay, BenchWeek, BenchInvoice]
SHEETS = "bench_sheet s JOIN bench_period p ON p.period = s.period"


def write(cast: Cast) -> None:
    """Everything about hours into its tables; people, places and periods are there."""
    db.create_tables(TABLES)
    _periods()
    load(BenchSheet, SheetRow._fields, cast.sheets())
    _timesheets()
    _lines()
    _history()
    _invoices(cast)
    _links()
    _batches(cast)
    db.drop_tables(TABLES)


def _periods() -> None:
    for period in range(1, calendar.WEEKS[-1] + 1):
        days = calendar.days(period)
        BenchPeriod.create(**calendar.moments(period), days=len(days))
        for number, week, day in days:
            BenchDay.create(period=period, number=number, week=week, day=day)
        for week in sorted({week for _number, week, _day in days}):
            of_week = [day for _number, at, day in days if at == week]
            year, iso_week, _ = of_week[0].isocalendar()
            BenchWeek.create(
                period=period, week=week, iso_year=year, iso_week=iso_week, first_on=min(of_week), last_on=max(of_week),
                days=len(of_week),
            )  # fmt: skip


def _timesheets() -> None:
    is_sent = "s.state IN ('submitted', 'approved', 'rejected')"
    is_decided = "s.state IN ('approved', 'rejected')"
    insert(
        Timesheet, SHEETS, id="s.id", assignment="s.assignment", organisation="s.organisation", pay_period="s.period",
        state="s.state", minutes="s.minutes_a_day * p.days", created_at="p.created_at",
        remark=f"CASE WHEN s.has_remark = 1 THEN {quoted(REMARK)} ELSE '' END",
        submitted_at=f"CASE WHEN {is_sent} THEN p.submitted_at END",
        submitted_by=f"CASE WHEN {is_sent} THEN s.sender END",
        decided_at=f"CASE WHEN {is_decided} THEN p.decided_at END",
        decided_by=f"CASE WHEN {is_decided} THEN s.supervisor END",
        rejection_reason="CASE WHEN s.state = 'rejected' THEN 'Dit zijn er te veel' ELSE '' END",
    )  # fmt: skip
    insert(Contributor, "bench_sheet s", id="s.id", timesheet="s.id", account="s.sender")
    insert(
        Flag, "bench_sheet s WHERE s.has_remark = 1 AND s.state <> 'draft'", id="s.id", timesheet="s.id",
        revision="1", code="'remark'",
    )  # fmt: skip


def _lines() -> None:
    regular = str(HourType.get(HourType.code == "REG").id)
    insert(
        TimesheetLine, "bench_sheet s JOIN bench_week w ON w.period = s.period", id=f"s.id * {LINES} + w.week",
        timesheet="s.id", iso_year="w.iso_year", iso_week="w.iso_week", hour_type=regular, budget_number="s.budget",
    )  # fmt: skip
    insert(
        Hour, "bench_sheet s JOIN bench_day d ON d.period = s.period", id=f"s.id * {HOURS} + d.number",
        line=f"s.id * {LINES} + d.week", day="d.day", minutes="s.minutes_a_day",
    )  # fmt: skip


def _history() -> None:
    held = {"minutes": 2400, "is_nil": False, "remark": "", "lines": [
        {"iso_year": 2026, "iso_week": week, "hour_type": "REG", "budget_number": "39000001.001",
         "cells": [["2026-11-04", 300, "", ""], ["2026-11-06", 300, "", ""]]} for week in range(45, 49)
    ]}  # fmt: skip
    # "id" of these tables counts on from the last event of the other kind.
    insert(
        Event, f"{SHEETS} WHERE s.state <> 'draft'", id="s.id", timesheet="s.id", verb="'submit'",
        at="p.submitted_at", actor="s.sender", revision="1", after=quoted(json.dumps(held)),
    )  # fmt: skip
    (last,) = run("SELECT max(id) FROM bench_sheet").fetchone()
    insert(
        Event, f"{SHEETS} WHERE s.state IN ('approved', 'rejected')", id=f"{last} + s.id", timesheet="s.id",
        verb="CASE WHEN s.state = 'approved' THEN 'approve' ELSE 'reject' END", at="p.decided_at", actor="s.supervisor",
        revision="1", batch="'made' || CAST(s.id / 20 AS text)",
    )  # fmt: skip


def _invoices(cast: Cast) -> None:
    """One per budget number and period of what is invoiced; those of before September are paid."""
    run(
        "INSERT INTO bench_invoice SELECT row_number() OVER (ORDER BY f.period, f.budget),"
        " row_number() OVER (PARTITION BY p.year ORDER BY f.period, f.budget), f.period, f.budget, f.organisation, f.net"
        " FROM (SELECT s.period, s.budget, s.organisation, sum(s.minutes_a_day * p.days)"
        f" * {CENTS_A_MINUTE} AS net FROM {SHEETS} WHERE s.is_invoiced = 1"
        " GROUP BY s.period, s.budget, s.organisation) f JOIN bench_period p ON p.period = f.period"
    )
    source = "bench_invoice i JOIN bench_period p ON p.period = i.period"
    digits = "substr('0000000' || CAST(i.number AS text), length(CAST(i.number AS text)) + 1)"
    total = "i.net + (i.net * 21 + 50) / 100"
    insert(
        Invoice, f"{source} JOIN budget_number b ON b.id = i.budget", id="i.id", year="p.year", number="i.number",
        number_text=f"CAST(p.year AS text) || '-' || {digits}", organisation="i.organisation", pay_period="i.period",
        budget_number="i.budget", budget_number_text="b.number", issued_on="p.issued_on", due_on="p.due_on", language="'nl'",
        vat_treatment="'standard'", vat_percent="21", net_cents="i.net", vat_cents="(i.net * 21 + 50) / 100",
        total_cents=total, settled_cents=f"CASE WHEN p.paid_on IS NULL THEN 0 ELSE {total} END", paid_on="p.paid_on",
        created_at="p.decided_at", frozen=quoted(json.dumps(_frozen())),
    )  # fmt: skip
    insert(
        Payment, f"{source} WHERE p.paid_on IS NOT NULL", id="i.id", invoice="i.id", paid_on="p.paid_on",
        amount_cents=total, recorded_at="p.decided_at",
    )  # fmt: skip
    run("INSERT INTO number_series SELECT p.year, max(i.number) FROM " + source + " GROUP BY p.year")
    assert NumberSeries.select().exists()
    (last,) = run("SELECT max(id) FROM bench_invoice").fetchone()
    mark = db.obj.param
    for kind, media_type, size in (("pdf", "application/pdf", PDF), ("ubl", "application/xml", UBL)):
        whole = random.Random(kind).randbytes(size)
        for of, content in (
            (f"> {last - cast.sizes.documents}", whole),
            (f"<= {last - cast.sizes.documents}", whole[:100]),
        ):
            insert(
                Document, f"{source} WHERE i.id {of}", [content], id=f"i.id * 2 + {int(kind == 'ubl')}", invoice="i.id",
                kind=quoted(kind), file_name=f"CAST(i.id AS text) || '.{kind}'", media_type=quoted(media_type),
                sha256=quoted(NO_HASH), content=mark, created_at="p.decided_at",
            )  # fmt: skip


def _frozen() -> dict[str, object]:
    """What an invoice keeps of its parties and sheets, as long as those of seven workers are."""
    party = {"name": "Faculty of Science", "street": "Kapoenstraat 2", "postcode": "6211 KW", "city": "Maastricht",
             "country": "NL", "coc_number": "87654321", "vat_number": "NL001234567B01", "peppol_id": "0106:87654321"}  # fmt: skip
    row = {
        "iso_year": 2026,
        "iso_week": 45,
        "hour_type": "Normale uren",
        "days": [0, 300, 0, 300, 0, 0, 0],
        "minutes": 600,
    }
    sheet = {"reference": "MANY-1/2026-P11", "worker": "Noor Hendriks", "job_title": "Studentassistent",
             "approved_by": "Emre Dubois", "approved_on": "2026-11-02", "rows": [row] * 4}  # fmt: skip
    return {"seller": party, "buyer": party, "period": {"calendar": "four_weeks", "year": 2026, "number": 11},
            "budget_number": "39000001.001", "references": [], "corrects": [], "sheets": [sheet] * 7}  # fmt: skip


def _links() -> None:
    regular = str(HourType.get(HourType.code == "REG").id)
    said = {"worker": "Noor Hendriks", "person": 1, "reference": "MANY-1/2026-P11", "hour_type": "Normale uren",
            "multiplier_percent": 100, "is_rounded": False}  # fmt: skip
    invoiced = "bench_sheet s JOIN {} ON {}.period = s.period {} WHERE s.is_invoiced = 1"
    to_invoice = "JOIN bench_invoice i ON i.period = s.period AND i.budget = s.budget"
    insert(
        InvoiceLine, invoiced.format("bench_week w", "w", to_invoice), id=f"s.id * {LINES} + w.week", invoice="i.id",
        position=f"s.ordinal * {LINES} + w.week + 1", timesheet="s.id", hour_type=regular, iso_year="w.iso_year",
        iso_week="w.iso_week", first_on="w.first_on", last_on="w.last_on", minutes="s.minutes_a_day * w.days",
        unit_price=str(BILL_RATE), net_cents=f"s.minutes_a_day * w.days * {CENTS_A_MINUTE}", frozen=quoted(json.dumps(said)),
    )  # fmt: skip
    hour = f"s.id * {HOURS} + d.number"
    insert(
        InvoicedHour, invoiced.format("bench_day d", "d", ""), id=hour, hour=hour,
        invoice_line=f"s.id * {LINES} + d.week", minutes="s.minutes_a_day",
    )  # fmt: skip


def _batches(cast: Cast) -> None:
    """A batch per period for what is invoiced: its number is that of the period."""
    workers: dict[int, list[SheetRow]] = {}
    for sheet in cast.sheets():
        if sheet.is_invoiced:
            workers.setdefault(sheet.period, []).append(sheet)
    for period, sheets in workers.items():
        moments = calendar.moments(period)
        PayrollBatch.create(
            id=period, calendar="four_weeks", pay_period=period, pay_on=moments["pay_on"], created_at=moments["decided_at"],
            handed_over_at=moments["decided_at"], frozen=_batch(sheets), force_insert=True,
        )  # fmt: skip
    hour = f"s.id * {HOURS} + d.number"
    insert(
        PayrollHour, "bench_sheet s JOIN bench_day d ON d.period = s.period WHERE s.is_invoiced = 1", id=hour, hour=hour,
        payroll_batch="s.period", minutes="s.minutes_a_day", pay_rate=str(PAY_RATE),
    )  # fmt: skip


def _batch(sheets: list[SheetRow]) -> dict[str, object]:
    """What a batch keeps of its workers and sheets."""
    return {
        "format": "neutral", "agency": {"name": "InterUM", "coc_number": "12345678", "payroll_number": "12345"},
        "hour_types": {"1": {"code": "REG", "name_nl": "Uursoort REG", "name_en": "Type REG", "payroll_code": "100",
                             "setu_code": "HT100", "percent": 100}},
        "workers": {str(one.worker): {"number": str(700_000 + one.worker), "name": "Noor Hendriks"} for one in sheets},
        "organisations": {}, "budget_numbers": {},
        "sheets": {str(one.id): {"reference": f"{one.assignment}/2026-P11", "assignment": f"F-{one.assignment}",
                                 "worker": one.worker, "organisation": one.organisation, "first_on": "2026-10-05",
                                 "last_on": "2026-11-01"} for one in sheets},
    }  # fmt: skip
