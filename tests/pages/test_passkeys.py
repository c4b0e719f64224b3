"""Passkeys on the pages: alone, after the password, once more, added and removed; what is refused, in one sentence."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from konnekt.background import mail
from konnekt.config import Config
from konnekt.domain import clock
from konnekt.domain.accounts import passwords, recovery_codes
from konnekt.models import Account, Agency, Event, Organisation, Passkey, Session
from konnekt.providers import Provider
from tests import one_time_codes, soft_passkeys
from tests.factories import World
from tests.pages.test_sign_in import GOOD, attempt, is_in
from tests.soft_passkeys import PRESENT, URL, SoftKey
from tests.visitor import Visitor

LIST, NEW = "/account/factors", "/account/factors/passkeys/new"


@pytest.fixture(autouse=True)
def named(app: Flask, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal has a name: for an address of digits browsers make no passkeys."""
    monkeypatch.setitem(app.config, "KONNEKT", replace(config, url=URL))


@pytest.fixture
def noor(world: World) -> Account:
    passwords.replace(world.noor, GOOD, by=None)
    return world.noor


@pytest.fixture
def key(noor: Account) -> SoftKey:
    return soft_passkeys.set_up(noor)[0]


def asked(visitor: Visitor, url: str) -> dict[str, Any]:
    """What the page's script asks for to be signed."""
    response = visitor.post(url)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = response.json
    return found


def sign_in(visitor: Visitor, key: SoftKey, **more: str) -> TestResponse:
    visitor.get("/login")
    return visitor.post("/login", {"passkey": key.get(asked(visitor, "/login/passkey")), **more})


def test_alone(app: Flask, key: SoftKey, noor: Account, caplog: pytest.LogCaptureFixture) -> None:
    visitor = Visitor(app)
    page = visitor.get("/login").text
    assert 'data-passkey="/login/passkey"' in page
    assert 'autocomplete="username webauthn"' in page
    assert "htmx" not in page
    with caplog.at_level(0):
        response = sign_in(visitor, key, next="/hours")
    assert (response.status_code, response.location) == (303, "/hours")
    assert is_in(visitor)
    assert visitor.post(f"{LIST}/recovery-codes").status_code == 200, "both factors: not asked once more"
    assert "konnekt-browser" in str(response.headers.getlist("Set-Cookie"))


def test_where_a_provider_is_required_it_opens_nothing(
    app: Flask, key: SoftKey, noor: Account, world: World, config: Config
) -> None:
    """The organisation says who its people are; a passkey of before would go past it."""
    named = Provider("demo", "Universiteit", "https://idp.example", "konnekt", "a secret")
    app.config["KONNEKT"] = replace(config, url=URL, providers=(named,))
    mail.configure(app.config["KONNEKT"])
    Organisation.update(sign_in="required").where(Organisation.code == "FSE").execute()
    visitor = Visitor(app)
    response = sign_in(visitor, key)
    assert response.status_code == 422
    assert "Uw organisatie laat u inloggen met Universiteit." in response.text
    assert not is_in(visitor)
    Organisation.update(sign_in="offered").where(Organisation.code == "FSE").execute()
    assert sign_in(visitor, key).status_code == 303


def test_where_browsers_make_none_the_page_speaks_of_none(app: Flask, config: Config, noor: Account) -> None:
    app.config["KONNEKT"] = config
    page = Visitor(app).get("/login").text
    assert "passkey" not in page
    assert "<script" not in page
    assert 'autocomplete="username"' in page
    assert "passkey" not in Visitor(app, noor).get(LIST).text


def test_after_the_password(app: Flask, key: SoftKey, noor: Account) -> None:
    visitor = Visitor(app)
    assert attempt(visitor, noor.email, next="/hours").location == "/login/code?next=/hours"
    page = visitor.get("/login/code?next=/hours").text
    assert 'data-passkey="/login/code/passkey"' in page
    assert "Typ een van uw herstelcodes" in page, "without scripts"
    assert not is_in(visitor)
    typed = key.get(asked(visitor, "/login/code/passkey"))
    response = visitor.post("/login/code", {"passkey": typed, "next": "/hours", "remember": "1"})
    assert (response.status_code, response.location) == (303, "/hours")
    assert [row.is_half for row in Session.select()] == [False]
    visitor.post("/logout")
    assert attempt(visitor, noor.email).location == "/", "the browser is remembered"


def test_beside_an_app(app: Flask, key: SoftKey, noor: Account) -> None:
    phone = one_time_codes.set_up(noor)
    visitor = Visitor(app)
    attempt(visitor, noor.email)
    page = visitor.get("/login/code").text
    assert "code van zes cijfers" in page
    assert 'data-passkey="/login/code/passkey"' in page
    assert visitor.post("/login/code", {"factor_code": phone.code()}).status_code == 303


def test_by_a_recovery_code(app: Flask, key: SoftKey, noor: Account) -> None:
    codes = recovery_codes.renew(noor, by=noor)
    visitor = Visitor(app)
    attempt(visitor, noor.email)
    response = visitor.post("/login/code", {"recovery": "1", "factor_code": codes[0]})
    assert (response.status_code, response.location) == (303, "/")


def test_a_passkey_of_somebody_else_is_no_second_step(
    app: Flask, key: SoftKey, noor: Account, world: World
) -> None:
    other, _ = soft_passkeys.set_up(world.supervisor)
    visitor = Visitor(app)
    attempt(visitor, noor.email)
    response = visitor.post("/login/code", {"passkey": other.get(asked(visitor, "/login/code/passkey"))})
    assert response.status_code == 422
    assert "Deze passkey is hier niet bekend" in response.text
    assert not is_in(visitor)
    assert (
        visitor.post("/login/code", {"passkey": key.get(asked(visitor, "/login/passkey"))}).status_code == 422
    )
    assert not is_in(visitor), "what is asked of anybody is not for the second step"


WRONG: dict[str, Callable[[SoftKey, dict[str, Any]], str]] = {
    "another site": lambda key, options: replace_(key, origin="https://konnekt.example.evil").get(options),
    "another domain": lambda key, options: replace_(key, domain="example.evil").get(options),
    "not unlocked": lambda key, options: replace_(key, flags=PRESENT).get(options),
    "another key": lambda key, options: replace_(key, sign=SoftKey().sign).get(options),
    "made up": lambda key, options: SoftKey(handle=key.handle).get(options),
    "old challenge": lambda key, options: key.get(options | {"challenge": "x" * 43}),
    "no JSON": lambda key, options: "x",
    "nothing": lambda key, options: "",
}


def replace_(key: SoftKey, **columns: Any) -> SoftKey:
    for name, value in columns.items():
        setattr(key, name, value)
    return key


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_lets_nobody_in_and_is_logged_without_it(
    app: Flask, key: SoftKey, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    visitor = Visitor(app)
    visitor.get("/login")
    typed = WRONG[what](key, asked(visitor, "/login/passkey"))
    with caplog.at_level(0):
        response = visitor.post("/login", {"passkey": typed, "name": "noor"})
    assert response.status_code == 422
    (said,) = re.findall(r'<p class="notice look" role="alert">.*?<span>(.*?)</span>', response.text)
    assert said.count(".") == 2, "what is wrong, and what to do"
    assert 'value="noor"' in response.text
    assert not is_in(visitor)
    assert not Session.select().exists()
    lines = [repr(vars(record)) for record in caplog.records if not record.name.startswith("peewee")]
    assert any("passkey_" in line for line in lines)
    if typed.startswith("{"):
        sent = json.loads(typed)
        for secret in (sent["id"], *sent["response"].values()):
            assert not [line for line in lines if secret in line]


def test_twice_and_in_another_browser(app: Flask, key: SoftKey) -> None:
    first, thief = Visitor(app), Visitor(app)
    for visitor in (first, thief):
        visitor.get("/login")
    typed = key.get(asked(first, "/login/passkey"))
    assert thief.post("/login", {"passkey": typed}).status_code == 422
    assert first.post("/login", {"passkey": typed}).status_code == 303
    first.post("/logout")
    first.get("/login")
    assert first.post("/login", {"passkey": typed}).status_code == 422
    assert not is_in(thief)


def test_a_counter_that_went_back_stands_in_the_record(app: Flask, noor: Account) -> None:
    key, _ = soft_passkeys.set_up(noor, counter=5)
    key.counter = 4
    assert sign_in(Visitor(app), key).status_code == 422
    assert Event.select().order_by(Event.id.desc()).get().verb == "refuse_passkey"


def test_one_address_that_keeps_failing(app: Flask, key: SoftKey, noor: Account) -> None:
    visitor = Visitor(app)
    visitor.get("/login")
    for _ in range(100):
        visitor.post("/login", {"passkey": "x"})
    response = visitor.post("/login", {"passkey": "x"})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 21
    assert attempt(visitor, noor.email).status_code == 429, "and counts for passwords too"


def test_adding(app: Flask, noor: Account) -> None:
    visitor, key = Visitor(app, noor), SoftKey()
    page = visitor.get(LIST).text
    assert f'data-passkey-way="{NEW}"' in page
    assert "Aan." not in visitor.get("/account").text
    assert visitor.get(NEW).status_code == 200
    response = visitor.post(NEW, {"name": " Mijn  laptop "})
    assert (response.status_code, response.location) == (303, f"{NEW}?name=Mijn+laptop")
    page = visitor.get(response.location).text
    assert 'name="name" value="Mijn laptop"' in page
    assert 'data-passkey="/account/factors/passkeys/options"' in page
    made = key.create(asked(visitor, "/account/factors/passkeys/options"))
    response = visitor.post("/account/factors/passkeys", {"name": "Mijn laptop", "new_passkey": made})
    assert response.status_code == 200
    assert len(re.findall(r"<li><code", response.text)) == 10
    page = visitor.get(LIST).text
    assert "Mijn laptop" in page
    assert "nog niet gebruikt" in page
    assert "Aan." in visitor.get("/account").text
    again = visitor.post("/account/factors/passkeys", {"name": "Mijn laptop", "new_passkey": made})
    assert again.status_code == 422, "a reload adds none"
    made = SoftKey().create(asked(visitor, "/account/factors/passkeys/options"))
    response = visitor.post("/account/factors/passkeys", {"name": "Sleutel", "new_passkey": made})
    assert response.location == LIST, "the second changes no recovery codes"


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "LAPTOP"])
def test_a_refused_name_stays(app: Flask, key: SoftKey, noor: Account, name: str) -> None:
    response = Visitor(app, noor).post(NEW, {"name": name})
    assert response.status_code == 422
    assert f'value="{name}"' in response.text
    assert 'id="passkey-name-error"' in response.text


def test_a_new_one_that_is_wrong(app: Flask, noor: Account, world: World) -> None:
    visitor = Visitor(app, noor)
    url = "/account/factors/passkeys"
    for key in (SoftKey(algorithm="ES384"), SoftKey(origin="https://x.example"), SoftKey(flags=PRESENT)):
        made = key.create(asked(visitor, f"{url}/options"))
        response = visitor.post(url, {"name": "Laptop", "new_passkey": made})
        assert response.status_code == 422
        assert "Deze passkey is niet geaccepteerd." in response.text
        assert 'name="name" value="Laptop"' in response.text
    made = SoftKey().create(asked(Visitor(app, world.supervisor), f"{url}/options"))
    assert visitor.post(url, {"name": "Laptop", "new_passkey": made}).status_code == 422
    assert not Passkey.select().exists()


def test_what_asks_once_more_takes_a_passkey(app: Flask, key: SoftKey, noor: Account) -> None:
    visitor = Visitor(app, noor)
    Session.update(asked_at=None).execute()
    row = Passkey.get()
    url = f"{LIST}/passkeys/{row.id}/remove"
    page = visitor.post(url)
    assert page.status_code == 401
    assert 'data-passkey="/account/factors/passkeys/challenge"' in page.text
    assert "typ een herstelcode" in page.text.lower()
    wrong = visitor.post(url, {"passkey": key.get(asked(visitor, "/login/passkey"))})
    assert wrong.status_code == 422
    assert "vijf minuten" in wrong.text
    assert visitor.post(NEW, {"name": "Phone"}).status_code == 401
    assert visitor.post("/account/factors/passkeys", {"name": "x", "new_passkey": "x"}).status_code == 401
    response = visitor.post(url, {"passkey": key.get(asked(visitor, "/account/factors/passkeys/challenge"))})
    assert (response.status_code, response.location) == (303, LIST)
    assert not Passkey.select().exists()
    assert visitor.post(url).status_code == 404, "in another tab"
    assert attempt(Visitor(app), noor.email).location == "/", "the password is enough again"


def test_what_was_sent_waits_while_it_is_asked(app: Flask, key: SoftKey, noor: Account) -> None:
    """A passkey that was just made, ten minutes after the last asking: it goes along, the answer does not."""
    visitor = Visitor(app, noor)
    made = SoftKey().create(asked(visitor, "/account/factors/passkeys/options"))
    Session.update(asked_at=None).execute()
    url = "/account/factors/passkeys"
    page = visitor.post(url, {"name": "Sleutel", "new_passkey": made}).text
    assert 'name="new_passkey"' in page
    typed = key.get(asked(visitor, "/account/factors/passkeys/challenge"))
    response = visitor.post(url, {"name": "Sleutel", "new_passkey": made, "passkey": typed})
    assert response.status_code == 200
    assert Passkey.select().count() == 2


def test_somebody_else_s(app: Flask, key: SoftKey, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    assert visitor.post(f"{LIST}/passkeys/{Passkey.get().id}/remove").status_code == 404
    assert Passkey.select().exists()


def test_who_works_at_the_agency_sets_up_a_passkey_first(app: Flask, world: World) -> None:
    Agency.update(factor_from_on=clock.today()).execute()
    visitor, key = Visitor(app, world.staff), SoftKey()
    assert visitor.get("/bureau").location == LIST
    assert visitor.post(NEW, {"name": "Laptop"}).status_code == 303
    assert visitor.get(f"{NEW}?name=Laptop").status_code == 200
    made = key.create(asked(visitor, "/account/factors/passkeys/options"))
    assert (
        visitor.post("/account/factors/passkeys", {"name": "Laptop", "new_passkey": made}).status_code == 200
    )
    assert visitor.get("/bureau").status_code == 200
    refused = visitor.post(f"{LIST}/passkeys/{Passkey.get().id}/remove")
    assert refused.status_code == 409
    assert "voeg er eerst nog een toe" in refused.text


def test_on_the_spot(app: Flask, key: SoftKey, noor: Account) -> None:
    """Signed out while typing, with scripts: the page stays, and takes a passkey for both steps."""
    visitor = Visitor(app, noor)
    was = visitor.csrf_token()
    Session.delete().execute()
    visitor.with_htmx()
    page = visitor.post("/account/password", {"current": "x"})
    assert page.status_code == 401
    assert 'data-passkey="/login/passkey"' in page.text
    response = visitor.post("/login", {"passkey": key.get(asked(visitor, "/login/passkey")), "was": was})
    assert response.status_code == 200
    assert "token" in response.headers["HX-Trigger"]
    Session.delete().execute()
    half = attempt(visitor, noor.email, was=was)
    assert 'data-passkey="/login/code/passkey"' in half.text
    assert "Typ een van uw herstelcodes" in half.text
    typed = key.get(asked(visitor, "/login/code/passkey"))
    assert visitor.post("/login/code", {"passkey": typed, "was": was}).status_code == 200
