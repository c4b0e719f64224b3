"""What is drawn once for what it shows: rows of long lists, the menu, the list of what waits, the bar.

A macro that knows nothing but its arguments, the language and the day draws the same for the same. It is
remembered by exactly those, so nothing of it can be out of date. A row of the approval list takes a tenth
of a millisecond to draw and a hundredth to remember.

A partial knows all that its page knows: who has it remembered names all that it shows, and a test draws it
anew after each change of that (tests/pages/test_remembered.py). The list and the bar were a quarter of what
the approval list costs. The token of their forms, another one each second, is put in afterwards.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, get_template_attribute, request
from flask_wtf.csrf import generate_csrf
from jinja2 import pass_context
from jinja2.runtime import Context
from jinja2.utils import LRUCache
from markupsafe import Markup

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


# Where the token goes: nobody typed it, for no form and no database takes a NUL.
MARK = "\0token\0"
# Some tens of kilobytes at most; many threads ask at once, which this bears.
_parts: LRUCache = LRUCache(128)


@pass_context
def remembered(context: Context, template: str, *shown: Any) -> Markup:
    """A partial with forms that shows these values, all of them tuples or plain, and nothing else."""
    token: str = generate_csrf()
    key = (reader(), clock.today(), request.script_root, template, shown)
    markup: Markup | None = _parts.get(key)
    if markup is None:
        g.csrf_token = MARK
        try:
            partial = current_app.jinja_env.get_template(template).make_module(context.get_all())
        finally:
            g.csrf_token = token
        markup = _parts[key] = partial.__html__()
    return markup.replace(MARK, token)


def forget() -> None:
    """Draw all anew."""
    _drawn.cache_clear()
    _parts.clear()


def init_app(app: Flask) -> None:
    """Give it to the templates."""
    app.jinja_env.globals.update(drawn=drawn, remembered=remembered)
