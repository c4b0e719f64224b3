"""How often an outage is said: once a minute, with how many lines were left out, by all processes together.

The moment and the count lie in memory that processes share which were forked from one that had imported this;
a lock that ends with its process guards them.
"""

import fcntl
import mmap
import os
import time
from threading import Lock

NAMES = ("database", "mail server")
SECONDS_BETWEEN = 60

_file = os.memfd_create("konnekt-outages")
os.truncate(_file, mmap.PAGESIZE)
_cells = memoryview(mmap.mmap(_file, mmap.PAGESIZE)).cast("q")
_lock = Lock()


def left_out(name: str) -> int | None:
    """How many lines about this outage were left out since the last; None: leave this one out too."""
    cell = NAMES.index(name) * 2
    now = int(time.monotonic())
    with _lock:
        fcntl.lockf(_file, fcntl.LOCK_EX)
        try:
            if _cells[cell] and now - _cells[cell] < SECONDS_BETWEEN:
                _cells[cell + 1] += 1
                return None
            count = _cells[cell + 1]
            _cells[cell], _cells[cell + 1] = now, 0
            return count
        finally:
            fcntl.lockf(_file, fcntl.LOCK_UN)


def forget() -> None:
    """Begin anew, as a new installation."""
    for cell in range(len(NAMES) * 2):
        _cells[cell] = 0
