"""Text as it is typed into a record: trimmed, of a length that is kept, without what no page or PDF shows."""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import Any

from konnekt.domain.refusals import Invalid
from konnekt.fonts import unprintable

CODE, NAME, REMARK, REASON = 50, 200, 2000, 1000
# Columns, and what they say together.
Joint = tuple[tuple[str, ...], Callable[[dict[str, Any]], None]]
FIRST_YEAR, LAST_YEAR = 1900, 2199
# Letters of some names stand next to these two (zero-width joiner and non-joiner).
_JOINERS = "\u200c\u200d"


def line(text: str | None, field: str, *, most: int = NAME, required: bool = False) -> str:
    """One line, trimmed. Raises Invalid with the field where it is too long or can't be shown."""
    return _checked(text, field, most, required, breaks="")


name = partial(line, required=True)
code = partial(line, most=CODE, required=True)
short = partial(line, most=CODE)


def lines(text: str | None, field: str, *, most: int = REMARK, required: bool = False) -> str:
    """The same for text of several lines."""
    return _checked((text or "").replace("\r\n", "\n"), field, most, required, breaks="\n\t")


def checked_reason(reason: str) -> str:
    """The reason without outer spaces; Invalid where there is none or too much of it."""
    reason = reason.strip()
    if not reason:
        raise Invalid("Write the reason, so that it can be put right.", field="reason")
    if len(reason) > REASON:
        raise Invalid("Use at most %(count)s characters.", field="reason", count=REASON)
    return reason


def check_code(code: str, others: Iterable[str]) -> None:
    """Codes are unique, whatever their case."""
    if code.lower() in {other.lower() for other in others}:
        raise Invalid("The code %(code)s is in use: choose another.", field="code", code=code)


def boolean(value: Any, _field: str) -> bool:
    """Ticked or not."""
    return bool(value)


def unjudged(value: Any, _field: str) -> Any:
    """What was checked when it was read."""
    return value


def one_of(*options: str) -> Callable[[Any, str], str]:
    """One of these words."""

    def read(value: Any, field: str) -> str:
        if value not in options:
            words = ", ".join(option for option in options if option)
            raise Invalid("Choose one of these: %(options)s.", field=field, options=words)
        return str(value)

    return read


def between(least: int, most: int, sentence: str) -> Callable[[Any, str], Any]:
    """A whole number of these, or the sentence."""

    def read(value: Any, field: str) -> Any:
        if value is None or not least <= value <= most:
            raise Invalid(sentence, field=field, most=most)
        return value

    return read


def needed(choice: str, option: str, column: str, sentence: str) -> Joint:
    """A column that must not be empty where another has this option."""

    def check(of: dict[str, Any]) -> None:
        if of[choice] == option and not of[column]:
            raise Invalid(sentence, field=column)

    return (choice, column), check


def in_order(first: str, last: str) -> Joint:
    """What the first and the last day say together; either may be left open."""

    def check(of: dict[str, Any]) -> None:
        if of[first] and of[last] and of[last] < of[first]:
            raise Invalid("The last day comes before the first.", field=last)

    return (first, last), check


def day(on: date | None, field: str) -> date | None:
    """A day that can be meant. Raises Invalid for one of another age."""
    if on is not None and not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise Invalid(
            "Type a year from %(least)s to %(most)s.", field=field, least=FIRST_YEAR, most=LAST_YEAR
        )
    return on


def _checked(text: str | None, field: str, most: int, required: bool, breaks: str) -> str:
    stripped = (text or "").strip()
    if required and not stripped:
        raise Invalid("Fill this in.", field=field)
    if len(stripped) > most:
        raise Invalid("Use at most %(count)s characters.", field=field, count=most)
    unfit = next((letter for letter in stripped if letter not in breaks and _is_unfit(letter)), None)
    if unfit is not None:
        raise Invalid(
            "There is a character in this that can't be printed: %(what)s.", field, what=ascii(unfit)[1:-1]
        )
    if letters := unprintable("".join(letter for letter in stripped if letter not in _JOINERS)):
        raise Invalid(
            "Invoices can't print this: %(letters)s. Type it in Latin letters.", field, letters=letters
        )
    return stripped


def _is_unfit(letter: str) -> bool:
    if letter in _JOINERS:
        return False
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
