"""Reminders of overdue invoices: which go, and the steps in which they come."""

import re
from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Optional

from konnekt.domain.payments import remind, reminder_steps
from konnekt.domain.refusals import Invalid
from konnekt.forms.numbers import WholeNumber

SHOWN = re.compile(r"([0-9]{1,9}) ([1-3]) ([0-9]{1,10}) (\S{1,320})")


def picks(values: Iterable[str]) -> list[remind.ShownReminder]:
    """The ticked reminders, as they were shown (`remind.DueReminder.pick`)."""
    read = [SHOWN.fullmatch(value) for value in values]
    if not all(read):
        raise Invalid("This tick can't be read. Load the page again.", field="pick")
    return [remind.ShownReminder(int(one[1]), int(one[2]), int(one[3]), one[4]) for one in read if one]


class StepsForm(FlaskForm):  # type: ignore[misc]
    """When each step comes and what it says. seen: how they were when the form was drawn."""

    seen = HiddenField()
    days_1 = WholeNumber(_("Days after the due date"), [Optional()])
    text_nl_1 = TextAreaField(_("Text in Dutch"))
    text_en_1 = TextAreaField(_("Text in English"))
    days_2 = WholeNumber(_("Days after the due date"), [Optional()])
    text_nl_2 = TextAreaField(_("Text in Dutch"))
    text_en_2 = TextAreaField(_("Text in English"))
    days_3 = WholeNumber(_("Days after the due date"), [Optional()])
    text_nl_3 = TextAreaField(_("Text in Dutch"))
    text_en_3 = TextAreaField(_("Text in English"))

    def steps(self) -> list[reminder_steps.ChosenStep]:
        """What was typed."""
        return [
            reminder_steps.ChosenStep(
                number, *(self[f"{name}_{number}"].data for name in ("days", "text_nl", "text_en"))
            )
            for number in (1, 2, 3)
        ]

    def fill(self, steps: list[reminder_steps.ChosenStep]) -> None:
        """Show the steps as they are."""
        for step in steps:
            for name in ("days", "text_nl", "text_en"):
                self[f"{name}_{step.number}"].data = getattr(step, name)
