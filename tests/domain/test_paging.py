"""A long list in groups, a page at a time: the same pages as of the whole list."""

from typing import Any

import pytest

from konnekt.domain import paging


class Rows:
    """A query of the rows of some groups."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def offset(self, number: int) -> "Rows":
        return Rows(self.rows[number:])

    def limit(self, number: int) -> list[Any]:
        return self.rows[:number]


@pytest.mark.parametrize("sizes", [(), (1,), (3,), (4, 1, 7), (2, 0, 3, 3, 3), (10, 1)])
@pytest.mark.parametrize("number", [-1, 1, 2, 3, 4, 10**18])
def test_a_page_of_groups_is_that_of_the_list(sizes: tuple[int, ...], number: int) -> None:
    whole = [(group, row) for group, size in enumerate(sizes) for row in range(size)]
    asked: list[int] = []

    def read(groups: list[int]) -> Rows:
        asked.extend(groups)
        return Rows([row for row in whole if row[0] in groups])

    found = paging.of_groups(dict(enumerate(sizes)), read, number, size=3)
    assert found == paging.of_list(whole, number, size=3)
    assert {group for group, _ in found.rows} <= set(asked)
    assert len(asked) <= 3, "no more groups than the page has rows of"
