"""/bureau/people/N: taking somebody's second step away, by two people of the agency."""

import pytest
from flask import Flask

from konnekt.domain.accounts import factor_resets
from konnekt.models import Account, FactorReset
from tests import factories, one_time_codes
from tests.factories import World
from tests.visitor import Visitor

WHY = "Gebeld op het nummer dat we hebben."


@pytest.fixture
def colleague(app: Flask, world: World) -> Visitor:
    return Visitor(app, factories.account("Ria", "Bakker", is_agency_staff=True))


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    one_time_codes.set_up(world.noor)
    return Visitor(app, world.staff)


@pytest.mark.parametrize("htmx", [False, True])
def test_by_two(world: World, staff: Visitor, colleague: Visitor, htmx: bool) -> None:
    page = f"/bureau/people/{world.noor.id}"
    staff.htmx = colleague.htmx = htmx
    answer = staff.post(f"{page}/factors/ask", {"reason": WHY})
    assert (answer.status_code, answer.location) == ((200, None) if htmx else (303, page))
    shown = staff.get(page).text
    assert "Een collega bevestigt het" in shown
    assert f'action="{page}/factors/confirm"' not in shown
    assert staff.post(f"{page}/factors/confirm").status_code == 409
    shown = colleague.get(page).text
    assert f'action="{page}/factors/confirm"' in shown
    assert WHY in shown
    answer = colleague.post(f"{page}/factors/confirm")
    assert (answer.status_code, answer.location) == ((200, None) if htmx else (303, page))
    assert not Account.get_by_id(world.noor.id).has_second_factor
    assert 'id="bureau-person-factors"' not in colleague.get(page).text
    assert colleague.post(f"{page}/factors/confirm").status_code == 409, "in another tab"


def test_a_refused_reason_stays(world: World, staff: Visitor) -> None:
    answer = staff.post(f"/bureau/people/{world.noor.id}/factors/ask", {"reason": "x" * 1001})
    assert answer.status_code == 422
    assert "x" * 1001 in answer.text
    assert 'id="reason-error"' in answer.text
    assert not FactorReset.select().exists()


def test_refusing(world: World, staff: Visitor, colleague: Visitor) -> None:
    page = f"/bureau/people/{world.noor.id}"
    factor_resets.ask(world.noor.id, WHY, by=world.staff)
    assert colleague.post(f"{page}/factors/withdraw").location == page
    assert "De tweede stap van Noor Hendriks blijft zoals die is." in colleague.get(page).text
    assert Account.get_by_id(world.noor.id).has_second_factor


def test_who_has_none_shows_nothing_of_it(world: World, colleague: Visitor) -> None:
    assert "factors" not in colleague.get(f"/bureau/people/{world.noor.id}").text


def test_not_one_s_own(app: Flask, world: World, staff: Visitor) -> None:
    one_time_codes.set_up(world.staff)
    page = f"/bureau/people/{world.staff.id}"
    assert 'id="bureau-person-factors"' not in staff.get(page).text
    assert staff.post(f"{page}/factors/ask", {"reason": WHY}).status_code == 409
