"""The agency's own details, as they are typed; the rules are the domain's."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional

from konnekt.forms.bureau.fields import columns


class DetailsForm(FlaskForm):  # type: ignore[misc]
    """All that the agency keeps of itself. seen: how it was when the form was drawn."""

    seen = HiddenField()
    name = StringField(_("Name"))
    street = StringField(_("Street and number"))
    postcode = StringField(_("Postcode"))
    city = StringField(_("City"))
    country = StringField(_("Country"))
    phone = StringField(_("Phone"))
    email = StringField(_("E-mail"))
    coc_number = StringField(_("KvK number"))
    vat_number = StringField(_("VAT number"))
    iban = StringField(_("IBAN"))
    bic = StringField(_("BIC"))
    peppol_id = StringField(_("Peppol id"))
    payroll_number = StringField(_("Number in the payroll program"))
    factor_by_mail = BooleanField(_("Who has a second step is asked for it before deciding from a mail"))
    code_by_mail = BooleanField(
        _("Who has no second step types a code from a mail, in a browser that the portal does not know")
    )

    invoice_copy_to = StringField(_("Copy of each mail with an invoice to"))
    invoice_text_nl = TextAreaField(_("Text in the mail with an invoice, in Dutch"))
    invoice_text_en = TextAreaField(_("Text in the mail with an invoice, in English"))

    def values(self) -> dict[str, Any]:
        """What was typed, by column."""
        return columns(self)


class FactorTermForm(FlaskForm):  # type: ignore[misc]
    """From which day on who needs a second factor; empty: nobody."""

    on = DateField(_("Second step required from"), [Optional()])
    of = SelectField(
        _("Of whom"),
        choices=[
            SelectChoice("staff", _("who works at the agency")),
            SelectChoice("everybody", _("everybody, supervisors and workers too")),
        ],
        default="staff",
    )
