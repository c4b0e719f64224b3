"""Charts: where each bar begins and how long it is, for `macros/charts.html`, which draws them as inline SVG.

All charts of the portal come from here. A chart is values alone: what it is called, its series (a colour,
their words), and per bar or column the amounts, which are integers of anything. Positions are percent of the
drawing, as text, so that it is as wide as its place and its letters keep their size. Colours are classes of
`charts.css`, the same for a state everywhere; what stands together also differs by a pattern, and the figures
stand in a table below, for who can't see the drawing or wants them exactly.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

# Parts of a whole: hundredths of a percent.
WHOLE = 10_000
# What is there at all can be seen: two pixels on a phone.
LEAST = 80
# The letters of a label below a column, in parts of the narrowest drawing, that of a phone.
LETTER = 250

# Each kind has its colour: the states of a timesheet, what is too late, and two for all else.
KINDS = ("unsent", "waiting", "approved", "invoiced", "paid", "late", "first", "second")


class Series(NamedTuple):
    """What is counted: its kind (a colour), its words, and how one of its amounts is written."""

    kind: str
    words: str
    say: Callable[[int], str] = str


class Charted(NamedTuple):
    """One bar or column: its name, an amount per series, and where its name leads, if anywhere.

    short: the few letters below a column; is_open: that it is not at its end, so that it is drawn hollow.
    """

    name: str
    amounts: tuple[int, ...]
    address: str = ""
    short: str = ""
    is_open: bool = False


class Piece(NamedTuple):
    """A rectangle in percent of the drawing; title: what it is, for a pointer that rests on it."""

    kind: str
    x: str
    y: str
    width: str
    height: str
    title: str
    is_open: bool = False


class Numbers(NamedTuple):
    """The table: a row is a name, its address, the amounts as they are written, and their sum or nothing."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...], str], ...]
    has_sum: bool


class BarRow(NamedTuple):
    """A bar with its name; label: all that it shows, in words; total: its sum as it is written."""

    name: str
    address: str
    label: str
    total: str
    pieces: tuple[Piece, ...]


class StackedBars(NamedTuple):
    """Bars below each other. key: the name of the page's element, unlike that of any other on the page."""

    key: str
    title: str
    series: tuple[Series, ...]
    rows: tuple[BarRow, ...]
    numbers: Numbers


class Panel(NamedTuple):
    """Columns on one scale; zero: where they stand; highest: the largest amount and whose it is, in words."""

    series: tuple[Series, ...]
    highest: str
    zero: str
    pieces: tuple[Piece, ...]


class ColumnChart(NamedTuple):
    """Columns beside each other, in a panel or several; labels: middle and letters, of those with room."""

    key: str
    title: str
    panels: tuple[Panel, ...]
    labels: tuple[tuple[str, str], ...]
    numbers: Numbers


def shares(amounts: Sequence[int], whole: int = WHOLE) -> list[int]:
    """How many parts of the whole each amount gets: together exactly the whole, by largest remainder.

    Less than nothing is nothing. What is there at all gets LEAST parts, or an equal share where so many do
    not fit; the others have what is left in proportion. All is nothing where nothing is there.
    """
    sizes = [max(0, amount) for amount in amounts]
    count = sum(1 for size in sizes if size)
    if not count:
        return [0 for _size in sizes]
    least = min(LEAST, whole // count)
    lifted: set[int] = set()
    while True:
        left = whole - least * len(lifted)
        rest = sum(size for at, size in enumerate(sizes) if at not in lifted)
        others = [at for at, size in enumerate(sizes) if size and at not in lifted]
        low = {at for at in others if sizes[at] * left < least * rest}
        if not low:
            break
        lifted |= low
    parts = [least if at in lifted else size * left // rest for at, size in enumerate(sizes)]
    by_remainder = sorted(others, key=lambda at: (-(sizes[at] * left % rest), at))
    for at in by_remainder[: whole - sum(parts)]:
        parts[at] += 1
    return parts


def bars(
    key: str, title: str, series: Sequence[Series], charted: Iterable[Charted], *, to_scale: bool = False
) -> StackedBars:
    """A stacked bar for each; to_scale: as long as its sum beside the largest one, else each its whole width.

    The sums are written as the first series writes its amounts.
    """
    rows = tuple(charted)
    _check(series, rows)
    longest = max((_sum(row) for row in rows), default=0)
    return StackedBars(
        key,
        title,
        tuple(series),
        tuple(_bar(row, series, longest if to_scale else 0) for row in rows),
        _numbers(series, rows, has_sum=len(series) > 1),
    )


def _bar(row: Charted, series: Sequence[Series], longest: int) -> BarRow:
    present = sum(1 for amount in row.amounts if amount > 0)
    whole = max(LEAST * present, _sum(row) * WHOLE // longest) if longest else WHOLE
    pieces, start = [], 0
    for one, amount, length in zip(series, row.amounts, shares(row.amounts, whole), strict=True):
        if length:
            title = f"{one.words}: {one.say(amount)}"
            pieces.append(Piece(one.kind, _percent(start), "0", _percent(length), "100", title))
        start += length
    return BarRow(
        row.name,
        row.address,
        ", ".join(piece.title for piece in pieces),
        series[0].say(sum(row.amounts)),
        tuple(pieces),
    )


def columns(
    key: str,
    title: str,
    series: Sequence[Series],
    charted: Iterable[Charted],
    *,
    layout: str = "beside",
) -> ColumnChart:
    """A column for each, on a line at zero below which negative amounts hang.

    layout, of several series: "beside" each other on one scale; "stacked" on it, where less than nothing is
    nothing; "apart", each in a panel of its own with its own scale, for hours and euros.
    """
    rows = tuple(charted)
    _check(series, rows)
    groups = [[at] for at in range(len(series))] if layout == "apart" else [list(range(len(series)))]
    panels = [_panel([series[at] for at in group], group, rows, layout) for group in groups]
    slots = _slots(len(rows))
    step = _step([row.short or row.name for row in rows])
    labels = [
        (_percent((start + end) // 2), row.short or row.name)
        for at, (row, (start, end)) in enumerate(zip(rows, slots, strict=True))
        # From the last one back: that is the one people look for.
        if (len(rows) - 1 - at) % step == 0
    ]
    return ColumnChart(key, title, tuple(panels), tuple(labels), _numbers(series, rows))


def _panel(series: list[Series], group: list[int], rows: tuple[Charted, ...], layout: str) -> Panel:
    stacked = layout == "stacked"
    values = [[row.amounts[at] for at in group] for row in rows]
    if stacked:
        values = [[max(0, amount) for amount in amounts] for amounts in values]
    reached = [sum(amounts) if stacked else max(amounts) for amounts in values]
    top, bottom = max(0, *reached, 0), min(0, 0, *(min(amounts) for amounts in values))
    span = (top - bottom) or 1
    zero = top * WHOLE // span if top or bottom else WHOLE
    pieces = []
    for row, amounts, (start, end) in zip(rows, values, _slots(len(rows)), strict=True):
        drawn = _stack(amounts, span) if stacked else _beside(amounts, span)
        width = (end - start) // (1 if stacked else len(group))
        for place, (one, amount) in enumerate(zip(series, amounts, strict=True)):
            above, height = drawn[place]
            if height:
                y = min(max(0, zero - above), WHOLE - height)
                x = start if stacked else start + place * width
                said = f"{row.name}: {one.say(amount)}" + (f" ({one.words})" if len(series) > 1 else "")
                at = (_percent(x), _percent(y), _percent(width), _percent(height))
                pieces.append(Piece(one.kind, *at, said, row.is_open))
    highest = max(range(len(rows)), key=lambda at: reached[at], default=None)
    words = f"{series[0].say(top)} ({rows[highest].name})" if highest is not None and top else ""
    return Panel(tuple(series), words, _percent(zero), tuple(pieces))


def _beside(amounts: list[int], span: int) -> list[tuple[int, int]]:
    """Of each how far it begins above zero (negative ones at zero), and its height."""
    heights = [max(LEAST, abs(amount) * WHOLE // span) if amount else 0 for amount in amounts]
    return [(height if amount > 0 else 0, height) for amount, height in zip(amounts, heights, strict=True)]


def _stack(amounts: list[int], span: int) -> list[tuple[int, int]]:
    present = sum(1 for amount in amounts if amount)
    heights = shares(amounts, max(LEAST * present, sum(amounts) * WHOLE // span))
    return [(sum(heights[: at + 1]), height) for at, height in enumerate(heights)]


def _slots(count: int) -> list[tuple[int, int]]:
    """Where each column begins and ends: three quarters of its share of the width, the rest is air."""
    edges = [WHOLE * at // count for at in range(count + 1)] if count else []
    return [(a + (b - a) // 8, b - (b - a) // 8) for a, b in pairwise(edges)]


def _step(labels: list[str]) -> int:
    """Of how many columns one has its label, so that they do not touch on a phone."""
    longest = max((len(label) for label in labels), default=0) + 1
    return max(1, -(-longest * LETTER * len(labels) // WHOLE))


def _numbers(series: Sequence[Series], rows: tuple[Charted, ...], *, has_sum: bool = False) -> Numbers:
    return Numbers(
        tuple(one.words for one in series),
        tuple(
            (
                row.name,
                row.address,
                tuple(one.say(amount) for one, amount in zip(series, row.amounts, strict=True)),
                series[0].say(sum(row.amounts)) if has_sum else "",
            )
            for row in rows
        ),
        has_sum,
    )


def _check(series: Sequence[Series], rows: tuple[Charted, ...]) -> None:
    unknown = {one.kind for one in series} - set(KINDS)
    if unknown or not series:
        raise ValueError(f"no such kind in a chart: {sorted(unknown)}")
    if any(len(row.amounts) != len(series) for row in rows):
        raise ValueError("a bar or column has an amount for each series")


def _sum(row: Charted) -> int:
    return sum(max(0, amount) for amount in row.amounts)


def _percent(parts: int) -> str:
    return f"{parts / 100:g}"
