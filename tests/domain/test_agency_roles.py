"""What each role at the agency may do, who gives roles, and that somebody always can."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask

import konnekt
from konnekt.db import db
from konnekt.domain.accounts import agency_roles, links
from konnekt.domain.imports import import_files
from konnekt.domain.records import people
from konnekt.domain.refusals import Conflict, Doubtful, Forbidden, Invalid, Refused
from konnekt.models import Account, Event
from tests import factories
from tests.factories import World

HEAD = "email,first_name,last_name,agency_staff,username,employee_number,language"


def only(role: str, first: str = "Ria") -> Account:
    """Somebody of the agency with this role alone."""
    return factories.account(first, role.title(), is_agency_staff=True, agency_roles=role)


def give(person: Account, *roles: str, by: Account, is_sure: bool = True) -> Account:
    found = people.find(person.id)
    return people.change_roles(found.id, roles, seen=people.seen(found), by=by, is_sure=is_sure)


def test_every_task_is_of_roles_and_has_its_sentence() -> None:
    for task, roles in agency_roles.MAY.items():
        assert set(roles) <= set(agency_roles.ROLES), task
        assert roles == agency_roles.ROLES or agency_roles.READING not in roles, task
        assert roles in agency_roles.NEEDED, task


def test_every_task_that_is_asked_is_in_the_table() -> None:
    """And every task of the table is asked by somebody: by a verb, a page or a button."""
    package = Path(konnekt.__file__).parent
    source = "".join(
        path.read_text()
        for kind in ("*.py", "*.html")
        for path in package.rglob(kind)
        if path.name != "agency_roles.py"
    )
    asked = set(
        re.findall(
            r"""(?:agency_roles\.\w+\((?:\w+, )?|staff_only\(by, |\bmay(?:_do)?\()"([a-z -]+)\"""", source
        )
    )
    assert asked - set(agency_roles.MAY) == set()
    assert set(agency_roles.MAY) - asked - set(re.findall(r'"([a-z -]+)"', source)) == set()


def test_what_somebody_may_follows_from_the_roles(world: World) -> None:
    planner = only("planning")
    assert agency_roles.may(planner, "people")
    assert agency_roles.may(planner, "look")
    assert not agency_roles.may(planner, "pay rates")
    assert all(agency_roles.may(world.staff, task) for task in agency_roles.MAY)
    assert not any(agency_roles.may(world.supervisor, task) for task in agency_roles.MAY)


def test_a_role_without_a_place_at_the_agency_is_none(world: World) -> None:
    Account.update(agency_roles=agency_roles.ALL).where(Account.id == world.noor.id).execute()
    assert agency_roles.of(Account.get_by_id(world.noor.id)) == ()


def test_a_refusal_names_the_role_and_who_has_it(world: World) -> None:
    reader = only("reading")
    Account.update(first_name="Piet", last_name="Plan").where(Account.id == only("planning").id).execute()
    with pytest.raises(Forbidden) as refused:
        agency_roles.require(reader, "people", "Only the agency.")
    assert (
        str(refused.value)
        == "This asks the role Planning at the agency, which Bureau InterUM, Piet Plan has."
    )
    with pytest.raises(Forbidden) as outside:
        agency_roles.require(world.noor, "people", "Only the agency.")
    assert str(outside.value) == "Only the agency."


def test_a_role_that_nobody_has(world: World) -> None:
    give(world.staff, "administration", by=world.staff)
    with pytest.raises(Forbidden) as refused:
        agency_roles.require(Account.get_by_id(world.staff.id), "payroll", "")
    assert "nobody has now. Bureau InterUM can give it" in str(refused.value)


def test_giving_roles_is_an_event(world: World) -> None:
    ria = only("reading")
    give(ria, "payroll", "planning", by=world.staff)
    assert Account.get_by_id(ria.id).agency_roles == "planning payroll"
    event = Event.get(Event.verb == "change_roles")
    assert (event.person_id, event.actor_id) == (ria.id, world.staff.id)
    assert (event.before, event.after) == (
        {"agency_roles": "reading"},
        {"agency_roles": "planning payroll"},
    )


@pytest.mark.parametrize("role", ["planning", "invoicing", "payroll", "reading"])
def test_only_administration_gives_roles(world: World, role: str) -> None:
    with pytest.raises(Forbidden):
        give(world.staff, "reading", by=only(role))


def test_what_is_no_role_is_not_kept(world: World) -> None:
    ria = only("reading")
    give(ria, "reading", "god", by=world.staff)
    assert Account.get_by_id(ria.id).agency_roles == "reading"
    for roles in ((), ("god",)):
        with pytest.raises(Invalid):
            give(ria, *roles, by=world.staff)
    with pytest.raises(Conflict):
        give(world.noor, "reading", by=world.staff)


def test_an_old_page_is_refused(world: World) -> None:
    ria = only("reading")
    seen = people.seen(ria)
    give(ria, "planning", by=world.staff)
    with pytest.raises(Conflict):
        people.change_roles(ria.id, ["payroll"], seen=seen, by=world.staff)


def test_ones_own_administration_is_asked_about(world: World) -> None:
    only("administration")
    with pytest.raises(Doubtful):
        give(world.staff, "planning", by=world.staff, is_sure=False)
    give(world.staff, "planning", by=world.staff)


def leave(person: Account, by: Account) -> None:
    give(person, "planning", by=by)


def close(person: Account, by: Account) -> None:
    people.close(person.id, by=by, is_sure=True)


def move_out(person: Account, by: Account) -> None:
    found = people.find(person.id)
    values = {name: getattr(found, name) for name in people.COLUMNS if name != "agency_roles"}
    people.change(
        person.id, values | {"is_agency_staff": False}, seen=people.seen(found), by=by, is_sure=True
    )


@pytest.mark.parametrize("verb", [leave, close, move_out])
def test_the_last_with_administration_stays(world: World, verb: Callable[..., None]) -> None:
    only("planning")
    closed = only("administration")
    Account.update(is_active=False).where(Account.id == closed.id).execute()
    with pytest.raises(Conflict):
        verb(world.staff, world.staff)
    assert agency_roles.may(Account.get_by_id(world.staff.id), "staff")


@pytest.mark.parametrize("verb", [leave, close, move_out])
def test_two_who_take_it_from_each_other(own_app: Flask, world: World, verb: Callable[..., None]) -> None:
    """At the same moment: one of them stays, whichever it is."""
    ria = factories.account("Ria", "Bakker", is_agency_staff=True)
    together, said = Barrier(2), []

    def go(person: Account, by: Account) -> None:
        db.connect(reuse_if_open=True)
        together.wait()
        try:
            verb(person, by)
            said.append("done")
        except Refused as refused:
            said.append(type(refused).__name__)
        finally:
            db.close()

    threads = [Thread(target=go, args=pair) for pair in ((ria, world.staff), (world.staff, ria))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["Conflict", "done"]
    assert len(agency_roles.holders("administration")) == 1


def test_the_guard_stands_in_the_update(world: World) -> None:
    """Whoever got past the first look all the same changes nothing."""
    guard = agency_roles.is_administered_without(world.staff.id)
    assert Account.update(is_active=False).where(Account.id == world.staff.id, guard).execute() == 0
    only("administration")
    assert Account.update(is_active=False).where(Account.id == world.staff.id, guard).execute() == 1


def details(person: Account, **columns: Any) -> dict[str, Any]:
    return {name: getattr(person, name) for name in people.COLUMNS if name != "agency_roles"} | columns


def verbs() -> Iterator[tuple[str, Callable[[Account, Account], Any]]]:
    yield (
        "change",
        lambda one, by: people.change(one.id, details(one, email=f"x{one.id}@um.example"), seen="", by=by),
    )
    yield "invite", lambda one, by: people.invite(one.id, by=by)
    yield "close", lambda one, by: people.close(one.id, by=by, is_sure=True)
    yield "end sessions", lambda one, by: people.end_sessions(one.id, by=by)


@pytest.mark.parametrize("verb", [one for _, one in verbs()], ids=[name for name, _ in verbs()])
def test_planning_looks_after_people_and_not_after_colleagues(
    world: World, verb: Callable[[Account, Account], Any]
) -> None:
    """Or another address and a link for a new password would make an administrator of a planner."""
    planner, administrator = only("planning"), only("administration", "Adri")
    colleague = only("reading", "Lezer")
    verb(world.noor, planner)
    for other in (colleague, administrator):
        with pytest.raises(Forbidden):
            verb(other, planner)
    with pytest.raises(Forbidden):
        verb(world.registrar, administrator)
    verb(colleague, administrator)


def test_planning_adds_nobody_to_the_agency(world: World) -> None:
    planner = only("planning")
    new = {
        "first_name": "Nieuw", "last_name": "Mens", "email": "nieuw@um.example", "username": "",
        "employee_number": "", "language": "nl",
    }  # fmt: skip
    with pytest.raises(Forbidden):
        people.add(new | {"is_agency_staff": True}, by=planner)
    with pytest.raises(Forbidden):
        people.change(
            world.noor.id, details(world.noor, is_agency_staff=True), seen="", by=planner, is_sure=True
        )
    assert people.add(new, by=planner).agency_roles == ""


def test_an_invitation_of_the_command_gives_all_roles(world: World) -> None:
    made, _mail = links.invite("baas@um.example", by=None, source="command", is_agency_staff=True)
    assert agency_roles.of(made) == agency_roles.ROLES
    again, _mail = links.invite("noor@um.example", by=None, source="command", is_agency_staff=True)
    assert agency_roles.of(Account.get_by_id(again.id)) == agency_roles.ROLES


def test_a_file_gives_all_roles_once(world: World) -> None:
    ria = only("reading")
    rows = f"{HEAD}\n{ria.email},Ria,Reading,1,,,nl\nnieuw@um.example,Nieuw,Mens,1,,,nl\n"
    assert list(map(str, import_files({"people.csv": rows.encode()}).problems)) == []
    assert Account.get_by_id(ria.id).agency_roles == "reading"
    assert Account.get(Account.email == "nieuw@um.example").agency_roles == agency_roles.ALL
    out = f"{HEAD}\n{ria.email},Ria,Reading,0,,,nl\n"
    assert import_files({"people.csv": out.encode()}).is_ok
    assert Account.get_by_id(ria.id).agency_roles == ""
