"""Assignments and their rates, as they are searched and typed."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, Form, SearchField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from konnekt.domain import units
from konnekt.domain.records import assignment_list, assignments
from konnekt.domain.refusals import Invalid
from konnekt.forms.bureau.fields import REQUIRED, SeenField, SureField, hours_field, price_field
from konnekt.forms.numbers import WholeNumber


class AssignmentSearchForm(Form):  # type: ignore[misc]
    """What narrows the list; what can't be read counts as not chosen."""

    text = SearchField(_("Worker, number or code"))
    organisation = SelectField(_("Organisation"), validate_choice=False)
    state = SelectField(
        _("Which"),
        choices=[
            SelectChoice("running", _("running or to come")),
            SelectChoice("ended", _("ended")),
            SelectChoice("all", _("all")),
        ],
        validate_choice=False,
    )

    def offer(self, organisations: list[tuple[str, str]]) -> None:
        """The organisations to choose from: code and name."""
        every = SelectChoice("", _("All organisations"))
        self.organisation.choices = [every, *(SelectChoice(code, name) for code, name in organisations)]

    def values(self) -> assignment_list.AssignmentFilter:
        """The filter of the list."""
        state = self.state.data if self.state.data in ("ended", "all") else "running"
        text = (self.text.data or "").replace("\0", "").strip()[:100]
        return assignment_list.AssignmentFilter(text, self.organisation.data or "", state)

    def query(self) -> dict[str, Any]:
        """The filter as a query string has it."""
        by = self.values()
        chosen = {"text": by.text, "organisation": by.organisation}
        return {name: value for name, value in chosen.items() if value} | (
            {"state": by.state} if by.state != "running" else {}
        )


class PageForm(Form):  # type: ignore[misc]
    """Which page of a list."""

    page = WholeNumber(validators=[Optional(), NumberRange(1, 100_000)])

    def number(self) -> int:
        """The page; the first where none is named."""
        return self.page.data if self.validate() and self.page.data else 1


class AssignmentForm(FlaskForm):  # type: ignore[misc]
    """What is agreed of an assignment; the code and the first rate only when it is new."""

    seen = SeenField()
    code = StringField(_("Code"))
    job_title = StringField(_("Job title"))
    basis = SelectField(
        _("Basis"),
        choices=[
            SelectChoice("flexible", _("Flexible: hours are registered")),
            SelectChoice("fixed", _("Fixed hours a week: nothing is registered")),
        ],
    )
    entered_by = SelectField(
        _("Hours entered by"),
        choices=[
            SelectChoice("worker", _("the worker")),
            SelectChoice("organisation", _("the organisation")),
        ],
    )
    first_on = DateField(_("First day"), [REQUIRED])
    last_on = DateField(_("Last day"), [Optional(strip_whitespace=True)])
    budget_number = SelectField(_("Budget number"), [Optional()], coerce=str)
    max_minutes_per_week = hours_field(_("At most, hours a week"), [Optional(strip_whitespace=True)])
    pay_rate = price_field(_("Pay rate"), [Optional(strip_whitespace=True)])
    bill_rate = price_field(_("Bill rate"), [Optional(strip_whitespace=True)])
    sure = SureField(_("I have looked at this: save it like this"))

    def without(self, *names: str) -> None:
        """Leave fields out."""
        for name in names:
            if name in self:
                del self[name]

    def first_rate(self) -> tuple[int, int] | None:
        """The pay and the bill rate in 1/10,000 euro, None where none is typed.

        Raises Invalid for one without the other.
        """
        if "pay_rate" not in self:
            return None
        pay, bill = self.pay_rate.value, self.bill_rate.value
        if pay is not None and bill is not None:
            return pay, bill
        if pay is not None or bill is not None:
            raise Invalid("Fill in both rates, or none.", field="pay_rate" if pay is None else "bill_rate")
        return None

    def offer(self, budget_numbers: list[tuple[int, str]]) -> None:
        """The budget numbers to choose from, by id."""
        none = SelectChoice("", _("chosen with the hours"))
        self.budget_number.choices = [
            none,
            *(SelectChoice(str(key), number) for key, number in budget_numbers),
        ]

    def values(self) -> assignments.Terms:
        """What was typed, after it was validated."""
        number = self.budget_number.data
        return assignments.Terms(
            job_title=self.job_title.data or "",
            basis=self.basis.data,
            entered_by=self.entered_by.data,
            first_on=self.first_on.data,
            last_on=self.last_on.data,
            budget_number=int(number) if number else None,
            max_minutes_per_week=self.max_minutes_per_week.value,
        )


def typed(of: Any, language: str) -> dict[str, Any]:
    """A row as the form shows it: what is shown can be posted back unchanged."""
    most = of.max_minutes_per_week
    shown = ("job_title", "basis", "entered_by", "first_on", "last_on")
    return {name: getattr(of, name) for name in shown} | {
        "budget_number": str(of.budget_number_id or ""),
        "max_minutes_per_week": units.hours_cell(most, language) if most else "",
    }


class EndAssignmentForm(FlaskForm):  # type: ignore[misc]
    """The last day of an assignment."""

    last_on = DateField(_("Last day"), [REQUIRED])
    sure = SureField(_("I have looked at this: end it like this"))


class RateForm(FlaskForm):  # type: ignore[misc]
    """Euro per hour from a day on: what the worker gets and what the organisation pays."""

    seen = SeenField()
    valid_from_on = DateField(_("Valid from"), [REQUIRED])
    pay_rate = price_field(_("Pay rate"), [REQUIRED])
    bill_rate = price_field(_("Bill rate"), [REQUIRED])

    def values(self) -> tuple[Any, int, int]:
        """The day and both rates in 1/10,000 euro, after they were validated."""
        return self.valid_from_on.data, self.pay_rate.value or 0, self.bill_rate.value or 0


def typed_rate(of: Any, language: str) -> dict[str, Any]:
    """A rate as the form shows it."""
    return {
        "valid_from_on": of.valid_from_on,
        "pay_rate": units.price_cell(of.pay_rate, language),
        "bill_rate": units.price_cell(of.bill_rate, language),
    }
