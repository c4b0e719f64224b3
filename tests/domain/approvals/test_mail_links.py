"""A link in a reminder decides as its account, on what was mailed as it was mailed, and on nothing else."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain import clock, events
from konnekt.domain.accounts import passwords, sessions
from konnekt.domain.approvals import decide, deputies, deputy_requests, mail_links, undo_or_revoke
from konnekt.domain.approvals.decide import Pick
from konnekt.domain.periods.reminders import remind_all
from konnekt.domain.records import people, rights
from konnekt.domain.refusals import Conflict, Invalid, NotFound, Refused
from konnekt.domain.timesheets import submit
from konnekt.models import (
    TABLES,
    Account,
    Contributor,
    DecisionLink,
    DecisionLinkSheet,
    Event,
    Flag,
    Mail,
    Organisation,
    Timesheet,
)
from tests import factories
from tests.factories import World
from tests.mailed import allow, letter, remind, token_of

PASSWORD = "een lange zin van niemand"


def state(sheet: Timesheet) -> str:
    return str(Timesheet.get_by_id(sheet.id).state)


def later(**how: float) -> None:
    clock.fix((clock.now() + timedelta(**how)).isoformat())


def more(world: World, how_many: int, **columns: object) -> list[Timesheet]:
    names = [(f"Worker {number:02}", "Bos") for number in range(how_many)]
    return factories.sheets(world.fse, world.fse_budget, world.period, names, **columns)


def flag(sheet: Timesheet, code: str = "first", **detail: object) -> None:
    Flag.create(timesheet=sheet, revision=sheet.revision, code=code, detail=detail, is_elsewhere=False)


def everything() -> dict[str, int]:
    """How many rows each table has, and the newest moments of what a link could touch."""
    return {model._meta.table_name: model.select().count() for model in TABLES}


def test_off_unless_the_agency_says_otherwise(world: World) -> None:
    remind_all()
    assert "/decide/" not in letter(world.supervisor).text + letter(world.supervisor).html
    assert DecisionLink.select().count() == 0


def test_it_holds_what_was_mailed_as_it_was_mailed(world: World) -> None:
    token = remind(world)
    opened = mail_links.find(token)
    assert opened.account == world.supervisor
    assert [(sheet.row.id, sheet.revision, sheet.is_open) for sheet in opened.sheets] == [
        (world.sheet.id, 1, True)
    ]
    late = more(world, 1)[0]
    assert [sheet.row.id for sheet in mail_links.find(token).sheets] == [world.sheet.id], (
        "and nothing that came since"
    )
    with pytest.raises(Invalid):
        mail_links.approve(token, [Pick(late.id, 1)])
    assert state(late) == "submitted"


def test_only_the_hash_is_kept(world: World) -> None:
    token = remind(world)
    link = DecisionLink.get()
    assert link.token_hash == sessions.digest(token)
    assert len(token) == 32, "192 bits"
    assert token not in str(link.__data__)


def test_the_event_names_the_account_and_the_mail(world: World) -> None:
    mail_links.approve(remind(world), [Pick(world.sheet.id, 1)])
    event = Event.get(Event.verb == "approve")
    assert (event.actor, event.source, event.on_behalf_of) == (world.supervisor, "mail", None)
    assert state(world.sheet) == "approved"


def test_reject_with_a_reason_and_undo(world: World) -> None:
    token = remind(world)
    with pytest.raises(Invalid):
        mail_links.reject(token, world.sheet.id, "  ")
    assert state(world.sheet) == "submitted"
    mail_links.reject(token, world.sheet.id, "Dinsdag klopt niet.")
    assert state(world.sheet) == "rejected"
    event = Event.get(Event.verb == "reject")
    assert (event.source, event.reason, event.actor) == ("mail", "Dinsdag klopt niet.", world.supervisor)
    batch = mail_links.find(token).undoable[0]
    assert (len(batch.sheets), batch.is_approval) == (1, False)
    mail_links.undo(token, batch.batch)
    assert state(world.sheet) == "submitted"
    assert Event.get(Event.verb == "undo_rejection").source == "mail"
    assert Mail.select().where(Mail.kind == "rejected").count() == 0, "nobody was told"


def test_undo_for_ten_minutes_of_what_the_mail_decided_alone(world: World) -> None:
    first, second = more(world, 2)
    token = remind(world)
    elsewhere = decide.approve(second.id, by=world.supervisor, seen=1).batch
    mine = mail_links.approve(token, [Pick(world.sheet.id, 1), Pick(first.id, 1)]).batch
    with pytest.raises(Conflict):
        mail_links.undo(token, elsewhere)
    with pytest.raises(Conflict):
        mail_links.undo(token, "")
    outcome = mail_links.undo(token, mine)
    assert len(outcome.decided) == 2
    assert [state(one) for one in (world.sheet, first, second)] == ["submitted", "submitted", "approved"]
    again = mail_links.approve(token, [Pick(first.id, 1)]).batch
    later(minutes=11)
    with pytest.raises(Conflict):
        mail_links.undo(token, again)
    assert state(first) == "approved"


def test_all_decided_it_lives_for_the_undo_and_no_longer(world: World) -> None:
    token = remind(world)
    mail_links.approve(token, [Pick(world.sheet.id, 1)])
    assert mail_links.find(token).open == []
    later(minutes=11)
    with pytest.raises(NotFound, match="is decided"):
        mail_links.find(token)
    undo_or_revoke.revoke(world.sheet.id, "Toch niet", by=world.supervisor, seen=1)
    found = mail_links.find(token).sheets[0]
    assert (found.is_open, found.is_changed, found.needs_signing_in) == (False, True, True), (
        "no longer what was mailed"
    )
    outcome = mail_links.approve(token, [Pick(world.sheet.id, 1)])
    assert outcome.decided == []
    assert state(world.sheet) == "submitted"


def test_used_twice(world: World) -> None:
    token = remind(world)
    other = more(world, 1)[0]
    Mail.delete().execute()
    DecisionLink.delete().execute()
    token = remind(world)
    mail_links.approve(token, [Pick(world.sheet.id, 1)])
    outcome = mail_links.approve(token, [Pick(world.sheet.id, 1)])
    assert outcome.decided == []
    assert "Already approved by" in str(outcome.refused[0][2])
    assert Event.select().where(Event.verb == "approve").count() == 1
    with pytest.raises(Conflict):
        mail_links.reject(token, world.sheet.id, "Nee")
    assert state(other) == "submitted"


def test_twice_at_the_same_moment(world: World) -> None:
    token = remind(world)
    start, outcomes = threading.Barrier(4), []

    def press() -> None:
        start.wait()
        with db.connection_context():
            outcomes.append(len(mail_links.approve(token, [Pick(world.sheet.id, 1)]).decided))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 0, 0, 1]
    assert Event.select().where(Event.verb == "approve").count() == 1


def changed(world: World) -> None:
    Timesheet.update(revision=2, minutes=60).where(Timesheet.id == world.sheet.id).execute()


def taken_back(world: World) -> None:
    events.record("submit", by=world.noor, timesheet=world.sheet, revision=1)
    later(minutes=1)
    submit.withdraw(world.sheet.id, by=world.noor, seen=1)


def taken_back_and_sent_again(world: World) -> None:
    taken_back(world)
    submit.submit(world.sheet.id, by=world.noor, seen=Timesheet.get_by_id(world.sheet.id).revision)


@pytest.mark.parametrize("change", [changed, taken_back, taken_back_and_sent_again])
def test_what_changed_since_is_decided_signed_in(world: World, change: Callable[[World], None]) -> None:
    more(world, 1)
    token = remind(world)
    change(world)
    before = state(world.sheet)
    found = mail_links.find(token).by_id[world.sheet.id]
    assert (found.is_open, found.is_changed, found.needs_signing_in) == (False, True, True)
    assert mail_links.approve(token, [Pick(world.sheet.id, 1)]).decided == []
    with pytest.raises(Invalid):
        mail_links.approve(token, [Pick(world.sheet.id, found.row.revision + 1)])
    with pytest.raises(Conflict):
        mail_links.reject(token, world.sheet.id, "Nee")
    assert state(world.sheet) == before
    assert Event.select().where(Event.verb.in_(["approve", "reject"])).count() == 0


def test_decided_elsewhere(world: World) -> None:
    token = remind(world)
    more_at = more(world, 1)
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert more_at
    with pytest.raises(NotFound, match="is decided"):
        mail_links.approve(token, [Pick(world.sheet.id, 1)])
    assert {event.source for event in Event.select().where(Event.verb == "approve")} == {""}


def test_a_newer_mail_takes_its_place(world: World) -> None:
    old = remind(world)
    later(days=1)
    new = remind(world)
    assert old != new
    over(old, world)
    assert mail_links.find(new).open


def test_the_second_mail_of_a_day_does_not_end_the_first(world: World) -> None:
    token = remind(world)
    assert [one.id for one in remind_all().told] == []
    assert mail_links.find(token).open


def over(token: str, world: World, like: str = "newer mail") -> None:
    """It opens nothing, decides nothing, and changes nothing."""
    before = everything()
    with pytest.raises(NotFound, match=like):
        mail_links.find(token)
    for verb in (
        lambda: mail_links.approve(token, [Pick(world.sheet.id, 1)]),
        lambda: mail_links.reject(token, world.sheet.id, "Nee"),
        lambda: mail_links.undo(token, "x"),
    ):
        with pytest.raises(NotFound):
            verb()
    assert everything() == before
    assert state(world.sheet) == "submitted"


def close(world: World) -> None:
    people.close(world.supervisor.id, by=world.staff, is_sure=True)


def reopened(world: World) -> None:
    close(world)
    people.reopen(world.supervisor.id, by=world.staff)


def lose_the_right(world: World) -> None:
    rights.remove(world.supervisor.id, "FSE", by=world.staff, is_sure=True)


def lose_one_right(world: World) -> None:
    may = {"may_approve": False, "may_register": True, "may_see_invoices": True}
    rights.give(world.supervisor.id, "FSE", may, by=world.staff, is_sure=True)


def lose_and_get_it_back(world: World) -> None:
    lose_one_right(world)
    may = {"may_approve": True, "may_register": True, "may_see_invoices": True}
    rights.give(world.supervisor.id, "FSE", may, by=world.staff, is_sure=True)


def choose_a_password(world: World) -> None:
    passwords.replace(world.supervisor, PASSWORD, by=None, source="command")


def sign_out_everywhere(world: World) -> None:
    sessions.end_all(world.supervisor, keep=sessions.start(world.supervisor))


def be_signed_out(world: World) -> None:
    people.end_sessions(world.supervisor.id, by=world.staff)


def turn_it_off(world: World) -> None:
    mail_links.allow(world.supervisor, False, by=world.supervisor)
    mail_links.allow(world.supervisor, True, by=world.supervisor)


def change_address(world: World) -> None:
    row = people.find(world.supervisor.id)
    values = {name: getattr(row, name) for name in people.RECORD.rules} | {"email": "elders@um.example"}
    people.change(row.id, values, seen="", by=world.staff)


def wait_too_long(world: World) -> None:
    # Period 12 is approved before 7 December 12:00.
    later(days=7, hours=3, seconds=1)
    clock.fix((clock.now() + timedelta(days=7)).isoformat())


ENDS = [
    close, reopened, lose_the_right, lose_one_right, lose_and_get_it_back, choose_a_password, sign_out_everywhere,
    be_signed_out, turn_it_off, change_address, wait_too_long,
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_what_ends_it(world: World, end: Callable[[World], None]) -> None:
    token = remind(world)
    end(world)
    over(token, world)


def test_until_a_week_after_its_deadline(world: World) -> None:
    token = remind(world)
    assert DecisionLink.get().ends_at == world.period.approve_by_at + timedelta(days=7)
    clock.fix((world.period.approve_by_at + timedelta(days=7, seconds=-1)).isoformat())
    assert mail_links.find(token).open


def test_signing_out_in_one_browser_leaves_it(world: World) -> None:
    token = remind(world)
    sessions.end(sessions.start(world.supervisor))
    assert mail_links.find(token).open


@pytest.mark.parametrize("place", range(0, 32, 5))
def test_a_bit_changed(world: World, place: int) -> None:
    token = remind(world)
    letters = list(token)
    letters[place] = "A" if letters[place] != "A" else "B"
    over("".join(letters), world)
    over(token[:-1], world)
    over("", world)


def test_where_the_agency_turned_it_off_since(world: World) -> None:
    token = remind(world)
    allow(world, "off")
    assert [sheet.needs_signing_in for sheet in mail_links.find(token).sheets] == [True]
    assert mail_links.approve(token, [Pick(world.sheet.id, 1)]).decided == []
    assert state(world.sheet) == "submitted"


def test_ordinary_ones_alone(world: World) -> None:
    odd, mine, correction = more(world, 3)
    flag(odd)
    Contributor.create(timesheet=mine, account=world.supervisor)
    Timesheet.update(sequence=0).execute()
    flag(correction, "remark")
    token = remind(world, "ordinary")
    opened = mail_links.find(token)
    assert [sheet.row.id for sheet in opened.sheets] == [world.sheet.id]
    with pytest.raises(Invalid):
        mail_links.approve(token, [Pick(odd.id, 1)])
    with pytest.raises(Conflict):
        mail_links.reject(token, world.sheet.id, "Nee")
    flag(world.sheet)
    assert mail_links.approve(token, [Pick(world.sheet.id, 1)]).decided == [], "no longer ordinary"
    Flag.delete().execute()
    assert len(mail_links.approve(token, [Pick(world.sheet.id, 1)]).decided) == 1


def test_four_eyes_are_asked_when_one_decides(world: World) -> None:
    token = remind(world)
    Organisation.update(four_eyes=True).where(Organisation.id == world.fse.id).execute()
    Contributor.create(timesheet=world.sheet, account=world.supervisor)
    assert [sheet.is_open for sheet in mail_links.find(token).sheets] == [False]
    assert mail_links.approve(token, [Pick(world.sheet.id, 1)]).decided == []
    assert state(world.sheet) == "submitted"


def test_a_deputy_decides_on_behalf_until_the_days_are_over(world: World) -> None:
    asked = deputy_requests.ask(
        "FSE", world.outsider.email, clock.today(), clock.today(), by=world.supervisor
    )
    deputy_requests.accept(asked, by=world.outsider)
    other = more(world, 1)[0]
    token = remind(world, to=world.outsider)
    mail_links.approve(token, [Pick(other.id, 1)])
    event = Event.get(Event.verb == "approve")
    assert (event.actor, event.on_behalf_of) == (world.outsider, world.supervisor)
    later(days=1)
    over(token, world)


def test_a_deputyship_that_is_ended(world: World) -> None:
    asked = deputy_requests.ask(
        "FSE", world.outsider.email, clock.today(), clock.today(), by=world.supervisor
    )
    named = deputy_requests.accept(asked, by=world.outsider)
    token = remind(world, to=world.outsider)
    deputies.end(named.id, by=world.supervisor)
    over(token, world)


def test_looking_takes_a_fixed_number_of_statements(world: World) -> None:
    token = remind(world)
    with count_queries() as few:
        mail_links.find(token)
    more(world, 60)
    DecisionLink.delete().execute()
    Mail.delete().execute()
    token = remind(world)
    with count_queries() as many:
        assert len(mail_links.find(token).open) == 61
    assert many.count == few.count <= 8


def test_who_turned_it_off_gets_the_mail_as_it_was(world: World) -> None:
    mail_links.allow(world.supervisor, False, by=world.supervisor)
    allow(world)
    remind_all()
    assert "/decide/" not in letter(world.supervisor).text
    with pytest.raises(Conflict):
        mail_links.allow(world.supervisor, True, by=world.noor)
    event = Event.select().where(Event.verb == "change_person").get()
    assert (event.before, event.after) == ({"decides_by_mail": True}, {"decides_by_mail": False})


def test_the_mail_lists_forty_with_what_stands_out_and_a_link_each(world: World) -> None:
    flag(world.sheet, "over_maximum", maximum=960, minutes=1200, week=45, count=1)
    more(world, 51)
    token = remind(world)
    written = letter(world.supervisor)
    assert written.subject == "52 urenbriefjes wachten op u"
    assert written.text.count("\n- ") == 41
    assert "\n- en 12 andere\n" in written.text
    assert written.text.count(f"/decide/{token}/") == 40
    assert "\n  ! max. 16 u\n" in written.text or "max. 16 u" not in written.text
    assert written.html.count(f"/decide/{token}/") == 40
    assert "\n\n\n" not in written.text
    assert max(map(len, written.text.splitlines())) < 200
    assert len(mail_links.find(token).open) == 52, "the link has them all"


def test_what_the_mail_says(world: World) -> None:
    flag(world.sheet, "over_maximum", maximum=960, minutes=1200, week=45, count=1)
    token = remind(world)
    text = letter(world.supervisor).text
    assert f"zonder in te loggen:\n\nhttp://127.0.0.1:8000/decide/{token}\n" in text
    line = "- Noor Hendriks · 15,50 uur · Faculty of Science and Engineering · Periode 12 (week 45–48)\n"
    assert f"{line}  ! max. 16 u\n  http://127.0.0.1:8000/decide/{token}/{world.sheet.id}\n" in text
    assert "maandag 7 december 2026 12:00" in text, "its deadline"
    print(text)
    assert "stuur deze mail niet door" in text
    assert "51" not in text.partition("http")[0], "no rates"


def test_organisations_that_do_not_take_part(world: World) -> None:
    factories.right(world.supervisor, world.law, approve=1)
    elsewhere = factories.sheet(
        factories.assignment(factories.worker("Ada", "Bos"), world.law, world.law_budget), world.period
    )
    token = remind(world)
    text = letter(world.supervisor).text
    assert "Ada Bos" in text
    assert f"/decide/{token}/{elsewhere.id}" not in text
    assert [sheet.row.id for sheet in mail_links.find(token).sheets] == [world.sheet.id]


def test_reminders_take_a_fixed_number_of_statements(world: World) -> None:
    allow(world)
    with count_queries() as few:
        remind_all()
    Mail.delete().execute()
    more(world, 40)
    with count_queries() as many:
        remind_all()
    assert many.count == few.count
    assert DecisionLinkSheet.select().count() == 41
    assert DecisionLink.select().count() == 1


def test_a_link_and_its_mail_come_together_or_not_at_all(world: World) -> None:
    allow(world)
    with pytest.raises(RuntimeError), db.atomic():
        remind_all()
        raise RuntimeError
    assert DecisionLink.select().count() == 0


def test_old_links_are_cleared_away(world: World) -> None:
    remind(world)
    DecisionLink.update(ends_at=clock.now() - timedelta(days=1), account=world.outsider).execute()
    later(days=1)
    remind(world)
    assert [link.account for link in DecisionLink.select()] == [world.supervisor]


def test_a_refusal_of_one_does_not_undo_the_others(world: World) -> None:
    first, second = more(world, 2)
    token = remind(world)
    decide.reject(first.id, "Nee", by=world.supervisor, seen=1)
    outcome = mail_links.approve(token, [Pick(first.id, 1), Pick(second.id, 1)])
    assert [one.id for one in outcome.decided] == [second.id]
    assert [type(refusal) for *_, refusal in outcome.refused] == [Conflict]
    assert isinstance(outcome.refused[0][2], Refused)
    assert token_of(world.supervisor) == token
    assert Account.get_by_id(world.supervisor.id).decides_by_mail
    assert date(2026, 11, 30) == clock.today()
