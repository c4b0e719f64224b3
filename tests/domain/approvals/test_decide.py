"""Who decides: approve, reject, undo, revoke; unhappy paths first."""

from datetime import date, timedelta

import pytest

from konnekt.background import delivery
from konnekt.domain import access, clock, events
from konnekt.domain.approvals import decide, decided, deputy_requests, undo_or_revoke
from konnekt.domain.approvals.decide import Pick
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.domain.records import workplaces
from konnekt.domain.refusals import Forbidden, Invalid, NotFound, Refused
from konnekt.domain.timesheets import content, four_eyes, submit
from konnekt.models import (
    Contributor,
    Event,
    Flag,
    Hour,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Mail,
    Right,
    State,
    Timesheet,
    TimesheetLine,
)
from tests import factories
from tests.factories import World


def state(sheet: Timesheet) -> str:
    return str(Timesheet.get_by_id(sheet.id).state)


def verbs(sheet: Timesheet) -> list[str]:
    return [event.verb for event in Event.select().where(Event.timesheet == sheet).order_by(Event.id)]


def test_an_outsider_does_not_find_it(world: World) -> None:
    with pytest.raises(NotFound):
        decide.approve(world.sheet.id, by=world.outsider, seen=1)
    assert state(world.sheet) == "submitted"
    assert verbs(world.sheet) == []


@pytest.mark.parametrize("who", ["noor", "registrar", "staff"])
def test_who_sees_it_without_the_right_is_refused(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        decide.approve(world.sheet.id, by=getattr(world, who), seen=1)
    with pytest.raises(Forbidden):
        decide.reject(world.sheet.id, "No", by=getattr(world, who), seen=1)
    assert state(world.sheet) == "submitted"


def test_nobody_approves_their_own_hours(world: World) -> None:
    factories.right(world.noor, world.fse, approve=1)
    with pytest.raises(Forbidden, match="own hours"):
        decide.approve(world.sheet.id, by=world.noor, seen=1)


def test_a_newer_revision_is_refused(world: World) -> None:
    Timesheet.update(revision=2).execute()
    with pytest.raises(Refused, match="Changed since"):
        decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert state(world.sheet) == "submitted"
    assert verbs(world.sheet) == []


def test_approved_leaves_an_event(world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    sheet = Timesheet.get_by_id(world.sheet.id)
    assert (sheet.state, sheet.decided_by, sheet.decided_at) == ("approved", world.supervisor, clock.now())
    (event,) = Event.select().where(Event.timesheet == sheet)
    assert (event.verb, event.actor, event.revision) == ("approve", world.supervisor, 1)
    assert (event.before, event.after) == ({"state": "submitted"}, {"state": "approved"})


def test_approved_twice_names_who_was_first(world: World) -> None:
    other = factories.account("Åsa", "Bergström")
    factories.right(other, world.fse, approve=1)
    decide.approve(world.sheet.id, by=other, seen=1)
    with pytest.raises(Refused, match="Already approved by Åsa Bergström"):
        decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert verbs(world.sheet) == ["approve"]


@pytest.mark.parametrize("wrong", ["draft", "rejected", "approved"])
def test_only_what_waits_is_decided(world: World, wrong: str) -> None:
    Timesheet.update(state=wrong, decided_at=clock.now(), decided_by=world.supervisor).execute()
    with pytest.raises(Refused):
        decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    with pytest.raises(Refused):
        decide.reject(world.sheet.id, "Twice", by=world.supervisor, seen=1)
    assert verbs(world.sheet) == []


def test_many_a_refused_one_does_not_undo_the_others(world: World) -> None:
    others = [
        factories.sheet(factories.assignment(factories.worker(), world.fse, world.fse_budget), world.period)
        for _ in range(3)
    ]
    Timesheet.update(revision=2).where(Timesheet.id == others[1].id).execute()
    picks = [Pick(sheet.id, 1) for sheet in [world.sheet, *others]] + [Pick(999_999, 1)]
    outcome = decide.approve_many(picks, by=world.supervisor)
    assert [sheet.id for sheet in outcome.decided] == [world.sheet.id, others[0].id, others[2].id]
    assert [(pick.sheet, str(why)) for pick, _, why in outcome.refused] == [
        (others[1].id, "Changed since you saw it. Look at it again, then decide."),
        (999_999, "This timesheet does not exist, or not for you."),
    ]
    assert Event.select().where(Event.batch == outcome.batch).count() == 3


def test_nothing_ticked(world: World) -> None:
    with pytest.raises(Invalid):
        decide.approve_many([], by=world.supervisor)


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1001])
def test_a_rejection_needs_a_reason(world: World, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        decide.reject(world.sheet.id, reason, by=world.supervisor, seen=1)
    assert refused.value.field == "reason"
    assert (state(world.sheet), Mail.select().count()) == ("submitted", 0)


def test_a_rejection_goes_by_mail_to_the_worker(world: World) -> None:
    decide.reject(world.sheet.id, " Woensdag was u vrij. ", by=world.supervisor, seen=1)
    sheet = Timesheet.get_by_id(world.sheet.id)
    assert (sheet.state, sheet.rejection_reason) == ("rejected", "Woensdag was u vrij.")
    (mail,) = Mail.select()
    assert mail.recipient == "noor@um.example"
    assert "Woensdag was u vrij." in mail.text
    assert Event.get(Event.timesheet == sheet).reason == "Woensdag was u vrij."


def test_a_rejection_goes_to_all_who_register_where_the_organisation_enters(world: World) -> None:
    second = factories.account("Renée", "Wiertz")
    factories.right(second, world.fse, register=1)
    world.assignment.entered_by = "organisation"
    world.assignment.save()
    decide.reject(world.sheet.id, "Dubbel", by=world.supervisor, seen=1)
    assert {mail.recipient for mail in Mail.select()} == {world.registrar.email, second.email}


def law_sheet(world: World) -> Timesheet:
    """A sheet at LAW, which asks four eyes, entered by LAW's own supervisor."""
    hers = factories.assignment(
        factories.worker("Łucja"), world.law, world.law_budget, entered_by="organisation"
    )
    sheet = factories.sheet(hers, world.period)
    Contributor.create(timesheet=sheet, account=world.outsider)
    return sheet


def test_four_eyes_who_entered_does_not_approve(world: World) -> None:
    sheet = law_sheet(world)
    with pytest.raises(Forbidden, match="Somebody else"):
        decide.approve(sheet.id, by=world.outsider, seen=1)
    other = factories.account()
    factories.right(other, world.law, approve=1)
    decide.approve(sheet.id, by=other, seen=1)
    assert state(sheet) == "approved"


def test_without_four_eyes_who_entered_may_approve(world: World) -> None:
    Contributor.create(timesheet=world.sheet, account=world.supervisor)
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert state(world.sheet) == "approved"


def stand_in(world: World, first: date, last: date) -> object:
    """Emre names Lars, who only registers, as deputy at FSE."""
    asked = deputy_requests.ask("FSE", world.registrar.email, first, last, by=world.supervisor)
    return deputy_requests.accept(asked, by=world.registrar)


def test_a_deputy_approves_on_behalf_on_those_days_only(world: World) -> None:
    today = clock.today()
    stand_in(world, today, today + timedelta(days=1))
    assert access.grants(world.registrar).approve == {world.fse.id: {world.supervisor.id}}
    decide.approve(world.sheet.id, by=world.registrar, seen=1)
    event = Event.get(Event.timesheet == world.sheet)
    assert (event.actor, event.on_behalf_of) == (world.registrar, world.supervisor)
    clock.fix("2026-12-02T09:00")
    assert access.grants(world.registrar).approve == {}


def test_a_deputyship_that_has_not_begun_gives_nothing(world: World) -> None:
    stand_in(world, clock.today() + timedelta(days=1), clock.today() + timedelta(days=2))
    with pytest.raises(Forbidden):
        decide.approve(world.sheet.id, by=world.registrar, seen=1)


def test_a_deputy_names_no_deputy(world: World) -> None:
    stand_in(world, clock.today(), clock.today())
    with pytest.raises(Invalid):
        deputy_requests.ask("FSE", world.outsider.email, clock.today(), clock.today(), by=world.registrar)


def test_a_deputy_loses_the_right_with_the_supervisor(world: World) -> None:
    stand_in(world, clock.today(), clock.today())
    right = world.supervisor.rights.get()
    right.may_approve = False
    right.save()
    assert access.grants(world.registrar).approve == {}


def test_four_eyes_applies_to_deputy_and_supervisor(world: World) -> None:
    sheet = law_sheet(world)
    today = clock.today()
    asked = deputy_requests.ask("LAW", world.supervisor.email, today, today, by=world.outsider)
    deputy_requests.accept(asked, by=world.supervisor)
    with pytest.raises(Forbidden, match="Somebody else"):
        decide.approve(sheet.id, by=world.supervisor, seen=1)


def test_undo_within_ten_minutes(world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    clock.fix("2026-11-30T09:10")
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    sheet = Timesheet.get_by_id(world.sheet.id)
    assert (sheet.state, sheet.decided_by, sheet.decided_at) == ("submitted", None, None)
    assert verbs(sheet) == ["approve", "undo"]


def test_undo_after_ten_minutes_asks_a_reason(world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    clock.fix("2026-11-30T09:10:01")
    with pytest.raises(Refused, match="ten minutes"):
        undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    with pytest.raises(Invalid):
        undo_or_revoke.revoke(world.sheet.id, " ", by=world.supervisor, seen=1)
    undo_or_revoke.revoke(world.sheet.id, "Verkeerde week", by=world.supervisor, seen=1)
    assert state(world.sheet) == "submitted"


def test_undo_by_another(world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    other = factories.account()
    factories.right(other, world.fse, approve=1)
    with pytest.raises(Forbidden):
        undo_or_revoke.undo(world.sheet.id, by=other, seen=1)
    with pytest.raises(NotFound):
        undo_or_revoke.undo(world.sheet.id, by=world.outsider, seen=1)
    undo_or_revoke.revoke(world.sheet.id, "Verkeerde week", by=other, seen=1)
    assert verbs(world.sheet) == ["approve", "revoke"]


@pytest.mark.parametrize("who", ["noor", "registrar"])
def test_revoke_is_for_approvers_and_the_agency(world: World, who: str) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    with pytest.raises(Forbidden):
        undo_or_revoke.revoke(world.sheet.id, "Mijn eigen uren", by=getattr(world, who), seen=1)
    undo_or_revoke.revoke(world.sheet.id, "Op verzoek", by=world.staff, seen=1)
    assert state(world.sheet) == "submitted"


def test_undo_twice(world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    with pytest.raises(Refused):
        undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    assert verbs(world.sheet) == ["approve", "undo"]


def invoice(sheet: Timesheet, world: World) -> InvoicedHour:
    """Put one hour row of the sheet on an invoice."""
    made = Invoice.create(
        year=2026, number=1, number_text="2026-00001", organisation=world.fse, pay_period=world.period,
        budget_number=world.fse_budget, budget_number_text="1", issued_on=clock.today(), due_on=clock.today(),
        language="nl", vat_treatment="standard", net_cents=1, vat_cents=0, total_cents=1, created_at=clock.now(),
    )  # fmt: skip
    hour = Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == sheet).get()
    line = InvoiceLine.create(
        invoice=made, position=1, timesheet=sheet, hour_type=hour.line.hour_type, iso_year=2026, iso_week=45,
        first_on=hour.day, last_on=hour.day, minutes=hour.minutes, unit_price=315100, net_cents=0,
    )  # fmt: skip
    return InvoicedHour.create(hour=hour, invoice_line=line, minutes=hour.minutes)


def test_invoiced_hours_are_not_revoked_until_credited(world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    link = invoice(world.sheet, world)
    with pytest.raises(Refused, match="invoiced"):
        undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    with pytest.raises(Refused, match="invoiced"):
        undo_or_revoke.revoke(world.sheet.id, "Te laat", by=world.staff, seen=1)
    assert state(world.sheet) == State.APPROVED
    link.released_at = clock.now()
    link.save()
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    assert state(world.sheet) == State.SUBMITTED


def test_undo_of_a_whole_batch(world: World) -> None:
    other = factories.sheet(
        factories.assignment(factories.worker(), world.fse, world.fse_budget), world.period
    )
    done = decide.approve_many([Pick(world.sheet.id, 1), Pick(other.id, 1)], by=world.supervisor)
    assert undo_or_revoke.undo_batch(done.batch, by=world.outsider).decided == []
    assert undo_or_revoke.undo_batch("", by=world.supervisor).decided == []
    undone = undo_or_revoke.undo_batch(done.batch, by=world.supervisor)
    assert {sheet.id for sheet in undone.decided} == {world.sheet.id, other.id}
    assert (state(world.sheet), state(other)) == ("submitted", "submitted")


def test_a_deputy_loses_the_right_with_the_account_of_the_supervisor(world: World) -> None:
    stand_in(world, clock.today(), clock.today())
    world.supervisor.is_active = False
    world.supervisor.save()
    assert access.grants(world.registrar).approve == {}
    with pytest.raises(Forbidden):
        decide.approve(world.sheet.id, by=world.registrar, seen=1)


def test_nobody_is_left_when_only_the_deputy_of_an_inactive_supervisor_is(world: World) -> None:
    stand_in(world, clock.today(), clock.today())
    assert four_eyes.is_approver_left(world.fse.id, {world.noor.id})
    assert [one.deputy for one in workplaces.profile("FSE", access.grants(world.staff)).deputies] == [
        world.registrar
    ]
    world.supervisor.is_active = False
    world.supervisor.save()
    assert not four_eyes.is_approver_left(world.fse.id, {world.noor.id})
    assert workplaces.profile("FSE", access.grants(world.staff)).deputies == []


def rejected(world: World) -> list[Mail]:
    decide.reject(world.sheet.id, "Dinsdag ontbreekt.", by=world.supervisor, seen=1)
    return list(Mail.select().where(Mail.kind == "rejected"))


def test_a_rejection_undone_within_two_minutes_tells_nobody(world: World) -> None:
    (mail,) = rejected(world)
    assert mail.due_at == clock.now() + timedelta(minutes=2)
    clock.fix("2026-11-30T09:01:59")
    assert delivery.deliver().sent == 0
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    clock.fix("2026-11-30T09:05")
    assert delivery.deliver().sent == 0
    sheet = Timesheet.get_by_id(world.sheet.id)
    assert (sheet.state, sheet.decided_by, sheet.rejection_reason) == ("submitted", None, "")
    assert verbs(sheet) == ["reject", "undo_rejection"]
    assert Mail.select().count() == 0
    assert "changed" not in {flag.code for flag in Flag.select().where(Flag.timesheet == sheet)}


def test_a_rejection_undone_after_its_mail_is_followed_by_another(world: World) -> None:
    rejected(world)
    clock.fix("2026-11-30T09:02")
    assert delivery.deliver().sent == 1
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    assert [mail.kind for mail in Mail.select().order_by(Mail.id)] == ["rejected", "rejection_undone"]
    assert delivery.deliver().sent == 1, "at once"
    again = Mail.get(Mail.kind == "rejection_undone")
    assert again.recipient == world.noor.email
    assert "Emre Dubois" in again.text
    assert "Dinsdag ontbreekt" not in again.text


def test_a_mail_that_is_being_sent_counts_as_sent_and_a_failed_one_is_not_tried_again(world: World) -> None:
    (mail,) = rejected(world)
    clock.fix("2026-11-30T09:02")
    assert delivery._claim(mail)
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    assert [one.kind for one in Mail.select()] == ["rejection_undone"]
    # SQLite gives the new mail the number of the one that is being sent.
    assert not delivery._claim(mail)
    delivery._sent(mail)
    delivery._failed(mail, OSError("gone"))
    (left,) = Mail.select()
    assert (left.kind, left.sent_at, left.attempts) == ("rejection_undone", None, 0)
    assert delivery.deliver().sent == 1
    # The other way round: what was taken back can't be claimed.
    Mail.delete().execute()
    (mail,) = rejected(world)
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    clock.fix("2026-11-30T09:10")
    assert not delivery._claim(mail)


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_who_undoes_twice_is_not_told_of_somebody_else(world: World, verb: str) -> None:
    if verb == "reject":
        rejected(world)
    else:
        decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    with pytest.raises(Refused, match="This was taken back already"):
        undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    assert len(verbs(world.sheet)) == 2


def test_a_rejection_is_not_undone_by_another_nor_late_nor_when_the_hours_were_changed(world: World) -> None:
    rejected(world)
    other = factories.account()
    factories.right(other, world.fse, approve=1)
    with pytest.raises(Forbidden, match="Only who rejected"):
        undo_or_revoke.undo(world.sheet.id, by=other, seen=1)
    clock.fix("2026-11-30T09:10:01")
    with pytest.raises(Refused, match="ten minutes"):
        undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    clock.fix("2026-11-30T09:05")
    changed = content.Content(content.read(world.sheet).content.lines, "Dinsdag erbij")
    submit.save(world.sheet.id, changed, by=world.noor, seen=1)
    for seen in (1, 2):
        with pytest.raises(Refused, match="putting them right"):
            undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=seen)
    assert state(world.sheet) == "rejected"
    assert Mail.select().count() == 1, "the mail still goes"
    submit.submit(world.sheet.id, by=world.noor, seen=2)
    flags = {flag.code: flag.detail for flag in Flag.select().where(Flag.timesheet == world.sheet)}
    assert flags["changed"] == {"after": "reject"}


def test_who_sends_again_before_the_mail_about_the_rejection_left_gets_none(world: World) -> None:
    rejected(world)
    clock.fix("2026-11-30T09:01")
    submit.submit(world.sheet.id, by=world.noor, seen=1)
    clock.fix("2026-11-30T09:05")
    assert delivery.deliver().sent == 0
    assert Mail.select().count() == 0
    # The next one tells its own story, and a mail that has left stays on record.
    decide.reject(world.sheet.id, "Woensdag", by=world.supervisor, seen=2)
    clock.fix("2026-11-30T09:08")
    assert delivery.deliver().sent == 1
    submit.submit(world.sheet.id, by=world.noor, seen=2)
    assert [(one.kind, one.sent_at is None) for one in Mail.select()] == [("rejected", False)]


def test_an_undone_rejection_never_makes_a_day_of_more_than_24_hours(world: World) -> None:
    rejected(world)
    second = factories.assignment(world.noor, world.law, world.law_budget)
    day = date(2026, 11, 3)
    factories.sheet(second, world.period, {day: 17 * 60})
    with pytest.raises(Refused, match="24"):
        undo_or_revoke.undo(world.sheet.id, by=world.supervisor, seen=1)
    assert state(world.sheet) == "rejected"
    assert (
        undo_or_revoke.undo_batch(Event.get(Event.verb == "reject").batch, by=world.supervisor).decided == []
    )
    assert verbs(world.sheet) == ["reject"]


def test_what_one_decided_and_what_of_it_stands(world: World) -> None:
    other = factories.sheet(
        factories.assignment(factories.worker("Łucja", "Nowak"), world.fse, world.fse_budget), world.period
    )
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    decide.reject(other.id, "Te veel", by=world.supervisor, seen=1)
    who = access.grants(world.supervisor)
    latest = decided.latest(who)
    assert latest is not None
    assert (latest.verb, latest.count, latest.minutes) == ("reject", 1, 480)
    rows = decided.page(who, WaitingFilter()).rows
    assert [(row.event.verb, row.stands, row.may_undo, row.may_revoke) for row in rows] == [
        ("reject", True, True, False),
        ("approve", True, True, False),
    ]
    assert [row.sheet.id for row in decided.page(who, WaitingFilter(name="nowak")).rows] == [other.id]
    assert decided.page(who, WaitingFilter(period=world.periods[0].id)).count == 0
    # Its hours go to another number: it is as rejected as before, and changed.
    events.record("move", by=world.staff, timesheet=other, revision=2)
    (changed, _same) = decided.page(who, WaitingFilter()).rows
    assert (changed.stands, changed.is_state_the_same) == (False, True)
    with factories.rewritten():
        Event.delete().where(Event.verb == "move").execute()
    clock.fix("2026-11-30T09:11")
    assert decided.latest(who) is None
    rows = decided.page(who, WaitingFilter()).rows
    assert [(row.may_undo, row.may_revoke) for row in rows] == [(False, False), (False, True)]
    invoice(world.sheet, world)
    assert not decided.page(who, WaitingFilter()).rows[1].may_revoke
    assert decided.page(access.grants(world.outsider), WaitingFilter()).count == 0


def test_what_was_just_decided_goes_with_the_right_to_see_it(world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert decided.latest(access.grants(world.supervisor)) is not None
    Right.delete().where(Right.account == world.supervisor).execute()
    factories.right(world.supervisor, world.law, approve=1)
    assert decided.latest(access.grants(world.supervisor)) is None
