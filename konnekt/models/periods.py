"""Pay periods and closing days: rows, not arithmetic."""

from typing import Any

from peewee import CharField, Check, DateField, IntegerField, TextField

from konnekt.db import BaseModel, MomentField


class PayPeriod(BaseModel):
    """A period of one calendar, with its deadlines and the day it is paid.

    locked_sheets: how many of its original sheets have hours on a live invoice or payroll batch.
    """

    calendar = CharField(constraints=[Check("calendar IN ('week', 'four_weeks', 'month')")])
    year = IntegerField()
    number = IntegerField(constraints=[Check("number BETWEEN 1 AND 53")])
    first_on = DateField()
    last_on = DateField()
    submit_by_at = MomentField()
    approve_by_at = MomentField()
    pay_on = DateField()
    locked_sheets = IntegerField(default=0)

    def values(self) -> tuple[Any, ...]:
        """What the row holds."""
        return tuple(self.__data__.values())

    class Meta:
        constraints = [Check("last_on >= first_on"), Check("approve_by_at >= submit_by_at")]
        indexes = (
            (("calendar", "year", "number"), True),
            (("calendar", "first_on"), True),
            (("calendar", "approve_by_at"), False),
        )


class ClosingDay(BaseModel):
    """A public holiday or closing day of the university."""

    day = DateField(unique=True)
    name_nl = TextField()
    name_en = TextField()

    def name(self, language: str) -> str:
        return str(self.name_en if language == "en" else self.name_nl)
