"""What an approver sends: filters, ticks with the revision that was seen, reasons."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from wtforms import Form, StringField
from wtforms.validators import NumberRange, Optional

from konnekt.domain.approvals import decide, waiting
from konnekt.domain.refusals import Invalid
from konnekt.forms.numbers import WholeNumber

PICK = re.compile(r"(\d{1,9}):(\d{1,9})", re.ASCII)
MOST_SHOWN = 200


class ApprovalFilterForm(Form):  # type: ignore[misc]
    """Organisation, period and name; what can't be read counts as not filled in."""

    organisation = StringField()
    period = WholeNumber(validators=[Optional(), NumberRange(1, 2**31 - 1)])
    name = StringField()
    page = WholeNumber(validators=[Optional(), NumberRange(1, 10_000)])
    at = WholeNumber(validators=[Optional(), NumberRange(1, 10_000)])

    @cached_property
    def _checked(self) -> "ApprovalFilterForm":
        """Itself, with its errors: looked for once, though three ask."""
        self.validate()
        return self

    def values(self) -> waiting.WaitingFilter:
        period = None if self._checked.period.errors else self.period.data
        name = (self.name.data or "").replace("\0", "").strip()[:100]
        return waiting.WaitingFilter(self.organisation.data or "", period, name)

    def query(self) -> dict[str, Any]:
        """The filter as a query string has it."""
        by = self.values()
        chosen = {"organisation": by.organisation, "period": by.period, "name": by.name}
        return {name: value for name, value in chosen.items() if value}

    def number(self) -> int:
        """The page that is asked for."""
        return self._whole(self._checked.page)

    def place(self) -> int:
        """The page that the rows stand on."""
        return self._whole(self._checked.at)

    @staticmethod
    def _whole(field: WholeNumber) -> int:
        return 1 if field.errors else field.data or 1


def picks(values: Iterable[str]) -> list[decide.Pick]:
    """The ticked boxes, `sheet:revision` each."""
    chosen = []
    for value in values:
        match = PICK.fullmatch(value)
        if match is None:
            raise Invalid("This tick can't be read. Load the page again.", field="pick")
        chosen.append(decide.Pick(int(match[1]), int(match[2])))
    return chosen


def seen(text: str) -> int:
    """The revision a button carries."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Invalid("This page is incomplete. Load it again.", field="seen")
    return int(text)


def shown(values: Sequence[str]) -> list[int]:
    """The sheets that stand on the page, so that the answer draws the same rows."""
    sheets = ".".join(values)[: MOST_SHOWN * 10].split(".")
    return [int(sheet) for sheet in sheets if re.fullmatch(r"\d{1,9}", sheet, re.ASCII)]
