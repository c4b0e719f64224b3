"""What asks once more: each of these addresses, and each new one of the tasks that protect money and people."""

import re
from typing import Any

import pytest
from flask import Flask

from konnekt.domain.accounts import passwords
from konnekt.models import Event, Job, Organisation, Right, Session
from konnekt.screens import agency_places
from tests import permission_cast
from tests.factories import World
from tests.pages.test_permissions import routes
from tests.pages.test_sign_in import GOOD
from tests.permission_cast import Cast

# A line per route, with what makes it a change of that kind where not every change through it is one.
ASKS: dict[str, dict[str, Any]] = {
    # the agency's account number, and signing in
    "POST /bureau/details": {"iban": "NL20INGB0001234567"},
    "POST /bureau/details/second-step": {"of": "staff", "on": "2026-12-31"},
    "POST /bureau/organisations/<code>/change": {"name": "FSE", "decide_by_mail": "off"},
    "POST /bureau/organisations/<code>/sign-in": {"sign_in": "required", "seen": "off"},
    "POST /bureau/people/<person>/factors/ask": {"reason": "Gebeld."},
    "POST /bureau/people/<person>/factors/confirm": {},
    # somebody's address, who works at the agency, rights
    "POST /bureau/people": {"first_name": "Ria", "email": "ria@um.example", "is_agency_staff": "y"},
    "POST /bureau/people/<person>/change": {"first_name": "Noor", "email": "other@um.example"},
    "POST /bureau/people/<person>/roles": {"administration": "y"},
    "POST /bureau/people/<person>/close": {"sure": "y"},
    "POST /bureau/people/<person>/reopen": {},
    "POST /bureau/proposals/<proposal>/confirm": {},
    "POST /bureau/organisations/<code>/rights": {"person": "Noor", "may_approve": "y"},
    "POST /bureau/people/<person>/rights": {"organisation": "LAW", "may_approve": "y"},
    "POST /bureau/people/<person>/rights/<code>": {"may_register": "y"},
    "POST /bureau/people/<person>/rights/<code>/remove": {"sure": "y"},
    "POST /bureau/imports/<job>/confirm": {},
    # payroll and rates
    "POST /bureau/payroll/<calendar>/<year>-<number>": {"format": "neutral", "seen": "x"},
    "POST /bureau/payroll/batches/<batch>/hand-over": {},
    "POST /bureau/payroll/batches/<batch>/undo": {"reason": "Te vroeg."},
    "POST /bureau/payroll/batches/<batch>/<format>": {},
    "GET /bureau/payroll/batches/<batch>/<format>": {},
    "POST /bureau/assignments": {"worker": "70001", "pay_rate": "18", "bill_rate": "35"},
    "POST /bureau/assignments/<assignment>/rates": {"valid_from_on": "2027-01-01", "bill_rate": "35"},
    "POST /bureau/assignments/<assignment>/rates/<rate>": {"valid_from_on": "2026-01-01", "bill_rate": "35"},
    "POST /bureau/assignments/<assignment>/rates/<rate>/delete": {},
    # what is kept of people
    "POST /bureau/people/<person>/erase": {},
    "POST /bureau/register/terms": {"payroll": "7"},
    # what protects one's own account
    "POST /account/factors": {"name": "Phone"},
    "POST /account/factors/<authenticator>/remove": {},
    "POST /account/factors/recovery-codes": {},
    "POST /account/factors/passkeys/new": {"name": "Phone"},
    "POST /account/factors/passkeys": {"name": "Phone"},
    "POST /account/factors/passkeys/<passkey>/remove": {},
    "POST /account/providers/<provider>": {},
    "POST /account/providers/<identity>/remove": {},
}
# Tasks of the agency of which every change asks, and what of them changes nothing that is protected so.
TASKS = {"agency", "payroll", "rates", "sign-in", "staff"}
HARMLESS = {
    # nothing is taken away, or it is said on a page of its own first
    "people.withdraw_factor_reset", "proposals.decline", "payroll.hand_over", "payroll.undo",
    # what is asked of them is in the list above, by what is sent
    "people.new", "people.edit", "assignments.ask_rate",
    # a link goes to the address that was there already; signed out is signed out
    "people.invite", "people.end_sessions",
}  # fmt: skip


@pytest.fixture
def cast(app: Flask, world: World) -> Cast:
    """Everybody, some time after signing in."""
    for person in (world.staff, world.noor):
        passwords.replace(person, GOOD, by=None)
    cast = permission_cast.assemble(app, world)
    checked = Job.get_by_id(int(cast.places["job"]))
    Job.update(result=checked.result | {"kinds": ["people.csv"]}).where(Job.id == checked.id).execute()
    Session.update(asked_at=None).execute()
    return cast


def test_each_asks(cast: Cast) -> None:
    wrong = []
    for line, sent in ASKS.items():
        method, path = line.split()
        visitor = cast.visitors["worker" if path.startswith("/account") else "agency"]
        address, events = cast.address(path, "approved"), Event.select().count()
        for visitor.htmx in (False,) if method == "GET" else (False, True):
            answer = visitor.post(address, sent) if method == "POST" else visitor.get(address)
            is_asked = answer.status_code == 401 and 'name="once_more"' in answer.text
            is_asked &= f'action="{address}"' in answer.text
            is_asked &= answer.headers.get("HX-Retarget") == ("#problem" if visitor.htmx else None)
            is_kept = all(f'name="{name}" value="{value}"' in answer.text for name, value in sent.items())
            if not is_asked or not is_kept or Event.select().count() != events:
                wrong.append(f"{line}: {answer.status_code}")
        visitor.htmx = False
    assert wrong == [], wrong


def test_the_list_is_of_routes(application: Flask) -> None:
    assert ASKS.keys() - routes(application) == set()


def test_a_new_route_of_such_a_task_is_in_the_list(application: Flask) -> None:
    forgotten = set()
    for rule in application.url_map.iter_rules():
        place = rule.endpoint.removeprefix("bureau.")
        if not rule.endpoint.startswith("bureau.") or place in HARMLESS:
            continue
        path = re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"<\1>", rule.rule)
        for method in {"GET", "POST"} & set(rule.methods or ()):
            tasks = agency_places.tasks(rule.endpoint, is_change=method == "POST")
            if TASKS.intersection(tasks) and f"{method} {path}" not in ASKS:
                forgotten.add(f"{method} {path}")
    assert forgotten == set()


def test_what_is_not_guarded_asks_nothing(cast: Cast) -> None:
    """The rest of a person, somebody new who gets no right yet, an import of hours."""
    agency = cast.visitors["agency"]
    noor = {"first_name": "Noortje", "last_name": "Hendriks", "email": "noor@um.example", "language": "nl"}
    noor["employee_number"] = cast.world.noor.employee_number or ""
    assert agency.post(cast.address("/bureau/people/<person>/change", "approved"), noor).status_code == 303
    assert (
        agency.post("/bureau/people", noor | {"email": "x@um.example", "employee_number": "x"}).status_code
        == 303
    )
    Job.update(result={"is_ok": True, "kinds": ["hours.csv"], "effect": ""}).execute()
    assert agency.post(cast.address("/bureau/imports/<job>/confirm", "approved")).status_code == 303


def test_a_file_comes_after_the_answer(cast: Cast) -> None:
    agency = cast.visitors["agency"]
    there = cast.address("/bureau/payroll/batches/<batch>", "approved")
    here = f"{there}/neutral"
    page = agency.get(here, headers={"Referer": f"http://localhost{there}"})
    assert page.status_code == 401
    assert "attachment" not in page.headers.get("Content-Disposition", "")
    assert f'href="{there}">Laat maar' in page.text, "back to where the file is listed"
    form = {"once_more_back": there}
    page = agency.post(here, form | {"once_more": "wrong"})
    assert page.status_code == 422
    assert f'href="{there}">Laat maar' in page.text
    file = agency.post(here, form | {"once_more": GOOD})
    assert file.status_code == 200
    assert "attachment" in file.headers["Content-Disposition"]
    assert agency.get(here).data == file.data, "and the next one asks nothing"


def test_the_way_back_is_within_the_portal(cast: Cast) -> None:
    here = cast.address("/bureau/payroll/batches/<batch>/neutral", "approved")
    page = cast.visitors["agency"].post(here, {"once_more_back": "//evil.example/", "once_more": "wrong"})
    assert "evil.example" not in page.text


def test_what_htmx_sent_goes_on_as_without_a_script(cast: Cast) -> None:
    agency = cast.visitors["agency"].with_htmx()
    here = cast.address("/bureau/people/<person>/rights", "approved")
    sent = {"organisation": "LAW", "may_approve": "y", "may_register": "y"}
    page = agency.post(here, sent)
    assert page.status_code == 401
    assert page.headers["HX-Retarget"] == "#problem"
    assert "<h1" not in page.text, "the page stays"
    agency.htmx = False
    assert agency.post(here, sent | {"once_more": GOOD}).status_code == 303
    assert Right.select().join(Organisation).where(Organisation.code == "LAW", Right.may_register).exists()
