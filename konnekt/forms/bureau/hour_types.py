"""Hour types, as they are typed."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from konnekt.domain.records import hour_types
from konnekt.forms.bureau.fields import REQUIRED, SeenField, percent_field


class HourTypeForm(FlaskForm):  # type: ignore[misc]
    """The code only when it is new; whether it is in use only when it is changed."""

    seen = SeenField()
    code = StringField(_("Code"))
    name_nl = StringField(_("Name in Dutch"), [REQUIRED])
    name_en = StringField(_("Name in English"), [REQUIRED])
    multiplier_percent = percent_field(_("Percentage of the rate"), [REQUIRED])
    payroll_code = StringField(_("Code in the payroll program"))
    setu_code = SelectField(
        _("SETU code"),
        choices=[
            SelectChoice("", _("none")),
            SelectChoice("HT100", _("HT100: regular hours")),
            SelectChoice("HT200", _("HT200: overtime")),
            SelectChoice("HT320", _("HT320: surcharge")),
        ],
    )
    is_active = BooleanField(_("In use: hours can be entered on it"))

    def values(self, *, is_active: bool | None = None) -> hour_types.Kind:
        """What was typed, after it was validated."""
        return hour_types.Kind(
            name_nl=self.name_nl.data or "",
            name_en=self.name_en.data or "",
            multiplier_percent=self.multiplier_percent.value or 0,
            payroll_code=self.payroll_code.data or "",
            setu_code=self.setu_code.data or "",
            is_active=bool(self.is_active.data) if is_active is None else is_active,
        )


def typed(of: Any) -> dict[str, Any]:
    """A row as the form shows it."""
    names = ("name_nl", "name_en", "payroll_code", "setu_code", "is_active")
    return {name: getattr(of, name) for name in names} | {"multiplier_percent": str(of.multiplier_percent)}
