"""The figures as a picture: how far each is from what it may be at most, SQLite above PostgreSQL."""

import json
import math
from html import escape
from pathlib import Path
from typing import Any

WIDTH, LEFT, RIGHT, TOP, ROW = 880, 320, 130, 84, 30
# A tenth of what it may be stands at the left, ten times as much at the right.
DECADES = 1.0
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .head { font-weight: 600; font-size: 15px }
.quiet { fill: #59636e } .line { stroke: #59636e; stroke-dasharray: 3 3 } .SQLite { fill: #2f6f9f } .PostgreSQL { fill: #8fbcd9 }
.over { fill: #c4552d } .over.PostgreSQL { fill: #e39a7b }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9198a1 } .line { stroke: #9198a1 } }
"""


def draw(report: dict[str, Any]) -> str:
    """The picture of a report as JSON has it: of each database the largest data, and what has no size."""
    found = _rows(report["sections"])
    machine, sheets = report["machine"], max(section["sheets"] for section in report["sections"])
    height = TOP + ROW * len(found) + 16
    limit = LEFT + (WIDTH - LEFT - RIGHT) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
        f'<title id="title">How quick Konnekt is with {sheets:,} timesheets</title>',
        f"<style>{STYLE}</style>",
        _text(8, 24, f"How quick Konnekt is with {sheets:,} timesheets", "head"),
        _text(
            8,
            44,
            f"{report['measured_on']}, {machine['name']}: {machine['processor']}, {machine['cores']} cores",
            "quiet",
        ),
        f'<rect class="SQLite" x="8" y="54" width="10" height="10"/>{_text(22, 64, "SQLite", "quiet")}',
        f'<rect class="PostgreSQL" x="80" y="54" width="10" height="10"/>{_text(94, 64, "PostgreSQL", "quiet")}',
        f'<line class="line" x1="{limit}" x2="{limit}" y1="{TOP - 12}" y2="{height - 10}"/>',
        _text(limit + 4, TOP - 14, "what it may be at most", "quiet"),
    ]
    for place, (title, rows) in enumerate(found.items()):
        top = TOP + ROW * place
        parts.append(_text(8, top + 16, title))
        for number, (database, row) in enumerate(rows.items()):
            y = top + 4 + number * 9
            share = max(1e-9, _share(row))
            length = (math.log10(share) + DECADES) / (2 * DECADES) * (WIDTH - LEFT - RIGHT)
            kind = database + (" over" if share > 1 else "")
            parts.append(
                f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{min(WIDTH - LEFT - RIGHT, max(2, length)):.0f}" height="8"/>'
            )
        said = " · ".join(
            f"{row['found']:,.3g}" if row["found"] < 100 else f"{row['found']:,.0f}" for row in rows.values()
        )
        unit = next(iter(rows.values()))["unit"]
        parts.append(_text(WIDTH - RIGHT + 8, top + 16, f"{said} {unit}", "quiet"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _rows(sections: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """By title and database, of the rows that have a bound."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for section in sections:
        largest = max(one["sheets"] for one in sections if one["database"] == section["database"])
        if section["sheets"] not in (0, largest):
            continue
        for row in section["rows"]:
            if row["at_most"] or row["at_least"]:
                found.setdefault(row["title"], {})[section["database"]] = row
    return found


def _share(row: dict[str, Any]) -> float:
    return row["at_least"] / (row["found"] or 1e-9) if row["at_least"] else row["found"] / row["at_most"]


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x}" y="{y}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{escape(words)}</text>'


def make(figures: Path, picture: Path) -> None:
    """Draw what a run wrote down."""
    picture.write_text(draw(json.loads(figures.read_text())))
