"""Rows and named queries, one file per noun; the verbs live in konnekt.domain."""

from konnekt.models.assignments import Assignment, Rate
from konnekt.models.events import Event
from konnekt.models.invoices import (
    Document,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    NumberSeries,
    Payment,
)
from konnekt.models.jobs import Job, JobFile
from konnekt.models.organisations import Agency, BudgetNumber, BudgetNumberKey, Deputy, Organisation, Right
from konnekt.models.payroll import PayrollBatch, PayrollHour
from konnekt.models.people import LANGUAGES, Account, AccountLink, Mail, Session, SignInAttempt
from konnekt.models.periods import ClosingDay, PayPeriod
from konnekt.models.timesheets import Contributor, Flag, Hour, HourType, State, Timesheet, TimesheetLine

__all__ = [
    "LANGUAGES",
    "Account", "AccountLink", "Agency", "Assignment", "BudgetNumber", "BudgetNumberKey", "ClosingDay",
    "Contributor", "Deputy", "Document", "Event", "Flag", "Hour", "HourType", "Invoice", "InvoiceLine",
    "InvoicedHour", "Job", "JobFile", "Mail", "NumberSeries", "Organisation", "PayPeriod", "Payment",
    "PayrollBatch", "PayrollHour", "Rate", "Right", "Session", "SignInAttempt", "State", "Timesheet",
    "TimesheetLine",
]  # fmt: skip

TABLES = [
    Agency, Account, Session, SignInAttempt, AccountLink, Mail, Organisation, Right, Deputy, BudgetNumber,
    BudgetNumberKey, Assignment, Rate, PayPeriod, ClosingDay, HourType, Timesheet, TimesheetLine, Hour, Flag,
    Contributor, NumberSeries, Invoice, InvoiceLine, InvoicedHour, Payment, Document, PayrollBatch,
    PayrollHour, Event, Job, JobFile,
]  # fmt: skip
