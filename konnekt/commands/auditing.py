"""`konnekt audit`: whether the record of what happened is as it was written, and what proves that.

`verify` reads every event once, a chain after the other, with memory that doesn't grow with the record. The
head of a day is one line: the number and the hash of all events up to its end, signed with the secret. Who
has such a line, kept elsewhere, finds what somebody changed who can write everything in the database.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple

import click

from konnekt.commands import erased_events
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import chains

AT_ONCE = 2000
# So many are told one by one.
MOST = 50
WORD = "konnekt-audit"
# What was begun before midnight has ended by then.
REST = timedelta(hours=1)


@dataclass
class Findings:
    """What was looked at, and what is wrong with it, a sentence each. erased: events without their words."""

    events: int = 0
    chains: int = 0
    erased: int = 0
    wrong: int = 0
    said: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        """Count one more, and keep the first ones."""
        self.wrong += 1
        if self.wrong <= MOST:
            self.said.append(sentence)


class Head(NamedTuple):
    """All events up to the end of a day (UTC): how many, and their hash."""

    day: date
    events: int
    hash: str

    def line(self, secret: str) -> str:
        """As it is printed and mailed, signed."""
        return f"{self.text} {self._signature(secret)}"

    @property
    def text(self) -> str:
        return f"{WORD} {self.day} {self.events} {self.hash}"

    def _signature(self, secret: str) -> str:
        return hmac.new(secret.encode(), self.text.encode(), sha256).hexdigest()

    def is_signed(self, signature: str, secrets: list[str]) -> bool:
        """Whether one of these secrets signed it."""
        return any(hmac.compare_digest(self._signature(one), signature) for one in secrets)


def verify() -> Findings:
    """Recompute each chain and compare it with what stands there, and with how long it has to be."""
    findings = Findings()
    seen: dict[str, tuple[int, str]] = {}
    for name, rows in groupby(_in_chains(), key=lambda row: chains.name_of(*row[1:6])):
        seen[name] = _recompute(name, rows, findings)
        if len(seen) == AT_ONCE:
            _compare_ends(seen, findings)
            seen = {}
    _compare_ends(seen, findings)
    findings.erased = erased_events.check(findings.add)
    (ends,) = db.execute_sql("SELECT COUNT(*) FROM event_chain").fetchone()
    if ends != findings.chains:
        _find_lost(findings)
    if not chains.has_triggers():
        findings.add("a trigger that refuses changes is missing (`konnekt migrate` puts it back)")
    return findings


def _recompute(name: str, rows: Iterator[tuple[Any, ...]], findings: Findings) -> tuple[int, str]:
    """Look at the events of one thing; returns how many there are and the hash of the last one."""
    before, count = "", 0
    for row in rows:
        *_, salt, erased, previous, stored = row
        event = f"event {row[0]} of {name}"
        content = chains.content_of(row)
        if chains.hash_of(previous, content, salt, erased) != stored:
            findings.add(f"{event} was changed")
        if erased and (salt or chains.hash_of_words(content, "")):
            findings.add(f"{event} was erased and says something again")
        if previous != before:
            findings.add(f"{event} does not follow the one before it: one was removed, added or moved")
        before, count = stored, count + 1
    return count, before


def _compare_ends(seen: dict[str, tuple[int, str]], findings: Findings) -> None:
    findings.chains += len(seen)
    findings.events += sum(count for count, _ in seen.values())
    written = chains.ends(list(seen))
    for name, (count, last) in seen.items():
        if name not in written:
            findings.add(f"{name} has {count} events and no word of how many they should be")
        elif written[name] != (count, last):
            findings.add(
                f"{name} has {count} events of {written[name][0]}, or another last one than was written"
            )


def _in_chains() -> Iterator[tuple[Any, ...]]:
    """Every event, the chains one after another, in the order in which they were written."""
    for place, kind in enumerate(chains.OF):
        others = "".join(f" AND {one}_id IS NULL" for one in chains.OF[:place])
        yield from _ordered(f"{kind}_id", f"{kind}_id IS NOT NULL{others}", place + 1, -(2**31))
    yield from _ordered("thing", " AND ".join(f"{one}_id IS NULL" for one in chains.OF), 5, "")


def _ordered(column: str, which: str, place: int, of: Any) -> Iterator[tuple[Any, ...]]:
    last, mark = -(2**31), db.param
    while True:
        rows = db.execute_sql(
            f"SELECT {chains.COLUMNS} FROM event WHERE {which} AND ({column}, id) > ({mark}, {mark})"  # noqa: S608
            f" ORDER BY {column}, id LIMIT {AT_ONCE}",
            (of, last),
        ).fetchall()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        of, last = rows[-1][place], rows[-1][0]


def _find_lost(findings: Findings) -> None:
    """Chains that have to be there and have no event left."""
    last, mark = "", db.param
    while rows := db.execute_sql(
        f"SELECT name, events FROM event_chain WHERE name > {mark} ORDER BY name LIMIT {AT_ONCE}",  # noqa: S608
        (last,),
    ).fetchall():
        for name, events in rows:
            kind, _, of = name.partition(" ")
            column = "thing" if kind == "thing" else f"{kind}_id" if kind in chains.OF else "NULL"
            is_there = f"SELECT 1 FROM event WHERE CAST({column} AS TEXT) = {mark} LIMIT 1"  # noqa: S608
            if not db.execute_sql(is_there, (of,)).fetchone():
                findings.add(f"{name} has lost all of its {events} events")
        last = rows[-1][0]
    if not findings.wrong:
        findings.add(f"there are events of {findings.chains} things, and not of all that have some")


def newest_day() -> date:
    """The last day (UTC) that is over."""
    return (clock.now() - REST).date() - timedelta(days=1)


def head(day: date) -> Head:
    """The head of a day: a chain of the days up to it, each the hashes of its events in their order."""
    end = datetime.combine(day + timedelta(days=1), time())
    days: dict[str, Any] = {}
    count, last, mark = 0, -(2**31), db.param
    while rows := db.execute_sql(
        f"SELECT id, at, hash FROM event WHERE id > {mark} ORDER BY id LIMIT {AT_ONCE * 5}",  # noqa: S608
        (last,),
    ).fetchall():
        for _, at, of in rows:
            if str(at) < str(end):
                count += 1
                days.setdefault(str(at)[:10], sha256()).update(f"{of}\n".encode())
        last = rows[-1][0]
    chained = ""
    for one in sorted(days):
        chained = sha256(f"{chained} {one} {days[one].hexdigest()}".encode()).hexdigest()
    return Head(day, count, chained or sha256().hexdigest())


def compare(line: str, config: Config) -> list[str]:
    """What differs between a head that was given out and the record as it is now; none where all is well."""
    try:
        word, day, events, of, signature = line.split()
        given = Head(date.fromisoformat(day), int(events), of)
    except ValueError:
        word = ""
    if word != WORD:
        raise click.ClickException(f"That is no head: it begins with {WORD} and has five words.")
    if not given.is_signed(signature, config.secrets()):
        raise click.ClickException(
            f"The head of {given.day} is not signed with the secret of this portal, or one that is too old."
        )
    now = head(given.day)
    if now == given:
        return []
    return [f"up to {given.day} there were {given.events} events, now {now.events}, and not the same"]
