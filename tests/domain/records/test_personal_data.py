"""The register says of every column what it keeps of people; what is handed out of one person is all of that."""

import json
from typing import Any

import pytest

from konnekt.domain import events
from konnekt.domain.accounts import links, sessions
from konnekt.domain.approvals import decide
from konnekt.domain.payroll import make
from konnekt.domain.records import personal_data, register
from konnekt.domain.refusals import Forbidden, NotFound
from konnekt.models import TABLES, Account, Event
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World


def handed_out(person: Account, by: Account) -> dict[str, Any]:
    files = personal_data.of_person(person.id, by=by)
    return {name: json.loads(content) for name, content in files}


def test_every_column_of_every_table_stands_in_the_register() -> None:
    there = {model._meta.table_name: set(model._meta.sorted_field_names) for model in TABLES}
    said = {name: set(entry.columns) for name, entry in register.REGISTER.items()}
    assert said == there, "konnekt/domain/records/register_of_tables.py"


@pytest.mark.parametrize("name", register.REGISTER)
def test_the_words_of_a_table_are_there(name: str) -> None:
    entry = register.REGISTER[name]
    assert register.ABOUT[entry.about]
    assert register.PURPOSES[entry.purpose]
    assert register.GROUNDS[entry.ground]
    assert register.TERMS[entry.term]
    assert entry.is_personal or not entry.kinds or set(entry.kinds) <= {"secret"}, (
        "of nobody, and yet personal"
    )


def test_a_table_about_people_is_handed_out_or_says_why_not(world: World) -> None:
    handed = {model._meta.table_name for model in personal_data.about(world.noor)}
    personal = {entry.name for entry in register.REGISTER.values() if entry.is_personal}
    assert personal - handed == set(personal_data.NOT_HANDED_OUT)
    assert not handed & set(personal_data.NOT_HANDED_OUT)


@pytest.fixture
def known(world: World) -> World:
    """Somebody of whom every kind of thing is kept: signed in, mailed, paid, invoiced."""
    invoice_cast.complete(world)
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    invoice_cast.run()
    payroll_cast.export()
    sessions.start(world.noor)
    links.invite(world.noor.email, by=world.staff)
    factories.right(world.noor, world.law, approve=1)
    return world


def test_all_that_is_kept_of_a_worker(known: World) -> None:
    files = handed_out(known.noor, known.noor)
    full = {name for name, rows in files.items() if rows}
    assert full >= {
        "register.json", "account.json", "session.json", "account_link.json", "organisation_right.json",
        "assignment.json", "rate.json", "timesheet.json", "timesheet_line.json", "hour.json", "event.json",
        "invoice.json", "invoice_line.json", "invoiced_hour.json", "payroll_hour.json", "outbox.json", "acts.json",
    }  # fmt: skip
    (account,) = files["account.json"]
    assert (account["email"], account["first_name"]) == (known.noor.email, known.noor.first_name)
    (sheet,) = files["timesheet.json"]
    assert (sheet["organisation"], sheet["decided_by"]) == (known.fse.name, known.supervisor.name)
    assert sum(hour["minutes"] for hour in files["hour.json"]) == known.sheet.minutes
    assert {one["verb"] for one in files["event.json"]} >= {"approve", "invite", "hand_out_data"}
    assert [one["table"] for one in files["register.json"]][:2] == ["account", "session"]


def test_what_nobody_is_told(known: World) -> None:
    Account.update(password_hash="$argon2id$secret").where(Account.id == known.noor.id).execute()
    text = json.dumps(handed_out(known.noor, known.staff))
    for secret in ("argon2id", "token_hash", "password_hash", '"frozen"', '"content"'):
        assert (secret == '"frozen"') == (secret in text), "of an invoice's line: the worker's own"
    assert '"hash"' not in text
    for price in ("bill_rate", "unit_price", "net_cents", "total_cents"):
        assert price not in text, "what the client pays for a worker is between client and agency"


def test_nothing_of_somebody_else(known: World) -> None:
    other = factories.worker("Teun", "Ander")
    place = factories.assignment(other, known.fse, known.fse_budget)
    factories.sheet(place, known.period, remark="Alleen van Teun")
    events.record("change_person", by=known.staff, person=other, before={"last_name": "Geheim"})
    text = json.dumps(handed_out(known.noor, known.noor))
    for theirs in ("Teun", "Geheim", other.email):
        assert theirs not in text
    acts = handed_out(known.staff, known.staff)["acts.json"]
    assert {"verb": "change_person", "person": other.name}.items() <= acts[-2].items()
    assert all("before" not in act for act in acts)


def test_it_is_cut_into_files(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = handed_out(known.noor, known.noor)["hour.json"]
    monkeypatch.setattr(personal_data, "AT_ONCE", 1)
    files = handed_out(known.noor, known.noor)
    parts = [row for name, rows in files.items() if name.startswith("hour") for row in rows]
    assert parts == whole
    assert len(whole) > 1


def test_who_may_and_what_it_leaves(known: World) -> None:
    with pytest.raises(Forbidden):
        personal_data.of_person(known.noor.id, by=known.supervisor)
    with pytest.raises(NotFound):
        personal_data.of_person(99_999, by=known.staff)
    assert Event.select().where(Event.verb == "hand_out_data").count() == 0
    personal_data.of_person(known.noor.id, by=known.staff)
    event = Event.get(Event.verb == "hand_out_data")
    assert (event.person, event.actor, event.after) == (known.noor, known.staff, None)


def test_a_payroll_file_that_is_taken_away_leaves_an_event(known: World) -> None:
    from konnekt.models import PayrollBatch

    batch = PayrollBatch.get()
    make.hand_out(batch.id, "neutral", by=known.staff)
    event = Event.get(Event.verb == "hand_out_file")
    assert (event.thing, event.actor, event.after) == (make.thing(batch), known.staff, {"format": "neutral"})
    with pytest.raises(NotFound):
        make.hand_out(batch.id, "excel", by=known.staff)
    assert Event.select().where(Event.verb == "hand_out_file").count() == 1
