"""Which periods to look at, and which format a payroll batch is for."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Form, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

FORMATS = [
    ("neutral", _("CSV, per worker and day")),
    ("easyflex", "Easyflex"),
    ("loket", "Loket"),
    ("nmbrs", "Nmbrs"),
    ("setu", "SETU Timecard"),
]
CHOICES = [SelectChoice(name, label) for name, label in FORMATS]
CALENDARS = {"week": _("Weeks"), "four_weeks": _("Four weeks"), "month": _("Months")}


class PeriodsForm(Form):  # type: ignore[misc]
    """The calendar and year of the list; what isn't there counts as not chosen."""

    calendar = SelectField(_("Calendar"), validate_choice=False)
    year = SelectField(_("Year"), coerce=int, validate_choice=False)

    def chosen(self, calendars: list[str]) -> str:
        """The calendar that was chosen, or the first; empty where there is none."""
        self.calendar.choices = [SelectChoice(name, CALENDARS[name]) for name in calendars]
        if self.calendar.data not in calendars:
            self.calendar.data = calendars[0] if calendars else ""
        return str(self.calendar.data)

    def chosen_year(self, years: list[int]) -> int:
        """The year that was chosen, or the latest; 0 where there is none."""
        self.year.choices = [SelectChoice(year, str(year)) for year in years]
        if self.year.data not in years:
            self.year.data = years[0] if years else 0
        return int(self.year.data)


class FormatForm(Form):  # type: ignore[misc]
    """The format that a preview is for."""

    format = SelectField(_("For which payroll program"), choices=CHOICES, default="neutral")

    def chosen(self) -> str:
        """The format, or the neutral one where there is no such format."""
        if not self.validate():
            self.format.process_data("neutral")
        return str(self.format.data)


class ExportForm(FlaskForm):  # type: ignore[misc]
    """The preview that was confirmed: its format and fingerprint."""

    format = SelectField(choices=CHOICES)
    seen = HiddenField(validators=[Length(max=64)])
