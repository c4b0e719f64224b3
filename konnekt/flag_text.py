"""The words of a flag in the reader's language: a chip for the list, a sentence for the detail."""

from typing import Any

from flask_babel import gettext

from konnekt.domain import flag_words, units
from konnekt.domain.flag_words import Cents, Days, Hours, ShortHours, Words
from konnekt.formats import day, hours, reader
from konnekt.models import Flag


def chip(flag: Flag) -> str:
    """`> 12 u / dag`, `+48 % t.o.v. vorige 3` ..."""
    return _said(flag_words.chip(flag))


def sentence(flag: Flag) -> str:
    """What exactly is unusual; behind it, for those who may see that, that it takes hours elsewhere."""
    said = _said(flag_words.sentence(flag))
    return f"{said} {gettext(flag_words.ELSEWHERE)}" if flag.is_elsewhere else said


def _said(words: Words) -> str:
    message, values = words
    return str(gettext(message, **{name: _shown(value) for name, value in values.items()}))


def _shown(value: Any) -> Any:
    if isinstance(value, Hours):
        return hours(value)
    if isinstance(value, ShortHours):
        return units.hours_cell(value, reader())
    if isinstance(value, Cents):
        return units.euros(value, reader())
    if isinstance(value, Days):
        return ", ".join(day(one) for one in value.days) + (" …" if value.has_more else "")
    return value
