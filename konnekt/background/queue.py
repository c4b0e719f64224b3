"""Long work: queued with what caused it, claimed, told about and ended; work.py says who does it.

Any number of processes and hosts may work: a job is claimed by a guarded UPDATE. A claim is kept up while
its worker lives; when it has run out, somebody else takes the job up: work must be able to run again.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any, Protocol

from peewee import SQL

from konnekt.background import cause
from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.refusals import N_, NotFound, Refused
from konnekt.models import Account, Installation, Job, JobFile

CLAIM = timedelta(seconds=60)
ATTEMPTS = 3
# How long uploads stay, and how long what came of a job is remembered.
KEEP_FILES = timedelta(days=1)
KEEP_JOBS = timedelta(days=30)

GAVE_UP = N_("This was begun %(attempts)s times and never finished. Try it again with less at a time.")
FAILED = N_("Something went wrong here. It was written down for whoever runs the portal.")


# Before so much was done of what there was to do, in so many seconds, nothing says how long the rest takes.
FIRST_SECONDS, FIRST_SHARE = 5, 0.02


@dataclass(frozen=True)
class WorkProgress:
    """How far long work is, and how long the rest may take: the one rule for all of it.

    done, total: of all there is to do. seconds: how long this run is busy, which began when done_before was
    done, by another one perhaps.
    """

    done: int
    total: int
    seconds: float = 0
    done_before: int = 0

    @property
    def percent(self) -> int:
        """The share that is done, 0 to 100; all of it is done only at the end."""
        return min(100 * self.done // self.total, 100) if self.total else 0

    @property
    def seconds_left(self) -> int | None:
        """How long the rest takes at the pace of this run; None before that means something."""
        done, rest = self.done - self.done_before, self.total - self.done
        if done <= 0 or rest <= 0 or self.seconds < FIRST_SECONDS or done < FIRST_SHARE * (done + rest):
            return None
        return ceil(self.seconds * rest / done)

    @property
    def tens_left(self) -> int | None:
        """That in tens of seconds, as people say it, where it is less than a minute."""
        left = self.seconds_left
        return None if left is None or left > 60 else 10 * ceil(left / 10)

    @property
    def minutes_left(self) -> int | None:
        """That in whole minutes, where it is more than one."""
        left = self.seconds_left
        return None if left is None or left <= 60 else ceil(left / 60)


class Interrupted(BaseException):
    """The claim is somebody else's by now, or this worker has to stop. No handler catches it by accident."""


class Tell(Protocol):
    """Says how far the work is, and keeps the claim.

    It is a transaction of its own. Inside a handler's transaction it shows when that ends, and guards it:
    where the claim was lost it raises Interrupted, so that of two workers only one commits.
    """

    def __call__(self, done: int, total: int) -> None: ...


Handler = Callable[[Job, Tell], dict[str, Any]]


def queue(
    kind: str,
    *,
    by: Account | None,
    asked: dict[str, Any] | None = None,
    files: dict[str, bytes] | None = None,
) -> Job:
    """Queue a job in the caller's transaction; asked has to fit in JSON."""
    with transaction():
        job: Job = Job.create(
            kind=kind, asked=asked or {}, created_at=clock.now(), created_by=by, request_id=cause.request_id()
        )
        for name, content in (files or {}).items():
            JobFile.create(job=job, name=name, content=content)
    return job


def find(number: int) -> Job:
    """A job by its number; raises NotFound."""
    job: Job | None = Job.select().where(Job.id == number).first()
    if job is None:
        raise NotFound("This work is not known any more.")
    return job


def files(job: Job) -> dict[str, bytes]:
    """The files that came with a job, by name."""
    query = JobFile.select(JobFile.name, JobFile.content).where(JobFile.job == job).order_by(JobFile.name)
    return {name: bytes(content) for name, content in query.tuples()}


def claim(kinds: Collection[str]) -> Job | None:
    """Take the oldest waiting job of these kinds, for a minute; None where nothing waits, or is held back."""
    now = clock.now()
    free = Job.claimed_until_at.is_null() | (Job.claimed_until_at <= now)
    waiting = Job.ended_at.is_null() & free & ~Installation.is_held()
    job: Job
    query = Job.select().where(waiting & Job.kind.in_(sorted(kinds))).order_by(Job.created_at, Job.id)
    for job in list(query):
        mine = waiting & (Job.id == job.id) & (Job.attempts == job.attempts)
        if job.attempts >= ATTEMPTS:
            result = {"values": {"attempts": ATTEMPTS}}
            Job.update(ended_at=now, failure=GAVE_UP, result=result, claimed_until_at=None).where(
                mine
            ).execute()
            continue
        taken = Job.update(claimed_until_at=now + CLAIM, attempts=Job.attempts + 1, begun_at=None).where(mine)
        if taken.execute() == 1:
            return find(job.id)
    return None


def _mine(job: Job) -> Any:
    """While the claim is ours: each claim counts one attempt more."""
    return (Job.id == job.id) & (Job.attempts == job.attempts) & Job.ended_at.is_null()


def renew(job: Job) -> bool:
    """Keep a claim for another minute; false where it is somebody else's by now."""
    renewed = Job.update(claimed_until_at=clock.now() + CLAIM).where(_mine(job))
    return bool(renewed.execute() == 1)


def tell(job: Job, done: int, total: int) -> None:
    """Record how far the work is and keep the claim; raises Interrupted where that was lost."""
    columns = {"done": done, "total": total, "claimed_until_at": clock.now() + CLAIM}
    if job.begun_at is None:
        # The first that this worker says of it: the pace is counted from here.
        job.begun_at = clock.machine()
        columns |= {"begun_at": job.begun_at, "done_before": done}
    if Job.update(columns).where(_mine(job)).execute() != 1:
        raise Interrupted


def progress(job: Job) -> WorkProgress:
    """How far a job is."""
    seconds = (clock.machine() - job.begun_at).total_seconds() if job.begun_at else 0
    return WorkProgress(job.done, job.total, seconds, job.done_before)


def under_way() -> list[Job]:
    """All that has not ended, the oldest first: one statement."""
    return list(Job.select().where(Job.ended_at.is_null()).order_by(Job.created_at, Job.id))


def release(job: Job) -> None:
    """Give a job back as if it had not been claimed, for somebody else to do."""
    Job.update(claimed_until_at=None, attempts=Job.attempts - 1).where(_mine(job)).execute()


def end(job: Job, result: dict[str, Any]) -> bool:
    """Keep what came of it; false where it has ended, or the claim is somebody else's.

    A handler may say so itself in its last transaction: then what it did and its end are one.
    """
    columns = {"ended_at": clock.now(), "result": result, "claimed_until_at": None, "done": Job.total}
    return bool(Job.update(columns).where(_mine(job)).execute() == 1)


def fail(job: Job, refusal: Refused | None = None) -> None:
    """End a job without a result: with the sentence of a refusal, or a plain one."""
    sentence = refusal.sentence if refusal else FAILED
    result = {"values": packed(refusal.values if refusal else {})}
    columns = {"ended_at": clock.now(), "failure": sentence, "result": result, "claimed_until_at": None}
    Job.update(columns).where(_mine(job)).execute()


def why(job: Job) -> tuple[str, dict[str, Any]]:
    """Why a job ended without a result: a sentence to translate, and its values."""
    return job.failure, unpacked((job.result or {}).get("values", {}))


def packed(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a sentence as JSON keeps them: days stay days, the rest is text or a number."""
    return {
        name: {"day": value.isoformat()}
        if isinstance(value, date)
        else value
        if isinstance(value, int)
        else str(value)
        for name, value in values.items()
    }


def unpacked(values: dict[str, Any]) -> dict[str, Any]:
    """The values that `packed` made fit for JSON."""
    return {
        name: date.fromisoformat(value["day"][:10]) if isinstance(value, dict) else value
        for name, value in values.items()
    }


def drop_files(job: Job) -> None:
    """Remove what was uploaded for a job."""
    JobFile.delete().where(JobFile.job == job).execute()


def tidy() -> None:
    """Remove uploads of yesterday, and jobs of long ago; what is held back stays whole."""
    now = clock.now()
    if Installation.select().where(Installation.is_held()).exists():
        return
    old = Job.select(Job.id).where((Job.created_at <= now - KEEP_FILES) & Job.ended_at.is_null(False))
    if JobFile.select(SQL("1")).where(JobFile.job.in_(old)).exists():
        JobFile.delete().where(JobFile.job.in_(old)).execute()
    gone = Job.created_at <= now - KEEP_JOBS
    if Job.select(SQL("1")).where(gone).exists():
        Job.delete().where(gone).execute()
