"""Which hours move to which budget number, and why."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from konnekt.domain.moves import Chosen
from konnekt.models import BudgetNumber

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
    seen = HiddenField(validators=[Length(max=64)])

    def offer(self, numbers: Choices, periods: Choices, assignments: Choices) -> None:
        """Fill the lists: the row's id and its words."""
        self.target.choices = [SelectChoice(str(key), words) for key, words in numbers]
        every = [SelectChoice("", gettext("all"))]
        self.first.choices = self.last.choices = every + [SelectChoice(str(k), words) for k, words in periods]
        self.assignment.choices = every + [SelectChoice(str(key), words) for key, words in assignments]

    def chosen(self, source: BudgetNumber) -> Chosen:
        """What was chosen, by the ids of the rows; 0 for what wasn't."""
        names = ("target", "first", "last", "assignment", "sheet")
        return Chosen(source, **{name: _id(self[name].data) for name in names})

    def values(self) -> dict[str, str]:
        """The same for the form that confirms it."""
        return {
            name: str(key)
            for name, key in vars(self.chosen(BudgetNumber())).items()
            if key and name != "source"
        }


def _id(text: str | None) -> int:
    is_id = text is not None and text.isascii() and text.isdigit() and len(text) < 10
    return int(text or 0) if is_id else 0
