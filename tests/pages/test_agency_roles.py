"""The roles at the agency on screen: who sees what, and no link or button to what is refused."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from konnekt.background import work
from konnekt.domain import units
from konnekt.domain.accounts import agency_roles
from konnekt.domain.imports import uploads
from konnekt.domain.records import rates
from konnekt.models import Account, Job, Rate
from konnekt.screens import agency_places
from tests import factories, permission_cast, permissions
from tests.factories import World
from tests.permission_cast import Cast
from tests.visitor import Visitor


def only(app: Flask, *roles: str) -> Visitor:
    account = factories.account("Ria", "Bakker", is_agency_staff=True, agency_roles=" ".join(roles))
    return Visitor(app, account)


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


@pytest.fixture
def cast(app: Flask, world: World) -> Cast:
    return permission_cast.assemble(app, world)


def pointed(html: str) -> Iterator[tuple[str, str]]:
    """Method and address of every link and form of a page."""
    for href in re.findall(r'<a [^>]*href="([^"#]+)', html):
        yield "GET", unescape(href)
    for attributes in re.findall(r"<form ([^>]*)>", html):
        action = re.search(r'action="([^"]*)"', attributes)
        assert action
        yield ("POST" if 'method="post"' in attributes else "GET"), unescape(action[1])
    for action in re.findall(r'formaction="([^"]+)', html):
        yield "POST", unescape(action)


def refused(app: Flask, who: Account, method: str, address: str) -> str:
    """The endpoint of an address of the agency's, where who may not go there; else empty."""
    try:
        endpoint = str(app.url_map.bind("localhost").match(address.partition("?")[0], method=method)[0])
    except HTTPException:
        return ""
    if not endpoint.startswith("bureau."):
        return ""
    needed = agency_places.tasks(endpoint, is_change=method == "POST")
    return "" if any(agency_roles.may(who, task) for task in needed) else endpoint


@pytest.mark.parametrize("role", agency_roles.ROLES)
def test_nothing_points_to_what_is_refused(app: Flask, cast: Cast, role: str) -> None:
    """No link, form or button on any page that the role can open."""
    visitor = cast.visitors[role]
    who = Account.get((Account.agency_roles == role) & Account.is_agency_staff)
    paths = [
        cast.address(row.path, "approved" if "approvals" in row.path else "submitted")
        for row in permissions.rows()
        if row.method == "GET" and row.answers[role] == "ok" and not row.path.startswith("/static")
    ]
    wrong, looked = set(), 0
    for path in [*paths, f"/bureau/people/{cast.world.staff.id}", f"/approvals/{cast.sheets['invoiced'].id}"]:
        page = visitor.client.get(path)
        if page.mimetype != "text/html":
            continue
        looked += 1
        wrong |= {
            f"{path}: {endpoint}"
            for method, address in pointed(page.text)
            if (endpoint := refused(app, who, method, address))
        }
    assert wrong == set()
    assert looked > 40


@pytest.mark.parametrize("role", agency_roles.ROLES)
def test_what_workers_earn(app: Flask, world: World, bureau: Visitor, role: str) -> None:
    """The rate, what it was before, and what a batch pays: for Payroll and Administration, and for nobody else."""
    rate = Rate.get(Rate.assignment == world.assignment)
    before = units.price(rate.pay_rate, "nl")
    new = (rate.valid_from_on, 171700, 310000)
    rates.change(world.assignment.id, rate.id, *new, by=world.staff, seen=rates.seen(rate))
    page = only(app, role).get(f"/bureau/assignments/{world.assignment.id}").text
    is_shown = role in ("payroll", "administration")
    assert ("17,17" in page) == is_shown
    assert (before in page) == is_shown
    assert "31,00" in page


def test_an_agency_in_which_everybody_does_all_sees_one_place(bureau: Visitor, world: World) -> None:
    colleague = factories.account("Ria", "Bakker", is_agency_staff=True)
    pages = [
        "/",
        "/bureau",
        "/bureau/people",
        "/bureau/details",
        f"/bureau/people/{world.noor.id}",
        "/account",
    ]
    assert not any("Rollen bij het bureau" in bureau.get(path).text for path in pages)
    assert "Rollen bij het bureau" in bureau.get(f"/bureau/people/{colleague.id}").text


def form_of(visitor: Visitor, person: Account) -> dict[str, str]:
    page = visitor.get(f"/bureau/people/{person.id}").text
    section = page.partition('id="bureau-person-roles"')[2].partition("</section>")[0]
    seen = re.search(r'name="seen"[^>]*value="([^"]*)"', section)
    assert seen
    ticked = re.findall(r'<input [^>]*checked[^>]*name="(\w+)"', section)
    return {"seen": seen[1], **dict.fromkeys(ticked, "y")}


def test_roles_are_given(bureau: Visitor, world: World) -> None:
    ria = factories.account("Ria", "Bakker", is_agency_staff=True)
    typed = form_of(bureau, ria)
    assert set(typed) == {"seen", *agency_roles.ROLES}
    url = f"/bureau/people/{ria.id}/roles"
    assert bureau.post(url, {"seen": typed["seen"]}).status_code == 422
    answer = bureau.post(url, {"seen": typed["seen"], "planning": "y", "reading": "y"})
    assert answer.status_code == 303
    assert Account.get_by_id(ria.id).agency_roles == "planning reading"
    page = bureau.get(f"/bureau/people/{ria.id}").text
    assert "Planning, Alleen lezen" in page  # as the history tells it
    assert bureau.post(url, typed).status_code == 409
    partial = bureau.with_htmx().post(url, form_of(bureau, ria) | {"payroll": "y"})
    assert partial.status_code == 200
    assert 'id="bureau-person"' in partial.text
    assert Account.get_by_id(ria.id).agency_roles == "planning payroll reading"


def test_the_last_one_with_administration_is_told(bureau: Visitor, world: World) -> None:
    typed = {name: value for name, value in form_of(bureau, world.staff).items() if name != "administration"}
    answer = bureau.post(f"/bureau/people/{world.staff.id}/roles", typed)
    assert answer.status_code == 409
    assert "Er zou niemand van het bureau overblijven" in answer.text
    assert agency_roles.may(Account.get_by_id(world.staff.id), "staff")


def test_a_role_that_is_taken_away_is_gone_at_the_next_click(
    app: Flask, bureau: Visitor, world: World
) -> None:
    ria = factories.account("Ria", "Bakker", is_agency_staff=True, agency_roles="planning")
    visitor = Visitor(app, ria)
    assert visitor.get("/bureau/people/new").status_code == 200
    typed = {"seen": form_of(bureau, ria)["seen"], "invoicing": "y"}
    assert bureau.post(f"/bureau/people/{ria.id}/roles", typed).status_code == 303
    refused = visitor.get("/bureau/people/new")
    assert refused.status_code == 403
    assert "de rol Planning" in refused.text
    assert "Bureau InterUM" in refused.text


def test_a_planner_has_no_box_for_the_agency(app: Flask, world: World) -> None:
    planner = only(app, "planning")
    assert "is_agency_staff" not in planner.get("/bureau/people/new").text
    typed = {
        "first_name": "Nieuw", "last_name": "Mens", "email": "nieuw@um.example", "language": "nl",
        "is_agency_staff": "y",
    }  # fmt: skip
    assert planner.post("/bureau/people", typed).status_code == 403
    del typed["is_agency_staff"]
    assert planner.post("/bureau/people", typed).status_code == 303
    assert not Account.get(Account.email == "nieuw@um.example").is_agency_staff
    colleague = factories.account("Adri", "Bakker", is_agency_staff=True)
    for path in ("change", "close", "invite", "sessions/end"):
        assert planner.post(f"/bureau/people/{colleague.id}/{path}", typed).status_code == 403, path
    assert planner.get(f"/bureau/people/{colleague.id}/change").status_code == 403


def test_the_files_of_an_import_ask_by_what_is_in_them(app: Flask, world: World) -> None:
    """Hours are planning's; rates are administration's, and their report is for who may see what workers earn."""
    planner, admin, reader = (only(app, role) for role in ("planning", "administration", "reading"))
    by = {role: Account.get(Account.agency_roles == role) for role in ("planning", "administration")}
    rows = [("rates.csv", b"assignment,valid_from,pay_rate,bill_rate\n")]
    refused, checked = (uploads.start(rows, by=by[role]) for role in ("planning", "administration"))
    hours = uploads.start([("hours.csv", b"assignment\n")], by=by["planning"])
    assert planner.get(f"/bureau/jobs/{hours.id}").status_code == 200, "while it waits"
    work.work()
    assert "de rol Administratie" in planner.get(f"/bureau/jobs/{refused.id}").text
    assert admin.get(f"/bureau/jobs/{checked.id}").status_code == 200
    for visitor in (planner, reader):
        assert visitor.get(f"/bureau/jobs/{checked.id}").status_code == 403
        assert visitor.get(f"/bureau/imports/{checked.id}/lines.csv").status_code == 403
        assert visitor.get(f"/bureau/jobs/{hours.id}").status_code == 200
    Job.update(result={**Job.get_by_id(checked.id).result, "is_ok": True}).where(
        Job.id == checked.id
    ).execute()
    assert planner.post(f"/bureau/imports/{checked.id}/confirm").status_code == 403
