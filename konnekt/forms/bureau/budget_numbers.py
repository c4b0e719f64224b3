"""A budget number, as it is typed."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, StringField
from wtforms.validators import Optional

from konnekt.domain import units
from konnekt.domain.refusals import Invalid


class BudgetNumberForm(FlaskForm):  # type: ignore[misc]
    """Number, ceilings in hours and euros, and from which to which day it is valid."""

    seen = HiddenField()
    number = StringField(_("Budget number"))
    description = StringField(_("Description"))
    ceiling_hours = StringField(_("Ceiling in hours"))
    ceiling_euros = StringField(_("Ceiling in euros"))
    valid_from_on = DateField(_("Valid from"), [Optional(strip_whitespace=True)])
    valid_until_on = DateField(_("Valid until"), [Optional(strip_whitespace=True)])

    def values(self) -> dict[str, Any]:
        """What was typed, by column; Invalid names the field that is no number."""
        return {
            "number": self.number.data,
            "description": self.description.data,
            "ceiling_minutes": self._amount("ceiling_hours", units.parse_hours),
            "ceiling_cents": self._amount("ceiling_euros", units.parse_cents),
            "valid_from_on": self.valid_from_on.data,
            "valid_until_on": self.valid_until_on.data,
        }

    def _amount(self, name: str, parse: Any) -> int | None:
        typed = (self[name].data or "").strip()
        try:
            return parse(typed) if typed else None
        except Invalid as refusal:
            refusal.field = name
            raise


def typed(columns: dict[str, Any], language: str) -> dict[str, Any]:
    """A row's columns as the form shows them: what is shown can be posted back unchanged."""
    minutes, cents = columns["ceiling_minutes"], columns["ceiling_cents"]
    point = "." if language == "en" else ","
    return {
        **columns,
        "ceiling_hours": "" if minutes is None else units.hours_cell(minutes, language),
        "ceiling_euros": "" if cents is None else f"{cents // 100}{point}{cents % 100:02d}",
    }


class EndBudgetNumberForm(FlaskForm):  # type: ignore[misc]
    """The last day on which hours may stand on it."""

    valid_until_on = DateField(_("Last day"), default=None)

    def day(self) -> date | None:
        """The day, if it is one."""
        day: date | None = self.valid_until_on.data
        return day
