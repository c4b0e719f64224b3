"""What a reader asks of the report."""

from typing import Any

from wtforms import Form, StringField
from wtforms.validators import NumberRange, Optional

from konnekt.domain.periods import report
from konnekt.forms.numbers import MOST, WholeNumber

LONGEST = 100


class ReportForm(Form):  # type: ignore[misc]
    """A cut, a year, the first and last period, an organisation; what can't be read is not filled in."""

    cut = StringField()
    year = WholeNumber(validators=[Optional(), NumberRange(1970, 2999)])
    first = WholeNumber(validators=[Optional(), NumberRange(1, MOST)])
    last = WholeNumber(validators=[Optional(), NumberRange(1, MOST)])
    organisation = StringField()
    page = WholeNumber(validators=[Optional(), NumberRange(1, 100_000)])

    def values(self) -> report.ReportFilter:
        self.validate()
        year, first, last = (self._whole(field) for field in (self.year, self.first, self.last))
        cut, organisation = ((field.data or "")[:LONGEST] for field in (self.cut, self.organisation))
        return report.ReportFilter(cut, year, first, last, organisation)

    def number(self) -> int:
        """The page that is asked for."""
        self.validate()
        return self._whole(self.page) or 1

    def _whole(self, field: WholeNumber) -> int | None:
        return None if field.errors else field.data


def query(by: report.ReportFilter) -> dict[str, Any]:
    """What was asked, as a query string has it."""
    asked = {
        "cut": by.cut, "year": by.year, "first": by.first, "last": by.last, "organisation": by.organisation,
    }  # fmt: skip
    return {name: value for name, value in asked.items() if value}
