"""Signing in with a provider, which is a real one on loopback: what lets one in, and what does not."""

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from konnekt.background import mail
from konnekt.config import Config
from konnekt.domain import clock
from konnekt.domain.accounts import fetching, identities, links, openid, passwords, sessions
from konnekt.models import (
    Account,
    AccountLink,
    Deputy,
    Device,
    Event,
    Identity,
    Mail,
    ProviderRequest,
    Session,
)
from konnekt.providers import Provider
from tests import factories, oidc, one_time_codes
from tests.factories import World
from tests.oidc import TestProvider, path_of, pick
from tests.pages.test_sign_in import GOOD, attempt, is_in
from tests.visitor import Visitor

UNTRUSTED = "niet te vertrouwen"
OVER = "Begin opnieuw."


@pytest.fixture
def idp() -> Iterator[TestProvider]:
    openid.forget()
    with oidc.running() as made:
        yield made


def use(app: Flask, config: Config, *providers: Provider) -> None:
    """Have these stand in the settings."""
    app.config["KONNEKT"] = replace(config, providers=providers)
    mail.configure(app.config["KONNEKT"])


@pytest.fixture
def emre(app: Flask, config: Config, world: World, idp: TestProvider) -> Account:
    """A supervisor whose account is connected to sub-1, at an organisation that offers it."""
    use(app, config, idp.provider())
    world.fse.sign_in = "offered"
    world.fse.save()
    passwords.replace(world.supervisor, GOOD, by=None)
    Identity.create(account=world.supervisor, issuer=idp.issuer, subject="sub-1", created_at=clock.now())
    return world.supervisor


def go(visitor: Visitor, path: str = "/login/with/demo", **form: str) -> str:
    """Leave for the provider; returns its address."""
    response = visitor.post(path, form)
    assert response.status_code == 200, response.text
    address = response.headers["Refresh"].partition("url=")[2]
    assert address in unescape(response.text), "a link for who is not led on"
    assert "noindex" not in response.text
    return address


def come_back(visitor: Visitor, address: str) -> TestResponse:
    return visitor.get(path_of(address))


def sign_in(visitor: Visitor, subject: str = "sub-1", **form: str) -> TestResponse:
    return come_back(visitor, pick(go(visitor, **form), subject))


def said(response: TestResponse) -> str:
    """What the page says above all else."""
    found = re.findall(r'class="notice look" role="status">.*?<span>(.*?)</span>', response.text, re.S)
    return unescape(" ".join(found))


def refused(visitor: Visitor, response: TestResponse, sentence: str) -> None:
    """One sentence, at an address that carries no code; nobody signed in or half signed in."""
    if response.status_code == 303:
        assert response.location == "/login"
        response = visitor.get("/login")
    else:
        assert response.status_code >= 400
    assert sentence in said(response), said(response)
    assert Session.select().count() == 0
    with visitor.client.session_transaction() as cookie:
        assert "half" not in cookie
    assert not is_in(visitor)


# What lets one in


def test_the_page_offers_what_is_in_the_settings(app: Flask, config: Config, world: World) -> None:
    assert "/login/with/" not in Visitor(app).get("/login").text
    use(app, config, Provider("surf", "SURFconext", "https://connect.example", "a", "b"))
    page = Visitor(app).get("/login").text
    assert "Inloggen met SURFconext" in page
    assert 'action="/login/with/surf"' in page
    assert "https://connect.example" not in page, "nobody is asked before somebody goes there"


def test_where_one_is_sent(app: Flask, emre: Account, idp: TestProvider) -> None:
    address = go(Visitor(app))
    query = dict(parse_qsl(urlsplit(address).query))
    assert address.startswith(f"{idp.issuer}/authorize?")
    assert query["redirect_uri"] == "http://127.0.0.1:8000/login/with/demo/answer"
    assert (query["response_type"], query["scope"]) == ("code", "openid")
    assert query["code_challenge_method"] == "S256"
    assert all(len(query[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    kept = ProviderRequest.get()
    everything = " ".join(str(value) for value in kept.__data__.values())
    assert not any(query[name] in everything for name in ("state", "nonce", "code_challenge"))


def test_in_and_to_where_one_wanted_to_be(app: Flask, emre: Account, idp: TestProvider) -> None:
    visitor = Visitor(app)
    response = sign_in(visitor, next="/approvals?page=2")
    assert (response.status_code, response.location) == (303, "/approvals?page=2")
    assert is_in(visitor)
    row = Session.get()
    assert (row.account, row.provider, row.is_half, row.had_factor) == (emre, "demo", False, False)
    assert Identity.get().used_at == clock.now()
    assert Device.select().where(Device.account == emre).count() == 1
    assert idp.secret not in str(ProviderRequest.get().__data__)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_never_to_another_host(app: Flask, emre: Account, target: str) -> None:
    assert sign_in(Visitor(app), next=target).location == "/"


def test_a_changed_address_is_the_same_account(app: Flask, emre: Account, idp: TestProvider) -> None:
    idp.more = {"email": "somebody.else@um.example", "email_verified": True}
    visitor = Visitor(app)
    sign_in(visitor)
    assert Session.get().account == emre


def test_an_address_of_somebody_here_lets_nobody_in(app: Flask, emre: Account, idp: TestProvider) -> None:
    idp.more = {"email": emre.email, "email_verified": True}
    visitor = Visitor(app)
    refused(visitor, sign_in(visitor, "sub-3"), "nog niet gekoppeld")


def test_an_account_that_is_closed(app: Flask, emre: Account) -> None:
    Account.update(is_active=False).where(Account.id == emre.id).execute()
    visitor = Visitor(app)
    refused(visitor, sign_in(visitor), "nog niet gekoppeld")


def test_who_is_signed_in_already_is_led_on(app: Flask, emre: Account, world: World) -> None:
    other, visitor = Visitor(app), Visitor(app, world.noor)
    assert visitor.post("/login/with/demo", {}).location == "/"
    address = pick(go(other))
    assert come_back(visitor, address).location == "/"
    assert Session.select().where(Session.account == emre).count() == 0


# What does not


def test_a_state_of_another_browser(app: Flask, emre: Account) -> None:
    mine, victim = Visitor(app), Visitor(app)
    answer = pick(go(mine))
    refused(victim, come_back(victim, answer), OVER)
    go(victim)
    refused(victim, come_back(victim, answer), OVER)
    assert come_back(mine, answer).location == "/", "and it is not used up by that"


def test_an_answer_that_comes_twice(app: Flask, emre: Account) -> None:
    visitor = Visitor(app)
    answer = pick(go(visitor))
    assert come_back(visitor, answer).location == "/"
    visitor.post("/logout")
    with visitor.client.session_transaction() as cookie:
        cookie.pop("_user_id", None)
    Session.delete().execute()
    refused(visitor, come_back(visitor, answer), OVER)


def test_a_code_that_was_used(app: Flask, emre: Account, idp: TestProvider) -> None:
    """Its state is fresh, the code in it another's."""
    visitor = Visitor(app)
    idp.codes.clear()
    first, second = pick(go(visitor)), pick(go(visitor))
    code = dict(parse_qsl(urlsplit(first).query))["code"]
    stolen = dict(parse_qsl(urlsplit(second).query)) | {"code": code}
    where = f"{path_of(second).partition('?')[0]}?{urlencode(stolen)}"
    refused(visitor, visitor.get(where), UNTRUSTED)


def test_ten_minutes_and_it_is_over(app: Flask, emre: Account) -> None:
    visitor = Visitor(app)
    answer = pick(go(visitor))
    clock.fix((clock.now() + timedelta(minutes=10)).isoformat())
    refused(visitor, come_back(visitor, answer), OVER)


@pytest.mark.parametrize("nonsense", ["", "?state=", "?state=x&code=y", "?code=y", "?state=%C3%A9&error=x"])
def test_an_answer_to_nothing(app: Flask, emre: Account, nonsense: str) -> None:
    visitor = Visitor(app)
    refused(visitor, visitor.get(f"/login/with/demo/answer{nonsense}"), OVER)


def test_no_such_provider(app: Flask, emre: Account) -> None:
    assert Visitor(app).post("/login/with/other", {}).status_code == 404
    assert Visitor(app).get("/login/with/other/answer?state=x").status_code == 404


def test_an_answer_at_another_provider(app: Flask, config: Config, emre: Account, idp: TestProvider) -> None:
    """Mix-up: asked at one, answered as if by another (RFC 9700, 4.4)."""
    with oidc.running() as evil:
        use(app, config, idp.provider(), evil.provider("evil", "Evil"))
        visitor = Visitor(app)
        answer = path_of(pick(go(visitor)))
        refused(visitor, visitor.get(answer.replace("/demo/", "/evil/")), OVER)
        wrong = answer.replace(urlencode({"iss": idp.issuer}), urlencode({"iss": evil.issuer}))
        assert wrong != answer
        refused(visitor, visitor.get(wrong), UNTRUSTED)


def test_the_provider_says_no(app: Flask, emre: Account, capsys: pytest.CaptureFixture[str]) -> None:
    visitor = Visitor(app)
    state = dict(parse_qsl(urlsplit(go(visitor)).query))["state"]
    where = {"state": state, "error": "access_denied", "error_description": "<b>Bel 0900-1234</b>"}
    response = visitor.get(f"/login/with/demo/answer?{urlencode(where)}")
    refused(visitor, response, "niet binnengelaten")
    assert "0900" not in response.text + capsys.readouterr().err


CLAIMS = {
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "somebody-else"},
    "several audiences, none of them who asked": {"aud": ["a", "b"]},
    "several audiences, for another": {"aud": ["konnekt", "b"], "azp": "b"},
    "an old nonce": {"nonce": "of another day"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a subject with a NUL": {"sub": "sub-1\0"},
    "an endless subject": {"sub": "x" * 5000},
    "no end": {"exp": None},
    "an end that is no moment": {"exp": "tomorrow"},
    "no begin": {"iat": None},
    "no issuer": {"iss": None},
    "no audience": {"aud": None},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=list(CLAIMS))
def test_a_token_that_says_something_else(
    app: Flask, emre: Account, idp: TestProvider, claims: dict[str, object]
) -> None:
    idp.more = claims
    visitor = Visitor(app)
    refused(visitor, sign_in(visitor), UNTRUSTED)


@pytest.mark.parametrize("wrong", ["none", "hs256", "other_key", "same_kid", "changed", "garbage"])
def test_a_token_that_is_not_signed_by_its_key(
    app: Flask, emre: Account, idp: TestProvider, wrong: str
) -> None:
    idp.wrong = wrong
    visitor = Visitor(app)
    refused(visitor, sign_in(visitor), UNTRUSTED)


def test_a_new_key_is_fetched(app: Flask, emre: Account, idp: TestProvider) -> None:
    assert sign_in(Visitor(app)).location == "/"
    idp.key = oidc.OTHER_KEY
    assert sign_in(Visitor(app)).location == "/"
    assert idp.asked.count("/keys") == 2, "and once only"
    assert sum("well-known" in one for one in idp.asked) == 1, "what it says of itself is kept"


@pytest.mark.parametrize(
    ("seconds", "is_let_in"), [(90, True), (-90, True), (-90 - 300, True), (600, False), (-600, False)]
)
def test_clocks_that_differ(
    app: Flask, emre: Account, idp: TestProvider, seconds: int, is_let_in: bool
) -> None:
    """A token lasts 300 seconds; two minutes are let pass."""
    idp.seconds_off = seconds
    visitor = Visitor(app)
    response = sign_in(visitor)
    if is_let_in:
        assert response.location == "/"
    else:
        refused(visitor, response, UNTRUSTED)


DISCOVERY = {
    "another issuer": {"issuer": "https://evil.example"},
    "no issuer": {"issuer": None},
    "no keys": {"jwks_uri": None},
    "in the clear": {"token_endpoint": "http://evil.example/token"},
    "a script": {"authorization_endpoint": "javascript:alert(1)"},
    "a number": {"token_endpoint": 7},
}


@pytest.mark.parametrize("says", DISCOVERY.values(), ids=list(DISCOVERY))
def test_discovery_that_can_not_be(
    app: Flask, emre: Account, idp: TestProvider, says: dict[str, object]
) -> None:
    idp.says = says
    visitor = Visitor(app)
    refused(visitor, visitor.post("/login/with/demo", {}), UNTRUSTED)


@pytest.mark.parametrize("ways", [5, "client_secret_post", {"client_secret_post": 1}, [7, None]])
def test_ways_to_prove_who_asks_that_are_no_list(
    app: Flask, emre: Account, idp: TestProvider, ways: object
) -> None:
    """The way that every provider has is taken (RFC 8414: where nothing is said, client_secret_basic)."""
    idp.says = {"token_endpoint_auth_methods_supported": ways}
    assert sign_in(Visitor(app)).location == "/"


@pytest.mark.parametrize("claims", [{"amr": "mfa"}, {"amr": 5}, {"amr": {"mfa": 1}}, {"acr": 5}])
def test_claims_of_another_kind_count_for_nothing(
    app: Flask, emre: Account, idp: TestProvider, claims: dict[str, object]
) -> None:
    one_time_codes.set_up(emre)
    idp.more = claims
    visitor = Visitor(app)
    assert sign_in(visitor).status_code == 303
    assert not is_in(visitor)


@pytest.mark.parametrize("wrong", ["10MB", "deep", "html", "elsewhere", "failing"])
def test_discovery_that_is_none(app: Flask, emre: Account, idp: TestProvider, wrong: str) -> None:
    idp.wrong = wrong
    visitor = Visitor(app)
    response = visitor.post("/login/with/demo", {})
    assert response.status_code == 503
    refused(visitor, response, "antwoordt op dit moment niet")


@pytest.mark.parametrize("wrong", ["slow", "dripping"])
def test_a_provider_that_takes_its_time(
    app: Flask, emre: Account, idp: TestProvider, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetching.SECONDS == 3
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    idp.wrong = wrong
    visitor = Visitor(app)
    refused(visitor, visitor.post("/login/with/demo", {}), "antwoordt op dit moment niet")
    began = time.monotonic()
    refused(visitor, visitor.post("/login/with/demo", {}), "antwoordt op dit moment niet")
    assert time.monotonic() - began < 0.4, "the next one does not wait for it again"


def test_a_provider_that_is_down_leaves_the_password(app: Flask, config: Config, emre: Account) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    use(app, config, Provider("demo", "SURFconext", f"http://127.0.0.1:{port}", "a", "b"))
    visitor = Visitor(app)
    response = visitor.post("/login/with/demo", {})
    assert response.status_code == 503
    assert said(response) == (
        "SURFconext antwoordt op dit moment niet. Probeer het later opnieuw, of log op een andere manier in."
    )
    assert attempt(visitor, emre.email).location == "/"


def test_the_log_says_why_and_nothing_secret(
    app: Flask, emre: Account, idp: TestProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = Visitor(app)
    address = go(visitor)
    answer = pick(address)
    sign_in(Visitor(app))
    idp.wrong = "other_key"
    come_back(visitor, answer)
    log = capsys.readouterr().err
    assert "sign-in with demo refused: " in log
    assert '"what": "sign_in_by_provider", "who": ' in log
    secrets = [
        idp.secret,
        *(value for url in (address, answer) for _, value in parse_qsl(urlsplit(url).query)),
    ]
    hidden = [one for one in secrets if len(one) > 30 and "://" not in one]
    assert len(hidden) >= 5
    assert [one for one in hidden if one in log] == []
    assert "sub-1" not in log


def test_many_at_once_from_one_address(app: Flask, emre: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("konnekt.domain.accounts.attempts.MOST_IN_BURST", 2)
    visitor = Visitor(app)
    answers = [visitor.post("/login/with/demo", {}) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) <= 21


def test_a_page_that_is_too_old(app: Flask, emre: Account) -> None:
    visitor = Visitor(app)
    response = visitor.client.post("/login/with/demo", data={"csrf_token": "forged"})
    assert response.status_code == 400
    assert "Kies nog eens" in said(response)
    assert ProviderRequest.select().count() == 0


def test_nothing_is_authlibs_without_a_provider() -> None:
    import subprocess
    import sys

    loaded = "import sys, konnekt; konnekt.create_app(); print([m for m in sys.modules if m.startswith(('authlib', 'joserfc'))])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


# Second factor


def test_our_second_factor_is_asked_where_the_provider_did_not(app: Flask, emre: Account) -> None:
    phone = one_time_codes.set_up(emre)
    visitor = Visitor(app)
    response = sign_in(visitor, next="/approvals")
    assert response.location == "/login/code?next=/approvals"
    assert not is_in(visitor)
    response = visitor.post("/login/code", {"factor_code": phone.code(), "next": "/approvals"})
    assert response.location == "/approvals"
    assert [(row.provider, row.is_half) for row in Session.select()] == [("demo", False)]


@pytest.mark.parametrize(
    ("claims", "is_asked"),
    [
        ({"amr": ["pwd", "mfa"]}, False),
        ({"acr": "https://refeds.org/profile/mfa"}, False),
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": ["pwd"]}, True),
        ({"acr": "mfa"}, True),
        ({"acr": ["https://refeds.org/profile/mfa"]}, True),
        ({"acr": {"https://refeds.org/profile/mfa": 1}}, True),
        ({"amr": [["mfa"]]}, True),
    ],
)
def test_and_not_where_it_did(
    app: Flask, emre: Account, idp: TestProvider, claims: dict[str, object], is_asked: bool
) -> None:
    one_time_codes.set_up(emre)
    idp.more = claims
    visitor = Visitor(app)
    assert sign_in(visitor).location == ("/login/code?next=/" if is_asked else "/")
    assert is_in(visitor) is not is_asked


def test_staff_who_must_have_one(app: Flask, emre: Account, idp: TestProvider, world: World) -> None:
    agency = factories.Agency.get()
    agency.factor_from_on = clock.today()
    agency.save()
    Identity.create(account=world.staff, issuer=idp.issuer, subject="sub-3", created_at=clock.now())
    visitor = Visitor(app)
    sign_in(visitor, "sub-3")
    assert visitor.get("/bureau").location == "/account/factors"
    idp.more = {"amr": ["mfa"]}
    visitor = Visitor(app)
    sign_in(visitor, "sub-3")
    assert visitor.get("/bureau").status_code == 200


# What the organisations want


def required(world: World) -> None:
    world.fse.sign_in = "required"
    world.fse.save()


def test_where_it_is_required_a_password_opens_nothing(app: Flask, emre: Account, world: World) -> None:
    required(world)
    visitor = Visitor(app)
    response = attempt(visitor, emre.email)
    assert response.status_code == 422
    assert "een wachtwoord werkt hier niet" in response.text
    assert Session.select().count() == 0
    assert attempt(visitor, emre.email, "een heel ander").status_code == 422
    assert "een wachtwoord werkt" not in attempt(visitor, emre.email, "een heel ander").text
    assert sign_in(visitor).location == "/"


def test_nor_does_a_link_by_mail(app: Flask, emre: Account, world: World) -> None:
    required(world)
    before = emre.password_hash
    token = token_of(links.send(emre, "reset"))
    visitor = Visitor(app)
    page = visitor.get(f"/password/new/{token}").text
    assert 'type="password"' not in page
    response = visitor.post(f"/password/new/{token}", {"password": "zes groene eenden"})
    assert response.status_code == 422
    assert Account.get_by_id(emre.id).password_hash == before
    response = visitor.post("/login/with/demo", {"link": token})
    refused(visitor, response, "koppelt u geen ander account")
    assert "kent u daar al aan" in page
    assert Identity.select().count() == 1
    assert AccountLink.get().used_at is None


def test_the_link_that_somebody_opened_before_it_was_connected(
    app: Flask, emre: Account, world: World, idp: TestProvider
) -> None:
    """Both at the provider: the first connects, the other reads the mail and comes too late."""
    required(world)
    Identity.delete().execute()
    token = token_of(links.send(emre, "reset"))
    reader = Visitor(app)
    answer = pick(go(reader, link=token), "sub-2")
    Identity.create(account=emre, issuer=idp.issuer, subject="sub-1", created_at=clock.now())
    refused(reader, come_back(reader, answer), "koppelt u geen ander account")
    assert [one.subject for one in Identity.select()] == ["sub-1"]


def test_a_link_that_anybody_asks_for_makes_no_second_way_in(app: Flask, emre: Account, world: World) -> None:
    """It is offered, and there is a password: whoever reads a mailbox once could come back unseen."""
    passwords.replace(world.noor, GOOD, by=None)
    token = token_of(links.send(world.noor, "reset"))
    visitor = Visitor(app)
    assert "/login/with/" not in visitor.get(f"/password/new/{token}").text
    refused(visitor, visitor.post("/login/with/demo", {"link": token}), "koppelt u geen ander account")
    Account.update(password_hash=None).where(Account.id == world.noor.id).execute()
    assert sign_in(visitor, "sub-2", link=token).location == "/"


@pytest.mark.parametrize("how", ["right", "deputy", "worker", "nowhere", "agency", "no provider"])
def test_whose_password_it_is(app: Flask, config: Config, emre: Account, world: World, how: str) -> None:
    required(world)
    person = {"right": emre, "deputy": world.outsider, "worker": world.noor, "agency": world.staff}.get(how)
    if how == "deputy":
        today = clock.today()
        Deputy.create(
            organisation=world.fse, supervisor=emre, deputy=person, first_on=today, last_on=today,
            created_at=clock.now(),
        )  # fmt: skip
    if how == "agency":
        factories.right(world.staff, world.fse, approve=1)
    if how == "no provider":
        use(app, config)
        person = emre
    person = person or factories.account("Ria")
    passwords.replace(person, GOOD, by=None)
    is_closed = how in ("right", "deputy", "worker")
    assert (attempt(Visitor(app), person.email).status_code == 422) is is_closed


def test_where_it_is_off_the_connection_opens_nothing(app: Flask, emre: Account, world: World) -> None:
    world.fse.sign_in = "off"
    world.fse.save()
    visitor = Visitor(app)
    refused(visitor, sign_in(visitor), "gebruikt Universiteit (demo) niet")


# Connecting


def token_of(letter: Mail) -> str:
    return re.findall(r"/password/new/([\w-]+)", letter.text)[0]


@pytest.mark.parametrize("policy", ["offered", "required"])
def test_by_an_invitation(app: Flask, emre: Account, world: World, policy: str) -> None:
    world.fse.sign_in = policy
    world.fse.save()
    visitor = Visitor(app)
    token = token_of(links.send(world.noor, "invite"))
    page = visitor.get(f"/password/new/{token}").text
    assert ('type="password"' in page) is (policy == "offered")
    assert "Inloggen met Universiteit (demo)" in page
    assert sign_in(visitor, "sub-2", link=token).location == "/"
    assert Session.get().account == world.noor
    assert "Voortaan logt u in" in visitor.get("/").text
    assert Identity.select().where(Identity.account == world.noor).get().subject == "sub-2"
    assert Event.select().where(Event.verb == "bind_identity").get().person == world.noor
    assert Mail.select().where((Mail.kind == "account_notice") & (Mail.account == world.noor)).exists()
    assert visitor.get(f"/password/new/{token}").status_code == 404, "it works once"
    again = Visitor(app)
    assert sign_in(again, "sub-2").location == "/"


def half(visitor: Visitor, world: World, phone: one_time_codes.App, idp: TestProvider) -> str:
    """Come back by an invitation of Noor's, as whom the provider asked a second factor of; returns the code."""
    idp.more = {"amr": ["mfa"]}
    token = token_of(links.send(world.noor, "invite"))
    assert sign_in(visitor, "sub-2", link=token).location == "/login/code?next=/"
    assert not is_in(visitor)
    assert not Identity.select().where(Identity.account == world.noor).exists()
    assert AccountLink.get().used_at is None
    return phone.code()


def test_a_link_goes_round_no_second_factor_of_ours(
    app: Flask, emre: Account, world: World, idp: TestProvider
) -> None:
    """Who reads a mailbox has a second factor at the provider too: that of an account of his own."""
    phone, visitor = one_time_codes.set_up(world.noor), Visitor(app)
    code = half(visitor, world, phone, idp)
    wrong = visitor.post("/login/code", {"factor_code": "000000"})
    assert wrong.status_code == 422
    assert Identity.get().account == emre
    response = visitor.post("/login/code", {"factor_code": code})
    assert response.location == "/"
    assert "Voortaan logt u in met Universiteit (demo)" in unescape(visitor.get("/").text)
    assert Identity.select().where(Identity.account == world.noor).get().subject == "sub-2"
    assert [(row.account, row.provider, row.is_half) for row in Session.select()] == [
        (world.noor, "demo", False)
    ]


@pytest.mark.parametrize("meanwhile", ["somebody else's", "over", "another's link"])
def test_what_happened_before_the_second_factor(
    app: Flask, emre: Account, world: World, idp: TestProvider, meanwhile: str
) -> None:
    phone, visitor = one_time_codes.set_up(world.noor), Visitor(app)
    code = half(visitor, world, phone, idp)
    if meanwhile == "somebody else's":
        Identity.create(account=emre, issuer=idp.issuer, subject="sub-2", created_at=clock.now())
        sentence = "aan iemand anders gekoppeld"
    else:
        sentence, gone = "al gebruikt", AccountLink.get()
        gone.delete_instance()
        if meanwhile == "another's link":  # SQLite gives the number to the next
            columns = gone.__data__ | {"account": world.registrar.id, "token_hash": "x"}
            AccountLink.insert(columns).execute()
    refused(visitor, visitor.post("/login/code", {"factor_code": code}), sentence)
    assert not Identity.select().where(Identity.account != emre).exists()


def test_who_begins_anew_connects_nothing(app: Flask, emre: Account, world: World, idp: TestProvider) -> None:
    phone, visitor = one_time_codes.set_up(world.noor), Visitor(app)
    passwords.replace(world.noor, GOOD, by=None)
    code = half(visitor, world, phone, idp)
    assert attempt(visitor, world.noor.email).location == "/login/code?next=/"
    assert visitor.post("/login/code", {"factor_code": code}).location == "/"
    assert Identity.get().account == emre


def test_an_invitation_where_it_is_off(app: Flask, emre: Account, world: World) -> None:
    world.fse.sign_in = "off"
    world.fse.save()
    token = token_of(links.send(world.noor, "invite"))
    visitor = Visitor(app)
    assert "/login/with/" not in visitor.get(f"/password/new/{token}").text
    response = visitor.post("/login/with/demo", {"link": token})
    refused(visitor, response, "gebruikt Universiteit (demo) niet")
    assert AccountLink.get().used_at is None


def test_an_invitation_with_somebody_elses_subject(app: Flask, emre: Account, world: World) -> None:
    token = token_of(links.send(world.noor, "invite"))
    visitor = Visitor(app)
    refused(visitor, sign_in(visitor, "sub-1", link=token), "aan iemand anders gekoppeld")
    assert AccountLink.get().used_at is None, "and the link still works"
    assert Identity.get().account == emre


def test_a_link_that_is_over(app: Flask, emre: Account, world: World) -> None:
    visitor = Visitor(app)
    refused(visitor, visitor.post("/login/with/demo", {"link": "x" * 43}), "al gebruikt")
    token = token_of(links.send(world.noor, "invite"))
    answer = pick(go(visitor, link=token), "sub-2")
    links.use(token, "zes groene eenden")
    refused(visitor, come_back(visitor, answer), "al gebruikt")
    assert Identity.select().count() == 1


def test_by_its_owner_while_signed_in(app: Flask, emre: Account, world: World) -> None:
    visitor = Visitor(app, world.noor)
    page = visitor.get("/account/providers").text
    assert "Nog geen" in page
    answer = pick(go(visitor, "/account/providers/demo"), "sub-2")
    assert come_back(visitor, answer).location == "/account/providers"
    assert "Universiteit (demo)" in visitor.get("/account/providers").text
    assert identities.of(world.noor)[0].subject == "sub-2"
    assert Session.select().where(Session.account == world.noor).count() == 1


def test_what_is_somebody_elses_already(app: Flask, emre: Account, world: World) -> None:
    visitor = Visitor(app, world.noor)
    answer = pick(go(visitor, "/account/providers/demo"), "sub-1")
    assert come_back(visitor, answer).location == "/account/providers"
    assert "aan iemand anders gekoppeld" in visitor.get("/account/providers").text
    assert Identity.get().account == emre


def test_asked_once_more_before(app: Flask, emre: Account, world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    visitor = Visitor(app, world.noor)
    Session.update(asked_at=None).execute()
    response = visitor.post("/account/providers/demo", {})
    assert response.status_code == 401
    assert ProviderRequest.select().count() == 0
    go(visitor, "/account/providers/demo", once_more=GOOD)


def test_the_answer_is_of_who_was_sent(app: Flask, emre: Account, world: World) -> None:
    """Signed out meanwhile, or somebody else signed in in that browser."""
    visitor = Visitor(app, world.noor)
    answer = pick(go(visitor, "/account/providers/demo"), "sub-2")
    visitor.sign_in(emre)
    assert come_back(visitor, answer).location == "/account/providers"
    assert Identity.select().count() == 1
    answer = pick(go(visitor, "/account/providers/demo"), "sub-2")
    Session.delete().execute()
    refused(visitor, come_back(visitor, answer), "Log in")
    assert Identity.select().count() == 1


def test_where_it_is_off_nobody_connects(app: Flask, emre: Account, world: World) -> None:
    world.fse.sign_in = "off"
    world.fse.save()
    visitor = Visitor(app, world.noor)
    assert "/account/providers/demo" not in visitor.get("/account/providers").text
    assert visitor.post("/account/providers/demo", {}).status_code == 409


def test_taken_away_by_its_owner(app: Flask, emre: Account, world: World) -> None:
    mine = Identity.get()
    other = Visitor(app, world.noor)
    assert other.post(f"/account/providers/{mine.id}/remove", {}).status_code == 404
    visitor = Visitor(app, emre)
    required(world)
    assert visitor.post(f"/account/providers/{mine.id}/remove", {}).status_code == 409
    world.fse.sign_in = "offered"
    world.fse.save()
    assert visitor.post(f"/account/providers/{mine.id}/remove", {}).location == "/account/providers"
    assert Identity.select().count() == 0
    assert Event.select().where(Event.verb == "unbind_identity").get().person == emre
    assert visitor.post(f"/account/providers/{mine.id}/remove", {}).status_code == 404
    Session.delete().execute()
    visitor = Visitor(app)
    refused(visitor, sign_in(visitor), "nog niet gekoppeld")


# Asked once more, by the provider


def test_who_has_no_password_is_asked_by_the_provider(app: Flask, emre: Account) -> None:
    Account.update(password_hash=None).where(Account.id == emre.id).execute()
    visitor = Visitor(app, emre)
    Session.update(asked_at=None).execute()
    page = visitor.post("/account/factors", {"name": "Phone"})
    assert page.status_code == 401
    assert 'type="password"' not in page.text
    address = go(visitor, "/account/providers/demo/once-more", next="/account/factors")
    query = dict(parse_qsl(urlsplit(address).query))
    assert (query["prompt"], query["max_age"]) == ("login", "0")
    assert come_back(visitor, pick(address)).location == "/account/factors"
    assert visitor.post("/account/factors", {"name": "Phone"}).status_code == 303


@pytest.mark.parametrize("how", ["somebody else", "not asked anew", "asked tomorrow", "a code is due"])
def test_what_is_not_enough(app: Flask, emre: Account, idp: TestProvider, how: str) -> None:
    subject = "sub-2" if how == "somebody else" else "sub-1"
    hours = {"not asked anew": -1, "asked tomorrow": 24}
    if how in hours:
        idp.more = {"auth_time": int(clock.now().timestamp()) + hours[how] * 3600}
    visitor = Visitor(app, emre)
    if how == "a code is due":
        one_time_codes.set_up(emre)
    Session.update(asked_at=None).execute()
    answer = pick(go(visitor, "/account/providers/demo/once-more"), subject)
    assert come_back(visitor, answer).location == "/account/providers"
    assert not sessions.was_asked(Session.get())


def test_what_was_signed_in_by_it_ends_with_it(
    app: Flask, emre: Account, world: World, idp: TestProvider
) -> None:
    """And nothing else: not this browser, which a password signed in, nor what another identity did."""
    by_it, by_other, by_password, before = (Visitor(app) for _ in range(4))
    sign_in(by_it)
    Identity.create(account=emre, issuer=idp.issuer, subject="sub-2", created_at=clock.now())
    sign_in(by_other, "sub-2")
    sign_in(before)
    Session.update(subject="").where(
        Session.id == Session.select().order_by(Session.id.desc()).get().id
    ).execute()
    noor = Visitor(app)
    Identity.create(account=world.noor, issuer=idp.issuer, subject="sub-3", created_at=clock.now())
    sign_in(noor, "sub-3")
    attempt(by_password, emre.email)
    gone = Identity.get(Identity.subject == "sub-1")
    assert by_password.post(f"/account/providers/{gone.id}/remove", {}).location == "/account/providers"
    assert [is_in(one) for one in (by_it, before)] == [False, False]
    assert [is_in(one) for one in (by_other, by_password, noor)] == [True, True, True]
    gone = Identity.get(Identity.subject == "sub-2")
    assert by_other.post(f"/account/providers/{gone.id}/remove", {}).status_code == 303
    assert not is_in(by_other), "its own too, where that identity began it"
    assert is_in(by_password)


def test_a_provider_confirms_the_browser(app: Flask, config: Config, emre: Account) -> None:
    """Whose word it is that somebody signed in there; the password is then enough in that browser."""
    mail.configure(replace(app.config["KONNEKT"], mail="smtp://127.0.0.1:9"))
    visitor = Visitor(app)
    sign_in(visitor)
    assert not Mail.select().where(Mail.kind == "sign_in_code").exists()
    visitor.post("/logout", {})
    assert attempt(visitor, emre.email).location == "/"
    assert attempt(Visitor(app), emre.email).location == "/login/code?next=/"


# Out again


def test_out_here_and_there(app: Flask, emre: Account, idp: TestProvider) -> None:
    visitor = Visitor(app)
    sign_in(visitor)
    response = visitor.post("/logout", {})
    assert response.status_code == 200
    address = response.headers["Refresh"].partition("url=")[2]
    assert address.startswith(f"{idp.issuer}/sign-out?")
    assert "/logout" not in response.text, "nobody is signed in on that page"
    assert "U bent uitgelogd." in visitor.get("/login").text
    query = dict(parse_qsl(urlsplit(address).query))
    assert query == {"client_id": "konnekt", "post_logout_redirect_uri": "http://127.0.0.1:8000/login"}
    assert Session.select().count() == 0
    assert not is_in(visitor)


@pytest.mark.parametrize("how", ["no such address", "down", "gone"])
def test_out_here_alone(app: Flask, config: Config, emre: Account, idp: TestProvider, how: str) -> None:
    visitor = Visitor(app)
    sign_in(visitor)
    openid.forget()
    if how == "no such address":
        idp.says = {"end_session_endpoint": None}
    if how == "down":
        idp.wrong = "failing"
    if how == "gone":
        use(app, config)
    assert visitor.post("/logout", {}).location == "/login"
    assert Session.select().count() == 0
    assert ("misschien nog ingelogd" in visitor.get("/login").text) is (how == "down")


def test_by_password_one_signs_out_here_alone(app: Flask, emre: Account) -> None:
    visitor = Visitor(app)
    attempt(visitor, emre.email)
    assert visitor.post("/logout", {}).location == "/login"


# What was being typed


def test_nothing_typed_is_lost(app: Flask, emre: Account, world: World) -> None:
    """Without a script: the session had ended when a form was sent."""
    visitor = Visitor(app, emre)
    Session.delete().execute()
    page = visitor.post("/approvals/1/reject", {"reason": "Dinsdag klopt niet.", "seen": "1"})
    assert page.status_code == 401
    signed = re.findall(r'name="unsent" value="([^"]+)"', page.text)
    assert len(set(signed)) == 1
    assert len(signed) == 2, "in the form of the password and in that of the provider"
    response = sign_in(visitor, unsent=signed[0])
    assert response.status_code == 200
    assert "Dinsdag klopt niet." in response.text
    assert is_in(visitor)


def test_what_is_no_form_of_ours_is_not_kept(app: Flask, emre: Account) -> None:
    """Nobody signed in fills the database with it."""
    go(Visitor(app), unsent="x" * 100_000)
    assert len(ProviderRequest.get().sealed) < 500
