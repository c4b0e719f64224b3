"""/bureau/mail: post that did not arrive, and sending it again."""

from datetime import timedelta

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.background import delivery, mail
from konnekt.domain import clock
from konnekt.models import Account, Event, Mail
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def lost(world: World, kind: str = "rejected", **columns: object) -> Mail:
    """A mail to Noor that was given up."""
    values = {
        "worker": "Noor", "organisation": "FSE", "by": "Emre", "period": "12", "reason": "Dinsdag", "url": "x",
        "until": clock.now(),
    }  # fmt: skip
    made = mail.queue(kind, world.noor, **values)
    assert made
    given_up = {"failed_at": clock.now(), "attempts": 1, "last_error": "550 <b>no such person</b>", **columns}
    Mail.update(given_up).where(Mail.id == made.id).execute()
    return made


def test_what_was_given_up_and_what_is_tried_again(bureau: Visitor, world: World) -> None:
    assert "Alle mail is aangekomen." in bureau.get("/bureau/mail").text
    lost(world)
    lost(world, failed_at=None, last_error="451 later", due_at=clock.now() + timedelta(hours=1))
    page = bureau.get("/bureau/mail").text
    assert "1 mail is opgegeven" in page
    assert "noor@um.example" in page
    assert "550 &lt;b&gt;no such person" in page
    assert "wordt opnieuw geprobeerd" in page
    assert "ma 30 nov 10:00" in page
    assert page.count("Opnieuw versturen") == 1
    assert "1 mail kwam niet aan" in bureau.get("/bureau").text


def test_send_again_to_the_address_of_now(bureau: Visitor, world: World) -> None:
    row = lost(world)
    Account.update(email="noor@nieuw.example").where(Account.id == world.noor.id).execute()
    answer = bureau.post(f"/bureau/mail/{row.id}/again")
    assert answer.status_code == 303
    assert "noor@nieuw.example wordt opnieuw" in bureau.get(answer.location).text
    assert delivery.deliver() == delivery.Delivered(sent=1)
    sent = Mail.get_by_id(row.id)
    assert (sent.recipient, sent.message_id, sent.attempts) == ("noor@nieuw.example", row.message_id, 0)
    event = Event.get(Event.verb == "send_again")
    assert (event.actor, event.person) == (world.staff, world.noor)
    again = bureau.with_htmx().post(f"/bureau/mail/{row.id}/again")
    assert again.status_code == 409
    assert "al onderweg" in again.text
    assert bureau.post("/bureau/mail/999/again").status_code == 404


def test_send_all_again(bureau: Visitor, world: World) -> None:
    rows = [lost(world) for _ in range(3)]
    lost(world, "reset", queued_at=clock.now() - timedelta(hours=2))
    answer = bureau.with_htmx().post("/bureau/mail/again")
    assert answer.status_code == 200
    assert 'id="undelivered"' in answer.text
    assert "3 mails worden opnieuw" in answer.headers["HX-Trigger"]
    assert delivery.deliver().sent == 3
    assert all(Mail.get_by_id(row.id).sent_at for row in rows)


def test_an_expired_link_is_not_sent_again(bureau: Visitor, world: World) -> None:
    row = lost(world, "reset", queued_at=clock.now() - timedelta(hours=1))
    answer = bureau.post(f"/bureau/mail/{row.id}/again")
    assert answer.status_code == 409
    assert "stuur een nieuwe uitnodiging" in answer.text
    assert Mail.get_by_id(row.id).failed_at


def test_only_the_agency(app: Flask, bureau: Visitor, world: World) -> None:
    row = lost(world)
    for account in (world.supervisor, world.noor):
        visitor = Visitor(app, account)
        assert visitor.get("/bureau/mail").status_code == 403
        for url in ("/bureau/mail/again", f"/bureau/mail/{row.id}/again"):
            assert visitor.post(url).status_code == 403
    assert bureau.get("/bureau/mail/again").status_code == 405
    assert Mail.get_by_id(row.id).failed_at


def test_a_fixed_number_of_statements(bureau: Visitor, world: World) -> None:
    def measure() -> int:
        with count_queries() as counted:
            bureau.get("/bureau/mail")
        return int(counted.count)

    lost(world)
    bureau.get("/bureau/mail")
    before = measure()
    for _ in range(60):
        lost(world)
    assert measure() == before
    assert 'rel="next"' in bureau.get("/bureau/mail").text
