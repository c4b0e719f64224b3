"""What caused the work at hand: the id of a request, which goes with the job and the mail that it queues.

Each line of the log says it, so that one search finds the request and all that came of it, on every host.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request: ContextVar[str] = ContextVar("request", default="")


def request_id() -> str:
    """The id of the request that caused what goes on here; empty where none did."""
    return _request.get()


def begin(request: str) -> None:
    """From here on, in this thread, this request is the cause; empty where it is over."""
    _request.set(request)


@contextmanager
def of(request: str) -> Iterator[None]:
    """Do something that this request caused."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)
