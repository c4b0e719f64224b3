"""A browser that counts: one kept connection, a cookie, gzip; and how long a request took."""

import gzip
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urlencode

from tests.bench.data import Data
from tests.visitor import Visitor

HTMX = {"HX-Request": "true"}
# A server closes a connection on which nothing came for five seconds: before that it is opened anew.
IDLE = 3.0


@dataclass
class Answer:
    """What came back; sent: the body as it travelled."""

    status: int
    headers: dict[str, str]
    sent: bytes
    seconds: float

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.sent) if self.headers.get("content-encoding") == "gzip" else self.sent

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """Somebody at a server; without an account nobody in particular."""

    def __init__(self, port: int, data: Data | None = None, account: int = 0, encoding: str = "gzip") -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = {"Accept-Encoding": encoding}
        self.token = ""
        self.used_at = time.monotonic()
        if data is not None:
            visitor = Visitor(data.app, data.account(account))
            self.token = visitor.csrf_token()
            self.headers["Cookie"] = f"konnekt={visitor.client.get_cookie('konnekt').value}"

    def close(self) -> None:
        self.connection.close()

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: object, *, htmx: bool = True) -> Answer:
        """Send a form, as htmx does unless told otherwise."""
        pairs = list(fields.items() if isinstance(fields, dict) else fields)  # type: ignore[call-overload]
        if self.token:
            pairs = [("csrf_token", self.token), *(pair for pair in pairs if pair[0] != "csrf_token")]
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | (HTMX if htmx else {})
        return self._ask("POST", path, urlencode(pairs, doseq=True), headers)

    def upload(self, path: str, files: dict[str, bytes]) -> Answer:
        """Send a form with files, as a browser does."""
        parts = [(b'csrf_token"', self.token.encode())]
        parts += [(f'files"; filename="{name}"'.encode(), content) for name, content in files.items()]
        body = b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%s\r\n\r\n%s\r\n' % part for part in parts
        )
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        return self._ask("POST", path, body + b"--x--\r\n", headers)

    def _ask(self, method: str, path: str, body: str | bytes | None, headers: dict[str, str]) -> Answer:
        if time.monotonic() - self.used_at > IDLE:
            self.close()
        began = time.perf_counter()
        self.connection.request(method, path, body, self.headers | headers)
        response = self.connection.getresponse()
        sent = response.read()
        seconds = time.perf_counter() - began
        self.used_at = time.monotonic()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, sent, seconds)


@dataclass
class Form(HTMLParser):
    """The fields of the first form of a page with this id, as a browser would send them."""

    id: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    is_inside: bool = False
    select: str = ""
    area: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, html: str, id: str) -> "Form":
        found = cls(id)
        found.feed(html)
        return found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = dict(attributes)
        name = of.get("name") or ""
        if tag == "form":
            self.is_inside = of.get("id") == self.id
        elif not self.is_inside or (not name and tag != "option"):
            return
        elif tag == "input":
            is_box = of.get("type") in ("checkbox", "radio")
            if of.get("type") not in ("submit", "button") and (not is_box or "checked" in of):
                self.fields.append((name, of.get("value") or ("on" if is_box else "")))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in of:
            self.fields.append((self.select, of.get("value") or ""))
        elif tag == "textarea":
            self.area = name
            self.fields.append((name, ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            name, text = self.fields[-1]
            self.fields[-1] = (name, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""
