"""The pulse of background processes: each writes down that it lives, and why the one before it did not.

The database is all that hosts have in common, so that is where the pages, `konnekt check` and /readyz of any
host see what another one does. Who is killed can't say so: silence says it.
"""

import socket
import time
from collections.abc import Sequence
from datetime import timedelta
from threading import Event, Thread

from peewee import PeeweeException

from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import BackgroundProcess

# What each process may do; a process that does all long work stands for the last two.
KINDS = ("mail", "imports", "work")
SECONDS_BETWEEN = 15.0
# As long as a process has to live before what ended the one before it counts as over.
SECONDS_TO_RECOVER = 60.0
# A dozen beats: some get lost while somebody else writes to SQLite, or the database is away for a minute.
SILENT = timedelta(minutes=3)
FORGOTTEN = timedelta(days=1)


def note(kinds: Sequence[str], number: int = 1, failure: str = "") -> None:
    """Write down that this host does these kinds of work now; what was not seen for a day is forgotten."""
    now = clock.machine()
    keys = (BackgroundProcess.host, BackgroundProcess.kind, BackgroundProcess.number)
    for kind in kinds:
        row = {"host": socket.gethostname()[:255], "kind": kind, "number": number}
        BackgroundProcess.insert(row | {"seen_at": now, "failure": failure.replace("\0", "")}).on_conflict(
            conflict_target=keys, preserve=[BackgroundProcess.seen_at, BackgroundProcess.failure]
        ).execute()
        old = (BackgroundProcess.kind == kind) & (BackgroundProcess.seen_at < now - FORGOTTEN)
        BackgroundProcess.delete().where(old).execute()


def forget() -> None:
    """Forget all of them: in a copy, where those of the original do not run."""
    BackgroundProcess.delete().execute()


def reason(error: BaseException) -> str:
    """Why something failed, in one line of at most 300 characters, with the place in the code."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f" ({trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno})"
        trace = trace.tb_next
    return " ".join(f"{type(error).__name__}: {error}".split())[:270] + place[:30]


class Pulse:
    """Notes in a thread of its own that the process lives, also while a job or a mail takes long.

    kinds, number: who this is. failure: why the one before it ended, at once or not; empty where none did.
    """

    def __init__(self, kinds: Sequence[str], number: int, failure: str) -> None:
        self.kinds = kinds
        self.number = number
        self.failed_round = ""
        self._failure_before = failure
        self._began = time.monotonic()
        self._is_over = Event()
        self._thread = Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Not waited for: on SQLite it may want to write while somebody else does.
        self._is_over.set()

    def failure(self) -> str:
        """What is wrong with this process now: its last round, or that the one before it ended just now."""
        is_new = time.monotonic() < self._began + SECONDS_TO_RECOVER
        return self.failed_round or (self._failure_before if is_new else "")

    def _beat(self) -> None:
        while True:
            try:
                with db.connection_context():
                    note(self.kinds, self.number, self.failure())
            except PeeweeException:
                # The database is gone, full or locked: /readyz says that itself, and silence says the rest.
                pass
            if self._is_over.wait(SECONDS_BETWEEN):
                return
