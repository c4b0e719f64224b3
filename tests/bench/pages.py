"""What is read: the approval list, budgets, a stored PDF, registration, and the agency's pages."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from konnekt.models import Document
from tests.bench import calendar
from tests.bench.report import Section
from tests.bench.site import Site, fresh

STAFF = 1
AGENCY = {
    "agency: home": "/",
    "agency: invoicing": "/bureau/invoicing",
    "agency: payroll": "/bureau/payroll",
    "agency: corrections": "/bureau/corrections",
}


def measure(site: Site, section: Section) -> None:
    """All pages that are asked for, the quick ones first."""
    _lists(site, section)
    _throughput(site, section)
    _team(site, section)
    _page(site, section, "budget search, 50 rows", STAFF, "/budgets?q=39", times=8)
    stored = (
        Document.select(Document.invoice).where(Document.kind == "pdf").order_by(Document.id.desc()).first()
    )
    _page(site, section, "stored PDF", STAFF, f"/invoices/{stored.invoice_id}/pdf", times=2)
    for title, path in AGENCY.items():
        _page(site, section, title, STAFF, path, ms=60)
    _preview(site, section)


def _page(site: Site, section: Section, title: str, account: int, path: str, **bound: float) -> None:
    """A page beside the bare view of the same bytes, if it is asked for."""
    if section.wants(title):
        section.add_page(title, site.page(account, path, re.sub(r"\W+", "-", title)), **bound)


def _lists(site: Site, section: Section) -> None:
    _few, some, most = site.data.cast.waiting
    for group in site.data.cast.waiting:
        _page(
            site, section, f"approval list, {group.count:,} waiting", group.supervisor, "/approvals", times=8
        )
    title = "approval list, the longest against the middle"
    if not section.wants(title):
        return
    long, short = site.client(most.supervisor), site.client(some.supervisor)
    of_most, of_some = site.side_by_side(
        (fresh(long, "/approvals"), site.cpu), (fresh(short, "/approvals"), site.cpu)
    )
    section.add(title, of_most.over(of_some), "x", at_most=1.2)


def _throughput(site: Site, section: Section) -> None:
    """How many lists are served a second, to one and to four clients that never wait."""
    approver, seconds = site.data.cast.waiting[1].supervisor, site.effort.seconds * 4
    for clients, least in ((1, 250), (4, 450)):
        title = f"approval lists served to {clients} client{'s' * (clients > 1)}"
        if not section.wants(title):
            continue
        with ThreadPoolExecutor(clients) as pool:
            counts = list(pool.map(partial(_served, site, approver), [seconds] * clients))
        section.add(title, sum(counts) / seconds, "a second", at_least=least)


def _served(site: Site, account: int, seconds: float) -> int:
    client, count = site.client(account), 0
    client.get("/approvals")
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        assert client.get("/approvals").status == 200
        count += 1
    client.close()
    return count


def grid(site: Site) -> str:
    """The address of the sheet with all its cells filled."""
    of = calendar.columns(calendar.CURRENT)
    return f"/registration/TEAM-0?year={of['year']}&period={of['number']}"


def _team(site: Site, section: Section) -> None:
    registrar = site.data.cast.team.supervisor
    title = f"registration of {site.data.cast.team.count} workers"
    _page(site, section, title, registrar, "/registration", ms=25)
    _page(site, section, "grid open", registrar, grid(site), ms=20)


def _preview(site: Site, section: Section) -> None:
    of = calendar.columns(calendar.TO_INVOICE)
    path = f"/bureau/invoicing?period=week-{of['year']}-{of['number']}&organisation=&on=2026-11-30"
    title = f"invoice preview of a period, {site.data.cast.sizes.rows:,} rows"
    _page(site, section, title, STAFF, path, ms=1000)
