"""Looking for a timesheet to correct, and what was typed beside the cells (those: forms.registration)."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Form, SearchField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional

from konnekt.forms.numbers import WholeNumber


class CorrectionSearchForm(Form):  # type: ignore[misc]
    """Worker, organisation, year and period; what can't be read counts as not chosen."""

    name = SearchField(_("Worker"), [Length(max=100)])
    organisation = SelectField(_("Organisation"), validate_choice=False)
    year = WholeNumber(_("Year"), [Optional(), NumberRange(1900, 9999)])
    number = WholeNumber(_("Period"), [Optional(), NumberRange(1, 53)])

    def offer(self, organisations: list[tuple[str, str]]) -> None:
        """What the organisation can be chosen from."""
        self.organisation.choices = [SelectChoice("", _("All"))]
        self.organisation.choices += [SelectChoice(code, name) for code, name in organisations]

    def values(self) -> dict[str, Any]:
        """What was asked for, without what can't be read."""
        self.validate()
        said = {name: None if self[name].errors else self[name].data for name in ("year", "number")}
        name = "" if self.name.errors else self.name.data or ""
        return {"name": name, "organisation": self.organisation.data or "", **said}

    def query(self) -> dict[str, Any]:
        """The same for the address of another page."""
        return {name: value for name, value in self.values().items() if value}


class CorrectionForm(Form):  # type: ignore[misc]
    """The reason, and what the page was made from: the sheets as they were, the change that was shown."""

    reason = TextAreaField(_("Reason of the correction"))
    case = StringField(validators=[Length(max=64)])
    shown = StringField(validators=[Length(max=64)])
    do = StringField()
    add = StringField()
