"""Sessions end when they are ended, when nobody uses them, and when they are old."""

from datetime import timedelta

import pytest

from konnekt.domain import clock
from konnekt.domain.accounts import sessions
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Session
from tests.factories import World


def test_a_token_is_long_random_and_kept_as_its_hash(world: World) -> None:
    tokens = {sessions.start(world.noor) for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) >= 43 for token in tokens)
    kept = {row.token_hash for row in Session.select()}
    assert kept == {sessions.digest(token) for token in tokens}
    assert not kept & tokens


def test_a_session_that_nobody_uses_ends(world: World) -> None:
    token = sessions.start(world.noor)
    clock.fix("2026-11-30T16:59")
    assert sessions.find(token)
    clock.fix("2026-12-01T00:58")
    assert sessions.find(token), "it was seen at 16:59"
    clock.fix("2026-12-01T08:58")
    assert sessions.find(token) is None


def test_a_session_ends_after_a_week_however_much_it_is_used(world: World) -> None:
    token = sessions.start(world.noor)
    begun = clock.now()
    for hours in range(7, 7 * 24, 7):
        clock.fix((begun + timedelta(hours=hours)).isoformat())
        assert sessions.find(token)
    clock.fix("2026-12-07T08:59")
    assert sessions.find(token)
    clock.fix("2026-12-07T09:00")
    assert sessions.find(token) is None


def test_seen_is_noted_every_few_minutes_only(world: World) -> None:
    token = sessions.start(world.noor)
    clock.fix("2026-11-30T09:04")
    sessions.find(token)
    assert clock.local(Session.get().seen_at).strftime("%H:%M") == "09:00"
    clock.fix("2026-11-30T09:06")
    sessions.find(token)
    assert clock.local(Session.get().seen_at).strftime("%H:%M") == "09:06"


def test_an_account_that_is_made_inactive_is_out_at_once(world: World) -> None:
    token = sessions.start(world.noor)
    Account.update(is_active=False).where(Account.id == world.noor.id).execute()
    assert sessions.find(token) is None


def test_old_rows_are_pruned(world: World) -> None:
    sessions.start(world.noor)
    clock.fix("2026-12-09T09:00")
    sessions.start(world.supervisor)
    assert [row.account for row in Session.select()] == [world.supervisor]


def test_ending(world: World) -> None:
    here, there, other = (sessions.start(account) for account in (world.noor, world.noor, world.supervisor))
    assert len(sessions.living(world.noor)) == 2
    with pytest.raises(NotFound):
        sessions.end_one(sessions.find(other).id, by=world.noor)
    sessions.end_one(sessions.find(there).id, by=world.noor)
    assert sessions.find(there) is None
    assert sessions.end_all(world.noor, keep=here) == 0
    sessions.end(here)
    assert sessions.find(here) is None
    assert sessions.find(other)


@pytest.mark.parametrize(
    ("browser", "says"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox, Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Lynx/2.9.0 libwww-FM/2.14", "Lynx"),
        ("", ""),
        ("SomeTool/1.0 <script>", "SomeTool"),
    ],
)
def test_a_browser_in_two_words(browser: str, says: str) -> None:
    assert sessions.device(browser) == says
