"""A QR code as a drawing for a template: its dark squares as one path of an SVG."""

from dataclasses import dataclass

QUIET = 4  # squares of margin that a reader needs (ISO/IEC 18004)


@dataclass(frozen=True)
class QrCode:
    """size: squares on a side, with the margin; path: the dark ones, a run of each row at a time."""

    size: int
    path: str


def drawn(text: str) -> QrCode:
    """The QR code of a text."""
    import segno

    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    runs = []
    for y, row in enumerate(rows, QUIET):
        x = 0
        while (x := row.find(1, x)) >= 0:
            end = row.find(0, x)
            length = (end if end >= 0 else len(row)) - x
            runs.append(f"M{x + QUIET} {y}h{length}v1h-{length}z")
            x += length
    return QrCode(len(rows) + 2 * QUIET, "".join(runs))
