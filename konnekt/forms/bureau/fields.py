"""Fields for what people type as text: hours, prices and percentages become integers of the domain."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext, lazy_gettext as _
from wtforms import Field, StringField, ValidationError
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput, Input

from konnekt.domain import units
from konnekt.domain.refusals import Invalid

REQUIRED = InputRequired(_("Fill this in."))


class ParsedField(StringField):  # type: ignore[misc]
    """Text that `parse` reads."""

    def __init__(
        self, label: Any, validators: Any = (), *, parse: Callable[[str], int], **options: Any
    ) -> None:
        super().__init__(label, [*validators, Length(max=40)], **options)
        self.parse = parse

    @property
    def value(self) -> int | None:
        """What the text says, None where there is none; raises Invalid with the field's name."""
        if not (self.data or "").strip():
            return None
        try:
            return self.parse(self.data)
        except Invalid as refusal:
            refusal.field = self.name
            raise


def hours_field(label: Any, validators: Any = ()) -> Field:
    """Hours such as 7,5 or 7:30, in minutes."""
    return ParsedField(label, validators, parse=units.parse_hours)


def price_field(label: Any, validators: Any = ()) -> Field:
    """Euro per hour with at most four decimals, in 1/10,000 euro."""
    return ParsedField(label, validators, parse=units.parse_rate)


def percent_field(label: Any, validators: Any = ()) -> Field:
    """A whole percentage."""
    return ParsedField(label, validators, parse=units.parse_percent)


def columns(form: Any, *but: str) -> dict[str, Any]:
    """What was typed, by column: all of the form without its token, what was seen, and these."""
    return {name: value for name, value in form.data.items() if name not in ("csrf_token", "seen", *but)}


class Tick(Input):  # type: ignore[misc]
    """A box that comes unticked; what it is worth is its value."""

    input_type = "checkbox"
    validation_attrs = ()


class SureField(StringField):  # type: ignore[misc]
    """A box to tick below a question; its value says which question it answers."""

    widget = Tick()


class SeenField(StringField):  # type: ignore[misc]
    """How the row was when the form was drawn; what was posted before is drawn anew."""

    widget = HiddenInput()

    def show(self, seen: str) -> None:
        self.data, self.raw_data = seen, None


def our_age(_form: Any, field: Field) -> None:
    """Refuse a day that nobody can mean."""
    if field.data and not 1900 <= field.data.year <= 2199:
        raise ValidationError(gettext("Type a year from %(least)s to %(most)s.", least=1900, most=2199))
