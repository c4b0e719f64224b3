"""Twenty people at work: they sign in, look at their list, approve and take it back, open a grid and save it."""

import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

from konnekt.db import db
from konnekt.domain.accounts import passwords
from konnekt.models import SignInAttempt, Timesheet
from tests.bench.client import Answer, Client, Form
from tests.bench.pages import grid
from tests.bench.report import Section
from tests.bench.site import Site

PEOPLE = 20
PASSWORD = "correct horse battery"
# What somebody does, with a browser; the number says who it is.
Does = Callable[[Client, int], None]
# They sign in from one address, and the clock stands still: so often it is forgotten how many did.
SECONDS_TO_FORGET = 5.0
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
BATCH = re.compile(r'name="batch" value="([^"]+)"')


@dataclass
class Day:
    """What people waited for, in seconds, and how often they were refused because something else went on."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    statuses: set[int] = field(default_factory=set)

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20, method="inclusive")[-1]

    def tell(self, section: Section, when: str, idle: "Day") -> None:
        """Say how much longer people waited than when nothing else went on, and how many were refused."""
        details = {
            "asked": len(self.seconds), "p95_ms": round(self.p95 * 1000, 1), "idle_ms": round(idle.p95 * 1000, 1),
            "slowest_s": round(max(self.seconds), 2),
        }  # fmt: skip
        title = f"{PEOPLE} people at work {when}: p95"
        section.add(title, self.p95 / idle.p95, "x", at_most=2, details=details)
        section.add(f"refused {when}", self.refused, "requests", at_most=0)


class Office:
    """The people, each with a browser; a third signs in, a third registers, the others approve."""

    # Between two things that somebody does, in seconds; and what may be answered.
    pause = (0.5, 1.5)
    fine = frozenset({200, 303, 409, 503})

    def __init__(self, site: Site) -> None:
        self.site, cast = site, site.data.cast
        self.approving, self.team = cast.approving, cast.team
        passwords.replace(site.data.account(self.approving.supervisor), PASSWORD, by=None)
        self.name = site.data.account(self.approving.supervisor).email
        waits = (Timesheet.organisation == self.approving.organisation) & (Timesheet.state == "submitted")
        query = Timesheet.select(Timesheet.id).where(waits).order_by(Timesheet.id).limit(PEOPLE)
        self.sheets = [one.id for one in query]
        self.day, self.lock, self.is_over = Day(), threading.Lock(), threading.Event()
        self.forgot_at = 0.0

    def work(self, while_: Callable[[], object]) -> Day:
        """Let them work until the call has ended."""
        self.day = Day()
        self.is_over.clear()
        kinds = self.kinds()
        people = [threading.Thread(target=self._one, args=(n, *kinds[n % len(kinds)])) for n in range(PEOPLE)]
        for one in people:
            one.start()
        try:
            while_()
        finally:
            self.is_over.set()
            for one in people:
                one.join()
        assert self.day.statuses <= self.fine, self.day.statuses
        return self.day

    def kinds(self) -> list[tuple[int, Does]]:
        """The account of the first of them, the second ..., and what it does; then from the first on again."""
        return [
            (0, self._sign_in),
            (self.team.supervisor, self._register),
            (self.approving.supervisor, self._approve),
        ]

    def _one(self, number: int, account: int, does: Does) -> None:
        chance, client = random.Random(number), self.site.client(account)
        does(client, number)
        while not self.is_over.wait(chance.uniform(*self.pause)):
            does(client, number)

    def _waited(self, answer: Answer) -> Answer:
        with self.lock:
            self.day.seconds.append(answer.seconds)
            self.day.statuses.add(answer.status)
            self.day.refused += answer.status == 503
        return answer

    def _forget(self) -> None:
        with self.lock:
            is_due = time.monotonic() > self.forgot_at + SECONDS_TO_FORGET
            self.forgot_at = time.monotonic() if is_due else self.forgot_at
        if is_due:
            with db.connection_context():
                # One by one: who signs in holds several.
                for one in list(SignInAttempt.select()):
                    one.delete_instance()

    def _sign_in(self, client: Client, _number: int) -> None:
        self._forget()
        page = self._waited(client.get("/login"))
        token = TOKEN.search(page.text)
        if token is None:
            return
        client.headers["Cookie"] = page.headers["set-cookie"].partition(";")[0]
        form = [("csrf_token", token[1]), ("name", self.name), ("password", PASSWORD)]
        self._waited(client.post("/login", form, htmx=False))
        del client.headers["Cookie"]

    def _register(self, client: Client, number: int) -> None:
        path, _, query = grid(self.site).replace("TEAM-0", f"TEAM-{number}").partition("?")
        page = self._waited(client.get(f"{path}?{query}"))
        if page.status != 200:
            return
        fields = Form.of(page.text, "hour-grid").fields
        typed = next((name for name, _value in fields if name.startswith("cell-")), "")
        hours = str(1 + int(time.monotonic()) % 7)
        form = [(name, hours if name == typed else value) for name, value in fields]
        self._waited(client.post(f"{path}/save?{query}", form))

    def _approve(self, client: Client, number: int) -> None:
        self._waited(client.get("/approvals"))
        with db.connection_context():
            sheet = Timesheet.get_by_id(self.sheets[number])
        answer = self._waited(client.post("/approvals/approve", {"pick": [f"{sheet.id}:{sheet.revision}"]}))
        batch = BATCH.search(answer.text) if answer.status == 200 else None
        if batch:
            self._waited(client.post("/approvals/undo", {"batch": batch[1]}, htmx=False))
