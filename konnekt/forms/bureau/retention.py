"""How long data of people are kept, and erasing those of one person, as they are typed."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField

from konnekt.forms.bureau.fields import columns
from konnekt.forms.numbers import WholeNumber


class RetentionForm(FlaskForm):  # type: ignore[misc]
    """A number for each kind (domain/records/retention.py). seen: the terms when the form was drawn."""

    seen = HiddenField()
    invoices = WholeNumber(_("Invoices, in years"))
    payroll = WholeNumber(_("Payroll, in years"))
    hours = WholeNumber(_("Hours, in years"))
    workers = WholeNumber(_("Workers, in years"))
    accounts = WholeNumber(_("Accounts, in years"))
    mail = WholeNumber(_("Mail, in months"))

    def values(self) -> dict[str, int | None]:
        """What was typed, by kind."""
        return columns(self)


class EraseForm(FlaskForm):  # type: ignore[misc]
    """Erasing somebody: nothing but the token."""
