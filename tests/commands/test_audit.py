"""The record of what happened is only added to; `konnekt audit verify` finds what was changed by hand."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError, SqliteDatabase
from playhouse.migrate import SchemaMigrator

from konnekt.commands import auditing, schema
from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.domain import clock, events
from konnekt.domain.approvals import decide
from konnekt.domain.timesheets import submit
from konnekt.domain.timesheets.content import Content
from konnekt.models import Event, EventChain, Mail, Timesheet, chains
from tests import factories
from tests.command_line import konnekt
from tests.commands.test_backup import connected, empty
from tests.factories import World

SEEDS = range(50)


@pytest.fixture
def record(world: World) -> World:
    """Events of every kind of thing: sheets that were sent and decided, an invoice's, people's, an import's."""
    names = [(f"Piet {number}", "Jansen") for number in range(6)]
    for sheet in factories.sheets(world.fse, world.fse_budget, world.period, names):
        decide.reject(sheet.id, "Te veel", by=world.supervisor, seen=1)
        submit.submit(sheet.id, by=sheet.assignment.worker, seen=1)
    decide.approve_many(
        [decide.Pick(one.id, one.revision) for one in Timesheet.select()], by=world.supervisor
    )
    for number in range(4):
        events.record("change_organisation", by=world.staff, organisation=world.fse, after={"zip": number})
        events.record("end_sessions", by=world.staff, person=world.noor, reason="Ze vroeg erom: « één »")
        events.record(
            "export", by=None, source="command", thing="payroll 1", after={"cents": number, "a": [1.5]}
        )
    events.record("give_right", by=world.staff, organisation=world.law, person=world.noor, before={"é": "ë"})
    return world


def sql(text: str, *values: Any) -> Any:
    return db.execute_sql(text.replace("?", db.param), values)


def attack() -> None:
    """As somebody who may write in the database: the triggers go first."""
    chains.remove_triggers()


def test_all_is_well(record: World) -> None:
    found = auditing.verify()
    assert (found.wrong, found.said, found.events) == (0, [], Event.select().count())
    assert found.chains == EventChain.select().count() > 10


def _change_a_column(chance: random.Random) -> None:
    one = chance.choice(list(Event.select()))
    other = {
        "thing": "iets anders", "verb": "reject", "at": one.at - timedelta(days=chance.randrange(1, 9)),
        "actor": None if one.actor_id else 1, "on_behalf_of": 1 if one.on_behalf_of_id is None else None,
        "source": "import", "revision": (one.revision or 0) + 1, "reason": f"{one.reason}.",
        "before": {"state": "?"}, "after": {**(one.after or {}), "minutes": chance.randrange(9999)},
        "batch": "elders", "previous": "0" * 64, "hash": "f" * 64, "id": one.id + 1000,
    }  # fmt: skip
    name = chance.choice(sorted(other))
    Event.update({name: other[name]}).where(Event.id == one.id).execute()


def _delete_some(chance: random.Random) -> None:
    ids = [one.id for one in Event.select()]
    chosen = chance.sample(ids, chance.choice((1, 1, 2, 5)))
    Event.delete().where(Event.id.in_(chosen)).execute()


def _delete_the_last_of_a_thing(chance: random.Random) -> None:
    of = chance.choice(list(Event.select()))
    same = Event.select(Event.id).where(*(getattr(Event, name).is_null() if getattr(of, f"{name}_id") is None else
        getattr(Event, name) == getattr(of, f"{name}_id") for name in chains.OF), Event.thing == of.thing)  # fmt: skip
    last = same.order_by(Event.id.desc()).limit(1).scalar()
    Event.delete().where(Event.id == last).execute()


def _delete_all_of_a_thing(chance: random.Random) -> None:
    sheet = chance.choice(list(Timesheet.select()))
    Event.delete().where(Event.timesheet == sheet).execute()


def _insert_one(chance: random.Random) -> None:
    like = chance.choice(list(Event.select()))
    columns = {**like.__data__, "reason": "Altijd al zo", "before": None, "after": None}
    columns["id"] = chance.choice((10_000, -1))
    if chance.random() < 0.5:
        columns |= {"previous": "", "hash": ""}
    Event.insert(columns).execute()


def _swap(chance: random.Random) -> None:
    """Two events change places: their ids, or what they say."""
    one, other = chance.sample(list(Event.select()), 2)
    if chance.random() < 0.5:
        for now, then in ((one.id, -5), (other.id, one.id), (-5, other.id)):
            sql("UPDATE event SET id = ? WHERE id = ?", then, now)
        return
    for here, there in ((one, other), (other, one)):
        of_there = {
            name: there.__data__[name] for name in ("verb", "actor", "at", "reason", "after", "revision")
        }
        Event.update(of_there, reason=f"{there.reason} ").where(Event.id == here.id).execute()


def _link_again(chance: random.Random) -> None:
    """One is taken out or changed, and the chain is closed behind it as far as one event."""
    rows = list(Event.select().where(Event.timesheet.is_null(False)).order_by(Event.timesheet, Event.id))
    pairs = [(a, b) for a, b in pairwise(rows) if a.timesheet_id == b.timesheet_id]
    gone, after = chance.choice(pairs)
    if chance.random() < 0.5:
        Event.delete().where(Event.id == gone.id).execute()
        Event.update(previous=gone.previous).where(Event.id == after.id).execute()
    else:
        row = sql(f"SELECT {chains.COLUMNS} FROM event WHERE id = ?", gone.id).fetchone()
        content = chains.content_of(row)
        content[chains.CONTENT.index("reason")] = "Niets aan de hand"
        made = chains.hash_of(gone.previous, content, gone.salt)
        Event.update(reason="Niets aan de hand", hash=made).where(Event.id == gone.id).execute()
        if chance.random() < 0.5:
            Event.update(previous=made).where(Event.id == after.id).execute()


def _move_to_another_thing(chance: random.Random) -> None:
    one = chance.choice(list(Event.select().where(Event.timesheet.is_null(False))))
    other = chance.choice(list(Timesheet.select().where(Timesheet.id != one.timesheet_id)))
    Event.update(timesheet=other).where(Event.id == one.id).execute()


def _change_the_end_of_a_chain(chance: random.Random) -> None:
    one = chance.choice(list(EventChain.select()))
    change = chance.choice(("events", "hash", "delete", "name"))
    if change == "delete":
        EventChain.delete().where(EventChain.name == one.name).execute()
    else:
        columns = {"events": one.events - 1, "hash": "0" * 64, "name": f"{one.name}0"}
        EventChain.update({change: columns[change]}).where(EventChain.name == one.name).execute()


CHANGES: list[Callable[[random.Random], None]] = [
    _change_a_column, _change_a_column, _change_a_column, _delete_some, _delete_the_last_of_a_thing,
    _delete_all_of_a_thing, _insert_one, _swap, _link_again, _move_to_another_thing, _change_the_end_of_a_chain,
]  # fmt: skip


def test_a_database_changed_by_hand_in_fifty_ways(record: World) -> None:
    """Each of them on the record as it was; the triggers are back before the next, so that they say nothing."""
    missed = []
    for seed in SEEDS:
        chance = random.Random(seed)
        change = CHANGES[seed % len(CHANGES)]
        with db.atomic() as attempt:
            attack()
            if isinstance(db.obj, SqliteDatabase):
                db.execute_sql("PRAGMA defer_foreign_keys = 1")
            change(chance)
            chains.install_triggers()
            if not auditing.verify().wrong:
                missed.append((seed, change.__name__))
            attempt.rollback()
    assert missed == []
    assert auditing.verify().wrong == 0, "and as it was it is well"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET reason = 'x'",
        "INSERT INTO event (verb, at, thing, source, reason, batch, previous, hash)"
        " VALUES ('x', '2026-11-30 09:00:00', '', '', '', '', '', '')",
        "UPDATE event SET hash = 'x' WHERE verb = 'approve'",
        "DELETE FROM event",
        "DELETE FROM event WHERE verb = 'end_sessions'",
        "UPDATE event_chain SET events = 0",
        "UPDATE event_chain SET name = name || '.'",
        "DELETE FROM event_chain",
    ],
)
def test_the_tables_refuse_it(record: World, change: str) -> None:
    before = Event.select().count()
    with pytest.raises(IntegrityError, match=chains.REFUSAL), db.atomic():
        db.execute_sql(change)
    assert Event.select().count() == before
    assert auditing.verify().wrong == 0


def test_a_draft_goes_on_with_its_step_on_one_day_alone(record: World) -> None:
    sheet = factories.sheet(
        factories.assignment(record.noor, record.fse, record.fse_budget), record.period, {}, state="draft"
    )
    first = sheet.pay_period.first_on
    for number, minutes in enumerate((60, 90, 120)):
        submit.save(sheet.id, _content(record, first, minutes), by=record.noor, seen=number + 1)
    (saved,) = Event.select().where(Event.timesheet == sheet)
    assert (saved.revision, saved.after["minutes"]) == (4, 120)
    assert auditing.verify().wrong == 0
    for columns in ({"reason": "x"}, {"actor": record.staff.id}, {"at": clock.now() + timedelta(days=1)}):
        with pytest.raises(IntegrityError, match=chains.REFUSAL), db.atomic():
            Event.update(columns).where(Event.id == saved.id).execute()
    clock.fix("2026-12-01T09:00")
    submit.save(sheet.id, _content(record, first, 150), by=record.noor, seen=4)
    assert Event.select().where(Event.timesheet == sheet).count() == 2
    with pytest.raises(IntegrityError, match=chains.REFUSAL), db.atomic():
        Event.update(after={}).where(Event.id == saved.id).execute()
    assert auditing.verify().wrong == 0


def again(monkeypatch: pytest.MonkeyPatch | None = None) -> None:
    """Make all chains anew, as the migrations do of a record that has none."""
    steps = [import_module(f"konnekt.migrations.{name}") for name in ("0018_chained_events", "0026_erasure")]
    for step in reversed(steps):
        if monkeypatch:
            monkeypatch.setattr(step, "AT_ONCE", 3)
        step.down(SchemaMigrator.from_database(db.obj), db.obj)
    for step in steps:
        step.up(SchemaMigrator.from_database(db.obj), db.obj)
    schema.bring_up_to_date()


def _content(world: World, day: date, minutes: int) -> Content:
    from tests.domain.timesheets.test_submit import line

    return Content((line(world, {day: minutes}),))


def test_two_append_to_one_thing_at_the_same_moment(record: World) -> None:
    db.close()

    def note(number: int) -> None:
        with db.connection_context(), transaction():
            events.record("note", by=None, source="test", thing=f"pay_period {number % 2}")
            events.record_many([{"verb": "note", "thing": f"pay_period {2 + number % 2}"}] * 3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(40)))
    db.connect(reuse_if_open=True)
    assert Event.select().where(Event.verb == "note").count() == 160
    assert auditing.verify().said == []


def test_what_was_there_before_is_chained_when_it_is_brought_up_to_date(
    record: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(EventChain.select().order_by(EventChain.name).tuples())
    again(monkeypatch)
    after = list(EventChain.select().order_by(EventChain.name).tuples())
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert not {row[2] for row in after} & {row[2] for row in before}, "other salts, so other hashes"
    assert auditing.verify().said == []


def test_the_command_says_so_and_its_head_outlives_who_rewrites_everything(
    record: World, config: Config
) -> None:
    assert konnekt(config, "migrate").returncode == 0
    done = konnekt(config, "audit", "verify")
    assert (done.returncode, done.stdout[:6]) == (0, "ok    "), done.stdout + done.stderr
    assert "is not over yet" in konnekt(config, "audit", "head", "--day", "2026-11-30").stderr
    clock.fix("2026-12-01T09:00")
    tomorrow = Config(**{**config.__dict__, "now": "2026-12-01T09:00"})
    line = konnekt(tomorrow, "audit", "head", "--mail", "auditor@um.example").stdout.strip()
    assert line.startswith(f"konnekt-audit 2026-11-30 {Event.select().count()} ")
    (queued,) = Mail.select().where(Mail.kind == "audit_head")
    assert line in queued.text
    assert line in queued.html
    events.record("note", by=None, source="test", thing="later")
    assert konnekt(tomorrow, "audit", "verify", "--head", line).returncode == 0
    # Somebody leaves out the first approval and makes all chains anew, as the migration does.
    attack()
    Event.delete().where(Event.id == Event.get(Event.verb == "approve").id).execute()
    again()
    assert konnekt(tomorrow, "audit", "verify").returncode == 0, "which the chains alone can't tell"
    done = konnekt(tomorrow, "audit", "verify", "--head", line)
    assert (done.returncode, done.stdout.count("up to 2026-11-30 there were")) == (1, 1)
    forged = f"{line[:-1]}{'0' if line[-1] != '0' else '1'}"
    assert "is not signed with the secret" in konnekt(tomorrow, "audit", "verify", "--head", forged).stderr
    assert "That is no head" in konnekt(tomorrow, "audit", "verify", "--head", "x").stderr


def test_a_backup_that_is_restored_is_well(record: World, config: Config, tmp_path: Path) -> None:
    assert konnekt(config, "migrate").returncode == 0
    assert konnekt(config, "backup", str(tmp_path / "whole.zip")).returncode == 0
    with empty(config, tmp_path / "other") as other:
        assert konnekt(other, "restore", str(tmp_path / "whole.zip")).returncode == 0
        assert konnekt(other, "audit", "verify").returncode == 0
        with connected(other, config), pytest.raises(IntegrityError):
            Event.delete().execute()


def test_a_record_that_holds_nothing(world: World) -> None:
    assert auditing.verify().said == []
    assert auditing.head(date(2026, 11, 29)).events == 0
