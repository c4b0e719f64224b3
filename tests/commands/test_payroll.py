"""`konnekt export`: what it shows, makes and writes."""

from datetime import date
from pathlib import Path

import pytest

from konnekt.config import Config
from konnekt.models import Event, PayPeriod, PayrollBatch, PayrollHour
from tests import factories, payroll_cast
from tests.command_line import konnekt
from tests.factories import World

PERIOD = ("export", "--calendar", "four_weeks", "--period", "2026-12")


@pytest.fixture
def cast(world: World) -> World:
    """Noor's approved sheet, a late one, one that waits, and travel time, which has no payroll code."""
    payroll_cast.complete(world)
    factories.sheet(world.assignment, world.periods[10], {date(2026, 10, 6): 120}, state="approved")
    waiting = factories.assignment(factories.worker(), world.fse, world.fse_budget)
    factories.sheet(waiting, world.period, {date(2026, 11, 3): 90})
    payroll_cast.line(payroll_cast.approved(world, {date(2026, 11, 3): 60}), "TRAVEL")
    return world


def test_a_dry_run_shows_and_changes_nothing(config: Config, cast: World) -> None:
    done = konnekt(config, *PERIOD, "--format", "loket", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "All hours up to Period 12 (weeks 45–48): 2 Nov – 29 Nov 2026, paid on 2026-12-09",
        "REG: 17.50 hours",
        "17.50 hours of 1 worker, €320.60 gross.",
        "of which late: 2.00 hours of earlier periods",
        "left out: hour type TRAVEL: 1.00 hours: the hour type has no code for this format",
        "left out: FSE 1 sheets: 1.50 hours: not approved",
        "Dry run: nothing was exported.",
    ]
    assert PayrollBatch.select().count() == PayrollHour.select().count() == 0


def test_a_batch_is_made_once_and_written_again(config: Config, cast: World, tmp_path: Path) -> None:
    first, again = tmp_path / "first.csv", tmp_path / "again.csv"
    done = konnekt(config, *PERIOD, "--out", str(first))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Batch 1 of 2026-12-09 made." in done.stdout
    assert PayrollHour.select().count() == 4
    assert (Event.get(Event.verb == "export").actor, Event.get().source) == (None, "command")
    second = konnekt(config, *PERIOD)
    assert second.returncode == 1
    assert "no approved hours to pay" in second.stderr
    assert konnekt(config, *PERIOD, "--again", "1", "--out", str(again)).returncode == 0
    assert again.read_bytes() == first.read_bytes()
    assert PayrollBatch.select().count() == 1
    assert konnekt(config, *PERIOD, "--again", "2").returncode == 1
    # Also when the pay date was put right after it was made.
    PayPeriod.update(pay_on=date(2026, 12, 10)).where(PayPeriod.id == cast.period.id).execute()
    assert konnekt(config, *PERIOD, "--again", "1", "--out", str(again)).returncode == 0
    assert again.read_bytes() == first.read_bytes()


def test_a_file_that_can_not_be_written_says_how_to_go_on(
    config: Config, cast: World, tmp_path: Path
) -> None:
    done = konnekt(config, *PERIOD, "--out", str(tmp_path / "nowhere" / "a.csv"))
    assert done.returncode == 1
    assert "--again 1" in done.stderr
    assert PayrollBatch.select().count() == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--calendar", "four_weeks", "--period", "2026-99"), "no such pay period"),
        (("--calendar", "four_weeks", "--period", "later"), "2026-12"),
        (("--calendar", "year", "--period", "2026-12"), "--calendar"),
        (("--calendar", "four_weeks", "--period", "2026-12", "--format", "excel"), "--format"),
        ((*PERIOD[1:], "--again", "0"), "x>=1"),
    ],
)
def test_what_is_refused(config: Config, cast: World, arguments: tuple[str, ...], sentence: str) -> None:
    done = konnekt(config, "export", *arguments)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert PayrollBatch.select().count() == 0
