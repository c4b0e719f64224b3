"""The agency's people at work: who imports, who invoices; and the whole cast, begun and sent home."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count

from konnekt.domain import clock
from konnekt.models import Session
from tests.bench.client import Answer
from tests.kills.agency import Cast
from tests.kills.people import SEEN, TIMEOUT, Approver, At, Person, Worker

PEOPLE_TO_IMPORT = 40
DAYS_TO_IMPORT = 10


class Staff(Person):
    """Who has long work done, and waits for it as the page does."""

    pause = (0.2, 0.5)

    def begun(self, what: str, send: Callable[[], Answer]) -> int:
        """The job that an answer leads to; 0 where there is none."""
        answer = self.ask(what, send, 303)
        job = re.search(r"/bureau/jobs/(\d+)", answer.headers.get("location", "")) if answer else None
        if job is None:
            return 0
        self.log.jobs.add(int(job[1]))
        self.log.confirmed[what] += 1
        return int(job[1])

    def ended(self, job: int) -> str:
        """The page of a job that has ended; empty where the day is over first."""
        while not self.at.is_over.wait(0.3):
            page = self.look(f"/bureau/jobs/{job}")
            if page and 'hx-trigger="every 1s"' not in page:
                return page
        return ""


class Importer(Staff):
    """Uploads a set of files, looks at what it would do, and has it imported; each set once."""

    def __init__(self, at: At, account: int, seed: str, cast: Cast) -> None:
        super().__init__(at, account, seed)
        self.cast, self.sets = cast, count(1)
        # A day of kills is longer than ten minutes: nothing is asked once more in it.
        asked_at = clock.now() + timedelta(days=1)
        Session.update(asked_at=asked_at).where(Session.account == account).execute()

    def go_round(self) -> None:
        number = next(self.sets)
        files = import_set(number, self.cast)
        check = self.begun("upload", lambda: self.client.upload("/bureau/imports", files))
        if not check or not (page := self.ended(check)):
            return
        if f'action="/bureau/imports/{check}/confirm"' not in page:
            self.log.surprises.append(
                f"check {check}: {' '.join(re.sub('<[^>]+>', ' ', page).split())[:1500]}"
            )
            return
        job = self.begun(
            "import", lambda: self.client.post(f"/bureau/imports/{check}/confirm", {}, htmx=False)
        )
        if job:
            self.log.imports.add(number)
            self.ended(job)


def import_set(number: int, cast: Cast) -> dict[str, bytes]:
    """People with an assignment, a rate, and approved hours in the period."""
    year, period = cast.period.year, cast.period.number
    codes = [f"I{number}-{one}" for one in range(PEOPLE_TO_IMPORT)]
    days = [
        cast.period.first_on.fromordinal(cast.period.first_on.toordinal() + n) for n in range(DAYS_TO_IMPORT)
    ]
    employee = {code: 1_000_000 + 1000 * number + n for n, code in enumerate(codes)}
    tables = {
        "people.csv": (
            "email;username;first_name;last_name;language;employee_number;agency_staff",
            [f"{code.lower()}@import.example;;Bo;{code};nl;{employee[code]};0" for code in codes],
        ),
        "assignments.csv": (
            "code;employee_number;organisation;job_title;basis;entered_by;from;until;budget_number;max_hours_per_week",
            [f"{code};{employee[code]};IMPORT;Student;flexible;worker;2026-01-01;;IMPORT.0;" for code in codes],
        ),
        "rates.csv": (
            "assignment;valid_from;pay_rate;bill_rate", [f"{code};2026-01-01;18,32;31,51" for code in codes],
        ),
        "hours.csv": (
            "assignment;year;period;day;hour_type;budget_number;hours;remark;state",
            [f"{code};{year};{period};{day};REG;IMPORT.0;4;;approved" for code in codes for day in days],
        ),
    }  # fmt: skip
    return {name: "\n".join((head, *rows, "")).encode() for name, (head, rows) in tables.items()}


class Invoicer(Staff):
    """Invoices one organisation after another, with documents."""

    def __init__(self, at: At, account: int, seed: str, cast: Cast) -> None:
        super().__init__(at, account, seed)
        self.cast, self.left = cast, list(cast.to_invoice)

    def go_round(self) -> None:
        if not self.left:
            return
        place, period = self.left[0], self.cast.period
        asked = {
            "period": f"four_weeks-{period.year}-{period.number}", "organisation": place,
            "on": self.cast.today.isoformat(),
        }  # fmt: skip
        page = self.look("/bureau/invoicing?" + "&".join(f"{name}={value}" for name, value in asked.items()))
        if not page:
            return
        seen = SEEN.search(page)
        if seen is None:
            # A run that got no answer was begun all the same.
            self.left.pop(0)
            return
        job = self.begun(
            "invoice", lambda: self.client.post("/bureau/invoicing", asked | {"seen": seen[1]}, htmx=False)
        )
        if job:
            self.left.pop(0)
            self.log.invoiced.add(place)
            self.ended(job)


def at_work(at: At, cast: Cast, seed: int) -> list[Person]:
    """All of them, begun."""
    period = f"year={cast.period.year}&period={cast.period.number}"
    people: list[Person] = [
        *(Approver(at, one, f"{seed} {one}", sheets) for one, sheets in cast.approvers.items()),
        *(Worker(at, one, f"{seed} {one}", of.code, period) for one, of in cast.workers.items()),
        Importer(at, cast.importer, f"{seed} importer", cast),
        Invoicer(at, cast.invoicer, f"{seed} invoicer", cast),
    ]
    for one in people:
        one.thread.start()
    return people


def go_home(at: At, people: list[Person]) -> None:
    """Let everybody finish what they are at."""
    at.is_over.set()
    until = time.monotonic() + 2 * TIMEOUT
    for one in people:
        one.thread.join(max(until - time.monotonic(), 0))
        assert not one.thread.is_alive(), f"{type(one).__name__} still waits for an answer"
