"""What travels for a page when the browser keeps style and scripts already."""

import gzip

import pytest

from konnekt import demo
from tests.browser.conftest import Demonstration

LIMIT = 6_000  # bytes


@pytest.mark.parametrize("name", demo.ACCOUNTS)
def test_a_later_page_is_light(demonstration: Demonstration, name: str) -> None:
    weights = {page.path: len(gzip.compress(page.html.encode(), 9)) for page in demonstration.crawl(name)}
    assert weights
    assert {path: weight for path, weight in weights.items() if weight > LIMIT} == {}
