"""The tables of an invoice that may have a thousand rows, drawn by reportlab: each text at its place.

Read as html the same rows take ten times as long and twice the memory.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.fonts import addMapping, tt2ps
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer

from konnekt.documents.table_parts import TablePart, TableRow

INK, DARK, GREY, PALE = (HexColor(f"#{hex}") for hex in ("1a1a1a", "17324d", "555555", "777777"))
RULE, STRIPE = HexColor("#c8d0d8"), HexColor("#f6f8fa")
SIZE, HEAD, DAY, TITLE, ABOUT = 8, 7.5, 6, 11, 8.5
LEADING = 1.35
# Around a text, in points; more above than below, for a line's leading stands below its letters.
SIDE, ABOVE, BELOW = mm, 1.8 * mm, 0.2 * mm
# A name stays with so many of its first lines on one page, and a sum with what stands above it.
TOGETHER = 120 * mm


class Fonts(NamedTuple):
    """The names of the faces as the document has registered them."""

    regular: str
    bold: str


class Text(NamedTuple):
    """What stands at x, its letters' foot so far below the row's top; aligned: whether x is left or right."""

    x: float
    foot: float
    said: str
    face: str
    size: float
    color: Color
    aligned: str = "left"


class Drawn(NamedTuple):
    """A row with its height, what breaks into several lines at x, what is behind it and the rule below."""

    height: float
    texts: list[Text]
    paragraphs: list[tuple[float, Paragraph]]
    rule: tuple[float, Color] | None = (0.25, RULE)
    fill: Color | None = None


class DrawnTable(Flowable):  # type: ignore[misc]
    """Rows under a head that each page repeats; a page ends between blocks of rows."""

    def __init__(self, width: float, head: list[Drawn], blocks: list[list[Drawn]]) -> None:
        super().__init__()
        self.width, self.head, self.blocks = width, head, blocks

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Its width and height in points."""
        return self.width, sum(row.height for row in self._rows())

    def split(self, _width: float, height: float) -> list[Flowable]:
        """What fits into the height, and the rest; nothing where not even the first block does."""
        room, count = height - sum(row.height for row in self.head), 0
        for block in self.blocks:
            room -= sum(row.height for row in block)
            if room < 0:
                break
            count += 1
        parts = (self.blocks[:count], self.blocks[count:])
        return [DrawnTable(self.width, self.head, part) for part in parts if part] if count else []

    def draw(self) -> None:
        """Draw it, from the top: what is behind a row first, or it would hide half of the rule above."""
        for row, top in self._placed():
            if row.fill:
                self.canv.setFillColor(row.fill)
                self.canv.rect(0, top - row.height, self.width, row.height, stroke=0, fill=1)
        for row, top in self._placed():
            self._draw(row, top)

    def _placed(self) -> Iterator[tuple[Drawn, float]]:
        top = sum(row.height for row in self._rows())
        for row in self._rows():
            yield row, top
            top -= row.height

    def _draw(self, row: Drawn, top: float) -> None:
        color = None
        for text in row.texts:
            if text.color is not color:
                color = text.color
                self.canv.setFillColor(color)
            self.canv.setFont(text.face, text.size)
            draw = self.canv.drawString if text.aligned == "left" else self.canv.drawRightString
            draw(text.x, top - text.foot, text.said)
        for x, paragraph in row.paragraphs:
            paragraph.drawOn(self.canv, x, top - ABOVE - paragraph.height)
        if row.rule:
            thickness, color = row.rule
            self.canv.setLineWidth(thickness)
            self.canv.setStrokeColor(color)
            self.canv.line(0, top - row.height, self.width, top - row.height)

    def _rows(self) -> Iterator[Drawn]:
        yield from self.head
        for block in self.blocks:
            yield from block


def flowables(parts: list[TablePart], family: str) -> list[Flowable]:
    """What reportlab puts on the pages: a long part breaks between its rows, others stand on one page.

    family: the name under which the document has its font.
    """
    fonts = Fonts(tt2ps(family, 0, 0), tt2ps(family, 1, 0))
    # One face may stand for several there, and a paragraph would take it for the last of them.
    for is_bold, face in enumerate(fonts):
        addMapping(__name__, is_bold, 0, face)
    drawn: list[Flowable] = []
    for part in parts:
        grid = _Rows(part, fonts).grid()
        drawn.append(grid if part.get("is_long") else KeepTogether([*_heading(part, fonts), grid]))
    return drawn


def _heading(part: TablePart, fonts: Fonts) -> list[Flowable]:
    about = [f"<b>{escape(part['worker'])}</b>{escape(part['about'][0])}", *map(escape, part["about"][1:])]
    return [
        Spacer(1, 7 * mm),
        _paragraph(f"{escape(part['title'])} {_whole(part['reference'])}", fonts.bold, TITLE, DARK),
        Spacer(1, 1.5 * mm),
        _paragraph("<br/>".join(about), fonts.regular, ABOUT, INK),
        Spacer(1, 1.5 * mm),
    ]


def _whole(text: str) -> str:
    """Markup for what stays on one line."""
    return escape(text.replace(" ", "\u00a0"))


def _paragraph(markup: str, face: str, size: float, color: Color) -> Paragraph:
    leading = size * LEADING
    style = ParagraphStyle(
        "", fontName=face, fontSize=size, leading=leading, textColor=color, splitLongWords=True
    )
    return Paragraph(markup, style)


@lru_cache(10_000)
def _width(text: str, face: str, size: float) -> float:
    return float(stringWidth(text, face, size))


class _Rows:
    """The rows of a part as they are drawn."""

    def __init__(self, part: TablePart, fonts: Fonts) -> None:
        self.part, self.fonts = part, fonts
        self.widths = [width * mm for width in part["widths"]]
        self.edges = [sum(self.widths[:n]) for n in range(len(self.widths) + 1)]

    def grid(self) -> DrawnTable:
        """The whole table."""
        blocks: list[list[Drawn]] = []
        room = 0.0
        for row in self.part["rows"]:
            kind = row.get("kind", "")
            drawn = {"who": self._who, "sum": self._sum}.get(kind, self._line)(row)
            room = (TOGETHER if kind == "who" else room) - drawn.height
            if blocks and (kind == "sum" or (kind != "who" and room > 0)):
                blocks[-1].append(drawn)
            else:
                blocks.append([drawn])
        return DrawnTable(self.edges[-1], self._head(), blocks)

    def _head(self) -> list[Drawn]:
        head = [words.split("\n") for words in self.part["head"]]
        most = max(map(len, head))
        texts: list[Text] = []
        for line in range(most):
            # The last line of each stands on the rule.
            words = [one[line - most + len(one)] if line >= most - len(one) else "" for one in head]
            above = 0.8 * mm + line * HEAD * LEADING
            texts += self._texts(words, above, self.fonts.bold, HEAD, GREY)
        columns = Drawn(1.6 * mm + most * HEAD * LEADING, texts, [], (0.5, DARK))
        if not self.part.get("is_long"):
            return [columns]
        title = Text(0, 5 * mm + TITLE, self.part["title"], self.fonts.bold, TITLE, DARK)
        return [Drawn(6 * mm + TITLE * LEADING, [title], [], None), columns]

    def _texts(
        self, cells: list[str], above: float, face: str, size: float, color: Color = INK
    ) -> Iterator[Text]:
        for column, text in enumerate(cells):
            if text and column < self.part["numbers"]:
                yield Text(self.edges[column] + SIDE, above + size, text, face, size, color)
            elif text:
                yield Text(self.edges[column + 1] - SIDE, above + size, text, face, size, color, "right")

    def _line(self, row: TableRow) -> Drawn:
        drawn = self._row(row["cells"], self.fonts.regular)
        if "below" not in row:
            return drawn
        below = self._texts(row["below"], drawn.height - BELOW, self.fonts.regular, DAY, PALE)
        # In the order of reading, for whoever hears or copies them: a day's hours, then its date.
        texts = sorted([*drawn.texts, *below], key=lambda text: text.x)
        return drawn._replace(height=drawn.height + DAY * LEADING, texts=texts)

    def _sum(self, row: TableRow) -> Drawn:
        cells = row["cells"]
        first = next(n for n, text in enumerate(cells) if text)
        span = next(n for n, text in enumerate(cells[first + 1 :], 1) if text)
        return self._row(cells, self.fonts.bold, span)

    def _who(self, row: TableRow) -> Drawn:
        name, reference = row["cells"]
        markup = f"<b>{escape(name)}</b> · {_whole(reference)}"
        return self._broken([], markup, 1, len(self.widths) - 1, self.fonts.regular)._replace(fill=STRIPE)

    def _row(self, cells: list[str], face: str, columns: int = 1) -> Drawn:
        """One whose words are broken where they are wider than so many columns."""
        for column in range(self.part["numbers"]):
            room = self.edges[min(column + columns, len(self.widths))] - self.edges[column] - 2 * SIDE
            if _width(cells[column], face, SIZE) > room:
                others = [text if n != column else "" for n, text in enumerate(cells)]
                return self._broken(others, escape(cells[column]), column, columns, face)
        return Drawn(ABOVE + BELOW + SIZE * LEADING, list(self._texts(cells, ABOVE, face, SIZE)), [])

    def _broken(self, cells: list[str], markup: str, column: int, columns: int, face: str) -> Drawn:
        """One with a text over so many columns that may take several lines."""
        paragraph = _paragraph(markup, face, SIZE, INK)
        paragraph.wrap(self.edges[column + columns] - self.edges[column] - 2 * SIDE, 10_000)
        texts: list[Any] = list(self._texts(cells, ABOVE, face, SIZE))
        return Drawn(ABOVE + BELOW + paragraph.height, texts, [(self.edges[column] + SIDE, paragraph)])
