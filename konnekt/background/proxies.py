"""A proxy in front that nobody named: all visitors then have its address, and share one address's limits.

What tells it is a header that only proxies send, on a request from this machine, while
KONNEKT_TRUSTED_PROXIES is 0. It is said once in the log and noted for `konnekt check`, again after half a
day.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock

from peewee import OperationalError
from werkzeug.datastructures import Headers

from konnekt.domain import clock
from konnekt.models import Installation

NAME = "unnamed_proxy"
HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
# Nothing: from a socket in the file system.
HERE = {"", "127.0.0.1", "::1", "::ffff:127.0.0.1"}
AGAIN = timedelta(hours=12)
SAID = (
    "A proxy on this machine sends %s, but KONNEKT_TRUSTED_PROXIES is 0: everybody seems to come from one"
    " address and shares its limits on failed sign-ins. Set it to the number of proxies in front."
)
logger = logging.getLogger("konnekt.proxies")
_lock = Lock()
_looked_at: datetime | None = None


def look(address: str, headers: Headers) -> None:
    """Say and note it where this request came by such a proxy; asks the database once in half a day."""
    global _looked_at  # noqa: PLW0603 - one process says it once
    header = next((name for name in HEADERS if name in headers), "")
    if not header or address not in HERE:
        return
    with _lock:
        if _looked_at and clock.now() - _looked_at < AGAIN:
            return
        _looked_at = clock.now()
    with suppress(OperationalError):
        if not noted():
            row = {"name": NAME, "value": clock.now().isoformat()}
            Installation.insert(row).on_conflict(
                conflict_target=[Installation.name], preserve=[Installation.value]
            ).execute()
            logger.warning(SAID, header)


def noted() -> bool:
    """Whether such a request came within the last half day."""
    row = Installation.get_or_none(Installation.name == NAME)
    return row is not None and clock.now() - datetime.fromisoformat(row.value) < AGAIN


def forget() -> None:
    """Look again at the next request, as a new process does."""
    global _looked_at  # noqa: PLW0603
    _looked_at = None
