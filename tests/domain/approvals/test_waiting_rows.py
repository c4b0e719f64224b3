"""The rows of what waits: whatever is written to the tables that they tell of, they say the same."""

from collections.abc import Callable

import pytest

from konnekt.commands.schema import migrate_database
from konnekt.models import Account, Assignment, Contributor, Flag, Timesheet, WaitingSheet, waiting
from tests import factories
from tests.factories import World


def flag(world: World) -> None:
    Flag.create(timesheet=world.sheet, revision=1, code="first", detail={})


def flag_elsewhere(world: World) -> None:
    Flag.create(timesheet=world.sheet, revision=1, code="first", detail={}, is_elsewhere=True)


def touch(world: World) -> None:
    Contributor.create(timesheet=world.sheet, account=world.registrar)


def own(world: World) -> None:
    Contributor.create(timesheet=world.sheet, account=world.noor)


def rename(world: World) -> None:
    world.noor.last_name = "Aalbers"
    world.noor.save()


def give_to_another(world: World) -> None:
    Assignment.update(worker=world.registrar).execute()


def change(world: World) -> None:
    Timesheet.update(revision=Timesheet.revision + 1, minutes=1).execute()


def correct(world: World) -> None:
    factories.sheet(world.assignment, world.period, sequence=1, reason="Was te weinig")


@pytest.mark.parametrize(
    ("write", "columns"),
    [
        (flag, {"is_plain": False, "has_helpers": False}),
        (flag_elsewhere, {"is_plain": True}),
        (touch, {"is_plain": True, "has_helpers": True}),
        (own, {"has_helpers": False}),
        (rename, {"name_key": "aalbers noor aalbers"}),
        (give_to_another, {"has_helpers": False}),
        (change, {"revision": 2, "minutes": 1}),
        (correct, {"is_plain": True}),
    ],
)
def test_what_is_written_shows(
    world: World, write: Callable[[World], None], columns: dict[str, object]
) -> None:
    assert waiting.drifted() == []
    write(world)
    assert waiting.drifted() == []
    row = WaitingSheet.get_by_id(world.sheet.id)
    assert {name: getattr(row, name) for name in columns} == columns
    Flag.delete().execute()
    Contributor.delete().execute()
    assert waiting.drifted() == []
    assert WaitingSheet.get_by_id(world.sheet.id).is_plain


@pytest.mark.parametrize("state", ["draft", "approved", "rejected"])
def test_what_waits_no_longer_is_not_there(world: World, state: str) -> None:
    decided = world.sheet.submitted_at if state != "draft" else None
    Timesheet.update(state=state, decided_at=decided).execute()
    assert not WaitingSheet.select().exists()
    Timesheet.update(state="submitted").execute()
    assert WaitingSheet.get().timesheet_id == world.sheet.id
    assert waiting.drifted() == []


def test_a_deleted_sheet_takes_its_row_along(world: World) -> None:
    made = factories.sheet(world.assignment, world.periods[12], {})
    assert WaitingSheet.select().count() == 2
    made.delete_instance()
    assert WaitingSheet.get().timesheet_id == world.sheet.id


def test_marks_of_other_sheets_do_not_add_up_alike(world: World) -> None:
    names = [("A", str(number)) for number in range(40)]
    made = factories.sheets(world.fse, world.fse_budget, world.period, names)
    marks = {row.timesheet_id: row.mark for row in WaitingSheet.select()}
    assert len(made) == 40
    sums = {marks[one.id] + marks[other.id] for one in made for other in made if one.id < other.id}
    assert len(sums) == 40 * 39 // 2


def test_without_triggers_a_drift_is_found_and_migrate_mends_it(world: World) -> None:
    waiting.remove_triggers()
    Account.update(name_key="z").execute()
    Timesheet.update(minutes=7).execute()
    assert len(waiting.drifted()) == 2, "as it is kept, and as it is"
    migrate_database()
    assert waiting.drifted() == []
    assert WaitingSheet.get().minutes == 7
