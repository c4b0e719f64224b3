"""With hundreds of everything no page is much work: statements do not grow with the rows, and its size has a bound.

Not by time, which a busy machine takes its own of; tests/bench measures that.
"""

from datetime import date, timedelta
from typing import Any

from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.models import (
    BudgetNumber,
    ClosingDay,
    Device,
    HourType,
    Invoice,
    Job,
    Mail,
    Organisation,
    Payment,
    PayrollBatch,
    Right,
    Session,
)
from tests import factories, permission_cast, permissions
from tests.direct import ask
from tests.factories import World
from tests.form_walk import ROLES
from tests.permission_cast import Cast

MOST_STATEMENTS = 25
# Of a page, and of a file; with 300 of everything the longest page (the payments of one invoice) has 222 kB.
MOST_BYTES = 250_000
AT_ONCE = 150
# What asks the database nothing of its own, or the same for everybody.
ELSEWHERE = ("/help", "/static", "/sw.js", "/login", "/password", "/healthz", "/readyz", "/<statement>")


def more(world: World, first: int) -> None:
    """So many more of each noun, where those who look will find them."""
    numbers = range(first, first + AT_ONCE)
    names = [("Werknemer", f"Nummer {number:04}") for number in numbers]
    for period, state in zip(world.periods[9:12], ("approved", "draft", "submitted"), strict=True):
        factories.sheets(world.fse, world.fse_budget, period, names, state=state)
    copy: Any = factories._copies
    law = Organisation.get(code="LAW")
    organisations = copy(
        law, [{"code": f"X{n}", "name": f"Law {n}", "name_key": f"law {n}"} for n in numbers]
    )
    for who in (world.supervisor, world.registrar):
        copy(Right.get(Right.account == who), [{"organisation": one} for one in organisations])
    copy(BudgetNumber.get_by_id(world.fse_budget.id), [{"number": f"1{n}.1"} for n in numbers])
    copy(Session.get(Session.account == world.noor), [{"token_hash": f"{n}"} for n in numbers])
    copy(Device.get(), [{"token_hash": f"{n}"} for n in numbers])
    copy(ClosingDay.get(), [{"day": date(2026, 1, 1) + timedelta(days=n)} for n in numbers])
    copy(HourType.get(), [{"code": f"T{n}"} for n in numbers])
    copy(Invoice.get(), [{"number": 1000 + n, "number_text": f"2026-{10000 + n}"} for n in numbers])
    copy(Payment.get(), [{} for _ in numbers])
    copy(PayrollBatch.get(), [{"sequence": n + 1} for n in numbers])
    copy(Job.get(), [{} for _ in numbers])
    copy(Mail.get(), [{"message_id": f"<{n}@interum.example>", "once_key": None} for n in numbers])


def looked_at(cast: Cast) -> dict[str, tuple[int, int]]:
    """How many statements each page asks of the database for each kind of person, and how long it is."""
    found = {}
    for row in permissions.rows():
        for role in ROLES:
            if row.method == "GET" and row.answers[role] == "ok" and not row.path.startswith(ELSEWHERE):
                state = "submitted" if "submitted" in (row.states or ("submitted",)) else row.states[0]
                visitor = cast.visitors[role]
                with count_queries() as counted:
                    page = ask(visitor.app, visitor.client, "GET", cast.address(row.path, state))
                found[f"{role} {row.path} {state}"] = (counted.count, len(page.body))
                db.connect(reuse_if_open=True)
    return found


def test_every_page_with_hundreds_of_everything(app: Flask, world: World) -> None:
    cast = permission_cast.assemble(app, world)
    more(world, 0)
    with_150 = looked_at(cast)
    more(world, AT_ONCE)
    with_300 = looked_at(cast)
    assert len(with_300) > 90
    grown = {
        page: (with_150[page][0], one[0]) for page, one in with_300.items() if one[0] > with_150[page][0]
    }
    assert grown == {}, "twice as many rows are no more statements"
    assert {page: one for page, one in with_300.items() if one[0] > MOST_STATEMENTS} == {}
    assert {page: one for page, one in with_300.items() if one[1] > MOST_BYTES} == {}
