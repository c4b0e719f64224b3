"""What the history keeps of a sheet, and how two contents differ."""

import json
from datetime import date
from typing import Any

from playhouse.test_utils import count_queries

from konnekt.domain.timesheets import snapshots
from konnekt.domain.timesheets.snapshots import Change
from konnekt.models import Hour, Timesheet
from tests import factories
from tests.factories import World


def kept(hours: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """A content with one line of week 45; a value is minutes, or a whole cell."""
    cells = [
        {"day": day, **(value if isinstance(value, dict) else {"minutes": value})}
        for day, value in hours.items()
    ]
    line = {
        "iso_year": 2026,
        "iso_week": 45,
        "hour_type": "REG",
        "budget_number": "34367565.899",
        "hours": cells,
    }
    return {"minutes": 0, "is_nil": False, "remark": "", "lines": [line], **columns}


def test_content(world: World) -> None:
    Hour.update(remark="laat").where(Hour.day == date(2026, 11, 4)).execute()
    expected = kept({"2026-11-03": 480, "2026-11-04": {"minutes": 450, "remark": "laat"}}, minutes=930)
    assert snapshots.content(world.sheet) == expected
    assert snapshots.content(world.sheet.id) == expected
    assert json.loads(json.dumps(expected)) == expected


def test_empty_cells_are_left_out(world: World) -> None:
    Hour.update(minutes=0).where(Hour.day == date(2026, 11, 3)).execute()
    Hour.update(minutes=0, typed="abc").where(Hour.day == date(2026, 11, 4)).execute()
    (line,) = snapshots.content(world.sheet)["lines"]
    assert line["hours"] == [{"day": "2026-11-04", "minutes": 0, "typed": "abc"}]


def test_contents_of_many_cost_two_statements(world: World) -> None:
    sheets = [
        factories.sheet(world.assignment, world.period, {date(2026, 11, 9): n}, sequence=n)
        for n in range(1, 30)
    ]
    with count_queries() as counted:
        found = snapshots.contents([sheet.id for sheet in sheets])
    assert counted.count == 2
    assert [found[sheet.id]["lines"][0]["hours"][0]["minutes"] for sheet in sheets] == list(range(1, 30))


def test_a_sheet_without_hours_has_a_content(world: World) -> None:
    empty = factories.sheet(world.assignment, world.periods[12], {}, is_nil=True, remark="Vrij")
    assert snapshots.content(empty) == {"minutes": 0, "is_nil": True, "remark": "Vrij", "lines": []}


def test_no_difference() -> None:
    assert snapshots.difference(kept({"2026-11-03": 480}), kept({"2026-11-03": 480}, minutes=480)) == []
    assert snapshots.difference(None, None) == []


def test_difference_by_day() -> None:
    before = kept({"2026-11-05": 60, "2026-11-03": 480, "2026-11-06": {"minutes": 0, "typed": "abc"}})
    after = kept({"2026-11-03": {"minutes": 450, "remark": "laat"}, "2026-11-04": 60, "2026-11-06": 90})
    where = {"hour_type": "REG", "budget_number": "34367565.899"}
    assert snapshots.difference(before, after) == [
        Change("hours", 480, 450, day=date(2026, 11, 3), **where),
        Change("remark", "", "laat", day=date(2026, 11, 3), **where),
        Change("hours", 0, 60, day=date(2026, 11, 4), **where),
        Change("hours", 60, 0, day=date(2026, 11, 5), **where),
        Change("hours", 0, 90, day=date(2026, 11, 6), **where),
        Change("typed", "abc", "", day=date(2026, 11, 6), **where),
    ]


def test_difference_of_the_sheet_itself() -> None:
    before, after = kept({}, remark="a"), kept({}, remark="b", is_nil=True)
    assert snapshots.difference(before, after) == [
        Change("sheet_remark", "a", "b"),
        Change("is_nil", False, True),
    ]


def test_another_budget_number_is_another_cell() -> None:
    before, after = kept({"2026-11-03": 480}), kept({"2026-11-03": 480})
    after["lines"][0]["budget_number"] = "0042.001"
    changes = snapshots.difference(before, after)
    assert [(change.budget_number, change.before, change.after) for change in changes] == [
        ("0042.001", 0, 480),
        ("34367565.899", 480, 0),
    ]


def test_what_was_not_there_differs_entirely(world: World) -> None:
    changes = snapshots.difference(None, snapshots.content(world.sheet))
    assert [(change.day, change.after) for change in changes] == [
        (date(2026, 11, 3), 480),
        (date(2026, 11, 4), 450),
    ]
    assert Timesheet.get_by_id(world.sheet.id).minutes == sum(change.after for change in changes)
