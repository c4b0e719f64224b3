"""What two persons decide: the agency's account number, who works there and who administers it."""

from datetime import timedelta
from typing import Any

import pytest

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import agency_roles, devices, passwords, sessions
from konnekt.domain.imports import import_files
from konnekt.domain.records import agency, deciding, people, proposals
from konnekt.domain.refusals import Conflict, Forbidden, Invalid
from konnekt.models import Account, Agency, Event, Identity, Mail, ProposedChange, Session
from tests import factories, one_time_codes
from tests.domain.records.test_record_rules import file
from tests.factories import World

IBAN = "NL20INGB0001234567"


@pytest.fixture
def ria(world: World) -> Account:
    """The second one with Administration."""
    account = factories.account("Ria", "Bakker", is_agency_staff=True, signed_in_at=clock.now())
    Account.update(signed_in_at=clock.now()).where(Account.id == world.staff.id).execute()
    Agency.update(iban="NL91ABNA0417164300").execute()
    return account


def fresh(person: Account) -> Account:
    return Account.get_by_id(person.id)


def change(person: Account, by: Account, **values: Any) -> Account:
    return people.change(
        person.id, people.RECORD.values(fresh(person)) | values, seen="", by=by, is_sure=True
    )


def change_iban(by: Account, **values: Any) -> Agency:
    return agency.change(agency.RECORD.values(agency.find()) | {"iban": IBAN} | values, seen="", by=by)


def give(person: Account, *roles: str, by: Account) -> Account:
    return people.change_roles(person.id, roles, seen="", by=by, is_sure=True)


def verbs() -> list[str]:
    return [event.verb for event in Event.select().order_by(Event.id)]


def test_the_account_number(world: World, ria: Account) -> None:
    change_iban(world.staff, city="Maastricht")
    assert (agency.find().iban, agency.find().city) == ("NL91ABNA0417164300", "Maastricht")
    proposal = ProposedChange.get()
    assert (proposal.before, proposal.after) == ({"iban": "NL91ABNA0417164300"}, {"iban": IBAN})
    (mail,) = Mail.select()
    assert mail.recipient == ria.email
    assert mail.subject == "Bureau InterUM stelt een wijziging voor die u kunt bevestigen"
    assert "/bureau/details" in mail.text
    deciding.confirm(proposal.id, by=ria)
    assert agency.find().iban == IBAN
    assert not ProposedChange.select().exists()
    assert verbs() == ["propose", "change_agency", "confirm_proposal", "change_agency"]
    confirmed, done = Event.select().order_by(Event.id)[-2:]
    assert (confirmed.actor, confirmed.thing, confirmed.after) == (
        ria, "agency", {"proposed_by": "Bureau InterUM"},
    )  # fmt: skip
    assert (done.actor, done.before, done.after) == (
        ria, {"iban": "NL91ABNA0417164300"}, {"iban": IBAN},
    )  # fmt: skip


def test_nobody_confirms_what_he_proposed(world: World, ria: Account) -> None:
    change_iban(world.staff)
    with pytest.raises(Conflict, match="You proposed this yourself"):
        deciding.confirm(ProposedChange.get().id, by=world.staff)
    assert agency.find().iban == "NL91ABNA0417164300"
    assert ProposedChange.select().exists()


def test_of_two_who_confirm_one_does(world: World, ria: Account) -> None:
    change_iban(world.staff)
    number = ProposedChange.get().id
    ann = factories.account("Ann", "Peters", is_agency_staff=True)
    deciding.confirm(number, by=ria)
    for late in (deciding.confirm, deciding.decline):
        with pytest.raises(Conflict, match="not proposed any more"):
            late(number, by=ann)
    assert verbs().count("confirm_proposal") == 1
    assert verbs().count("change_agency") == 1


def test_what_is_confirmed_is_what_was_shown(world: World, ria: Account) -> None:
    """The next proposal can have the number of one that was withdrawn."""
    change_iban(world.staff)
    shown = ProposedChange.get()
    deciding.decline(shown.id, by=world.staff)
    change_iban(world.staff, iban="BE68539007547034")
    other = ProposedChange.get()
    with pytest.raises(Conflict, match="not proposed any more"):
        deciding.confirm(other.id, by=ria, seen=shown.fingerprint)
    assert agency.find().iban == "NL91ABNA0417164300"
    deciding.confirm(other.id, by=ria, seen=other.fingerprint)
    assert agency.find().iban == "BE68539007547034"


@pytest.mark.parametrize(("is_own", "verb"), [(False, "decline_proposal"), (True, "withdraw_proposal")])
def test_declined_or_withdrawn(world: World, ria: Account, is_own: bool, verb: str) -> None:
    change_iban(world.staff)
    deciding.decline(ProposedChange.get().id, by=world.staff if is_own else ria)
    assert not ProposedChange.select().exists()
    assert verbs() == ["propose", verb]
    assert agency.find().iban == "NL91ABNA0417164300"


def test_what_changed_meanwhile_is_out_of_date(world: World, ria: Account) -> None:
    change_iban(world.staff)
    Agency.update(iban="BE68539007547034").execute()
    with pytest.raises(Conflict, match="changed since it was proposed"):
        deciding.confirm(ProposedChange.get().id, by=ria)
    assert agency.find().iban == "BE68539007547034"
    deciding.decline(ProposedChange.get().id, by=ria)


def test_after_two_weeks_it_is_over(world: World, ria: Account) -> None:
    change_iban(world.staff)
    number = ProposedChange.get().id
    clock.fix((clock.local(clock.now()) + timedelta(days=14, minutes=1)).isoformat())
    assert proposals.of(None) is None
    with pytest.raises(Conflict, match="not proposed any more"):
        deciding.confirm(number, by=ria)
    change_iban(world.staff)
    assert proposals.of(None) is not None
    assert ProposedChange.select().count() == 1


def test_one_proposal_at_a_time(world: World, ria: Account) -> None:
    change_iban(world.staff)
    with pytest.raises(Conflict, match="Bureau InterUM proposed a change here"):
        change_iban(ria, city="Maastricht")
    assert agency.find().city == "", "a verb is whole or not at all"


@pytest.mark.parametrize("roles", ["planning", "payroll", "reading"])
def test_it_asks_administration(world: World, ria: Account, roles: str) -> None:
    change_iban(world.staff)
    piet = factories.account("Piet", "Plan", is_agency_staff=True, agency_roles=roles)
    for person in (piet, world.supervisor):
        for decide in (deciding.confirm, deciding.decline):
            with pytest.raises(Forbidden):
                decide(ProposedChange.get().id, by=person)
    assert ProposedChange.select().exists()


def test_somebody_new_at_the_agency(world: World, ria: Account) -> None:
    values = {"first_name": "Jan", "last_name": "Smit", "email": "jan@um.example", "language": "nl",
              "username": "", "employee_number": "", "is_agency_staff": True}  # fmt: skip
    jan = people.add(values, by=world.staff, is_invited=True)
    assert jan.proposal
    assert not fresh(jan).is_agency_staff
    assert fresh(jan).agency_roles == ""
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert fresh(jan).is_agency_staff
    assert fresh(jan).agency_roles == agency_roles.ALL


def test_a_worker_who_comes_to_work_there(world: World, ria: Account) -> None:
    changed = change(world.noor, world.staff, first_name="Nora", is_agency_staff=True)
    assert changed.proposal
    assert (fresh(world.noor).first_name, fresh(world.noor).is_agency_staff) == ("Nora", False)
    change(world.noor, world.staff, first_name="Noor")
    assert ProposedChange.select().count() == 1, "the rest is changed as ever"
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert agency_roles.of(fresh(world.noor)) == agency_roles.ROLES


def test_giving_and_taking_administration(world: World, ria: Account) -> None:
    piet = factories.account("Piet", "Plan", is_agency_staff=True, agency_roles="planning")
    give(piet, "planning", "payroll", by=world.staff)
    assert fresh(piet).agency_roles == "planning payroll", "no other role takes two"
    give(piet, "planning", "administration", by=world.staff)
    assert fresh(piet).agency_roles == "planning payroll"
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert fresh(piet).agency_roles == "planning administration"
    assert verbs()[-2:] == ["confirm_proposal", "change_roles"]
    give(piet, "planning", by=world.staff)
    assert fresh(piet).agency_roles == "planning administration"
    deciding.confirm(ProposedChange.get().id, by=fresh(piet))
    assert fresh(piet).agency_roles == "planning", "whom it is about may say yes"


@pytest.mark.parametrize("verb", ["roles", "staff", "new"])
def test_nobody_changes_who_it_is_before_it_is_confirmed(world: World, ria: Account, verb: str) -> None:
    """With an address of the proposer's the second person would be the first."""
    piet = factories.account("Piet", "Plan", is_agency_staff=verb == "roles", agency_roles="planning")
    if verb == "roles":
        give(piet, "planning", "administration", by=world.staff)
    elif verb == "staff":
        change(piet, world.staff, is_agency_staff=True, email="piet.plan@um.example")
    else:
        values = people.RECORD.values(fresh(piet)) | {"email": "jan@um.example", "is_agency_staff": True}
        piet = people.add(values, by=world.staff)
    was = fresh(piet).email
    change(piet, world.staff, email="mine@evil.example")
    with pytest.raises(Conflict, match="changed since it was proposed"):
        deciding.confirm(ProposedChange.get().id, by=ria)
    change(piet, world.staff, email=was)
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert agency_roles.ADMINISTRATION in agency_roles.of(fresh(piet))
    assert fresh(piet).email == was


def test_closing_and_opening_again(world: World, ria: Account) -> None:
    ann = factories.account("Ann", "Peters", is_agency_staff=True)
    token = sessions.start(ann)
    assert people.close(ann.id, by=world.staff).proposal
    assert sessions.find(token), "nothing has happened yet"
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert not fresh(ann).is_active
    assert not Session.select().where(Session.account == ann).exists()
    assert verbs()[-1] == "close_account"
    people.reopen(ann.id, by=world.staff)
    assert not fresh(ann).is_active
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert fresh(ann).is_active
    assert verbs()[-1] == "reopen_account"


def test_who_has_no_administration_leaves_at_once(world: World, ria: Account) -> None:
    piet = factories.account("Piet", "Plan", is_agency_staff=True, agency_roles="planning")
    people.close(piet.id, by=world.staff)
    assert not fresh(piet).is_active
    people.close(world.noor.id, by=world.staff, is_sure=True)
    people.reopen(world.noor.id, by=world.staff)
    assert not ProposedChange.select().exists()


def test_no_colleague_is_taken_over_by_another_address(world: World, ria: Account) -> None:
    change(ria, world.staff, email="mine@evil.example")
    assert fresh(ria).email == ria.email
    change(world.staff, world.staff, email="new@interum.example")
    assert fresh(world.staff).email == "new@interum.example", "one's own is one's own"
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert fresh(ria).email == "mine@evil.example"


def test_an_address_that_somebody_else_has_by_now(world: World, ria: Account) -> None:
    change(ria, world.staff, email="shared@um.example")
    change(world.noor, world.staff, email="shared@um.example")
    with pytest.raises(Invalid, match="in use by Noor Hendriks"):
        deciding.confirm(ProposedChange.get().id, by=ria)
    assert ProposedChange.select().exists()


def test_somebody_is_always_left(world: World, ria: Account) -> None:
    give(ria, "planning", by=world.staff)
    Account.update(is_active=False).where(Account.id == world.staff.id).execute()
    with pytest.raises(Conflict, match="Nobody of the agency would be left"):
        deciding.confirm(ProposedChange.get().id, by=ria)
    assert fresh(ria).agency_roles == agency_roles.ALL


@pytest.mark.parametrize(
    "of_the_other", [{"signed_in_at": None}, {"is_active": False}, {"agency_roles": "planning"}]
)
def test_where_there_is_no_second(world: World, ria: Account, of_the_other: dict[str, Any]) -> None:
    Account.update(**of_the_other).where(Account.id == ria.id).execute()
    change_iban(world.staff)
    assert agency.find().iban == IBAN
    assert not ProposedChange.select().exists()
    assert sorted(verbs()) == ["change_agency", "decide_alone"]
    told = {mail.recipient: mail for mail in Mail.select()}
    assert set(told) == {world.staff.email} | ({ria.email} if of_the_other.get("is_active", True) else set())
    assert "waar anders twee mensen voor nodig zijn" in told[world.staff.email].subject


def test_the_first_colleague_is_the_last_that_one_makes_alone(world: World) -> None:
    change(world.supervisor, world.staff, is_agency_staff=True)
    assert fresh(world.supervisor).is_agency_staff
    sessions.start(fresh(world.supervisor))
    change(world.noor, world.staff, is_agency_staff=True)
    assert not fresh(world.noor).is_agency_staff
    assert ProposedChange.select().exists()


def test_the_command_line_may(world: World, ria: Account) -> None:
    report = import_files(file("agency", iban=IBAN))
    assert report.problems == []
    assert agency.find().iban == IBAN
    assert not Mail.select().exists()


def test_no_file_goes_round_it(world: World, ria: Account) -> None:
    Account.update(employee_number="900").where(Account.id == ria.id).execute()
    person = {"first_name": "Ria", "last_name": "Bakker", "employee_number": "900"}
    files = {
        "iban": file("agency", iban=IBAN),
        "agency_staff": file("people", email="new@um.example", agency_staff="1"),
        "email": file("people", {**person, "email": "mine@evil.example", "agency_staff": "1"}, {}),
    }
    for column, one in files.items():
        for dry_run in (True, False):
            report = import_files(one, by=world.staff, dry_run=dry_run)
            assert [problem.column for problem in report.problems] == [column]
            assert "a second person has to confirm this" in report.problems[0].sentence
    assert agency.find().iban == "NL91ABNA0417164300"
    assert fresh(ria).email == ria.email
    assert not Account.select().where(Account.email == "new@um.example").exists()
    out = import_files(
        file("people", {**person, "email": ria.email, "agency_staff": "0"}, {}), by=world.staff
    )
    assert [problem.column for problem in out.problems] == ["agency_staff"]


def test_a_file_of_the_only_one_is_told(world: World) -> None:
    report = import_files(file("people", email="new@um.example", agency_staff="1"), by=world.staff)
    assert report.problems == []
    assert Account.get(Account.email == "new@um.example").is_agency_staff
    (event,) = Event.select().where(Event.verb == "decide_alone")
    assert (event.source, event.actor) == ("import", world.staff)
    assert Mail.select().where(Mail.kind == "proposal").exists()


def test_who_is_not_of_the_agency_costs_no_statement(world: World, ria: Account) -> None:
    """Only what two decide asks whether there are two."""
    asked: list[str] = []
    run = db.obj.execute_sql
    try:
        db.obj.execute_sql = lambda sql, *rest: asked.append(sql) or run(sql, *rest)
        change(world.noor, world.staff, first_name="Nora")
    finally:
        del db.obj.execute_sql
    assert not [sql for sql in asked if "proposed_change" in sql]


def first_details(by: Account) -> Agency:
    values = dict.fromkeys(agency.RECORD.rules, "") | {"name": "InterUM", "country": "NL", "iban": IBAN}
    return agency.change(values | {"bic": "INGBNL2A"}, seen="", by=by)


def test_the_first_account_number_takes_two_as_well(world: World, ria: Account) -> None:
    Agency.delete().execute()
    first_details(world.staff)
    assert (agency.find().name, agency.find().iban, agency.find().bic) == ("InterUM", "", "")
    assert verbs() == ["change_agency", "propose"]
    assert IBAN not in str(Event.get(Event.verb == "change_agency").after)
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert (agency.find().iban, agency.find().bic) == (IBAN, "INGBNL2A")


def test_who_is_alone_fills_it_in_at_once_and_all_are_told(world: World) -> None:
    Agency.delete().execute()
    factories.account("Piet", "Plan", is_agency_staff=True, agency_roles="planning")
    first_details(world.staff)
    assert agency.find().iban == IBAN
    assert verbs() == ["change_agency", "decide_alone"]
    assert Mail.select().where(Mail.kind == "proposal").count() == 2


def test_nor_does_a_first_file_go_round_it(world: World, ria: Account) -> None:
    Agency.delete().execute()
    report = import_files(file("agency", iban=IBAN), by=world.staff)
    assert [problem.column for problem in report.problems] == ["iban"]
    assert Agency.select().first() is None


@pytest.fixture
def planted(world: World) -> Account:
    """Made by somebody of the agency with an address of his own, who chose its password and left a passkey."""
    person = factories.account("Ann", "Peters", email="mine@evil.example")
    passwords.replace(person, "correct horse battery", by=None)
    one_time_codes.set_up(person)
    Identity.create(account=person, issuer="https://idp.example", subject="mine", created_at=clock.now())
    return fresh(person)


def opens(person: Account) -> list[str]:
    """What signs in to the account."""
    row = fresh(person)
    ways = {
        "password": row.password_hash,
        "factor": row.has_second_factor,
        "identity": Identity.select().where(Identity.account == row).exists(),
        "session": Session.select().where(Session.account == row).exists(),
        "device": devices.is_confirmed(row, DEVICE.get(row.id, "")),
    }
    return [way for way, is_there in ways.items() if is_there]


DEVICE: dict[int, str] = {}


@pytest.mark.parametrize("how", ["staff", "administration", "opened again"])
def test_who_gains_has_to_show_the_address_where_it_was_changed(
    world: World, ria: Account, planted: Account, how: str
) -> None:
    """Else who made the account, and knows its password, would be the second person."""
    if how == "administration":
        change(planted, world.staff, is_agency_staff=True)
        deciding.confirm(ProposedChange.get().id, by=ria)
        give(planted, "planning", by=world.staff)
        deciding.confirm(ProposedChange.get().id, by=ria)
    if how == "opened again":
        change(planted, world.staff, is_agency_staff=True)
        deciding.confirm(ProposedChange.get().id, by=ria)
        people.close(planted.id, by=world.staff, is_sure=True)
        deciding.confirm(ProposedChange.get().id, by=ria)
    change(planted, world.staff, email="ann@um.example")
    sessions.start(planted)
    DEVICE[planted.id] = devices.know(planted, "", is_confirmed=True)
    assert opens(planted) == ["password", "factor", "identity", "session", "device"]
    Mail.delete().execute()
    if how == "staff":
        change(planted, world.staff, is_agency_staff=True)
    elif how == "administration":
        give(planted, "planning", "administration", by=world.staff)
    else:
        people.reopen(planted.id, by=world.staff)
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert opens(planted) == []
    (invitation,) = Mail.select().where(Mail.kind == "invite")
    assert invitation.recipient == "ann@um.example"
    assert verbs()[-1] == "invite_anew"
    passwords.replace(fresh(planted), "een heel ander wachtwoord", by=None)
    give(planted, "planning", by=world.staff)
    for proposal in ProposedChange.select():
        deciding.confirm(proposal.id, by=ria)
    give(planted, "planning", "administration", by=world.staff)
    for proposal in ProposedChange.select():
        deciding.confirm(proposal.id, by=ria)
    assert opens(planted) == ["password"], "shown once, it is not asked again"


def test_who_is_alone_does_not_go_round_it(world: World, planted: Account) -> None:
    change(planted, world.staff, email="ann@um.example")
    change(planted, world.staff, is_agency_staff=True)
    assert fresh(planted).is_agency_staff
    assert opens(planted) == []


def test_whose_address_never_changed_goes_on(world: World, ria: Account, planted: Account) -> None:
    change(planted, world.staff, first_name="Anna")
    change(planted, world.staff, is_agency_staff=True)
    deciding.confirm(ProposedChange.get().id, by=ria)
    assert opens(planted) == ["password", "factor", "identity"]
