"""What a worker narrows the own hours to: a year, an assignment, the days for a spreadsheet."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, Form, StringField
from wtforms.validators import NumberRange, Optional, ValidationError

from konnekt.forms.numbers import WholeNumber


class WorkerYearForm(Form):  # type: ignore[misc]
    """Year, assignment and page of the list; what can't be read counts as not chosen."""

    year = WholeNumber(validators=[Optional(), NumberRange(1900, 9999)])
    assignment = StringField()
    page = WholeNumber(validators=[Optional(), NumberRange(1, 10_000)])

    def number(self, name: str) -> int | None:
        """The year or the page, None where none is given."""
        self.validate()
        field = self[name]
        return None if field.errors else field.data

    def query(self) -> dict[str, Any]:
        """The filter as a query string has it."""
        chosen = {"year": self.number("year"), "assignment": (self.assignment.data or "")[:100]}
        return {name: value for name, value in chosen.items() if value}


class DownloadForm(FlaskForm):  # type: ignore[misc]
    """The days from and up to which one's own hours are downloaded; empty: without that end."""

    class Meta:
        csrf = False  # it only reads

    first = DateField(_("From the day"), name="from", id="hours-from", validators=[Optional()])
    last = DateField(_("Up to and including"), name="to", id="hours-to", validators=[Optional()])

    def validate_last(self, last: DateField) -> None:
        """The days in their order."""
        if self.first.data and last.data and last.data < self.first.data:
            raise ValidationError(_("The last day comes before the first."))
