"""What is read: the approval list, budgets, a stored PDF, registration, and the agency's pages."""

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
    """All pages, the quick ones first."""
    _lists(site, section)
    _throughput(site, section)
    _team(site, section)
    page = site.page(STAFF, "/budgets?q=39", "budgets")
    section.add_page("budget search, 50 rows", page, times=8)
    stored = (
        Document.select(Document.invoice).where(Document.kind == "pdf").order_by(Document.id.desc()).first()
    )
    section.add_page("stored PDF", site.page(STAFF, f"/invoices/{stored.invoice_id}/pdf", "stored"), times=2)
    for title, path in AGENCY.items():
        section.add_page(title, site.page(STAFF, path, title.replace(": ", "-")), ms=60)
    _preview(site, section)


def _lists(site: Site, section: Section) -> None:
    _few, some, most = site.data.cast.waiting
    for group in site.data.cast.waiting:
        page = site.page(group.supervisor, "/approvals", f"list-{group.count}")
        section.add_page(f"approval list, {group.count:,} waiting", page, times=8)
    long, short = site.client(most.supervisor), site.client(some.supervisor)
    of_most, of_some = site.side_by_side(
        (fresh(long, "/approvals"), site.cpu), (fresh(short, "/approvals"), site.cpu)
    )
    section.add("approval list, the longest against the middle", of_most.over(of_some), "x", at_most=1.2)


def _throughput(site: Site, section: Section) -> None:
    """How many lists are served a second, to one and to four clients that never wait."""
    approver, seconds = site.data.cast.waiting[1].supervisor, site.effort.seconds * 4
    for clients, least in ((1, 250), (4, 450)):
        with ThreadPoolExecutor(clients) as pool:
            counts = list(pool.map(partial(_served, site, approver), [seconds] * clients))
        title = f"approval lists served to {clients} client{'s' * (clients > 1)}"
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
    section.add_page(title, site.page(registrar, "/registration", "registration"), ms=25)
    section.add_page("grid open", site.page(registrar, grid(site), "grid"), ms=20)


def _preview(site: Site, section: Section) -> None:
    of = calendar.columns(calendar.TO_INVOICE)
    path = f"/bureau/invoicing?period=week-{of['year']}-{of['number']}&organisation=&on=2026-11-30"
    title = f"invoice preview of a period, {site.data.cast.sizes.rows:,} rows"
    section.add_page(title, site.page(STAFF, path, "preview"), ms=1000)
