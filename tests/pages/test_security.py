"""The edge: headers, cookies, origins, methods, proxies, and what is said when the database is gone."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from peewee import OperationalError

from konnekt import create_app, db as database
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain.accounts import passwords, sessions
from konnekt.models import Account, Session, SignInAttempt
from konnekt.screens.security import PUBLIC
from tests.factories import World
from tests.visitor import Visitor

GOOD = "correct horse battery"


def close(config: Config) -> None:
    db.close_all()


@pytest.fixture
def secure(config: Config, world: World) -> Flask:
    """The same application behind https."""
    close(config)
    app = create_app(replace(config, url="https://konnekt.example", trusted_proxies=1))
    app.config["TESTING"] = True
    db.connect(reuse_if_open=True)
    return app


EVERYWHERE = [
    "/login",
    "/account",
    "/nothing-here",
    "/healthz",
    "/static/app.css",
    "/password/new/x",
    "/approvals",
]


@pytest.mark.parametrize("url", EVERYWHERE)
def test_headers_of_every_answer(app: Flask, world: World, url: str) -> None:
    for visitor in (Visitor(app), Visitor(app, world.supervisor)):
        headers = visitor.get(url, buffered=True).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Strict-Transport-Security" not in headers, "there is no https here"
        assert headers.getlist("Content-Security-Policy") == [headers["Content-Security-Policy"]]


@pytest.mark.parametrize("url", EVERYWHERE)
def test_nothing_private_is_kept(app: Flask, world: World, url: str) -> None:
    kept = Visitor(app, world.supervisor).get(url, buffered=True).headers["Cache-Control"]
    assert ("no-store" in kept) is not url.startswith("/static")


def test_what_has_a_version_is_kept_for_a_year(app: Flask, world: World) -> None:
    visitor = Visitor(app)
    assert "immutable" in visitor.get("/static/app.css?v=1", buffered=True).headers["Cache-Control"]
    assert "immutable" not in visitor.get("/static/app.css", buffered=True).headers["Cache-Control"]
    assert visitor.get("/static/nothing.css?v=1").headers["Cache-Control"] == "no-store"
    assert visitor.get("/static/../config.py").status_code == 404
    assert visitor.get("/static/%2e%2e/config.py").status_code == 404


def test_over_https(secure: Flask, world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    client = secure.test_client()
    options = {"base_url": "https://konnekt.example"}
    page = client.get("/login", **options)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    # A page with a token in its address sends no Referer: that must not refuse its form.
    done = client.post(
        "/login", data={"name": world.noor.email, "password": GOOD, "csrf_token": token}, **options
    )
    assert done.status_code == 303
    for response in (
        page,
        done,
        client.get("/nothing-here", **options),
        client.get("/static/app.css", buffered=True, **options),
    ):
        assert int(response.headers["Strict-Transport-Security"].split("=")[1].split(";")[0]) >= 31_536_000
    for name, value in done.headers:
        if name == "Set-Cookie":
            assert value.startswith(("__Host-konnekt=", "__Host-konnekt-browser="))
            flags = {part.strip().split("=")[0] for part in value.split(";")[1:]} - {"Expires", "Max-Age"}
            assert flags == {"Secure", "HttpOnly", "Path", "SameSite"}
            assert "Path=/;" in value
            assert "SameSite=Lax" in value
    assert "Set-Cookie" in done.headers
    db.connect(reuse_if_open=True)


def test_cookie_over_http(app: Flask, world: World) -> None:
    response = Visitor(app).get("/login")
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("konnekt=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Set-Cookie" not in Visitor(app).get("/static/app.css", buffered=True).headers
    assert "Set-Cookie" not in Visitor(app).get("/healthz").headers


def post(client: FlaskClient, visitor: Visitor, url: str, **headers: str) -> int:
    data = {"csrf_token": visitor.csrf_token(), "language": "en", "name": "x", "password": "y"}
    status = client.post(url, data=data, headers=headers).status_code
    db.connect(reuse_if_open=True)
    return status


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)]
)
def test_a_change_from_another_site_is_refused(app: Flask, world: World, site: str, status: int) -> None:
    visitor = Visitor(app, world.noor)
    assert post(visitor.client, visitor, "/language", **{"Sec-Fetch-Site": site}) == status
    assert Account.get_by_id(world.noor.id).language == ("en" if status == 303 else "nl")
    looked = visitor.client.get("/account", headers={"Sec-Fetch-Site": site})
    assert looked.status_code == 200, "a link from elsewhere may be followed"
    db.connect(reuse_if_open=True)


def test_a_change_needs_the_token_of_this_browser(app: Flask, world: World) -> None:
    visitor, other = Visitor(app, world.noor), Visitor(app, world.supervisor)
    with other.client.session_transaction() as session:
        session["csrf_token"] = "f" * 40
    stolen = other.csrf_token()
    for token in ("", "x", stolen):
        response = visitor.client.post("/language", data={"language": "en", "csrf_token": token})
        db.connect(reuse_if_open=True)
        assert response.status_code == 400
    assert Account.get_by_id(world.noor.id).language == "nl"


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "NONSENSE"])
@pytest.mark.parametrize("url", ["/login", "/", "/nothing-here", "/static/app.css"])
def test_other_methods(app: Flask, world: World, method: str, url: str) -> None:
    response = app.test_client().open(url, method=method, headers={"X-Secret": "echo-me"})
    assert response.status_code == 405
    assert "echo-me" not in response.text
    db.connect(reuse_if_open=True)


def test_a_nul_is_refused_before_it_reaches_a_database(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    assert visitor.get("/organisations/F%00E").status_code == 400
    assert visitor.get("/approvals?name=%00").status_code == 400
    assert visitor.get("/login?n%00=1").status_code == 400
    assert visitor.post("/login", {"name": "a\0b", "password": "x"}).status_code == 400
    assert not SignInAttempt.select().exists()


@pytest.mark.parametrize("number", ["2147483648", "9" * 30, "-1", "1e3", "1abc", "%31%00"])
def test_a_number_that_no_row_can_have(app: Flask, world: World, number: str) -> None:
    visitor = Visitor(app, world.supervisor)
    assert visitor.get(f"/approvals/{number}").status_code in (404, 400)
    assert visitor.post(f"/account/sessions/{number}/end").status_code in (404, 400)


def test_who_is_nobody_sees_only_what_is_public(app: Flask, world: World) -> None:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in PUBLIC:
            response = Visitor(app).get(rule.rule)
            assert (response.status_code, response.location.split("?")[0]) == (303, "/login"), rule
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= PUBLIC


def test_a_new_address_is_closed_unless_it_is_named(own_app: Flask, world: World) -> None:
    own_app.add_url_rule("/brand-new", "brand_new", lambda: "secret")
    response = Visitor(own_app).get("/brand-new")
    assert response.status_code == 303
    assert "secret" not in response.text
    assert Visitor(own_app, world.noor).get("/brand-new").text == "secret"


def forwarded(app: Flask, **headers: str) -> str:
    """The address that a sign-in is remembered by."""
    visitor = Visitor(app)
    assert post(visitor.client, visitor, "/login", **headers) == 422
    key = (
        SignInAttempt.select().where(SignInAttempt.subject == "").order_by(SignInAttempt.at, SignInAttempt.id)
    )
    found = str(key.get().key)
    SignInAttempt.delete().execute()
    return found


def test_proxy_headers_count_only_behind_a_proxy(app: Flask, config: Config, world: World) -> None:
    claim = {
        "X-Forwarded-For": "203.0.113.50",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
    }
    assert forwarded(app) == forwarded(app, **claim)
    close(config)
    behind = create_app(replace(config, trusted_proxies=1))
    db.connect(reuse_if_open=True)
    first = forwarded(behind, **claim)
    assert first != forwarded(behind)
    spoofed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.50"}
    assert forwarded(behind, **spoofed) == first, "only what our own proxy added"


@pytest.fixture
def broken(app: Flask, world: World, config: Config) -> Iterator[Visitor]:
    """A signed-in visitor whose database goes away."""
    visitor = Visitor(app, world.supervisor)
    close(config)
    if config.database:
        database.connect(replace(config, database="postgresql://nobody@127.0.0.1:1/nothing"))
    else:
        (config.instance / "konnekt.db").rename(config.instance / "away.db")
        (config.instance / "konnekt.db").mkdir()
    yield visitor
    if not config.database:
        (config.instance / "konnekt.db").rmdir()
        (config.instance / "away.db").rename(config.instance / "konnekt.db")


@pytest.mark.parametrize("url", ["/", "/account", "/approvals", "/login", "/organisations/FSE"])
def test_without_a_database_the_door_stays_closed(broken: Visitor, url: str) -> None:
    response = broken.client.get(url)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Security-Policy"]
    assert "<h1" in response.text
    for word in ("Traceback", "psycopg", "sqlite", "OperationalError", "Emre", "konnekt.db"):
        assert word not in response.text


def test_without_a_database_probes_say_so_and_statics_are_there(broken: Visitor, config: Config) -> None:
    assert broken.client.get("/healthz").text == "ok\n", "a restart would not bring it back"
    response = broken.client.get("/readyz")
    assert (response.status_code, response.json) == (503, {"wrong": ["database"]})
    assert broken.client.get("/static/app.css", buffered=True).status_code == 200


def test_without_a_database_htmx_keeps_its_page(broken: Visitor) -> None:
    response = broken.client.get("/approvals", headers={"HX-Request": "true"})
    assert response.status_code == 503
    assert "<html" not in response.text


def test_a_database_that_comes_back_is_used_again(app: Flask, world: World, config: Config) -> None:
    """Connections that died while idle cost at most one answer of each process."""
    visitor = Visitor(app, world.supervisor)
    db.close()
    if config.database:
        with psycopg.connect(config.database, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
        answers = [visitor.client.get("/account").status_code for _ in range(3)]
        assert answers[0] in (200, 503)
        assert answers[1:] == [200, 200]
    else:
        other = sqlite3.connect(config.instance / "konnekt.db")
        other.execute("ALTER TABLE session RENAME TO gone")
        assert visitor.client.get("/account").status_code == 503
        other.execute("ALTER TABLE gone RENAME TO session")
        other.close()
        assert visitor.client.get("/account").status_code == 200
    db.connect(reuse_if_open=True)


def test_a_crash_shows_nothing_of_itself(own_app: Flask, world: World) -> None:
    def crash() -> Response:
        raise ZeroDivisionError("secret detail")

    own_app.add_url_rule("/crash", "crash", crash)
    own_app.config["PROPAGATE_EXCEPTIONS"] = False
    for visitor in (Visitor(own_app, world.supervisor), Visitor(own_app, world.supervisor).with_htmx()):
        response = visitor.get("/crash")
        assert response.status_code == 500
        for word in ("Traceback", "ZeroDivision", "secret detail", "site-packages"):
            assert word not in response.text
        assert response.headers["Content-Security-Policy"]


def test_last_words_need_nothing(own_app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Response:
        raise OperationalError("gone")

    own_app.add_url_rule("/fail", "fail", fail)
    own_app.jinja_env.globals["reader"] = fail
    response = Visitor(own_app, world.supervisor).client.get("/fail")
    assert response.status_code == 503
    assert "Even niet bereikbaar" in response.text
    db.connect(reuse_if_open=True)


def test_a_large_body_is_refused(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.noor)
    response = visitor.post("/language", {"language": "x" * 5_000_000})
    assert response.status_code == 413


def test_an_account_made_inactive_is_out(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.noor)
    assert visitor.get("/account").status_code == 200
    Account.update(is_active=False).where(Account.id == world.noor.id).execute()
    assert visitor.get("/account").status_code == 303
    assert sessions.living(world.noor) == list(Session.select())


@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
@pytest.mark.parametrize("text", ["http://[", "http://[::1", "//[x]/y", "http://a]b/"])
def test_an_address_that_is_none_is_no_page_before(app: Flask, world: World, header: str, text: str) -> None:
    signed_in, nobody = Visitor(app, world.supervisor), Visitor(app)
    headers = {header: text, "HX-Request": "true"}
    assert nobody.client.get("/approvals", headers=headers).headers["HX-Redirect"] == "/login"
    data = {"csrf_token": signed_in.csrf_token(), "language": "en"}
    assert signed_in.client.post("/language", data=data, headers={header: text}).location == "/"
    assert signed_in.client.post("/approvals/approve", data=data, headers={header: text}).status_code == 422
