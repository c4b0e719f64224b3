"""What is typed to sign in, and to choose a password."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password; both are taken as typed, the rules are the domain's."""

    name = StringField(_("E-mail or user name"), [InputRequired(_("Fill in your e-mail or user name."))])
    password = PasswordField(_("Password"), [InputRequired(_("Fill in your password."))])


class ForgottenForm(FlaskForm):  # type: ignore[misc]
    """Whose password is forgotten."""

    name = StringField(_("E-mail or user name"), [InputRequired(_("Fill in your e-mail or user name."))])


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A password chosen through a link."""

    password = PasswordField(_("New password"), [InputRequired(_("Fill in a new password."))])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The second step: what somebody shows besides the password."""

    factor_code = StringField(_("Code"), [InputRequired(_("Fill in the code.")), Length(max=60)])


class SecondStepForm(CodeForm):
    """The same while signing in. remember: do not ask for it in this browser for a while."""

    remember = BooleanField(_("Do not ask for a code in this browser for 30 days"))
