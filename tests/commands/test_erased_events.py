"""Words of an event can be erased, in the open alone: its chain stays whole, and an event has to say so."""

from collections.abc import Callable

import pytest
from peewee import IntegrityError

from konnekt.commands import auditing
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock, events
from konnekt.domain.timesheets import submit
from konnekt.domain.timesheets.content import Content
from konnekt.models import Event, chains
from tests import factories
from tests.command_line import konnekt
from tests.commands.test_audit import again, attack, sql
from tests.domain.timesheets.test_submit import line
from tests.factories import World, rewritten

BLANK = "reason = '', before = NULL, after = NULL, salt = ''".replace("before", '"before"').replace(
    "after", '"after"'
)


@pytest.fixture
def told(world: World) -> Event:
    """An event that says something of somebody, between two others of the same chain."""
    events.record("add_person", by=world.staff, person=world.noor)
    made = events.record(
        "change_person", by=world.staff, person=world.noor, reason="Ze trouwde",
        before={"last_name": "Hendriks"}, after={"last_name": "de Vries"},
    )  # fmt: skip
    events.record("close_account", by=world.staff, person=world.noor, after={"is_active": False})
    return made


def erase(*told: Event) -> Event:
    by = events.record(
        "erase", by=None, source="test", thing="test", after={"events": [one.id for one in told]}
    )
    chains.erase([one.id for one in told], by.id)
    return by


def test_the_chain_is_whole_without_the_words(told: Event) -> None:
    before = Event.get_by_id(told.id)
    head = auditing.head(clock.today())
    by = erase(told)
    after = Event.get_by_id(told.id)
    assert (after.reason, after.before, after.after, after.salt) == ("", None, None, "")
    assert (after.verb, after.actor, after.at, after.hash) == (
        before.verb,
        before.actor,
        before.at,
        before.hash,
    )
    assert (after.erased_by, len(after.erased)) == (by, 64)
    found = auditing.verify()
    assert (found.said, found.erased) == ([], 1)
    assert auditing.head(clock.today()).events == head.events + 1


def test_what_is_left_is_a_hash_that_needs_the_salt(told: Event) -> None:
    """Who knows every word but the salt can't find out whether these were the words."""
    row = db.execute_sql(f"SELECT {chains.COLUMNS} FROM event WHERE id = {told.id}").fetchone()
    content, salt = chains.content_of(row), row[-4]
    assert len(salt) == 32
    erase(told)
    left = Event.get_by_id(told.id).erased
    assert left == chains.hash_of_words(content, salt)
    assert left != chains.hash_of_words(content, "")
    salts = [one.salt for one in Event.select() if one.salt]
    assert len(set(salts)) == len(salts)


def test_the_command_says_how_many(told: Event, config: Config) -> None:
    erase(told)
    done = konnekt(config, "audit", "verify")
    assert (done.returncode, "1 of them without their words" in done.stdout) == (0, True), done.stdout


def test_a_head_that_was_given_out_still_holds(told: Event, config: Config) -> None:
    clock.fix("2026-12-01T09:00")
    tomorrow = Config(**{**config.__dict__, "now": "2026-12-01T09:00"})
    line = konnekt(tomorrow, "audit", "head").stdout.strip()
    erase(told)
    assert konnekt(tomorrow, "audit", "verify", "--head", line).returncode == 0


@pytest.mark.parametrize(
    "change",
    [
        f"{BLANK}, erased = 'x'",
        f"{BLANK}, erased = '{'0' * 64}'",
        f"{BLANK}, erased = '{'0' * 64}', erased_by_id = id",
        f"{BLANK}, erased = '{'0' * 64}', erased_by_id = (SELECT MAX(id) FROM event WHERE verb <> 'erase')",
        f"{BLANK}, erased = '{'0' * 64}', erased_by_id = (SELECT MAX(id) FROM event WHERE verb = 'erase'), verb = 'x'",
        "reason = ''",
        "salt = ''",
        "erased_by_id = NULL, erased = ''",
    ],
)
def test_the_table_refuses_what_no_event_says(told: Event, change: str) -> None:
    other = events.record("note", by=None, source="test", thing="test", reason="iets")
    erase(other)
    with pytest.raises(IntegrityError, match=chains.REFUSAL), db.atomic():
        db.execute_sql(f"UPDATE event SET {change} WHERE id = {told.id}")
    with pytest.raises(IntegrityError, match=chains.REFUSAL), db.atomic():
        db.execute_sql(f"UPDATE event SET reason = 'terug' WHERE id = {other.id}")
    assert auditing.verify().said == []


def test_an_event_that_says_what_was_erased_can_not_be_erased(told: Event) -> None:
    by = erase(told)
    later = events.record("erase", by=None, source="test", thing="test", after={"events": [by.id]})
    with pytest.raises(IntegrityError, match=chains.REFUSAL), db.atomic():
        chains.erase([by.id], later.id)


def _blank(told: Event, by: str) -> None:
    row = db.execute_sql(f"SELECT {chains.COLUMNS} FROM event WHERE id = {told.id}").fetchone()
    digest = chains.hash_of_words(chains.content_of(row), row[-4])
    sql(f"UPDATE event SET {BLANK}, erased = ?, erased_by_id = {by} WHERE id = {told.id}", digest)


def _by_nobody(told: Event) -> None:
    _blank(told, "NULL")


def _by_another(told: Event) -> None:
    _blank(told, "(SELECT MAX(id) FROM event WHERE verb = 'note')")


def _under_an_erasure_of_others(told: Event) -> None:
    _blank(told, "(SELECT MAX(id) FROM event WHERE verb = 'erase')")


def _with_another_hash(told: Event) -> None:
    sql(f"UPDATE event SET {BLANK}, erased = ? WHERE id = {told.id}", "0" * 64)


def _something_else_instead(told: Event) -> None:
    _under_an_erasure_of_others(told)
    sql(f"UPDATE event SET reason = 'Niets aan de hand' WHERE id = {told.id}")


def _another_verb_beside(told: Event) -> None:
    erase(told)
    sql(f"UPDATE event SET verb = 'add_person' WHERE id = {told.id}")


def _another_actor_beside(told: Event) -> None:
    erase(told)
    sql(f"UPDATE event SET actor_id = 1 WHERE id = {told.id}")


def _words_come_back(told: Event) -> None:
    erase(told)
    sql(f"UPDATE event SET reason = 'Toch iets' WHERE id = {told.id}")


def _erasure_taken_back(told: Event) -> None:
    erase(told)
    sql(f"UPDATE event SET erased = '', erased_by_id = NULL WHERE id = {told.id}")


def _who_said_so_is_gone(told: Event) -> None:
    by = erase(told)
    sql(f"UPDATE event SET erased_by_id = NULL WHERE id = {told.id}")
    Event.delete().where(Event.id == by.id).execute()


def _said_and_not_done(told: Event) -> None:
    events.record("erase", by=None, source="test", thing="test", after={"events": [told.id]})


@pytest.mark.parametrize(
    "change",
    [
        _by_nobody, _by_another, _under_an_erasure_of_others, _with_another_hash, _something_else_instead,
        _another_verb_beside, _another_actor_beside, _words_come_back, _erasure_taken_back, _who_said_so_is_gone,
        _said_and_not_done,
    ],
)  # fmt: skip
def test_erasing_by_hand_is_found(told: Event, change: Callable[[Event], None]) -> None:
    erase(events.record("note", by=None, source="test", thing="test", reason="iets anders"))
    attack()
    change(told)
    chains.install_triggers()
    assert auditing.verify().wrong


def test_nothing_to_erase_and_erasing_twice(told: Event, world: World) -> None:
    empty = events.record("note", by=None, source="test", thing="test")
    erase(told)
    hash_left = Event.get_by_id(told.id).erased
    with rewritten():
        chains.erase([told.id, empty.id], Event.select().order_by(Event.id.desc()).get().id)
    assert Event.get_by_id(told.id).erased == hash_left
    assert Event.get_by_id(empty.id).erased == ""
    assert auditing.verify().said == []


def test_a_record_with_erased_events_is_chained_anew(told: Event) -> None:
    again()
    erase(Event.get_by_id(told.id))
    assert auditing.verify().said == []


def test_a_step_that_was_erased_is_not_gone_on_with(world: World) -> None:
    """A draft that saves itself on the same day is a step of its own then: nothing comes back in the old one."""
    sheet = factories.sheet(
        factories.assignment(world.noor, world.fse, world.fse_budget), world.period, {}, state="draft"
    )
    day = sheet.pay_period.first_on
    submit.save(sheet.id, Content((line(world, {day: 60}),)), by=world.noor, seen=1)
    saved = Event.get(Event.timesheet == sheet)
    chains.erase([saved.id], events.record("erase", by=None, thing="test", after={"events": [saved.id]}).id)
    submit.save(sheet.id, Content((line(world, {day: 90}),)), by=world.noor, seen=2)
    first, second = Event.select().where(Event.timesheet == sheet).order_by(Event.id)
    assert (first.id, first.after, second.after["minutes"]) == (saved.id, None, 90)
    assert auditing.verify().said == []
