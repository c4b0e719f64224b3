"""Payments: when invoices were paid, a file of payments, and why one is taken back."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, FileField, SearchField, TextAreaField

from konnekt.forms.bureau.fields import REQUIRED


class SearchForm(FlaskForm):  # type: ignore[misc]
    """What narrows the list."""

    class Meta:
        csrf = False  # it is asked by GET

    q = SearchField(_("Number, budget number or organisation"))


class MarkForm(FlaskForm):  # type: ignore[misc]
    """The day on which the ticked invoices were paid."""

    on = DateField(_("Day of payment"), [REQUIRED])


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
