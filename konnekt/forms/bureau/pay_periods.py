"""Pay periods: a year made by a rule, and one period put right."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, Form, SelectField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from konnekt.domain.records import calendars
from konnekt.forms.bureau.fields import REQUIRED, SeenField, our_age
from konnekt.forms.numbers import WholeNumber

CALENDARS = [
    SelectChoice("week", _("Weeks")),
    SelectChoice("four_weeks", _("Four weeks")),
    SelectChoice("month", _("Months")),
]
# What becomes of deadlines and pay dates in weekends and on closing days (domain.records.working_days).
CLOSED = [
    SelectChoice("", _("Ask me")),
    SelectChoice("leave", _("Leave them")),
    SelectChoice("earlier", _("To the working day before")),
    SelectChoice("later", _("To the working day after")),
]
NUMBER = InputRequired(_("Type a whole number."))


class CalendarYearForm(Form):  # type: ignore[misc]
    """Which calendar and year of the list; what can't be read counts as not chosen."""

    calendar = SelectField(_("Calendar"), choices=CALENDARS, validate_choice=False)
    year = WholeNumber(_("Year"), [Optional(), NumberRange(1900, 2199)])

    def values(self) -> tuple[str, int | None]:
        """The calendar and year, empty where not chosen."""
        self.validate()
        return self.calendar.data or "", None if self.year.errors else self.year.data


class PayYearForm(FlaskForm):  # type: ignore[misc]
    """The calendar and year to make, and when its hours are due: days after the last day, Amsterdam time."""

    calendar = SelectField(_("Calendar"), choices=CALENDARS)
    year = WholeNumber(_("Year"), [NUMBER])
    submit_days = WholeNumber(_("Send before: days after the last day"), [NUMBER])
    submit_at = TimeField(_("Send before: time"), [REQUIRED])
    approve_days = WholeNumber(_("Approve before: days after the last day"), [NUMBER])
    approve_at = TimeField(_("Approve before: time"), [REQUIRED])
    pay_days = WholeNumber(_("Paid: days after the last day"), [NUMBER])
    closed = SelectField(
        _("Deadlines and pay dates in weekends and on closing days"), choices=CLOSED, validate_choice=False
    )

    def rule(self) -> calendars.Rule:
        """The rule, after it was validated."""
        return calendars.Rule(
            self.submit_days.data,
            self.submit_at.data,
            self.approve_days.data,
            self.approve_at.data,
            self.pay_days.data,
        )


class PeriodForm(FlaskForm):  # type: ignore[misc]
    """The days, deadlines (Amsterdam time) and pay date of one period."""

    seen = SeenField()
    first_on = DateField(_("First day"), [REQUIRED, our_age])
    last_on = DateField(_("Last day"), [REQUIRED, our_age])
    joined = BooleanField(_("The period before or after moves along"))
    submit_by = DateField(_("Send before: day"), [REQUIRED, our_age])
    submit_at = TimeField(_("Send before: time"), [REQUIRED])
    approve_by = DateField(_("Approve before: day"), [REQUIRED, our_age])
    approve_at = TimeField(_("Approve before: time"), [REQUIRED])
    pay_on = DateField(_("Pay date"), [REQUIRED, our_age])
    closed = SelectField(
        _("Deadlines and pay dates in weekends and on closing days"), choices=CLOSED, validate_choice=False
    )

    def fix_days(self) -> None:
        """Timesheets hold its days: they are shown and not asked."""
        del self.first_on, self.last_on, self.joined


def typed(of: Any, local: Any) -> dict[str, Any]:
    """A period as the form shows it; local: the clock on the wall."""
    submit, approve = local(of.submit_by_at), local(of.approve_by_at)
    return {
        "first_on": of.first_on,
        "last_on": of.last_on,
        "submit_by": submit.date(),
        "submit_at": submit.time(),
        "approve_by": approve.date(),
        "approve_at": approve.time(),
        "pay_on": of.pay_on,
    }
