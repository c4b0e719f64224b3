"""/bureau/invitations: many people invited at once, now or when their hours begin."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.background import work
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import links
from konnekt.domain.records import invitations, people
from konnekt.domain.records.invitations import Uninvited
from konnekt.models import Account, AccountLink, Assignment, Event, Job, Mail, Organisation, Right
from tests import factories
from tests.command_line import konnekt
from tests.factories import World
from tests.visitor import Visitor

LIST, LATER = "/bureau/invitations", "/bureau/invitations/later"


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    """The agency, where everybody who was there before has signed in."""
    Account.update(signed_in_at=clock.now()).execute()
    return Visitor(app, world.staff)


def imported(count: int, first: int = 90001) -> list[Account]:
    """Workers as an import leaves them: without a password, and never invited."""
    return [
        factories.account(f"Ilse{n}", "Import", employee_number=str(n)) for n in range(first, first + count)
    ]


def placed(worker: Account, at: Organisation, first_on: date) -> Assignment:
    return factories.assignment(worker, at, first_on=first_on, last_on=None)


def sent(page: str) -> dict[str, str]:
    """What the form that invites would send."""
    form = page.partition(f'method="post" action="{LIST}"')[2].partition("</form>")[0]
    fields = re.findall(r"<input type=\"hidden\" name=\"(\w+)\" value=\"([^\"]*)\"", form)
    return {name: value for name, value in fields if name != "csrf_token"}


def invited() -> int:
    return Mail.select().where(Mail.kind == "invite").count()


def test_all_who_were_imported(bureau: Visitor) -> None:
    assert "nog niet uitgenodigd" not in bureau.get("/bureau/people").text
    new = imported(60)
    people_page = bureau.get("/bureau/people").text
    assert "60 mensen zijn nog niet uitgenodigd." in people_page
    page = bureau.get(LIST).text
    assert "Nodig 60 mensen uit" in page
    assert page.count('scope="row"') == 50
    answer = bureau.post(LIST, sent(page))
    assert answer.status_code == 303
    assert invited() == 0, "nothing slow in a request"
    assert work.work() == 1
    assert "60 mensen zijn uitgenodigd: de mails zijn onderweg." in bureau.get(answer.location).text
    assert invited() == AccountLink.select().where(AccountLink.purpose == "invite").count() == 60
    who = {event.person_id for event in Event.select().where(Event.verb == "invite")}
    assert who == {one.id for one in new}
    assert "Hier is niemand meer uit te nodigen." in bureau.get(LIST).text
    assert "nog niet uitgenodigd" not in bureau.get("/bureau/people").text


def test_from_the_page_of_people_in_one_press(bureau: Visitor) -> None:
    imported(3)
    answer = bureau.post(LIST, sent(bureau.get("/bureau/people").text))
    assert answer.location.startswith("/bureau/jobs/")
    work.work()
    assert invited() == 3


def test_twice_and_after_a_kill_nobody_gets_two(bureau: Visitor, world: World) -> None:
    new = imported(3)
    page = sent(bureau.get(LIST).text)
    for _ in range(2):
        assert bureau.post(LIST, page).status_code == 303
    people.invite(new[0].id, by=world.staff)
    work.work()
    assert invited() == 3
    results = [job.result for job in Job.select().order_by(Job.id)]
    assert results == [{"invited": 2, "passed": 1}, {"invited": 0, "passed": 3}]
    # Killed after the first: what was done is passed when it begins again.
    more = imported(2, first=91001)
    asked = bureau.post(LIST, sent(bureau.get(LIST).text))
    people.invite(more[0].id, by=world.staff)
    people.close(more[1].id, by=world.staff)
    work.work()
    assert "1 persoon" not in bureau.get(asked.location).text
    assert invited() == 4


def test_of_two_at_once_one_invites(bureau: Visitor, world: World) -> None:
    """Two hosts remind, or somebody invites by hand while the work goes on: the first link stays good."""
    for person in imported(5):
        start = Barrier(3)

        def attempt(_number: int, person: Account = person, start: Barrier = start) -> bool:
            start.wait()
            try:
                return invitations._invite(person.id, None, "remind")
            finally:
                db.close()

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(attempt, range(3))) == [False, False, True]
    assert (invited(), AccountLink.select().count()) == (5, 5)


def test_others_than_were_shown(bureau: Visitor) -> None:
    imported(2)
    page = sent(bureau.get(LIST).text)
    imported(1, first=91001)
    for url in (LIST, LATER):
        answer = bureau.post(url, page)
        assert answer.status_code == 409
        assert "anderen dan u zag" in answer.text
        assert "Nodig 3 mensen uit" in answer.text
    assert Job.select().count() == invited() == 0
    assert not Account.select().where(Account.invite_when_placed).exists()


def test_who_is_left_out(bureau: Visitor, world: World) -> None:
    """Agency staff, closed accounts, who signed in or has a password, and who has a link that works."""
    staff, closed, with_link, with_password = (
        factories.account(name, "Rand", is_agency_staff=name == "Staf")
        for name in ("Staf", "Dicht", "Link", "Woord")
    )
    people.close(closed.id, by=world.staff)
    links.send(with_link, "invite")
    Account.update(password_hash="x").where(Account.id == with_password).execute()
    assert "Hier is niemand meer uit te nodigen." in bureau.get(LIST).text
    clock.fix((clock.now() + timedelta(days=8)).strftime("%Y-%m-%dT%H:%M"))
    assert [one.id for one in invitations.listed(Uninvited()).rows] == [with_link.id], "its link is over"
    assert staff.is_agency_staff


def test_by_role_and_organisation(bureau: Visitor, world: World) -> None:
    worker, elsewhere = imported(2)
    placed(worker, world.fse, clock.today())
    placed(elsewhere, world.law, clock.today())
    approver = factories.account("Ada", "Nieuw")
    Right.create(account=approver, organisation=world.fse, may_approve=True)

    def shown(query: str) -> set[str]:
        return set(
            re.findall(r'class="who"><a href="/bureau/people/(\d+)"', bureau.get(f"{LIST}?{query}").text)
        )

    assert shown("") == {str(one.id) for one in (worker, elsewhere, approver)}
    assert shown("organisation=FSE") == {str(worker.id), str(approver.id)}
    assert shown("organisation=FSE&role=worker") == {str(worker.id)}
    assert shown("role=supervisor") == {str(approver.id)}
    assert shown("organisation=NOPE") == shown("organisation=%00") == set()
    page = bureau.get(f"{LIST}?organisation=FSE&role=worker").text
    bureau.post(LIST, sent(page))
    work.work()
    assert [link.account_id for link in AccountLink.select()] == [worker.id]


def test_later_when_the_first_assignment_begins(bureau: Visitor, world: World) -> None:
    today = clock.today()
    soon, never, approver = *imported(2), factories.account("Ada", "Nieuw")
    placed(soon, world.law, today + timedelta(days=3))
    place = factories.organisation("NEW")
    Right.create(account=approver, organisation=place, may_approve=True)
    placed(soon, place, today + timedelta(days=5))
    answer = bureau.post(LATER, sent(bureau.get(LIST).text))
    assert answer.status_code == 303
    assert "3 mensen worden uitgenodigd als hun eerste plaatsing begint." in bureau.get(answer.location).text
    assert Event.select().where(Event.verb == "invite_later").count() == 3
    assert "nog niet uitgenodigd" not in bureau.get("/bureau/people").text
    later = bureau.get(f"{LIST}?later=1").text
    assert later.count('scope="row"') == 3
    assert "nog geen plaatsing" in later
    assert "Uitgenodigd als de eerste plaatsing begint" in bureau.get(f"/bureau/people/{soon.id}").text

    def told(days: int) -> list[int]:
        clock.fix((clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M"))
        before = {link.account_id for link in AccountLink.select()}
        invitations.invite_due()
        return sorted({link.account_id for link in AccountLink.select()} - before)

    assert told(0) == []
    assert told(3) == [soon.id]
    assert told(2) == [approver.id]
    assert told(2) == []
    event = Event.select().where(Event.verb == "invite").order_by(Event.id).first()
    assert (event.actor, event.source) == (None, "remind")
    assert [one.id for one in Account.select().where(Account.invite_when_placed)] == [never.id]
    bureau.sign_in(world.staff)
    answer = bureau.post(LATER, sent(bureau.get(f"{LIST}?later=1").text))
    assert "1 persoon wordt later toch niet uitgenodigd." in bureau.get(answer.location).text
    assert not Account.select().where(Account.invite_when_placed).exists()


def test_the_command_of_the_day_invites(bureau: Visitor, world: World, config: Config) -> None:
    (soon,) = imported(1)
    placed(soon, world.fse, clock.today())
    bureau.post(LATER, sent(bureau.get(LIST).text))
    for said in ("1 invitations queued", ""):
        assert konnekt(config, "remind").stdout.splitlines()[1:] == [said][: len(said)]
    assert invited() == 1


def test_who_waits_can_be_invited_now(bureau: Visitor) -> None:
    imported(2)
    bureau.post(LATER, sent(bureau.get(LIST).text))
    bureau.post(LIST, sent(bureau.get(f"{LIST}?later=1").text))
    work.work()
    assert invited() == 2
    assert not Account.select().where(Account.invite_when_placed).exists()


def test_by_htmx(bureau: Visitor) -> None:
    imported(2)
    page = sent(bureau.get(LIST).text)
    bureau.with_htmx()
    answer = bureau.post(LATER, page)
    assert answer.status_code == 200
    assert "Hier is niemand meer uit te nodigen." in answer.text
    assert bureau.post(LIST, page).status_code == 409
    bureau.htmx = False
    page = sent(bureau.get(f"{LIST}?later=1").text)
    bureau.htmx = True
    assert bureau.post(LIST, page).headers["HX-Redirect"].startswith("/bureau/jobs/")


def test_its_statements_do_not_grow(bureau: Visitor) -> None:
    counts = []
    for first in (90001, 91001):
        imported(10, first)
        with count_queries() as counted:
            bureau.get(LIST)
        counts.append(counted.count)
    assert counts[0] == counts[1]
