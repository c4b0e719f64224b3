"""The import of an agency's files: rows a second, memory, and again where nothing changes."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from konnekt.config import Config
from tests.bench import machine
from tests.bench.report import Section
from tests.command_line import COMMAND, environment

MONTHS = range(1, 12)
DAYS = 20
# The year before the weeks that the bench's own data have (calendar.py).
FIRST_MONDAY = date(2025, 11, 3)
WEEKS = [FIRST_MONDAY + timedelta(weeks=number) for number in range(52)]
BUDGET = "35000001.001"
MB = 500
# 1.7 million rows in 5 minutes.
ROWS_A_SECOND = 5667
TITLES = ("import", "import again, nothing changes")


def write(folder: Path, rows: int) -> int:
    """A set of files with about so many rows of hours, in months; returns how many."""
    names = _names(rows // (len(MONTHS) * DAYS))
    _records(folder, names, "month", "2026-01-01", map(_month, MONTHS))
    _hours(folder, (
        (name, 2026, month, date(2026, month, day))
        for month in MONTHS for name in names for day in range(1, DAYS + 1)
    ))  # fmt: skip
    return len(names) * len(MONTHS) * DAYS


def write_weeks(folder: Path, sheets: int) -> tuple[int, int]:
    """A set with about so many sheets, a year of weeks of each worker; returns how many, and their rows.

    Four rows a sheet, five in each fourth week.
    """
    names = _names(sheets // len(WEEKS))
    _records(folder, names, "week", FIRST_MONDAY.isoformat(), map(_week, WEEKS))
    weeks = [
        [(*monday.isocalendar()[:2], monday + timedelta(days=day)) for day in range(4 + (number % 4 == 0))]
        for number, monday in enumerate(WEEKS)
    ]
    _hours(folder, ((name, *one) for days in weeks for name in names for one in days))
    return len(names) * len(WEEKS), len(names) * sum(map(len, weeks))


def _names(workers: int) -> list[str]:
    return [f"IMP-{number}" for number in range(max(1, workers))]


def _records(
    folder: Path, names: list[str], calendar: str, first_day: str, periods: Iterable[Iterable[object]]
) -> None:
    """All files but the hours: one organisation with an assignment of each of these names, a worker's each."""
    workers = range(len(names))
    _file(folder, "agency", "name;street;postcode;city;country;coc_number;vat_number;iban;bic;peppol_id;phone;email", [[
        "InterUM", "Tongersestraat 6", "6211 LN", "Maastricht", "NL", "12345678", "NL123456789B01",
        "NL91ABNA0417164300", "ABNANL2A", "0106:12345678", "043-388 2688", "bureau@bench.example",
    ]])  # fmt: skip
    _file(folder, "organisations", (
        "code;name;parent;calendar;four_eyes;payment_term_days;vat_treatment;vat_text;language;coc_number;vat_number;"
        "peppol_id;contact_name;street;postcode;city;country;invoice_email"
    ), [["IMP", "Imported faculty", "", calendar, "0", "30", "standard", "", "nl", "87654321", "NL001234567B01",
         "0106:87654321", "", "Kapoenstraat 2", "6211 KW", "Maastricht", "NL", "invoices@bench.example"]])  # fmt: skip
    _file(folder, "people", "email;username;first_name;last_name;language;employee_number;agency_staff", [
        ["imported-supervisor@bench.example", "", "Emre", "Dubois", "nl", "", "0"],
        *([f"imported-{n}@bench.example", "", "Noor", f"Hendriks {n}", "nl", str(9_000_000 + n), "0"] for n in workers),
    ])  # fmt: skip
    _file(folder, "rights", "email;organisation;approve;register;invoices",
          [["imported-supervisor@bench.example", "IMP", "1", "1", "1"]])  # fmt: skip
    _file(
        folder,
        "hour_types",
        "code;name_nl;name_en;multiplier_percent",
        [["REG", "Uursoort REG", "Type REG", "100"]],
    )
    _file(folder, "budget_numbers", (
        "organisation;number;description;ceiling_hours;ceiling_amount;valid_from;valid_until"
    ), [["IMP", BUDGET, "", "", "", "", ""]])  # fmt: skip
    _file(folder, "assignments", (
        "code;employee_number;organisation;job_title;basis;entered_by;from;until;budget_number;max_hours_per_week"
    ), ([name, str(9_000_000 + n), "IMP", "Student", "flexible", "worker", first_day, "", BUDGET, ""]
        for n, name in enumerate(names)))  # fmt: skip
    _file(
        folder,
        "rates",
        "assignment;valid_from;pay_rate;bill_rate",
        ([name, first_day, "18.32", "31.51"] for name in names),
    )
    _file(
        folder,
        "pay_periods",
        "calendar;year;number;first_day;last_day;submit_by;approve_by;pay_date",
        periods,
    )


def _hours(folder: Path, rows: Iterable[tuple[str, int, int, date]]) -> None:
    """Four hours on each of these: assignment, year and number of the period, day."""
    header = "assignment;year;period;day;hour_type;budget_number;hours;remark;state"
    _file(folder, "hours", header, ([*row, "REG", BUDGET, "4,00", "", "approved"] for row in rows))


def _month(month: int) -> list[object]:
    first, last = date(2026, month, 1), date(2026, month + 1, 1) - timedelta(days=1)
    return _period("month", 2026, month, first, last)


def _week(first: date) -> list[object]:
    return _period("week", *first.isocalendar()[:2], first, first + timedelta(days=6))


def _period(calendar: str, year: int, number: int, first: date, last: date) -> list[object]:
    return [
        calendar, year, number, first, last, f"{last + timedelta(days=5)}T23:59", f"{last + timedelta(days=8)}T12:00",
        last + timedelta(days=10),
    ]  # fmt: skip


def _file(folder: Path, name: str, header: str, rows: Iterable[Iterable[object]]) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as file:
        written = csv.writer(file, delimiter=";")
        written.writerow(header.split(";"))
        written.writerows(rows)


def begin(config: Config, folder: Path) -> "subprocess.Popen[bytes]":
    """The command, begun."""
    return subprocess.Popen(
        [*COMMAND, "import", str(folder)],
        env=environment(config),
        stdout=subprocess.DEVNULL,
        stderr=sys.stderr,
    )


def ended(process: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Wait for it; returns seconds of CPU and the most MB that it had.

    The kernel's own figure of an ended process counts what its parent had before it became another program.
    """
    most = 0.0
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        most = max(most, machine.peak(process.pid))
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the import failed"
    return used.ru_utime + used.ru_stime, most


def measure(database: str, section: Section, rows: int) -> None:
    """Import into an empty database, and the same again."""
    with TemporaryDirectory(prefix="konnekt-bench-") as name:
        files = Path(name) / "files"
        files.mkdir()
        count = write(files, rows)
        config = replace(Config(instance=Path(name) / "instance"), database=database)
        subprocess.run([*COMMAND, "migrate"], env=environment(config), check=True, stdout=subprocess.DEVNULL)
        for title, bounds in zip(TITLES, (True, False), strict=True):
            began = time.perf_counter()
            cpu, megabytes = ended(begin(config, files))
            seconds = time.perf_counter() - began
            details = {"rows": count, "cpu_s": round(cpu, 2)}
            section.add(
                title,
                count / seconds,
                "a second",
                at_least=ROWS_A_SECOND if bounds else None,
                details=details,
            )
            section.add(f"{title}: memory", megabytes, "MB", at_most=MB if bounds else None)
