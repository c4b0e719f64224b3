"""Every field of every form: left out, and where it is a number below, at and above what it may be."""

import re
from collections.abc import Iterable

import pytest
from flask import Flask

from konnekt.db import db
from tests import permission_cast
from tests.contents import Contents, contents, differences, written
from tests.direct import ask
from tests.factories import World
from tests.form_walk import Form, forms, unchanged
from tests.permission_cast import Cast

# What is drawn at random, or made of that; and what counts attempts, which it does when something is refused.
LEFT_OUT = {
    "sign_in_attempt": {"id", "key", "subject", "failures", "began_at", "at"},
    "account_link": {"token_hash"},
    "event": {"batch", "salt", "previous", "hash"},
    "event_chain": {"hash"},
    "outbox": {"message_id", "text", "html", "request_id"},
    "job": {"request_id"},
    "deputy_request": {"token_hash"},
    "authenticator": {"secret"},
    "device": {"token_hash"},
}
# A number: what is too little, the least, the most, what is too much, as people type it.
HOURS = ("-1", "0:01", "24", "24:01")
RATE = ("-0,0001", "0", "1000", "1000,0001")
CEILING_HOURS = ("-1", "0", "999999", "1000000")
EUROS = ("-0,01", "0", "21474836,47", "21474836,48")
BOUNDS = {
    "/hours/*/send?year=*&period=* cell": HOURS,
    "/registration/*/send?year=*&period=* cell": HOURS,
    "/bureau/progress/*/*/*/change cell": HOURS,
    "/bureau/corrections/* cell": HOURS,
    "/bureau/assignments/*/rates pay_rate": RATE,
    "/bureau/assignments/*/rates bill_rate": RATE,
    "/bureau/assignments/*/rates/* pay_rate": RATE,
    "/bureau/assignments/*/rates/* bill_rate": RATE,
    "/bureau/assignments/*/change max_minutes_per_week": ("-1", "1", "168", "168:01"),
    "/bureau/hour-types multiplier_percent": ("0", "1", "1000", "1001"),
    "/bureau/hour-types/* multiplier_percent": ("0", "1", "1000", "1001"),
    "/bureau/organisations/*/budget-numbers ceiling_hours": CEILING_HOURS,
    "/bureau/organisations/*/budget-numbers ceiling_euros": EUROS,
    "/bureau/organisations/*/budget-numbers/* ceiling_hours": CEILING_HOURS,
    "/bureau/organisations/*/budget-numbers/* ceiling_euros": EUROS,
    "/bureau/organisations/*/change payment_term_days": ("-1", "0", "365", "366"),
    "/bureau/organisations payment_term_days": ("-1", "0", "365", "366"),
    "/bureau/pay-periods/year/preview year": ("1999", "2000", "2199", "2200"),
    # The one may not be before the other, so that they bound each other as well.
    "/bureau/pay-periods/year/preview submit_days": ("-1", "0", "7", "367"),
    "/bureau/pay-periods/year/preview approve_days": ("-1", "6", "10", "367"),
    "/bureau/pay-periods/year/preview pay_days": ("-1", "8", "366", "367"),
    # Each step comes after the one before it: what that one says bounds them as well.
    "/bureau/overdue/steps days_1": ("0", "1", "20", "21"),
    "/bureau/overdue/steps days_2": ("7", "8", "34", "35"),
    "/bureau/overdue/steps days_3": ("21", "22", "365", "366"),
    "/bureau/register/terms invoices": ("6", "7", "20", "21"),
    "/bureau/register/terms payroll": ("6", "7", "20", "21"),
    "/bureau/register/terms hours": ("6", "7", "20", "21"),
    "/bureau/register/terms workers": ("4", "5", "20", "21"),
    "/bureau/register/terms accounts": ("0", "1", "20", "21"),
    "/bureau/register/terms mail": ("2", "3", "120", "121"),
    # The most is what is still to be paid, which stands on the page.
    "/bureau/payments/invoice/*/pay pay-amount": ("0", "0,01", "", "21474836,48"),
}
# The pages with the forms that those are in.
PAGES_WITH_NUMBERS = {
    "/account/factors/<authenticator>", "/hours/<code>", "/registration/<code>",
    "/bureau/progress/<code>/<year>/<number>/change", "/bureau/corrections/<sheet>",
    "/bureau/assignments/<assignment>", "/bureau/assignments/<assignment>/change",
    "/bureau/assignments/<assignment>/rates/<rate>", "/bureau/hour-types", "/bureau/hour-types/<hour_type>",
    "/bureau/organisations/<code>/budget-numbers", "/bureau/organisations/<code>/budget-numbers/<number>",
    "/bureau/organisations/<code>/change", "/bureau/organisations/new/organisation",
    "/bureau/pay-periods/year", "/bureau/payments/invoice/<invoice>", "/bureau/register",
    "/bureau/overdue/steps",
}  # fmt: skip
# Codes are typed in digits too, and are no numbers.
CODES = {"/account/factors/* factor_code"}
# What stays as it is, within its bounds too: hours were invoiced with it.
LOCKED = {
    "/bureau/hour-types/* multiplier_percent",
    "/bureau/assignments/*/rates/* pay_rate",
    "/bureau/assignments/*/rates/* bill_rate",
}
ACCEPTED = {200, 303}


@pytest.fixture
def cast(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Everybody of the permission table, on one connection: what a request did is rolled back."""
    cast = permission_cast.assemble(app, world)
    monkeypatch.setattr(db.obj, "close", lambda: False)
    return cast


def send(cast: Cast, form: Form, fields: list[tuple[str, str]], before: Contents) -> tuple[int, Contents]:
    """What is answered, and what the database holds after it; nothing of it stays."""
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(cast.tokens[form.role] if name == "csrf_token" else value)
    visitor = cast.visitors[form.role]
    with unchanged(visitor), written() as statements:
        answer = ask(visitor.app, visitor.client, "POST", form.action, data)
        after = contents(LEFT_OUT) if statements else before
    return answer.status_code, after


def kinds(form: Form, names: Iterable[str]) -> dict[str, str]:
    """A field of each kind: a grid has the same one for each day."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(re.sub(r"-[a-z]*[0-9].*", "", name), name)
    return found


# Which fields a form takes is decided before the database is asked: once is enough.
@pytest.mark.parametrize("config", ["sqlite"], indirect=True)
def test_each_field_left_out(cast: Cast) -> None:
    """It is refused and no row has changed; or it is as if it was empty, or as the page had it."""
    there = list(forms(cast))  # to look at the pages that they stand on leaves events
    before = contents(LEFT_OUT)
    whole, refused, numbers, wrong = 0, 0, set[str](), list[str]()
    for form in there:
        status, as_it_was = send(cast, form, form.fields, before)
        whole += status in ACCEPTED
        numbers |= {f"{form.kind} {of}" for of in kinds(form, form.numbers)}
        for name in kinds(form, form.names).values():
            rest = form.without(name)
            status, after = send(cast, form, rest, before)
            if status in ACCEPTED:
                is_fine = (
                    after == as_it_was
                    or name in form.boxes
                    or after == send(cast, form, [*rest, (name, "")], before)[1]
                )
            else:
                is_fine = status < 500 and after == before
                refused += 1
            if not is_fine:
                wrong.append(f"{form.kind} without {name}: {status} {differences(before, after)}")
    assert wrong == [], "\n".join(wrong)
    assert whole >= 50, "as they stand on their pages most forms go through"
    assert refused >= 80
    assert numbers == BOUNDS.keys() | CODES, "on these pages, and what each may be stands above"


def test_each_number_below_at_and_above(cast: Cast) -> None:
    """Out of bounds: 422, and nothing has changed. At its bounds it is taken."""
    before = contents(LEFT_OUT)
    seen, wrong = set(), []
    for form in forms(cast, PAGES_WITH_NUMBERS):
        for of, name in kinds(form, sorted(form.numbers)).items():
            kind = f"{form.kind} {of}"
            seen.add(kind)
            below, least, most, above = BOUNDS.get(kind, ("-1", "0", "0", "9" * 20))
            for typed in (below, least, most, above):
                fields = [(one, (typed or value) if one == name else value) for one, value in form.fields]
                status, after = send(cast, form, fields, before)
                if typed in (below, above) or kind in CODES:
                    is_fine = (status == 422 or (status == 409 and kind in LOCKED)) and after == before
                else:
                    is_fine = (status in ACCEPTED) != (kind in LOCKED)
                if not is_fine:
                    wrong.append(f"{kind} {typed}: {status} {differences(before, after)}")
    assert wrong == [], "\n".join(wrong)
    assert seen == BOUNDS.keys() | CODES
