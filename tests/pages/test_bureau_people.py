"""/bureau/people: the list, one person, rights, the account."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import access, clock, events
from konnekt.domain.accounts import links, sessions
from konnekt.models import Account, AccountLink, Event, Mail, Organisation, Right, Session
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

TYPED = {
    "first_name": "Şeyma",
    "last_name": "Öztürk",
    "email": "Seyma@um.example",
    "username": "Flex2000",
    "employee_number": "80001",
    "language": "en",
}


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def seen(page: str) -> str:
    return page.partition('name="seen" type="hidden" value="')[2].partition('"')[0]


def verbs() -> list[str]:
    return [event.verb for event in Event.select().order_by(Event.id)]


def of(person: Account, rest: str = "") -> str:
    return f"/bureau/people/{person.id}{rest}"


def test_only_the_agency_comes_here(app: Flask, world: World) -> None:
    for account in (world.supervisor, world.registrar, world.noor):
        visitor = Visitor(app, account)
        for url in ("/bureau/people", "/bureau/people/new", of(world.noor), of(world.noor, "/change")):
            assert visitor.get(url).status_code == 403
        for rest in ("/change", "/invite", "/close", "/reopen", "/sessions/end", "/sessions/1/end", "/rights",
                     "/rights/FSE", "/rights/FSE/remove"):  # fmt: skip
            assert visitor.post(of(world.noor, rest), {"is_agency_staff": "y"}).status_code == 403
        assert visitor.post("/bureau/people", TYPED).status_code == 403
    assert verbs() == []


def test_what_is_not_there(bureau: Visitor, world: World) -> None:
    assert bureau.get("/bureau/people/999").status_code == 404
    for rest in ("/change", "/invite", "/close", "/reopen", "/sessions/end"):
        assert bureau.post(f"/bureau/people/999{rest}", TYPED).status_code == 404
    for rest in ("/rights/LAW", "/rights/LAW/remove", "/rights/NOPE", "/sessions/999/end"):
        assert bureau.post(of(world.supervisor, rest), {"may_approve": "y"}).status_code == 404
    for rest in ("/invite", "/close", "/reopen", "/sessions/end", "/rights", "/rights/FSE"):
        assert bureau.get(of(world.supervisor, rest)).status_code == 405


# The list


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Noor", "Emre", "Lars", "Hanna", "Bureau"}),
        ("q=hendriks+noor", {"Noor"}),
        ("q=DUBOIS", {"Emre"}),
        ("q=secretariaat@", {"Lars"}),
        ("q=flex1003", {"Emre"}),
        ("q=700", {"Noor"}),
        ("q=%25", set()),
        ("role=worker", {"Noor"}),
        ("role=supervisor", {"Emre", "Lars", "Hanna"}),
        ("role=agency", {"Bureau"}),
        ("role=king", {"Noor", "Emre", "Lars", "Hanna", "Bureau"}),
        ("q=niemand", set()),
    ],
)
def test_search_and_filter(bureau: Visitor, world: World, query: str, names: set[str]) -> None:
    Account.update(employee_number="70012").where(Account.id == world.noor).execute()
    page = bureau.with_htmx().get(f"/bureau/people?{query}").text
    assert page.lstrip().startswith('<div id="bureau-people"')
    assert {name for name in ("Noor", "Emre", "Lars", "Hanna", "Bureau") if f">{name} " in page} == names
    assert ("Er is niemand gevonden." in page) == (not names)


def test_names_are_found_without_accents(bureau: Visitor, world: World) -> None:
    factories.account("Şeyma", "Öztürk")
    assert "Şeyma Öztürk" in bureau.get("/bureau/people?q=ozturk+seyma").text


def test_closed_accounts_stand_behind_the_filter(bureau: Visitor, world: World) -> None:
    factories.account("Oud", "Account", is_active=False)
    assert "Oud Account" not in bureau.get("/bureau/people").text
    assert "Oud Account" in bureau.get("/bureau/people?closed=1").text


def test_pages_of_fifty_with_a_fixed_number_of_statements(bureau: Visitor, world: World) -> None:
    bureau.get("/bureau/people")
    counts = []
    for round_ in range(2):
        found = []
        for url in ("/bureau/people", of(world.supervisor)):
            with count_queries() as counted:
                bureau.get(url)
            found.append(counted.count)
        counts.append(found)
        for n in range(60 if not round_ else 0):
            factories.worker("Werknemer", f"Nummer {n:03}")
            factories.right(world.supervisor, factories.organisation(f"X{n}"), register=1)
            events.record("invite", by=world.staff, person=world.supervisor)
            factories.assignment(world.supervisor, world.law)
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 14
    first, second = bureau.get("/bureau/people").text, bureau.get("/bureau/people?page=2").text
    assert (first.count('class="row"'), second.count('class="row"')) == (50, 15)
    assert 'rel="next" href="/bureau/people?page=2"' in first


# Adding and changing


def test_add_and_invite(bureau: Visitor, app: Flask) -> None:
    answer = bureau.post("/bureau/people", {**TYPED, "invite": "y"})
    made = Account.get(Account.email == "seyma@um.example")
    assert (answer.status_code, answer.location) == (303, of(made))
    assert (made.name, made.username, made.employee_number) == ("Şeyma Öztürk", "flex2000", "80001")
    assert (made.language, made.is_agency_staff, made.is_active) == ("en", False, True)
    assert made.name_key == "ozturk seyma ozturk"
    assert verbs() == ["add_person", "invite"]
    assert Mail.get().recipient == "seyma@um.example"
    page = bureau.get(of(made)).text
    assert "Een link om een wachtwoord te kiezen is gemaild op ma 30 nov 09:00" in page
    assert "Opnieuw een link mailen" in page
    assert "nooit" in page


def test_add_without_an_invitation_and_invite_again(bureau: Visitor) -> None:
    answer = bureau.with_htmx().post("/bureau/people", TYPED)
    made = Account.get(Account.email == "seyma@um.example")
    assert answer.text.lstrip().startswith('<div id="bureau-person"')
    assert answer.headers["HX-Push-Url"] == of(made)
    assert Mail.select().count() == 0
    for _ in range(2):
        assert bureau.post(of(made, "/invite")).status_code == 200
    assert Mail.select().count() == 2
    assert AccountLink.select().count() == 1, "the link before stops working"


def test_what_no_form_shows_is_not_taken(bureau: Visitor) -> None:
    bureau.post("/bureau/people", {**TYPED, "password_hash": "x", "is_active": "", "id": "77"})
    made = Account.get(Account.email == "seyma@um.example")
    assert (made.password_hash, made.is_active) == (None, True)
    assert made.id != 77


WRONG: list[dict[str, Any]] = [
    {"email": ""},
    {"email": "geen adres"},
    {"email": "NOOR@um.example"},
    {"email": "flex1003"},
    {"email": "a\N{PARTY POPPER}@um.example"},
    {"email": f"{'a' * 10_000}@um.example"},
    {"username": "FLEX1003"},
    {"username": "supervisor@um.example"},
    {"username": "u" * 10_000},
    {"employee_number": "TAKEN"},
    {"employee_number": "\x1b[2J"},
    {"first_name": "", "last_name": ""},
    {"first_name": "x" * 10_000},
    {"last_name": "Öz\N{PARTY POPPER}türk"},
    {"last_name": "Öz\ttürk"},
    {"language": "de"},
]


@pytest.mark.parametrize(
    "wrong", WRONG, ids=lambda wrong: " ".join(f"{k}={v[:14]!r}" for k, v in wrong.items())
)
def test_what_can_not_be_422(bureau: Visitor, world: World, wrong: dict[str, str]) -> None:
    Account.update(employee_number="TAKEN").where(Account.id == world.noor).execute()
    answer = bureau.post("/bureau/people", {**TYPED, **wrong})
    assert answer.status_code == 422
    assert f'id="{list(wrong)[-1]}-error"' in answer.text
    if "first_name" not in wrong:
        assert 'value="Şeyma"' in answer.text
    assert Account.select().count() == 5
    assert verbs() == []


def test_change_keeps_before_and_after(bureau: Visitor, world: World) -> None:
    links.send(world.registrar, "invite")
    token = seen(bureau.get(of(world.registrar, "/change")).text)
    assert bureau.post(of(world.registrar, "/change"), {**TYPED, "seen": token}).status_code == 303
    changed = Account.get_by_id(world.registrar.id)
    assert (changed.email, changed.name_key) == ("seyma@um.example", "ozturk seyma ozturk")
    assert AccountLink.select().count() == 0, "a link that went to the old address is nobody's"
    event = Event.get()
    assert (event.verb, event.person) == ("change_person", world.registrar)
    assert (event.before["email"], event.after["email"]) == ("secretariaat@um.example", "seyma@um.example")
    assert "<del>secretariaat@um.example</del> → seyma@um.example" in bureau.get(of(world.registrar)).text


def test_an_older_form_is_told_409(bureau: Visitor, world: World) -> None:
    token = seen(bureau.get(of(world.registrar, "/change")).text)
    Account.update(language="en").where(Account.id == world.registrar).execute()
    answer = bureau.post(of(world.registrar, "/change"), {**TYPED, "seen": token})
    assert answer.status_code == 409
    assert 'value="Şeyma"' in answer.text
    again = bureau.post(of(world.registrar, "/change"), {**TYPED, "seen": seen(answer.text)})
    assert again.status_code == 303


def test_who_has_assignments_keeps_an_employee_number(bureau: Visitor, world: World) -> None:
    token = seen(bureau.get(of(world.noor, "/change")).text)
    typed = {**TYPED, "employee_number": "", "seen": token}
    answer = bureau.post(of(world.noor, "/change"), typed)
    assert answer.status_code == 422
    assert 'id="employee_number-error"' in answer.text


# The agency's own accounts


def staff_form(bureau: Visitor, person: Account, **typed: str) -> dict[str, str]:
    token = seen(bureau.get(of(person, "/change")).text)
    return {"first_name": person.first_name, "last_name": person.last_name, "email": person.email,
            "language": "nl", "seen": token, **typed}  # fmt: skip


def test_the_last_agency_account_stays(bureau: Visitor, world: World) -> None:
    typed = staff_form(bureau, world.staff, sure="y")
    refused = bureau.post(of(world.staff, "/change"), typed)
    assert refused.status_code == 409
    assert "Er zou niemand van het bureau overblijven" in refused.text
    closed = bureau.post(of(world.staff, "/close"), {"sure": "y"})
    assert closed.status_code == 409
    assert "Er zou niemand van het bureau overblijven" in closed.text
    kept = Account.get_by_id(world.staff.id)
    assert kept.is_active
    assert kept.is_agency_staff
    factories.account("Slaapt", "Al", is_agency_staff=True, is_active=False)
    assert bureau.post(of(world.staff, "/close"), {"sure": "y"}).status_code == 409


def test_ones_own_place_is_asked_about(bureau: Visitor, world: World) -> None:
    factories.account("Tweede", "Man", is_agency_staff=True)
    typed = staff_form(bureau, world.staff)
    asked = bureau.post(of(world.staff, "/change"), typed)
    assert asked.status_code == 422
    assert "Dit is uw eigen account" in asked.text
    assert bureau.post(of(world.staff, "/change"), {**typed, "sure": "y"}).status_code == 303
    assert not Account.get_by_id(world.staff.id).is_agency_staff
    assert bureau.get("/bureau/people").status_code == 403


# Closing and opening


def test_close_ends_sessions_and_links_and_keeps_rights(app: Flask, bureau: Visitor, world: World) -> None:
    Right.update(may_approve=False).where(Right.account == world.registrar).execute()
    lars = Visitor(app, world.registrar)
    links.send(world.registrar, "invite")
    answer = bureau.post(of(world.registrar, "/close"))
    assert answer.status_code == 303
    assert lars.get("/").location.startswith("/login")
    assert AccountLink.select().count() == 0
    assert Right.select().where(Right.account == world.registrar).count() == 1
    page = bureau.get(answer.location).text
    assert "afgesloten account" in page
    assert bureau.post(of(world.registrar, "/close")).status_code == 409
    assert bureau.post(of(world.registrar, "/invite")).status_code == 409
    assert bureau.post(of(world.registrar, "/reopen")).status_code == 303
    assert bureau.post(of(world.registrar, "/reopen")).status_code == 409
    assert access.grants(Account.get_by_id(world.registrar.id)).register == {world.fse.id}
    assert verbs() == ["close_account", "reopen_account"]


def test_closing_the_only_approver_is_asked_about(bureau: Visitor, world: World) -> None:
    asked = bureau.post(of(world.supervisor, "/close"))
    assert asked.status_code == 422
    assert "Bij Faculty of Science and Engineering keurt verder niemand goed; daar wachten 1" in asked.text
    assert Account.get_by_id(world.supervisor.id).is_active
    factories.right(world.outsider, world.fse, approve=1)
    assert bureau.with_htmx().post(of(world.supervisor, "/close")).status_code == 200
    assert not Account.get_by_id(world.supervisor.id).is_active


def test_closing_who_still_has_to_send_is_asked_about(bureau: Visitor, world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="draft")
    asked = bureau.post(of(world.noor, "/close"))
    assert asked.status_code == 422
    assert "Van Noor Hendriks moeten nog urenbriefjes verstuurd worden (1)." in asked.text
    assert bureau.post(of(world.noor, "/close"), {"sure": "y"}).status_code == 303


def test_the_agency_ends_sessions(app: Flask, bureau: Visitor, world: World) -> None:
    emre, other = Visitor(app, world.supervisor), Visitor(app, world.supervisor)
    session = Session.select().where(Session.account == world.supervisor).order_by(Session.id).first()
    hanna = Visitor(app, world.outsider)
    theirs = Session.get(Session.account == world.outsider)
    assert "Waar deze persoon is ingelogd" in bureau.get(of(world.supervisor)).text
    assert bureau.post(of(world.supervisor, f"/sessions/{theirs.id}/end")).status_code == 404
    assert bureau.post(of(world.supervisor, f"/sessions/{session.id}/end")).status_code == 303
    assert bureau.post(of(world.supervisor, f"/sessions/{session.id}/end")).status_code == 404
    assert [visitor.get("/").status_code for visitor in (emre, other, hanna)] == [303, 200, 200]
    assert bureau.post(of(world.supervisor, "/sessions/end")).status_code == 303
    assert [visitor.get("/").status_code for visitor in (emre, other, hanna)] == [303, 303, 200]
    assert verbs() == ["end_sessions"] * 2


def test_the_last_time_somebody_signed_in(bureau: Visitor, world: World) -> None:
    sessions.start(world.supervisor)
    assert "ma 30 nov 09:00" in bureau.get("/bureau/people?q=dubois").text
    clock.fix("2026-12-01T10:15")
    Session.delete().where(Session.account == world.supervisor).execute()
    bureau.sign_in(world.staff)
    assert "ma 30 nov 09:00" in bureau.get(of(world.supervisor)).text


# Rights


def test_give_change_and_take_away(app: Flask, bureau: Visitor, world: World) -> None:
    given = {"organisation": "LAW", "may_register": "y"}
    assert bureau.post(of(world.supervisor, "/rights"), given).status_code == 303
    right = Right.get((Right.account == world.supervisor) & (Right.organisation == world.law))
    assert (right.may_approve, right.may_register, right.may_see_invoices) == (False, True, False)
    changed = {f"at-{world.law.id}-may_see_invoices": "y"}
    answer = bureau.with_htmx().post(of(world.supervisor, "/rights/LAW"), changed)
    assert answer.text.lstrip().startswith('<div id="bureau-person"')
    assert access.grants(world.supervisor).invoices == {world.fse.id, world.law.id}
    assert access.grants(world.supervisor).register == frozenset()
    assert bureau.post(of(world.supervisor, "/rights/LAW/remove")).status_code == 200
    assert bureau.post(of(world.supervisor, "/rights/LAW/remove")).status_code == 404
    events = list(Event.select().order_by(Event.id))
    assert [event.verb for event in events] == ["give_right", "change_right", "remove_right"]
    assert {(event.person, event.organisation) for event in events} == {(world.supervisor, world.law)}
    assert (events[1].before, events[1].after) == (
        {"may_register": True, "may_see_invoices": False},
        {"may_register": False, "may_see_invoices": True},
    )
    bureau.htmx = False
    assert "Rechten gegeven: Faculteit der Rechtsgeleerdheid" in bureau.get(of(world.supervisor)).text
    assert "Rechten gegeven: Emre Dubois" in bureau.get("/bureau/organisations/LAW").text


@pytest.mark.parametrize(
    "typed",
    [
        {"organisation": "NOPE", "may_approve": "y"},
        {"organisation": "", "may_approve": "y"},
        {"organisation": "LAW"},
        {"organisation": "OVER", "may_approve": "y"},
    ],
)
def test_a_right_that_can_not_be_422(bureau: Visitor, world: World, typed: dict[str, str]) -> None:
    factories.organisation("OVER", ended_on=date(2026, 11, 29))
    answer = bureau.post(of(world.supervisor, "/rights"), typed)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert "<details" in answer.text.partition("bureau-person-rights")[2]
    assert Right.select().where(Right.account == world.supervisor).count() == 1


def test_a_right_without_a_tick_stays_as_it_was(bureau: Visitor, world: World) -> None:
    answer = bureau.post(of(world.registrar, "/rights/FSE"), {"other": "x"})
    assert answer.status_code == 422
    assert f'id="at-{world.fse.id}-may_approve-error"' in answer.text
    assert "Kies ten minste één recht, of kies “Alles intrekken”." in answer.text, "as the button beside it"
    new = bureau.post(of(world.registrar, "/rights"), {"organisation": "LAW"}).text
    assert "Kies ten minste één recht.<" in new, "where no such button stands"
    assert Right.get(Right.account == world.registrar).may_register


def test_two_roles_in_one_sheet_are_asked_about(bureau: Visitor, world: World) -> None:
    typed = {"organisation": "FSE", "may_approve": "y"}
    asked = bureau.post(of(world.noor, "/rights"), typed)
    assert asked.status_code == 422
    assert "kan de eigen uren nooit goedkeuren" in asked.text
    assert Right.select().where(Right.account == world.noor).count() == 0
    assert bureau.post(of(world.noor, "/rights"), {**typed, "sure": "y"}).status_code == 303
    assert Right.get(Right.account == world.noor).may_approve
    register = {"organisation": "LAW", "may_register": "y"}
    assert bureau.post(of(world.noor, "/rights"), register).status_code == 303, "nothing to ask about"


def test_taking_the_only_approver_away_is_asked_about(bureau: Visitor, world: World) -> None:
    place = f"at-{world.fse.id}-"
    for rest, typed in (("/rights/FSE", {f"{place}may_see_invoices": "y"}), ("/rights/FSE/remove", {})):
        asked = bureau.post(of(world.supervisor, rest), typed)
        assert asked.status_code == 422
        assert "keurt verder niemand goed; daar wachten 1" in asked.text
        assert f'name="{place}sure"' in asked.text
    assert Right.get(Right.account == world.supervisor).may_approve
    assert bureau.post(of(world.supervisor, "/rights/FSE/remove"), {f"{place}sure": "y"}).status_code == 303
    assert Right.get_or_none(Right.account == world.supervisor) is None


def test_no_organisation_yet(app: Flask) -> None:
    account, _mail = links.invite("agency@interum.example", by=None, source="command", is_agency_staff=True)
    visitor = Visitor(app, account)
    page = visitor.get(of(account)).text
    assert "Nog geen rechten in een organisatie." in page
    assert "Een organisatie toevoegen" not in page
    assert Organisation.select().count() == 0
    assert visitor.post("/bureau/people", TYPED).status_code == 303
