"""A day of work in some minutes: what twenty people ask for, an import, invoices, mails; and the memory of it."""

import random
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

from peewee import OperationalError

from konnekt.commands.serving import SECONDS_OF_QUIET
from konnekt.config import Config
from konnekt.models import Document, Job, Mail, SignInAttempt
from tests.bench import beside, data, importing, machine
from tests.bench.cast import Sizes
from tests.bench.client import Client
from tests.bench.office import PEOPLE, Does, Office
from tests.bench.pages import STAFF
from tests.bench.report import Section
from tests.bench.site import Effort, Site, opened
from tests.command_line import COMMAND, environment

# Of what somebody asks for, one in so many is work of their own, not a page that a link leads to.
OWN_WORK = 5
LINK = re.compile(r'href="(/[^"#]*)"')
JOB = re.compile(r"/bureau/jobs/(\d+)")
PATIENCE = 600
# Rows of hours.
IMPORTED = 4_000


def measure(
    folder: Path, database: str, section: Section, effort: Effort, sizes: Sizes, requests: int
) -> None:
    """Memory of all processes before a day of so many requests, at its highest, and when all is quiet again."""
    with data.ready(folder, database, sizes) as made, made.changed(), opened(made, effort) as site:
        section.add("memory, fresh", machine.settled(site.pid, effort.watching), "MB", at_most=100)
        documents, began = Document.select().count(), time.perf_counter()
        with machine.watched(site.pid) as most:
            town = Town(site)
            day = town.work(lambda: _go_on(site, town, requests))
        details = {
            "requests": len(day.seconds), "seconds": round(time.perf_counter() - began), "refused": day.refused,
            "p95_ms": round(day.p95 * 1000, 1), "documents": Document.select().count() - documents,
            "mails": Mail.select().where(Mail.sent_at.is_null(False)).count(),
        }  # fmt: skip
        section.add("memory, at the highest of a day", most[0], "MB", details=details)
        # Browsers have gone, and kept connections with them: a process that grew gives way.
        time.sleep(SECONDS_OF_QUIET + effort.watching)
        section.add("memory, after a day", machine.settled(site.pid, effort.watching), "MB", at_most=150)
    # What was done here can't be taken back.
    with data.db.connection_context():
        data.BenchMade.update(is_whole=0).execute()


class Town(Office):
    """Everybody goes where links lead, again and again, and does their own work in between."""

    pause = (0.0, 0.05)
    # Where links lead there may be nothing any more; who asks too often is told so.
    fine = frozenset({200, 302, 303, 304, 404, 409, 422, 429, 503})

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.chances = [random.Random(number) for number in range(PEOPLE)]
        self.links = [["/"] for _ in range(PEOPLE)]

    def kinds(self) -> list[tuple[int, Does]]:
        """Agency staff, nobody in particular, who registers, approvers with much and little, workers."""
        cast = self.site.data.cast
        workers = [cast.assignments[group.first - 1]["worker"] for group in (cast.waiting[1], cast.approving)]
        return [
            (STAFF, self._follow),
            (0, self._sometimes(self._sign_in)),
            (self.team.supervisor, self._sometimes(self._register)),
            (self.approving.supervisor, self._sometimes(self._approve)),
            *((group.supervisor, self._follow) for group in cast.waiting),
            *((worker, self._follow) for worker in workers),
        ]

    def _sometimes(self, does: Does) -> Does:
        def one_or_other(client: Client, number: int) -> None:
            if self.chances[number].randrange(OWN_WORK):
                self._follow(client, number)
            else:
                does(client, number)

        return one_or_other

    def _follow(self, client: Client, number: int) -> None:
        """Go where one of the links of the page before leads; from a file or a refusal back home."""
        path = self.chances[number].choice(self.links[number])
        answer = self._waited(client.get(path))
        is_page = answer.status == 200 and answer.headers.get("content-type", "").startswith("text/html")
        found = LINK.findall(answer.text) if is_page else []
        self.links[number] = [unescape(one) for one in found] or ["/"]


def _go_on(site: Site, town: Town, requests: int) -> None:
    """Begin the long work of the day, one thing after another; until all of it is done, and enough was asked for."""
    staff = site.client(STAFF)

    def has_come(share: float) -> Callable[[], bool]:
        return lambda: len(town.day.seconds) >= requests * share

    _until(has_come(0.1))
    _remind(site.data.config)
    _until(has_come(0.2))
    beside.begin_invoices(staff)
    _until(has_come(0.4))
    _import(staff)
    _until(has_come(1))
    _until(lambda: not _waits())


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "the day does not end"
        # Nobody searches or downloads so much in a minute, and here the clock stands still. Where twenty people
        # write, it may wait too long for its turn, and has another one.
        with suppress(OperationalError):
            SignInAttempt.delete().execute()
        time.sleep(0.2)


def _waits() -> bool:
    """Whether there is long work to do, or mail to send."""
    return (
        Job.select().where(Job.ended_at.is_null()).exists()
        or Mail.select().where(Mail.sent_at.is_null()).exists()
    )


def _remind(config: Config) -> None:
    """Have the mails of the day queued, as the timer does."""
    subprocess.run([*COMMAND, "remind"], env=environment(config), check=True, stdout=subprocess.DEVNULL)


def _import(staff: Client) -> None:
    """Upload a set of files, and have it imported once it was checked."""
    with TemporaryDirectory(prefix="konnekt-bench-") as name:
        importing.write(Path(name), IMPORTED)
        files = {file.name: file.read_bytes() for file in Path(name).iterdir()}
    answer = staff.upload("/bureau/imports", files)
    job = JOB.search(answer.headers.get("location", ""))
    assert job, answer.text
    _until(lambda: Job.get_by_id(int(job[1])).ended_at is not None)
    answer = staff.post(f"/bureau/imports/{job[1]}/confirm", {}, htmx=False)
    assert answer.status == 303, answer.text
