"""The bookkeeping: its settings, a debtor's number and the batch that was shown."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from konnekt.forms.bureau.fields import columns

PROGRAMS = [
    SelectChoice("exact", "Exact Online"),
    SelectChoice("twinfield", "Twinfield"),
    SelectChoice("afas", "AFAS Profit"),
    SelectChoice("neutral", _("another, by a neutral file")),
]


class BooksForm(FlaskForm):  # type: ignore[misc]
    """What the bookkeeping calls things. seen: how it was when the form was drawn."""

    seen = HiddenField()
    program = SelectField(_("Bookkeeping program"), choices=PROGRAMS, default="neutral")
    administration = StringField(_("Administration in the program"))
    from_on = DateField(_("Recorded from"), [Optional()])
    with_payments = BooleanField(_("Payments, refunds and set-offs too"), default=True)
    sales_journal = StringField(_("Journal of sales"))
    payments_journal = StringField(_("Journal of payments"))
    debtors_account = StringField(_("Debtors"))
    bank_account = StringField(_("Bank"))
    vat_account = StringField(_("VAT to pay"))
    revenue_standard = StringField(_("Revenue with 21 % VAT"))
    vat_code_standard = StringField(_("VAT code of 21 % VAT"))
    revenue_exempt = StringField(_("Revenue exempt from VAT"))
    vat_code_exempt = StringField(_("VAT code of what is exempt"))
    revenue_reverse_charge = StringField(_("Revenue with VAT reverse charged"))
    vat_code_reverse_charge = StringField(_("VAT code of reverse charge"))
    vat_code_reverse_charge_abroad = StringField(_("VAT code of reverse charge abroad"))
    revenue_out_of_scope = StringField(_("Revenue outside the scope of VAT"))
    vat_code_out_of_scope = StringField(_("VAT code of what is outside the scope"))

    def values(self) -> dict[str, Any]:
        """What was typed, by column."""
        return columns(self)


class DebtorForm(FlaskForm):  # type: ignore[misc]
    """By which number the bookkeeping knows an organisation."""

    seen = HiddenField()
    debtor_number = StringField(_("Debtor number"))


class MakeBatchForm(FlaskForm):  # type: ignore[misc]
    """The batch that was shown: its fingerprint."""

    seen = HiddenField(validators=[Length(max=64)])
