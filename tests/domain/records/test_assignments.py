"""Assignments as records: add, change, end, delete; what is asked first, what is refused."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from konnekt.domain import clock, flags
from konnekt.domain.records import assignments, placement
from konnekt.domain.records.assignments import Terms
from konnekt.domain.refusals import Doubtful, Forbidden, Invalid, NotFound, Refused
from konnekt.models import Assignment, Event, Flag, Rate, Timesheet
from tests import factories
from tests.factories import World


def terms(**changed: Any) -> Terms:
    made = Terms(
        job_title="Surveillant",
        basis="flexible",
        entered_by="worker",
        first_on=date(2026, 12, 1),
        last_on=None,
        budget_number=None,
        max_minutes_per_week=None,
    )
    return replace(made, **changed)


def of(row: Assignment, **changed: Any) -> Terms:
    now = {name: getattr(row, name) for name in Terms.__dataclass_fields__}
    return Terms(**{**now, "budget_number": row.budget_number_id, **changed})


def flagged(sheet: Timesheet) -> set[str]:
    return {flag.code for flag in Flag.select().where(Flag.timesheet == sheet)}


def sure_of(doubtful: Doubtful) -> str:
    return placement.key(doubtful.doubts)


def test_added(world: World) -> None:
    made = assignments.add(
        world.noor, world.law, " B-1 ", terms(budget_number=world.law_budget.id), by=world.staff
    )
    stored = Assignment.get_by_id(made.id)
    assert (stored.code, stored.worker, stored.organisation) == ("B-1", world.noor, world.law)
    assert stored.budget_number == world.law_budget
    event = Event.get(Event.thing == "assignment B-1")
    assert (event.verb, event.actor) == ("add_assignment", world.staff)
    assert event.after["budget_number"] == "0042.001"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"last_on": date(2026, 11, 30)}, "last_on"),
        ({"basis": "often"}, "basis"),
        ({"entered_by": "nobody"}, "entered_by"),
        ({"max_minutes_per_week": 0}, "max_minutes_per_week"),
        ({"max_minutes_per_week": 168 * 60 + 1}, "max_minutes_per_week"),
        ({"first_on": date(26, 12, 1)}, "first_on"),
        ({"job_title": "x" * 201}, "job_title"),
        ({"job_title": "a\x00b"}, "job_title"),
    ],
)
def test_what_cannot_be(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        assignments.add(world.noor, world.law, "B-1", terms(**wrong), by=world.staff)
    assert refusal.value.field == field
    assert Assignment.select().count() == 1


def test_a_budget_number_of_another_organisation(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        assignments.add(
            world.noor, world.law, "B-1", terms(budget_number=world.fse_budget.id), by=world.staff
        )
    assert refusal.value.field == "budget_number"


def test_codes_are_unique(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        assignments.add(world.noor, world.law, world.assignment.code, terms(), by=world.staff)
    assert refusal.value.field == "code"


def test_who_has_no_employee_number_is_not_placed(world: World) -> None:
    with pytest.raises(Invalid, match="no employee number"):
        assignments.add(world.registrar, world.law, "B-1", terms(), by=world.staff)


def test_not_longer_than_the_organisation(world: World) -> None:
    world.law.ended_on = date(2026, 12, 31)
    world.law.save()
    with pytest.raises(Invalid) as refusal:
        assignments.add(world.noor, world.law, "B-1", terms(), by=world.staff)
    assert refusal.value.field == "last_on"
    assignments.add(world.noor, world.law, "B-1", terms(last_on=date(2026, 12, 31)), by=world.staff)


def test_only_the_agency(world: World) -> None:
    for somebody in (world.supervisor, world.noor):
        with pytest.raises(Forbidden):
            assignments.add(world.noor, world.law, "B-1", terms(), by=somebody)
        with pytest.raises(Forbidden):
            assignments.delete(world.assignment.id, by=somebody)


def test_the_same_days_at_the_same_organisation_are_asked_about(world: World) -> None:
    with pytest.raises(Doubtful) as asked:
        assignments.add(world.noor, world.fse, "B-1", terms(), by=world.staff)
    assert world.assignment.code in str(asked.value)
    with pytest.raises(Doubtful):
        assignments.add(world.noor, world.fse, "B-1", terms(), by=world.staff, sure="y")
    assignments.add(world.noor, world.fse, "B-1", terms(), by=world.staff, sure=sure_of(asked.value))
    # Elsewhere, or by somebody else, nothing is asked.
    assignments.add(world.noor, world.law, "B-2", terms(), by=world.staff)
    assignments.add(factories.worker(), world.fse, "B-3", terms(), by=world.staff)


def test_who_approves_there_is_asked_about(world: World) -> None:
    factories.right(world.noor, world.law, approve=1)
    with pytest.raises(Doubtful, match="own hours") as asked:
        assignments.add(world.noor, world.law, "B-1", terms(), by=world.staff)
    assignments.add(world.noor, world.law, "B-1", terms(), by=world.staff, sure=sure_of(asked.value))


def test_days_that_only_touch_are_no_overlap(world: World) -> None:
    assignments.end(world.assignment.id, date(2026, 11, 30), by=world.staff)
    assignments.add(world.noor, world.fse, "B-1", terms(), by=world.staff)


def test_an_overlap_that_was_there_is_not_asked_again(world: World) -> None:
    twin = factories.assignment(world.noor, world.fse, world.fse_budget, last_on=date(2026, 12, 31))
    assignments.change(twin.id, of(twin, job_title="Tutor"), by=world.staff)
    assignments.end(twin.id, date(2026, 12, 1), by=world.staff)
    assert Assignment.get_by_id(twin.id).last_on == date(2026, 12, 1)


def test_ending_before_hours_asks_and_flags(world: World) -> None:
    with pytest.raises(Doubtful) as asked:
        assignments.end(world.assignment.id, date(2026, 11, 3), by=world.staff)
    assert "7,50" in str(asked.value)
    assert "one day" in str(asked.value)
    assert Assignment.get_by_id(world.assignment.id).last_on is None
    # What was ticked answers one question: with other dates there is another.
    with pytest.raises(Doubtful) as again:
        assignments.end(world.assignment.id, date(2026, 11, 2), by=world.staff, sure=sure_of(asked.value))
    assert "15,50" in str(again.value)
    assert "2 days" in str(again.value)
    assignments.end(world.assignment.id, date(2026, 11, 2), by=world.staff, sure=sure_of(again.value))
    assert "outside" in flagged(world.sheet)
    # And back: nothing to ask, and the flag goes.
    assignments.change(
        world.assignment.id, of(Assignment.get_by_id(world.assignment.id), last_on=None), by=world.staff
    )
    assert "outside" not in flagged(world.sheet)


def test_ending_after_the_last_hours_asks_nothing(world: World) -> None:
    assignments.end(world.assignment.id, date(2026, 11, 4), by=world.staff)
    assert Assignment.get_by_id(world.assignment.id).last_on == date(2026, 11, 4)


def test_a_later_start_asks_as_well(world: World) -> None:
    with pytest.raises(Doubtful):
        assignments.change(
            world.assignment.id, of(world.assignment, first_on=date(2026, 11, 4)), by=world.staff
        )


def test_the_maximum_flags(world: World) -> None:
    flags.refresh([world.sheet.id])
    assert "over_maximum" not in flagged(world.sheet)
    assignments.change(
        world.assignment.id, of(world.assignment, max_minutes_per_week=15 * 60), by=world.staff
    )
    assert "over_maximum" in flagged(world.sheet)


def test_fixed_hours_leave_nobody_to_send_what_is_unsent(world: World) -> None:
    draft = factories.sheet(world.assignment, world.periods[10], state="draft")
    fixed = of(world.assignment, basis="fixed")
    with pytest.raises(Refused, match="not sent yet") as refusal:
        assignments.change(world.assignment.id, fixed, by=world.staff)
    assert refusal.value.status == 409
    moments = {"submitted_at": clock.now(), "decided_at": clock.now()}
    Timesheet.update(state="approved", **moments).where(Timesheet.id == draft.id).execute()
    assert assignments.change(world.assignment.id, fixed, by=world.staff).basis == "fixed"


def test_a_form_that_is_overtaken(world: World) -> None:
    seen = assignments.seen(world.assignment)
    assignments.change(
        world.assignment.id, of(world.assignment, job_title="Tutor"), by=world.staff, seen=seen
    )
    with pytest.raises(Refused, match="Somebody else"):
        assignments.change(
            world.assignment.id, of(world.assignment, job_title="Docent"), by=world.staff, seen=seen
        )
    assert Assignment.get_by_id(world.assignment.id).job_title == "Tutor"


def test_a_change_leaves_what_differs(world: World) -> None:
    assignments.change(world.assignment.id, of(world.assignment, job_title="Tutor"), by=world.staff)
    assignments.change(world.assignment.id, of(world.assignment, job_title="Tutor"), by=world.staff)
    event = Event.get(Event.thing == f"assignment {world.assignment.code}")
    assert (event.before, event.after) == ({"job_title": "Studentassistent"}, {"job_title": "Tutor"})


def test_deleted_without_sheets_only(world: World) -> None:
    with pytest.raises(Refused, match="ended, not deleted"):
        assignments.delete(world.assignment.id, by=world.staff)
    mistake = factories.assignment(world.noor, world.law, world.law_budget)
    assignments.delete(mistake.id, by=world.staff)
    assert Assignment.get_or_none(Assignment.id == mistake.id) is None
    assert Rate.select().where(Rate.assignment == mistake.id).count() == 0
    with pytest.raises(NotFound):
        assignments.delete(mistake.id, by=world.staff)


def test_suggested_codes_are_free(world: World) -> None:
    number = world.noor.employee_number
    assert placement.suggested_code(world.noor) == f"A{number}-1"
    factories.assignment(world.noor, world.law, code=f"A{number}-1")
    factories.assignment(world.noor, world.law, code=f"A{number}-3")
    assert placement.suggested_code(world.noor) == f"A{number}-2"


def test_workers_are_found_by_name_number_and_address(world: World) -> None:
    soren = factories.worker("Søren", "Bergström")
    assert placement.workers("bergstrom s") == [soren]
    assert placement.workers(str(soren.employee_number)) == [soren]
    assert placement.workers("noor@um") == [world.noor]
    assert placement.workers("%") == placement.workers("  ") == placement.workers("\0") == []
    soren.is_active = False
    soren.save()
    assert placement.workers("bergstrom") == []
    for _ in range(25):
        factories.worker("Jan", "Jansen")
    assert len(placement.workers("jansen")) == placement.MOST
