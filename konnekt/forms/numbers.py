"""Numbers that a column can hold."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import IntegerField

MOST = 2**31 - 1


def whole(text: str) -> int:
    """A whole number of a query or a form outside a form class; ValueError where no column holds it."""
    number = int(text)
    if abs(number) > MOST:
        raise ValueError(text)
    return number


class WholeNumber(IntegerField):  # type: ignore[misc]
    """A whole number; one of more digits than a column holds can't be read, like a text."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and abs(self.data) > MOST:
            self.data = None
            raise ValueError(_("Type a whole number."))
