"""What the approval list and the sign-in page cost a browser that has seen nothing yet."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.bench.approving import crowd
from tests.factories import World
from tests.visitor import Visitor

# What browsers say they can read: over https, and over http.
ENCODINGS = {"https": "gzip, deflate, br", "http": "gzip, deflate"}


def fetched(client: FlaskClient, url: str, encodings: str) -> int:
    """The bytes of a body as it travels."""
    answer = client.get(url, headers={"Accept-Encoding": encodings})
    assert answer.status_code == 200, url
    return len(answer.data)


def parts(html: str) -> list[str]:
    """The addresses that a page makes a browser fetch, each once."""
    found = re.findall(r'<(?:script|img)[^>]*\ssrc="([^"]+)"', html)
    found += re.findall(r'\sdata-then="([^"]+)"', html)  # what app.js fetches once the page is painted
    found += re.findall(r'<link[^>]*\srel="(?:stylesheet|icon)"[^>]*\shref="([^"]+)"', html)
    found += re.findall(r'<link[^>]*\shref="([^"]+)"[^>]*\srel="(?:stylesheet|icon)"', html)
    found += [address.partition("#")[0] for address in re.findall(r'<use[^>]*\shref="([^"]+)"', html)]
    return [url for url in dict.fromkeys(found) if url and not url.startswith("data:")]


def measure(app: Flask, world: World) -> None:
    """Print the bytes and requests of each page, part by part."""
    crowd(world, 40)
    _page(app.test_client(), "/login")
    _page(Visitor(app, world.supervisor).client, "/approvals")


def _page(client: FlaskClient, url: str) -> None:
    addresses = (url, *parts(client.get(url).text))
    for scheme, encodings in ENCODINGS.items():
        weights = {part: fetched(client, part, encodings) for part in addresses}
        print(f"  {url} over {scheme}: {sum(weights.values())} bytes in {len(weights)} requests")
        for part, size in weights.items():
            print(f"    {size:6} {part}")
