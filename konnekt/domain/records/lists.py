"""The lists of organisations and of people: searched, filtered, a page at a time."""

from functools import reduce
from operator import and_, or_
from typing import Any

from peewee import SQL, Case, fn

from konnekt.domain import clock
from konnekt.domain.paging import Page, page
from konnekt.models import Account, Assignment, Organisation, Right
from konnekt.models.people import holds


def organisations(words: str = "", number: int = 1, *, with_ended: bool = False) -> Page:
    """By name or code; each with workers (how many work there today) and parent_name: two statements.

    with_ended: those that have ended as well.
    """
    today = clock.today()
    parent = Organisation.alias()
    works = (Assignment.organisation == Organisation.id) & Assignment.runs(today, today)
    workers = Assignment.select(fn.COUNT(Assignment.worker.distinct())).where(works)
    above = parent.select(parent.name).where(parent.id == Organisation.parent)
    named = _all(holds(Organisation.name_key, w) | Organisation.code.contains(w) for w in words.split())
    query = (
        Organisation.select(Organisation, workers.alias("workers"), above.alias("parent_name"))
        .where(named)
        .order_by(fn.LOWER(Organisation.name), Organisation.id)
    )
    if not with_ended:
        query = query.where(Organisation.goes_on(today))
    return page(query, number)


def names(but: Organisation | None = None) -> list[tuple[str, str]]:
    """Code and name of what an organisation may be part of: not itself, nor one that ended since then."""
    may_contain = Organisation.ended_on.is_null() | (Organisation.id == (but.parent_id if but else None))
    query: Any = Organisation.select(Organisation.code, Organisation.name).where(
        may_contain & (Organisation.id != (but.id if but else 0))
    )
    return list(query.order_by(fn.LOWER(Organisation.name), Organisation.id).tuples())


def people(words: str = "", role: str = "", number: int = 1, *, with_closed: bool = False) -> Page:
    """By name, e-mail address, user name or employee number; each with places, the count of its rights.

    Two statements. role: worker, supervisor or agency; empty for all.
    """
    rights = Right.select(fn.COUNT(Right.id)).where(Right.account == Account.id)
    query = (
        Account.select(Account, rights.alias("places"))
        .where(_all(_matches(word) for word in words.split()) & _plays(role))
        .order_by(Account.name_key, Account.id)
    )
    if not with_closed:
        query = query.where(Account.is_active)
    return page(query, number)


def people_called(words: str) -> Any:
    """Open accounts by the same, in the same order, as a query."""
    called = _all(_matches(word) for word in words.split())
    return Account.select().where(called & Account.is_active).order_by(Account.name_key, Account.id)


MOST_CALLED = 20


def to_choose(words: str) -> list[Account]:
    """Who can be meant by what was typed, at most MOST_CALLED: one statement.

    Who has it as address, user name or number, however many others have it in theirs; else all so called.
    """
    typed = words.replace("\0", "").strip()[:100]
    if not typed:
        return []
    columns = (Account.email, Account.username, Account.employee_number)
    is_exact = reduce(or_, (fn.LOWER(column) == typed.lower() for column in columns))
    order = Case(None, [(is_exact, 0)], 1).alias("place")
    query = people_called(typed).select_extend(order).order_by(order, Account.name_key, Account.id)
    accounts: list[Account] = list(query.limit(MOST_CALLED))
    return [one for one in accounts if one.place == 0] or accounts


# What always holds, in either database.
_ANYTHING = SQL("1 = 1")


def _all(conditions: Any) -> Any:
    return reduce(and_, conditions, _ANYTHING)


def _matches(word: str) -> Any:
    columns = (Account.email, Account.username, Account.employee_number)
    return reduce(or_, (column.contains(word) for column in columns), holds(Account.name_key, word))


def _plays(role: str) -> Any:
    if role == "worker":
        return Account.employee_number.is_null(False)
    if role == "supervisor":
        return Account.id.in_(Right.select(Right.account))
    return Account.is_agency_staff if role == "agency" else _ANYTHING
