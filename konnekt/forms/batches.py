"""Why a batch is undone, for payroll and for the bookkeeping."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired


class UndoBatchForm(FlaskForm):  # type: ignore[misc]
    """Why a batch is undone."""

    reason = TextAreaField(_("Reason"), [InputRequired(_("Write the reason, so that it can be put right."))])
