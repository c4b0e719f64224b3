"""The place of an opened sheet in what waits: which of how many, and what Volgende leads to."""

import re

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import access
from konnekt.domain.approvals import decide, listing, place
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.models import Timesheet
from tests import factories
from tests.factories import World
from tests.pages.test_approve import more
from tests.visitor import Visitor

CURRENT = "http://localhost/approvals"


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


def told(html: str) -> tuple[str, str]:
    """Which of how many, and the sheet that comes after."""
    number = re.search(r"<span>(\d+ van \d+)</span>", html)
    after = re.search(r'data-next="(\d+)"', html)
    return number[1] if number else "", after[1] if after else ""


def test_it_follows_the_list(emre: Visitor, world: World) -> None:
    factories.sheet(world.assignment, world.periods[10])
    more(world, 40)
    who, everything = access.grants(world.supervisor), WaitingFilter()
    listed = [row.id for number in (1, 2) for row in listing.page(who, everything, number)]
    assert len(listed) == 42
    for number, (sheet, after) in enumerate(zip(listed, [*listed[1:], None], strict=True), 1):
        assert place.place(who, sheet, everything) == (number, 42, after)
    assert told(emre.get(f"/approvals/{listed[0]}").text) == ("1 van 42", str(listed[1]))
    assert told(emre.get(f"/approvals/{listed[-1]}").text) == ("42 van 42", "")


@pytest.mark.parametrize("htmx", [False, True])
def test_it_keeps_what_the_list_is_narrowed_to(emre: Visitor, world: World, htmx: bool) -> None:
    sheets = more(world, 3)
    emre.htmx = htmx
    for narrowing, so_many in (("?name=worker", 3), (f"?period={world.period.id}", 4), ("?period=x", 4)):
        emre.client.environ_base["HTTP_REFERER"] = CURRENT + narrowing
        shown = emre.get(f"/approvals/{sheets[0].id}").text
        assert told(shown) == (f"{so_many - 2} van {so_many}", str(sheets[1].id))
    emre.client.environ_base["HTTP_REFERER"] = "http://[/approvals?name=noor"
    assert told(emre.get(f"/approvals/{sheets[0].id}").text)[0] == "2 van 4"
    way = f'href="/approvals/{sheets[2].id}?name=worker"'
    assert way in emre.get(f"/approvals/{sheets[1].id}?name=worker").text


def test_only_what_waits_for_the_reader_has_one(app: Flask, emre: Visitor, world: World) -> None:
    for visitor in (Visitor(app, world.registrar), Visitor(app, world.staff)):
        assert told(visitor.get(f"/approvals/{world.sheet.id}").text) == ("", "")
    assert told(emre.get(f"/approvals/{world.sheet.id}?name=jansen").text) == ("", "")
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert told(emre.get(f"/approvals/{world.sheet.id}").text) == ("", "")


def test_it_takes_one_statement_however_many_wait(emre: Visitor, world: World) -> None:
    def statements() -> int:
        with count_queries() as counted:
            place.place(access.grants(world.supervisor), world.sheet.id, WaitingFilter())
        return counted.count

    few = statements()
    more(world, 60)
    assert statements() == few
    assert Timesheet.select().count() > 60
