"""Payments: when invoices were paid, one by hand, a file of payments, and why one is taken back."""

import re
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    SearchField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length

from konnekt.domain import units
from konnekt.domain.refusals import Invalid
from konnekt.forms.bureau.fields import REQUIRED, our_age


class PaymentSearchForm(FlaskForm):  # type: ignore[misc]
    """What narrows the list."""

    class Meta:
        csrf = False  # it is asked by GET

    q = SearchField(_("Number, budget number or organisation"))


class MarkForm(FlaskForm):  # type: ignore[misc]
    """The day on which the ticked invoices were paid."""

    on = DateField(_("Day of payment"), [REQUIRED, our_age])


class EntryForm(FlaskForm):  # type: ignore[misc]
    """What was paid for one invoice: an amount, its day, a note.

    seen: what was settled of it (cents) when the form was drawn.
    """

    amount = StringField(_("Amount"), [REQUIRED, Length(max=40)])
    on = DateField(_("Day of payment"), [REQUIRED, our_age])
    note = StringField(_("Note"), [Length(max=200)])
    seen = HiddenField()
    sure = BooleanField(_("Yes, record it"))

    def values(self) -> dict[str, Any]:
        """What the verbs take; raises Invalid where it can't be read."""
        try:
            cents = units.parse_cents(self.amount.data)
        except Invalid as refusal:
            refusal.field = "amount"
            raise
        if not re.fullmatch(r"-?[0-9]{1,12}", self.seen.data or ""):
            raise Invalid("This form can't be read. Load the page again.")
        return {
            "cents": cents, "on": self.on.data, "note": self.note.data or "", "seen": int(self.seen.data),
        }  # fmt: skip


class ReturnForm(EntryForm):
    """What was paid back, or set off with an open invoice: its number."""

    invoice = SelectField(_("How"), validate_choice=False)

    def offer(self, open_invoices: list[tuple[str, str]]) -> None:
        """Money back, or one of these: number and words."""
        self.invoice.choices = [("", _("Paid back")), *open_invoices]


class FileForm(FlaskForm):  # type: ignore[misc]
    """A file of payments."""

    file = FileField(_("File of payments"), [REQUIRED])

    def content(self) -> bytes:
        """What is in the file; a large one lies on disk until this closes it."""
        with self.file.data.stream as stream:
            read: bytes = stream.read()
        return read


class TakeBackForm(FlaskForm):  # type: ignore[misc]
    """Why a payment is taken back."""

    reason = TextAreaField(_("Reason"))
