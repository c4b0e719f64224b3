"""The files of a payroll batch, each made from what the batch keeps: the same bytes whenever it is asked for.

* neutral: UTF-8 CSV, one row per worker, day, hour type and rate, with gross amounts. Our own layout.
* easyflex: CSV, a row per assignment, day and component, as Easyflex asks of an hours file ("Urenbestanden",
  handboek.easyflex.net: hours per date, each component on a row of its own). An agency's own definition in
  Easyflex ("urenbestand-definitie") maps the columns.
* loket: CSV `aanslnr;persnr;ploeg;` and component numbers, hours added up per worker, decimal comma (Loket's
  helpdesk, "Import variabele gegevens: Het maken van het bestand"). ploeg is 1.
* nmbrs: XLSX, one row per worker: Debiteurnr, Bedrijfnr, Persnr, Naam, Periode, Dagen, DagenVoorLC, then on
  row 2 from column H a code per column and from row 3 the hours in decimals (Nmbrs support, "Importsheet tab:
  Variabele Looncomponenten"). The agency's number is `debtor/company`, or the company alone.
* setu: JSON, a list of SETU Timecards 2.0 (setu-standards, Timecard.yml), one per timesheet of the batch.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from konnekt.documents import tables
from konnekt.documents.tables import Cell
from konnekt.domain.payroll import batches, payable
from konnekt.models import PayrollBatch

BOM = b"\xef\xbb\xbf"
JSON = "application/json"
SHIFT = 1


class PayrollFile(NamedTuple):
    """A file to download."""

    name: str
    media_type: str
    content: bytes


def make(batch: PayrollBatch, hours: list[batches.Paid], format: str) -> PayrollFile:
    """The file of a batch in a format (payable.FORMATS): domain.payroll.make.contents reads both."""
    writer, ending, media_type = WRITERS[format]
    name = f"{batch.calendar}-{batch.pay_on.isoformat()}-{batch.sequence}-{format}.{ending}"
    return PayrollFile(name, media_type, writer(batch, hours))


def hours_of(minutes: int) -> Decimal:
    """Minutes as decimal hours: two decimals where exact, else four."""
    return _decimal(minutes * 100, 60, 2) if minutes % 3 == 0 else _decimal(minutes * 10_000, 60, 4)


def _decimal(number: int, by: int, places: int) -> Decimal:
    sign = -1 if number < 0 else 1
    return Decimal(sign * ((2 * abs(number) + by) // (2 * by))).scaleb(-places)


def _rate(rate: int) -> Decimal:
    return Decimal(rate // 100).scaleb(-2) if rate % 100 == 0 else Decimal(rate).scaleb(-4)


def _sums(
    hours: Iterable[batches.Paid], key: Callable[[batches.Paid], tuple[Any, ...]]
) -> dict[tuple[Any, ...], int]:
    """Minutes per key, in the order of the keys."""
    sums: dict[tuple[Any, ...], int] = defaultdict(int)
    for paid in hours:
        sums[key(paid)] += paid.minutes
    return dict(sorted(sums.items()))


class _Snapshot:
    """What a batch keeps of the rows behind it, by the ids of its hours."""

    def __init__(self, batch: PayrollBatch) -> None:
        self.all: dict[str, Any] = batch.frozen

    def kind(self, paid: batches.Paid) -> dict[str, Any]:
        return dict(self.all["hour_types"][str(paid.hour_type)])

    def sheet(self, paid: batches.Paid) -> dict[str, Any]:
        return dict(self.all["sheets"][str(paid.sheet)])

    def worker(self, paid: batches.Paid) -> tuple[str, str]:
        """Employee number and name."""
        one = self.all["workers"][str(self.sheet(paid)["worker"])]
        return one["number"], one["name"]

    def place(self, hours: list[batches.Paid]) -> tuple[Any, ...]:
        """Where a sheet stands among the others: by worker and period."""
        return (*self.worker(hours[0]), self.sheet(hours[0])["first_on"], hours[0].sheet)

    def organisation(self, paid: batches.Paid) -> dict[str, str]:
        return dict(self.all["organisations"][str(self.sheet(paid)["organisation"])])


def _neutral(batch: PayrollBatch, hours: list[batches.Paid]) -> bytes:
    snapshot = _Snapshot(batch)

    def key(paid: batches.Paid) -> tuple[Any, ...]:
        kind = snapshot.kind(paid)
        return (
            *snapshot.worker(paid), paid.day, kind["code"], kind["name_nl"], kind["percent"], paid.pay_rate,
        )  # fmt: skip

    rows: list[list[Cell]] = [
        [number, name, day, code, kind, hours_of(minutes), minutes, percent, _rate(rate),
         Decimal(payable.gross_cents(minutes, rate, percent)).scaleb(-2)]
        for (number, name, day, code, kind, percent, rate), minutes in _sums(hours, key).items()
    ]  # fmt: skip
    header = (
        "personeelsnummer", "naam", "datum", "uursoort", "omschrijving", "uren", "minuten", "percentage",
        "uurloon", "bedrag",
    )  # fmt: skip
    return tables.csv_file(header, rows)


def _easyflex(batch: PayrollBatch, hours: list[batches.Paid]) -> bytes:
    snapshot = _Snapshot(batch)

    def key(paid: batches.Paid) -> tuple[Any, ...]:
        place, code = snapshot.organisation(paid)["code"], snapshot.kind(paid)["payroll_code"]
        return (*snapshot.worker(paid), place, snapshot.sheet(paid)["assignment"], paid.day, code)

    rows: list[list[Cell]] = [
        [number, name, place, assignment, f"{day:%d-%m-%Y}", code, hours_of(minutes)]
        for (number, name, place, assignment, day, code), minutes in _sums(hours, key).items()
    ]
    header = ("Flexwerker", "Naam", "Relatie", "Plaatsing", "Datum", "Looncomponentcode", "Uren")
    return tables.csv_file(header, rows).removeprefix(BOM)


def _per_component(
    snapshot: _Snapshot, hours: list[batches.Paid]
) -> tuple[list[str], dict[tuple[str, str], dict[str, int]]]:
    """The components of a batch, and per worker the minutes of each."""
    codes = sorted({kind["payroll_code"] for kind in snapshot.all["hour_types"].values()}, key=_order)
    workers: dict[tuple[str, str], dict[str, int]] = {}
    sums = _sums(hours, lambda paid: (*snapshot.worker(paid), snapshot.kind(paid)["payroll_code"]))
    for (number, name, code), minutes in sums.items():
        workers.setdefault((number, name), {})[code] = minutes
    return codes, workers


def _order(code: str) -> tuple[int, str]:
    """Component numbers as numbers."""
    return (int(code), "") if code.isascii() and code.isdigit() else (10**9, code)


def _hours_in(codes: list[str], minutes: dict[str, int]) -> list[Cell]:
    return [hours_of(minutes[code]) if minutes.get(code) else None for code in codes]


def _loket(batch: PayrollBatch, hours: list[batches.Paid]) -> bytes:
    snapshot = _Snapshot(batch)
    codes, workers = _per_component(snapshot, hours)
    agency = snapshot.all["agency"]["payroll_number"]
    rows = [
        [agency, number, SHIFT, *_hours_in(codes, minutes)] for (number, _name), minutes in workers.items()
    ]
    # Loket looks for the names of its columns: nothing may stand before the first.
    return tables.csv_file(("aanslnr", "persnr", "ploeg", *codes), rows).removeprefix(BOM)


def _nmbrs(batch: PayrollBatch, hours: list[batches.Paid]) -> bytes:
    snapshot = _Snapshot(batch)
    codes, workers = _per_component(snapshot, hours)
    debtor, _, company = snapshot.all["agency"]["payroll_number"].rpartition("/")
    period = f"{snapshot.all['period']['year']}-{snapshot.all['period']['number']}"
    names = {kind["payroll_code"]: kind["name_nl"] for kind in snapshot.all["hour_types"].values()}
    header = ("Debiteurnr", "Bedrijfnr", "Persnr", "Naam", "Periode", "Dagen", "DagenVoorLC")
    rows: list[list[Cell]] = [[*[None] * len(header), *codes]]
    rows += [
        [debtor, company, number, name, period, None, None, *_hours_in(codes, minutes)]
        for (number, name), minutes in workers.items()
    ]
    return tables.xlsx_file("Variabele Looncomponenten", (*header, *(names[code] for code in codes)), rows)


def _setu(batch: PayrollBatch, hours: list[batches.Paid]) -> bytes:
    snapshot = _Snapshot(batch)
    sheets: dict[int, list[batches.Paid]] = defaultdict(list)
    for paid in hours:
        sheets[paid.sheet].append(paid)
    cards = [_timecard(snapshot, batch, some) for some in sorted(sheets.values(), key=snapshot.place)]
    return (json.dumps(cards, ensure_ascii=False, indent=1) + "\n").encode()


def _timecard(snapshot: _Snapshot, batch: PayrollBatch, hours: list[batches.Paid]) -> dict[str, Any]:
    sheet, place, agency = snapshot.sheet(hours[0]), snapshot.organisation(hours[0]), snapshot.all["agency"]
    number, name = snapshot.worker(hours[0])
    # Hours of one sheet may be paid by several batches: each is a document of its own.
    document = f"{sheet['reference']}/{batch.pay_on.isoformat()}-{batch.sequence}"
    card: dict[str, Any] = {"documentId": _by_us(document)}
    if legal_id := _legal_id(agency):
        card["supplier"] = {"legalId": legal_id}
    card["customer"] = {"id": [_by_us(place["code"])]}
    if legal_id := _legal_id(place):
        card["customer"]["legalId"] = legal_id
    return {
        **card,
        "person": {"id": [_by_us(number)], "name": {"formattedName": name}},
        "period": {"datePeriod": {"start": sheet["first_on"], "end": sheet["last_on"]}},
        "staffingIds": {"assignmentId": _by_us(sheet["assignment"])},
        "timeInterval": [_interval(snapshot, paid) for paid in hours],
    }


def _interval(snapshot: _Snapshot, paid: batches.Paid) -> dict[str, Any]:
    kind = snapshot.kind(paid)
    budget = snapshot.all["budget_numbers"][str(paid.budget_number)]
    # The pay rate stands before the multiplier; what is billed has a rate of its own, which is not payroll's.
    rate = {
        "amount": {"value": float(_rate(paid.pay_rate)), "currency": {"value": "EUR"}},
        "intervalCode": {"value": "HourlyConsolidated"},
        "multiplier": kind["percent"],
        "toBeBilled": False,
        "toBePaid": True,
    }
    return {
        "id": _by_us(str(paid.hour)),
        "costCenter": {"name": budget["description"], "code": budget["number"]},
        "typeCode": {"value": kind["setu_code"]},
        "period": {"dateTimePeriod": {"start": f"{_day(paid.day)}T00:00:00"}},
        "timeTotal": str(hours_of(paid.minutes)),
        "payRates": [rate],
        "dayAssignment": _day(paid.day),
    }


def _legal_id(party: dict[str, str]) -> dict[str, str]:
    """The number of a Dutch registration, as whose it is: KvK has 8 digits, OIN 20; another is of neither."""
    number = "".join(party["coc_number"].split())
    scheme = {8: "KvK", 20: "OIN"}.get(len(number)) if number.isascii() and number.isdigit() else None
    return {"value": number, "schemeAgencyId": scheme} if scheme else {}


def _day(day: date) -> str:
    return day.isoformat()


def _by_us(value: str) -> dict[str, str]:
    return {"value": value, "schemeAgencyId": "Supplier"}


# What writes a format, how its name ends, its media type.
WRITERS: dict[str, tuple[Callable[[PayrollBatch, list[batches.Paid]], bytes], str, str]] = {
    "neutral": (_neutral, "csv", tables.CSV),
    "easyflex": (_easyflex, "csv", tables.CSV),
    "loket": (_loket, "csv", tables.CSV),
    "nmbrs": (_nmbrs, "xlsx", tables.XLSX),
    "setu": (_setu, "json", JSON),
}
