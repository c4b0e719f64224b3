"""Moving hours to another budget number: what the preview says, and that exactly that happens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from konnekt.db import db
from konnekt.domain import access, clock
from konnekt.domain.approvals import decide, decided, undo_or_revoke
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.domain.corrections import case as cases, move as correction_move, move_preview
from konnekt.domain.corrections.move_preview import Chosen, How, MovePreview
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking
from konnekt.domain.refusals import Forbidden, Invalid, Refused
from konnekt.domain.timesheets import submit
from konnekt.domain.timesheets.content import Content
from konnekt.domain.timesheets.edit_conflict import EditConflict
from konnekt.models import (
    BudgetNumber,
    Contributor,
    Event,
    Flag,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    Mail,
    Timesheet,
    TimesheetLine,
)
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World

TUESDAY = date(2026, 11, 3)
REASON = "Nummer beëindigd, mail van 27 november"


@pytest.fixture
def target(world: World) -> BudgetNumber:
    invoice_cast.complete(world)
    payroll_cast.complete(world)
    return BudgetNumber.create(organisation=world.fse, number="0034.001")


def preview(world: World, target: BudgetNumber, **narrowed: int) -> MovePreview:
    return move_preview.preview(Chosen(world.fse_budget, target.id, **narrowed))


def move(
    world: World, target: BudgetNumber, source: BudgetNumber | None = None, **narrowed: int
) -> MovePreview:
    chosen = Chosen(source or world.fse_budget, target.id, **narrowed)
    return correction_move.move(chosen, REASON, by=world.staff, seen=move_preview.preview(chosen).fingerprint)


def minutes(number: BudgetNumber) -> int:
    query = Hour.select().join(TimesheetLine).where(TimesheetLine.budget_number == number)
    return sum(hour.minutes for hour in query)


def more(world: World, state: str) -> Timesheet:
    of = factories.assignment(factories.worker("Łucja", "Şahin"), world.fse, world.fse_budget)
    return factories.sheet(of, world.period, {TUESDAY: 240}, state=state)


def test_what_is_not_invoiced_moves_in_its_rows(world: World, target: BudgetNumber) -> None:
    made = {state: more(world, state) for state in ("draft", "submitted", "rejected")}
    Flag.create(timesheet=world.sheet, revision=1, code="first")
    found = preview(world, target)
    assert {one.how for one in found.every} == {How.ROWS}
    assert (len(found.moves), found.minutes, found.invoices) == (4, 930 + 3 * 240, [])
    assert found.cents == 48841 + 3 * 12604
    total = Hour.select().count()
    move(world, target)
    assert (minutes(world.fse_budget), minutes(target)) == (0, 930 + 3 * 240)
    assert Hour.select().count() == total
    for state, sheet in {"approved": world.sheet, **made}.items():
        now = Timesheet.get_by_id(sheet.id)
        assert (now.state, now.revision, now.minutes) == (state, 2, sheet.minutes), state
        event = Event.get((Event.timesheet == sheet) & (Event.verb == "move"))
        assert (event.actor, event.reason, event.revision) == (world.staff, REASON, 2)
        assert event.before["lines"][0]["budget_number"] == world.fse_budget.number
        assert event.after["lines"][0]["budget_number"] == "0034.001"
        assert Contributor.select().where(Contributor.timesheet == sheet).count() == 1
    assert Flag.get(Flag.timesheet == world.sheet).revision == 2, "what its approver saw stays with it"
    assert Timesheet.get_by_id(world.sheet.id).decided_by == world.supervisor
    with pytest.raises(EditConflict):
        submit.save(made["draft"].id, Content(remark="x"), by=made["draft"].assignment.worker, seen=1)
    with pytest.raises(Refused, match="Changed since you saw it"):
        decide.approve(made["submitted"].id, by=world.supervisor, seen=1)
    decide.approve(made["submitted"].id, by=world.supervisor, seen=2)


def test_an_approval_of_hours_that_moved_can_still_be_taken_back(world: World, target: BudgetNumber) -> None:
    """The approver's ten minutes are kept, and the reason asked for afterwards."""
    other = more(world, "submitted")
    batch = decide.approve(other.id, by=world.supervisor, seen=1).batch
    rejected = more(world, "submitted")
    decide.reject(rejected.id, "Te veel", by=world.supervisor, seen=1)
    move(world, target)
    who = access.grants(world.supervisor)
    latest = decided.latest(who)
    assert latest is not None
    assert (latest.batch, latest.count) == (batch, 1)
    assert [(row.stands, row.may_undo) for row in decided.page(who, WaitingFilter()).rows] == [
        (False, False),
        (True, True),
    ], "a rejected timesheet was changed since"
    assert len(undo_or_revoke.undo_batch(batch, by=world.supervisor).decided) == 1
    decide.approve(other.id, by=world.supervisor, seen=2)
    clock.fix("2026-11-30T09:11")
    move(world, world.fse_budget, source=target)
    assert decided.page(who, WaitingFilter()).rows[0].may_revoke


def test_what_is_invoiced_is_credited_and_invoiced_again(world: World, target: BudgetNumber) -> None:
    other = more(world, "approved")
    (invoice,) = invoice_cast.run()
    found = preview(world, target, assignment=world.assignment.id)
    assert ([one.how for one in found.moves], found.invoices) == ([How.CREDIT], [invoice])
    booking.pay(invoice.id, invoice_cast.TODAY, 1000, by=world.staff, seen=0)
    with pytest.raises(Refused, match="changed since you saw them"):
        correction_move.move(found.chosen, REASON, by=world.staff, seen=found.fingerprint)
    move(world, target, assignment=world.assignment.id)
    note = Invoice.get(Invoice.credits == invoice)
    assert note.reason == REASON
    assert (minutes(target), minutes(world.fse_budget)) == (930, other.minutes)
    again = invoice_cast.run()
    assert {one.budget_number.number: one.net_cents for one in again} == {
        "0034.001": 48841,
        "34367565.899": 12604,
    }
    assert sum(one.net_cents for one in again) == invoice.net_cents
    live = [link.hour_id for link in InvoicedHour.select().where(InvoicedHour.released_at.is_null())]
    assert len(live) == len(set(live)) == 3


@pytest.mark.parametrize("is_invoiced", [True, False])
def test_what_is_paid_gets_a_supplementary_sheet(
    world: World, target: BudgetNumber, is_invoiced: bool
) -> None:
    payroll_cast.export()
    if is_invoiced:
        invoice_cast.run()
    found = preview(world, target)
    assert ([one.how for one in found.moves], found.invoices) == ([How.CORRECT], [])
    move(world, target)
    case = cases.find(world.sheet.id)
    assert case.waiting is not None
    assert (case.waiting.minutes, case.waiting.reason, case.waiting.sequence) == (0, REASON, 1)
    lines = {line.budget_number: sum(h.minutes for h in line.hours) for line in case.waiting.lines}
    assert lines == {world.fse_budget: -930, target: 930}
    again = preview(world, target)
    assert again.moves == []
    assert "waits for approval" in str(again.stays[0].refusal)
    with pytest.raises(Refused, match="nothing to move"):
        move(world, target)
    decide.approve(case.waiting.id, by=world.supervisor, seen=1)
    assert preview(world, target).every == [], "all of it was taken off"
    made = {one.budget_number.number: (one.kind, one.net_cents) for one in invoice_cast.run()}
    if is_invoiced:
        assert made == {"34367565.899": ("credit_note", 48841), "0034.001": ("invoice", 48841)}
    assert payroll_cast.preview().cents == 0, "nobody's pay changes"


def test_invoicing_moves_what_is_paid_as_well(world: World, target: BudgetNumber) -> None:
    """All of it is one task, though a correction of its own would be another's."""
    payroll_cast.export()
    invoice_cast.run()
    biller = factories.account("Ria", "Bakker", is_agency_staff=True, agency_roles="invoicing")
    chosen = Chosen(world.fse_budget, target.id)
    seen = move_preview.preview(chosen).fingerprint
    planner = factories.account("Piet", "Plan", is_agency_staff=True, agency_roles="planning")
    with pytest.raises(Forbidden):
        correction_move.move(chosen, REASON, by=planner, seen=seen)
    correction_move.move(chosen, REASON, by=biller, seen=seen)
    assert cases.find(world.sheet.id).waiting is not None


def test_rows_that_meet_on_the_new_number_are_added_up(world: World, target: BudgetNumber) -> None:
    line = TimesheetLine.create(
        timesheet=world.sheet, iso_year=2026, iso_week=45, budget_number=target,
        hour_type=HourType.get(HourType.code == "REG"),
    )  # fmt: skip
    Hour.create(line=line, day=TUESDAY, minutes=30)
    Timesheet.update(minutes=960).where(Timesheet.id == world.sheet.id).execute()
    move(world, target)
    assert [hour.minutes for hour in line.hours.order_by(Hour.day)] == [510, 450]
    assert TimesheetLine.select().where(TimesheetLine.timesheet == world.sheet).count() == 1


def test_a_sheet_that_is_also_on_another_numbers_invoice_is_corrected(
    world: World, target: BudgetNumber
) -> None:
    """That invoice has nothing to do with it: it is not credited for this."""
    line = TimesheetLine.create(
        timesheet=world.sheet, iso_year=2026, iso_week=45, budget_number=target,
        hour_type=HourType.get(HourType.code == "ORT40"),
    )  # fmt: skip
    Hour.create(line=line, day=TUESDAY, minutes=30)
    invoice_cast.run()
    found = preview(world, target)
    assert ([one.how for one in found.moves], found.invoices) == ([How.CORRECT], [])


def test_all_or_nothing(world: World, target: BudgetNumber) -> None:
    """One that can't be moved is named, and nothing is credited or changed."""
    invoice_cast.run()
    other = more(world, "draft")
    line = TimesheetLine.get(TimesheetLine.timesheet == other)
    twin = TimesheetLine.create(
        timesheet=other, iso_year=2026, iso_week=45, budget_number=target, hour_type=line.hour_type
    )
    Hour.create(line=twin, day=TUESDAY, minutes=0, typed="acht")
    with pytest.raises(correction_move.Blocked, match="Łucja Şahin") as blocked:
        move(world, target)
    assert "can't be read" in str(blocked.value.cause)
    assert Invoice.select().count() == 1
    assert minutes(target) == 0
    assert Event.select().where(Event.verb.in_(("move", "move_hours", "credit"))).count() == 0


def test_who_may_not_and_what_can_not_be(world: World, target: BudgetNumber) -> None:
    chosen, seen = Chosen(world.fse_budget, target.id), preview(world, target).fingerprint
    with pytest.raises(Forbidden):
        correction_move.move(chosen, REASON, by=world.supervisor, seen=seen)
    with pytest.raises(Invalid, match="reason"):
        correction_move.move(chosen, " ", by=world.staff, seen=seen)
    with pytest.raises(Invalid, match="of this organisation"):
        move_preview.preview(Chosen(world.fse_budget, world.law_budget.id))
    with pytest.raises(Invalid, match="of this organisation"):
        move_preview.preview(Chosen(world.fse_budget, world.fse_budget.id))
    more(world, "approved")
    with pytest.raises(Refused, match="changed since you saw them"):
        correction_move.move(chosen, REASON, by=world.staff, seen=seen)
    assert minutes(target) == 0


def test_periods_and_a_ceiling_and_days_on_which_the_number_is_not_valid(
    world: World, target: BudgetNumber
) -> None:
    factories.sheet(world.assignment, world.periods[10], {world.periods[10].first_on: 60}, state="approved")
    BudgetNumber.update(valid_from_on=date(2026, 11, 4), ceiling_minutes=600).where(
        BudgetNumber.id == target.id
    ).execute()
    found = preview(world, target, first=world.period.id, last=world.period.id)
    assert (found.minutes, found.outside) == (930, 480)
    assert preview(world, target).minutes == 990
    assert preview(world, target, sheet=world.sheet.id).minutes == 930
    move(world, target, first=world.period.id)
    assert (minutes(world.fse_budget), minutes(target)) == (60, 930)
    assert {mail.recipient for mail in Mail.select()} == {world.supervisor.email}, "its ceiling is reached"


def test_two_at_once_and_an_invoice_run(world: World, target: BudgetNumber) -> None:
    seen = preview(world, target).fingerprint
    start = Barrier(3)

    def one(verb: object) -> str:
        start.wait()
        try:
            verb()  # type: ignore[operator]
        except Refused as refusal:
            return str(refusal)
        finally:
            db.close()
        return ""

    def go() -> None:
        correction_move.move(Chosen(world.fse_budget, target.id), REASON, by=world.staff, seen=seen)

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(one, [go, go, invoice_cast.run]))
    assert said[:2].count("") <= 1
    assert minutes(target) + minutes(world.fse_budget) == 930
    assert minutes(target) == (930 if "" in said[:2] else 0)
    # A run that saw them on the old number leaves them to the next one.
    invoice_cast.run()
    (invoice,) = Invoice.select()
    assert invoice.budget_number == (target if "" in said[:2] else world.fse_budget)
    assert issue.preview(*invoice_cast.PERIOD).minutes == 0
