"""The approval list while long work goes on beside it: an invoice run, PDFs, an import. On data of its own."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from peewee import fn

from konnekt.models import Document
from tests.bench import calendar, data, importing, machine, sheets
from tests.bench.cast import Sizes
from tests.bench.client import Client, Form
from tests.bench.office import Office
from tests.bench.pages import STAFF
from tests.bench.report import Section
from tests.bench.site import Effort, Site, opened

TITLES = (
    "list p95 while an invoice run runs",
    "list p95 while PDFs are made",
    "an invoice in the database",
    "memory while PDFs are made",
    "list p95 while an import runs",
    "people at work while an import runs: p95",
    "refused while an import runs",
)
SIZES = Sizes(history=200, waiting=(3, 200, 3), many=30, team=30, documents=10)


def measure(folder: Path, database: str, section: Section, effort: Effort, rows: int) -> None:
    """How much longer the slowest twentieth of the lists takes; rows: how many are invoiced, and imported."""
    with (
        data.ready(folder, database, replace(SIZES, rows=rows)) as made,
        made.changed(),
        opened(made, effort) as site,
    ):
        client = site.client(made.cast.waiting[1].supervisor)
        site.warm(made.cast.waiting[1].supervisor, "/approvals")
        quiet = _p95(_lists(client, effort.watching))
        with machine.watched(site.pid) as most:
            _run(site, section, client, quiet)
        _weigh(section)
        section.add("memory while PDFs are made", most[0], "MB", at_most=160)
        _import(site, section, client, quiet, rows)
    # What was done here can't be taken back.
    with data.db.connection_context():
        data.BenchMade.update(is_whole=0).execute()


def _lists(client: Client, seconds: float, goes_on: Callable[[], bool] = lambda: True) -> list[float]:
    """Lists one after another, until the time or the work is over; how many seconds each took."""
    taken: list[float] = []
    until = time.monotonic() + seconds
    while not taken or (time.monotonic() < until and goes_on()):
        answer = client.get("/approvals")
        assert answer.status == 200, answer.status
        taken.append(answer.seconds)
    return taken


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20, method="inclusive")[-1] if len(taken) > 1 else taken[0]


def _add(section: Section, title: str, taken: list[float], quiet: float) -> None:
    details = {
        "p95_ms": round(_p95(taken) * 1000, 1),
        "quiet_ms": round(quiet * 1000, 1),
        "lists": len(taken),
    }
    section.add(title, _p95(taken) / quiet, "x", at_most=1.5, details=details)


def _run(site: Site, section: Section, client: Client, quiet: float) -> None:
    """Issue what the preview of the period shows; its documents are made after that."""
    before = Document.select().count()
    begin_invoices(site.client(STAFF))

    def has_none() -> bool:
        return bool(Document.select().count() == before)

    _add(section, "list p95 while an invoice run runs", _lists(client, 60, has_none), quiet)
    assert not has_none(), "no document was made"
    _add(section, "list p95 while PDFs are made", _lists(client, site.effort.watching), quiet)


def begin_invoices(staff: Client) -> None:
    """Have the period invoiced that waits for it: issued, and then the documents made."""
    of = calendar.columns(calendar.TO_INVOICE)
    page = staff.get(f"/bureau/invoicing?period=week-{of['year']}-{of['number']}&organisation=&on=2026-11-30")
    answer = staff.post("/bureau/invoicing", Form.of(page.text, "invoicing-issue").fields, htmx=False)
    assert answer.status == 303, answer.text


def _weigh(section: Section) -> None:
    """What the documents of an invoice take of the database, of those that Konnekt made itself just now."""
    stored = Document.select(fn.SUM(fn.LENGTH(Document.content)), fn.COUNT(Document.invoice.distinct()))
    size, invoices = stored.where(Document.sha256 != sheets.NO_HASH).scalar(as_tuple=True)
    section.add("an invoice in the database", int(size) / invoices / 1000, "kB", at_most=60)


def _import(site: Site, section: Section, client: Client, quiet: float, rows: int) -> None:
    """The list, and people at work, who may have to wait a little and are not refused."""
    office = Office(site)
    idle = office.work(lambda: time.sleep(site.effort.watching))
    taken: list[float] = []

    def go_on() -> None:
        process = importing.begin(site.data.config, Path(name))
        taken.extend(_lists(client, 600, lambda: process.poll() is None))
        assert process.wait() == 0, "the import failed"

    with TemporaryDirectory(prefix="konnekt-bench-") as name:
        importing.write(Path(name), rows)
        busy = office.work(go_on)
    _add(section, "list p95 while an import runs", taken, quiet)
    busy.tell(section, "while an import runs", idle)
