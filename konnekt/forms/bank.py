"""Bank statements: a file, and on which invoices a line of it is booked."""

import re

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import Length

from konnekt.forms.bureau.fields import REQUIRED

NEVER = 10**15


class StatementForm(FlaskForm):  # type: ignore[misc]
    """A bank statement."""

    file = FileField(_("Bank statement"), [REQUIRED])

    def content(self) -> bytes:
        """What is in the file."""
        with self.file.data.stream as stream:
            read: bytes = stream.read()
        return read


class BookForm(FlaskForm):  # type: ignore[misc]
    """The numbers of the invoices that a line is for. seen: what was booked of it when drawn (cents)."""

    numbers = StringField(_("Numbers of the invoices"), [REQUIRED, Length(max=1000)])
    seen = HiddenField()
    sure = BooleanField(_("Yes, book all of it on the last one"))

    def about(self, entry: int) -> None:
        """Say of which line it is: a page has a form for each, and what is wrong leads to this one."""
        for field in (self.numbers, self.sure):
            field.id = f"{field.short_name}-{entry}"

    def seen_cents(self) -> int:
        """What was booked when it was drawn; what is no number stands for nothing that ever was."""
        text = self.seen.data or ""
        return int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else NEVER
