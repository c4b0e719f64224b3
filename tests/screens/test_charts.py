"""Charts: shares that add up, columns on their line, names that are only names, and colours that one sees."""

import random
import re
from pathlib import Path

import pytest
from flask import Flask, get_template_attribute

import konnekt
from konnekt.screens import charts
from konnekt.screens.charts import LEAST, WHOLE, Charted, Series

STYLES = Path(konnekt.__file__).parent / "static"
TWO = [Series("approved", "Approved"), Series("waiting", "To approve")]
NASTY = '"><script>alert(1)</script>'


def drawn(app: Flask, chart: charts.StackedBars | charts.ColumnChart) -> str:
    macro = "stacked_bars" if isinstance(chart, charts.StackedBars) else "column_chart"
    with app.test_request_context():
        return str(get_template_attribute("macros/charts.html", macro)(chart))


def numbers(piece: charts.Piece) -> tuple[float, float, float, float]:
    return float(piece.x), float(piece.y), float(piece.width), float(piece.height)


@pytest.mark.parametrize(
    ("amounts", "parts"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([5], [WHOLE]),
        ([0, 7, 0], [0, WHOLE, 0]),
        ([1, 1, 1], [3334, 3333, 3333]),
        ([1, 2, 3], [1667, 3333, 5000]),
        ([-5, 5, -1], [0, WHOLE, 0]),
        ([-5], [0]),
        ([1, 10**12], [LEAST, WHOLE - LEAST]),
        ([1, 10**12, 2], [LEAST, WHOLE - 2 * LEAST, LEAST]),
    ],
)
def test_shares(amounts: list[int], parts: list[int]) -> None:
    assert charts.shares(amounts) == parts


def test_shares_fill_the_whole_exactly() -> None:
    """By chance: all that is there is seen, more is never less, and an ordinary share is off by less than one."""
    chance = random.Random(15)
    for _time in range(3000):
        amounts = [int(10 ** chance.uniform(-1, 9)) * chance.choice((1, 1, 0)) for _one in range(9)]
        whole = chance.choice((WHOLE, 1000, 9 * LEAST))
        parts = charts.shares(amounts, whole)
        there = [part for amount, part in zip(amounts, parts, strict=True) if amount]
        assert sum(parts) == (whole if there else 0)
        assert all(part >= LEAST for part in there)
        assert [part for amount, part in zip(amounts, parts, strict=True) if not amount and part] == []
        by_size = [part for _amount, part in sorted(zip(amounts, parts, strict=True))]
        assert by_size == sorted(by_size)
        if all(amount * whole >= LEAST * sum(amounts) for amount in amounts if amount):
            exact = [amount * whole / sum(amounts) if amount else 0 for amount in amounts]
            assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))


def test_more_than_there_is_room_for_share_what_there_is() -> None:
    parts = charts.shares([1, 10**6, *[1] * 198])
    assert (sum(parts), min(parts), len(parts)) == (WHOLE, WHOLE // 200, 200)


def test_a_bar_is_whole_and_its_pieces_follow_each_other() -> None:
    [row] = charts.bars("states", "States", TWO, [Charted("Science", (3, 1), "/there")]).rows
    assert [numbers(piece) for piece in row.pieces] == [(0, 0, 75, 100), (75, 0, 25, 100)]
    assert (row.label, row.total) == ("Approved: 3, To approve: 1", "4")


def test_bars_to_scale_are_as_long_as_their_sum() -> None:
    charted = [
        Charted("one", (30, 10)),
        Charted("two", (10, 0)),
        Charted("none", (0, 0)),
        Charted("t", (0, 1)),
    ]
    chart = charts.bars("age", "Age", TWO, charted, to_scale=True)
    lengths = [sum(float(piece.width) for piece in row.pieces) for row in chart.rows]
    assert lengths == [100, 25, 0, 2.5]
    chart = charts.bars(
        "age", "Age", TWO, [Charted("huge", (10**9, 1)), Charted("tiny", (1, 1))], to_scale=True
    )
    assert [float(piece.width) for piece in chart.rows[1].pieces] == [0.8, 0.8]


def test_less_than_nothing_is_not_drawn_in_a_bar_and_stands_in_the_table(app: Flask) -> None:
    chart = charts.bars("states", "States", TWO, [Charted("Science", (-3, 5))])
    assert [(piece.kind, piece.width) for piece in chart.rows[0].pieces] == [("waiting", "100")]
    assert chart.numbers.rows == (("Science", "", ("-3", "5"), "2"),)
    assert chart.rows[0].total == "2"


def test_columns_stand_on_zero_or_hang_below_it() -> None:
    charted = [Charted("a", (30,)), Charted("b", (-10,)), Charted("c", (0,)), Charted("d", (15,))]
    [panel] = charts.columns("year", "Year", [Series("first", "Hours")], charted).panels
    assert (panel.zero, panel.highest) == ("75", "30 (a)")
    assert [numbers(piece) for piece in panel.pieces] == [
        (3.12, 0, 18.76, 75),
        (28.12, 75, 18.76, 25),
        (78.12, 37.5, 18.76, 37.5),
    ]


def test_all_below_zero_hangs_from_the_top() -> None:
    [panel] = charts.columns("year", "Year", [Series("first", "Hours")], [Charted("a", (-5,))]).panels
    assert (panel.zero, panel.highest) == ("0", "")
    assert numbers(panel.pieces[0])[1::2] == (0, 100)


def test_two_series_beside_each_other_share_a_scale() -> None:
    [panel] = charts.columns("two", "Two", TWO, [Charted("a", (10, 40)), Charted("b", (0, 20))]).panels
    assert [(piece.kind, float(piece.height)) for piece in panel.pieces] == [
        ("approved", 25),
        ("waiting", 100),
        ("waiting", 50),
    ]
    first, second, _third = (numbers(piece) for piece in panel.pieces)
    assert first[0] + first[2] == pytest.approx(second[0])
    assert panel.highest == "40 (a)"


def test_two_series_apart_have_a_scale_each() -> None:
    chart = charts.columns("two", "Two", TWO, [Charted("a", (1, 40)), Charted("b", (2, 0))], layout="apart")
    heights = [[float(piece.height) for piece in panel.pieces] for panel in chart.panels]
    assert heights == [[50, 100], [100]]
    assert [panel.highest for panel in chart.panels] == ["2 (b)", "40 (a)"]


def test_two_series_stacked_end_on_each_other() -> None:
    chart = charts.columns(
        "two", "Two", TWO, [Charted("a", (10, 30)), Charted("b", (-9, 20))], layout="stacked"
    )
    assert [numbers(piece)[1::2] for piece in chart.panels[0].pieces] == [(75, 25), (0, 75), (50, 50)]


def test_whatever_the_amounts_a_chart_stays_in_its_drawing() -> None:
    chance = random.Random(7)
    for layout in ("beside", "stacked", "apart"):
        for _time in range(300):
            rows = [
                Charted(str(at), tuple(int(chance.uniform(-2, 9) ** 7) for _one in range(3)))
                for at in range(chance.randrange(54))
            ]
            chart = charts.columns("c", "C", [*TWO, Series("paid", "Paid")], rows, layout=layout)
            for piece in (piece for panel in chart.panels for piece in panel.pieces):
                x, y, width, height = numbers(piece)
                assert min(x, y) >= 0
                assert width > 0
                assert height >= 0.8 or layout == "stacked"
                assert max(x + width, y + height) <= 100.001


@pytest.mark.parametrize(("count", "most"), [(0, 0), (1, 1), (13, 13), (52, 13), (53, 14)])
def test_labels_have_room_on_a_phone(count: int, most: int) -> None:
    rows = [Charted(f"week {at}", (at,), short=str(at)) for at in range(1, count + 1)]
    chart = charts.columns("year", "Year", [Series("first", "Hours")], rows)
    letters = [one for _middle, one in chart.labels]
    assert len(letters) <= most
    assert letters[-1:] == [str(count)] * min(count, 1)


def test_an_unknown_colour_or_a_missing_amount_is_a_fault() -> None:
    with pytest.raises(ValueError, match="purple"):
        charts.bars("a", "A", [Series("purple", "P")], [])
    with pytest.raises(ValueError, match="kind"):
        charts.columns("a", "A", [], [])
    with pytest.raises(ValueError, match="each series"):
        charts.columns("a", "A", TWO, [Charted("a", (1,))])


def test_names_are_only_names(app: Flask) -> None:
    series = [Series("approved", NASTY), Series("waiting", NASTY)]
    charted = [Charted(NASTY, (1, 2), address='/x?"><b>', short=NASTY)]
    for chart in (
        charts.bars("a", NASTY, series, charted),
        *(charts.columns("a", NASTY, series, charted, layout=one) for one in ("beside", "stacked", "apart")),
    ):
        page = drawn(app, chart)
        assert "<script" not in page
        assert "><b>" not in page.replace('chart-scale"><b>', "")
        assert NASTY not in page
        assert not re.search(r"\sstyle=", page), "the content security policy refuses it"


def test_who_cant_see_it_has_a_title_and_the_numbers(app: Flask) -> None:
    page = drawn(app, charts.bars("states", "States", TWO, [Charted("Science", (3, 1), "/there")]))
    assert 'role="group" aria-label="States"' in page
    assert '<svg role="img" aria-label="Approved: 3, To approve: 1">' in page
    table = page[page.index("<table") :]
    assert '<th scope="row"><a href="/there">Science</a></th>' in table
    assert re.findall(r'<td class="hours[^>]*>(\d+)</td>', table) == ["3", "1", "4"]
    assert "<caption" in table
    columns = drawn(app, charts.columns("year", "Year", TWO, [Charted("week 1", (3, 1))]))
    assert 'role="img" aria-label="Approved, To approve; ' in columns
    assert '<th scope="row">week 1</th>' in columns
    assert columns.count("<caption") == 1


def test_what_stands_together_differs_by_more_than_its_colour(app: Flask) -> None:
    series = [Series(kind, kind) for kind in charts.KINDS]
    page = drawn(app, charts.bars("k", "K", series, [Charted("all", (1,) * len(series))]))
    patterns = re.findall(r"<pattern .*?</pattern>", page)
    marks = [re.search(r'<path d="([^"]+)"', one) for one in patterns]
    paths = [mark[1] for mark in marks if mark]
    assert len(patterns) == len(charts.KINDS)
    assert len(paths) == len(set(paths)) == len(charts.KINDS) - 2, "approved and first are plain"
    for kind in charts.KINDS:
        assert f'id="k-{kind}"' in page
        assert page.count(f"url(#k-{kind})") == 2, "in the legend and in the bar"


def luminance(lightness: float, chroma: float, hue: float) -> float:
    """The relative luminance (WCAG 2.2) of an oklch colour, by the matrices of CSS Color 4."""
    from math import cos, radians, sin

    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short
    return sum(
        part * min(1, max(0, value)) for part, value in ((0.2126, red), (0.7152, green), (0.0722, blue))
    )


def colours(text: str) -> dict[str, float]:
    found = re.findall(r"--([\w-]+): oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", text)
    return {name: luminance(float(light) / 100, float(c), float(hue)) for name, light, c, hue in found}


def test_colours_stand_out_in_light_and_in_dark() -> None:
    light, dark = (STYLES / "charts.css").read_text().split("@media screen and (prefers-color-scheme: dark)")
    paper = colours((STYLES / "app.css").read_text().split("prefers-color-scheme: dark")[1])["paper"]
    assert set(colours(light)) == set(colours(dark)) == set(charts.KINDS)
    contrasts = {f"light {kind}": 1.05 / (one + 0.05) for kind, one in colours(light).items()}
    contrasts |= {f"dark {kind}": (one + 0.05) / (paper + 0.05) for kind, one in colours(dark).items()}
    assert {kind: round(one, 2) for kind, one in contrasts.items() if one < 3} == {}
