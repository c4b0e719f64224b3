"""What a first visit costs a browser that has seen nothing yet: bytes as they travel, and requests."""

import re

from tests.bench.pages import grid
from tests.bench.report import Section
from tests.bench.site import Site

# What browsers say they can read: over http, and over https.
ENCODINGS = {"gzip": "gzip, deflate", "brotli": "gzip, deflate, br"}
MOST_KB, MOST_REQUESTS = 25, 5


def parts(html: str) -> list[str]:
    """The addresses that a page makes a browser fetch, each once, as long as nobody touches anything.

    tests/browser/test_weight.py holds it beside what Chromium fetches.
    """
    found = re.findall(r'<(?:script|img)[^>]*\ssrc="([^"]+)"', html)
    found += re.findall(r'\sdata-then="([^"]+)"', html)  # what app.js fetches once the page is painted
    found += re.findall(r'<link[^>]*\srel="(?:stylesheet|icon)"[^>]*\shref="([^"]+)"', html)
    found += re.findall(r'<link[^>]*\shref="([^"]+)"[^>]*\srel="(?:stylesheet|icon)"', html)
    found += [address.partition("#")[0] for address in re.findall(r'<use[^>]*\shref="([^"]+)"', html)]
    return [url for url in dict.fromkeys(found) if url and not url.startswith("data:")]


def measure(site: Site, section: Section) -> None:
    """The sign-in page, and the three that people open each day."""
    cast = site.data.cast
    pages = (
        ("sign-in", 0, "/login"),
        ("approval list", cast.waiting[1].supervisor, "/approvals"),
        ("grid", cast.team.supervisor, grid(site)),
        ("registration", cast.team.supervisor, "/registration"),
    )
    for title, account, path in pages:
        title = f"first visit: {title}"
        if not section.wants(title):
            continue
        addresses = [path, *parts(site.client(account).get(path).text)]
        for name, encoding in ENCODINGS.items():
            client = site.client(account, encoding)
            weights = {address: len(client.get(address).sent) for address in addresses}
            client.close()
            most = MOST_KB if name == "gzip" else None
            section.add(f"{title}, {name}", sum(weights.values()) / 1000, "kB", at_most=most, details={
                address.partition("?")[0]: size for address, size in weights.items()
            })  # fmt: skip
        section.add(title, len(addresses), "requests", at_most=MOST_REQUESTS)
