"""The files of a batch: their layouts, their sums, and the same bytes for ever."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from konnekt.documents import payroll_files
from konnekt.documents.payroll_files import PayrollFile
from konnekt.domain import clock
from konnekt.domain.payroll import make
from konnekt.domain.payroll.payable import FORMATS
from konnekt.domain.refusals import Refused
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    Event,
    HourType,
    Organisation,
    PayPeriod,
    PayrollBatch,
    Rate,
)
from tests import factories, payroll_cast
from tests.factories import World
from tests.payroll_cast import export

MONDAY = date(2026, 11, 2)


@pytest.fixture
def batch(world: World) -> PayrollBatch:
    """Noor: 8 h, 7.5 h, and 50 minutes of overtime; Łucja: an evening of 3:20, and 2 h taken back."""
    payroll_cast.complete(world)
    Account.update(employee_number="00070").where(Account.id == world.noor).execute()
    overtime = factories.sheet(world.assignment, world.periods[10], {date(2026, 10, 6): 50}, state="approved")
    payroll_cast.line(overtime, "OT")
    evening = payroll_cast.approved(world, {MONDAY: 200})
    payroll_cast.line(evening, "ORT40")
    Account.update(employee_number="80000", first_name="=1+1").where(
        Account.id == evening.assignment.worker
    ).execute()
    factories.sheet(evening.assignment, world.period, {MONDAY: -120}, state="approved", sequence=1)
    return export()


def file(batch: PayrollBatch, format: str) -> PayrollFile:
    return payroll_files.make(*make.contents(batch.id, format), format)


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_neutral(batch: PayrollBatch) -> None:
    found = file(batch, "neutral")
    assert found.name == "four_weeks-2026-12-09-0-neutral.csv"
    assert found.content.startswith(b"\xef\xbb\xbf")
    header, *lines = rows(found.content)
    assert header == [
        "personeelsnummer", "naam", "datum", "uursoort", "omschrijving", "uren", "minuten", "percentage",
        "uurloon", "bedrag",
    ]  # fmt: skip
    noor = ["00070", "Noor Hendriks"]
    lucja = ["80000", "'=1+1 Şahin", "2026-11-02"]
    assert lines == [
        [*noor, "2026-10-06", "OT", "Uursoort OT", "0,8333", "50", "150", "18,32", "22,90"],
        [*noor, "2026-11-03", "REG", "Uursoort REG", "8,00", "480", "100", "18,32", "146,56"],
        [*noor, "2026-11-04", "REG", "Uursoort REG", "7,50", "450", "100", "18,32", "137,40"],
        [*lucja, "ORT40", "Uursoort ORT40", "3,3333", "200", "140", "18,32", "85,49"],
        [*lucja, "REG", "Uursoort REG", "-2,00", "-120", "100", "18,32", "-36,64"],
    ]
    total = sum(Decimal(line[-1].replace(",", ".")) for line in lines)
    assert total == Decimal("355.71")
    assert Event.get(Event.verb == "export").after["gross_cents"] == 35571


def test_easyflex_has_a_row_per_date_and_component(batch: PayrollBatch) -> None:
    content = file(batch, "easyflex").content
    header, *lines = rows(content)
    assert content.startswith(b"Flexwerker;")
    assert header == ["Flexwerker", "Naam", "Relatie", "Plaatsing", "Datum", "Looncomponentcode", "Uren"]
    assert [[line[0], line[2], *line[4:]] for line in lines] == [
        ["00070", "FSE", "06-10-2026", "30", "0,8333"],
        ["00070", "FSE", "03-11-2026", "1", "8,00"],
        ["00070", "FSE", "04-11-2026", "1", "7,50"],
        ["80000", "FSE", "02-11-2026", "1", "-2,00"],
        ["80000", "FSE", "02-11-2026", "28", "3,3333"],
    ]


def test_loket_adds_up_per_worker(batch: PayrollBatch) -> None:
    assert file(batch, "loket").content.decode() == (
        "aanslnr;persnr;ploeg;1;28;30\r\n"
        "5555;00070;1;15,50;;0,8333\r\n"
        "5555;80000;1;-2,00;3,3333;\r\n"
    )  # fmt: skip


def test_loket_reads_no_letters(batch: PayrollBatch) -> None:
    PayrollBatch.update(
        frozen={**batch.frozen, "agency": {**batch.frozen["agency"], "payroll_number": "5555/1"}}
    ).execute()
    with pytest.raises(Refused, match="digits alone; this is no number: 5555/1"):
        make.contents(batch.id, "loket")


def test_nmbrs_has_a_column_per_code(batch: PayrollBatch) -> None:
    frozen = {**batch.frozen, "agency": {**batch.frozen["agency"], "payroll_number": "5555/1"}}
    PayrollBatch.update(frozen=frozen).execute()
    sheet = load_workbook(io.BytesIO(file(batch, "nmbrs").content)).active
    assert sheet.title == "Variabele Looncomponenten"
    found = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert found[0][:7] == ["Debiteurnr", "Bedrijfnr", "Persnr", "Naam", "Periode", "Dagen", "DagenVoorLC"]
    assert found[1] == [None] * 7 + ["1", "28", "30"]
    assert found[2] == ["5555", "1", "00070", "Noor Hendriks", "2026-12", None, None, 15.5, None, 0.8333]
    assert found[3] == ["5555", "1", "80000", "=1+1 Şahin", "2026-12", None, None, -2, 3.3333, None]
    assert sheet["D4"].data_type == "s", "a name is text, whatever it starts with"


@pytest.mark.parametrize(
    ("number", "legal_id"),
    [
        ("0000 0001234567890000", {"value": "00000001234567890000", "schemeAgencyId": "OIN"}),
        ("BE0123456749", None),
        ("", None),
    ],
)
def test_setu_calls_a_number_what_it_is(batch: PayrollBatch, number: str, legal_id: Any) -> None:
    places = {key: {**place, "coc_number": number} for key, place in batch.frozen["organisations"].items()}
    PayrollBatch.update(frozen={**batch.frozen, "organisations": places}).execute()
    assert [card["customer"].get("legalId") for card in cards(batch)] == [legal_id] * len(cards(batch))


def cards(batch: PayrollBatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file(batch, "setu").content)
    return found


def test_setu(batch: PayrollBatch, world: World) -> None:
    overtime, noor, *_lucja = cards(batch)
    code = world.assignment.code
    assert noor["documentId"] == {"value": f"{code}/2026-P12/2026-12-09-0", "schemeAgencyId": "Supplier"}
    assert overtime["documentId"]["value"] == f"{code}/2026-P11/2026-12-09-0"
    assert noor["person"]["id"] == [{"value": "00070", "schemeAgencyId": "Supplier"}]
    assert noor["period"] == {"datePeriod": {"start": "2026-11-02", "end": "2026-11-29"}}
    assert noor["supplier"]["legalId"] == {"value": "12345678", "schemeAgencyId": "KvK"}
    assert noor["customer"]["legalId"] == {"value": "87654321", "schemeAgencyId": "KvK"}
    first = noor["timeInterval"][0]
    assert first["costCenter"] == {"name": "", "code": "34367565.899"}
    assert (first["typeCode"], first["timeTotal"]) == ({"value": "HT100"}, "8.00")
    assert first["period"]["dateTimePeriod"] == {"start": "2026-11-03T00:00:00"}
    assert first["payRates"] == [
        {
            "amount": {"value": 18.32, "currency": {"value": "EUR"}},
            "intervalCode": {"value": "HourlyConsolidated"},
            "multiplier": 100,
            "toBeBilled": False,
            "toBePaid": True,
        }
    ]
    assert overtime["timeInterval"][0]["payRates"][0]["multiplier"] == 150


def test_setu_says_no_more_than_its_schema_knows(batch: PayrollBatch) -> None:
    """What setu/schemas/purchase-to-pay-v2/Timecard.yml names: required, and nothing beside it."""
    known = {
        "card": {"documentId", "supplier", "customer", "person", "period", "staffingIds", "timeInterval"},
        "interval": {"id", "costCenter", "typeCode", "period", "timeTotal", "payRates", "dayAssignment"},
    }
    found = cards(batch)
    assert len(found) == 4
    ids = [interval["id"]["value"] for card in found for interval in card["timeInterval"]]
    assert len(ids) == len(set(ids)) == 5
    for card in found:
        assert set(card) == known["card"]
        for interval in card["timeInterval"]:
            assert set(interval) == known["interval"]
            assert isinstance(interval["timeTotal"], str)
    assert found[-1]["timeInterval"][0]["timeTotal"] == "-2.00"


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_bytes_for_ever(batch: PayrollBatch, format: str) -> None:
    before = file(batch, format)
    clock.fix("2028-02-29T12:34:56")
    Account.update(first_name="Anders", employee_number=None).execute()
    HourType.update(payroll_code="9", setu_code="HT900", name_nl="Anders", multiplier_percent=1).execute()
    Agency.update(payroll_number="1", coc_number="1").execute()
    Organisation.update(coc_number="1", name="Anders").execute()
    BudgetNumber.update(description="Anders").execute()
    Assignment.update(code=Assignment.code.concat("x")).execute()
    PayPeriod.update(first_on=PayPeriod.first_on).execute()
    Rate.update(pay_rate=1).execute()
    assert file(batch, format) == before


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [
        (480, "8.00"),
        (3, "0.05"),
        (1, "0.0167"),
        (50, "0.8333"),
        (-100, "-1.6667"),
        (-120, "-2.00"),
        (0, "0.00"),
    ],
)
def test_minutes_as_hours(minutes: int, hours: str) -> None:
    assert str(payroll_files.hours_of(minutes)) == hours


def test_two_rates_on_one_day_are_two_rows(world: World) -> None:
    payroll_cast.complete(world)
    made = factories.assignment(world.noor, world.law, world.law_budget)
    Rate.update(pay_rate=203333).where(Rate.assignment == made).execute()
    factories.sheet(made, world.period, {date(2026, 11, 3): 60}, state="approved")
    found = rows(file(export(), "neutral").content)[1:]
    assert [line[5:] for line in found if line[2] == "2026-11-03"] == [
        ["8,00", "480", "100", "18,32", "146,56"],
        ["1,00", "60", "100", "20,3333", "20,33"],
    ]
