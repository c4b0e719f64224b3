"""Text as it is typed into a record: trimmed, of a length that is kept, without what no page or PDF shows."""

import unicodedata
from datetime import date

from konnekt.domain.printable import unprintable
from konnekt.domain.refused import Invalid

CODE, NAME, REMARK = 50, 200, 2000
FIRST_YEAR, LAST_YEAR = 1900, 2199
# Letters of some names stand next to these two (zero-width joiner and non-joiner).
_JOINERS = "\u200c\u200d"


def line(text: str | None, field: str, *, most: int = NAME, required: bool = False, was: str = "") -> str:
    """One line, trimmed. Raises Invalid with the field where it is too long or can't be shown.

    was: what is stored; unchanged it is not judged again, so that the other fields can be saved.
    """
    if was and (text or "").strip() == was.strip():
        return was
    return _checked(text, field, most, required, breaks="")


def lines(text: str | None, field: str, *, most: int = REMARK, required: bool = False) -> str:
    """The same for text of several lines."""
    return _checked((text or "").replace("\r\n", "\n"), field, most, required, breaks="\n\t")


def day(on: date | None, field: str) -> date | None:
    """A day that can be meant. Raises Invalid for one of another age."""
    if on is not None and not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise Invalid(
            "Type a year from %(least)s to %(most)s.", field=field, least=FIRST_YEAR, most=LAST_YEAR
        )
    return on


def _checked(text: str | None, field: str, most: int, required: bool, breaks: str) -> str:
    found = (text or "").strip()
    if required and not found:
        raise Invalid("Fill this in.", field=field)
    if len(found) > most:
        raise Invalid("Use at most %(count)s characters.", field=field, count=most)
    if any(_is_unfit(letter) for letter in found if letter not in breaks):
        raise Invalid("There is a character in this that can't be printed.", field=field)
    if letters := unprintable("".join(letter for letter in found if letter not in _JOINERS)):
        raise Invalid(
            "Invoices can't print this: %(letters)s. Type it in Latin letters.", field, letters=letters
        )
    return found


def _is_unfit(letter: str) -> bool:
    if letter in _JOINERS:
        return False
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
