"""People at work, who write down what they were told: what is confirmed, and what got no answer.

A request without an answer (the connection broke, or 503) may have happened or not; then they look again, as
people do, and go on with what they see.
"""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from threading import Event, Thread

from flask import Flask

from konnekt.config import Config
from konnekt.models import Account
from tests.bench.client import Answer, Client, Form
from tests.kills import agency

TIMEOUT = 60
CELLS = 5
SEEN = re.compile(r'name="seen" value="(\w+)"')
VERBS = re.compile(r'id="sheet-\d+-(approve|undo)"|href="/approvals/\d+/(reject|revoke)"')


@dataclass
class Attempt:
    """Something that was asked of a sheet. mark: what the answer or the question named it by.

    request: the same for all that one request asked, which happens whole or not at all.
    """

    verb: str
    mark: str
    request: int
    is_confirmed: bool = False


@dataclass
class Log:
    """What all of them were told."""

    decisions: dict[int, list[Attempt]] = field(default_factory=dict)
    entries: dict[int, list[Attempt]] = field(default_factory=dict)
    saves: dict[int, int] = field(default_factory=dict)
    jobs: set[int] = field(default_factory=set)
    imports: set[int] = field(default_factory=set)
    invoiced: set[str] = field(default_factory=set)
    confirmed: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    surprises: list[str] = field(default_factory=list)


@dataclass
class At:
    """Where the portal is, and the application that signs cookies for it."""

    app: Flask
    config: Config
    port: int
    log: Log = field(default_factory=Log)
    is_over: Event = field(default_factory=Event)
    number: "count[int]" = field(default_factory=lambda: count(1))

    def account(self, number: int) -> Account:
        return agency.account(number)


class Person:
    """Somebody at a browser, in a thread of their own."""

    pause = (0.05, 0.3)

    def __init__(self, at: At, account: int, seed: str) -> None:
        self.at, self.log, self.account = at, at.log, account
        self.chance = random.Random(seed)
        self.client = Client(at.port, at, account)  # type: ignore[arg-type]
        self.client.connection.timeout = TIMEOUT
        self.thread = Thread(target=self._work, daemon=True)

    def go_round(self) -> None:
        """Do one thing."""
        raise AssertionError

    def _work(self) -> None:
        while not self.at.is_over.wait(self.chance.uniform(*self.pause)):
            try:
                self.go_round()
            except Exception as error:
                self.log.surprises.append(f"{type(self).__name__}: {error!r}")
        self.client.close()

    def ask(self, what: str, send: Callable[[], Answer], *fine: int) -> Answer | None:
        """Ask; None where there was no answer, or one that says nothing. fine: what may be answered.

        409 says that what got no answer happened a moment later, after one looked again.
        """
        try:
            answer = send()
        except (OSError, HTTPException):
            self.client.close()
            self.log.unanswered[what] += 1
            return None
        self.log.statuses[answer.status] += 1
        if answer.status == 503:
            self.log.unanswered[what] += 1
            return None
        if answer.status == 409:
            self.log.refused += 1
            return None
        if answer.status not in fine:
            self.log.surprises.append(f"{what}: {answer.status} {' '.join(answer.text.split())[:600]}")
            return None
        return answer

    def look(self, path: str) -> str:
        """A page; empty where there was no answer."""
        answer = self.ask("look", lambda: self.client.get(path), 200)
        return answer.text if answer else ""


class Approver(Person):
    """Approves one or some, rejects, and takes it back, on sheets that nobody else decides about."""

    def __init__(self, at: At, account: int, seed: str, sheets: list[int]) -> None:
        super().__init__(at, account, seed)
        self.sheets = sheets
        # What is known to wait, and what one request approved: batch and sheets.
        self.waiting = dict.fromkeys(sheets, True)
        self.batches: list[tuple[str, list[int]]] = []
        self.log.decisions |= {sheet: [] for sheet in sheets}

    def go_round(self) -> None:
        some = [sheet for sheet in self.sheets if self.waiting.get(sheet)]
        if self.batches and self.chance.random() < 0.2:
            self._undo_batch(*self.batches.pop())
        elif len(some) > 3 and self.chance.random() < 0.2:
            self._approve_some(self.chance.sample(some, 3))
        else:
            self._decide(self.chance.choice(self.sheets))

    def _decide(self, sheet: int) -> None:
        page = self.look(f"/approvals/{sheet}")
        may = [one or other for one, other in VERBS.findall(page)]
        if not may:
            return
        verb = self.chance.choice(may)
        reason = f"reason {next(self.at.number)}."
        seen = SEEN.search(page)
        form = {"seen": seen[1] if seen else "1", "reason": reason}
        answer = self._asked(verb, [sheet], f"/approvals/{sheet}/{verb}", form, reason)
        self.waiting[sheet] = answer is not None and verb in ("undo", "revoke")

    def _approve_some(self, sheets: list[int]) -> None:
        answer = self._asked(
            "approve", sheets, "/approvals/approve", {"pick": [f"{one}:1" for one in sheets]}
        )
        self.waiting |= dict.fromkeys(sheets, False)
        if answer is not None:
            self.batches.append((answer, sheets))

    def _undo_batch(self, batch: str, sheets: list[int]) -> None:
        if all(self.log.decisions[one][-1].mark == batch for one in sheets):
            answer = self._asked("undo", sheets, "/approvals/undo", {"batch": batch})
            self.waiting |= dict.fromkeys(sheets, answer is not None)

    def _asked(self, verb: str, sheets: list[int], path: str, form: object, mark: str = "") -> str | None:
        """Ask for a change; returns the batch that the answer names (or nothing), None where unconfirmed."""
        number = next(self.at.number)
        attempts = [Attempt(verb, mark if verb in ("reject", "revoke") else "", number) for _ in sheets]
        for sheet, attempt in zip(sheets, attempts, strict=True):
            self.log.decisions[sheet].append(attempt)
        answer = self.ask(verb, lambda: self.client.post(path, form, htmx=False), 303)
        if answer is None:
            return None
        batch = re.search(r"decided=(\w+)", answer.headers["location"])
        for attempt in attempts:
            attempt.is_confirmed = True
            attempt.mark = attempt.mark or (batch[1] if batch else "")
            self.log.confirmed[verb] += 1
        return batch[1] if batch else ""


class Worker(Person):
    """Types hours that save themselves, sends them and takes them back. What is typed carries its number."""

    def __init__(self, at: At, account: int, seed: str, code: str, period: str) -> None:
        super().__init__(at, account, seed)
        self.path, self.query = f"/hours/{code}", period
        self.typed = 0
        self.fields: list[tuple[str, str]] = []
        self.entries = self.log.entries.setdefault(account, [])
        self.is_sent = False

    def go_round(self) -> None:
        if not self.fields:
            page = self.look(f"{self.path}?{self.query}")
            self.fields = Form.of(page, "hour-grid").fields
            self.is_sent = f"{self.path}/withdraw?" in page
            return
        if self.is_sent:
            self._post("withdraw")
        elif self.chance.random() < 0.15:
            self._post("send")
        else:
            self._post("save")

    def _post(self, verb: str) -> None:
        if verb != "withdraw":
            self.typed += 1
            cells = sorted(name for name, _ in self.fields if name.startswith("cell-"))
            row = cells[0].rsplit("-", 3)[0]
            written = dict.fromkeys(
                [name for name in cells if name.startswith(f"{row}-")][:CELLS], hours_of(self.typed)
            )
            written["remark"] = f"save {self.typed}"
            self.fields = [(name, written.get(name, text)) for name, text in self.fields]
        attempt = Attempt(verb, str(self.typed), self.typed)
        self.entries.append(attempt)
        path = f"{self.path}/{verb}?{self.query}"
        answer = self.ask(verb, lambda: self.client.post(path, self.fields), 200)
        self.fields = Form.of(answer.text, "hour-grid").fields if answer else []
        if answer is None:
            return
        if ("remark", f"save {self.typed}") not in self.fields:
            self.log.surprises.append(f"{verb} {self.typed}: the answer shows other hours")
            self.fields = []
        attempt.is_confirmed = True
        self.is_sent = verb == "send"
        self.log.confirmed[verb] += 1


def hours_of(number: int) -> str:
    """The hours that the save with this number types into each cell."""
    return str(1 + number % 7)
