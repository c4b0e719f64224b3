"""Measure what has to be quick, on SQLite and PostgreSQL: `make bench`. Figures to read, not tests."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from flask import Flask

from konnekt import create_app
from konnekt.commands.schema import migrate_database
from konnekt.config import Config
from konnekt.db import db
from tests.bench import (
    beside,
    data,
    day,
    importing,
    invoicing,
    machine,
    pages,
    picture,
    signing_in,
    verbs,
    weight,
    whole_import,
)
from tests.bench.calendar import NOW
from tests.bench.cast import Sizes
from tests.bench.plan import Databases, Plan
from tests.bench.report import Report, Section
from tests.bench.site import opened
from tests.factories import World

PICTURE = Path(__file__).parents[2] / "docs" / "bench.svg"
# How much the agency's pages may grow from the smallest data to the largest; PostgreSQL beside SQLite.
GROWTH, FURTHEST = 1.2, 1.5
FRESH, USED = "memory, fresh", "memory, after use"


def run(plan: Plan) -> Report:
    """Measure all of a plan, say it while it comes, and write it down."""
    report = Report(plan.effort.rounds, date.today().isoformat(), plan.only)
    if float(report.machine["load"]) > 1:  # type: ignore[arg-type]
        print(
            f"Something else runs here (load {report.machine['load']:.1f}): take these figures for a rough idea."
        )
    for kind in plan.kinds:
        with Databases.opened(kind, plan.server) as databases:
            for sizes in plan.sizes:
                (_day if plan.requests else _at_size)(plan, report, databases, sizes)
            if not plan.requests:
                _whatever_the_size(plan, report.section(databases.kind, 0), databases)
    report.compare(dict.fromkeys(pages.AGENCY, GROWTH), FURTHEST)
    report.write(plan.output)
    print(f"\nAll of it is in {plan.output}.")
    return report


def _at_size(plan: Plan, report: Report, databases: Databases, sizes: Sizes) -> None:
    folder = plan.folder / f"{databases.kind.lower()}-{sizes.history}"
    with (
        data.ready(folder, databases.url(str(sizes.history)), sizes) as made,
        opened(made, plan.effort) as site,
    ):
        section = report.section(databases.kind, sizes.history, data.counts())
        if made.seconds:
            section.add("made in", made.seconds, "s")
        if section.wants(FRESH):
            section.add(FRESH, machine.settled(site.pid, plan.effort.watching / 2), "MB", at_most=100)
        pages.measure(site, section)
        verbs.measure(site, section)
        if section.wants(USED):
            section.add(USED, machine.memory(site.pid), "MB", at_most=120)
        weight.measure(site, section)


def _day(plan: Plan, report: Report, databases: Databases, sizes: Sizes) -> None:
    folder = plan.folder / f"{databases.kind.lower()}-day"
    section = report.section(databases.kind, sizes.history)
    day.measure(folder, databases.url("day"), section, plan.effort, sizes, plan.requests)


def _whatever_the_size(plan: Plan, section: Section, databases: Databases) -> None:
    kind = databases.kind.lower()
    if plan.imported and section.wants(*whole_import.TITLES):
        with databases.empty("whole_import") as url:
            whole_import.measure(plan.folder / f"{kind}-import", url, section, plan.effort, plan.imported)
    if not plan.sizes:
        return
    if section.wants(*beside.TITLES):
        beside.measure(
            plan.folder / f"{kind}-beside", databases.url("beside"), section, plan.effort, plan.rows_beside
        )
    if section.wants(*importing.TITLES):
        with databases.empty("import") as url:
            importing.measure(url, section, plan.rows)
    if plan.invoices and section.wants(signing_in.TITLE):
        with databases.empty("sign_in") as url, _application(url) as app:
            signing_in.measure(app, World.make(), section)
    if plan.invoices and section.wants(invoicing.TITLE):
        with databases.empty("invoices") as url, _application(url) as app:
            invoicing.measure(app, World.make(), section, plan.invoices)


@contextmanager
def _application(database: str) -> Iterator[Flask]:
    """An application on an empty, migrated database of its own."""
    with tempfile.TemporaryDirectory(prefix="konnekt-bench-") as folder:
        config = Config(instance=Path(folder), database=database, now=NOW)
        config.make_secret()
        app = create_app(config)
        migrate_database()
        db.connect(reuse_if_open=True)
        with data.silent():
            yield app
        data.let_go()


if __name__ == "__main__":
    plan = Plan.of(sys.argv[1:])
    try:
        picture.make(plan.output, PICTURE) if plan.is_picture else run(plan)
    except data.NotOurs as refusal:
        sys.exit(str(refusal))
