"""What the pages of the demonstration say, read as a reader would: the words on screen, without the markup."""

import re
from html.parser import HTMLParser

import pytest

from konnekt import demo
from tests.browser.conftest import Demonstration

# An invoice's number has five digits after its year, a day has a month and a day.
YEAR_AND_NUMBER = re.compile(r"\b20\d\d-\d\d?\b(?!-)")

# What is read or heard besides the text.
SPOKEN = {"title", "aria-label", "alt", "placeholder"}


class Words(HTMLParser):
    """The words of a page, those of its labels included."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_period_reads_as_a_month(demonstration: Demonstration, language: str) -> None:
    found = [
        f"{name} {page.path}: {words.strip()}"
        for name in demo.ACCOUNTS
        for page in demonstration.crawl(name, language)
        for words in Words(page.html).said
        if YEAR_AND_NUMBER.search(words)
    ]
    assert found == [], "\n".join(found)
