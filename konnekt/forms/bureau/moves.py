"""Which hours move to which budget number, and why."""

from flask_babel import gettext, lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

Choices = list[tuple[int, str]]


class MoveForm(FlaskForm):  # type: ignore[misc]
    """The new number, the periods and the worker; empty means all. What can't be read counts as that."""

    class Meta:
        csrf = False  # it is asked by GET; security.py asks the token of what is posted

    target = SelectField(_("To budget number"), validate_choice=False)
    first = SelectField(_("From period"), validate_choice=False)
    last = SelectField(_("Up to and including period"), validate_choice=False)
    assignment = SelectField(_("Worker"), validate_choice=False)
    sheet = HiddenField()
    reason = TextAreaField(_("Reason"))
    renumbered = HiddenField(validators=[Length(max=4000)])
    seen = HiddenField(validators=[Length(max=64)])

    def offer(self, numbers: Choices, periods: Choices, assignments: Choices) -> None:
        """Fill the lists: the row's id and its words."""
        self.target.choices = [SelectChoice(str(key), words) for key, words in numbers]
        every = [SelectChoice("", gettext("all"))]
        self.first.choices = self.last.choices = every + [SelectChoice(str(k), words) for k, words in periods]
        self.assignment.choices = every + [SelectChoice(str(key), words) for key, words in assignments]

    def chosen(self) -> dict[str, int]:
        """What was chosen, by the ids of the rows, as `Chosen` names it; without what wasn't."""
        names = ("target", "first", "last", "assignment", "sheet")
        return {name: key for name in names if (key := _id(self[name].data))}

    def assignments_to_renumber(self) -> list[int]:
        """The assignments (ids) that the box named, where it was ticked."""
        return [key for text in (self.renumbered.data or "").split(".") if (key := _id(text))]


def _id(text: str | None) -> int:
    is_id = text is not None and text.isascii() and text.isdigit() and len(text) < 10
    return int(text or 0) if is_id else 0
