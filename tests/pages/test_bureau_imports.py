"""/bureau/imports: upload, look, confirm; all or nothing, and the same rows as the command."""

import functools
import io
import re
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from peewee import SqliteDatabase
from werkzeug.test import TestResponse

from konnekt.background import queue, work as workshop
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.imports import import_folder, placed_hours, run, uploads
from konnekt.models import (
    TABLES,
    Account,
    Assignment,
    Event,
    Hour,
    HourType,
    Job,
    JobFile,
    Organisation,
    Timesheet,
)
from tests import factories
from tests.command_line import konnekt, served
from tests.conftest import EMPTY_POSTGRESQL
from tests.domain.imports import import_sets
from tests.domain.imports.test_workbooks import book, from_csv, packed_as
from tests.factories import World
from tests.visitor import Visitor

HOUR_TYPES = b"code;name_nl;name_en;multiplier_percent\nREG;Normaal;Regular;100\nNEW;Nieuw;New;120\n"


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def send(visitor: Visitor, files: dict[str, bytes]) -> TestResponse:
    parts = [(io.BytesIO(content), name) for name, content in files.items()]
    return visitor.post("/bureau/imports", {"files": parts}, content_type="multipart/form-data")


def send_raw(visitor: Visitor, content: bytes) -> TestResponse:
    """The same as bytes: the client of the tests leaves large files open."""
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % part
        for part in (
            (b"csrf_token", visitor.csrf_token().encode()),
            (b'files"; filename="hour_types.csv', content),
        )
    )
    answer = visitor.client.post(
        "/bureau/imports", data=body + b"--x--\r\n", content_type="multipart/form-data; boundary=x"
    )
    db.connect(reuse_if_open=True)
    return answer


def checked(visitor: Visitor, files: dict[str, bytes]) -> tuple[int, str]:
    """Upload and have it checked: the job's number and its page."""
    answer = send(visitor, files)
    assert answer.status_code == 303, answer.text
    workshop.work()
    return int(answer.location.rpartition("/")[2]), visitor.get(answer.location).text


def confirmed(visitor: Visitor, check: int) -> str:
    answer = visitor.post(f"/bureau/imports/{check}/confirm")
    assert answer.status_code == 303, answer.text
    workshop.work()
    return visitor.get(answer.location).text


def cells(page: str) -> list[list[str]]:
    rows = re.findall(r'<tr class="row">(.*?)</tr>', page, re.S)
    return [re.findall(r'class="(?:who|hours)(?: none)?">([^<]*)', row) for row in rows]


def test_first_one_looks_and_then_confirms(staff: Visitor, world: World) -> None:
    check, page = checked(staff, {"hour_types.csv": HOUR_TYPES, "leesmij.csv": b"a;b\n"})
    assert cells(page) == [["hour_types.csv", "1", "1", "0", "0", "0"]]
    assert "Er is nog niets geïmporteerd." in page
    assert "Geen bestand om te importeren: leesmij.csv." in page
    assert HourType.get_or_none(HourType.code == "NEW") is None
    page = confirmed(staff, check)
    assert "Geïmporteerd." in page
    assert HourType.get(HourType.code == "NEW").multiplier_percent == 120
    event = Event.get(Event.thing == "import")
    assert (event.verb, event.actor, event.after) == (
        "import", world.staff, {"new_and_changed": {"hour_types.csv": [1, 1]}},
    )  # fmt: skip
    assert JobFile.select().count() == 0, "uploads go when they are imported"


def test_each_line_that_does_something_is_named(staff: Visitor, world: World) -> None:
    number = world.noor.employee_number
    head = "code;employee_number;organisation;basis;entered_by;from;until;job_title;budget_number;max_hours_per_week"
    own = world.assignment
    moved = f"{own.code};{number};FSE;{own.basis};{own.entered_by};2026-01-01;2026-11-03;;;"
    beside = [
        f"{code};{number};{place};flexible;worker;2026-11-01;;;;"
        for code, place in (("X-1", "FSE"), ("X-2", "LAW"))
    ]
    rights = f"email;organisation;approve;register;invoices\n{world.noor.email};LAW;1;0;0\n"
    files = {"assignments.csv": "\n".join((head, moved, *beside)).encode(), "rights.csv": rights.encode()}
    check, page = checked(staff, files)
    assert "Nieuw: regel 3–4." in page
    assert "Gewijzigd: regel 2." in page
    assert "3 regels zijn misschien niet zo bedoeld" in page
    lines = staff.get(f"/bureau/imports/{check}/lines.csv").data.decode("utf-8-sig").splitlines()
    assert lines[1:] == [
        "assignments.csv;2;from;dezelfde dagen als plaatsing X-1, van dezelfde werknemer;;",
        "assignments.csv;2;until;Er staan 7,50 uur buiten deze data, op één dag. Die krijgen een markering.;;",
        f"assignments.csv;4;organisation;{world.noor.email} werkt bij LAW en keurt daar goed, maar nooit de eigen uren;;",
        "assignments.csv;2;job_title;gewijzigd;Studentassistent;",
        "assignments.csv;2;until;gewijzigd;;3 nov 2026",
        'assignments.csv;2;budget_number;gewijzigd;"=""34367565.899""";',
        "rights.csv;2;;nieuw;;",
        "assignments.csv;3;;nieuw;;",
        "assignments.csv;4;;nieuw;;",
    ]


def test_what_was_and_what_becomes_is_said(staff: Visitor, world: World) -> None:
    draft = factories.sheet(
        world.assignment, world.periods[12], {world.periods[12].first_on: 480}, state="draft"
    )
    code, day = world.assignment.code, world.periods[12].first_on
    files = {
        "rates.csv": f"assignment;valid_from;pay_rate;bill_rate\n{code};2026-01-01;18,32;32\n".encode(),
        "hours.csv": (
            "assignment;year;period;day;hour_type;budget_number;hours;remark;state\n"
            f"{code};2026;13;{day};REG;34367565.899;7,5;Thuis;draft\n"
        ).encode(),
    }
    check, page = checked(staff, files)
    assert "3 waarden veranderen" in page
    assert "1 regel is misschien niet zo bedoeld" in page
    shown = re.findall(r"<li><b>(.*?)</b>: (.*?): <span class=\"changed\">(.*?)</span>", page)
    assert shown == [
        ("rates.csv:2", "Uurtarief", "<del>€\xa031,51</del> → €\xa032,00"),
        ("hours.csv:2", "Uren", "<del>8,00</del> → 7,50"),
        ("hours.csv:2", "Opmerking", "Thuis"),
    ]
    lines = staff.get(f"/bureau/imports/{check}/lines.csv").data.decode("utf-8-sig").splitlines()
    assert lines[1:] == [
        "rates.csv;2;bill_rate;was 31,51 en wordt 32,00, ook voor uren die al gewerkt zijn;;",
        "rates.csv;2;bill_rate;gewijzigd;€\xa031,51;€\xa032,00",
        'hours.csv;2;hours;gewijzigd;"=""8,00""";"=""7,50"""',
        "hours.csv;2;remark;gewijzigd;;Thuis",
    ]
    page = confirmed(staff, check)
    assert "Geïmporteerd." in page
    assert [hour.minutes for hour in Hour.select().where(Hour.line.in_(draft.lines))] == [450]
    assert "Bureau InterUM, import" in staff.get(f"/bureau/assignments/{world.assignment.id}").text


def test_the_same_again_changes_nothing(staff: Visitor) -> None:
    confirmed(staff, checked(staff, {"hour_types.csv": HOUR_TYPES})[0])
    check, page = checked(staff, {"hour_types.csv": HOUR_TYPES})
    assert cells(page) == [["hour_types.csv", "0", "0", "2", "0", "0"]]
    assert "importeren zou niets veranderen" in page
    assert f"/bureau/imports/{check}/confirm" not in page


def test_every_error_is_said_and_nothing_is_imported(staff: Visitor, world: World) -> None:
    wrong = HOUR_TYPES + b"BAD;Fout;Bad;12000\n;;;\nREG;x;y;100\n"
    check, page = checked(staff, {"hour_types.csv": wrong})
    assert (
        "<b>hour_types.csv regel 4</b> · multiplier_percent: Typ een percentage van 1 tot en met 1000."
        in page
    )
    assert "<b>hour_types.csv regel 6</b> · code: dezelfde code als op regel 2" in page
    assert "confirm" not in page
    assert staff.post(f"/bureau/imports/{check}/confirm").status_code == 409
    assert HourType.select().count() == 5
    csv = staff.get(f"/bureau/imports/{check}/lines.csv")
    assert csv.headers["Content-Disposition"] == f"attachment; filename=import-{check}.csv"
    assert csv.data.decode("utf-8-sig").splitlines()[:2] == [
        "Bestand;Regel;Kolom;Wat;Was;Wordt",
        "hour_types.csv;4;multiplier_percent;Typ een percentage van 1 tot en met 1000.;;",
    ]


def test_many_errors_are_a_few_on_screen_and_all_in_the_file(staff: Visitor) -> None:
    rows = b"".join(b"X%d;a;b;0\n" % n for n in range(1200))
    check, page = checked(staff, {"hour_types.csv": HOUR_TYPES + rows})
    assert "1200 fouten" in page
    assert page.count("<b>hour_types.csv regel") == 50
    assert "En nog 1150." in page
    assert len(staff.get(f"/bureau/imports/{check}/lines.csv").data.splitlines()) == 1201


def test_foreign_text_is_escaped_and_cut(staff: Visitor) -> None:
    evil = b"day;name_nl;name_en\n<script>alert(1)</script>;a;b\n=1+1;a;b\n" + b"9" * 300 + b";a;b\n"
    check, page = checked(staff, {"closing_days.csv": evil, "<b>.csv": b"x"})
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "9" * 61 not in page
    assert "<b>.csv" not in page
    assert "=1+1" in page
    for line in staff.get(f"/bureau/imports/{check}/lines.csv").data.decode("utf-8-sig").splitlines():
        assert not line.startswith(("=", "+", "-", "@"))


def test_confirming_twice_is_one_import(staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    first = staff.post(f"/bureau/imports/{check}/confirm").location
    assert staff.post(f"/bureau/imports/{check}/confirm").location == first
    assert workshop.work() == 1
    assert staff.post(f"/bureau/imports/{check}/confirm").location == first
    assert Event.select().where(Event.thing == "import").count() == 1


def test_what_changed_since_the_check_is_looked_at_again(staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    HourType.update(name_nl="Normaal", name_en="Regular").where(HourType.code == "REG").execute()
    page = confirmed(staff, check)
    assert "Er is niets geïmporteerd." in page
    assert "Controleer ze opnieuw." in page
    assert HourType.get_or_none(HourType.code == "NEW") is None
    failed = Job.get(Job.kind == "import")
    again = staff.post(f"/bureau/imports/{failed.id}/again")
    assert again.status_code == 303
    workshop.work()
    assert cells(staff.get(again.location).text) == [["hour_types.csv", "1", "0", "1", "0", "0"]]
    page = confirmed(staff, int(again.location.rpartition("/")[2]))
    assert "Geïmporteerd." in page


def test_an_import_that_is_done_again_after_a_kill_happens_once(staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    staff.post(f"/bureau/imports/{check}/confirm")

    class Killed(BaseException):
        pass

    def dies(job: Job, tell: queue.Tell) -> dict[str, Any]:
        uploads.carry_out(job, tell)
        raise Killed

    with pytest.raises(Killed):
        workshop.work(handlers={"import": dies})
    clock.fix((clock.now() + timedelta(minutes=2)).isoformat())
    assert workshop.work() == 0, "what it did and its end were one transaction"
    assert Job.get(Job.kind == "import").result["is_ok"]
    assert Event.select().where(Event.thing == "import").count() == 1


def test_a_worker_that_lost_its_claim_imports_nothing(staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    staff.post(f"/bureau/imports/{check}/confirm")
    slow = queue.claim(["import"])
    assert slow is not None
    clock.fix((clock.now() + timedelta(minutes=2)).isoformat())
    assert workshop.work() == 1
    Organisation.update(name="Later").execute()
    with pytest.raises(queue.Interrupted):
        JobFile.create(job=slow, name="closing_days.csv", content=b"day;name_nl;name_en\n2027-01-01;a;b\n")
        check_of_that = uploads.check(slow, lambda done, total: None)
        slow.asked = {**slow.asked, "effect": check_of_that["effect"]}
        tell = functools.partial(queue.tell, slow)
        uploads.carry_out(slow, lambda done, total: tell(done, total) if db.in_transaction() else None)
    assert db.execute_sql("SELECT count(*) FROM closing_day").fetchone()[0] == 0


def test_uploads_of_what_has_not_ended_stay(staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    staff.post(f"/bureau/imports/{check}/confirm")
    clock.fix((clock.now() + timedelta(hours=25)).isoformat())
    queue.tidy()
    assert workshop.work() == 1
    assert Job.get(Job.kind == "import").result["is_ok"]


def test_what_goes_on_and_fails_says_that_a_part_is_there(staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    location = staff.post(f"/bureau/imports/{check}/confirm").location
    job = Job.get(Job.kind == "import")
    Job.update(asked={**job.asked, "has_begun": True}).where(Job.id == job.id).execute()
    JobFile.update(content=b"code;name_nl\n").where(JobFile.job == job).execute()
    workshop.work()
    page = staff.get(location).text
    assert "Er is niets geïmporteerd." not in page
    assert "Een deel is geïmporteerd" in page


def test_uploads_of_yesterday_are_gone(staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    clock.fix((clock.now() + timedelta(days=1)).isoformat())
    queue.tidy()
    assert JobFile.select().count() == 0
    assert uploads.find(check).result["is_ok"]
    staff = Visitor(staff.app, Account.get(Account.is_agency_staff))
    answer = staff.post(f"/bureau/imports/{check}/confirm")
    assert answer.status_code == 409
    assert "Kies ze opnieuw." in answer.text


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "Kies een of meer bestanden."),
        ({"": b""}, "Kies een of meer bestanden."),
        ({"people.pdf": b"x"}, "people.pdf is geen CSV, XLSX of ZIP."),
        ({f"{n}.csv": b"" for n in range(51)}, "Kies hoogstens 50 bestanden"),
        ({"people.csv": b"a", "PEOPLE.csv": b"b"}, "PEOPLE.csv is er tweemaal."),
        ({"x.zip": b"PK"}, "x.zip eindigt op .zip, maar er zit TXT in"),
        ({"people.xlsx": b"no"}, "people.xlsx eindigt op .xlsx, maar er zit TXT in"),
        ({"people.csv": b"%PDF-1.7\n%\xe2"}, "people.csv eindigt op .csv, maar er zit PDF in"),
        ({"people.csv": b" <!DOCTYPE html><p>"}, "people.csv eindigt op .csv, maar er zit HTML in"),
        ({"people.csv": b"<svg onload='alert(1)'/>"}, "people.csv eindigt op .csv, maar er zit SVG in"),
        ({"people.zip": b"MZ\x90\0\3\0\0"}, "people.zip eindigt op .zip, maar er zit EXE in"),
        ({"people.csv": packed_as({"people.csv": b"a"})}, "people.csv eindigt op .csv, maar er zit ZIP in"),
        ({"people.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1"}, "people.xlsx eindigt op .xlsx, maar er zit XLS in"),
        ({"people.xlsx": b""}, "people.xlsx eindigt op .xlsx, maar is niet als zodanig te lezen."),
    ],
)
def test_uploads_that_are_refused_at_once(staff: Visitor, files: dict[str, bytes], said: str) -> None:
    answer = send(staff, files)
    assert answer.status_code == 422
    assert said in answer.text
    assert Job.select().count() == 0


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"x.zip": b"PK\x03\x04"}, "x.zip kan niet worden uitgepakt"),
        ({"people.xlsx": b"PK\x03\x04"}, "people.xlsx kan niet worden uitgepakt"),
        ({"x.zip": packed_as({"xl/workbook.xml": b""})}, "x.zip eindigt op .zip, maar er zit XLSX in"),
        ({"people.xlsx": packed_as({"a.csv": b""})}, "people.xlsx eindigt op .xlsx, maar er zit ZIP in"),
        (
            {"x.zip": packed_as({"people.csv": b"%PDF-1"})},
            "x.zip/people.csv eindigt op .csv, maar er zit PDF in",
        ),
        ({"x.zip": packed_as({"y.zip": b""})}, "is een ZIP in een ZIP"),
    ],
)
def test_uploads_that_are_refused_when_they_are_opened(
    staff: Visitor, files: dict[str, bytes], said: str
) -> None:
    _, page = checked(staff, files)
    assert said in page


def test_a_large_upload_only_here_and_only_from_the_agency(staff: Visitor, app: Flask, world: World) -> None:
    large = HOUR_TYPES + b"\n" * 5_000_000
    assert send_raw(staff, large).status_code == 303
    assert Job.get().kind == "import_check"
    assert send_raw(Visitor(app, world.supervisor), large).status_code == 413
    assert send_raw(Visitor(app), large).status_code == 413
    too_large = send_raw(staff, b"\n" * (33 * 1024**2))
    assert too_large.status_code == 413
    assert "groter dan 32 MB" in too_large.text
    elsewhere = staff.post("/bureau/details", {"name": "a" * 5_000_000})
    assert elsewhere.status_code == 413
    assert "groter dan 4 MB" in elsewhere.text


def test_who_may_not(app: Flask, world: World, staff: Visitor) -> None:
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    for other in (world.supervisor, world.noor, world.registrar):
        visitor = Visitor(app, other)
        assert visitor.get("/bureau/imports").status_code == 403
        assert send(visitor, {"hour_types.csv": HOUR_TYPES}).status_code == 403
        for url in (f"/bureau/imports/{check}/confirm", f"/bureau/imports/{check}/again"):
            assert visitor.post(url).status_code == 403
        assert visitor.get(f"/bureau/imports/{check}/lines.csv").status_code == 403
    assert Job.select().count() == 1


def test_jobs_that_are_none_of_this(staff: Visitor, world: World) -> None:
    other = queue.queue("other", by=world.staff).id
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    for number in (other, 999):
        assert staff.post(f"/bureau/imports/{number}/confirm").status_code == 404
        assert staff.post(f"/bureau/imports/{number}/again").status_code == 404
        assert staff.get(f"/bureau/imports/{number}/lines.csv").status_code == 404
    assert staff.post(f"/bureau/imports/{check}/again").status_code == 404, "a check is no import"
    assert staff.get(f"/bureau/imports/{check}/confirm").status_code == 405


def test_what_was_imported_before_is_listed(staff: Visitor) -> None:
    page = staff.get("/bureau/imports").text
    assert "Vorige keren" not in page
    assert "assignment, valid_from, pay_rate, bill_rate" in page
    check, _ = checked(staff, {"hour_types.csv": HOUR_TYPES})
    page = staff.get("/bureau/imports").text
    assert f'href="/bureau/jobs/{check}"' in page
    assert "Controle vóór het importeren" in page


def test_progress_is_told_by_rows(staff: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STEPS_BETWEEN_TELLING", 30)  # two a row of a check
    told: list[tuple[int, int]] = []
    rows = b"".join(b"X%d;a;b;100\n" % n for n in range(45))
    send(staff, {"hour_types.csv": HOUR_TYPES + rows})
    job = queue.claim(["import_check"])
    assert job is not None
    uploads.check(job, lambda done, total: told.append((done, total)))
    assert told == [(0, 48), (15, 48), (47, 48)]


def empty_all() -> None:
    if isinstance(db.obj, SqliteDatabase):
        with factories.rewritten():
            for model in reversed(TABLES):
                model.delete().execute()
    else:
        db.execute_sql(EMPTY_POSTGRESQL)


def everything() -> dict[str, Any]:
    """Every row, apart from what only an upload makes, knows (who asked) and from what is random."""
    Account.update(signed_in_at=None).execute()
    with factories.rewritten():
        Event.update(actor=None, salt="", previous="", hash="").execute()
    tables = import_sets.dump()
    # What one person decides alone is told to all of the agency; the command is nobody's.
    for name in ("job", "job_file", "session", "event_chain", "outbox"):
        del tables[name]
    columns = Event._meta.sorted_field_names
    batch, thing, verb = (columns.index(name) for name in ("batch", "thing", "verb"))
    tables["event"] = [
        (*row[1:batch], *row[batch + 1 :])
        for row in tables["event"]
        if not row[thing].startswith("import") and row[verb] != "decide_alone"
    ]
    return tables


def as_zip(folder: Path) -> dict[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.write(path, f"{folder.name}/{path.name}")
    return {"set.zip": out.getvalue()}


def as_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def as_workbook(folder: Path) -> dict[str, bytes]:
    return {"set.xlsx": book(**{path.stem: from_csv(path) for path in sorted(folder.glob("*.csv"))})}


WAYS = [(folder, as_zip) for folder in import_sets.FOLDERS]
WAYS += [(import_sets.OWN, as_files), (import_sets.OWN, as_workbook)]


@pytest.mark.parametrize(
    ("folder", "made"), WAYS, ids=lambda part: str(getattr(part, "__name__", getattr(part, "name", "")))
)
def test_the_browser_gives_the_same_rows_as_the_command(app: Flask, folder: Path, made: Any) -> None:
    columns = {"email": "first@interum.example", "is_agency_staff": True}
    staff = factories.account("Eerste", "Account", **columns)
    page = confirmed(Visitor(app, staff), checked(Visitor(app, staff), made(folder))[0])
    assert "Geïmporteerd." in page
    uploaded = everything()
    assert Hour.select().count() > 5
    empty_all()
    factories.account("Eerste", "Account", **columns)
    assert import_folder(folder).is_ok
    commanded = everything()
    for table, rows in commanded.items():
        assert uploaded[table] == rows, table


def test_an_import_that_was_killed_half_way_goes_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had written is written once, and the report is that of the check."""
    monkeypatch.setattr(placed_hours, "PORTION", 1)
    files = {path.name: path.read_bytes() for path in import_sets.OWN.iterdir()}
    staff = Visitor(app, factories.account("Eerste", "Account", is_agency_staff=True))
    check, _page = checked(staff, files)
    staff.post(f"/bureau/imports/{check}/confirm")

    class Killed(BaseException):
        pass

    def dies(job: Job, tell: queue.Tell) -> dict[str, Any]:
        def tell_and_die(done: int, total: int) -> None:
            tell(done, total)
            if Timesheet.select().count() > 2:
                raise Killed

        return uploads.carry_out(job, tell_and_die)

    with pytest.raises(Killed):
        workshop.work(handlers={"import": dies})
    half = Timesheet.select().count()
    assert "Een deel is geïmporteerd" not in staff.get(f"/bureau/jobs/{check}").text
    Assignment.update(job_title="Door het bureau").where(Assignment.code == "P1").execute()
    clock.fix((clock.now() + timedelta(minutes=2)).isoformat())
    assert workshop.work() == 1
    job = Job.get(Job.kind == "import")
    assert job.result["is_ok"]
    assert job.result["files"] == Job.get_by_id(check).result["files"]
    assert Assignment.get(Assignment.code == "P1").job_title == "Door het bureau", (
        "typed since it was stopped"
    )
    assert 0 < half < Timesheet.select().count()
    assert Event.select().where(Event.thing == "import").count() == 1
    assert (
        Event.select().where(Event.verb == "import", Event.timesheet.is_null(False)).count()
        == Timesheet.select().count()
    )


def test_the_server_works_it_off_within_a_second(world: World, config: Config, tmp_path: Path) -> None:
    with served(config, "--workers", "1", log=tmp_path / "log"):
        began = time.monotonic()
        job = uploads.start([("hour_types.csv", HOUR_TYPES)], by=world.staff)
        while queue.find(job.id).ended_at is None:
            assert time.monotonic() - began < 15
            time.sleep(0.05)
    assert queue.find(job.id).result["is_ok"]
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_deliver_works_it_off(world: World, config: Config) -> None:
    job = uploads.start([("hour_types.csv", HOUR_TYPES)], by=world.staff)
    assert konnekt(config, "deliver").stdout == "0 sent, 0 failed\n1 job done\n"
    assert queue.find(job.id).result["is_ok"]
