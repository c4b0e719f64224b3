"""Naming a deputy."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length

REQUIRED = InputRequired(_("Fill this in."))


class DeputyForm(FlaskForm):  # type: ignore[misc]
    """Who stands in, where, and from which to which day; supervisor only when the agency names one."""

    organisation = SelectField(_("Organisation"), validate_choice=False)
    supervisor = StringField(_("E-mail address of the supervisor"), [Length(max=200)])
    email = StringField(_("E-mail address of the deputy"), [REQUIRED, Length(max=200)])
    first_on = DateField(_("First day"), [REQUIRED])
    last_on = DateField(_("Last day"), [REQUIRED])
