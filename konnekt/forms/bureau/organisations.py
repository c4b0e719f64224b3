"""An organisation and its end, as they are typed; the rules are the domain's."""

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

from konnekt.forms.bureau.fields import columns
from konnekt.forms.numbers import WholeNumber

CALENDARS = [
    SelectChoice("four_weeks", _("Four weeks")),
    SelectChoice("week", _("Weeks")),
    SelectChoice("month", _("Months")),
]
VAT = [
    SelectChoice("standard", _("21 % VAT")),
    SelectChoice("exempt", _("exempt from VAT")),
    SelectChoice("reverse_charge", _("VAT reverse charged")),
    SelectChoice("out_of_scope", _("outside the scope of VAT")),
]
DECIDE_BY_MAIL = [
    SelectChoice("off", _("No: reminders lead to the portal")),
    SelectChoice("ordinary", _("Approve timesheets with nothing unusual")),
    SelectChoice("all", _("Approve and reject all timesheets")),
]
INVOICE_WAYS = [
    SelectChoice("mail", _("by mail, with the PDF")),
    SelectChoice("mail_ubl", _("by mail, with PDF and e-invoice (UBL)")),
    SelectChoice("peppol", _("by Peppol")),
]
LANGUAGES = [SelectChoice("nl", _("Dutch")), SelectChoice("en", _("English"))]
INVOICE_PER = [
    SelectChoice("budget_number", _("budget number")),
    SelectChoice("worker", _("worker")),
    SelectChoice("period", _("period: all budget numbers together")),
]


class OrganisationForm(FlaskForm):  # type: ignore[misc]
    """All that the agency keeps of an organisation. seen: how it was when the form was drawn."""

    seen = HiddenField()
    code = StringField(_("Code"))
    name = StringField(_("Name"))
    parent = SelectField(_("Part of"), validate_choice=False)
    calendar = SelectField(_("Calendar"), choices=CALENDARS, validate_choice=False)
    four_eyes = BooleanField(_("Four eyes: nobody approves what they entered or sent"))
    decide_by_mail = SelectField(
        _("Decide from the reminder's mail, without signing in"),
        choices=DECIDE_BY_MAIL,
        default="off",
        validate_choice=False,
    )
    legal_name = StringField(_("Legal name"))
    contact_name = StringField(_("For the attention of"))
    street = StringField(_("Street and number"))
    postcode = StringField(_("Postcode"))
    city = StringField(_("City"))
    country = StringField(_("Country"), default="NL")
    invoice_email = StringField(_("E-mail address for invoices"))
    invoice_copy_to = StringField(_("Copy of its invoices to"))
    invoice_way = SelectField(
        _("How its invoices are sent"), choices=INVOICE_WAYS, default="mail", validate_choice=False
    )
    payment_reminders = BooleanField(_("Reminders of what is overdue"), default=True)
    language = SelectField(_("Language of its invoices"), choices=LANGUAGES, validate_choice=False)
    payment_term_days = WholeNumber(_("Payment term in days"), default=30)
    vat_treatment = SelectField(_("VAT"), choices=VAT, validate_choice=False)
    vat_text = TextAreaField(_("Why no VAT"))
    vat_number = StringField(_("VAT number"))
    coc_number = StringField(_("KvK number or OIN"))
    peppol_id = StringField(_("Peppol id"))
    invoice_per = SelectField(
        _("One invoice per"), choices=INVOICE_PER, default="budget_number", validate_choice=False
    )
    purchase_order_number = StringField(_("Purchase order number"))
    purchase_order_required = BooleanField(_("No invoice without a purchase order number"))

    def values(self) -> dict[str, Any]:
        """What was typed, by column."""
        return columns(self)


class OrganisationSignInForm(FlaskForm):  # type: ignore[misc]
    """Whether its people sign in with a provider. seen: how it was when the form was drawn."""

    seen = HiddenField()
    sign_in = SelectField(
        _("Signing in with a provider"),
        choices=[
            SelectChoice("off", _("off")),
            SelectChoice("offered", _("offered")),
            SelectChoice("required", _("required")),
        ],
        validate_choice=False,
    )


class EndOrganisationForm(FlaskForm):  # type: ignore[misc]
    """The last day of an organisation."""

    ended_on = DateField(_("Last day"))
    sure = BooleanField(_("Yes, end it"))
