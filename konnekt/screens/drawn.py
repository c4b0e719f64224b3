"""What is drawn once for what it shows: rows of long lists, and the menu.

A macro that knows nothing but its arguments, the language and the day draws the same for the same. It is
remembered by exactly those, so nothing of it can be out of date. A row of the approval list takes a tenth
of a millisecond to draw and a hundredth to remember.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from flask import Flask, get_template_attribute, request

from konnekt.domain import clock
from konnekt.screens.languages import reader


def drawn(template: str, macro: str, *arguments: Any, language: str = "") -> str:
    """What a macro makes of these arguments: tuples of values, that are the same when all they hold is."""
    return _drawn(language or reader(), clock.today(), request.script_root, template, macro, arguments)


# About a kilobyte each.
@lru_cache(maxsize=2048)
def _drawn(
    _language: str, _today: date, _root: str, template: str, macro: str, arguments: tuple[Any, ...]
) -> str:
    markup: str = get_template_attribute(template, macro)(*arguments)
    return markup


def init_app(app: Flask) -> None:
    """Give it to the templates."""
    app.jinja_env.globals["drawn"] = drawn
