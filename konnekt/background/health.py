"""Whether the portal can work, and what goes on in the background: for /readyz and `konnekt check`."""

import shutil
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from peewee import PeeweeException, fn
from playhouse.pool import MaxConnectionsExceeded

from konnekt.background import delivery, pulse
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.migrations import Migrations
from konnekt.models import BackgroundProcess, Job

ROOM = 200 * 1024**2
# Delivery looks every two seconds, and who is killed while sending holds a mail for ten minutes.
LATE = timedelta(minutes=15)


class Finding(NamedTuple):
    """Something that was looked at: how it is called, whether it is well, and a line about it."""

    name: str
    is_well: bool
    said: str


def disk(config: Config) -> Finding:
    """Whether there is room where the instance writes."""
    free = shutil.disk_usage(config.instance).free
    return Finding("disk", free >= ROOM, f"{free // 1024**2} MB free")


def post() -> Finding:
    """Whether mail leaves: held back, how long the oldest waits, how many were given up. Three statements."""
    if since := delivery.held_since():
        said = f"held back since a restore, as is long work ({since[:16]}): `konnekt release` lets them go"
        return Finding("mail queue", False, said)
    given_up = delivery.figures()["failed"]
    said, is_late = _since(delivery.oldest(), "no mail waits", "the oldest mail is due for %s")
    return Finding("mail queue", not is_late, said + (f", {given_up} given up" if given_up else ""))


def work() -> Finding:
    """Whether long work is done: how long the oldest waits that nobody has taken up. One statement."""
    untaken = Job.ended_at.is_null() & (Job.claimed_until_at.is_null() | (Job.claimed_until_at < clock.now()))
    said, is_late = _since(
        Job.select(fn.MIN(Job.created_at)).where(untaken).scalar(), "none waits", "the oldest waits for %s"
    )
    return Finding("long work", not is_late, said)


def processes() -> Finding:
    """Whether somebody does each kind of background work, on whatever host, and lives. One statement.

    Before anybody has begun there is nothing to miss: that is a new installation, or one for cron alone.
    """
    now = clock.machine()
    rows = list(BackgroundProcess.select().order_by(BackgroundProcess.seen_at))
    last = {row.kind: row.seen_at for row in rows}
    wrong = [
        f"nobody for {kind}" + (f" since {last[kind]:%Y-%m-%d %H:%M} UTC" if kind in last else " has begun")
        for kind in pulse.KINDS
        if kind not in last or last[kind] < now - pulse.SILENT
    ]
    wrong += [
        f"{row.kind} at {row.host}: {row.failure}"
        for row in rows
        if row.failure and row.seen_at >= now - pulse.SILENT
    ]
    if not rows:
        return Finding("background work", True, "nobody has begun: `konnekt serve` does it all")
    said = "; ".join(wrong) or f"all kinds, at {', '.join(sorted({row.host for row in rows}))}"
    return Finding("background work", not wrong, said)


def _since(moment: Any, none: str, some: str) -> tuple[str, bool]:
    waited = seconds_since(moment)
    if waited <= 0:
        return none, False
    return some % f"{waited // 60} minutes", waited > LATE.total_seconds()


def seconds_since(moment: Any) -> int:
    """Whole seconds since a moment, as the database has it; 0 for none."""
    if moment is None:
        return 0
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.now().tzinfo)
    return max(int((clock.now() - moment).total_seconds()), 0)


def schema() -> Finding:
    """Whether the tables are those of this code, neither older nor newer. Two statements."""
    steps = Migrations(db.obj).status()
    other = [step.name for step in steps if not (step.applied and step.path)]
    return Finding(
        "schema", not other, f"not that of this version: {other[-1]}" if other else "as the code has it"
    )


def database() -> list[Finding]:
    """What the database says of itself and of what goes on in the background. Seven statements."""
    tables = schema()
    if not tables.is_well:
        return [tables]
    return [tables, post(), work(), processes()]


def wrong(config: Config) -> list[str]:
    """The names of what keeps the portal from working well; `konnekt check` says more."""
    checks = [disk(config)]
    try:
        with db.connection_context():
            checks += database()
    except (PeeweeException, MaxConnectionsExceeded) as error:
        checks.append(Finding("database", False, str(error)))
    return [one.name for one in checks if not one.is_well]
