"""Downloading what is kept of somebody, and the register of what is kept of people."""

import io
import json
import zipfile

from flask import Flask

from konnekt.domain.records import register
from konnekt.models import Event
from tests.factories import World
from tests.visitor import Visitor


def opened(content: bytes) -> dict[str, list[dict[str, object]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_one_downloads_what_is_kept_about_oneself(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.noor)
    assert "Wat over u wordt bewaard" in visitor.get("/account").text
    answer = visitor.post("/account/data")
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == "attachment; filename=persoonsgegevens.zip"
    assert answer.headers["Cache-Control"] == "no-store"
    files = opened(answer.data)
    assert files["account.json"][0]["email"] == world.noor.email
    assert files["register.json"][0]["why"] == "om het portaal te laten werken"
    assert Event.get(Event.verb == "hand_out_data").actor == world.noor
    assert visitor.get("/account/data").status_code == 405


def test_the_agency_downloads_it_from_a_persons_page(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.staff)
    where = f"/bureau/people/{world.noor.id}"
    assert "Gegevens downloaden" in visitor.get(where).text
    answer = visitor.post(f"{where}/data")
    assert (
        answer.headers["Content-Disposition"] == f"attachment; filename=persoonsgegevens-{world.noor.id}.zip"
    )
    assert opened(answer.data)["timesheet.json"]
    assert "Persoonsgegevens gedownload" in visitor.get(where).text
    assert visitor.post("/bureau/people/99999/data").status_code == 404


def test_the_register_names_each_table_that_is_about_people(app: Flask, world: World) -> None:
    text = Visitor(app, world.staff).get("/bureau/register").text
    for entry in register.REGISTER.values():
        assert (f">{entry.name}</small>" in text) == entry.is_personal
    assert "wettelijke plicht (AVG art. 6 lid 1 c; art. 52 AWR)" in text
