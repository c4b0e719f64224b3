"""A code by mail: what who has no second factor shows besides the password, in a browser that is not known."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from konnekt.background import delivery, mail
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import (
    attempts,
    devices,
    factor_resets,
    links,
    mailed_codes,
    passwords,
    sessions,
)
from konnekt.domain.records import people as records
from konnekt.domain.refusals import Invalid
from konnekt.models import Account, Agency, Device, Event, Mail, Session
from tests import one_time_codes, smtp
from tests.factories import World
from tests.pages.test_second_step import type_code
from tests.pages.test_sign_in import GOOD, attempt, is_in
from tests.test_house import private
from tests.visitor import Visitor

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NOWHERE = "smtp://127.0.0.1:9"  # nobody listens on the port of discard
BROWSER = "konnekt-browser"


@pytest.fixture
def noor(app: Flask, world: World, config: Config) -> Account:
    """With a password and no second factor, in a portal that sends mail and delivers it by hand."""
    passwords.replace(world.noor, GOOD, by=None)
    mail.configure(replace(config, mail=NOWHERE))
    return Account.get_by_id(world.noor.id)


@pytest.fixture
def postbox(noor: Account, config: Config) -> Iterator[smtp.Postbox]:
    """A mail server that takes what it gets."""
    with smtp.server() as box:
        mail.configure(replace(config, mail=f"smtp://127.0.0.1:{box.port}"))
        yield box


@pytest.fixture
def half(app: Flask, noor: Account) -> Visitor:
    """Noor after her password, in a browser that the portal does not know."""
    visitor = Visitor(app)
    assert attempt(visitor, noor.email).location == "/login/code?next=/"
    return visitor


def wait(time: timedelta) -> None:
    clock.fix((clock.local(clock.now()) + time).isoformat())


def letters() -> list[Mail]:
    return list(Mail.select().where(Mail.kind == "sign_in_code").order_by(Mail.id))


def code() -> str:
    """The one in the newest mail."""
    return re.findall(r"^(\d{4} \d{4})$", letters()[-1].text, re.M)[0]


def wrong(right: str) -> str:
    return f"{(int(right.replace(' ', '')) + 1) % 10**8:08}"


def again(visitor: Visitor) -> TestResponse:
    return visitor.post("/login/code", {"mail": "again"})


def signs_in(visitor: Visitor, account: Account) -> bool:
    """Whether the password alone lets in here."""
    visitor.post("/logout")
    return attempt(visitor, account.email).location == "/"


def known(app: Flask, account: Account) -> Visitor:
    """Somebody's own browser, confirmed."""
    visitor = Visitor(app)
    attempt(visitor, account.email)
    assert type_code(visitor, code()).location == "/"
    return visitor


def test_password_and_code(half: Visitor, noor: Account) -> None:
    (letter,) = letters()
    assert letter.recipient == noor.email
    assert not re.search(r"\d", letter.subject), "who looks at the outbox of the agency reads subjects"
    assert "/password/forgotten" in letter.text
    page = half.get("/login/code")
    assert page.status_code == 200
    assert "n…@um.example" in page.text
    assert 'autocomplete="one-time-code"' in page.text
    assert 'inputmode="numeric"' in page.text
    assert "<script" not in page.text
    assert "30 dagen" not in page.text, "nothing to tick: it is remembered anyway"
    assert not is_in(half)
    assert half.client.get_cookie(BROWSER) is None
    response = type_code(half, code())
    assert (response.status_code, response.location) == (303, "/")
    assert is_in(half)
    assert [row.is_half for row in Session.select()] == [False]
    assert signs_in(half, noor)
    assert len(letters()) == 1, "known from now on"


@pytest.mark.parametrize("typed", ["{}{}", " {} {} ", "{}-{}", "{}.{}"])
def test_however_it_is_typed(half: Visitor, typed: str) -> None:
    assert type_code(half, typed.format(*code().split())).status_code == 303


def test_back_to_where_one_wanted_to_be(app: Flask, noor: Account) -> None:
    visitor = Visitor(app)
    response = attempt(visitor, noor.email, next="/hours?year=2026")
    assert 'name="next" value="/hours?year=2026"' in visitor.get(response.location).text
    assert type_code(visitor, code(), next="/hours?year=2026").location == "/hours?year=2026"


def test_half_signed_in_opens_nothing_else(app: Flask, half: Visitor) -> None:
    opened = []
    for method in ("GET", "POST"):
        for url in private(app, method):
            response = half.get(url) if method == "GET" else half.post(url)
            asked = (response.location or "").startswith("/login") and response.status_code == 303
            if not asked and not (method == "POST" and response.status_code == 401):
                opened.append(f"{method} {url}: {response.status}")
    assert opened == []
    with half.client.session_transaction() as kept:
        token = kept["half"]
        kept["_user_id"], kept["_fresh"] = token, True
    assert half.get("/account").status_code == 303


def test_known_as_long_as_it_is_used_and_at_most_for_180_days(app: Flask, noor: Account) -> None:
    own = known(app, noor)
    for _ in range(6):
        wait(29 * DAY)
        assert signs_in(own, noor)
    wait(7 * DAY)
    assert not signs_in(own, noor), "181 days after the code"
    assert type_code(own, code()).status_code == 303
    wait(30 * DAY)
    assert not signs_in(own, noor), "30 days without signing in"


def test_the_browser_of_another_account_is_not_known(app: Flask, noor: Account, world: World) -> None:
    passwords.replace(world.supervisor, GOOD, by=None)
    own = known(app, noor)
    assert not signs_in(own, world.supervisor)
    assert letters()[-1].recipient == world.supervisor.email
    assert type_code(own, code()).status_code == 303
    assert signs_in(own, noor), "both are known there now"
    assert signs_in(own, world.supervisor)


def test_a_stolen_cookie_is_over_when_its_owner_signs_in(app: Flask, noor: Account) -> None:
    own, thief = known(app, noor), Visitor(app)
    kept = own.client.get_cookie(BROWSER)
    assert kept
    assert signs_in(own, noor)
    thief.client.set_cookie(BROWSER, kept.value)
    assert not signs_in(thief, noor)
    for made_up in ("", "x", "0" * 3000):
        thief.client.set_cookie(BROWSER, made_up)
        assert not signs_in(thief, noor)


def test_a_browser_from_before_codes_were_asked_is_asked(app: Flask, noor: Account, config: Config) -> None:
    """Nothing but a password was ever shown there."""
    mail.configure(config)
    visitor = Visitor(app)
    assert signs_in(visitor, noor)
    mail.configure(replace(config, mail=NOWHERE))
    assert not signs_in(visitor, noor)


def test_ten_wrong_passwords_make_a_stranger_of_it(app: Flask, noor: Account) -> None:
    own = known(app, noor)
    own.post("/logout")
    for _ in range(devices.MOST_FAILURES):
        attempt(own, noor.email, "wrong")
    wait(MINUTE)
    assert not signs_in(own, noor)


WRONG = "Dit is niet de code uit de nieuwste mail."


def test_a_wrong_code(half: Visitor, noor: Account) -> None:
    typed = wrong(code())
    response = type_code(half, typed, next="/hours")
    assert response.status_code == 422
    assert WRONG in response.text
    assert f'value="{typed}"' in response.text, "what was typed is kept"
    assert 'name="next" value="/hours"' in response.text
    field = re.search(r'<input[^>]*id="factor_code"[^>]*>', response.text)
    assert field
    assert 'aria-describedby="factor_code-error"' in field[0]
    for other in ("", "x", "１２３４５６７８", "0" * 60):
        assert type_code(half, other).status_code == 422
    assert not is_in(half)
    assert type_code(half, code()).status_code == 303


def test_five_wrong_codes_are_braked_whichever_the_sign_in(app: Flask, half: Visitor, noor: Account) -> None:
    for _ in range(attempts.WRONG_MAILED_CODES):
        assert type_code(half, wrong(code())).status_code == 422
    response = type_code(half, code())
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 15 * 60 + 1
    other = Visitor(app)
    attempt(other, noor.email)
    assert type_code(other, code()).status_code == 429, "nor by another sign-in"
    token = re.findall(r"/password/new/[\w-]+", links.send(noor, "reset").text)[0]
    other.post(token, {"password": "een heel ander wachtwoord"})
    assert attempt(other, noor.email, "een heel ander wachtwoord").location == "/", "a link is a way in"


def test_a_code_works_once(half: Visitor, app: Flask, noor: Account) -> None:
    with half.client.session_transaction() as kept:
        token = kept["half"]
    typed = code()
    mailed_codes.check(noor, token, typed)
    with pytest.raises(Invalid):
        mailed_codes.check(noor, token, typed)
    assert type_code(half, typed).status_code == 422


def test_after_ten_minutes_it_is_over(half: Visitor) -> None:
    wait(10 * MINUTE)
    response = type_code(half, code(), next="/hours")
    assert response.status_code == 401
    assert 'name="next" value="/hours"' in response.text
    assert not is_in(half)


def test_it_is_of_one_sign_in(app: Flask, half: Visitor, noor: Account, world: World) -> None:
    """Mailed for one, it is worth nothing to another: of the same account, or of somebody else's."""
    first, other = code(), Visitor(app)
    attempt(other, noor.email)
    assert type_code(other, first).status_code == 422
    assert type_code(half, code()).status_code == 422
    passwords.replace(world.supervisor, GOOD, by=None)
    stranger = Visitor(app)
    attempt(stranger, world.supervisor.email)
    assert type_code(stranger, first).status_code == 422
    assert type_code(half, first).status_code == 303, "two at once: each has its own"


def test_only_its_hash_is_kept_and_the_mail_is_emptied(half: Visitor, postbox: smtp.Postbox) -> None:
    typed = code()
    row = Session.get(Session.is_half)
    assert len(row.mailed_code_hash) == 64
    assert typed.replace(" ", "") not in repr(row.__data__)
    delivery.deliver()
    (sent,) = postbox.mails
    body = sent.get_body(("plain",))
    assert body
    assert typed in body.get_content()
    (letter,) = letters()
    assert (letter.text, letter.html) == ("", "")


def test_it_goes_before_other_mail(noor: Account, postbox: smtp.Postbox, app: Flask) -> None:
    for number in range(3):
        mail.queue(
            "budget", noor, number=f"00{number}", description="", organisation="FSE", percent=80, url=""
        )
    wait(MINUTE)
    attempt(Visitor(app), noor.email)
    delivery.deliver(most=1)
    (sent,) = postbox.mails
    assert "code" in sent["Subject"]


def test_a_slow_round_of_invoices_does_not_hold_it_up(
    app: Flask, noor: Account, postbox: smtp.Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes seconds for each of a hundred mails is not down, and its code is asked for."""
    monkeypatch.setattr(delivery, "LONGEST_ROUND", 0)
    for number in range(3):
        mail.queue(
            "budget", noor, number=f"00{number}", description="", organisation="FSE", percent=80, url=""
        )
    assert delivery.deliver() == delivery.Delivered(sent=1), "the round ends, and the next begins anew"
    attempt(Visitor(app), noor.email)
    delivery.deliver()
    assert "code" in postbox.mails[-1]["Subject"]


def test_who_asks_for_many_links_does_not_hold_it_up(
    app: Flask, noor: Account, world: World, postbox: smtp.Postbox
) -> None:
    """Anybody asks for those, and a code that waits for five minutes is asked of nobody."""
    links.send(world.supervisor, "reset")
    wait(MINUTE)
    attempt(Visitor(app), noor.email)
    delivery.deliver(most=1)
    (sent,) = postbox.mails
    assert "code" in sent["Subject"]


def test_another_one(half: Visitor, postbox: smtp.Postbox) -> None:
    response = again(half)
    assert response.status_code == 409
    assert "De mail is onderweg" in response.text
    delivery.deliver()
    assert again(half).status_code == 409, "within the minute"
    assert len(letters()) == 1
    wait(MINUTE)
    assert again(half).location == "/login/code?next=/"
    assert len(letters()) == 2
    page = half.get("/login/code").text
    assert "Er is een andere code onderweg" in page
    assert type_code(half, code()).status_code == 303


def test_the_one_before_no_longer_works(half: Visitor, postbox: smtp.Postbox) -> None:
    first = code()
    delivery.deliver()
    wait(MINUTE)
    again(half)
    assert type_code(half, first).status_code == 422


def test_six_mails_in_a_quarter_of_an_hour(app: Flask, noor: Account, postbox: smtp.Postbox) -> None:
    """Who knows the password fills no mailbox."""
    for _ in range(attempts.MOST_MAILED_CODES):
        assert attempt(Visitor(app), noor.email).status_code == 303
    visitor = Visitor(app)
    response = attempt(visitor, noor.email)
    assert response.status_code == 429
    assert "Nieuw wachtwoord aanvragen" in response.text
    assert not is_in(visitor)
    assert Session.select().where(Session.is_half).count() == attempts.MOST_MAILED_CODES


def test_a_mail_server_that_does_not_answer_locks_nobody_out(half: Visitor, noor: Account) -> None:
    delivery.deliver()
    assert letters()[0].attempts == 1
    assert again(half).status_code == 409
    wait(2 * MINUTE)
    response = again(half)
    assert (response.status_code, response.location) == (303, "/")
    assert "zonder code ingelogd" in half.get("/account").text
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.actor, event.person) == ("sign_in_without_code", noor, noor)
    assert not signs_in(half, noor), "the browser is not known by that"


def test_nor_does_nobody_who_delivers(half: Visitor) -> None:
    """Later: it may be that many mails go before it."""
    wait(4 * MINUTE)
    assert again(half).status_code == 409
    wait(MINUTE)
    assert again(half).location == "/"


def test_its_owner_hears_of_it_however_many_sign_ins_were_begun(
    app: Flask, half: Visitor, noor: Account
) -> None:
    """A form that was sent twice tells nothing twice; half a sign-in is no form that was sent twice."""
    known(app, noor)
    wait(5 * MINUTE)
    half.client.set_cookie(BROWSER, "x")
    attempt(Visitor(app), noor.email)
    before = Mail.select().where(Mail.kind == "account_notice").count()
    assert again(half).location == "/"
    assert Mail.select().where(Mail.kind == "account_notice").count() == before + 1


def test_what_is_over_is_mailed_to_nobody(app: Flask, half: Visitor, noor: Account) -> None:
    first = letters()[0].message_id
    attempt(Visitor(app), noor.email)
    assert len(letters()) == 2, "of another sign-in, which somebody may wait for"
    wait(10 * MINUTE)
    attempt(Visitor(app), noor.email)
    assert first not in [letter.message_id for letter in letters()]
    assert len(letters()) == 1


@pytest.mark.parametrize("answer", ["452 mailbox full", "451 greylisted", "421 busy"])
def test_a_server_that_puts_this_mail_off_lets_nobody_in(
    half: Visitor, postbox: smtp.Postbox, answer: str
) -> None:
    """Whoever knows a password could fill the mailbox."""
    postbox.refuse = lambda _recipient: answer
    delivery.deliver()
    wait(5 * MINUTE)
    response = again(half)
    assert response.status_code == 409
    assert not is_in(half)


def test_a_server_that_takes_no_mail_of_ours_locks_nobody_out(
    half: Visitor, noor: Account, postbox: smtp.Postbox
) -> None:
    """That is no answer about this mail: nobody's code goes, until who runs the portal mends it."""
    postbox.refuse_sender = "530 5.7.0 authentication required"
    delivery.deliver()
    assert again(half).status_code == 409
    wait(2 * MINUTE)
    assert again(half).location == "/"


def test_a_server_that_refuses_the_address(half: Visitor, postbox: smtp.Postbox) -> None:
    postbox.refuse = lambda _recipient: "550 no such mailbox"
    delivery.deliver()
    wait(5 * MINUTE)
    assert again(half).status_code == 303
    assert "Uw mailserver weigerde de mail." in half.get("/login/code").text
    assert not is_in(half)


@pytest.mark.parametrize("why", ["no mail", "the agency", "a restored copy"])
def test_where_it_is_not_asked(app: Flask, noor: Account, config: Config, why: str) -> None:
    if why == "no mail":
        mail.configure(config)
    elif why == "the agency":
        Agency.update(code_by_mail=False).execute()
    else:
        delivery.hold_back()
    visitor = Visitor(app)
    assert signs_in(visitor, noor)
    assert not letters()
    mail.configure(replace(config, mail=NOWHERE))
    Agency.update(code_by_mail=True).execute()
    delivery.release()
    assert not signs_in(visitor, noor), "a password confirms no browser"


def test_before_the_agency_filled_in_its_details(app: Flask, noor: Account) -> None:
    Agency.delete().execute()
    assert attempt(Visitor(app), noor.email).location == "/login/code?next=/"


def test_who_has_a_second_factor_is_mailed_nothing(app: Flask, noor: Account) -> None:
    phone = one_time_codes.set_up(noor)
    visitor = Visitor(app)
    attempt(visitor, noor.email)
    assert not letters()
    assert type_code(visitor, phone.code()).status_code == 303


def test_a_factor_that_was_set_up_meanwhile_is_asked(half: Visitor, noor: Account) -> None:
    typed, phone = code(), one_time_codes.set_up(noor)
    assert type_code(half, typed).status_code == 422
    assert type_code(half, phone.code()).status_code == 303


def test_who_lost_it_all_is_a_stranger_everywhere(app: Flask, noor: Account, world: World) -> None:
    """What was lost may be the browser in which the second factor was shown, with the password in it."""
    phone, lost = one_time_codes.set_up(noor), Visitor(app)
    attempt(lost, noor.email)
    assert type_code(lost, phone.code()).location == "/"
    factor_resets.by_operator(Account.get_by_id(noor.id))
    assert attempt(lost, noor.email).location == "/login/code?next=/"
    assert letters()[-1].recipient == noor.email


def test_another_address_ends_the_codes_of_the_one_before(
    app: Flask, half: Visitor, noor: Account, world: World
) -> None:
    """As it ends the links: whoever reads that mailbox is no longer its owner."""
    typed = code()
    values = {name: getattr(noor, name) for name in records.COLUMNS}
    records.change(noor.id, values | {"email": "n.new@um.example"}, seen=records.seen(noor), by=world.staff)
    assert type_code(half, typed).status_code == 401
    assert not is_in(half)


@pytest.mark.parametrize("purpose", ["invite", "reset"])
def test_a_link_that_was_used_here_confirms_it(app: Flask, noor: Account, purpose: str) -> None:
    token = re.findall(r"/password/new/[\w-]+", links.send(noor, purpose).text)[0]
    visitor, elsewhere = Visitor(app), Visitor(app)
    assert visitor.get(token).status_code == 200
    assert not signs_in(visitor, noor), "looking confirms nothing"
    new = "een heel ander wachtwoord"
    assert visitor.post(token, {"password": new}).status_code == 303
    assert attempt(visitor, noor.email, new).location == "/"
    assert attempt(elsewhere, noor.email, new).location == "/login/code?next=/"


def test_changing_the_password_leaves_this_browser_known(app: Flask, noor: Account) -> None:
    own, laptop = known(app, noor), known(app, noor)
    new = "een heel ander wachtwoord"
    assert own.post("/account/password", {"current": GOOD, "password": new}).status_code == 303
    for visitor, place in ((own, "/"), (laptop, "/login/code?next=/")):
        visitor.post("/logout")
        assert attempt(visitor, noor.email, new).location == place


def test_changing_the_password_makes_it_known_no_longer(app: Flask, noor: Account) -> None:
    """Nothing but the password was shown: the 180 days go on from the code."""
    own = known(app, noor)
    for _ in range(6):
        wait(29 * DAY)
        assert signs_in(own, noor)
    new = "een heel ander wachtwoord"
    assert own.post("/account/password", {"current": GOOD, "password": new}).status_code == 303
    wait(7 * DAY)
    own.post("/logout")
    assert attempt(own, noor.email, new).location == "/login/code?next=/"


def test_signing_out_everywhere_makes_strangers_of_the_others(app: Flask, noor: Account) -> None:
    own, laptop = known(app, noor), known(app, noor)
    own.post("/account/sessions/end")
    assert signs_in(own, noor)
    assert not signs_in(laptop, noor)


def test_on_the_spot(app: Flask, noor: Account) -> None:
    """Signed out while typing, with scripts: the page stays, and asks for both."""
    visitor = Visitor(app, noor)
    was = visitor.csrf_token()
    sessions.end_all(noor)
    visitor.with_htmx()
    response = attempt(visitor, noor.email, was=was)
    assert response.status_code == 401
    assert 'id="again-code"' in response.text
    assert "<html" not in response.text
    assert type_code(visitor, wrong(code()), was=was).status_code == 422
    assert visitor.post("/login/code", {"mail": "again", "was": was}).status_code == 409
    wait(2 * MINUTE)
    assert type_code(visitor, code(), was=was).status_code == 200
    visitor.htmx = False
    assert is_in(visitor)


def test_what_was_not_sent_is_sent_after_the_code(app: Flask, noor: Account) -> None:
    visitor = Visitor(app, noor)
    token = visitor.csrf_token()
    sessions.end_all(noor)
    headers = {"Origin": "http://localhost"}
    page = visitor.client.post(
        "/account/decide-by-mail", data={"csrf_token": token, "wanted": "no"}, headers=headers
    )
    db.connect(reuse_if_open=True)
    unsent = re.findall(r'name="unsent" value="([^"]*)"', page.text)[0]
    page = attempt(visitor, noor.email, unsent=unsent)
    assert page.status_code == 200
    unsent = re.findall(r'name="unsent" value="([^"]*)"', page.text)[0]
    assert "/account/decide-by-mail" in type_code(visitor, code(), unsent=unsent).text


def test_the_agency_turns_it_off(app: Flask, world: World, noor: Account) -> None:
    visitor = Visitor(app, world.staff)
    page = visitor.get("/bureau/details").text
    box = re.search(r'<input[^>]*id="code_by_mail"[^>]*>', page)
    assert box
    assert "checked" in box[0]
    fields = dict(re.findall(r'<input[^>]*?name="(seen|name|country)"[^>]*?value="([^"]*)"', page))
    response = visitor.post("/bureau/details", fields | {"factor_by_mail": "y"})
    assert response.status_code == 303
    assert not Agency.get().code_by_mail
    event = Event.select().order_by(Event.id.desc()).get()
    assert event.after["code_by_mail"] is False
    assert signs_in(Visitor(app), noor)


def test_the_answers_to_what_is_wrong_are_as_before(app: Flask, noor: Account) -> None:
    """A wrong password or a name that nobody has says nothing of codes, and mails none."""
    texts = set()
    for name in (noor.email, "nobody@um.example"):
        response = attempt(Visitor(app), name, "wrong")
        assert response.status_code == 422
        text = re.sub(r'name="csrf_token" value="[^"]*"', "", response.text)
        texts.add(text.replace(name, "NAME"))
    assert len(texts) == 1
    assert not letters()
    assert not Device.select().exists()
