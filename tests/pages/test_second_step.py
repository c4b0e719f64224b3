"""The second step of signing in: setting it up, being asked for it, and what half signed in opens."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import factors, passwords, recovery_codes, sessions
from konnekt.models import Account, Authenticator, Event, Session
from konnekt.screens import qr_code
from tests import one_time_codes
from tests.factories import World
from tests.one_time_codes import MINUTE, App
from tests.pages.test_security import secure
from tests.pages.test_sign_in import GOOD, attempt, is_in
from tests.test_house import private
from tests.visitor import Visitor

__all__ = ["secure"]  # a fixture of the tests of the edge


@pytest.fixture
def noor(world: World) -> Account:
    passwords.replace(world.noor, GOOD, by=None)
    return world.noor


@pytest.fixture
def phone(noor: Account) -> App:
    return one_time_codes.set_up(noor)


@pytest.fixture
def half(app: Flask, noor: Account, phone: App) -> Visitor:
    """Noor after her password."""
    visitor = Visitor(app)
    assert attempt(visitor, noor.email).location == "/login/code?next=/"
    return visitor


def type_code(visitor: Visitor, code: str, **more: str) -> TestResponse:
    return visitor.post("/login/code", {"factor_code": code, **more})


def test_without_a_factor_nothing_is_different(app: Flask, noor: Account) -> None:
    visitor = Visitor(app)
    assert attempt(visitor, noor.email).location == "/"
    assert is_in(visitor)
    assert visitor.get("/login/code").location == "/"


def test_password_and_code(half: Visitor, phone: App) -> None:
    page = half.get("/login/code")
    assert page.status_code == 200
    assert 'autocomplete="one-time-code"' in page.text
    assert 'inputmode="numeric"' in page.text
    assert "<script" not in page.text
    response = type_code(half, phone.code())
    assert (response.status_code, response.location) == (303, "/")
    assert is_in(half)
    assert [row.is_half for row in Session.select()] == [False], "the half one is gone"
    with half.client.session_transaction() as cookie:
        assert "half" not in cookie


def test_back_to_where_one_wanted_to_be(app: Flask, noor: Account, phone: App) -> None:
    visitor = Visitor(app)
    response = attempt(visitor, noor.email, next="/hours?year=2026")
    page = visitor.get(response.location).text
    assert 'name="next" value="/hours?year=2026"' in page
    assert type_code(visitor, phone.code(), next="/hours?year=2026").location == "/hours?year=2026"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_never_to_another_host(half: Visitor, phone: App, target: str) -> None:
    page = half.get("/login/code", query_string={"next": target}).text
    assert 'name="next" value="/"' in page.partition("<h1")[2]
    assert type_code(half, phone.code(), next=target).location == "/"


def test_half_signed_in_opens_nothing_else(app: Flask, half: Visitor) -> None:
    opened = []
    for method in ("GET", "POST"):
        for url in private(app, method):
            response = half.get(url) if method == "GET" else half.post(url)
            asked = (response.location or "").startswith("/login") and response.status_code == 303
            if not asked and not (method == "POST" and response.status_code == 401):
                opened.append(f"{method} {url}: {response.status}")
    assert opened == []
    assert half.get("/account").location == "/login?next=/account"
    assert half.get("/login?next=/account").location == "/login/code?next=/account"


def test_the_token_of_half_a_session_opens_nothing_as_a_session_either(app: Flask, half: Visitor) -> None:
    with half.client.session_transaction() as cookie:
        token = cookie["half"]
        cookie["_user_id"], cookie["_fresh"] = token, True
    assert half.get("/account").status_code == 303
    assert not Visitor(app).client.get_cookie("konnekt")


def test_the_token_of_a_session_is_no_half_one(app: Flask, noor: Account, phone: App) -> None:
    visitor = Visitor(app)
    with visitor.client.session_transaction() as cookie:
        cookie["half"] = sessions.start(noor)
    assert visitor.get("/login/code").location == "/login?next=/"
    assert type_code(visitor, phone.code()).status_code == 401


WRONG = "Deze code klopt niet."


def test_a_wrong_code(half: Visitor, phone: App, noor: Account) -> None:
    response = type_code(half, "000000", next="/hours")
    assert response.status_code == 422
    assert WRONG in response.text
    assert 'value="000000"' in response.text, "what was typed is kept"
    assert 'name="next" value="/hours"' in response.text
    field = re.search(r'<input[^>]*id="factor_code"[^>]*>', response.text)
    assert field
    assert 'aria-describedby="factor_code-error"' in field[0]
    assert not is_in(half)
    assert type_code(half, "").status_code == 422
    assert type_code(half, phone.code()).status_code == 303


def test_a_code_of_somebody_else(half: Visitor, world: World) -> None:
    other = one_time_codes.set_up(world.supervisor)
    assert type_code(half, other.code()).status_code == 422
    assert not is_in(half)


@pytest.mark.parametrize("off", [-90, 90])
def test_a_clock_that_is_off(half: Visitor, phone: App, off: int) -> None:
    response = type_code(half, phone.code(off))
    assert response.status_code == 422
    assert "of de klok van uw telefoon goed staat" in response.text


def test_a_code_twice(app: Flask, half: Visitor, phone: App, noor: Account) -> None:
    thief, code = Visitor(app), phone.code()
    attempt(thief, noor.email)
    assert type_code(half, code).status_code == 303
    response = type_code(thief, code)
    assert response.status_code == 422
    assert "Deze code is al gebruikt." in response.text
    assert not is_in(thief)


def test_five_wrong_codes_are_braked(app: Flask, half: Visitor, phone: App, noor: Account) -> None:
    for _ in range(5):
        assert type_code(half, "000000").status_code == 422
    response = type_code(half, phone.code())
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 15 * 60 + 1
    assert "Te veel pogingen." in response.text
    again = Visitor(app)
    attempt(again, noor.email)
    assert type_code(again, phone.code()).status_code == 429, "a right password does not clear it"


def test_after_ten_minutes_one_begins_again(half: Visitor, phone: App) -> None:
    clock.fix((clock.local(clock.now()) + 10 * MINUTE).isoformat())
    assert half.get("/login/code?next=/hours").location == "/login?next=/hours"
    response = type_code(half, phone.code(), next="/hours")
    assert response.status_code == 401
    assert "Het inloggen duurde langer dan tien minuten." in response.text
    assert 'name="next" value="/hours"' in response.text
    assert not is_in(half)


def test_somebody_else_may_begin(half: Visitor, world: World) -> None:
    passwords.replace(world.supervisor, GOOD, by=None)
    page = half.get("/login?anew=1").text
    assert 'name="password"' in page
    assert attempt(half, world.supervisor.email).location == "/"
    assert half.get("/account").text.count(world.supervisor.email)


def test_signing_in_anew_ends_the_half_session_before(half: Visitor, noor: Account) -> None:
    attempt(half, noor.email)
    assert Session.select().count() == 1


def test_two_tabs(half: Visitor, phone: App) -> None:
    """The code is typed in one; the other, whose page is older, leads on."""
    token = half.csrf_token()
    type_code(half, phone.code())
    response = half.client.post("/login/code", data={"factor_code": "123456", "csrf_token": token})
    db.connect(reuse_if_open=True)
    assert response.status_code == 303
    assert is_in(half)


def test_a_page_from_before_the_last_sign_in(half: Visitor, phone: App) -> None:
    response = half.client.post("/login/code", data={"factor_code": phone.code(), "csrf_token": "old"})
    db.connect(reuse_if_open=True)
    assert response.status_code == 400
    assert f'value="{phone.code()}"' in response.text
    assert type_code(half, phone.code()).status_code == 303


def test_on_the_spot(app: Flask, noor: Account, phone: App) -> None:
    """Signed out while typing, with scripts: the page stays, and asks for both."""
    visitor = Visitor(app, noor)
    was = visitor.csrf_token()
    sessions.end_all(noor)
    visitor.with_htmx()
    response = attempt(visitor, noor.email, was=was)
    assert response.status_code == 401
    assert 'id="again-code"' in response.text
    assert 'hx-post="/login/code"' in response.text
    assert response.headers["HX-Retarget"] == "#problem"
    assert "<html" not in response.text
    assert type_code(visitor, "000000", was=was).status_code == 422
    response = type_code(visitor, phone.code(), was=was)
    assert response.status_code == 200
    assert "token" in response.headers["HX-Trigger"]


def carried(page: str) -> str:
    """What a page carries of a form that did not arrive, signed anew at each of them."""
    found = re.search(r'name="unsent" value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_what_did_not_arrive_goes_along(app: Flask, noor: Account, phone: App) -> None:
    """Signed out while typing, without scripts: what was sent waits behind both steps."""
    visitor = Visitor(app, noor)
    sessions.end_all(noor)
    page = visitor.post("/hours/X/save", {"remark": "Dinsdag was ik er niet"}).text
    response = attempt(visitor, noor.email, unsent=carried(page))
    assert response.status_code == 200
    response = type_code(visitor, "000000", unsent=carried(response.text))
    response = type_code(visitor, phone.code(), unsent=carried(response.text))
    assert response.status_code == 200
    assert "Dinsdag was ik er niet" in response.text
    assert is_in(visitor)


def test_setting_up(app: Flask, noor: Account) -> None:
    visitor = Visitor(app, noor)
    account = visitor.get("/account").text
    assert 'href="/account/factors"' in account
    assert "Uit." in account
    response = visitor.post("/account/factors", {"name": "Mijn telefoon"})
    row = Authenticator.get()
    assert (response.status_code, response.location) == (303, f"/account/factors/{row.id}")
    page = visitor.get(response.location).text
    secret = factors.secret_of(row)
    assert " ".join(re.findall("....", secret)) in page
    assert qr_code.drawn(factors.address_of(row)).path in page
    assert secret not in response.location
    response = visitor.post(f"/account/factors/{row.id}", {"factor_code": App(row, secret).code()})
    assert response.status_code == 200
    page = visitor.get("/account/factors").text
    assert "Mijn telefoon" in page
    assert secret not in page
    assert "Aan." in visitor.get("/account").text
    again = visitor.get(f"/account/factors/{row.id}")
    assert again.status_code == 409
    assert secret not in again.text


def test_a_wrong_first_code(app: Flask, noor: Account) -> None:
    visitor, phone = Visitor(app, noor), one_time_codes.begun(noor)
    url = f"/account/factors/{phone.row.id}"
    response = visitor.post(url, {"factor_code": "000000"})
    assert response.status_code == 422
    assert "Dit is niet de code die de app nu toont." in response.text
    assert 'value="000000"' in response.text
    assert qr_code.drawn(factors.address_of(phone.row)).path in response.text, "the same picture"
    assert visitor.post(url, {}).status_code == 422
    for _ in range(3):
        visitor.post(url, {"factor_code": "000000"})
    assert visitor.post(url, {"factor_code": phone.code()}).status_code == 429
    assert not Account.get_by_id(noor.id).has_second_factor


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_refused_name_stays(app: Flask, noor: Account, name: str) -> None:
    response = Visitor(app, noor).post("/account/factors", {"name": name})
    assert response.status_code == 422
    assert f'value="{name}"' in response.text
    assert 'id="name-error"' in response.text


def test_removing(app: Flask, noor: Account, phone: App) -> None:
    visitor = Visitor(app, noor)
    url = f"/account/factors/{phone.row.id}/remove"
    assert visitor.get(url).status_code == 405
    assert visitor.client.post(url).status_code == 400
    db.connect(reuse_if_open=True)
    assert visitor.post(url).location == "/account/factors"
    assert visitor.post(url).status_code == 404, "in another tab"
    assert attempt(Visitor(app), noor.email).location == "/"


def test_somebody_else_s(app: Flask, world: World, noor: Account, phone: App) -> None:
    visitor = Visitor(app, world.staff)
    for url in (f"/account/factors/{phone.row.id}", "/account/factors/999999"):
        assert visitor.get(url).status_code == 404
        assert visitor.post(url, {"factor_code": phone.code()}).status_code == 404
        assert visitor.post(f"{url}/remove").status_code == 404
    assert Account.get_by_id(noor.id).has_second_factor


def test_a_new_password_leaves_the_second_step(app: Flask, noor: Account, half: Visitor, phone: App) -> None:
    passwords.replace(noor, "een heel ander wachtwoord", by=None)
    assert half.get("/login/code").location == "/login?next=/", "half signed in with the old one"
    assert attempt(half, noor.email, "een heel ander wachtwoord").location == "/login/code?next=/"


def test_no_secret_reaches_log_or_record(
    app: Flask, noor: Account, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = Visitor(app, noor)
    with caplog.at_level(0):
        visitor.post("/account/factors", {"name": "Phone"})
        row = Authenticator.get()
        phone = App(row, factors.secret_of(row))
        visitor.post(f"/account/factors/{row.id}", {"factor_code": phone.code()})
        half = Visitor(app)
        attempt(half, noor.email)
        type_code(half, "314159")
        type_code(half, phone.code(30))
    said = [repr(vars(record)) for record in caplog.records if not record.name.startswith("peewee")]
    events = [repr(event.__data__) for event in Event.select()]
    assert said
    for secret in (phone.secret, phone.code(), phone.code(30), "314159", GOOD):
        assert [line for line in said + events if secret in line] == []


def codes_of(page: str) -> list[str]:
    return re.findall(r"<li><code[^>]*>([^<]+)</code>", page)


def test_recovery_codes_come_with_the_first_app(app: Flask, noor: Account) -> None:
    visitor, phone = Visitor(app, noor), one_time_codes.begun(noor)
    url = f"/account/factors/{phone.row.id}"
    page = visitor.post(url, {"factor_code": phone.code()})
    codes = codes_of(page.text)
    assert (page.status_code, len(set(codes))) == (200, 10)
    assert visitor.post(url, {"factor_code": phone.code()}).status_code == 409, "a reload shows no others"
    shown = visitor.get("/account/factors").text
    assert "Er zijn er nog 10 van de tien." in shown
    assert not any(code in shown for code in codes)
    saved = visitor.post("/account/factors/recovery-codes/file", {"codes": " ".join(codes)})
    assert saved.text.split() == codes
    assert saved.mimetype == "text/plain"
    assert saved.headers["Content-Disposition"] == "attachment; filename=Konnekt_herstelcodes.txt"
    assert saved.headers["Cache-Control"] == "no-store"
    laptop = one_time_codes.begun(noor, "Laptop")
    response = visitor.post(f"/account/factors/{laptop.row.id}", {"factor_code": laptop.code()})
    assert response.location == "/account/factors", "the second app changes none"


def test_making_new_recovery_codes(app: Flask, noor: Account, phone: App) -> None:
    visitor = Visitor(app, noor)
    assert "Er zijn er nog 0 van de tien." in visitor.get("/account/factors").text
    first = codes_of(visitor.post("/account/factors/recovery-codes").text)
    second = codes_of(visitor.post("/account/factors/recovery-codes").text)
    assert len({*first, *second}) == 20
    response = visitor.post("/account/factors/recovery-codes/file", {"codes": " ".join(first)})
    assert response.status_code == 409
    assert "er zijn intussen andere gemaakt" in response.text
    assert 'action="/account/factors/recovery-codes"' in response.text, "a way on"
    assert visitor.get("/account/factors/recovery-codes").status_code == 405


def test_signing_in_by_a_recovery_code(app: Flask, half: Visitor, phone: App, noor: Account) -> None:
    codes = recovery_codes.renew(noor, by=noor)
    page = half.post("/login/code", {"recovery": "ask", "next": "/hours"})
    assert page.status_code == 200
    assert "Typ een van uw herstelcodes" in page.text
    assert 'name="next" value="/hours"' in page.text
    assert 'inputmode="numeric"' not in page.text
    wrong = half.post("/login/code", {"recovery": "1", "factor_code": "k3f9m2-qp7xwd", "next": "/hours"})
    assert wrong.status_code == 422
    assert "Typ een van uw herstelcodes" in wrong.text, "the same form again"
    response = half.post("/login/code", {"recovery": "1", "factor_code": codes[0], "next": "/hours"})
    assert (response.status_code, response.location) == (303, "/hours")
    assert "er zijn er nog 9." in half.get("/account").text
    thief = Visitor(app)
    attempt(thief, noor.email)
    again = type_code(thief, codes[0])
    assert again.status_code == 422
    assert "Deze herstelcode is al gebruikt." in again.text


def test_a_browser_that_is_remembered(app: Flask, half: Visitor, phone: App, noor: Account) -> None:
    assert 'name="remember"' in half.get("/login/code").text
    response = type_code(half, phone.code(), remember="1")
    (cookie,) = [one for one in response.headers.getlist("Set-Cookie") if "konnekt-browser" in one]
    assert cookie.startswith("konnekt-browser=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    half.post("/logout")
    assert attempt(half, noor.email).location == "/", "the password alone"
    assert attempt(Visitor(app), noor.email).location == "/login/code?next=/", "in another browser both"
    page = half.get("/account").text
    assert "Onthouden: daar is alleen uw wachtwoord nodig" in page
    (forget,) = re.findall(r'action="(/account/devices/\d+/forget)"', page)
    assert half.with_htmx().post(forget).text.count("Onthouden:") == 0
    assert half.post(forget).status_code == 404
    half.htmx = False
    half.post("/logout")
    assert attempt(half, noor.email).location == "/login/code?next=/"


def test_who_does_not_tick_is_not_remembered(half: Visitor, phone: App, noor: Account) -> None:
    type_code(half, phone.code())
    assert "Onthouden:" not in half.get("/account").text
    half.post("/logout")
    assert attempt(half, noor.email).location == "/login/code?next=/"


def test_a_token_of_somebody_else_s_browser(app: Flask, half: Visitor, phone: App, world: World) -> None:
    one_time_codes.set_up(world.supervisor)
    passwords.replace(world.supervisor, GOOD, by=None)
    type_code(half, phone.code(), remember="1")
    half.post("/logout")
    assert attempt(half, world.supervisor.email).location == "/login/code?next=/"


def test_the_cookie_over_https(secure: Flask, noor: Account, phone: App) -> None:
    client, base = secure.test_client(), {"base_url": "https://konnekt.example"}
    token = client.get("/login", **base).text.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/login", data={"name": noor.email, "password": GOOD, "csrf_token": token}, **base)
    token = client.get("/login/code", **base).text.split('name="csrf_token" value="')[1].split('"')[0]
    typed = {"factor_code": phone.code(), "remember": "1", "csrf_token": token}
    response = client.post("/login/code", data=typed, **base)
    (cookie,) = [one for one in response.headers.getlist("Set-Cookie") if "konnekt-browser" in one]
    assert cookie.startswith("__Host-konnekt-browser=")
    assert "; Secure;" in cookie
    assert "Path=/;" in cookie
    db.connect(reuse_if_open=True)
