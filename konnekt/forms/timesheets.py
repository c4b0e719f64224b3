"""What somebody looks for in the list of timesheets."""

from typing import Any

from wtforms import Form, StringField
from wtforms.validators import NumberRange, Optional

from konnekt.domain.timesheets import listing
from konnekt.forms.numbers import MOST, WholeNumber

LONGEST = 100


class SheetFilterForm(Form):  # type: ignore[misc]
    """A name or a worker's id, organisation, year, period, state; what can't be read is not filled in."""

    q = StringField()
    of = WholeNumber(validators=[Optional(), NumberRange(1, MOST)])
    organisation = StringField()
    year = WholeNumber(validators=[Optional(), NumberRange(1970, 2999)])
    period = WholeNumber(validators=[Optional(), NumberRange(1, MOST)])
    state = StringField()
    page = WholeNumber(validators=[Optional(), NumberRange(1, 100_000)])

    def values(self) -> listing.SheetFilter:
        self.validate()
        text = (self.q.data or "").replace("\0", "").strip()[:LONGEST]
        worker, year, period = (self._whole(field) for field in (self.of, self.year, self.period))
        organisation, state = ((field.data or "")[:LONGEST] for field in (self.organisation, self.state))
        # Who types a name looks for that one.
        return listing.SheetFilter(text, None if text else worker, organisation, year, period, state)

    def query(self) -> dict[str, Any]:
        """The filter as a query string has it."""
        by = self.values()
        chosen = {
            "q": by.text, "of": by.worker, "organisation": by.organisation, "year": by.year,
            "period": by.period, "state": by.state,
        }  # fmt: skip
        return {name: value for name, value in chosen.items() if value}

    def number(self) -> int:
        """The page that is asked for."""
        self.validate()
        return self._whole(self.page) or 1

    def _whole(self, field: WholeNumber) -> int | None:
        return None if field.errors else field.data
