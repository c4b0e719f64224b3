"""What a reader of invoices sends: what to look for, and ticks."""

import re
from collections.abc import Iterable
from typing import Any

from wtforms import Form, StringField
from wtforms.validators import NumberRange, Optional

from konnekt.domain.invoices import listing, send
from konnekt.domain.refusals import Invalid
from konnekt.forms.numbers import WholeNumber

# One more than a budget number can be long: what is cut off would not have been found either.
LONGEST = 256


class InvoiceFilterForm(Form):  # type: ignore[misc]
    """Text, organisation, year and state; what can't be read counts as not filled in."""

    q = StringField()
    organisation = StringField()
    year = WholeNumber(validators=[Optional(), NumberRange(1970, 2999)])
    state = StringField()
    page = WholeNumber(validators=[Optional(), NumberRange(1, 100_000)])

    def values(self) -> listing.InvoiceFilter:
        self.validate()
        text = (self.q.data or "").strip()[:LONGEST]
        organisation = (self.organisation.data or "")[:LONGEST]
        return listing.InvoiceFilter(
            text, organisation, None if self.year.errors else self.year.data, self.state.data or ""
        )

    def query(self) -> dict[str, Any]:
        """The filter as a query string has it."""
        by = self.values()
        chosen = {"q": by.text, "organisation": by.organisation, "year": by.year, "state": by.state}
        return {name: value for name, value in chosen.items() if value}

    def number(self) -> int:
        """The page that is asked for."""
        self.validate()
        return 1 if self.page.errors else self.page.data or 1


SHOWN = re.compile(r"([0-9]{1,9}) ([0-9]{1,4}) (mail|mail_ubl|peppol) (\S{1,320})(?: (\S{1,320}))?")


def picks(values: Iterable[str]) -> list[int]:
    """The ticked boxes: an invoice each."""
    boxes = list(values)
    if not all(re.fullmatch(r"[0-9]{1,9}", value) for value in boxes):
        raise Invalid("This tick can't be read. Load the page again.", field="pick")
    return [int(value) for value in boxes]


def sending_picks(values: Iterable[str]) -> list[send.ShownInvoice]:
    """What a preview of sending showed (`send.Outgoing.pick`): an invoice, how and to whom it goes."""
    read = [SHOWN.fullmatch(value) for value in values]
    if not read:
        raise Invalid("Tick at least one invoice.", field="pick")
    if not all(read):
        raise Invalid("This tick can't be read. Load the page again.", field="pick")
    return [send.ShownInvoice(int(one[1]), int(one[2]), one[3], one[4], one[5] or "") for one in read if one]
