"""A long list, a page at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, its number from 1, and how many pages and rows there are."""

    rows: list[Any]
    number: int
    pages: int
    count: int

    @property
    def before(self) -> int:
        """The page before this one; 0 on the first."""
        return self.number - 1

    @property
    def after(self) -> int:
        """The page after this one; 0 on the last."""
        return self.number + 1 if self.number < self.pages else 0


def page(query: Any, number: int = 1, size: int = SIZE) -> Page:
    """That page of a query, or the nearest there is: two statements, one when it finds nothing.

    The query comes with its order.
    """
    count = query.count()
    pages = max(1, -(-count // size))
    number = min(max(1, number), pages)
    return Page(list(query.paginate(number, size)) if count else [], number, pages, count)


def of_count(count: int, read: Callable[[int, int], list[Any]], number: int = 1, size: int = SIZE) -> Page:
    """That page of rows that are read from an offset on, so many at once; count: how many there are."""
    pages = max(1, -(-count // size))
    number = min(max(1, number), pages)
    return Page(read((number - 1) * size, size) if count else [], number, pages, count)


def of_list(rows: list[Any], number: int = 1, size: int = SIZE) -> Page:
    """That page of rows that were read already, or the nearest there is."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(1, number), pages)
    return Page(rows[(number - 1) * size : number * size], number, pages, len(rows))


def of_groups(
    counts: Mapping[Any, int], read: Callable[[list[Any]], Any], number: int = 1, size: int = SIZE
) -> Page:
    """That page of a list whose rows come in groups, or the nearest there is: one statement at most.

    counts: how many rows each group has, in the order of the list; read: the query of some groups' rows.
    """
    count = sum(counts.values())
    pages = max(1, -(-count // size))
    number = min(max(1, number), pages)
    start = (number - 1) * size
    groups, skipped, at = [], 0, 0
    for group, rows in counts.items():
        if at + rows <= start:
            skipped += rows
        elif at < start + size:
            groups.append(group)
        at += rows
    page = list(read(groups).offset(start - skipped).limit(size)) if groups else []
    return Page(page, number, pages, count)
