"""What is typed under Account instellingen."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    """The current password and the new one, as typed."""

    current = PasswordField(_("Current password"), [InputRequired(_("Fill in your current password."))])
    password = PasswordField(_("New password"), [InputRequired(_("Fill in a new password."))])
