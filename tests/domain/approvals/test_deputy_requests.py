"""Asking somebody to stand in: it tells nothing about who is here, and holds only after a yes."""

import re
import threading
from datetime import date, timedelta

import pytest

from konnekt.db import db
from konnekt.domain import access, clock
from konnekt.domain.approvals import deputies, deputy_requests
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound, TooMany
from konnekt.models import Account, Deputy, DeputyRequest, Event, Mail, Right
from tests import factories
from tests.factories import World

TODAY = date(2026, 11, 30)


def ask(world: World, email: str = "", days: int = 1, **more: str) -> DeputyRequest:
    email = email or world.registrar.email
    return deputy_requests.ask("FSE", email, TODAY, TODAY + timedelta(days=days), by=world.supervisor, **more)


def token_of(mail: Mail) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000/account/deputies/asked/([\w-]+)\n", mail.text)
    assert found
    return found[1]


def test_asked_is_not_yet_deputy(world: World) -> None:
    asked = ask(world)
    assert access.grants(world.registrar).approve == {}
    assert deputies.of(world.supervisor) == []
    assert deputy_requests.of(world.supervisor) == deputy_requests.to(world.registrar) == [asked]
    made = deputy_requests.accept(asked, by=world.registrar)
    assert access.grants(world.registrar).approve == {world.fse.id: {world.supervisor.id}}
    assert deputies.of(world.supervisor) == [made]
    assert (made.deputy, made.supervisor, made.created_by) == (
        world.registrar,
        world.supervisor,
        world.supervisor,
    )
    assert not DeputyRequest.select().exists()
    events = [(event.verb, event.actor, event.person) for event in Event.select().order_by(Event.id)]
    assert events == [
        ("ask_deputy", world.supervisor, world.registrar),
        ("accept_deputy", world.registrar, world.registrar),
    ]


def test_nobody_and_somebody_leave_the_same(world: World) -> None:
    """A row, an event, no refusal; a mail goes to whoever is here, which who asks does not see."""
    Account.update(is_active=False).where(Account.id == world.outsider.id).execute()
    rows = [ask(world, email) for email in (world.registrar.email, "nobody@um.example", world.outsider.email)]
    shown = [
        (row.supervisor_id, row.first_on, row.last_on, row.declined_at, len(row.token_hash)) for row in rows
    ]
    assert len(set(shown)) == 1
    assert Event.select().where(Event.verb == "ask_deputy").count() == 3
    assert [mail.recipient for mail in Mail.select()] == [world.registrar.email]
    told = str([(event.after, event.before, event.reason) for event in Event.select()])
    assert "@" not in told, "an address that may be nobody's stays out of the record"


def test_whoever_gets_the_address_later_is_asked(world: World) -> None:
    ask(world, "nieuw@um.example")
    made = factories.account("Nieuw", "Hier", email="nieuw@um.example")
    assert len(deputy_requests.to(made)) == 1


def test_by_the_link_of_the_mail_once(world: World) -> None:
    ask(world)
    token = token_of(Mail.get())
    found, deputy = deputy_requests.find(token)
    assert deputy == world.registrar
    deputy_requests.accept(found, by=deputy)
    with pytest.raises(NotFound):
        deputy_requests.find(token)
    with pytest.raises(NotFound):
        deputy_requests.accept(found, by=deputy)
    assert Deputy.select().count() == 1


@pytest.mark.parametrize("token", ["", "x", "a" * 43])
def test_no_link(world: World, token: str) -> None:
    ask(world, "nobody@um.example")
    with pytest.raises(NotFound):
        deputy_requests.find(token)


def test_only_the_hash_of_the_token_is_kept(world: World) -> None:
    asked = ask(world)
    assert token_of(Mail.get()) not in str(DeputyRequest.get_by_id(asked.id).__data__)


def test_it_is_for_nobody_else(world: World) -> None:
    asked = ask(world)
    for account in (world.noor, world.outsider, world.supervisor):
        with pytest.raises(NotFound):
            deputy_requests.asked(asked.id, account)
    with pytest.raises(NotFound):
        deputy_requests.withdraw(asked.id, by=world.outsider)
    assert deputy_requests.withdraw(asked.id, by=world.staff).email == world.registrar.email


def test_no_is_said_to_who_asked_and_asked_no_more(world: World) -> None:
    asked = ask(world)
    deputy_requests.decline(asked, by=world.registrar)
    assert deputy_requests.to(world.registrar) == []
    assert deputy_requests.of(world.supervisor)[0].declined_at == clock.now()
    with pytest.raises(NotFound):
        deputy_requests.find(token_of(Mail.get()))
    with pytest.raises(NotFound):
        deputy_requests.decline(asked, by=world.registrar)
    ask(world)


def test_days_that_are_over_are_asked_no_more_and_the_address_goes(world: World) -> None:
    ask(world)
    clock.fix("2026-12-02T09:00")
    assert deputy_requests.to(world.registrar) == []
    assert deputy_requests.of(world.supervisor) == []
    with pytest.raises(NotFound):
        deputy_requests.find(token_of(Mail.get()))
    today = clock.today()
    deputy_requests.ask("FSE", world.noor.email, today, today, by=world.supervisor)
    assert DeputyRequest.select().count() == 1


def test_a_supervisor_without_the_right_by_then_has_no_deputy(world: World) -> None:
    asked = ask(world)
    Right.update(may_approve=False).where(Right.account == world.supervisor).execute()
    with pytest.raises(Conflict, match="no longer approves"):
        deputy_requests.accept(asked, by=world.registrar)
    assert DeputyRequest.select().count() == 1


def test_what_can_not_be(world: World) -> None:
    for email, says in (
        ("geen adres", "not a mail address"),
        (world.supervisor.email.upper(), "themselves"),
    ):
        with pytest.raises(Invalid, match=says) as refusal:
            ask(world, email)
        assert refusal.value.field == "email"
    with pytest.raises(Forbidden):
        ask(world, supervisor=world.outsider.email)
    ask(world, "nobody@um.example")
    for email in ("nobody@um.example", "NOBODY@um.example"):
        with pytest.raises(Invalid, match="already"):
            ask(world, email)
    deputy_requests.accept(ask(world), by=world.registrar)
    with pytest.raises(Invalid, match="already"):
        ask(world)


def test_asking_is_braked(world: World) -> None:
    for number in range(deputy_requests.MOST_AN_HOUR):
        ask(world, f"person{number}@um.example")
    with pytest.raises(TooMany, match="after 10:00"):
        ask(world)
    clock.fix("2026-11-30T10:00")
    ask(world)


def test_a_refused_question_counts_as_well(world: World) -> None:
    """Or who tries addresses would do so for free."""
    for _ in range(deputy_requests.MOST_AN_HOUR):
        with pytest.raises(Invalid):
            ask(world, "geen adres")
    with pytest.raises(TooMany):
        ask(world)


def test_of_two_yeses_at_the_same_moment_one_counts(world: World) -> None:
    asked = ask(world)
    done, refused, broken = [], [], []
    start = threading.Barrier(2)

    def accept() -> None:
        start.wait()
        try:
            with db.connection_context():
                deputy_requests.accept(asked, by=world.registrar)
            done.append(1)
        except NotFound:
            refused.append(1)
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (broken, len(done), len(refused)) == ([], 1, 1)
    assert Deputy.select().count() == 1
