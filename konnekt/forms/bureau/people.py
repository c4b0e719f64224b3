"""A person, and what she may do where, as they are typed."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SearchField, SelectChoice, SelectField, StringField

from konnekt.domain.refusals import Invalid
from konnekt.forms.bureau.fields import columns

LANGUAGES = [SelectChoice("nl", _("Dutch")), SelectChoice("en", _("English"))]
RIGHTS = ("may_approve", "may_register", "may_see_invoices")


class PersonForm(FlaskForm):  # type: ignore[misc]
    """All that the agency keeps of a person. seen: how it was when the form was drawn."""

    seen = HiddenField()
    first_name = StringField(_("First name"))
    last_name = StringField(_("Last name"))
    email = StringField(_("E-mail"))
    username = StringField(_("User name"))
    employee_number = StringField(_("Employee number"))
    language = SelectField(_("Language"), choices=LANGUAGES, validate_choice=False)
    is_agency_staff = BooleanField(_("Works at the agency"))
    invite = BooleanField(_("Mail a link to choose a password"), default=True)
    sure = BooleanField(_("Yes, change it"))

    def values(self) -> dict[str, Any]:
        """What was typed, by column."""
        return columns(self, "invite", "sure")


class RolesForm(FlaskForm):  # type: ignore[misc]
    """What somebody does at the agency. seen: how it was when the form was drawn."""

    seen = HiddenField()
    planning = BooleanField(_("Planning"))
    invoicing = BooleanField(_("Invoicing"))
    payroll = BooleanField(_("Payroll"))
    administration = BooleanField(_("Administration"))
    reading = BooleanField(_("Reading"))
    sure = BooleanField(_("Yes, change it"))

    def roles(self) -> list[str]:
        """The boxes that are ticked."""
        return [name for name, is_ticked in columns(self, "sure").items() if is_ticked]


class CloseForm(FlaskForm):  # type: ignore[misc]
    """Closing an account: nothing but the answer to what is asked."""

    sure = BooleanField(_("Yes, close it"))


class RightBoxes(FlaskForm):  # type: ignore[misc]
    """The rights in one organisation, a box each."""

    may_approve = BooleanField(_("Approve timesheets"))
    may_register = BooleanField(_("Register hours"))
    may_see_invoices = BooleanField(_("See invoices"))
    sure = BooleanField(_("Yes, go on"))

    def may(self) -> dict[str, bool]:
        """The boxes, by column."""
        return {name: bool(self[name].data) for name in RIGHTS}


class RightForm(RightBoxes):
    """What a person may do in one organisation."""

    organisation = SelectField(_("Organisation"), validate_choice=False)


class RightHereForm(RightBoxes):
    """Who gets which rights in the organisation whose page it is.

    chosen: the id of one of several who are called so.
    """

    person = SearchField(_("Name, e-mail or number"))
    chosen = RadioField(_("Who is meant?"), validate_choice=False)

    def one_of(self, people: list[Any]) -> Any:
        """Who is meant of the people so called. Raises Invalid; then the form offers them to choose from."""
        self.chosen.choices = [(str(one.id), f"{one.name} · {one.email}") for one in people]
        meant = [one for one in people if len(people) == 1 or str(one.id) == self.chosen.data]
        if not people:
            raise Invalid("Nobody is found by that.", field="person")
        if not meant:
            raise Invalid("More than one person is called so: choose one.", field="chosen")
        return meant[0]


class FactorResetForm(FlaskForm):  # type: ignore[misc]
    """Why somebody's second step is taken away."""

    reason = StringField(_("Reason"))
