"""Queries with slots: one text per shape and kind of database, values as their fields have them."""

from datetime import date, timedelta
from typing import Any

import pytest
from peewee import JOIN, SqliteDatabase, Value
from playhouse.test_utils import count_queries

from konnekt.commands import auditing
from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.domain import clock, events
from konnekt.models import Account, Event, Flag, Organisation, PayPeriod, Session, State, Timesheet
from konnekt.models.compiled import (
    built,
    compiled,
    listed,
    planned_once,
    rows_of,
    slot,
    tuples,
    width,
)
from konnekt.models.inserting import insert
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
    # PostgreSQL has a text of its own for a list of one.
    assert len(made) <= (2 if isinstance(db.obj, SqliteDatabase) else 4)
    made.clear()
    _sheets(False, organisations=[world.law.id])
    _sheets(False, organisations=[])
    assert not made


def test_a_list_takes_text_too(world: World) -> None:
    @compiled
    def periods() -> Any:
        wanted = PayPeriod.calendar.in_(listed("calendars", "text"))
        return PayPeriod.select(PayPeriod.id).where(wanted & PayPeriod.id.not_in(listed("but")))

    assert len(periods(calendars=["week", "four_weeks"], but=[world.period.id])) == len(world.periods) - 1
    assert periods(calendars=["month"], but=[]) == []


def test_postgresql_plans_once_what_is_asked_often(world: World, config: Config) -> None:
    """Whatever it is asked with: where it plans at each call, that takes longer than the answer."""

    @compiled
    def waiting() -> Any:
        is_asked = Timesheet.organisation.in_(listed("organisations")) & (Timesheet.state == State.SUBMITTED)
        return Timesheet.select(Timesheet.id, Value("It's 5 %")).where(
            is_asked & Timesheet.assignment.not_in(listed("but"))
        )

    with count_queries() as counted:
        for number in range(20):
            assert waiting(organisations=[world.fse.id], but={number + 1000}) == [
                (world.sheet.id, "It's 5 %")
            ]
        assert waiting(organisations=[world.fse.id, world.law.id], but=[]) == [(world.sheet.id, "It's 5 %")]
        assert waiting(organisations={world.fse.id}, but=[world.assignment.id]) == []
    text, values = counted.get_queries()[0].msg
    if config.database:
        assert "= 'submitted'" in text and "ANY" not in text and len(values) == 2
        planned = "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
        (found,) = [
            row[1:]
            for row in db.execute_sql(planned)
            if row[0].count("$") == len(values) and "It''s" in row[0]
        ]
        assert found == (16 - 5, 5), "after the first few it was planned once"
    else:
        assert len(values) == 4


def test_one_plan_whatever_comes(world: World, config: Config) -> None:
    """Where PostgreSQL by itself would plan for each list anew: one of these finds nothing, quicker than others."""
    query = planned_once(
        compiled(lambda: Timesheet.select(Timesheet.id, Value("once")).where(Timesheet.id.in_(listed("ids"))))
    )

    def answers() -> None:
        assert query(ids=[world.sheet.id, -1]) == [(world.sheet.id, "once")]

    def mode() -> str:
        return db.connection().execute("SHOW plan_cache_mode").fetchone()[0]

    with count_queries() as counted:
        answers()
    assert counted.count == 1
    if config.database:
        assert mode() == "force_generic_plan"
        Timesheet.get()
        assert mode() == "auto", "other statements are planned as ever"
        answers()
        with pytest.raises(ZeroDivisionError), transaction():
            assert mode() == "auto"
            answers()
            1 / 0  # noqa: B018
        Timesheet.get()
        assert mode() == "auto", "taken back with the transaction or not"
        answers()
        assert mode() == "force_generic_plan"
    else:
        with transaction():
            answers()


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


# PostgreSQL gets a list as one text, in which these mean something.
TEXTS = ["", "NULL", "{a,b}", 'say "so"', "back\\slash", '\\"', " x ", "line\nline\ttab", "%s %%", "é😀", "'"]


def test_any_text_comes_back_from_many_rows(world: World) -> None:
    of = {"timesheet": world.sheet.id, "verb": "x", "at": clock.now(), "hash": "x"}
    insert(Event, [{**of, "reason": text, "after": {text: [text]}} for text in TEXTS])
    query = Event.select(Event.reason, Event.after).where(Event.verb == "x").order_by(Event.id)
    assert list(query.tuples()) == [(text, {text: [text]}) for text in TEXTS]


def test_any_text_comes_back_from_many_events(world: World) -> None:
    of = {"timesheet": world.sheet.id, "verb": "x"}
    events.record_many([{**of, "reason": text, "after": {text: [text]}} for text in TEXTS])
    query = Event.select(Event.reason, Event.after).where(Event.verb == "x").order_by(Event.id)
    assert list(query.tuples()) == [(text, {text: [text]}) for text in TEXTS]
    assert auditing.verify().said == []
