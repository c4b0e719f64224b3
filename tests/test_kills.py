"""A few kills of each run in `make kills`, on both databases: nothing confirmed is lost or doubled."""

from pathlib import Path

import pytest

from tests.kills.people import Attempt
from tests.kills.proof import explains
from tests.kills.run import run
from tests.kills.struck import PATIENCE


@pytest.mark.parametrize(("kind", "seed"), [("sqlite", 84), ("postgresql", 118)])
def test_nothing_confirmed_is_lost_or_doubled(kind: str, seed: int, tmp_path: Path) -> None:
    """A process of each kind, of PostgreSQL too. Other tests run beside it: only that all comes back is asked, not when."""
    outcome = run(kind, 5, seed, tmp_path, pause=(0.0, 0.3), at_most=PATIENCE)
    assert outcome.findings == [], "\n".join(outcome.lines())
    assert outcome.log.confirmed.total() > 0


@pytest.mark.parametrize(
    ("asked", "events", "is_explained"),
    [
        ("save! send!", "save submit", True),
        ("save! save! save send!", "save submit", True),
        ("save send?", "save", True),
        ("save! send!", "save", False),
        ("approve! undo!", "approve undo", True),
        ("approve! undo!", "approve approve undo", False),
        ("approve? approve!", "approve", True),
        ("approve? approve!", "approve approve", True),
        ("approve! undo? approve!", "approve approve", True),
        ("reject! undo!", "reject undo_rejection", True),
        ("undo! approve!", "approve undo", False),
    ],
)
def test_what_explains_events(asked: str, events: str, is_explained: bool) -> None:
    """The proof itself: each confirmed (!) once, each other (?) once or not at all, in their order."""
    attempts = [
        Attempt(word.rstrip("!?"), "", number, word.endswith("!"))
        for number, word in enumerate(asked.split())
    ]
    assert explains(attempts, [(verb, set()) for verb in events.split()]) is is_explained
