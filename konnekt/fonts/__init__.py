"""Which letters the documents can print: those that their fonts have, of scripts that run from left to right.

A name that no invoice can print is refused where it is typed. Fonts for Chinese, Japanese and Korean weigh
10 MB and more, and the Dutch register of persons writes every name in Latin letters.
"""

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path

FONTS = Path(__file__).parent
MOST_NAMED = 5
_TABLES, _TABLE = 12, 16


@lru_cache
def _covered() -> frozenset[int]:
    """The code points that every font of the documents has: about 5,900, read once."""
    fonts = [_of_font(path.read_bytes()) for path in FONTS.glob("*.ttf")]
    return frozenset.intersection(*fonts)


def _of_font(font: bytes) -> frozenset[int]:
    """What the table `cmap` of a font says, in its form for all of Unicode (OpenType, format 12)."""
    count = struct.unpack_from(">H", font, 4)[0]
    tables = {
        tag: start
        for tag, _sum, start, _length in (
            struct.unpack_from(">4sLLL", font, _TABLES + _TABLE * number) for number in range(count)
        )
    }
    cmap = tables[b"cmap"]
    for number in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        start = cmap + struct.unpack_from(">L", font, cmap + 8 + 8 * number)[0]
        if struct.unpack_from(">H", font, start)[0] == 12:
            groups = struct.unpack_from(">L", font, start + 12)[0]
            spans = [struct.unpack_from(">LL", font, start + 16 + 12 * group) for group in range(groups)]
            return frozenset(letter for first, last in spans for letter in range(first, last + 1))
    raise ValueError("the font has no table of format 12")


def unprintable(text: str) -> str:
    """The first few letters of a text that no document can print, each once; empty where all can be.

    Ends of lines and tabs are for others to judge.
    """
    composed = unicodedata.normalize("NFC", text)
    unfit = dict.fromkeys(letter for letter in composed if letter not in "\t\r\n" and not _is_printed(letter))
    return " ".join(list(unfit)[:MOST_NAMED])


def _is_printed(letter: str) -> bool:
    # The letters of Arabic and Hebrew are there, but would stand in the wrong order.
    return ord(letter) in _covered() and unicodedata.bidirectional(letter) not in ("R", "AL")
