"""The pages behind a reminder's link: without signing in, exactly what was mailed, and looking changes nothing."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from jinja2 import FunctionLoader

from konnekt.background import delivery
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import attempts, devices, recovery_codes
from konnekt.domain.approvals import decide
from konnekt.models import (
    TABLES,
    Account,
    Agency,
    BudgetNumber,
    DecisionLink,
    Event,
    Flag,
    Mail,
    Organisation,
    Right,
    Timesheet,
)
from tests import factories, one_time_codes
from tests.direct import ask
from tests.factories import World
from tests.mailed import letter, remind, token_of
from tests.visitor import Visitor

PICK = re.compile(r'name="pick" value="(\d+:\d+)"( checked)?')


@pytest.fixture
def phone(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app)


def state(sheet: Timesheet) -> str:
    return str(Timesheet.get_by_id(sheet.id).state)


def rows() -> dict[str, int]:
    return {model._meta.table_name: model.select().count() for model in TABLES}


def more(world: World, how_many: int) -> list[Timesheet]:
    names = [(f"Worker {number:02}", "Bos") for number in range(how_many)]
    return factories.sheets(world.fse, world.fse_budget, world.period, names)


def later(**how: float) -> None:
    clock.fix((clock.now() + timedelta(**how)).isoformat())


def test_forty_ordinary_ones_in_two_actions(world: World, phone: Visitor) -> None:
    more(world, 39)
    page = phone.get(f"/decide/{remind(world)}")  # the first: the link
    assert page.status_code == 200
    picks = PICK.findall(page.text)
    assert len(picks) == 40
    assert all(checked for _, checked in picks)
    path = f"/decide/{token_of(world.supervisor)}"
    done = phone.post(path, {"pick": [pick for pick, _ in picks]})  # the second: the button
    assert (done.status_code, done.location) == (303, path)
    assert Timesheet.select().where(Timesheet.state == "approved").count() == 40
    assert {event.source for event in Event.select().where(Event.verb == "approve")} == {"mail"}
    after = phone.get(path).text
    assert "40 urenbriefjes goedgekeurd" in after
    assert "40 goedgekeurd" in after
    assert "Ongedaan maken" in after


def test_the_page_is_no_part_of_the_portal(world: World, app: Flask) -> None:
    token = remind(world)
    for visitor in (Visitor(app), Visitor(app, world.outsider), Visitor(app, world.supervisor)):
        for path in (f"/decide/{token}", f"/decide/{token}/{world.sheet.id}", "/decide/nothing"):
            page = visitor.get(path).text
            assert "<nav" not in page
            assert "<script" not in page
            assert "Uitloggen" not in page
            assert world.outsider.name not in page
            paths = set(re.findall(r'(?:href|action)="(/[^"?#]*)', page)) - {"/", "/login"}
            assert all(one.startswith(("/static/", "/decide/")) for one in paths), paths
            for amount in ("31,51", "18,32", "€"):
                assert amount not in page, "no rates"


def test_headers(world: World, phone: Visitor) -> None:
    token = remind(world)
    for answer in (
        phone.get(f"/decide/{token}"),
        phone.get("/decide/nothing"),
        phone.get(f"/decide/{token}/{world.sheet.id}"),
        phone.post(f"/decide/{token}", {}),
    ):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "no-store"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.text


def test_a_scanner_a_thousand_times(
    app: Flask, world: World, phone: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = remind(world)
    before, link = rows(), DecisionLink.get().__data__
    pages = (f"/decide/{token}", f"/decide/{token}/{world.sheet.id}")
    for path in pages:
        assert phone.get(path).status_code == 200
    # From here on the pages are blank: what counts who looks stands before them. The page of one sheet asks twice
    # as much of the database as that of all, and of it by what that one is opened with: it is every tenth.
    monkeypatch.setattr(app.jinja_env, "loader", FunctionLoader(lambda _name: ""))
    monkeypatch.setitem(app.jinja_env.__dict__, "_children", {})
    for turn in range(500):
        for method in ("GET", "HEAD"):
            assert ask(app, phone.client, method, pages[turn % 10 == 9]).status_code == 200
    db.connect(reuse_if_open=True)
    assert rows() == before
    assert DecisionLink.get().__data__ == link
    assert state(world.sheet) == "submitted"
    assert phone.post(f"/decide/{token}", {"pick": f"{world.sheet.id}:1"}).status_code == 303


def test_no_other_way_of_asking_decides(world: World, phone: Visitor) -> None:
    path = f"/decide/{remind(world)}"
    pick = {"pick": f"{world.sheet.id}:1"}
    assert phone.client.get(path, query_string=pick).status_code == 200
    assert (
        phone.client.get(f"{path}/{world.sheet.id}/reject", query_string={"reason": "x"}).status_code == 405
    )
    assert phone.client.get(f"{path}/undo").status_code == 405
    assert phone.client.put(path, data=pick).status_code == 405
    assert phone.client.post(path, json=pick).status_code == 415
    there = phone.client.post(path, data=pick, headers={"Sec-Fetch-Site": "cross-site"})
    assert there.status_code == 403
    without = phone.client.post(path, data=pick)
    assert without.status_code == 400
    assert "Druk nog een keer op de knop" in without.text
    typed = phone.client.post(f"{path}/{world.sheet.id}/reject", data={"reason": "Zo getypt"})
    assert typed.status_code == 409
    assert "Zo getypt" in typed.text, "what was typed stays"
    assert phone.client.post("/decide/nothing", data=pick).status_code == 400
    assert state(world.sheet) == "submitted"


def test_one_sheet_with_a_look(world: World, phone: Visitor) -> None:
    token = remind(world)
    page = phone.get(f"/decide/{token}/{world.sheet.id}")
    assert "Noor Hendriks" in page.text
    assert "15,50" in page.text
    assert phone.post(f"/decide/{token}", {"pick": PICK.findall(page.text)[0][0]}).status_code == 303
    assert state(world.sheet) == "approved"


def test_reject_with_a_reason(world: World, phone: Visitor) -> None:
    token = remind(world)
    path = f"/decide/{token}/{world.sheet.id}"
    assert 'name="reason"' in phone.get(path).text
    empty = phone.post(f"{path}/reject", {"reason": " "})
    assert (empty.status_code, state(world.sheet)) == (422, "submitted")
    long = phone.post(f"{path}/reject", {"reason": "x" * 2000})
    assert long.status_code == 422
    assert "x" * 2000 in long.text, "what was typed stays"
    assert (
        phone.post(f"{path}/reject", {"reason": "Dinsdag <b>klopt</b> niet."}).location == f"/decide/{token}"
    )
    assert state(world.sheet) == "rejected"
    assert "1 afgekeurd" in phone.get(f"/decide/{token}").text
    assert phone.post(f"{path}/reject", {"reason": "Nog eens"}).status_code == 409


def test_undo_from_the_page(world: World, phone: Visitor) -> None:
    path = f"/decide/{remind(world)}"
    phone.post(path, {"pick": f"{world.sheet.id}:1"})
    (batch,) = re.findall(r'name="batch" value="(\w+)"', phone.get(path).text)
    assert phone.post(f"{path}/undo", {"batch": batch}).status_code == 303
    assert state(world.sheet) == "submitted"
    assert Event.get(Event.verb == "undo").source == "mail"
    assert phone.post(f"{path}/undo", {"batch": batch}).status_code == 409
    phone.post(path, {"pick": f"{world.sheet.id}:1"})
    later(minutes=11)
    over = phone.get(path)
    assert over.status_code == 404
    assert "Alles uit deze mail is beslist" in over.text
    assert phone.post(f"{path}/undo", {"batch": batch}).status_code == 404
    assert state(world.sheet) == "approved"


def test_nothing_ticked_and_bad_ticks(world: World, phone: Visitor) -> None:
    path = f"/decide/{remind(world)}"
    other = more(world, 1)[0]
    for picks in ([], ["x"], ["1"], [f"{other.id}:1"], [f"{world.sheet.id}:2"], ["999999999:1"]):
        answer = phone.post(path, {"pick": picks})
        assert answer.status_code == 422, picks
        assert 'role="alert"' in answer.text
    assert (state(world.sheet), state(other)) == ("submitted", "submitted")
    assert phone.get(f"{path}/{other.id}").status_code == 404
    assert phone.post(f"{path}/{other.id}/reject", {"reason": "x"}).status_code == 404


def test_what_changed_says_so_and_tells_nothing_of_it(world: World, phone: Visitor) -> None:
    token = remind(world)
    Timesheet.update(revision=2, minutes=6006).where(Timesheet.id == world.sheet.id).execute()
    for path, status in ((f"/decide/{token}", 200), (f"/decide/{token}/{world.sheet.id}", 409)):
        page = phone.get(path)
        assert page.status_code == status
        assert "Gewijzigd sinds deze mail" in page.text
        assert "100,10" not in page.text
        assert f"/login?next=/approvals/{world.sheet.id}" in page.text
        assert "<form" not in page.text
    assert phone.post(f"/decide/{token}", {"pick": f"{world.sheet.id}:1"}).status_code == 409
    assert phone.post(f"/decide/{token}/{world.sheet.id}/reject", {"reason": "x"}).status_code == 409
    assert state(world.sheet) == "submitted"


def test_decided_elsewhere_in_between(world: World, phone: Visitor) -> None:
    first, _ = more(world, 2)
    path = f"/decide/{remind(world)}"
    decide.approve(first.id, by=world.supervisor, seen=1)
    answer = phone.post(path, {"pick": [f"{first.id}:1", f"{world.sheet.id}:1"]})
    assert answer.status_code == 303
    said = phone.get(path).text
    assert "Al goedgekeurd door Emre Dubois" in said
    assert "1 urenbriefje goedgekeurd" in said
    alone = phone.post(path, {"pick": [f"{first.id}:1"]})
    assert alone.status_code == 409
    assert "Al goedgekeurd door Emre Dubois" in alone.text


def test_somebody_else_with_the_link_decides_as_its_account(world: World, app: Flask) -> None:
    """A forwarded mail: docs/security.md says what it can do."""
    token = remind(world)
    stranger = Visitor(app, world.outsider)
    page = stranger.get(f"/decide/{token}").text
    assert "U beslist als Emre Dubois" in page
    stranger.post(f"/decide/{token}", {"pick": f"{world.sheet.id}:1"})
    event = Event.get(Event.verb == "approve")
    assert (event.actor, event.source) == (world.supervisor, "mail")
    history = Visitor(app, world.staff).get(f"/approvals/{world.sheet.id}").text
    assert "Goedgekeurd door Emre Dubois, via de mail" in history
    assert stranger.get(f"/approvals/{world.sheet.id}").status_code == 404, "and opens nothing else"


def test_links_that_are_over_say_so(world: World, phone: Visitor) -> None:
    old = remind(world)
    later(days=1)
    new = remind(world)
    Right.update(may_approve=False).where(Right.account == world.supervisor).execute()
    Account.update(is_active=False).where(Account.id == world.outsider.id).execute()
    before = rows()
    pick = {"pick": f"{world.sheet.id}:1", "reason": "x", "batch": "x"}
    for token in (old, new, "nothing", new[:-1] + ("A" if new[-1] != "A" else "B")):
        for answer in (
            phone.get(f"/decide/{token}"),
            phone.post(f"/decide/{token}", pick),
            phone.post(f"/decide/{token}/undo", pick),
            phone.get(f"/decide/{token}/{world.sheet.id}"),
            phone.post(f"/decide/{token}/{world.sheet.id}/reject", pick),
        ):
            assert answer.status_code == 404
            assert "Deze link werkt niet meer" in answer.text
            assert "Noor" not in answer.text
            assert "/login?next=/approvals" in answer.text
    assert rows() == before | {"sign_in_attempt": before["sign_in_attempt"] + 1}, "but for what counts them"
    assert state(world.sheet) == "submitted"


def test_an_address_that_asks_too_often_waits(world: World, phone: Visitor) -> None:
    token = remind(world)
    for _ in range(attempts.MOST_IN_BURST):
        assert phone.client.get("/decide/guess").status_code == 404
    refused = phone.get("/decide/guess")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert phone.post(f"/decide/{token}", {"pick": f"{world.sheet.id}:1"}).status_code == 429
    assert phone.get(f"/decide/{token}").status_code == 200, "looking is not counted"
    assert state(world.sheet) == "submitted"
    later(seconds=30)
    assert phone.post(f"/decide/{token}", {"pick": f"{world.sheet.id}:1"}).status_code == 303


def test_the_token_is_in_no_log(world: World, phone: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    token = remind(world)
    phone.get(f"/decide/{token}")
    phone.get(f"/decide/{token}/{world.sheet.id}")
    phone.post(f"/decide/{token}/{world.sheet.id}/reject", {"reason": ""})
    phone.post(f"/decide/{token}", {"pick": f"{world.sheet.id}:1"})
    log = capsys.readouterr().err
    assert token not in log
    assert "/decide/.../" in log
    assert '"approved_by_mail"' in log


def test_the_token_leaves_the_outbox_when_it_is_sent(world: World, config: Config) -> None:
    token = remind(world)
    assert token in letter(world.supervisor).text
    delivery.deliver()
    kept = letter(world.supervisor)
    assert kept.sent_at
    assert token not in kept.text + kept.html
    assert "Noor Hendriks" in kept.text, "what it said stays"


@pytest.fixture
def app_of(world: World) -> one_time_codes.App:
    made = one_time_codes.set_up(world.supervisor)
    assert Account.get_by_id(world.supervisor.id).has_second_factor
    return made


def test_who_has_a_second_factor_is_asked_before_deciding(
    world: World, phone: Visitor, app_of: one_time_codes.App
) -> None:
    first = more(world, 1)[0]
    path = f"/decide/{remind(world)}"
    assert phone.get(path).status_code == 200
    pick = {"pick": [f"{world.sheet.id}:1", f"{first.id}:1"]}
    asked = phone.post(path, pick)
    assert asked.status_code == 401
    assert PICK.findall(asked.text), "what was ticked goes along"
    wrong = phone.post(path, pick | {"factor_code": "000000"})
    assert wrong.status_code == 422
    assert phone.post(path, pick | {"factor_code": ""}).status_code == 422
    assert state(world.sheet) == "submitted"
    assert phone.post(path, {"pick": f"{world.sheet.id}:1", "factor_code": app_of.code()}).status_code == 303
    assert state(world.sheet) == "approved"
    assert phone.post(f"{path}/{first.id}/reject", {"reason": "Nee"}).status_code == 303, (
        "once in ten minutes"
    )
    later(minutes=11)
    Timesheet.update(state="submitted", decided_at=None, rejection_reason="").where(
        Timesheet.id == first.id
    ).execute()
    assert phone.post(path, {"pick": f"{first.id}:1"}).status_code == 401


def test_wrong_codes_are_few(world: World, phone: Visitor, app_of: one_time_codes.App) -> None:
    path = f"/decide/{remind(world)}"
    pick = {"pick": f"{world.sheet.id}:1"}
    answers = [phone.post(path, pick | {"factor_code": f"00000{turn}"}).status_code for turn in range(7)]
    assert answers[-1] == 429
    assert phone.post(path, pick | {"factor_code": app_of.code()}).status_code == 429
    assert state(world.sheet) == "submitted"


def test_a_code_is_for_its_account_alone(world: World, app: Flask, app_of: one_time_codes.App) -> None:
    """What one browser showed for one account opens no other's link."""
    other = one_time_codes.set_up(world.outsider)
    factories.right(world.outsider, world.fse, approve=1)
    path = f"/decide/{remind(world)}"
    theirs = f"/decide/{token_of(world.outsider)}"
    visitor, pick = Visitor(app), {"pick": f"{world.sheet.id}:1"}
    assert visitor.post(theirs, pick | {"factor_code": app_of.code()}).status_code == 422
    visitor.post(theirs, {"pick": [], "factor_code": other.code()})
    assert visitor.post(path, pick).status_code == 401
    assert state(world.sheet) == "submitted"


def test_a_recovery_code_does_too(world: World, phone: Visitor, app_of: one_time_codes.App) -> None:
    path, pick = f"/decide/{remind(world)}", {"pick": f"{world.sheet.id}:1"}
    code = recovery_codes.renew(Account.get_by_id(world.supervisor.id), by=world.supervisor)[0]
    form = phone.post(path, pick | {"recovery": "ask"})
    assert "Herstelcode" in form.text
    assert phone.post(path, pick | {"recovery": "1", "factor_code": code}).status_code == 303
    assert state(world.sheet) == "approved"


def test_a_remembered_browser_is_not_asked(world: World, phone: Visitor, app_of: one_time_codes.App) -> None:
    path, pick = f"/decide/{remind(world)}", {"pick": f"{world.sheet.id}:1"}
    token = devices.know(world.supervisor, "", "Firefox")
    devices.remember(world.supervisor, token)
    phone.client.set_cookie("konnekt-browser", token)
    assert phone.post(path, pick).status_code == 303


def test_who_is_signed_in_with_it_is_not_asked(world: World, app: Flask, app_of: one_time_codes.App) -> None:
    path, pick = f"/decide/{remind(world)}", {"pick": f"{world.sheet.id}:1"}
    assert Visitor(app, world.outsider).post(path, pick).status_code == 401
    assert Visitor(app, world.supervisor).post(path, pick).status_code == 303


def test_unless_the_agency_says_otherwise(world: World, phone: Visitor, app_of: one_time_codes.App) -> None:
    Agency.update(factor_by_mail=False).execute()
    assert phone.post(f"/decide/{remind(world)}", {"pick": f"{world.sheet.id}:1"}).status_code == 303


def test_who_must_have_one_and_has_none_signs_in_first(world: World, phone: Visitor) -> None:
    path = f"/decide/{remind(world)}"
    picks = PICK.findall(phone.get(path).text)
    Agency.update(factor_from_on=clock.today(), factor_for="everybody").execute()
    for sent, where in (({"pick": [picks[0][0]]}, ""), ({"reason": "Fout."}, f"/{world.sheet.id}/reject")):
        answer = phone.post(f"{path}{where}", sent)
        assert answer.status_code == 403
        assert "dan werkt deze link weer" in answer.text
    assert state(world.sheet) == "submitted"
    Agency.update(factor_by_mail=False).execute()
    assert phone.post(path, {"pick": [picks[0][0]]}).status_code == 303


def test_in_the_language_of_its_account(world: World, phone: Visitor) -> None:
    Account.update(language="en").where(Account.id == world.supervisor.id).execute()
    token = remind_english(world)
    page = phone.get(f"/decide/{token}").text
    assert '<html lang="en">' in page
    assert "1 timesheet waits for you" in page
    assert "without signing in" in letter(world.supervisor).text


def remind_english(world: World) -> str:
    return remind(world)


def test_names_are_text_and_flags_tell_no_amounts(world: World, phone: Visitor) -> None:
    Account.update(last_name="<i>H</i>").where(Account.id == world.noor.id).execute()
    BudgetNumber.update(ceiling_cents=100).execute()
    detail = {"why": "cents", "number": "34367565.899", "used": 315100, "ceiling": 100}
    Flag.create(timesheet=world.sheet, revision=1, code="budget", detail=detail, is_elsewhere=False)
    token = remind(world)
    for path in (f"/decide/{token}", f"/decide/{token}/{world.sheet.id}"):
        page = phone.get(path).text
        assert "<i>H</i>" not in page
        assert "&lt;i&gt;H&lt;/i&gt;" in page
        assert "3.151" not in page
        assert "€" not in page
    assert "€" not in letter(world.supervisor).text


def test_ordinary_only_shows_no_way_to_reject(world: World, phone: Visitor) -> None:
    path = f"/decide/{remind(world, 'ordinary')}"
    assert "fkeuren" not in phone.get(path).text
    assert 'name="reason"' not in phone.get(f"{path}/{world.sheet.id}").text
    assert phone.post(f"{path}/{world.sheet.id}/reject", {"reason": "x"}).status_code == 409
    assert state(world.sheet) == "submitted"


def test_account_settings_turn_it_off(world: World, app: Flask) -> None:
    token = remind(world)
    emre = Visitor(app, world.supervisor)
    assert "Beslissen vanuit de mail" in emre.get("/account").text
    assert "Beslissen vanuit de mail" not in Visitor(app, world.noor).get("/account").text
    assert emre.post("/account/decide-by-mail", {"wanted": "no"}).status_code == 303
    assert not Account.get_by_id(world.supervisor.id).decides_by_mail
    assert Visitor(app).get(f"/decide/{token}").status_code == 404
    partial = emre.with_htmx().post("/account/decide-by-mail", {"wanted": "yes"})
    assert partial.status_code == 200
    assert 'id="account-by-mail"' in partial.text
    assert Account.get_by_id(world.supervisor.id).decides_by_mail
    assert Visitor(app).get(f"/decide/{token}").status_code == 404, "what ended stays so"


def test_the_agency_sets_it_per_organisation(world: World, app: Flask) -> None:
    staff = Visitor(app, world.staff)
    page = staff.get("/bureau/organisations/FSE/change").text
    assert '<option selected value="off">' in page
    form = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    form |= {"calendar": "four_weeks", "language": "nl", "vat_treatment": "standard", "country": "NL"}
    form |= {"payment_term_days": "30", "code": "FSE", "name": world.fse.name, "seen": ""}
    assert (
        staff.post("/bureau/organisations/FSE/change", form | {"decide_by_mail": "some"}).status_code == 422
    )
    assert (
        staff.post("/bureau/organisations/FSE/change", form | {"decide_by_mail": "ordinary"}).status_code
        == 303
    )
    assert Organisation.get(Organisation.code == "FSE").decide_by_mail == "ordinary"
    shown = staff.get("/bureau/organisations/FSE").text
    assert "gewone goedkeuren" in shown


def test_the_agency_sets_whether_the_second_step_is_asked(world: World, app: Flask) -> None:
    staff = Visitor(app, world.staff)
    assert "voordat vanuit een mail wordt beslist" in staff.get("/bureau/details").text
    form = {"name": "InterUM", "country": "NL", "seen": ""}
    assert staff.post("/bureau/details", form).status_code == 303
    assert not Agency.get().factor_by_mail
    assert staff.post("/bureau/details", form | {"factor_by_mail": "y"}).status_code == 303
    assert Agency.get().factor_by_mail


def test_where_it_is_off_the_mail_is_as_it_was(world: World, app: Flask) -> None:
    remind_off(world)
    text = letter(world.supervisor).text
    assert "http://127.0.0.1:8000/approvals" in text
    assert "/decide/" not in text
    assert Mail.select().count() == 1
    assert DecisionLink.select().count() == 0


def remind_off(world: World) -> None:
    from konnekt.domain.periods import reminders

    reminders.remind_all()
