"""Requests by the thousand: a client's cookies, and the application called without the client.

The client reads each address four times and makes two requests and a response of its own: a third of a millisecond,
where a request that is refused takes two. What comes back is compared, not looked at: tests/visitor.py does that.
"""

import sys
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlencode

from flask import Flask
from flask.testing import FlaskClient

FORM = "application/x-www-form-urlencoded"
# As a server fills it in; each request adds its own.
ALWAYS: dict[str, Any] = {
    "SCRIPT_NAME": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
    "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_USER_AGENT": "Direct",
    "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.multithread": False,
    "wsgi.multiprocess": False, "wsgi.run_once": False,
}  # fmt: skip


class Answer(NamedTuple):
    """What came back."""

    status_code: int
    location: str
    mimetype: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    app: Flask,
    client: FlaskClient,
    method: str,
    address: str,
    form: Any = b"",
    *,
    kind: str = FORM,
    htmx: bool = False,
) -> Answer:
    """Send one request; form: its fields, or the body as it is. What it sets of cookies the client keeps."""
    path, _, query = address.partition("?")
    environ = ALWAYS | {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
    }
    body = form if isinstance(form, bytes) else urlencode(form, doseq=True).encode()
    environ["wsgi.input"] = BytesIO(body)
    if method == "POST":
        environ |= {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
    if htmx:
        environ["HTTP_HX_REQUEST"] = "true"
    if client._cookies:
        environ["HTTP_COOKIE"] = "; ".join(one._to_request_header() for one in client._cookies.values())
    begun: list[Any] = []
    sent = app(environ, lambda status, headers, _error=None: begun.extend((status, headers)))
    try:
        content = b"".join(sent)
    finally:
        sent.close()
    status, headers = begun
    if set_cookies := [value for name, value in headers if name == "Set-Cookie"]:
        client._update_cookies_from_response("localhost", path, set_cookies)
    said = dict(headers)
    return Answer(
        int(status[:3]), said.get("Location", ""), said.get("Content-Type", "").partition(";")[0], content
    )
