"""Timesheets (urenbriefjes): sheet, lines, hours per day, and what is unusual about them."""

from enum import StrEnum
from typing import Any

from peewee import (
    SQL,
    BooleanField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from konnekt.db import BaseModel, MomentField
from konnekt.models.assignments import Assignment
from konnekt.models.organisations import BudgetNumber, Organisation
from konnekt.models.people import Account
from konnekt.models.periods import PayPeriod


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


# SETU Timecard 2.0: regular, overtime, surcharge.
SETU_CODES = ("HT100", "HT200", "HT320")


class HourType(BaseModel):
    """A kind of hours with its multiplier, managed by the agency.

    payroll_code: the component in the payroll program; setu_code: HT100, HT200, HT320 (SETU Timecard).
    """

    code = CharField(unique=True)
    name_nl = TextField()
    name_en = TextField()
    multiplier_percent = IntegerField(constraints=[Check("multiplier_percent > 0")])
    is_active = BooleanField(default=True)
    payroll_code = CharField(default="")
    setu_code = CharField(default="")

    def name(self, language: str) -> str:
        return str(self.name_en if language == "en" else self.name_nl)


class Timesheet(BaseModel):
    """Hours of one assignment in one pay period; sequence 1 and up correct the original.

    organisation repeats the assignment's, so that lists read one index; a foreign key keeps them equal.
    minutes is the sum of the hours; revision goes up with every change of content.
    decided_for: on whose behalf a deputy decided.
    invoiced_minutes and paid_minutes: its hours on live invoices and batches; is_invoiced and is_paid:
    whether all of them are. domain/timesheets/link_facts.py writes these four, and nobody else.
    """

    assignment = ForeignKeyField(Assignment, backref="timesheets")
    organisation = ForeignKeyField(Organisation, backref="timesheets")
    pay_period = ForeignKeyField(PayPeriod, backref="timesheets")
    sequence = IntegerField(default=0, constraints=[Check("sequence >= 0")])
    state = CharField(
        default=State.DRAFT,
        constraints=[Check("state IN ('draft', 'submitted', 'approved', 'rejected')")],
    )
    revision = IntegerField(default=1, constraints=[Check("revision > 0")])
    minutes = IntegerField(default=0)
    is_nil = BooleanField(default=False)
    remark = TextField(default="")
    reason = TextField(default="")
    created_at = MomentField()
    submitted_at = MomentField(null=True)
    submitted_by = ForeignKeyField(Account, null=True, backref="+")
    decided_at = MomentField(null=True)
    decided_by = ForeignKeyField(Account, null=True, backref="+")
    decided_for = ForeignKeyField(Account, null=True, backref="+")
    rejection_reason = TextField(default="")
    invoiced_minutes = IntegerField(
        default=0, constraints=[Check("invoiced_minutes = 0 OR state = 'approved'")]
    )
    is_invoiced = BooleanField(default=False)
    paid_minutes = IntegerField(default=0, constraints=[Check("paid_minutes = 0 OR state = 'approved'")])
    is_paid = BooleanField(default=False)

    class Meta:
        constraints = [
            Check("sequence > 0 OR minutes >= 0"),
            Check("state NOT IN ('submitted', 'approved') OR submitted_at IS NOT NULL"),
            Check("state NOT IN ('approved', 'rejected') OR decided_at IS NOT NULL"),
            SQL("FOREIGN KEY (assignment_id, organisation_id) REFERENCES assignment (id, organisation_id)"),
        ]
        indexes = (
            (("assignment", "pay_period", "sequence"), True),
            (("organisation", "state", "pay_period"), False),
            (("id", "sequence"), True),
        )

    @classmethod
    def whole(cls) -> Any:
        """Timesheets, each with its assignment, worker, organisation and period: one statement."""
        query = cls.select(cls, Assignment, Account, Organisation, PayPeriod)
        query = query.join(Assignment).join(Account).switch(cls).join(Organisation)
        return query.switch(cls).join(PayPeriod)

    @classmethod
    def has_hours_to_invoice(cls, *states: State) -> Any:
        """The condition for hours that stand on no live invoice, in these states or any: few of many."""
        return _is_one_of(states) & ~cls.is_invoiced & _has_hours()

    @classmethod
    def has_hours_to_pay(cls, *states: State) -> Any:
        """The condition for hours that no live payroll batch pays, in these states or any: few of many."""
        return _is_one_of(states) & ~cls.is_paid & _has_hours()

    @classmethod
    def is_supplementary(cls) -> Any:
        """The condition for a sheet that corrects another one."""
        return cls.sequence > SQL("0")

    @classmethod
    def is_locked_original(cls) -> Any:
        """The condition for a sheet with hours on a live invoice or payroll batch that corrects no other."""
        return (cls.sequence == SQL("0")) & (
            (cls.invoiced_minutes > SQL("0")) | (cls.paid_minutes > SQL("0"))
        )


def _is_one_of(states: tuple[State, ...]) -> Any:
    # Said even where it excludes nothing: SQLite without statistics takes the index with most known columns.
    return Timesheet.state.in_(states or tuple(State))


def _has_hours() -> Any:
    # Hours of a correction may add up to nothing. The numbers are no parameters: SQLite compares the text
    # with that of a partial index.
    return (Timesheet.minutes != SQL("0")) | (Timesheet.sequence > SQL("0"))


# What the agency still has to invoice and to pay: few of many. All that its lists compare and add up is in
# the index.
_HAS_HOURS = "(minutes <> 0 OR sequence > 0)"
_LISTED = (
    Timesheet.pay_period,
    Timesheet.state,
    Timesheet.organisation,
    Timesheet.minutes,
    Timesheet.sequence,
)
Timesheet.add_index(
    *_LISTED, Timesheet.invoiced_minutes, Timesheet.is_invoiced,
    where=SQL(f"NOT is_invoiced AND {_HAS_HOURS}"), name="timesheet_to_invoice",
)  # fmt: skip
Timesheet.add_index(
    *_LISTED, Timesheet.paid_minutes, Timesheet.is_paid,
    where=SQL(f"NOT is_paid AND {_HAS_HOURS}"), name="timesheet_to_pay",
)  # fmt: skip

# What can be corrected: of a worker, or of a period by the names of its workers.
Timesheet.add_index(
    Timesheet.assignment, Timesheet.pay_period, Timesheet.organisation, Timesheet.sequence,
    Timesheet.invoiced_minutes, Timesheet.paid_minutes,
    where=SQL("sequence = 0 AND (invoiced_minutes > 0 OR paid_minutes > 0)"), name="timesheet_locked",
)  # fmt: skip
Timesheet.add_index(Timesheet.state, where=SQL("sequence > 0"), name="timesheet_supplementary")


class TimesheetLine(BaseModel):
    """A grid row: one ISO week, hour type and budget number of a sheet."""

    timesheet = ForeignKeyField(Timesheet, backref="lines", on_delete="CASCADE")
    sequence = IntegerField(default=0)
    iso_year = IntegerField()
    iso_week = IntegerField(constraints=[Check("iso_week BETWEEN 1 AND 53")])
    hour_type = ForeignKeyField(HourType)
    budget_number = ForeignKeyField(BudgetNumber)

    class Meta:
        constraints = [SQL("FOREIGN KEY (timesheet_id, sequence) REFERENCES timesheet (id, sequence)")]
        indexes = (
            (("timesheet", "iso_year", "iso_week", "hour_type", "budget_number"), True),
            (("id", "sequence"), True),
        )


class Hour(BaseModel):
    """The hours of one line on one day: what is invoiced and paid.

    Negative minutes only in a supplementary sheet (its sequence is repeated here for that check).
    typed: text of a draft's cell that could not be read as hours yet; its minutes are 0.
    """

    line = ForeignKeyField(TimesheetLine, backref="hours", on_delete="CASCADE")
    sequence = IntegerField(default=0)
    day = DateField()
    minutes = IntegerField(default=0)
    remark = TextField(default="")
    typed = CharField(default="")

    class Meta:
        constraints = [
            Check("minutes BETWEEN -1440 AND 1440"),
            Check("sequence > 0 OR minutes >= 0"),
            Check("typed = '' OR minutes = 0"),
            SQL("FOREIGN KEY (line_id, sequence) REFERENCES timesheet_line (id, sequence)"),
        ]
        indexes = ((("line", "day"), True), (("day",), False))


class Flag(BaseModel):
    """What is unusual about one revision of a sheet (product.md section 3).

    detail: the numbers of its sentence. is_elsewhere: it arises only with the worker's hours at other
    organisations, so only the worker and the agency see it.
    """

    timesheet = ForeignKeyField(Timesheet, backref="flags", on_delete="CASCADE")
    revision = IntegerField()
    code = CharField()
    detail = JSONField(default=dict)
    is_elsewhere = BooleanField(default=False)

    class Meta:
        table_name = "timesheet_flag"
        indexes = ((("timesheet", "code"), True),)


class Contributor(BaseModel):
    """Who entered or sent any part of what a sheet now holds: they may not approve under four-eyes."""

    timesheet = ForeignKeyField(Timesheet, backref="contributors", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="contributions")

    class Meta:
        table_name = "timesheet_contributor"
        indexes = ((("timesheet", "account"), True),)
