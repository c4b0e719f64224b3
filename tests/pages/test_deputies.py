"""/account/deputies: who stands in for me, whom I asked, and who asks me."""

import re

import pytest
from flask import Flask

from konnekt.domain import clock
from konnekt.domain.approvals import deputy_requests
from konnekt.models import Deputy, DeputyRequest, Event, Mail
from tests.factories import World
from tests.visitor import Visitor

TODAY = "2026-11-30"
ASKED = "Gevraagd. Wie dit adres heeft, krijgt een mail en vervangt na een ja."


def named(world: World, **changed: str) -> dict[str, str]:
    return {
        "organisation": "FSE",
        "email": world.registrar.email,
        "first_on": TODAY,
        "last_on": "2026-12-04",
        **changed,
    }


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


@pytest.fixture
def asked(emre: Visitor, world: World) -> DeputyRequest:
    assert emre.post("/account/deputies", named(world)).status_code == 303
    return DeputyRequest.get()


def path_in(mail: Mail) -> str:
    found = re.search(r"^http://127\.0\.0\.1:8000(/account/deputies/asked/[\w-]+)$", mail.text, re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"organisation": "LAW"},
        {"organisation": ""},
        {"email": "geen adres"},
        {"email": ""},
        {"email": "supervisor@um.example"},
        {"first_on": "2026-12-05"},
        {"first_on": "morgen"},
        {"last_on": "2026-11-29", "first_on": "2026-11-01"},
        {"last_on": "2028-01-01"},
    ],
)
def test_refused_keeps_what_was_typed(emre: Visitor, world: World, wrong: dict[str, str]) -> None:
    response = emre.post("/account/deputies", named(world, **wrong))
    assert response.status_code == 422
    assert Deputy.select().count() == DeputyRequest.select().count() == 0
    assert 'aria-invalid="true"' in response.text
    for name, value in wrong.items():
        assert name == "organisation" or value in response.text


def test_only_who_approves_has_deputies(app: Flask, world: World) -> None:
    lars = Visitor(app, world.registrar)
    assert lars.get("/account/deputies").status_code == 403
    assert lars.post("/account/deputies", named(world)).status_code == 403


@pytest.mark.parametrize("htmx", [False, True])
def test_the_answer_is_the_same_for_everybody(app: Flask, world: World, htmx: bool) -> None:
    """Of an account, of nobody, of a closed one: the same status, words and list, but for what was typed."""
    world.outsider.is_active = False
    world.outsider.save()
    answers = set()
    for email in (world.registrar.email, "nobody@um.example", world.outsider.email):
        emre = Visitor(app, world.supervisor)
        emre.htmx = htmx
        response = emre.post("/account/deputies", named(world, email=email))
        emre.htmx = False
        page = response.text if htmx else emre.get("/account/deputies").text
        page = re.sub(r'csrf_token" value="[^"]*"|requests/\d+', "", page).replace(email, "ADDRESS")
        headers = [one for one in response.headers.items() if one[0] not in ("Set-Cookie", "Content-Length")]
        answers.add((response.status_code, str(headers), page))
        assert "gevraagd, nog geen antwoord" in page
        DeputyRequest.delete().execute()
    assert len(answers) == 1


def test_ask_answer_end(app: Flask, emre: Visitor, world: World, asked: DeputyRequest) -> None:
    assert ASKED in emre.get("/account").text
    assert emre.post("/account/deputies", named(world)).status_code == 422
    lars = Visitor(app, world.registrar)
    page = lars.get("/account").text
    assert "Emre Dubois vraagt u om van" in page
    assert "Nobody stands in" not in page
    assert lars.post(f"/account/deputies/requests/{asked.id}/answer", {"answer": "yes"}).status_code == 303
    deputy = Deputy.get()
    assert (deputy.supervisor, deputy.deputy, deputy.organisation) == (
        world.supervisor,
        world.registrar,
        world.fse,
    )
    assert "Lars Maes" in emre.get("/account").text
    assert lars.post(f"/account/deputies/requests/{asked.id}/answer", {"answer": "yes"}).status_code == 404
    assert emre.with_htmx().post(f"/account/deputies/{deputy.id}/end").status_code == 200
    assert emre.post(f"/account/deputies/{deputy.id}/end").status_code == 409
    assert Deputy.get().ended_at == clock.now()
    verbs = [event.verb for event in Event.select().order_by(Event.id)]
    assert verbs == ["ask_deputy", "accept_deputy", "end_deputy"]


@pytest.mark.parametrize("htmx", [False, True])
def test_no(app: Flask, emre: Visitor, world: World, asked: DeputyRequest, htmx: bool) -> None:
    lars = Visitor(app, world.registrar)
    lars.htmx = htmx
    response = lars.post(f"/account/deputies/requests/{asked.id}/answer", {"answer": "no"})
    assert response.status_code == (200 if htmx else 303)
    lars.htmx = False
    assert "Emre Dubois vraagt" not in lars.get("/account").text
    assert "zei nee" in emre.get("/account/deputies").text
    assert not Deputy.select().exists()
    assert emre.post(f"/account/deputies/requests/{asked.id}/withdraw").status_code == 303
    assert "zei nee" not in emre.get("/account/deputies").text


def test_the_link_of_the_mail_needs_no_sign_in_and_looking_answers_nothing(
    app: Flask, world: World, asked: DeputyRequest
) -> None:
    path = path_in(Mail.get(Mail.kind == "deputy"))
    nobody = Visitor(app)
    for _ in range(2):
        page = nobody.get(path)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "Voor Lars Maes." in page.text
    assert not Deputy.select().exists()
    response = nobody.post(path, {"answer": "yes"})
    assert (response.status_code, response.location) == (303, "/")
    assert nobody.get("/").location == "/login"
    assert "U vervangt Emre Dubois op deze dagen." in nobody.get("/login").text
    assert Deputy.get().deputy == world.registrar
    assert nobody.get("/account").status_code == 303, "it signs nobody in"
    for again in (nobody.get(path), nobody.post(path, {"answer": "yes"})):
        assert again.status_code == 404
        assert "Deze vraag is al beantwoord" in again.text


def test_a_link_needs_the_token_of_its_form(app: Flask, world: World, asked: DeputyRequest) -> None:
    assert app.test_client().post(path_in(Mail.get()), data={"answer": "yes"}).status_code == 400


def test_in_english(app: Flask, world: World, asked: DeputyRequest) -> None:
    visitor = Visitor(app)
    visitor.post("/language", {"language": "en", "next": "/login"})
    assert "Will you stand in?" in visitor.get(path_in(Mail.get())).text


def test_asking_is_braked(emre: Visitor, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deputy_requests, "MOST_AN_HOUR", 1)
    assert emre.post("/account/deputies", named(world)).status_code == 303
    response = emre.post("/account/deputies", named(world, email="nobody@um.example"))
    assert response.status_code == 429
    assert "U vroeg veel mensen. Probeer het na 10:00 opnieuw." in response.text
    assert 'value="nobody@um.example"' in response.text


def test_who_is_asked_nothing_sees_nothing(app: Flask, world: World) -> None:
    assert 'id="deputies"' not in Visitor(app, world.noor).get("/account").text


def test_somebody_elses_404(app: Flask, emre: Visitor, world: World, asked: DeputyRequest) -> None:
    hanna = Visitor(app, world.outsider)
    deputy = deputy_requests.accept(asked, by=world.registrar)
    emre.post("/account/deputies", named(world, email=world.noor.email))
    other = DeputyRequest.get()
    assert hanna.post(f"/account/deputies/{deputy.id}/end").status_code == 404
    assert hanna.post("/account/deputies/999/end").status_code == 404
    for verb in ("answer", "withdraw"):
        assert hanna.post(f"/account/deputies/requests/{other.id}/{verb}").status_code == 404
        assert hanna.get(f"/account/deputies/requests/{other.id}/{verb}").status_code == 405


def test_the_agency_names_one_for_a_supervisor(app: Flask, world: World) -> None:
    bureau = Visitor(app, world.staff)
    assert bureau.post("/account/deputies", named(world, supervisor=world.noor.email)).status_code == 422
    assert (
        bureau.post("/account/deputies", named(world, supervisor=world.supervisor.email)).status_code == 303
    )
    assert deputy_requests.accept(DeputyRequest.get(), by=world.registrar).created_by == world.staff


def test_a_supervisor_names_none_for_somebody_else(emre: Visitor, world: World) -> None:
    emre.post("/account/deputies", named(world, organisation="LAW", supervisor=world.outsider.email))
    assert DeputyRequest.select().count() == 0


def test_the_agency_reads_for_whom(app: Flask, emre: Visitor, world: World) -> None:
    bureau = Visitor(app, world.staff)
    bureau.post("/account/deputies", named(world, supervisor=world.supervisor.email))
    assert "namens Emre Dubois" in bureau.get("/account/deputies").text
    deputy_requests.accept(DeputyRequest.get(), by=world.registrar)
    shown = bureau.get("/account/deputies").text
    assert "Lars Maes" in shown
    assert "namens Emre Dubois" in shown
    assert "namens Emre Dubois" not in emre.get("/account/deputies").text
