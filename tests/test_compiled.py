"""Queries with slots: one text per shape and kind of database, values as their fields have them."""

from datetime import date, timedelta
from typing import Any

from peewee import JOIN
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.models import Account, Event, Flag, Organisation, PayPeriod, Session, Timesheet
from konnekt.models.compiled import built, compiled, insert, listed, rows_of, slot, tuples, width
from tests import factories
from tests.factories import World

made: list[bool] = []


@compiled
def _sheets(has_state: bool) -> Any:
    made.append(has_state)
    condition = Timesheet.organisation.in_(listed("organisations"))
    if has_state:
        condition &= Timesheet.state == slot("state")
    return Timesheet.select(Timesheet.id).where(condition).order_by(Timesheet.id)


def test_a_query_is_made_once_and_asked_often(world: World) -> None:
    other = factories.sheet(world.assignment, world.periods[0], state="draft")
    made.clear()
    for _ in range(3):
        with count_queries() as counted:
            assert _sheets(False, organisations=[world.fse.id]) == [(world.sheet.id,), (other.id,)]
        assert counted.count == 1
        assert _sheets(True, organisations={world.fse.id, world.law.id}, state="draft") == [(other.id,)]
        assert _sheets(False, organisations=[world.law.id]) == _sheets(False, organisations=[]) == []
    assert len(made) <= 2


def test_a_list_takes_text_too(world: World) -> None:
    @compiled
    def periods() -> Any:
        wanted = PayPeriod.calendar.in_(listed("calendars", "text"))
        return PayPeriod.select(PayPeriod.id).where(wanted & PayPeriod.id.not_in(listed("but")))

    assert len(periods(calendars=["week", "four_weeks"], but=[world.period.id])) == len(world.periods) - 1
    assert periods(calendars=["month"], but=[]) == []


def test_values_are_those_of_the_fields(world: World) -> None:
    Flag.create(timesheet=world.sheet, revision=1, code="first", detail={"a": [1]}, is_elsewhere=True)
    (row,) = tuples(Timesheet.select(Timesheet.submitted_at, Timesheet.is_nil, Timesheet.decided_at))
    assert row == (clock.now() - timedelta(days=3), False, None)
    assert tuples(Flag.select(Flag.detail, Flag.is_elsewhere)) == [({"a": [1]}, True)]
    first, last = PayPeriod.alias(), PayPeriod.alias()
    query = first.select(first.first_on, last.first_on.alias("other")).join(last, on=(last.id == first.id))
    assert tuples(query.where(first.id == world.period.id)) == [(date(2026, 11, 2), date(2026, 11, 2))]


def test_a_moment_is_bound_in_utc(world: World) -> None:
    @compiled
    def since() -> Any:
        return Timesheet.select(Timesheet.id).where(Timesheet.submitted_at >= slot("at"))

    at = clock.local(clock.now() - timedelta(days=3))
    assert since(at=at) == [(world.sheet.id,)]
    assert since(at=at + timedelta(seconds=1)) == []


def test_a_built_row_is_like_one_that_was_read(world: World) -> None:
    for model, row in ((Account, world.noor), (Organisation, world.law), (PayPeriod, world.period)):
        (columns,) = tuples(model.select().where(model.id == row.id))
        one = built(model, columns)
        assert len(columns) == width(model)
        assert one == row
        assert one.__data__ == model.get_by_id(row.id).__data__
        assert not one.dirty_fields
    (columns,) = tuples(Timesheet.select())
    with count_queries() as counted:
        sheet = built(Timesheet, columns, organisation=world.fse)
        assert sheet.organisation is world.fse
    assert counted.count == 0
    assert sheet.assignment == world.assignment, "the others are read when they are asked for"
    sheet.remark = "Anders"
    sheet.save()
    assert Timesheet.get().remark == "Anders"


def test_rows_side_by_side(world: World) -> None:
    query = Timesheet.select(Timesheet, Account).join(Account, JOIN.LEFT_OUTER, on=Timesheet.decided_by)
    (columns,) = tuples(query)
    sheet, decided_by = rows_of(columns, Timesheet, Account)
    assert (sheet, decided_by) == (world.sheet, None)


def test_a_change_says_how_many_rows_it_was(world: World) -> None:
    @compiled
    def submitted_by(names: tuple[str, ...]) -> Any:
        columns = {name: slot(name) for name in names}
        return Timesheet.update(columns).where(Timesheet.revision == slot("seen"))

    names = ("remark", "is_nil", "submitted_at")
    values = {"remark": "Zoë", "is_nil": True, "submitted_at": clock.now()}
    assert submitted_by.change(names, **values, seen=2) == 0
    assert submitted_by.change(names, **values, seen=1) == 1
    sheet = Timesheet.get()
    assert (sheet.remark, sheet.is_nil, sheet.submitted_at) == ("Zoë", True, clock.now())


def test_many_rows_are_written_by_few_statements(world: World) -> None:
    rows = [
        {
            "timesheet": world.sheet.id,
            "verb": "x",
            "at": clock.now(),
            "after": {"n": n, "é": None},
            "actor": None,
            "hash": "x",
        }
        for n in range(5)
    ]
    with count_queries() as counted:
        insert(Event, rows, most=2)
    assert counted.count == 3
    found = list(Event.select().order_by(Event.id))
    assert [(one.after, one.before, one.batch, one.source, one.revision) for one in found] == [
        ({"n": n, "é": None}, None, "", "", None) for n in range(5)
    ]
    assert {one.at for one in found} == {clock.now()}
    insert(Event, [])
    insert(Session, [
        {"token_hash": "x", "account": world.noor.id, "created_at": clock.now(), "seen_at": clock.now(),
         "expires_at": clock.now()}
    ])  # fmt: skip
    assert Session.get().account == world.noor
