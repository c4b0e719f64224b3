"""`make outdated`: what is locked beside what there is, read from real pages of the index."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests import outdated
from tests.test_lock import RUNNING, locked, version

ROOT = Path(__file__).parents[1]
# What the index answered of click on 29 November 2026: from 8.0 on, a wheel and a source of each version.
CLICK: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "index-of-click.json").read_text())
TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("pin", "locked_on", "newest", "newer_since", "days", "is_overdue"),
    [
        ("8.5.1", date(2026, 11, 6), "8.5.1", None, 0, False),
        ("8.5.0", date(2026, 8, 26), "8.5.1", date(2026, 11, 6), 23, False),
        ("8.4.2", date(2026, 6, 24), "8.5.1", date(2026, 8, 26), 95, True),
        # 8.2.2 was withdrawn: it is no newer one, and whoever has it is to leave it.
        ("8.2.1", date(2025, 5, 20), "8.5.1", date(2025, 9, 18), 437, True),
        ("8.2.2", None, "8.5.1", date(2025, 9, 18), 437, True),
        # The release candidates of 8.0 came before it, and count for nothing.
        ("7.1.2", None, "8.5.1", date(2021, 5, 11), 2028, True),
    ],
)
def test_how_old_it_is(
    pin: str, locked_on: date | None, newest: str, newer_since: date | None, days: int, is_overdue: bool
) -> None:
    found = outdated.age("click", pin, CLICK)
    assert (found.locked_on, found.newest, found.newer_since) == (locked_on, newest, newer_since)
    assert found.days(TODAY) == days
    assert found.is_overdue(TODAY) is is_overdue
    assert ("OVERDUE" in found.line(TODAY)) is is_overdue


def test_every_line_of_the_lock_is_asked_for() -> None:
    pins = outdated.pins(outdated.LOCK.read_text())
    assert pins == {name: version(pin) for name, pin in locked(RUNNING).items()}


def test_the_report_ends_with_what_is_overdue() -> None:
    lock = "click==8.4.2 \\\n    --hash=sha256:00\n"
    lines, overdue = outdated.report(lock, TODAY, lambda _name: CLICK)
    assert list(lines) == [
        "  click 8.4.2 of 2026-06-24: 8.5.1 is newest, newer ones wait for 95 days OVERDUE",
        "1 packages, 1 with something newer, 1 overdue (more than 90 days)",
    ]
    assert overdue == 1
    assert outdated.report(lock.replace("8.4.2", "8.5.1"), TODAY, lambda _name: CLICK)[1] == 0


def test_the_term_is_the_one_that_is_written() -> None:
    security = " ".join((ROOT / "docs" / "security.md").read_text().split())
    assert f"no newer release waits for more than {outdated.MOST_DAYS} days" in security
    assert "$(BIN)/python -m tests.outdated" in (ROOT / "Makefile").read_text()
