"""The bench itself: that it runs, on little, and that it leaves alone what it did not make."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from konnekt import db as database
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from tests.bench import __main__ as bench, bulk, data, picture
from tests.bench.cast import Sizes
from tests.bench.plan import Databases, Plan
from tests.bench.site import Effort

TINY = Sizes(history=70, waiting=(2, 4, 8), many=4, team=3, rows=20, documents=2)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """What the bench opened no test after it has."""
    yield
    data.let_go()
    clock.fix("")


def schema() -> set[tuple[str, ...]]:
    """All that guards the tables or makes them quick."""
    if bulk.is_sqlite():
        sql = "SELECT type, name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL"
    else:
        sql = (
            "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL SELECT contype::text,"
            " conname, conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype <> 'n'"
            " AND connamespace = 'public'::regnamespace UNION ALL SELECT 'trigger', tgname, tgrelid::regclass || tgenabled::text"
            " FROM pg_trigger WHERE NOT tgisinternal"
        )
    return {tuple(row) for row in bulk.run(sql).fetchall() if "bench_made" not in row[1]}


def test_it_measures_each_row(tmp_path: Path) -> None:
    plan = Plan(
        [TINY],
        ["sqlite"],
        Effort(1, 0.01, workers=1, warming=1, watching=0.01),
        220,
        20,
        0,
        tmp_path / "data",
        tmp_path / "bench.json",
        imported=52,
    )
    bench.run(plan)
    found = json.loads(plan.output.read_text())
    by_size, whatever = found["sections"]
    assert by_size["data"]["sheets"] > TINY.history
    titles = {row["title"]: row for section in (by_size, whatever) for row in section["rows"]}
    assert all(row["found"] >= 0 for row in titles.values())
    for title in (
        "approval list, 8 waiting", "approve 4", "save 140 cells", "stored PDF", "grid open", "agency: payroll",
        "invoice preview of a period, 20 rows", "memory, after use", "list p95 while PDFs are made", "import: memory",
        "52 sheets checked", "52 sheets imported", "52 sheets imported: memory", "refused while these are imported",
    ):  # fmt: skip
        assert title in titles
    picture.make(plan.output, tmp_path / "bench.svg")
    assert "stored PDF" in "".join(ElementTree.parse(tmp_path / "bench.svg").getroot().itertext())
    page = titles["approval list, 8 waiting"]["details"]
    assert titles["52 sheets imported"]["details"]["rows"] == 221
    assert titles["52 sheets imported: memory"]["found"] > 20
    assert not (tmp_path / "data" / "sqlite-import").exists()
    assert page["statements"] > 0 and page["bytes"] > page["sent"] > 0 and page["bare_ms"] > 0


def test_it_measures_the_memory_of_a_day(tmp_path: Path) -> None:
    plan = Plan.of(["day", "--requests", "60", "--output", str(tmp_path / "day.json")])
    plan.sizes, plan.folder = [replace(TINY, many=20, team=20)], tmp_path / "data"
    plan.effort = Effort(1, 0.01, workers=1, warming=1, watching=0.01)
    bench.run(plan)
    (section,) = json.loads(plan.output.read_text())["sections"]
    fresh, most, after = section["rows"]
    assert 0 < fresh["found"] <= most["found"] and 0 < after["found"] <= most["found"]
    assert most["details"]["requests"] >= 60 and most["details"]["documents"] and most["details"]["mails"]


def test_it_makes_the_same_data_on_both(tmp_path: Path, postgresql_url: str, sqlite_template: Path) -> None:
    counts, schemas, plain = [], [], {}
    shutil.copy(sqlite_template, tmp_path / "konnekt.db")
    for kind, url in (("sqlite", ""), ("postgresql", postgresql_url)):
        database.connect(Config(instance=tmp_path, database=url))
        with db.connection_context():
            plain[kind] = schema()
        data.let_go()
    for kind in ("sqlite", "postgresql"):
        server = postgresql_url.rpartition("/")[0] if kind == "postgresql" else ""
        with Databases.opened(kind, server) as databases, databases.empty("tiny") as url:
            with data.ready(tmp_path / kind, url, TINY) as made:
                assert made.seconds
                counts.append(data.counts())
                assert made.staff.is_agency_staff
                schemas.append(schema())
            with data.ready(tmp_path / kind, url, TINY) as again:
                assert not again.seconds, "what is there is not made again"
    assert counts[0] == counts[1]
    assert schemas == list(plain.values()), "indexes, triggers and foreign keys are back"


def test_it_makes_again_what_somebody_interrupted(tmp_path: Path) -> None:
    with data.ready(tmp_path, "", TINY) as made, pytest.raises(KeyboardInterrupt), made.changed():
        raise KeyboardInterrupt
    with data.ready(tmp_path, "", TINY) as again:
        assert again.seconds


def test_it_refuses_a_database_that_it_did_not_make(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "konnekt.db")) as somebodys:
        somebodys.execute("CREATE TABLE timesheet (id)")
    refusal = r"konnekt\.db has tables that the bench did not make"
    with pytest.raises(data.NotOurs, match=refusal), data.ready(tmp_path, "", TINY):
        raise AssertionError("it went on")
    with closing(sqlite3.connect(tmp_path / "konnekt.db")) as somebodys:
        assert somebodys.execute("SELECT name FROM sqlite_master").fetchall() == [("timesheet",)]
