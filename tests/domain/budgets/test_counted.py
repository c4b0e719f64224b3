"""The sums of budget numbers that are kept: after any verbs in any order they are what the hours say."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from flask import Flask

from konnekt.domain import flags
from konnekt.domain.approvals import decide, undo_or_revoke
from konnekt.domain.budgets import counted
from konnekt.domain.corrections import move as correction_move, move_preview
from konnekt.domain.corrections.move_preview import Chosen
from konnekt.domain.records import hour_types, rates
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.domain.timesheets import content, submit
from konnekt.models import (
    BudgetNumber,
    BudgetShare,
    BudgetSum,
    HourType,
    State,
    Timesheet,
    TimesheetLine,
    waiting,
)
from tests import factories
from tests.factories import World

REASON = "Nummer beëindigd, mail van 27 november"
DAYS = [date(2026, 11, day) for day in (3, 4, 5)]


class Life:
    """A random life of a few sheets on three budget numbers, two of them with a ceiling."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.numbers = [
            world.fse_budget,
            BudgetNumber.create(organisation=world.fse, number="1", ceiling_minutes=2000),
            BudgetNumber.create(
                organisation=world.fse, number="2", ceiling_cents=90_000, ceiling_minutes=9000
            ),
        ]
        for number in range(5):
            terms = factories.assignment(factories.worker(last=str(number)), world.fse, self.number())
            factories.sheet(terms, world.period, {DAYS[0]: 60 * number}, state="draft")

    def number(self) -> BudgetNumber:
        return self.chance.choice(self.numbers)

    def sheet(self, *states: State) -> Timesheet:
        found = list(Timesheet.select().where(Timesheet.state.in_(states)).order_by(Timesheet.id))
        if not found:
            raise Conflict("There is none.")
        return self.chance.choice(found)

    def send(self) -> None:
        sheet = self.sheet(State.DRAFT, State.REJECTED)
        hours = {day: self.chance.randrange(0, 600, 15) for day in DAYS}
        year, week, _ = DAYS[0].isocalendar()
        kind = self.chance.choice(list(HourType.select().where(HourType.code.in_(("REG", "OT"))))).id
        cells = tuple(content.Cell(day, minutes) for day, minutes in hours.items())
        line = content.Line(year, week, hour_type=kind, budget_number=self.number().id, cells=cells)
        submit.submit(sheet.id, content.Content((line,)), by=sheet.assignment.worker, seen=sheet.revision)

    def withdraw(self) -> None:
        sheet = self.sheet(State.SUBMITTED)
        submit.withdraw(sheet.id, by=sheet.assignment.worker, seen=sheet.revision)

    def approve(self) -> None:
        waiting = list(Timesheet.select().where(Timesheet.state == State.SUBMITTED))
        some = self.chance.sample(waiting, self.chance.randint(0, len(waiting)))
        decide.approve_many([decide.Pick(one.id, one.revision) for one in some], by=self.world.supervisor)

    def reject(self) -> None:
        sheet = self.sheet(State.SUBMITTED)
        decide.reject(sheet.id, REASON, by=self.world.supervisor, seen=sheet.revision)

    def undo(self) -> None:
        sheet = self.sheet(State.APPROVED, State.REJECTED)
        undo_or_revoke.undo(sheet.id, by=self.world.supervisor, seen=sheet.revision)

    def revoke(self) -> None:
        sheet = self.sheet(State.APPROVED)
        undo_or_revoke.revoke(sheet.id, REASON, by=self.world.supervisor, seen=sheet.revision)

    def move(self) -> None:
        source, target = self.chance.sample(self.numbers, 2)
        chosen = Chosen(source, target.id)
        seen = move_preview.preview(chosen).fingerprint
        correction_move.move(chosen, REASON, by=self.world.staff, seen=seen)

    def rate(self) -> None:
        of = self.sheet(*State).assignment_id
        rates.add(
            of,
            self.chance.choice(DAYS),
            100_000,
            self.chance.randrange(200_000, 400_000),
            by=self.world.staff,
        )

    def multiplier(self) -> None:
        row = HourType.get(code="OT")
        kind = hour_types.Kind(
            name_nl=row.name_nl, name_en=row.name_en, payroll_code=row.payroll_code,
            setu_code=row.setu_code, multiplier_percent=self.chance.randint(101, 300), is_active=True,
        )  # fmt: skip
        hour_types.change(row.id, kind, by=self.world.staff)

    def step(self) -> Callable[[], None]:
        often = [self.send] * 4 + [self.approve] * 2
        rarely = [self.withdraw, self.reject, self.undo, self.revoke, self.move, self.rate, self.multiplier]
        return self.chance.choice(often + rarely)


@pytest.mark.parametrize("seed", range(4))
def test_sums_never_drift(app: Flask, world: World, seed: int) -> None:
    life = Life(world, seed)
    done: list[str] = []
    most = 0
    for _ in range(60):
        step = life.step()
        with suppress(Refused, Invalid):
            step()
            done.append(step.__name__)
        assert counted.drifted() == [], done
        assert waiting.drifted() == [], done
        most = max(most, BudgetShare.select().count())
    assert len(set(done)) > 5, "it does something"
    assert {one.budget_number_id for one in BudgetSum.select()} <= {one.id for one in life.numbers[1:]}
    assert most > 2


def test_a_drift_is_found(world: World) -> None:
    BudgetNumber.update(ceiling_minutes=600).where(BudgetNumber.id == world.fse_budget.id).execute()
    flags.changed([world.sheet.id])
    assert counted.drifted() == []
    TimesheetLine.delete().where(TimesheetLine.timesheet == world.sheet).execute()
    assert counted.drifted() == [world.fse_budget.id]
    flags.changed([world.sheet.id])
    assert counted.drifted() == []
    BudgetSum.update(waiting_minutes=1).execute()
    assert counted.drifted() == [world.fse_budget.id]
    counted.forget()
    assert counted.drifted() == []


def test_a_number_is_counted_once_it_has_a_ceiling(world: World) -> None:
    flags.changed([world.sheet.id])
    assert not BudgetSum.select().exists()
    BudgetNumber.update(ceiling_cents=1).where(BudgetNumber.id == world.fse_budget.id).execute()
    flags.count_sums()
    (row,) = BudgetSum.select()
    assert (row.waiting_minutes, row.waiting_parts) == (930, 930 * 315100 * 100)
    assert (row.approved_minutes, row.approved_parts) == (0, 0)
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    (row,) = BudgetSum.select()
    assert (row.waiting_minutes, row.approved_minutes) == (0, 930)
