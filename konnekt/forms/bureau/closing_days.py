"""Closing days, as they are typed and ticked."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, Form, StringField
from wtforms.validators import NumberRange

from konnekt.forms.bureau.fields import REQUIRED, SeenField
from konnekt.forms.numbers import WholeNumber


class ClosingYearForm(Form):  # type: ignore[misc]
    """A year of the list."""

    year = WholeNumber(_("Year"), [NumberRange(1900, 2199)])

    def number(self) -> int | None:
        """The year, None where none can be read."""
        return self.year.data if self.validate() else None


class ClosingDayForm(FlaskForm):  # type: ignore[misc]
    """A day and what it is called."""

    seen = SeenField()
    day = DateField(_("Day"), [REQUIRED])
    name_nl = StringField(_("Name in Dutch"), [REQUIRED])
    name_en = StringField(_("Name in English"), [REQUIRED])

    def values(self) -> tuple[Any, str, str]:
        """What was typed, after it was validated."""
        return self.day.data, self.name_nl.data or "", self.name_en.data or ""


def ticked(values: Iterable[str]) -> list[date]:
    """The days whose boxes are ticked; what is no day is left out."""
    days = []
    for value in list(values)[:20]:
        try:
            days.append(date.fromisoformat(value[:10]))
        except ValueError:
            continue
    return days


def typed(of: Any) -> dict[str, Any]:
    """A row as the form shows it."""
    return {name: getattr(of, name) for name in ("day", "name_nl", "name_en")}
