"""The words of a flag in the reader's language: a chip for the list, a sentence for the detail."""

import json
from typing import Any

from flask_babel import gettext

from konnekt.domain import units
from konnekt.domain.flags import words as flag_words
from konnekt.models import Flag
from konnekt.screens.formats import day, hours
from konnekt.screens.languages import reader


def chip(flag: Flag) -> str:
    """`> 12 u / dag`, `+48 % t.o.v. vorige 3` ..."""
    return _said(flag_words.chip(flag))


def stored_chip(code: str, detail: str) -> str:
    """The same of a flag as a list reads it: its code, and its detail as JSON."""
    return chip(Flag(code=code, detail=json.loads(detail)))


def sentence(flag: Flag) -> str:
    """What exactly is unusual; behind it, for those who may see that, that it takes hours elsewhere."""
    said = _said(flag_words.sentence(flag))
    return f"{said} {gettext(flag_words.ELSEWHERE)}" if flag.is_elsewhere else said


def _said(words: flag_words.Words) -> str:
    message, values = words
    return str(gettext(message, **{name: _shown(value) for name, value in values.items()}))


def _shown(value: Any) -> Any:
    if isinstance(value, flag_words.Hours):
        return hours(value)
    if isinstance(value, flag_words.ShortHours):
        return units.hours_cell(value, reader())
    if isinstance(value, flag_words.Cents):
        return units.euros(value, reader())
    if isinstance(value, flag_words.Days):
        return ", ".join(day(one) for one in value.days) + (" …" if value.has_more else "")
    return value
