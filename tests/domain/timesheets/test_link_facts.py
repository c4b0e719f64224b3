"""What sheets, periods and batches keep of links: right after each verb, whatever the order."""

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from konnekt.domain.approvals import decide, undo_or_revoke
from konnekt.domain.corrections import case as cases, move as correction_move, move_preview, supplementary
from konnekt.domain.invoices import billable, issue, runs
from konnekt.domain.payroll import batches, hand_over_or_undo, make, payable
from konnekt.domain.periods import month
from konnekt.domain.refusals import Conflict, Refused
from konnekt.domain.timesheets import link_facts, submit
from konnekt.domain.timesheets.content import Cell, Content, Line
from konnekt.models import (
    BudgetNumber,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World

DAYS = (date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 10))
# At most; about 80 do.
STEPS = 400


def live(link: Any) -> dict[int, int]:
    """The minutes of each hour row with a live link."""
    return dict(link.select(link.hour, link.minutes).where(link.released_at.is_null()).tuples())


def open_hours(link: Any) -> list[tuple[int, Timesheet, int]]:
    """Hour row, sheet and minutes of all that no live link names: as it was read before anything was kept."""
    taken = live(link)
    query = Hour.select(Hour, TimesheetLine, Timesheet).join(TimesheetLine).join(Timesheet)
    return [
        (hour.id, hour.line.timesheet, hour.minutes)
        for hour in query.where(Hour.minutes != 0)
        if hour.id not in taken
    ]


def all_is_kept() -> None:
    """What is kept agrees with the links, and so does what the agency's pages read from it."""
    assert link_facts.differences() == []
    to_invoice, to_pay = open_hours(InvoicedHour), open_hours(PayrollHour)
    approved = [(sheet, minutes) for _, sheet, minutes in to_invoice if sheet.state == State.APPROVED]
    found = month.load()
    assert (found.uninvoiced, found.uninvoiced_minutes) == (
        len({sheet.id for sheet, _ in approved}),
        sum(minutes for _, minutes in approved),
    )
    waiting = {one.period.id: (one.organisations, one.minutes) for one in runs.waiting()}
    for period in PayPeriod.select():
        of = [(sheet, minutes) for sheet, minutes in approved if sheet.pay_period_id == period.id]
        organisations = {sheet.organisation_id for sheet, _ in of}
        said = (len(organisations), sum(minutes for _, minutes in of)) if of else None
        assert waiting.get(period.id) == said
    period = PayPeriod.get_by_id(Timesheet.get().pay_period_id)
    read = billable.read(billable.Which(period.id))
    assert sorted(hour.id for hour in read) == sorted(hour for hour, *_ in to_invoice)
    assert sorted(one.hour for one in payable.read(period)) == sorted(hour for hour, *_ in to_pay)
    due = sum(row.minutes for row in batches.due("four_weeks", 2026))
    assert due == sum(minutes for _, sheet, minutes in to_pay if sheet.state == State.APPROVED)
    taken = {**live(InvoicedHour), **live(PayrollHour)}
    locked = {
        hour.line.timesheet_id
        for hour in Hour.select(Hour, TimesheetLine).join(TimesheetLine).where(Hour.sequence == 0)
        if hour.id in taken
    }
    assert {sheet.id for sheet in supplementary.correctable().rows} == locked


class Walk:
    """Verbs with arguments at random; what a verb refuses is part of the walk."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.other = BudgetNumber.create(organisation=world.fse, number="0034.001")
        self.batches: list[str] = []
        for _ in range(3):
            made = factories.assignment(factories.worker(), world.fse, world.fse_budget)
            factories.sheet(made, world.period, {DAYS[0]: 480}, state="draft")
        self.verbs: list[Callable[[], object]] = [
            self.send, self.send, self.approve, self.approve, self.approve, self.reject, self.revoke, self.revoke,
            self.undo, self.issue, self.issue, self.credit, self.credit, self.pay, self.pay, self.undo_batch,
            self.undo_batch, self.hand_over, self.correct, self.correct, self.take_back, self.take_back, self.move,
        ]  # fmt: skip

    def step(self) -> tuple[str, bool]:
        """One verb; which, and whether it was done."""
        verb = self.chance.choice(self.verbs)
        try:
            verb()
        except Refused:
            return verb.__name__, False
        return verb.__name__, True

    def one(self, *where: Any) -> Any:
        """A sheet at random."""
        found = list(Timesheet.select().where(*where).order_by(Timesheet.id))
        if not found:
            raise Conflict("none")
        return self.chance.choice(found)

    def content(self) -> Content:
        kinds = [HourType.get(HourType.code == code).id for code in ("REG", "ORT40", "TRAVEL")]
        lines = []
        for day in self.chance.sample(DAYS, self.chance.randint(1, 3)):
            year, week, _ = day.isocalendar()
            number = self.chance.choice([self.world.fse_budget.id, self.other.id])
            cell = Cell(day, self.chance.choice([60, 120, 240]))
            lines.append(Line(year, week, self.chance.choice(kinds), number, (cell,)))
        return Content(tuple(lines))

    def send(self) -> None:
        sheet = self.one(Timesheet.sequence == 0, Timesheet.state != State.APPROVED)
        submit.submit(sheet.id, self.content(), by=sheet.assignment.worker, seen=sheet.revision)

    def approve(self) -> None:
        sheet = self.one(Timesheet.state == State.SUBMITTED)
        by = self.world.supervisor
        self.batches.append(decide.approve(sheet.id, by=by, seen=sheet.revision).batch)

    def reject(self) -> None:
        sheet = self.one(Timesheet.state == State.SUBMITTED)
        decide.reject(sheet.id, "Te veel", by=self.world.supervisor, seen=sheet.revision)

    def revoke(self) -> None:
        sheet = self.one(Timesheet.state == State.APPROVED)
        undo_or_revoke.revoke(sheet.id, "Vergissing", by=self.world.supervisor, seen=sheet.revision)

    def undo(self) -> None:
        undo_or_revoke.undo_batch(self.chance.choice(self.batches or [""]), by=self.world.supervisor)

    def issue(self) -> None:
        """Some of the drafts: a sheet with two budget numbers is then invoiced in part."""
        drafts = invoice_cast.preview().drafts
        some = self.chance.sample(drafts, self.chance.randint(0, len(drafts)))
        agreed = [draft.mark for draft in some]
        issue.issue(*invoice_cast.PERIOD, on=invoice_cast.TODAY, by=None, agreed=agreed)

    def credit(self) -> None:
        invoices = [one.id for one in Invoice.select().order_by(Invoice.id)]
        issue.credit(self.chance.choice(invoices or [0]), "Fout", by=self.world.staff)

    def pay(self) -> None:
        """In a format that leaves out hours of the type that has no code: a sheet is then paid in part."""
        make.export(*payroll_cast.PERIOD, self.chance.choice(["neutral", "easyflex"]), by=None)

    def batch(self) -> int:
        found = [one.id for one in PayrollBatch.select().order_by(PayrollBatch.id)]
        return self.chance.choice(found or [0])

    def undo_batch(self) -> None:
        hand_over_or_undo.undo(self.batch(), "Fout", by=self.world.staff)

    def hand_over(self) -> None:
        hand_over_or_undo.hand_over(self.batch(), by=self.world.staff)

    def correct(self) -> None:
        case, hours = cases.find(self.one(Timesheet.sequence == 0).id), self.content()
        shown = cases.fingerprint(supplementary.check(case, hours))
        supplementary.send(case.original.id, hours, "Fout", by=self.world.staff, seen=case.seen, shown=shown)

    def take_back(self) -> None:
        sheet = self.one(Timesheet.sequence > 0)
        supplementary.withdraw(sheet.id, by=self.world.staff, seen=sheet.revision)

    def move(self) -> None:
        source, target = self.chance.sample([self.world.fse_budget, self.other], 2)
        chosen = move_preview.Chosen(source, target.id)
        seen = move_preview.preview(chosen).fingerprint
        correction_move.move(chosen, "Ander nummer", by=self.world.staff, seen=seen)


@pytest.fixture
def ready(world: World) -> World:
    invoice_cast.complete(world)
    payroll_cast.complete(world)
    return world


def test_a_random_walk_keeps_what_the_links_say(ready: World) -> None:
    """It goes on until every verb was done, and sheets were invoiced and paid in part."""
    walk = Walk(ready, seed=10)
    wanted = {verb.__name__ for verb in walk.verbs} | {"invoiced in part", "paid in part"}
    all_is_kept()
    for _ in range(STEPS):
        verb, is_done = walk.step()
        if is_done:
            wanted -= {verb, *in_part()}
            all_is_kept()
        if not wanted:
            return
    raise AssertionError(f"this never happened: {wanted}")


def in_part() -> set[str]:
    """What there is of sheets with a live link for some of their hours."""
    conditions = {
        "invoiced in part": (Timesheet.invoiced_minutes > 0) & ~Timesheet.is_invoiced,
        "paid in part": (Timesheet.paid_minutes > 0) & ~Timesheet.is_paid,
    }
    return {name for name, condition in conditions.items() if Timesheet.select().where(condition).exists()}


def test_what_differs_is_said_and_put_right(ready: World) -> None:
    make.export(*payroll_cast.PERIOD, by=None)
    Timesheet.update(paid_minutes=1, is_invoiced=True).execute()
    PayrollBatch.update(minutes=2).execute()
    PayPeriod.update(locked_sheets=5).where(PayPeriod.id == ready.period.id).execute()
    assert [tuple(one) for one in link_facts.differences()] == [
        ("timesheet", ready.sheet.id, "is_invoiced", True, False),
        ("timesheet", ready.sheet.id, "paid_minutes", 1, 930),
        ("pay_period", ready.period.id, "locked_sheets", 5, 1),
        ("payroll_batch", 1, "minutes", 2, 930),
    ]
    link_facts.recompute()
    assert link_facts.differences() == []
    sheet = Timesheet.get_by_id(ready.sheet.id)
    assert (sheet.paid_minutes, sheet.is_paid, sheet.invoiced_minutes) == (930, True, 0)
