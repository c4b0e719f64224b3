"""Corrections: supplementary sheets after invoicing or export."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from konnekt.db import db
from konnekt.domain import access, clock
from konnekt.domain.approvals import decide, detail, listing, undo_or_revoke, waiting
from konnekt.domain.corrections import case as cases, effect, supplementary
from konnekt.domain.invoices import issue
from konnekt.domain.payroll import hand_over_or_undo, make
from konnekt.domain.refusals import Forbidden, Invalid, NotFound, Refused
from konnekt.domain.registration import registrar_sheets
from konnekt.domain.timesheets import content, find, submit
from konnekt.domain.timesheets.content import Cell, Content, Key, Line
from konnekt.models import (
    Account,
    BudgetNumber,
    Event,
    Flag,
    Hour,
    HourType,
    Mail,
    Organisation,
    PayrollBatch,
    Rate,
    State,
    Timesheet,
)
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World

TUESDAY, WEDNESDAY = date(2026, 11, 3), date(2026, 11, 4)


@pytest.fixture
def cast(world: World) -> World:
    """Noor's 8 and 7.5 hours, exported to payroll."""
    payroll_cast.complete(world)
    payroll_cast.export()
    return world


def key(world: World, code: str = "REG", budget: BudgetNumber | None = None) -> Key:
    kind = HourType.get(HourType.code == code)
    return Key(2026, 45, kind.id, (budget or world.fse_budget).id)


def wanted(world: World, tuesday: int = 480, wednesday: int = 450, **more: int) -> Content:
    """The hours as they should be: regular ones, and more by the code of their type on Tuesday."""
    cells = {"REG": {TUESDAY: tuesday, WEDNESDAY: wednesday}}
    cells |= {code: {TUESDAY: minutes} for code, minutes in more.items()}
    return cases.content_of({key(world, code): days for code, days in cells.items()})


def send(world: World, hours: Content, reason: str = "Dubbel geteld", by: Account | None = None) -> Timesheet:
    case = cases.find(world.sheet.id)
    shown = cases.fingerprint(cases.difference(case, hours))
    return supplementary.send(
        world.sheet.id, hours, reason, by=by or world.staff, seen=case.seen, shown=shown
    )


def approve(sheet: Timesheet, by: Account) -> None:
    decide.approve(sheet.id, by=by, seen=Timesheet.get_by_id(sheet.id).revision)


def hours(sheet: Timesheet) -> dict[date, int]:
    query = Hour.select().where((Hour.sequence > 0) & (Hour.minutes != 0)).order_by(Hour.day)
    return {hour.day: hour.minutes for hour in query if hour.line.timesheet_id == sheet.id}


def test_less_hours_make_a_supplementary_sheet_that_waits(cast: World) -> None:
    made = send(cast, wanted(cast, tuesday=270))
    assert (made.sequence, made.state, made.minutes, made.reason) == (
        1,
        State.SUBMITTED,
        -210,
        "Dubbel geteld",
    )
    assert (made.submitted_by, made.revision) == (cast.staff, 1)
    assert hours(made) == {TUESDAY: -210}
    assert Timesheet.get_by_id(cast.sheet.id).minutes == 930, "the original stays as it is"
    event = Event.get(Event.timesheet == made)
    assert (event.verb, event.actor, event.reason) == ("submit", cast.staff, "Dubbel geteld")
    assert event.after["minutes"] == -210
    assert [row.id for row in listing.page(access.grants(cast.supervisor), waiting.WaitingFilter())] == [
        made.id
    ]


def test_a_new_line_and_another_hour_type(cast: World) -> None:
    made = send(cast, wanted(cast, tuesday=420, OT=60))
    assert made.minutes == 0
    found = detail.load(made.id, access.grants(cast.supervisor))
    assert {line.hour_type.code: line.minutes for line in found.lines} == {"REG": -60, "OT": 60}
    approve(made, cast.supervisor)
    case = cases.find(cast.sheet.id)
    assert case.minutes[key(cast, "OT")] == {TUESDAY: 60}
    assert case.total == 930


def test_a_second_correction_starts_from_the_corrected_sum(cast: World) -> None:
    first = send(cast, wanted(cast, tuesday=270))
    approve(first, cast.supervisor)
    case = cases.find(first.id)
    assert (case.original, case.total, case.sequence) == (cast.sheet, 720, 2)
    assert case.minutes[key(cast)] == {TUESDAY: 270, WEDNESDAY: 450}
    second = send(cast, wanted(cast, tuesday=300, wednesday=450))
    assert (second.sequence, hours(second)) == (2, {TUESDAY: 30})
    approve(second, cast.supervisor)
    third = send(cast, Content())
    assert (third.sequence, third.minutes, hours(third)) == (3, -750, {TUESDAY: -300, WEDNESDAY: -450})


def test_it_goes_round_like_any_other(cast: World) -> None:
    """Approved by the organisation, then on a credit note and in the next batch."""
    invoice_cast.complete(cast)
    (invoice,) = invoice_cast.run()
    made = send(cast, wanted(cast, tuesday=270))
    assert issue.preview(*invoice_cast.PERIOD).drafts == []
    approve(made, cast.supervisor)
    foreseen = effect.foresee(cases.find(cast.sheet.id), content.read(made).content)
    (note,) = invoice_cast.run()
    assert note.kind == "credit_note"
    assert note.frozen["references"][0]["number"] == invoice.number_text
    assert -note.net_cents == sum(share.cents for share in foreseen.shares) == -11029
    batch = payroll_cast.export()
    assert batch.sequence == 1
    assert payroll_cast.minutes_of(batch) == -210
    last = Event.select().where(Event.verb == "export").order_by(Event.id.desc()).first()
    assert last.after["gross_cents"] == foreseen.gross_cents == -6412
    assert find.is_locked(made.id)
    assert make.paid_on([made.id]) == {made.id: date(2026, 12, 9)}


def test_the_effect_per_budget_number_at_the_rates_of_the_days(cast: World) -> None:
    Rate.create(assignment=cast.assignment, valid_from_on=WEDNESDAY, pay_rate=200000, bill_rate=350000)
    other = BudgetNumber.create(organisation=cast.fse, number="0001")
    moved = cases.content_of(
        {key(cast): {TUESDAY: 480}, key(cast, "OT", other): {TUESDAY: 60, WEDNESDAY: 60}}
    )
    case = cases.find(cast.sheet.id)
    found = effect.foresee(case, supplementary.check(case, moved))
    assert [(share.number.number, share.minutes, share.cents) for share in found.shares] == [
        ("0001", 120, 4727 + 5250),
        ("34367565.899", -450, -26250),
    ]
    assert found.minutes == -330
    assert found.gross_cents == 2748 + 3000 - 15000
    assert found.pay_date.period == cast.period
    assert found.unpriced == []


def test_a_day_without_a_rate_has_no_amount(cast: World) -> None:
    Rate.update(valid_from_on=WEDNESDAY).execute()
    case = cases.find(cast.sheet.id)
    found = effect.foresee(case, supplementary.check(case, wanted(cast, tuesday=540)))
    assert (found.unpriced, found.gross_cents, found.shares[0].cents) == ([TUESDAY], 0, 0)


def test_only_the_agency_and_with_a_reason(cast: World) -> None:
    for person in (cast.supervisor, cast.registrar, cast.noor):
        with pytest.raises(Forbidden):
            send(cast, wanted(cast, tuesday=0), by=person)
    with pytest.raises(Invalid) as refused:
        send(cast, wanted(cast, tuesday=0), reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(NotFound):
        cases.find(999)
    assert Timesheet.select().count() == 1


def test_what_is_not_locked_is_not_corrected(world: World) -> None:
    payroll_cast.complete(world)
    with pytest.raises(Refused, match="revoke the approval"):
        send(world, wanted(world, tuesday=0))
    Timesheet.update(state="submitted").execute()
    with pytest.raises(Refused, match="not approved"):
        send(world, wanted(world, tuesday=0))


def test_nothing_changed_and_unreadable_hours(cast: World) -> None:
    with pytest.raises(Invalid, match="Nothing changes"):
        send(cast, wanted(cast))
    line = Line(*key(cast), cells=(Cell(TUESDAY, typed="acht"),))
    with pytest.raises(Invalid) as refused:
        send(cast, Content((line,)))
    assert refused.value.field == "cell-0-2026-11-03"


@pytest.mark.parametrize("minutes", [-1, 1441])
def test_a_day_stays_between_nothing_and_24_hours(cast: World, minutes: int) -> None:
    with pytest.raises(Invalid):
        send(cast, Content((Line(*key(cast), cells=(Cell(TUESDAY, minutes),)),)))


def test_24_hours_over_all_lines_sheets_and_assignments(cast: World) -> None:
    with pytest.raises(Invalid, match="more than 24 hours"):
        send(cast, wanted(cast, OT=961))
    elsewhere = factories.assignment(cast.noor, cast.law, cast.law_budget)
    factories.sheet(elsewhere, cast.period, {TUESDAY: 600})
    with pytest.raises(Invalid, match="more than 24 hours"):
        send(cast, wanted(cast, tuesday=841))
    approve(send(cast, wanted(cast, tuesday=240)), cast.supervisor)
    assert send(cast, wanted(cast, tuesday=840)).minutes == 600


def test_other_peoples_budget_numbers_and_days_outside(cast: World) -> None:
    with pytest.raises(Invalid, match="budget number of this organisation"):
        send(cast, cases.content_of({key(cast, "REG", cast.law_budget): {TUESDAY: 60}}))
    late = Key(2026, 49, *key(cast)[2:])
    with pytest.raises(Invalid, match="not in the period"):
        send(cast, cases.content_of({late: {date(2026, 12, 1): 60}}))


def test_one_at_a_time(cast: World) -> None:
    send(cast, wanted(cast, tuesday=270))
    with pytest.raises(Refused, match="waits for approval"):
        send(cast, wanted(cast, tuesday=280))


def test_what_changed_since_it_was_shown(cast: World) -> None:
    case = cases.find(cast.sheet.id)
    change = cases.fingerprint(cases.difference(case, wanted(cast, tuesday=270)))
    with pytest.raises(Refused, match="what it does by now"):
        supplementary.send(
            cast.sheet.id, wanted(cast, tuesday=280), "Anders", by=cast.staff, seen=case.seen, shown=change
        )
    approve(send(cast, wanted(cast, tuesday=200)), cast.supervisor)
    with pytest.raises(Refused, match="changed since you saw"):
        supplementary.send(
            cast.sheet.id, wanted(cast, tuesday=270), "Anders", by=cast.staff, seen=case.seen, shown=change
        )


@pytest.mark.parametrize("is_sent_again", [True, False])
def test_a_rejection_tells_nobody_of_a_correction_that_was_put_right_meanwhile(
    cast: World, is_sent_again: bool
) -> None:
    made = send(cast, wanted(cast, tuesday=270))
    decide.reject(made.id, "Te weinig", by=cast.supervisor, seen=made.revision)
    assert Mail.select().where(Mail.kind == "rejected").count() == 1
    if is_sent_again:
        send(cast, wanted(cast, tuesday=300))
    else:
        supplementary.withdraw(made.id, by=cast.staff, seen=made.revision)
    assert Mail.select().where(Mail.kind == "rejected").count() == 0


def test_withdraw_empties_it_and_its_number_is_used_again(cast: World) -> None:
    made = send(cast, wanted(cast, tuesday=270))
    with pytest.raises(Forbidden):
        supplementary.withdraw(made.id, by=cast.supervisor, seen=1)
    with pytest.raises(Refused):
        supplementary.withdraw(made.id, by=cast.staff, seen=2)
    with pytest.raises(Refused):
        supplementary.withdraw(cast.sheet.id, by=cast.staff, seen=1)
    supplementary.withdraw(made.id, by=cast.staff, seen=1)
    now = Timesheet.get_by_id(made.id)
    assert (now.state, now.minutes, now.revision, hours(made)) == (State.DRAFT, 0, 2, {})
    event = Event.get((Event.timesheet == made) & (Event.verb == "withdraw"))
    assert (event.before["minutes"], event.after["minutes"]) == (-210, 0)
    with pytest.raises(Refused):
        supplementary.withdraw(made.id, by=cast.staff, seen=2)
    assert registrar_sheets.load(access.grants(cast.registrar)).drafts.count == 0
    assert cases.find(cast.sheet.id).shown == []
    again = send(cast, wanted(cast, tuesday=300))
    assert (again.id, again.sequence, again.revision, hours(again)) == (made.id, 1, 3, {TUESDAY: -180})
    approve(again, cast.supervisor)
    assert cases.find(cast.sheet.id).total == 750


def test_a_rejected_one_goes_back_to_the_agency(cast: World) -> None:
    made = send(cast, wanted(cast, tuesday=270))
    decide.reject(made.id, "Dat klopt niet", by=cast.supervisor, seen=1)
    mail = Mail.get()
    assert (Mail.select().count(), mail.recipient) == (1, cast.staff.email)
    assert f"/bureau/corrections/{made.id}" in mail.text
    case = cases.find(cast.sheet.id)
    assert case.rejected is not None
    assert case.total == 930, "a rejected correction changes nothing"
    with pytest.raises(Forbidden, match="agency corrects"):
        submit.save(made.id, Content(), by=cast.noor, seen=1)
    with pytest.raises(Forbidden, match="agency corrects"):
        submit.submit(made.id, by=cast.noor, seen=1)
    again = send(cast, wanted(cast, tuesday=420))
    assert (again.sequence, again.revision, hours(again)) == (1, 2, {TUESDAY: -60})
    assert Flag.get(Flag.timesheet == again).code == "changed"


def test_four_eyes(cast: World) -> None:
    """Who corrected does not approve; where nobody else would, it can't be sent."""
    factories.right(cast.staff, cast.fse, approve=1)
    Organisation.update(four_eyes=True).where(Organisation.id == cast.fse).execute()
    made = send(cast, wanted(cast, tuesday=270))
    with pytest.raises(Forbidden):
        approve(made, cast.staff)
    approve(made, cast.supervisor)
    Account.update(is_active=False).where(Account.id == cast.supervisor).execute()
    with pytest.raises(Refused, match="nobody else is left"):
        send(cast, wanted(cast, tuesday=200))


def test_nobody_approves_their_own_and_outsiders_see_nothing(cast: World) -> None:
    made = send(cast, wanted(cast, tuesday=270))
    with pytest.raises(Forbidden):
        approve(made, cast.noor)
    with pytest.raises(NotFound):
        approve(made, cast.outsider)


def test_what_a_correction_builds_on_is_not_revoked(cast: World) -> None:
    first = send(cast, wanted(cast, tuesday=480, OT=60))
    approve(first, cast.supervisor)
    second = send(cast, wanted(cast, tuesday=480))
    with pytest.raises(Refused, match="later correction"):
        undo_or_revoke.undo(first.id, by=cast.supervisor, seen=1)
    with pytest.raises(Refused, match="later correction"):
        undo_or_revoke.revoke(first.id, "Toch niet", by=cast.staff, seen=1)
    assert not detail.load(first.id, access.grants(cast.staff)).may_revoke
    supplementary.withdraw(second.id, by=cast.staff, seen=1)
    undo_or_revoke.undo(first.id, by=cast.supervisor, seen=1)
    assert Timesheet.get_by_id(first.id).state == State.SUBMITTED


def test_the_lists(cast: World) -> None:
    def found(**by: object) -> list[int]:
        return [sheet.id for sheet in supplementary.correctable(**by).rows]  # type: ignore[arg-type]

    assert (
        found()
        == found(name="hendriks NOOR")
        == found(organisation="FSE", year=2026, number=12)
        == [cast.sheet.id]
    )
    assert found(name="emre") == found(organisation="LAW") == found(year=2025) == found(number=11) == []
    made = send(cast, wanted(cast, tuesday=270))
    assert [sheet.id for sheet in supplementary.under_way()] == [made.id]
    assert supplementary.counts([cast.sheet])[cast.sheet.id].number == 1
    approve(made, cast.supervisor)
    assert supplementary.under_way() == []
    assert found() == [cast.sheet.id], "a correction is found by its original"


def test_two_at_once_make_one(cast: World) -> None:
    case = cases.find(cast.sheet.id)
    as_wanted = wanted(cast, tuesday=270)
    shown, start = cases.fingerprint(cases.difference(case, as_wanted)), Barrier(4)

    def attempt(_: int) -> bool:
        start.wait()
        try:
            supplementary.send(cast.sheet.id, as_wanted, "Dubbel", by=cast.staff, seen=case.seen, shown=shown)
        except Refused:
            return False
        else:
            return True
        finally:
            db.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert Timesheet.select().where(Timesheet.sequence > 0).count() == 1


def test_hours_with_a_history_are_emptied_not_deleted(cast: World) -> None:
    """The original's rows stay linked whatever a correction does."""
    approve(send(cast, Content()), cast.supervisor)
    assert cases.find(cast.sheet.id).total == 0
    assert Hour.select().where(Hour.sequence == 0).count() == 2


def test_a_corrected_sheet_that_was_credited_can_still_be_corrected(world: World) -> None:
    """Its approval can't be revoked, so "revoke it instead" would be a circle."""
    invoice_cast.complete(world)
    payroll_cast.complete(world)
    (invoice,) = invoice_cast.run()
    payroll_cast.supplementary(world, {TUESDAY: -60})
    issue.credit(invoice.id, "Ander nummer", by=world.staff)
    case = cases.find(world.sheet.id)
    assert not case.is_locked
    assert case.refusal is None
    assert supplementary.check(case, wanted(world, 480)).minutes == 60
    shown = detail.load(world.sheet.id, access.grants(world.staff))
    assert (shown.may_revoke, shown.may_correct) == (False, True)


@pytest.mark.parametrize("is_approved_again", [False, True])
def test_a_rejected_correction_stays_so_where_its_hours_changed(cast: World, is_approved_again: bool) -> None:
    """Undoing that rejection would take 10 hours off what is by now one hour: nobody's pay goes below zero."""
    correction = send(cast, wanted(cast, 180, 150))
    decide.reject(correction.id, "Klopt niet", by=cast.supervisor, seen=1)
    hand_over_or_undo.undo(PayrollBatch.get().id, "Te vroeg", by=cast.staff)
    undo_or_revoke.revoke(cast.sheet.id, "Klopt niet", by=cast.supervisor, seen=1)
    if is_approved_again:
        submit.submit(cast.sheet.id, wanted(cast, 60, 0), by=cast.noor, seen=1)
        clock.fix("2026-11-30T09:01")
        decide.approve(cast.sheet.id, by=cast.supervisor, seen=2)
    with pytest.raises(Refused, match="The hours that it corrects changed since"):
        undo_or_revoke.undo(correction.id, by=cast.supervisor, seen=1)
    assert Timesheet.get_by_id(correction.id).state == State.REJECTED
    assert payroll_cast.preview().minutes == (60 if is_approved_again else 0)


def test_a_rejected_correction_waits_again_where_nothing_changed(cast: World) -> None:
    correction = send(cast, wanted(cast, 180, 150))
    decide.reject(correction.id, "Klopt niet", by=cast.supervisor, seen=1)
    undo_or_revoke.undo(correction.id, by=cast.supervisor, seen=1)
    approve(correction, cast.supervisor)
