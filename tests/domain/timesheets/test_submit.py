"""Save, submit and withdraw: who may, from which state, what is kept, and who is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.approvals import decide, undo_or_revoke
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refused
from konnekt.domain.timesheets import content, submit
from konnekt.domain.timesheets.content import Cell, Content, Line
from konnekt.domain.timesheets.edit_conflict import EditConflict
from konnekt.domain.timesheets.submit import SheetIds
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Contributor,
    Deputy,
    Event,
    Flag,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Timesheet,
    TimesheetLine,
)
from konnekt.screens import web
from tests import factories
from tests.factories import World

TUESDAY = date(2026, 11, 3)


def line(world: World, hours: dict[date, Any], **columns: Any) -> Line:
    """A line of the week of its first day; a value is minutes or a Cell."""
    year, week, _ = next(iter(hours), TUESDAY).isocalendar()
    cells = tuple(value if isinstance(value, Cell) else Cell(day, value) for day, value in hours.items())
    columns = {"hour_type": HourType.get(code="REG").id, "budget_number": world.fse_budget.id, **columns}
    return Line(year, week, cells=cells, **columns)


def sheet_of(world: World, minutes: int = 480, **columns: Any) -> Content:
    return Content((line(world, {TUESDAY: minutes}),), **columns)


@pytest.fixture
def draft(world: World) -> Timesheet:
    """A draft of Noor in the period after, with nothing on it yet."""
    return factories.sheet(world.assignment, world.periods[12], {}, state="draft")


@pytest.fixture
def place(world: World) -> SheetIds:
    """Where another worker of FSE has no sheet yet."""
    person = factories.worker("Karim", "Özdemir")
    return SheetIds(factories.assignment(person, world.fse, world.fse_budget).id, world.period.id)


def owner(place: SheetIds) -> Account:
    person: Account = Assignment.get_by_id(place.assignment).worker
    return person


def verbs(sheet: int) -> list[str]:
    return [event.verb for event in Event.select().where(Event.timesheet == sheet).order_by(Event.id)]


def hours(sheet: Timesheet) -> dict[date, int]:
    query = Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == sheet).order_by(Hour.day)
    return {hour.day: hour.minutes for hour in query}


def everything() -> list[Any]:
    """What must stay as it was when a verb refuses."""
    tables = (Timesheet, TimesheetLine, Hour, Event, Contributor, Flag)
    return [list(table.select().order_by(table.id).dicts()) for table in tables]


def refuses(run: Callable[[], Any], kind: type[Refused]) -> Refused:
    """The refusal of a verb, which changed nothing."""
    before = everything()
    with pytest.raises(kind) as caught:
        run()
    assert caught.type is kind
    assert everything() == before
    return caught.value


# Who may not.


@pytest.mark.parametrize("verb", [submit.save, submit.submit])
def test_somebody_elses_sheet_does_not_exist(world: World, place: SheetIds, verb: Callable[..., Any]) -> None:
    sheet = submit.save(place, sheet_of(world), by=owner(place), seen=0)
    assert sheet
    for stranger in (world.outsider, world.noor):
        for where, seen in ((sheet.id, 1), (place, 1), (999_999, 1), (SheetIds(999_999, 1), 0)):
            refuses(lambda w=where, s=seen, a=stranger: verb(w, sheet_of(world), by=a, seen=s), NotFound)


def test_a_place_that_is_not_yours_does_not_exist(world: World, place: SheetIds) -> None:
    for stranger in (world.outsider, world.noor):
        refuses(lambda a=stranger: submit.save(place, sheet_of(world), by=a, seen=0), NotFound)


def test_a_period_of_another_calendar_is_no_place(world: World, place: SheetIds) -> None:
    week = factories.periods("week", how_many=1)[0]
    wrong = SheetIds(place.assignment, week.id)
    refuses(lambda: submit.save(wrong, sheet_of(world), by=world.registrar, seen=0), NotFound)


def test_seeing_is_not_entering(world: World, place: SheetIds) -> None:
    """An approver and the agency see the sheet; only the worker and who registers enter."""
    for onlooker in (world.supervisor, world.staff):
        refuses(lambda a=onlooker: submit.save(place, sheet_of(world), by=a, seen=0), Forbidden)
        refuses(lambda a=onlooker: submit.submit(world.sheet.id, None, by=a, seen=1), Forbidden)


def test_fixed_hours_are_not_registered(world: World) -> None:
    fixed = factories.assignment(world.noor, world.fse, world.fse_budget, basis="fixed")
    where = SheetIds(fixed.id, world.period.id)
    for person in (world.noor, world.registrar):
        refuses(lambda a=person: submit.save(where, sheet_of(world), by=a, seen=0), Forbidden)


# What can't be.


def bad(world: World) -> dict[str, Content]:
    law = world.law_budget.id
    gone = HourType.create(code="OLD", name_nl="Oud", name_en="Old", multiplier_percent=100, is_active=False)
    one = line(world, {TUESDAY: 60})
    return {
        "a day outside the period": Content((line(world, {date(2026, 11, 30): 60}),)),
        "a day outside its week": Content((replace(one, cells=(Cell(date(2026, 11, 10), 60),)),)),
        "a day of the period before in the same line": Content((line(world, {date(2026, 11, 1): 60}),)),
        "a week that does not exist": Content((replace(one, iso_week=54, cells=()),)),
        "a week outside the period": Content((replace(one, iso_week=50, cells=()),)),
        "a day twice": Content((replace(one, cells=(Cell(TUESDAY, 60), Cell(TUESDAY, 30))),)),
        "a line twice": Content((one, one)),
        "a budget number of elsewhere": Content((replace(one, budget_number=law),)),
        "a budget number of nowhere": Content((replace(one, budget_number=999_999),)),
        "an hour type of nowhere": Content((replace(one, hour_type=999_999),)),
        "an hour type that is no longer used": Content((replace(one, hour_type=gone.id),)),
        "negative hours": Content((line(world, {TUESDAY: -60}),)),
        "25 hours in a cell": Content((line(world, {TUESDAY: 1500}),)),
        "25 hours in a day": Content(
            (one, line(world, {TUESDAY: 1440}, hour_type=HourType.get(code="OT").id))
        ),
        "hours and text in one cell": Content((line(world, {TUESDAY: Cell(TUESDAY, 60, typed="x")}),)),
        "hours and none worked": Content((one,), is_nil=True),
        "a long remark": Content((one,), remark="a" * 2001),
        "a long remark on a day": Content((line(world, {TUESDAY: Cell(TUESDAY, 60, remark="a" * 501)}),)),
        "much text in a cell": Content((line(world, {TUESDAY: Cell(TUESDAY, typed="a" * 101)}),)),
        "a NUL": Content((one,), remark="a\x00b"),
        "half a surrogate": Content((one,), remark="\ud83d"),
    }


def test_what_can_not_be_is_refused(world: World, place: SheetIds) -> None:
    for what, wanted in bad(world).items():
        for verb in (submit.save, submit.submit):
            refusal = refuses(lambda v=verb, w=wanted: v(place, w, by=owner(place), seen=0), Invalid)
            assert refusal.status == 422, what
            assert refusal.field, what


def test_a_refusal_names_its_field(world: World, place: SheetIds) -> None:
    wanted = Content((line(world, {TUESDAY: 60}), line(world, {date(2026, 11, 10): -60})))
    refusal = refuses(lambda: submit.save(place, wanted, by=owner(place), seen=0), Invalid)
    assert refusal.field == "cell-1-2026-11-10"


def test_a_line_of_another_sheet_is_not_found(world: World, draft: Timesheet) -> None:
    other = TimesheetLine.get(TimesheetLine.timesheet == world.sheet)
    wanted = Content((replace(line(world, {date(2026, 12, 1): 60}), id=other.id),))
    refuses(lambda: submit.save(draft.id, wanted, by=world.noor, seen=1), NotFound)


def test_an_hour_type_that_is_no_longer_used_may_stay(world: World, draft: Timesheet) -> None:
    day = date(2026, 12, 1)
    submit.save(draft.id, Content((line(world, {day: 60}),)), by=world.noor, seen=1)
    HourType.update(is_active=False).where(HourType.code == "REG").execute()
    assert submit.save(draft.id, Content((line(world, {day: 90}),)), by=world.noor, seen=2)
    assert hours(draft) == {day: 90}


def test_a_day_has_24_hours_over_all_assignments(app: Flask, world: World) -> None:
    """Noor works at LAW as well; nobody at FSE learns that from the refusal."""
    elsewhere = factories.assignment(world.noor, world.law, world.law_budget)
    factories.sheet(elsewhere, world.period, {TUESDAY: 900}, state="draft")
    own = factories.assignment(world.noor, world.fse, world.fse_budget)
    where = SheetIds(own.id, world.period.id)
    # 900 at LAW and 480 on the sheet of the cast leave one hour.
    refusal = refuses(lambda: submit.save(where, sheet_of(world, 61), by=world.registrar, seen=0), Invalid)
    assert refusal.field == "day-2026-11-03"
    with app.test_request_context():
        said = web.say(refusal)
    assert said == "Op di 3 nov worden het meer dan 24 uur, alle uren van deze werknemer samen."
    assert submit.save(where, sheet_of(world, 60), by=world.registrar, seen=0)


def test_rejected_hours_elsewhere_are_not_in_the_way(world: World) -> None:
    elsewhere = factories.assignment(world.noor, world.law, world.law_budget)
    factories.sheet(elsewhere, world.period, {TUESDAY: 1440}, state="rejected")
    own = factories.assignment(world.noor, world.fse, world.fse_budget)
    assert submit.save(SheetIds(own.id, world.period.id), sheet_of(world, 960), by=world.noor, seen=0)


# In which state not.


def test_a_sent_sheet_is_not_only_saved(world: World) -> None:
    refusal = refuses(lambda: submit.save(world.sheet.id, sheet_of(world), by=world.noor, seen=1), Conflict)
    assert "sent at once" in str(refusal)


@pytest.mark.parametrize("verb", [submit.save, submit.submit])
def test_an_approved_sheet_is_closed(world: World, verb: Callable[..., Any]) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    refuses(lambda: verb(world.sheet.id, sheet_of(world), by=world.noor, seen=1), Conflict)


def bill(world: World, hour: Hour, **columns: Any) -> InvoicedHour:
    """Put an hour on an invoice."""
    invoice = Invoice.create(
        year=2026, number=1, number_text="2026-1", organisation=world.fse, pay_period=world.period,
        budget_number=world.fse_budget, budget_number_text="34367565.899", issued_on=clock.today(),
        due_on=clock.today(), language="nl", vat_treatment="standard", net_cents=0, vat_cents=0, total_cents=0,
        paid_on=clock.today(), created_at=clock.now(),
    )  # fmt: skip
    row = InvoiceLine.create(
        invoice=invoice, position=1, timesheet=world.sheet, hour_type=hour.line.hour_type, iso_year=2026,
        iso_week=45, first_on=hour.day, last_on=hour.day, minutes=hour.minutes, unit_price=0, net_cents=0,
    )  # fmt: skip
    return InvoicedHour.create(hour=hour, invoice_line=row, minutes=hour.minutes, **columns)


def test_a_locked_sheet_stays_as_it_is(world: World) -> None:
    Timesheet.update(state="rejected", decided_at=clock.now()).where(Timesheet.id == world.sheet.id).execute()
    bill(world, Hour.get(Hour.day == TUESDAY))
    for verb in (submit.save, submit.submit):
        refusal = refuses(
            lambda v=verb: v(world.sheet.id, sheet_of(world, 60), by=world.noor, seen=1), Conflict
        )
        assert "supplementary" in str(refusal)


def test_hours_that_were_credited_leave_their_history(world: World) -> None:
    link = bill(world, Hour.get(Hour.day == TUESDAY), released_at=clock.now())
    sheet = submit.submit(world.sheet.id, Content(is_nil=True), by=world.noor, seen=1)
    assert (sheet.minutes, sheet.revision) == (0, 2)
    assert hours(sheet) == {TUESDAY: 0}
    assert InvoicedHour.get_by_id(link.id).minutes == 480
    assert content.read(sheet).content == Content(is_nil=True), "the grid starts empty"
    again = submit.submit(sheet.id, sheet_of(world, 60), by=world.noor, seen=2)
    assert hours(again) == {TUESDAY: 60}


# Save.


def test_saving_makes_the_sheet(world: World, place: SheetIds) -> None:
    sheet = submit.save(place, sheet_of(world, remark="Graag snel"), by=owner(place), seen=0)
    assert sheet
    stored = Timesheet.get_by_id(sheet.id)
    assert (stored.state, stored.revision, stored.minutes, stored.remark) == ("draft", 1, 480, "Graag snel")
    assert (stored.organisation, stored.sequence) == (world.fse, 0)
    assert hours(sheet) == {TUESDAY: 480}
    (event,) = Event.select()
    assert (event.verb, event.actor, event.on_behalf_of, event.revision) == ("save", owner(place), None, 1)
    assert event.before is None
    assert event.after["minutes"] == 480
    assert [row.account for row in Contributor.select()] == [owner(place)]
    assert not Flag.select().exists(), "a draft has no flags"


def test_an_empty_grid_makes_no_sheet(world: World, place: SheetIds) -> None:
    assert submit.save(place, Content(), by=owner(place), seen=0) is None
    assert Timesheet.select().count() == 1


def test_an_added_line_is_kept_before_it_has_hours(world: World, place: SheetIds) -> None:
    sheet = submit.save(place, Content((line(world, {}),)), by=owner(place), seen=0)
    assert sheet
    (kept,) = content.read(sheet).content.lines
    assert (kept.iso_week, kept.cells, kept.id is not None) == (45, (), True)


def test_saving_the_same_writes_nothing(world: World, place: SheetIds) -> None:
    wanted = sheet_of(world)
    sheet = submit.save(place, wanted, by=owner(place), seen=0)
    assert sheet
    before = everything()
    again = submit.save(sheet.id, content.read(sheet).content, by=owner(place), seen=1)
    assert again
    assert again.revision == 1
    empty_cells = replace(wanted.lines[0], cells=(*wanted.lines[0].cells, Cell(date(2026, 11, 4))))
    assert submit.save(place, Content((empty_cells,)), by=owner(place), seen=1)
    assert everything() == before


def test_saving_writes_only_what_changed(world: World, place: SheetIds) -> None:
    days = [date(2026, 11, 2) + timedelta(days=n) for n in range(5)]
    sheet = submit.save(place, Content((line(world, dict.fromkeys(days, 480)),)), by=owner(place), seen=0)
    assert sheet
    ids = {hour.day: hour.id for hour in Hour.select().where(Hour.line != 1)}
    wanted = Content((line(world, {**dict.fromkeys(days[1:], 480), days[2]: 90}),))
    with count_queries() as counted:
        saved = submit.save(sheet.id, wanted, by=owner(place), seen=1)
    assert saved
    assert (saved.revision, saved.minutes) == (2, 3 * 480 + 90)
    writes = [
        q.msg for q in counted.get_queries() if q.msg[0].startswith(("INSERT INTO", "UPDATE", "DELETE"))
    ]
    (hour_insert,) = [msg for msg in writes if msg[0].startswith('INSERT INTO "hour"')]
    assert 90 in hour_insert[1]
    assert 480 not in hour_insert[1]
    assert hours(sheet) == {days[1]: 480, days[2]: 90, days[3]: 480, days[4]: 480}
    now = {hour.day: hour.id for hour in Hour.select().where(Hour.line != 1)}
    assert now == {day: ids[day] for day in days[1:]}, "rows keep their ids"
    assert counted.count <= 20


def test_lines_come_and_go(world: World, draft: Timesheet) -> None:
    day, overtime = date(2026, 12, 1), HourType.get(code="OT").id
    second = BudgetNumber.create(organisation=world.fse, number="007")
    first = Content((line(world, {day: 60}), line(world, {day: 30}, budget_number=second.id)))
    submit.save(draft.id, first, by=world.noor, seen=1)
    shown = content.read(draft).content.lines
    other = Content((replace(shown[0], hour_type=overtime),))
    sheet = submit.save(draft.id, other, by=world.noor, seen=2)
    assert sheet
    (row,) = TimesheetLine.select().where(TimesheetLine.timesheet == draft)
    assert (row.hour_type_id, row.budget_number, sheet.minutes) == (overtime, world.fse_budget, 60)


def test_text_that_is_no_hours_is_kept(world: World, draft: Timesheet) -> None:
    day = date(2026, 12, 1)
    wanted = Content((line(world, {day: Cell(day, typed="acht", remark="?"), date(2026, 12, 2): 60}),))
    sheet = submit.save(draft.id, wanted, by=world.noor, seen=1)
    assert sheet
    assert sheet.minutes == 60
    assert content.read(sheet).content.is_like(wanted)


def test_a_rejected_sheet_is_put_right(world: World) -> None:
    decide.reject(world.sheet.id, "Dinsdag was u vrij", by=world.supervisor, seen=1)
    sheet = submit.save(
        world.sheet.id, Content((line(world, {date(2026, 11, 4): 450}),)), by=world.noor, seen=1
    )
    assert sheet
    stored = Timesheet.get_by_id(sheet.id)
    assert (stored.state, stored.rejection_reason) == ("rejected", "Dinsdag was u vrij")
    assert (stored.revision, stored.minutes) == (2, 450)


def test_a_supplementary_sheet_is_not_entered_here(world: World) -> None:
    """The agency corrects hours, with a reason and the effect shown first: test_corrections.py."""
    extra = factories.sheet(world.assignment, world.period, {}, state="draft", sequence=1)
    for by in (world.noor, world.staff):
        refuses(lambda by=by: submit.save(extra.id, sheet_of(world, -60), by=by, seen=1), Forbidden)
        refuses(lambda by=by: submit.submit(extra.id, sheet_of(world, -60), by=by, seen=1), Forbidden)


def test_one_event_per_person_until_somebody_else_acts(world: World, draft: Timesheet) -> None:
    day = date(2026, 12, 1)

    def save(minutes: int, by: Account, seen: int) -> None:
        submit.save(draft.id, Content((line(world, {day: minutes}),)), by=by, seen=seen)

    save(60, world.noor, 1)
    save(90, world.noor, 2)
    first = Event.get()
    assert (first.before["minutes"], first.after["minutes"], first.revision) == (0, 90, 3)
    save(120, world.registrar, 3)
    save(150, world.registrar, 4)
    save(180, world.noor, 5)
    found = list(Event.select().order_by(Event.id))
    assert [(event.actor, event.revision) for event in found] == [
        (world.noor, 3),
        (world.registrar, 5),
        (world.noor, 6),
    ]
    assert (found[1].before["minutes"], found[1].after["minutes"]) == (90, 150)


def test_entering_for_a_worker_is_on_her_behalf(world: World, draft: Timesheet) -> None:
    wanted = Content((line(world, {date(2026, 12, 1): 60}),))
    submit.save(draft.id, wanted, by=world.registrar, seen=1)
    submit.submit(draft.id, by=world.registrar, seen=2)
    submit.withdraw(draft.id, by=world.registrar, seen=3)
    assert verbs(draft.id) == ["save", "submit", "withdraw"]
    assert {(event.actor, event.on_behalf_of) for event in Event.select()} == {(world.registrar, world.noor)}
    assert [row.account for row in Contributor.select()] == [world.registrar]


def test_where_the_organisation_enters_nobody_is_stood_in_for(world: World) -> None:
    own = factories.assignment(world.noor, world.fse, world.fse_budget, entered_by="organisation")
    submit.save(SheetIds(own.id, world.period.id), sheet_of(world), by=world.registrar, seen=0)
    assert Event.get().on_behalf_of is None


def test_who_entered_nothing_that_is_left_has_no_part_in_it(world: World, draft: Timesheet) -> None:
    wanted = Content((line(world, {date(2026, 12, 1): 60}),))
    submit.save(draft.id, wanted, by=world.registrar, seen=1)
    submit.save(draft.id, Content(), by=world.noor, seen=2)
    assert [row.account for row in Contributor.select()] == [world.noor]


# The second is told.


def test_the_second_to_save_is_told_who_changed_what(world: World, draft: Timesheet) -> None:
    first, second = date(2026, 12, 1), date(2026, 12, 2)
    submit.save(draft.id, Content((line(world, {first: 60}),)), by=world.registrar, seen=1)
    wanted = Content((line(world, {second: 30}),))
    refusal = refuses(lambda: submit.save(draft.id, wanted, by=world.noor, seen=1), EditConflict)
    assert isinstance(refusal, EditConflict)
    assert refusal.status == 409
    assert refusal.names == ["Lars Maes"]
    assert [(change.day, change.before, change.after) for change in refusal.changes] == [(first, 0, 60)]
    assert not refusal.is_as_typed
    assert "Lars Maes changed this timesheet" in str(refusal)


def test_an_answer_that_got_lost_is_told_apart(world: World, draft: Timesheet) -> None:
    wanted = Content((line(world, {date(2026, 12, 1): 60}),))
    submit.save(draft.id, wanted, by=world.noor, seen=1)
    refusal = refuses(lambda: submit.save(draft.id, wanted, by=world.noor, seen=1), EditConflict)
    assert isinstance(refusal, EditConflict)
    assert refusal.is_as_typed


def test_a_sheet_that_came_meanwhile(world: World, place: SheetIds) -> None:
    submit.save(place, sheet_of(world), by=world.registrar, seen=0)
    refuses(lambda: submit.save(place, sheet_of(world, 60), by=owner(place), seen=0), EditConflict)
    assert submit.save(place, sheet_of(world, 60), by=owner(place), seen=1)


def test_a_revision_that_never_was(world: World, place: SheetIds, draft: Timesheet) -> None:
    refusal = refuses(lambda: submit.save(draft.id, sheet_of(world), by=world.noor, seen=7), EditConflict)
    assert str(refusal).startswith("This timesheet changed")
    refuses(lambda: submit.save(place, sheet_of(world), by=owner(place), seen=1), EditConflict)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Something that happens between reading a sheet and writing it, as an import in another process may."""

    def happens(what: Callable[[], Any]) -> None:
        monkeypatch.setattr(submit.limits, "check_days", lambda *_: what())

    return happens


@pytest.mark.parametrize("verb", [submit.save, submit.submit])
def test_what_changes_after_it_was_read_is_not_overwritten(
    world: World, draft: Timesheet, verb: Callable[..., Any], meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    wanted = Content((line(world, {date(2026, 12, 1): 60}),))
    meanwhile(lambda: Timesheet.update(revision=2).where(Timesheet.id == draft.id).execute())
    refuses(lambda: verb(draft.id, wanted, by=world.noor, seen=1), EditConflict)
    meanwhile(
        lambda: (
            Timesheet.update(state="approved", submitted_at=clock.now(), decided_at=clock.now())
            .where(Timesheet.id == draft.id)
            .execute()
        )
    )
    refuses(lambda: verb(draft.id, wanted, by=world.noor, seen=1), EditConflict)


@pytest.mark.parametrize("verb", [submit.save, submit.submit])
def test_a_sheet_that_is_made_after_it_was_looked_for(
    world: World, place: SheetIds, verb: Callable[..., Any], meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    of = Assignment.get_by_id(place.assignment)
    meanwhile(lambda: factories.sheet(of, world.period, {}, state="draft"))
    refuses(lambda: verb(place, sheet_of(world), by=owner(place), seen=0), EditConflict)


# Submit.


def test_sending_a_draft(world: World, place: SheetIds) -> None:
    sheet = submit.submit(place, sheet_of(world), by=owner(place), seen=0)
    stored = Timesheet.get_by_id(sheet.id)
    assert (stored.state, stored.revision, stored.minutes) == ("submitted", 1, 480)
    assert (stored.submitted_by, stored.submitted_at) == (owner(place), clock.now())
    (event,) = Event.select()
    assert (event.verb, event.revision, event.before) == ("submit", 1, None)
    assert event.after["lines"][0]["hours"] == [{"day": "2026-11-03", "minutes": 480}]
    assert [flag.code for flag in Flag.select().where(Flag.timesheet == sheet)] == ["first"]


def test_sending_what_is_stored(world: World, place: SheetIds) -> None:
    saved = submit.save(place, sheet_of(world), by=owner(place), seen=0)
    assert saved
    sheet = submit.submit(saved.id, by=owner(place), seen=1)
    assert (sheet.state, sheet.revision, sheet.minutes) == ("submitted", 2, 480)
    assert hours(sheet) == {TUESDAY: 480}
    assert verbs(sheet.id) == ["save", "submit"]


def test_changes_to_a_sent_sheet_are_sent_at_once(world: World) -> None:
    before = everything()
    sheet = submit.submit(world.sheet.id, by=world.noor, seen=1)
    assert (sheet.revision, everything()) == (1, before), "what is sent as it is stays so"
    submit.submit(world.sheet.id, sheet_of(world, 30), by=world.noor, seen=1)
    sheet = submit.submit(world.sheet.id, sheet_of(world, 60), by=world.registrar, seen=2)
    assert (sheet.state, sheet.revision, sheet.minutes) == ("submitted", 3, 60)
    assert sheet.submitted_by == world.registrar
    assert {flag.code for flag in Flag.select()} == {"first", "changed"}
    assert {flag.revision for flag in Flag.select()} == {3}


def test_sending_again_after_a_rejection(world: World) -> None:
    decide.reject(world.sheet.id, "Dinsdag klopt niet", by=world.supervisor, seen=1)
    sheet = submit.submit(world.sheet.id, sheet_of(world, 60), by=world.noor, seen=1)
    stored = Timesheet.get_by_id(sheet.id)
    assert (stored.state, stored.decided_at, stored.decided_by, stored.rejection_reason) == (
        "submitted", None, None, "",
    )  # fmt: skip
    assert Flag.get(Flag.code == "changed").detail == {"after": "reject"}


def test_text_that_is_no_hours_is_not_sent(world: World, draft: Timesheet) -> None:
    day = date(2026, 12, 1)
    wanted = Content((line(world, {date(2026, 12, 2): 60, day: Cell(day, typed="acht")}),))
    refusal = refuses(lambda: submit.submit(draft.id, wanted, by=world.noor, seen=1), Invalid)
    assert refusal.field == "cell-0-2026-12-01"
    submit.save(draft.id, wanted, by=world.noor, seen=1)
    refuses(lambda: submit.submit(draft.id, by=world.noor, seen=2), Invalid)


def test_an_empty_sheet_is_sent_only_as_no_hours_worked(
    world: World, draft: Timesheet, place: SheetIds
) -> None:
    refusal = refuses(lambda: submit.submit(draft.id, by=world.noor, seen=1), Invalid)
    assert refusal.field == "is_nil"
    refuses(lambda: submit.submit(place, by=owner(place), seen=0), Invalid)
    only_remark = Content((line(world, {date(2026, 12, 1): 0}),), remark="Vrij")
    refuses(lambda: submit.submit(draft.id, only_remark, by=world.noor, seen=1), Invalid)
    sheet = submit.submit(draft.id, Content(is_nil=True, remark="Vrij"), by=world.noor, seen=1)
    assert (sheet.state, sheet.is_nil, sheet.minutes) == ("submitted", True, 0)


def test_what_it_sends_counts_for_others(world: World, place: SheetIds) -> None:
    """A budget number that goes over its ceiling is flagged on the other waiting sheets too."""
    BudgetNumber.update(ceiling_minutes=1000).where(BudgetNumber.id == world.fse_budget.id).execute()
    sheet = submit.submit(place, sheet_of(world), by=owner(place), seen=0)
    over = {flag.timesheet_id for flag in Flag.select().where(Flag.code == "budget")}
    assert over == {sheet.id, world.sheet.id}
    other = BudgetNumber.create(organisation=world.fse, number="007")
    moved = Content((line(world, {TUESDAY: 480}, budget_number=other.id),))
    submit.submit(sheet.id, moved, by=owner(place), seen=1)
    assert not Flag.select().where(Flag.code == "budget").exists()


# Four eyes.


@pytest.fixture
def at_law(world: World) -> SheetIds:
    """A worker at LAW, which asks four eyes and has one approver, who may register as well."""
    own = factories.assignment(factories.worker("Fleur", "Haddad"), world.law, world.law_budget)
    return SheetIds(own.id, world.period.id)


def law_hours(world: World) -> Content:
    return Content((line(world, {TUESDAY: 480}, budget_number=world.law_budget.id),))


def test_sending_is_refused_where_nobody_else_can_approve(world: World, at_law: SheetIds) -> None:
    submit.save(at_law, law_hours(world), by=world.outsider, seen=0)
    for by in (world.outsider, owner(at_law)):
        refusal = refuses(lambda a=by: submit.submit(at_law, law_hours(world), by=a, seen=1), Conflict)
        assert "Faculteit der Rechtsgeleerdheid" in str(refusal)


def test_the_worker_sends_and_the_one_approver_approves(world: World, at_law: SheetIds) -> None:
    sheet = submit.submit(at_law, law_hours(world), by=owner(at_law), seen=0)
    assert decide.approve(sheet.id, by=world.outsider, seen=1).decided


def test_another_approver_is_enough(world: World, at_law: SheetIds) -> None:
    colleague = factories.account("Iris", "Bos", is_active=False)
    factories.right(colleague, world.law, approve=1)
    run = lambda: submit.submit(at_law, law_hours(world), by=world.outsider, seen=0)  # noqa: E731
    refuses(run, Conflict)
    Account.update(is_active=True).where(Account.id == colleague.id).execute()
    assert run().state == "submitted"


def test_a_deputy_for_a_closed_account_is_not_enough(world: World, at_law: SheetIds) -> None:
    gone = factories.account("Iris", "Bos", is_active=False)
    factories.right(gone, world.law, approve=1)
    for supervisor in (world.outsider, gone):
        Deputy.create(
            organisation=world.law, supervisor=supervisor, deputy=world.registrar, first_on=clock.today(),
            last_on=clock.today() + timedelta(days=7), created_at=clock.now(),
        )  # fmt: skip
    run = lambda: submit.submit(at_law, law_hours(world), by=world.outsider, seen=0)  # noqa: E731
    refuses(run, Conflict)
    Account.update(is_active=True).where(Account.id == gone.id).execute()
    assert run().state == "submitted"


def test_a_worker_does_not_count_as_her_own_approver(world: World) -> None:
    own = factories.assignment(world.outsider, world.law, world.law_budget)
    where = SheetIds(own.id, world.period.id)
    refuses(lambda: submit.submit(where, law_hours(world), by=world.outsider, seen=0), Conflict)


def test_without_four_eyes_anybody_sends(world: World, place: SheetIds) -> None:
    assert submit.submit(place, sheet_of(world), by=world.registrar, seen=0).state == "submitted"


# Withdraw.


@pytest.fixture
def sent(world: World, place: SheetIds) -> Timesheet:
    return submit.submit(place, sheet_of(world), by=owner(place), seen=0)


def test_withdraw(world: World, place: SheetIds, sent: Timesheet) -> None:
    sheet = submit.withdraw(sent.id, by=owner(place), seen=1)
    stored = Timesheet.get_by_id(sheet.id)
    assert (stored.state, stored.submitted_at, stored.submitted_by, stored.revision) == (
        "draft",
        None,
        None,
        1,
    )
    assert hours(sheet) == {TUESDAY: 480}
    assert verbs(sheet.id) == ["submit", "withdraw"]
    again = submit.submit(sheet.id, by=owner(place), seen=1)
    assert again.state == "submitted"


def test_withdrawing_gives_budget_back(world: World, place: SheetIds) -> None:
    BudgetNumber.update(ceiling_minutes=1000).where(BudgetNumber.id == world.fse_budget.id).execute()
    sheet = submit.submit(place, sheet_of(world), by=owner(place), seen=0)
    assert Flag.select().where((Flag.code == "budget") & (Flag.timesheet == world.sheet)).exists()
    submit.withdraw(sheet.id, by=owner(place), seen=1)
    assert not Flag.select().where((Flag.code == "budget") & (Flag.timesheet == world.sheet)).exists()


def test_only_who_sent_it_withdraws(world: World, sent: Timesheet) -> None:
    for by, kind in ((world.registrar, Forbidden), (world.supervisor, Forbidden), (world.outsider, NotFound)):
        refuses(lambda a=by: submit.withdraw(sent.id, by=a, seen=1), kind)


def test_withdrawing_an_old_revision(world: World, place: SheetIds, sent: Timesheet) -> None:
    submit.submit(sent.id, sheet_of(world, 60), by=owner(place), seen=1)
    refuses(lambda: submit.withdraw(sent.id, by=owner(place), seen=1), EditConflict)


def test_withdrawing_what_is_decided(world: World, place: SheetIds, sent: Timesheet) -> None:
    decide.reject(sent.id, "Nee", by=world.supervisor, seen=1)
    refuses(lambda: submit.withdraw(sent.id, by=owner(place), seen=1), Conflict)
    submit.submit(sent.id, by=owner(place), seen=1)
    decide.approve(sent.id, by=world.supervisor, seen=2)
    refuses(lambda: submit.withdraw(sent.id, by=owner(place), seen=2), Conflict)


def test_withdrawing_twice(world: World, place: SheetIds, sent: Timesheet) -> None:
    submit.withdraw(sent.id, by=owner(place), seen=1)
    refuses(lambda: submit.withdraw(sent.id, by=owner(place), seen=1), Conflict)


def test_withdrawing_after_an_approval_that_was_revoked(
    world: World, place: SheetIds, sent: Timesheet
) -> None:
    """Somebody has acted on it, although it waits again."""
    decide.approve(sent.id, by=world.supervisor, seen=1)
    undo_or_revoke.undo(sent.id, by=world.supervisor, seen=1)
    assert Timesheet.get_by_id(sent.id).state == "submitted"
    refuses(lambda: submit.withdraw(sent.id, by=owner(place), seen=1), Conflict)


# At the same moment.


def race(attempts: list[Callable[[], Any]]) -> list[str]:
    """Run all at once; "done" or the refusal's class, sorted."""
    start = Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> str:
        try:
            db.connect(reuse_if_open=True)
            start.wait()
            attempt()
        except Refused as refusal:
            return type(refusal).__name__
        else:
            return "done"
        finally:
            db.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return sorted(pool.map(run, attempts))


@pytest.mark.parametrize("verb", [submit.save, submit.submit])
@pytest.mark.parametrize("is_new", [False, True])
def test_of_those_who_enter_at_once_one_wins(
    world: World, place: SheetIds, verb: Callable[..., Any], is_new: bool
) -> None:
    people = [owner(place), world.registrar, owner(place), world.registrar]
    if not is_new:
        submit.save(place, sheet_of(world, 10), by=owner(place), seen=0)
    attempts = [
        lambda n=n, by=by: verb(place, sheet_of(world, 100 + n), by=by, seen=int(not is_new))
        for n, by in enumerate(people)
    ]
    answers = race(attempts)
    assert answers == ["EditConflict", "EditConflict", "EditConflict", "done"]
    sheet = Timesheet.get(Timesheet.assignment == place.assignment)
    assert sheet.revision == (1 if is_new else 2)
    assert hours(sheet) == {TUESDAY: sheet.minutes}
    assert len(verbs(sheet.id)) <= 2


def test_of_two_who_send_the_same_one_wins(world: World, place: SheetIds) -> None:
    saved = submit.save(place, sheet_of(world), by=owner(place), seen=0)
    assert saved
    people = [owner(place), world.registrar]
    answers = race([lambda by=by: submit.submit(saved.id, by=by, seen=1) for by in people])
    assert answers == ["EditConflict", "done"]
    assert verbs(saved.id).count("submit") == 1


def test_of_withdrawing_and_approving_one_wins(world: World, place: SheetIds, sent: Timesheet) -> None:
    answers = race(
        [
            lambda: submit.withdraw(sent.id, by=owner(place), seen=1),
            lambda: decide.approve(sent.id, by=world.supervisor, seen=1),
        ]
    )
    assert answers == ["Conflict", "done"]
    assert len(verbs(sent.id)) == 2


def test_a_day_is_not_filled_twice_at_once(world: World) -> None:
    """Two sheets of one worker: 13 hours on the same day fit one of them."""
    person = factories.worker()
    places = [
        SheetIds(factories.assignment(person, world.fse, world.fse_budget).id, world.period.id)
        for _ in range(2)
    ]
    answers = race([lambda p=p: submit.save(p, sheet_of(world, 780), by=person, seen=0) for p in places])
    assert answers == ["Invalid", "done"]
