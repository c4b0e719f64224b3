"""The state of a period: what is chosen, and sending on somebody's behalf."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from konnekt.forms.numbers import WholeNumber

SHOWN = ("unsent", "waiting", "approved")


class ProgressForm(Form):  # type: ignore[misc]
    """What the page is narrowed to; `of` names the calendar and year that the list of periods was made for.

    remind and assignment: the organisation or the assignment that a reminder is about.
    """

    calendar = StringField()
    year = WholeNumber(validators=[Optional()])
    period = WholeNumber(validators=[Optional()])
    of = StringField()
    organisation = StringField()
    show = StringField()
    page = WholeNumber(validators=[Optional()])
    remind = StringField()
    assignment = StringField()

    def period_of(self) -> str:
        """The calendar and year that are chosen, as `of` names them."""
        return f"{self.calendar.data or ''}-{self.year.data or ''}"

    def chosen(self) -> tuple[str, int | None, int | None]:
        """Calendar, year and number; a number of another list is not what was meant."""
        is_same = not self.of.data or self.of.data == self.period_of()
        number = self.period.data if is_same else None
        return self.calendar.data or "", self.year.data, number

    def shown(self) -> str:
        """Which timesheets the list shows; empty: those that somebody has to do something about."""
        return self.show.data if self.show.data in SHOWN else ""

    def number(self) -> int:
        """The page of the list, from 1."""
        return min(max(self.page.data or 1, 1), 10_000)

    def query(self) -> dict[str, Any]:
        """What of it goes on in links."""
        narrowed = {"organisation": self.organisation.data, "show": self.shown()}
        return {name: value for name, value in narrowed.items() if value}


class SubmitOnBehalfForm(FlaskForm):  # type: ignore[misc]
    """Why the agency sends it, and the revision that was on screen (0: there was none)."""

    reason = TextAreaField(_("Reason"))
    is_nil = BooleanField(_("No hours worked"))
    seen = WholeNumber(validators=[Optional()], widget=HiddenInput())
