"""What the brake must reach: a campus is not locked out by one laptop, and an account is not guessed.

Nothing waits here: the clock is moved, and of passwords is counted which are compared.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from konnekt.config import Config
from konnekt.domain import clock
from konnekt.domain.accounts import attempts, devices, links, mailed_codes, passwords, sessions, sign_in
from konnekt.domain.refusals import Invalid, TooMany
from konnekt.models import Account, Mail
from tests import factories
from tests.factories import World

GOOD = "correct horse battery"
CAMPUS, HOME = "192.0.2.1", "198.51.100.7"
Compared = list[int]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    """Whose password was compared, one by one; a right one is told without a hash."""
    seen: Compared = []

    def matches(account: Account | None, password: str) -> bool:
        seen.append(account.id if account else 0)
        return account is not None and password == GOOD

    monkeypatch.setattr(passwords, "matches", matches)
    monkeypatch.setattr(passwords, "keep_up", lambda *_: None)
    return seen


def guess(name: str, address: str, device: str = "") -> bool:
    """A wrong password; whether it was tried."""
    try:
        sign_in.check(name, "wrong", address, device)
    except Invalid:
        return True
    except TooMany:
        return False
    raise AssertionError


def let_in(account: Account, address: str, device: str = "") -> bool:
    """Whether the right password lets its owner in within five seconds, trying again as the page says."""
    began = clock.now()
    try:
        while clock.now() - began <= timedelta(seconds=5):
            try:
                return sign_in.check(account.email, GOOD, address, device) == account
            except TooMany as refusal:
                clock.fix((clock.now() + timedelta(seconds=refusal.values["seconds"])).isoformat())
        return False
    finally:
        clock.fix(began.isoformat())


def attack(start: datetime, guesses: int, apart: float, name: Callable[[int], str], address: str) -> None:
    for number in range(guesses):
        clock.fix((start + timedelta(seconds=int(number * apart))).isoformat())
        guess(name(number), address)


@pytest.mark.parametrize("which", ["one account", "names that are nobody's", "all accounts in turn"])
def test_100_a_minute_from_one_address_for_15_minutes_lock_nobody_out(
    world: World, config: Config, compared: Compared, which: str
) -> None:
    # What is counted, and when it no longer counts, is Python's; of PostgreSQL three minutes are asked.
    minutes = 3 if config.database else 15
    people = [factories.account(f"P{number}") for number in range(30)]
    laptops = {account.id: devices.know(account, "") for account in people}
    victim, others = people[0], people[1:]

    def name(number: int) -> str:
        everybody = people[number % len(people)].email
        return {"o": victim.email, "n": f"nobody{number}@um.example", "a": everybody}[which[0]]

    for minute in range(minutes):
        start = clock.now()
        attack(start, 100, 0.6, name, CAMPUS)
        clock.fix((start + timedelta(minutes=1)).isoformat())
        if minute not in (0, 7, minutes - 1):
            continue
        for account in people:
            assert let_in(account, CAMPUS, laptops[account.id]), (
                "on a device of before, at the attacker's address"
            )
        assert let_in(victim, HOME), "on a new device elsewhere"
        if which != "all accounts in turn":
            assert all(let_in(account, CAMPUS) for account in others), "on a new device, at the same address"
    assert all(let_in(account, HOME) for account in people)


def test_who_is_attacked_gets_in_on_a_new_device_at_the_attackers_address_by_a_mailed_link(
    world: World, compared: Compared
) -> None:
    attack(clock.now(), 1500, 0.6, lambda _: world.noor.email, CAMPUS)
    assert not let_in(world.noor, CAMPUS)
    for number in range(100):  # who guesses asks for links as well
        clock.fix((clock.now() + timedelta(seconds=1)).isoformat())
        links.forgotten([world.noor.email, f"nobody{number}"][number % 2], CAMPUS)
    links.forgotten(world.noor.email, CAMPUS)
    newest = Mail.select().order_by(Mail.id.desc()).get()
    token = newest.text.split("/password/new/")[1].split()[0]
    assert links.find(token).account == world.noor
    assert links.use(token, GOOD) == world.noor
    device = devices.know(world.noor, "")
    attack(clock.now(), 50, 0.6, lambda _: world.noor.email, CAMPUS)
    assert let_in(world.noor, CAMPUS, device)


@pytest.mark.parametrize(("addresses", "apart"), [(1, 0.6), (1000, 0.6), (1000, 1), (100_000, 5)])
def test_of_100_000_guesses_against_one_account_at_most_200_are_tried(
    world: World, compared: Compared, monkeypatch: pytest.MonkeyPatch, addresses: int, apart: float
) -> None:
    """By time the brake lets through: a guess that it refuses changes nothing, so those are left out here."""
    start, number, tried = clock.now(), 0, 0
    while number < 100_000:
        clock.fix((start + timedelta(seconds=int(number * apart))).isoformat())
        try:
            sign_in.check(world.noor.email, "wrong", f"2001:db8:{number % addresses:x}::1")
        except Invalid:
            tried += 1
            number += 1
        except TooMany as refusal:
            # From other addresses it is no sooner, but for those closed by themselves.
            is_here_alone = addresses == 1 or "always" not in str(refusal)
            number += max(1, int(refusal.values["seconds"] / apart)) if is_here_alone else 1
            if tried >= 100:
                number += int(refusal.values["seconds"] / apart)
    assert len(compared) == tried
    assert 15 <= tried <= 200
    assert let_in(world.noor, HOME) or addresses > 1
    token = devices.know(world.noor, "")
    assert let_in(world.noor, CAMPUS, token)


def test_each_single_guess_of_2_000_is_refused_alike(world: World, compared: Compared) -> None:
    """Without leaving any out, from an address each."""
    attack(clock.now(), 2000, 0.6, lambda _: world.noor.email, CAMPUS)
    assert len(compared) == 20
    start = clock.now()
    for number in range(1000):
        clock.fix((start + timedelta(seconds=number)).isoformat())
        guess(world.noor.email, f"2001:db8:{number:x}::1")
    assert len(compared) <= 60


def test_the_document_says_what_the_code_does() -> None:
    """docs/security.md, the figures of its section with those of the code (ASVS 6.1.1)."""
    text = (Path(__file__).parents[3] / "docs" / "security.md").read_text()
    text = " ".join(text.partition("## Limits on guessing")[2].partition("\n## ")[0].split())
    minutes = attempts.WINDOW.seconds // 60
    gaps = [gap.seconds // 60 for gap in links.GAPS]
    pauses = ", ".join(str(attempts.pause(number).seconds) for number in (1, 2))
    for said in (
        f"signed in within {devices.LASTS.days} days",
        f"{devices.MOST_FAILURES} wrong passwords in a row",
        f"{devices.MOST_DEVICES} devices are kept",
        f"{attempts.AT_ONCE_FROM_ADDRESS} wrong ones at once",
        f"pause of {attempts.pause(0).seconds} second, {pauses} ... up to {attempts.LONGEST_PAUSE.seconds // 60}",
        f"none after {attempts.MOST_FROM_ADDRESS} |",
        f"had {attempts.BUSY_ADDRESS} failures in {minutes} minutes",
        f"{attempts.AT_ONCE_FROM_BUSY_ADDRESS} at once instead of {attempts.AT_ONCE_FROM_ADDRESS}",
        f"{attempts.AT_ONCE_PER_ACCOUNT} at once, then with the same pauses; none after {attempts.MOST_PER_ACCOUNT}",
        f"{attempts.MOST_IN_BURST} in {attempts.BURST.seconds} seconds",
        f"forgotten after {attempts.FORGOTTEN.days} day without",
        f"closed for {attempts.CLOSED.days} days",
        f"{gaps[0]} minute later at the earliest, then {gaps[1]}, {gaps[2]}, {gaps[3]} and {gaps[4]}",
        f"more than {attempts.BUSY_ADDRESS_LINKS} links in {minutes} minutes",
        f"each account in {links.BUSY_GAP.seconds // 60} minutes",
        f"at most {attempts.MOST_PER_ACCOUNT} are compared with its password in {attempts.CLOSED.days} days",
        f"{devices.MOST_FAILURES} more for each of its devices",
        f"{attempts.WRONG_MAILED_CODES} wrong ones and {attempts.MOST_MAILED_CODES} mails of one account in {minutes}",
    ):
        assert said in text, said
    text = (Path(__file__).parents[3] / "docs" / "security.md").read_text()
    text = " ".join(text.partition("## Two things to get in")[2].partition("\n## ")[0].split())
    for said in (
        f"every {devices.CONFIRMED.days} days, for {devices.CONFIRMED_IN_ALL.days} days in all",
        f"{mailed_codes.DIGITS} digits, works once, for {sessions.HALF_LIFETIME.seconds // 60} minutes",
        f"could not hand the mail over for {mailed_codes.STUCK.seconds // 60} minutes "
        f"({mailed_codes.UNTRIED.seconds // 60} where nothing tried to)",
    ):
        assert said in text, said
