"""What to invoice, and why an invoice is credited."""

from flask_babel import gettext, lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from konnekt.forms.bureau.fields import REQUIRED
from konnekt.forms.numbers import WholeNumber

CALENDARS = {"week": _("A week"), "four_weeks": _("Four weeks"), "month": _("A month")}


class RunForm(FlaskForm):  # type: ignore[misc]
    """A pay period or all that is approved, one organisation or all, and the date of the invoices."""

    class Meta:
        csrf = False  # it is asked by GET; security.py asks the token of what is posted

    period = SelectField(_("Period"), validate_choice=False)
    organisation = SelectField(_("Organisation"), validate_choice=False)
    on = DateField(_("Invoice date"), [REQUIRED])

    def offer(self, periods: list[tuple[str, str, str]], places: list[tuple[str, str]]) -> None:
        """Fill the lists: periods as (calendar, value, words), organisations as (code, name)."""
        self.period.choices = {gettext("All periods"): [("", gettext("all that is approved"))]} | {
            str(name): [(value, words) for of, value, words in periods if of == calendar]
            for calendar, name in CALENDARS.items()
        }
        self.organisation.choices = [("", gettext("all")), *places]


class PostponeForm(FlaskForm):  # type: ignore[misc]
    """Why an invoice to be is left out of runs; seen: the mark of what the page showed."""

    seen = HiddenField()
    reason = TextAreaField(_("Reason"))


class CreditForm(FlaskForm):  # type: ignore[misc]
    """Why an invoice is credited; seen: what was settled of it (cents) when the page said what goes back."""

    seen = WholeNumber(validators=[Optional()], widget=HiddenInput())
    reason = TextAreaField(_("Reason"), [InputRequired(_("Write the reason, so that it can be put right."))])
