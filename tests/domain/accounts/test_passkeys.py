"""Passkeys: made and signed by real keys; what is wrong with one is refused, in one sentence, and does nothing."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from konnekt.domain import clock
from konnekt.domain.accounts import (
    attempts,
    devices,
    factor_resets,
    factors,
    passkeys,
    passwords,
    recovery_codes,
)
from konnekt.domain.refusals import Conflict, Invalid, NotFound, TooMany
from konnekt.models import Account, Agency, Event, Mail, Passkey, PasskeyChallenge
from tests import factories, one_time_codes, soft_passkeys
from tests.factories import World
from tests.soft_passkeys import BACKED_UP, BROWSER, PRESENT, SITE, VERIFIED, SoftKey

HERE = "192.0.2.1"


@pytest.fixture
def noor(world: World) -> Account:
    return world.noor


def asked(purpose: str = "sign-in", account: Account | None = None, browser: str = BROWSER) -> dict[str, Any]:
    return passkeys.options(purpose, browser, SITE, address=HERE, account=account)


def check(
    typed: str, purpose: str = "sign-in", account: Account | None = None, browser: str = BROWSER
) -> Account:
    return passkeys.check(typed, purpose, browser, SITE, address=HERE, account=account)


def why(typed: str, **of: Any) -> str:
    with pytest.raises(Invalid) as refused:
        check(typed, **of)
    return str(refused.value.values["reason"])


@pytest.mark.parametrize(
    ("url", "origin", "domain", "takes"),
    [
        ("https://Konnekt.example.org", "https://konnekt.example.org", "konnekt.example.org", True),
        ("https://konnekt.example.org:443/x", "https://konnekt.example.org", "konnekt.example.org", True),
        ("https://konnekt.example.org:8443", "https://konnekt.example.org:8443", "konnekt.example.org", True),
        ("http://localhost:8000", "http://localhost:8000", "localhost", True),
        ("http://konnekt.example.org", "http://konnekt.example.org", "konnekt.example.org", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "", False),
        ("https://192.0.2.1", "https://192.0.2.1", "", False),
    ],
)
def test_the_site(url: str, origin: str, domain: str, takes: bool) -> None:
    at = passkeys.site(url)
    assert (at.origin, at.domain, at.takes_passkeys) == (origin, domain, takes)


def test_what_a_browser_is_asked(noor: Account) -> None:
    made = passkeys.creation_options(noor, BROWSER, SITE)
    assert made["attestation"] == "none"
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert len(soft_passkeys.content(made["challenge"])) == 32
    assert noor.email not in made["user"]["id"]
    assert made["excludeCredentials"] == []
    key, row = soft_passkeys.set_up(noor)
    again = passkeys.creation_options(noor, BROWSER, SITE)
    assert again["user"]["id"] == row.user_handle
    assert again["excludeCredentials"] == [{"type": "public-key", "id": soft_passkeys.text(key.id)}]
    anybody, own = asked(), asked("second-step", noor)
    assert (anybody["allowCredentials"], anybody["userVerification"]) == ([], "required")
    assert own["allowCredentials"] == again["excludeCredentials"]
    assert anybody["challenge"] != own["challenge"]
    assert anybody["challenge"] not in [repr(row.__data__) for row in PasskeyChallenge.select()]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_the_only_sign_in(noor: Account, algorithm: str) -> None:
    key, row = soft_passkeys.set_up(noor, algorithm=algorithm)
    assert (row.name, row.may_be_backed_up, row.is_backed_up) == ("Laptop", True, True)
    assert row.used_at is None
    key.flags &= ~BACKED_UP
    assert check(key.get(asked())) == noor
    row = Passkey.get()
    assert row.used_at == clock.now().replace(microsecond=0)
    assert not row.is_backed_up


def test_adding_one_is_a_second_factor_and_told(noor: Account) -> None:
    soft_passkeys.set_up(noor)
    assert Account.get_by_id(noor.id).has_second_factor
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.person, event.after) == ("add_passkey", noor, {"passkey": "Laptop"})
    (mail,) = Mail.select()
    assert (mail.recipient, mail.subject) == (noor.email, "Er is een passkey toegevoegd")
    assert "Laptop is ingesteld" in mail.text


def test_as_second_step(noor: Account, world: World) -> None:
    key, _ = soft_passkeys.set_up(noor)
    assert check(key.get(asked("second-step", noor)), "second-step", noor) == noor
    assert check(key.get(asked("second-step", noor), names_itself=False), "second-step", noor) == noor
    assert why(key.get(asked(), names_itself=False)) == "unknown", "alone it says whose it is"
    other, _ = soft_passkeys.set_up(world.supervisor)
    assert why(other.get(asked("second-step", noor)), purpose="second-step", account=noor) == "unknown"
    assert why(key.get(asked("second-step", noor))) == "challenge", (
        "what is asked for one thing is not for another"
    )
    assert why(key.get(asked("second-step", noor)), purpose="once-more", account=noor) == "challenge"


WRONG: dict[str, Callable[[SoftKey], Any]] = {
    "another origin": lambda key: setattr(key, "origin", "https://konnekt.example.evil"),
    "another port": lambda key: setattr(key, "origin", "http://localhost:8001"),
    "another domain": lambda key: setattr(key, "domain", "konnekt.example.evil"),
    "no user verified": lambda key: setattr(key, "flags", PRESENT),
    "nobody present": lambda key: setattr(key, "flags", VERIFIED),
    "another key": lambda key: setattr(key, "sign", SoftKey().sign),
    "no signature": lambda key: setattr(key, "sign", lambda data: b""),
    "backed up without the right": lambda key: setattr(key, "flags", PRESENT | VERIFIED | BACKED_UP),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_hold_is_refused(noor: Account, what: str) -> None:
    key, row = soft_passkeys.set_up(noor)
    WRONG[what](key)
    typed = key.get(asked())
    assert why(typed) == "refused"
    assert Passkey.get_by_id(row.id).used_at is None


def test_a_challenge_works_once_for_five_minutes_in_its_own_browser(noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor)
    typed = key.get(asked())
    assert why(typed, browser="another") == "challenge"
    assert check(typed) == noor
    assert why(typed) == "challenge"
    typed, failing = key.get(asked()), key.get(asked() | {"challenge": soft_passkeys.text(b"x" * 32)})
    assert why(failing) == "challenge", "made up"
    clock.fix((clock.now() + timedelta(minutes=5)).isoformat())
    assert why(typed) == "challenge"
    asked()
    assert PasskeyChallenge.select().count() == 1, "late ones are gone"


def test_what_failed_is_used_up(noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor)
    options = asked()
    key.flags = PRESENT
    assert why(key.get(options)) == "refused"
    key.flags = PRESENT | VERIFIED
    assert why(key.get(options)) == "challenge"


def test_a_counter_that_goes_back_is_refused_and_noted(noor: Account) -> None:
    key, row = soft_passkeys.set_up(noor, counter=7)
    for counter, is_taken in ((8, True), (8, False), (7, False), (0, False), (9, True)):
        key.counter = counter
        typed = key.get(asked())
        if is_taken:
            assert check(typed) == noor
        else:
            assert why(typed) == "counter"
            event = Event.select().order_by(Event.id.desc()).get()
            assert (event.verb, event.person, event.after) == ("refuse_passkey", noor, {"passkey": "Laptop"})
    assert Passkey.get_by_id(row.id).sign_count == 9


def test_one_that_is_not_known(noor: Account, world: World) -> None:
    assert why(SoftKey(handle="x").get(asked())) == "unknown"
    key, row = soft_passkeys.set_up(noor)
    other, _ = soft_passkeys.set_up(world.supervisor)
    key.handle = other.handle
    assert why(key.get(asked())) == "unknown", "it says to be somebody else's"
    other.id = key.id
    assert why(other.get(asked())) == "unknown", "with the id of another account's"
    key.handle = row.user_handle
    passkeys.remove(row.id, by=noor)
    assert why(key.get(asked())) == "unknown"


def test_a_closed_account(noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor)
    Account.update(is_active=False).where(Account.id == noor.id).execute()
    assert why(key.get(asked())) == "unknown"


@pytest.mark.parametrize(
    ("what", "columns"),
    [
        ("an algorithm that is not offered", {"algorithm": "ES384"}),
        ("a statement where there is none", {"statement": {"x5c": [b"x"], "sig": b"x", "alg": -7}}),
        ("a statement that does not hold", {"fmt": "packed", "statement": {"alg": -7, "sig": b"x"}}),
        ("a format that nobody knows", {"fmt": "konnekt"}),
        ("another origin", {"origin": "https://konnekt.example.evil"}),
        ("another domain", {"domain": "konnekt.example.evil"}),
        ("no user verified", {"flags": PRESENT}),
    ],
)
def test_a_new_one_that_is_refused(noor: Account, what: str, columns: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        soft_passkeys.set_up(noor, **columns)
    assert refused.value.values["reason"] == "refused", what
    assert not Passkey.select().exists()
    assert not Account.get_by_id(noor.id).has_second_factor


def test_a_new_one_of_which_the_make_is_said_after_all(noor: Account) -> None:
    """Some browsers send it though nobody asked: where its statement holds, it is taken."""
    key = SoftKey(fmt="packed")
    options = passkeys.creation_options(noor, BROWSER, SITE)
    typed = json.loads(key.create(options))
    import hashlib

    import cbor2

    attested = cbor2.loads(soft_passkeys.content(typed["response"]["attestationObject"]))
    said = soft_passkeys.content(typed["response"]["clientDataJSON"])
    signature = key.sign(attested["authData"] + hashlib.sha256(said).digest())
    attested["attStmt"] = {"alg": -7, "sig": signature}
    typed["response"]["attestationObject"] = soft_passkeys.text(cbor2.dumps(attested))
    assert passkeys.add(json.dumps(typed), "Laptop", BROWSER, SITE, by=noor).name == "Laptop"


def test_a_new_one_twice_or_for_somebody_else(noor: Account, world: World) -> None:
    key = SoftKey()
    typed = key.create(passkeys.creation_options(noor, BROWSER, SITE))
    for account, browser in ((world.supervisor, BROWSER), (noor, "another")):
        with pytest.raises(Invalid):
            passkeys.add(typed, "Laptop", browser, SITE, by=account)
    passkeys.add(typed, "Laptop", BROWSER, SITE, by=noor)
    with pytest.raises(Invalid) as again:
        passkeys.add(typed, "Phone", BROWSER, SITE, by=noor)
    assert again.value.values["reason"] == "challenge"
    for account in (noor, world.supervisor):
        typed = key.create(passkeys.creation_options(account, BROWSER, SITE))
        with pytest.raises(Invalid) as known:
            passkeys.add(typed, "Phone", BROWSER, SITE, by=account)
        assert known.value.values["reason"] == "known"
    assert Passkey.select().count() == 1


def test_names_and_how_many(noor: Account) -> None:
    one_time_codes.set_up(noor, "Phone")
    for name, field in (("", "name"), ("x" * 61, "name"), (" PHONE ", "name")):
        with pytest.raises(Invalid) as refused:
            soft_passkeys.set_up(noor, name)
        assert refused.value.field == field
    for number in range(factors.MOST):
        soft_passkeys.set_up(noor, f"Key {number}")
    with pytest.raises(Conflict):
        soft_passkeys.set_up(noor, "One more")
    assert [one.name for one in passkeys.of(noor)] == [f"Key {number}" for number in range(factors.MOST)]


def test_removing(noor: Account, world: World) -> None:
    _, row = soft_passkeys.set_up(noor)
    codes = recovery_codes.renew(noor, by=noor)
    token = devices.know(noor, "")
    devices.remember(noor, token)
    with pytest.raises(NotFound):
        passkeys.remove(row.id, by=world.supervisor)
    assert passkeys.remove(row.id, by=noor).name == "Laptop"
    assert not Account.get_by_id(noor.id).has_second_factor
    assert not devices.is_remembered(noor, token)
    assert not recovery_codes.use(noor, codes[0])
    assert Event.select().order_by(Event.id.desc()).get().verb == "remove_passkey"
    assert Mail.select().order_by(Mail.id.desc()).get().subject == "Er is een passkey verwijderd"
    with pytest.raises(NotFound):
        passkeys.remove(row.id, by=noor)


def test_the_last_one_of_who_has_to_have_one_stays(world: World) -> None:
    _, row = soft_passkeys.set_up(world.staff)
    Agency.update(factor_from_on=clock.today()).execute()
    staff, agency = Account.get_by_id(world.staff.id), Agency.get()
    assert not factors.is_overdue(staff, agency), "a passkey is what the agency asks"
    with pytest.raises(Conflict):
        passkeys.remove(row.id, by=staff)
    phone = one_time_codes.set_up(staff)
    passkeys.remove(row.id, by=staff)
    with pytest.raises(Conflict):
        factors.remove(phone.row.id, by=staff)


def test_two_of_the_agency_take_them_away(world: World, noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor)
    colleague = factories.account("Ria", is_agency_staff=True)
    factor_resets.ask(noor.id, "Gebeld.", by=world.staff)
    factor_resets.confirm(noor.id, by=colleague)
    assert not Passkey.select().exists()
    assert not Account.get_by_id(noor.id).has_second_factor
    assert why(key.get(asked())) == "unknown"


def test_a_new_password_leaves_them(noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor)
    passwords.replace(Account.get_by_id(noor.id), "een heel ander wachtwoord", by=None)
    assert check(key.get(asked())) == noor


def test_failures_count_for_the_address_and_no_account(noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor)
    for _ in range(attempts.MOST_IN_BURST):
        assert why("{}") == "unreadable"
    typed = key.get(asked("second-step", noor))
    with pytest.raises(TooMany):
        check(typed, "second-step", noor)
    assert passkeys.check(typed, "second-step", BROWSER, SITE, address="198.51.100.7", account=noor) == noor
    clock.fix((clock.now() + attempts.BURST).isoformat())
    assert check(key.get(asked())) == noor
    busy = attempts.sign_in_limits(None, "x", HERE)
    assert attempts.is_busy(busy, attempts.MOST_IN_BURST - 1), "as many wrong passwords from there"


def test_asking_for_very_many_challenges(world: World) -> None:
    for _ in range(attempts.MOST_IN_BURST):
        asked()
    with pytest.raises(TooMany):
        asked()
    assert asked("once-more", world.noor), "who is signed in is not asked for a crowd's"


@pytest.mark.parametrize(
    "typed",
    [
        "", "null", "[]", "1", "{", '{"id": 1}', '{"response": []}', '{"response": {"clientDataJSON": 1}}',
        '{"response": {"clientDataJSON": "!!"}}', '{"response": {"clientDataJSON": "bnVsbA"}}',
        '{"id": "\\ud800", "response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiJ4In0"}}',
        '{"id": "x", "response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiJcdWQ4MDAifQ"}}',
        '{"id": "x", "response": {"userHandle": [1], "clientDataJSON": "eyJjaGFsbGVuZ2UiOiJ4In0"}}',
        "[" * 20_000, '"' + "x" * 30_000 + '"',
    ],
)  # fmt: skip
def test_what_is_no_passkey_at_all(world: World, typed: str) -> None:
    assert why(typed) == "unreadable"
    with pytest.raises(Invalid):
        passkeys.add(typed, "Laptop", BROWSER, SITE, by=world.noor)


def test_parts_of_one_that_are_missing_or_changed(noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor)
    for part in ("authenticatorData", "signature", "clientDataJSON"):
        for value in (None, "", "AA", 7, "x" * 5000, {"a": 1}):
            sent = json.loads(key.get(asked()))
            sent["response"][part] = value
            assert why(json.dumps(sent)) in ("refused", "unreadable", "challenge")
    for part, value in (("rawId", "AA"), ("type", "password"), ("type", None), ("rawId", None)):
        assert why(json.dumps(json.loads(key.get(asked())) | {part: value})) == "refused"


def test_parts_of_a_new_one_that_are_changed(noor: Account) -> None:
    for value in (None, "", "AA", "oA", 7, soft_passkeys.text(b"\x81" * 4000)):
        options = passkeys.creation_options(noor, BROWSER, SITE)
        sent = json.loads(SoftKey().create(options))
        sent["response"]["attestationObject"] = value
        with pytest.raises(Invalid):
            passkeys.add(json.dumps(sent), "Laptop", BROWSER, SITE, by=noor)
    key = SoftKey()
    key.public[-2] = b"\x01" * 32  # no point of the curve
    with pytest.raises(Invalid):
        passkeys.add(
            key.create(passkeys.creation_options(noor, BROWSER, SITE)), "Laptop", BROWSER, SITE, by=noor
        )


def test_who_has_none_does_not_load_the_library() -> None:
    program = "import sys; from konnekt import create_app; create_app(); print('webauthn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
