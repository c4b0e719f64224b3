"""Whether events that lost their words lost them in the open: each is named by an event that says so."""

import json
from collections.abc import Callable
from typing import Any

from konnekt.db import db
from konnekt.models import chain_triggers

AT_ONCE = 2000


def check(say: Callable[[str], None]) -> int:
    """Compare what events say that was erased with what is; returns how many were.

    say: takes what is wrong.
    """
    mark, last, count = db.param, -(2**31), 0
    while rows := db.execute_sql(
        f"SELECT id, \"after\" FROM event WHERE verb = '{chain_triggers.ERASING}' AND id > {mark}"  # noqa: S608
        f" ORDER BY id LIMIT {AT_ONCE}",
        (last,),
    ).fetchall():
        for number, after in rows:
            count += _compare(number, _named(after), say)
        last = rows[-1][0]
    without_words = "SELECT COUNT(*) FROM event WHERE erased <> '' OR erased_by_id IS NOT NULL"
    (erased,) = db.execute_sql(without_words).fetchone()
    if erased > count:
        say(f"{erased - count} events lost their words, and no event says so")
    return int(erased)


def _named(after: Any) -> list[int]:
    said = json.loads(after) if isinstance(after, str) else after
    return sorted((said or {}).get("events", []))


def _compare(number: int, named: list[int], say: Callable[[str], None]) -> int:
    rows = db.execute_sql(
        f"SELECT id FROM event WHERE erased_by_id = {db.param} AND erased <> '' ORDER BY id",  # noqa: S608
        (number,),
    ).fetchall()
    there = [one for (one,) in rows]
    if there != named:
        say(f"event {number} says that other events were erased than lost their words by it")
    return len(set(there) & set(named))
