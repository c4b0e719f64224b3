"""/bureau/payroll: the pay dates, a preview, making a batch, its files."""

import json
from datetime import date

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.models import Agency, PayrollBatch
from tests import payroll_cast
from tests.factories import World
from tests.payroll_cast import export, preview
from tests.visitor import Visitor

HERE = "/bureau/payroll/four_weeks/2026-12"


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    payroll_cast.complete(world)
    return Visitor(app, world.staff)


def confirmed(format: str = "neutral") -> dict[str, str]:
    return {"format": format, "seen": preview(format).fingerprint}


def test_nobody_else_gets_in(app: Flask, world: World) -> None:
    payroll_cast.complete(world)
    batch = export()
    for person in (world.noor, world.supervisor, world.registrar):
        visitor = Visitor(app, person)
        pages = ("", "/four_weeks/2026-12", f"/batches/{batch.id}", f"/batches/{batch.id}/neutral")
        assert {visitor.get(f"/bureau/payroll{page}").status_code for page in pages} == {403}
        assert visitor.post(HERE, confirmed()).status_code == 403


def test_the_periods(bureau: Visitor, world: World) -> None:
    page = bureau.get("/bureau/payroll").text
    assert "Periode 12" in page
    assert "15,50" in page
    assert "nog geen batch" in page
    assert "Periode 14" not in page, "has not begun"
    export()
    assert "Batch 1: 15,50 uur" in bureau.get("/bureau/payroll?calendar=four_weeks&year=2026").text
    assert bureau.get("/bureau/payroll?calendar=moon&year=x").status_code == 200
    fragment = bureau.with_htmx().get("/bureau/payroll")
    assert fragment.text.startswith('<div id="payroll-periods"')


def test_a_preview_says_who_what_and_why_not(bureau: Visitor, world: World) -> None:
    travel = payroll_cast.approved(world, {date(2026, 11, 3): 90})
    payroll_cast.line(travel, "TRAVEL")
    page = bureau.get(f"{HERE}?format=loket").text
    assert "Betaaldatum wo 9 dec" in page
    assert "15,50 uur, €\u00a0283,96 bruto" in page
    assert "Noor Hendriks" in page
    assert "de uursoort heeft geen code voor deze bestandssoort" in page
    assert ">Uursoort TRAVEL</a></th>" in page
    neutral = bureau.get(HERE).text
    assert "Łucja Şahin" in neutral
    assert "17,00 uur" in neutral
    assert bureau.get(f"{HERE}?format=excel").status_code == 200
    assert bureau.get("/bureau/payroll/four_weeks/2026-40").status_code == 404
    assert bureau.get("/bureau/payroll/moon/2026-12").status_code == 404
    assert bureau.with_htmx().get(HERE).text.startswith('<div id="payroll-preview"')


def test_confirm(bureau: Visitor, world: World) -> None:
    answer = bureau.post(HERE, confirmed())
    batch = PayrollBatch.get()
    assert (answer.status_code, answer.location) == (303, f"/bureau/payroll/batches/{batch.id}")
    assert batch.created_by == world.staff
    page = bureau.get(answer.location).text
    assert "De batch is gemaakt" in page
    assert "Batch 1 van wo 9 dec" in page
    assert "15,50 · €\u00a0283,96" in page


def test_confirm_with_htmx_gets_the_batch(bureau: Visitor) -> None:
    answer = bureau.with_htmx().post(HERE, confirmed())
    assert answer.status_code == 200
    assert answer.text.startswith('<div id="payroll-batch"')
    assert answer.headers["HX-Push-Url"] == f"/bureau/payroll/batches/{PayrollBatch.get().id}"


def test_what_changed_since_is_asked_again(bureau: Visitor, world: World) -> None:
    seen = confirmed()
    payroll_cast.approved(world, {date(2026, 11, 3): 60})
    answer = bureau.post(HERE, seen)
    assert answer.status_code == 409
    assert "De uren zijn veranderd" in answer.text
    assert "16,50 uur" in answer.text
    assert PayrollBatch.select().count() == 0
    assert bureau.post(HERE, confirmed()).status_code == 303
    assert bureau.post(HERE, confirmed()).status_code == 409
    assert "geen goedgekeurde uren" in bureau.post(HERE, confirmed()).text


def test_bad_input(bureau: Visitor) -> None:
    assert bureau.post(HERE, {"format": "excel", "seen": "x"}).status_code == 422
    assert bureau.post(HERE, {"format": "neutral"}).status_code == 409
    assert bureau.post("/bureau/payroll/four_weeks/2026-40", {"format": "neutral"}).status_code == 404
    assert bureau.get("/bureau/payroll/batches/7").status_code == 404
    assert PayrollBatch.select().count() == 0


def test_loket_without_a_number_says_so(bureau: Visitor) -> None:
    Agency.update(payroll_number="").execute()
    answer = bureau.get(f"{HERE}?format=loket")
    assert answer.status_code == 409
    assert "Loket vraagt het nummer van het bureau" in answer.text
    assert "15,50 uur" in answer.text


@pytest.mark.parametrize(
    ("format", "media_type", "ending"),
    [
        ("neutral", "text/csv; charset=utf-8", "csv"),
        ("easyflex", "text/csv; charset=utf-8", "csv"),
        ("loket", "text/csv; charset=utf-8", "csv"),
        ("nmbrs", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("setu", "application/json", "json"),
    ],
)
def test_downloads(bureau: Visitor, format: str, media_type: str, ending: str) -> None:
    batch = export()
    address = f"/bureau/payroll/batches/{batch.id}/{format}"
    assert address in bureau.get(f"/bureau/payroll/batches/{batch.id}").text
    file = bureau.get(address)
    assert file.status_code == 200
    assert file.headers["Content-Type"] == media_type
    name = f"four_weeks-2026-12-09-0-{format}.{ending}"
    assert file.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert bureau.get(address).data == file.data
    if ending == "json":
        assert len(json.loads(file.data)) == 1


def test_a_format_without_its_codes_is_refused(bureau: Visitor, world: World) -> None:
    travel = payroll_cast.approved(world, {date(2026, 11, 3): 90})
    payroll_cast.line(travel, "TRAVEL")
    batch = export()
    answer = bureau.get(f"/bureau/payroll/batches/{batch.id}/setu")
    assert answer.status_code == 409
    assert "ontbreekt een code: TRAVEL" in answer.text
    assert bureau.get(f"/bureau/payroll/batches/{batch.id}/excel").status_code == 404


def test_a_fixed_number_of_statements(bureau: Visitor, world: World) -> None:
    with count_queries() as few:
        bureau.get(HERE)
    with db.atomic():
        for _ in range(60):
            payroll_cast.approved(world, {date(2026, 11, 3): 60})
    with count_queries() as many:
        page = bureau.get(HERE).text
    assert many.count == few.count
    assert 'rel="next"' in page
    assert "Noor Hendriks" in page or "Noor Hendriks" in bureau.get(f"{HERE}?page=2").text


def test_the_detail_of_a_sheet_says_when_it_is_paid(app: Flask, bureau: Visitor, world: World) -> None:
    emre = Visitor(app, world.supervisor)
    assert "Uitbetaald op" not in emre.get(f"/approvals/{world.sheet.id}").text
    export()
    page = emre.get(f"/approvals/{world.sheet.id}").text
    assert "<dt>Uitbetaald op</dt><dd>wo 9 dec</dd>" in page
    assert "283,96" not in page, "organisations never see pay"


def test_undo_a_batch_after_a_question(bureau: Visitor, world: World) -> None:
    batch = export()
    here = f"/bureau/payroll/batches/{batch.id}"
    assert "Downloaden is nog geen overdracht" in bureau.get(here).text
    question = bureau.get(f"{here}/undo").text
    assert "Alle 15,50 uur van deze batch" in question
    empty = bureau.post(f"{here}/undo", {"reason": " "})
    assert empty.status_code == 422
    assert "Schrijf de reden" in empty.text
    assert bureau.post(f"{here}/undo", {"reason": "Verkeerde periode"}).location == here
    page = bureau.get(here).text
    assert "Ongedaan gemaakt" in page
    assert "Verkeerde periode" in page
    assert "Downloaden</h2>" not in page
    gone = bureau.get(f"{here}/neutral")
    assert gone.status_code == 409
    assert "ongedaan gemaakt" in gone.text
    again = bureau.post(f"{here}/undo", {"reason": "Nog eens"})
    assert again.status_code == 409
    assert "al ongedaan gemaakt" in again.text
    assert "(ongedaan gemaakt)" in bureau.get("/bureau/payroll?calendar=four_weeks&year=2026").text
    assert "15,50 uur maken" in bureau.get(HERE).text or "15,50" in bureau.get(HERE).text


def test_hand_a_batch_over_after_a_question(bureau: Visitor, app: Flask, world: World) -> None:
    batch = export()
    here = f"/bureau/payroll/batches/{batch.id}"
    assert "Staat deze batch in het salarispakket?" in bureau.get(f"{here}/hand-over").text
    done = bureau.with_htmx().post(f"{here}/hand-over", {})
    assert done.text.startswith('<div id="payroll-batch"')
    page = bureau.get(here).text
    assert "Overgedragen" in page
    assert f"{world.staff.name} <time" in page
    assert "/bureau/corrections" in page
    for verb in ("undo", "hand-over"):
        refused = bureau.post(f"{here}/{verb}", {"reason": "Toch niet"})
        assert refused.status_code == 409
        assert "correctie" in refused.text
    assert bureau.get(f"{here}/neutral").status_code == 200
    assert bureau.get("/bureau/payroll/batches/999/undo").status_code == 404
    assert Visitor(app, world.supervisor).post(f"{here}/undo", {"reason": "Ik"}).status_code == 403
