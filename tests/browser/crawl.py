"""Every page that an account of the demonstration can reach by links, one or two of each kind."""

import re
import urllib.error
import urllib.request
from collections import Counter, deque
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

# Of one kind of page (the same address but for its numbers and codes) this many are looked at.
OF_A_KIND = 2
MOST = 250


@dataclass(frozen=True)
class Found:
    """A page: its address, and what the server sent."""

    path: str
    html: str


class _Links(HTMLParser):
    """The addresses that a page leads to: by links, and by what htmx gets."""

    def __init__(self, attributes: tuple[str, ...]) -> None:
        super().__init__()
        self.attributes = attributes
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "link":
            # An hx-get without a value asks for where the link leads (static/app.js).
            of = dict(attrs)
            found = [of[name] or of.get("href") for name in self.attributes if name in of]
            self.links += [link for link in dict.fromkeys(found) if link]


def links(html: str, attributes: tuple[str, ...] = ("href", "hx-get")) -> list[str]:
    """Where a page leads to, in its order."""
    parser = _Links(attributes)
    parser.feed(html)
    return parser.links


def kind(path: str) -> str:
    """The address without what names one row: numbers, codes, and the values of its query."""
    parts = urlsplit(path)
    place = re.sub(r"/(?=[^/]*[0-9A-Z])[^/]+", "/*", parts.path)
    return f"{place}?{'&'.join(sorted({name for name, _ in parse_qsl(parts.query)}))}"


def one_of_each_kind(pages: list[Found]) -> dict[str, str]:
    """The address of the nearest page of each kind, by its kind."""
    found: dict[str, str] = {}
    for page in pages:
        found.setdefault(kind(page.path), page.path)
    return found


class Visitor:
    """A signed-in reader without a browser."""

    def __init__(self, origin: str, name: str, password: str) -> None:
        self.origin = origin
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        page = self.get("/login").html
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token, "the sign-in page has its token"
        fields = urlencode({"csrf_token": token[1], "name": name, "password": password})
        with self.opener.open(f"{origin}/login", fields.encode(), timeout=30) as answer:
            assert not answer.url.endswith("/login"), f"{name} signs in"

    def speak(self, language: str) -> None:
        """Read the portal in this language."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/account").html)
        assert token, "a page has its token"
        fields = urlencode({"csrf_token": token[1], "language": language})
        self.opener.open(f"{self.origin}/language", fields.encode(), timeout=30).close()

    def get(self, path: str, headers: dict[str, str] | None = None) -> Found:
        """The page at an address; a download comes back empty, also one that can't be had yet.

        It is still being made (409), or a crawl in two languages took more than anybody may (429).
        """
        asked = urllib.request.Request(urljoin(self.origin, path), headers=headers or {})
        try:
            opened = self.opener.open(asked, timeout=60)
        except urllib.error.HTTPError as error:
            if error.code in (409, 429):
                return Found(path, "")
            raise AssertionError(f"{path}: {error}") from error
        with opened as answer:
            if not answer.headers.get("Content-Type", "").startswith("text/html"):
                answer.read()
                return Found(path, "")
            parts = urlsplit(answer.url)
            where = parts.path + (f"?{parts.query}" if parts.query else "")
            return Found(where, answer.read().decode())

    def crawl(self, start: str = "/") -> list[Found]:
        """The pages that can be reached from there, nearest first."""
        waiting, seen, kinds = deque([start]), {start}, Counter[str]()
        found: dict[str, Found] = {}
        while waiting and len(found) < MOST:
            page = self.get(waiting.popleft())
            if not page.html or page.path in found:
                continue
            found[page.path] = page
            for link in links(page.html):
                target = urlsplit(urljoin(f"{self.origin}{page.path}", link))
                path = target.path + (f"?{target.query}" if target.query else "")
                if f"{target.scheme}://{target.netloc}" != self.origin or target.path.startswith("/static/"):
                    continue
                if path not in seen and kinds[kind(path)] < OF_A_KIND:
                    seen.add(path)
                    kinds[kind(path)] += 1
                    waiting.append(path)
        return list(found.values())
