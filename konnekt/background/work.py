"""Long work is done here: who does which kind, and how a worker keeps its claim while it is busy.

`konnekt serve` and `konnekt work` have processes that do nothing else, one of them for imports; `konnekt
deliver` works off what waits. A handler gets the job and a way to tell how far it is, and returns its
result. It works in transactions of its own and must be able to run again after it was killed anywhere.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

from peewee import InterfaceError, OperationalError

from konnekt.background import cause, queue
from konnekt.background.queue import Handler, Interrupted
from konnekt.db import db
from konnekt.documents import invoice, report
from konnekt.domain.imports import uploads
from konnekt.domain.invoices import runs
from konnekt.domain.records import invitations
from konnekt.domain.refusals import Refused
from konnekt.models import Job

log = logging.getLogger(__name__)

# Who does what: one line per kind. Its title on screen stands in macros/jobs.html, and what came of it is
# drawn by partials/job_KIND.html where there is one.
HANDLERS: dict[str, Handler] = {
    "import_check": uploads.check,
    "import": uploads.carry_out,
    "invite_people": invitations.work,
    "issue_invoices": runs.carry_out,
    "make_documents": invoice.work,
    "make_report": report.work,
}


def of(*, imports: bool) -> dict[str, Handler]:
    """The handlers of imports, or all others: processes work side by side (processes.py)."""
    return {kind: handler for kind, handler in HANDLERS.items() if (kind in uploads.KINDS) == imports}


SECONDS_BETWEEN_RENEWALS = 15.0
# An hour: what is silent for longer hangs, and somebody else may try.
MOST_RENEWALS = 240


def work(
    *, most: int = 100, handlers: Mapping[str, Handler] = HANDLERS, told: Callable[[], bool] = lambda: False
) -> int:
    """Do what waits, at most that many jobs; returns how many were done.

    told: says that this worker has to stop; the job it is at goes back to the queue.
    """
    done = 0
    while done < most and not told():
        job = queue.claim(handlers)
        if job is None:
            break
        with cause.of(job.request_id):
            _do(job, handlers[job.kind], told)
        done += 1
    return done


def _do(job: Job, handler: Handler, told: Callable[[], bool]) -> None:
    def tell(done: int, total: int) -> None:
        if told():
            raise Interrupted
        queue.tell(job, done, total)

    try:
        with _claim_renewed(job):
            result = handler(job, tell)
        queue.end(job, result)
        log.info("job %s (%s) is done", job.id, job.kind)
    except Refused as refusal:
        queue.fail(job, refusal)
        log.info("job %s (%s) was refused", job.id, job.kind)
    except (OperationalError, InterfaceError):
        # The database is gone, full or locked: the claim runs out and the job is tried again.
        raise
    except Exception:
        log.exception("job %s (%s) failed", job.id, job.kind)
        queue.fail(job)
    except BaseException as stopped:
        log.info("job %s (%s) goes back to the queue", job.id, job.kind)
        queue.release(job)
        if not isinstance(stopped, Interrupted):
            raise


@contextmanager
def _claim_renewed(job: Job) -> Iterator[None]:
    """Keep the claim while the handler is busy, also where it tells nothing for a while."""
    over = Event()
    thread = Thread(target=_renew, args=(job, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(job: Job, over: Event) -> None:
    for _ in range(MOST_RENEWALS):
        if over.wait(SECONDS_BETWEEN_RENEWALS):
            return
        try:
            with db.connection_context():
                if not queue.renew(job):
                    return
        except (OperationalError, InterfaceError) as error:
            # On SQLite the handler itself may be writing: then nobody else can claim the job either.
            log.info("the claim of job %s was not renewed: %s", job.id, error)
