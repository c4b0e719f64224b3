"""What a page remembers of what it drew: it is what would be drawn now, whatever changed, and whoever looks."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from konnekt.domain import clock
from konnekt.domain.approvals import decide, undo_or_revoke
from konnekt.models import Account, Contributor, Flag, Organisation, PayPeriod, Timesheet, WaitingSheet
from konnekt.screens import drawn
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def sheets(world: World) -> list[Timesheet]:
    """More than a page of what waits; Noor's is first."""
    names = [("Werknemer", f"Z{number:02}") for number in range(40)]
    return factories.sheets(world.fse, world.fse_budget, world.period, names, {world.period.first_on: 60})


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


def shown(visitor: Visitor, path: str = "/approvals") -> str:
    """The page but for its token: the same from memory as drawn anew."""
    from_memory = visitor.get(path).text
    drawn.forget()
    anew, again = visitor.get(path).text, visitor.get(path).text
    assert CSRF.sub("", from_memory) == CSRF.sub("", anew) == CSRF.sub("", again)
    return CSRF.sub("", anew)


def rename(row: Account | Organisation, **columns: str) -> Callable[[], object]:
    return lambda: type(row).update(columns).where(type(row).id == row.id).execute()


def changes(world: World) -> dict[str, Callable[[], object]]:
    """What may happen to a list, each of which is seen on it."""
    sheet, period, emre = world.sheet, world.period, world.supervisor

    def of_sheet(**columns: object) -> Callable[[], object]:
        return lambda: Timesheet.update(columns).where(Timesheet.id == sheet.id).execute()

    def of_period(number: int, **columns: object) -> Callable[[], object]:
        found = PayPeriod.select().where((PayPeriod.calendar == "four_weeks") & (PayPeriod.number == number))
        return lambda: PayPeriod.update(columns).where(PayPeriod.id == found.get().id).execute()

    def approve() -> None:
        decide.approve(sheet.id, by=emre, seen=Timesheet.get_by_id(sheet.id).revision)

    day = timedelta(days=1)
    return {
        "a name": rename(world.noor, first_name="Nora"),
        "an organisation's name": rename(world.fse, name="Science <b>"),
        "an organisation's code": rename(world.fse, code="SCI"),
        "a job": lambda: type(world.assignment).update(job_title="Docent").execute(),
        "hours": of_sheet(minutes=61),
        "a revision": of_sheet(revision=3),
        "since when": of_sheet(submitted_at=sheet.submitted_at - 3 * day),
        "a flag": lambda: Flag.create(timesheet=sheet, revision=3, code="first", detail={}),
        "another hand": lambda: Contributor.create(timesheet=sheet, account=emre),
        "a deadline": of_period(12, approve_by_at=period.approve_by_at + day),
        "a pay date": of_period(12, pay_on=period.pay_on + day),
        "the next pay date": of_period(13, pay_on=period.pay_on + 60 * day),
        "a decision": approve,
        "its undoing": lambda: undo_or_revoke.undo(sheet.id, by=emre, seen=3),
        "a right elsewhere": lambda: factories.right(emre, world.law, approve=1, register=1),
        "the language": rename(emre, language="en"),
        "the agency": lambda: type(world.agency).update(phone="043-000").execute(),
        "the day": lambda: clock.fix("2026-12-01T09:00"),
    }


@pytest.mark.usefixtures("sheets")
def test_each_change_is_seen_at_once(emre: Visitor, world: World) -> None:
    before = shown(emre)
    for what, change in changes(world).items():
        change()
        now = shown(emre)
        assert now != before, what
        before = now


@pytest.mark.usefixtures("sheets")
def test_each_address_has_its_own(emre: Visitor, world: World) -> None:
    period = WaitingSheet.get().pay_period
    paths = ["", "?page=2", "?name=noor", "?name=nobody", "?organisation=FSE", f"?period={period}", "?all=x"]
    pages = [shown(emre, f"/approvals{path}") for path in paths]
    assert len(set(pages)) == len(paths)
    mark = re.search(r"all=(\w+)", pages[0])
    assert mark
    ticked = shown(emre, f"/approvals?all={mark[1]}")
    assert ticked.count(" checked") == 35
    assert " checked" not in shown(emre)


@pytest.mark.usefixtures("sheets")
def test_who_looks_gets_a_token_that_works(app: Flask, emre: Visitor, world: World) -> None:
    colleague = factories.account("Inge", "Ros")
    factories.right(colleague, world.fse, approve=1, invoices=1)
    others = Visitor(app, colleague)
    pages = {visitor: visitor.get("/approvals").text for visitor in (emre, others)}
    assert CSRF.sub("", pages[emre]) == CSRF.sub("", pages[others]), "the same list, remembered for both"
    for visitor, page in pages.items():
        assert "\0" not in page
        (token,) = set(CSRF.findall(page))
        form = {"csrf_token": token, "pick": f"{world.sheet.id}:1"}
        assert visitor.client.post("/approvals/approve", data=form).status_code in (303, 409)
    (token,) = set(CSRF.findall(pages[emre]))
    refused = others.client.post("/approvals/approve", data={"csrf_token": token, "pick": "1:1"})
    assert refused.status_code == 400


@pytest.mark.usefixtures("sheets")
def test_a_page_that_fails_leaves_no_token_behind(
    emre: Visitor, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    drawn.forget()

    def fail(*_arguments: object, **_named: object) -> str:
        raise ZeroDivisionError

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(drawn, "_drawn", fail)
    answer = emre.client.get("/approvals")
    assert answer.status_code == 500
    assert "\0" not in answer.text
    monkeypatch.undo()
    assert emre.get("/approvals").status_code == 200
