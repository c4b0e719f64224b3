"""What is typed under Account instellingen."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    """The current password and the new one, as typed."""

    current = PasswordField(_("Current password"), [InputRequired(_("Fill in your current password."))])
    password = PasswordField(_("New password"), [InputRequired(_("Fill in a new password."))])


class AuthenticatorForm(FlaskForm):  # type: ignore[misc]
    """What an app that makes codes is called."""

    name = StringField(_("Name of the app or device"))


class PasskeyForm(FlaskForm):  # type: ignore[misc]
    """What a passkey is called."""

    name = StringField(_("Name of the passkey"), id="passkey-name")


class OnceMoreForm(FlaskForm):  # type: ignore[misc]
    """What protects the account, typed again: a code where there is a second factor, else the password."""

    once_more = StringField(validators=[InputRequired(_("Fill this in.")), Length(max=300)])
