"""The agency's records where two people change them at the same moment, and text that can't be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest

from konnekt.db import db
from konnekt.domain import text_fields
from konnekt.domain.records import audited, budget_numbers, organisations, people, rights
from konnekt.domain.refusals import Forbidden, Invalid, Refused
from konnekt.models import Account, BudgetNumber, Event, Right
from tests import factories
from tests.factories import World


def at_once(*verbs: Any) -> list[str]:
    """Do these at the same moment, each on a connection of its own; the outcomes as text."""
    start = Barrier(len(verbs))

    def attempt(verb: Any) -> str:
        start.wait()
        try:
            verb()
        except Refused as refusal:
            return str(refusal)
        else:
            return "done"
        finally:
            db.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(attempt, verbs))


def test_of_two_last_agency_accounts_one_stays(world: World) -> None:
    second = factories.account("Tweede", "Man", is_agency_staff=True)
    answers = at_once(
        lambda: people.close(second.id, by=world.staff, is_sure=True),
        lambda: people.close(world.staff.id, by=second, is_sure=True),
    )
    assert sorted(answers)[1] == "done", answers
    assert "Nobody of the agency would be left" in sorted(answers)[0]
    assert Account.select().where(Account.is_agency_staff & Account.is_active).count() == 1


def test_the_same_budget_number_twice_at_once(world: World) -> None:
    values: dict[str, Any] = dict.fromkeys(budget_numbers.COLUMNS, None) | {
        "number": "7.7",
        "description": "",
    }
    add = lambda: budget_numbers.add("FSE", values, by=world.staff)  # noqa: E731
    answers = at_once(add, add, add)
    assert answers.count("done") == 1, answers
    assert BudgetNumber.select().where(BudgetNumber.number == "7.7").count() == 1
    assert Event.select().where(Event.verb == "add_budget_number").count() == 1


def test_one_right_given_twice_at_once(world: World) -> None:
    may = {"may_approve": False, "may_register": True, "may_see_invoices": False}
    answers = at_once(*[lambda: rights.give(world.noor.id, "LAW", may, by=world.staff)] * 3)
    assert "done" in answers
    assert (
        Right.select().where((Right.account == world.noor) & (Right.organisation == world.law)).count() == 1
    )
    assert Event.select().where(Event.verb == "give_right").count() == 1


def test_two_ends_at_once(world: World) -> None:
    end = lambda: organisations.end("LAW", date(2026, 12, 31), by=world.staff)  # noqa: E731
    answers = at_once(end, end)
    assert answers.count("done") == 1, answers


def test_what_changed_meanwhile_is_not_overwritten(world: World) -> None:
    stale = organisations.find("FSE")
    type(stale).update(city="Venlo").where(type(stale).id == stale.id).execute()
    with pytest.raises(Refused):
        audited.update(stale, {"city": "Heerlen"})
    assert organisations.find("FSE").city == "Venlo"


@pytest.mark.parametrize(
    "text", ["\x00", "\x1b", "\ud800", "a\nb", "\u2028", "\N{PARTY POPPER}", "\u202e", "ﷺ", "x" * 201]
)
def test_a_line_that_can_not_be(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        text_fields.line(f"a{text}b", "name")
    assert refusal.value.field == "name"


@pytest.mark.parametrize("text", ["Thuỳ Łucja Şahin", "O'Neill-'t Hoek", "Bureau™ & Co. 100%"])
def test_a_line_that_can_be(text: str) -> None:
    assert text_fields.line(f"  {text} ", "name") == text


def test_several_lines() -> None:
    assert text_fields.lines(" a\r\nb ", "vat_text") == "a\nb"
    with pytest.raises(Invalid):
        text_fields.lines("x" * 2001, "vat_text")


def test_only_the_agency_changes_records(world: World) -> None:
    may = {"may_approve": True, "may_register": True, "may_see_invoices": True}
    for verb in (
        lambda: rights.give(world.supervisor.id, "LAW", may, by=world.supervisor),
        lambda: people.close(world.outsider.id, by=world.supervisor, is_sure=True),
        lambda: people.invite(world.outsider.id, by=world.supervisor),
        lambda: organisations.end("LAW", date(2026, 12, 31), by=world.supervisor),
        lambda: budget_numbers.delete("LAW", world.law_budget.id, by=world.outsider),
    ):
        with pytest.raises(Forbidden):
            verb()
    assert Event.select().count() == 0
