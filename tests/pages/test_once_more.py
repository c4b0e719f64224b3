"""Asked once more: before factors change, the password or the factor again, once in ten minutes."""

import pytest
from flask import Flask

from konnekt.domain import clock
from konnekt.domain.accounts import devices, factor_resets, factors, passwords, recovery_codes
from konnekt.models import Account, Authenticator, FactorReset, Session
from tests import factories, one_time_codes
from tests.factories import World
from tests.one_time_codes import MINUTE, App
from tests.pages.test_sign_in import GOOD, attempt
from tests.visitor import Visitor

URL = "/account/factors"


@pytest.fixture
def noor(world: World) -> Account:
    passwords.replace(world.noor, GOOD, by=None)
    return Account.get_by_id(world.noor.id)


@pytest.fixture
def visitor(app: Flask, noor: Account) -> Visitor:
    """Noor, eleven minutes after she signed in."""
    visitor = Visitor(app, noor)
    later(11)
    return visitor


def later(minutes: int) -> None:
    clock.fix((clock.local(clock.now()) + minutes * MINUTE).isoformat())


def test_for_ten_minutes_after_signing_in_nothing_is_asked(app: Flask, noor: Account) -> None:
    visitor = Visitor(app, noor)
    later(9)
    assert visitor.post(URL, {"name": "Phone"}).status_code == 303


def test_the_password_is_asked_and_what_was_typed_goes_along(visitor: Visitor, noor: Account) -> None:
    page = visitor.post(URL, {"name": "Mijn <telefoon>"})
    assert page.status_code == 401
    assert "Typ uw wachtwoord om verder te gaan." in page.text
    assert f'action="{URL}"' in page.text
    assert 'name="name" value="Mijn &lt;telefoon&gt;"' in page.text
    assert 'autocomplete="current-password"' in page.text
    assert not Authenticator.select().exists()
    response = visitor.post(URL, {"name": "Mijn <telefoon>", "once_more": GOOD})
    assert response.status_code == 303
    assert Authenticator.get().name == "Mijn <telefoon>"
    later(9)
    assert visitor.post(URL, {"name": "Laptop"}).status_code == 303, "asked once in ten minutes"
    later(2)
    assert visitor.post(URL, {"name": "Tablet"}).status_code == 401


@pytest.mark.parametrize(
    ("typed", "says"), [("", "Vul dit in."), ("wrong", "Dit is niet uw huidige wachtwoord."), ("x" * 301, "")]
)
def test_a_wrong_password(visitor: Visitor, noor: Account, typed: str, says: str) -> None:
    page = visitor.post(URL, {"name": "Phone", "once_more": typed})
    assert page.status_code == 422
    assert says in page.text
    assert 'name="name" value="Phone"' in page.text
    assert not typed or f'value="{typed}"' not in page.text, "a password is never shown again"
    assert 'id="once_more-error"' in page.text
    assert not Authenticator.select().exists()


def test_guessing_is_braked(visitor: Visitor, noor: Account) -> None:
    for _ in range(10):
        assert visitor.post(URL, {"name": "Phone", "once_more": "wrong"}).status_code == 422
    page = visitor.post(URL, {"name": "Phone", "once_more": GOOD})
    assert page.status_code == 429
    assert page.headers["Retry-After"]


def test_who_has_a_factor_shows_that(visitor: Visitor, noor: Account) -> None:
    phone = one_time_codes.set_up(noor)
    codes = recovery_codes.renew(noor, by=noor)
    url = f"{URL}/{phone.row.id}/remove"
    page = visitor.post(url)
    assert page.status_code == 401
    assert "Typ om verder te gaan de code" in page.text
    assert visitor.post(url, {"once_more": GOOD}).status_code == 422, "the password is not enough"
    assert visitor.post(url, {"once_more": phone.code(90)}).status_code == 422
    factors.check(noor, phone.code())
    assert "al gebruikt" in visitor.post(url, {"once_more": phone.code()}).text
    assert Account.get_by_id(noor.id).has_second_factor
    assert visitor.post(url, {"once_more": codes[0]}).status_code == 303
    assert not Account.get_by_id(noor.id).has_second_factor


@pytest.mark.parametrize("what", ["", "/1/remove", "/recovery-codes"])
def test_what_asks(visitor: Visitor, noor: Account, what: str) -> None:
    assert visitor.post(f"{URL}{what}").status_code == 401
    assert visitor.get(URL).status_code == 200, "looking asks nothing"


def test_a_remembered_browser_showed_the_password_alone(app: Flask, noor: Account) -> None:
    phone = one_time_codes.set_up(noor)
    visitor = Visitor(app)
    devices.remember(noor, token := devices.know(noor, ""))
    visitor.client.set_cookie("konnekt-browser", token)
    assert attempt(visitor, noor.email).location == "/"
    url = f"{URL}/{phone.row.id}/remove"
    assert visitor.post(url).status_code == 401
    assert visitor.post(url, {"once_more": phone.code()}).status_code == 303


def test_a_session_of_before_is_asked(app: Flask, noor: Account) -> None:
    visitor = Visitor(app, noor)
    Session.update(asked_at=None).execute()
    assert visitor.post(URL, {"name": "Phone"}).status_code == 401


def test_the_agency_before_it_takes_a_factor_away(app: Flask, world: World, noor: Account) -> None:
    one_time_codes.set_up(noor)
    passwords.replace(world.staff, GOOD, by=None)
    ria = factories.account("Ria", "Bakker", is_agency_staff=True)
    staff = Visitor(app, world.staff)
    later(11)
    url = f"/bureau/people/{noor.id}/factors"
    page = staff.post(f"{url}/ask", {"reason": "Gebeld."})
    assert page.status_code == 401
    assert 'name="reason" value="Gebeld."' in page.text
    assert staff.post(f"{url}/ask", {"reason": "Gebeld.", "once_more": GOOD}).status_code == 303
    assert FactorReset.get().reason == "Gebeld."
    FactorReset.delete().execute()
    factor_resets.ask(noor.id, "Gebeld.", by=ria)
    later(11)
    assert staff.post(f"{url}/confirm").status_code == 401
    assert Account.get_by_id(noor.id).has_second_factor


def test_changing_the_password_asks_the_old_one_anyway(visitor: Visitor, noor: Account) -> None:
    response = visitor.post("/account/password", {"current": GOOD, "password": "een heel ander wachtwoord"})
    assert response.status_code == 303
    assert visitor.post(URL, {"name": "Phone"}).status_code == 303, "and counts as asking"


def test_the_old_password_is_no_code(visitor: Visitor, noor: Account) -> None:
    phone = one_time_codes.set_up(noor)
    visitor.post("/account/password", {"current": GOOD, "password": "een heel ander wachtwoord"})
    assert visitor.get("/account").status_code == 200
    assert visitor.post(f"{URL}/{phone.row.id}/remove").status_code == 401


def test_one_app_needs_no_second_asking(app: Flask, noor: Account) -> None:
    """Setting up asks when it begins; the code that ends it is asked anyway."""
    visitor = Visitor(app, noor)
    begun = visitor.post(URL, {"name": "Phone"}).location
    later(30)
    row = Authenticator.get()
    phone = App(row, factors.secret_of(row))
    assert visitor.post(begun, {"factor_code": phone.code()}).status_code == 200
