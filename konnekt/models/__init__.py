"""Rows and named queries, one file per noun; the verbs live in konnekt.domain."""

from konnekt.models.assignments import Assignment, Rate
from konnekt.models.bank import BankEntry
from konnekt.models.budgets import BudgetShare, BudgetSum
from konnekt.models.chains import EventChain
from konnekt.models.events import Event
from konnekt.models.factors import Authenticator, Device, FactorReset, RecoveryCode
from konnekt.models.installation import Installation
from konnekt.models.invoices import Document, Invoice, InvoicedHour, InvoiceLine, NumberSeries, Payment
from konnekt.models.jobs import Job, JobFile
from konnekt.models.organisations import (
    Agency,
    BudgetNumber,
    BudgetNumberKey,
    Deputy,
    DeputyRequest,
    Organisation,
    Right,
)
from konnekt.models.payroll import PayrollBatch, PayrollHour
from konnekt.models.people import (
    LANGUAGES,
    Account,
    AccountLink,
    DeadlineFeed,
    KnownDevice,
    Mail,
    Session,
    SignInAttempt,
)
from konnekt.models.periods import ClosingDay, PayPeriod
from konnekt.models.processes import BackgroundProcess
from konnekt.models.timesheets import Contributor, Flag, Hour, HourType, State, Timesheet, TimesheetLine
from konnekt.models.waiting import WaitingSheet

__all__ = [
    "LANGUAGES", "Account", "AccountLink", "Agency", "Assignment", "Authenticator", "BackgroundProcess",
    "BankEntry", "BudgetNumber", "BudgetNumberKey", "BudgetShare", "BudgetSum", "ClosingDay", "Contributor",
    "DeadlineFeed", "Deputy", "DeputyRequest", "Device", "Document", "Event", "EventChain", "FactorReset",
    "Flag", "Hour", "HourType", "Installation", "Invoice", "InvoiceLine", "InvoicedHour", "Job", "JobFile",
    "KnownDevice", "Mail", "NumberSeries", "Organisation", "PayPeriod", "Payment", "PayrollBatch",
    "PayrollHour", "Rate", "RecoveryCode", "Right", "Session", "SignInAttempt", "State", "Timesheet",
    "TimesheetLine", "WaitingSheet",
]  # fmt: skip

TABLES = [
    Agency, Account, Session, KnownDevice, SignInAttempt, AccountLink, DeadlineFeed, Authenticator,
    RecoveryCode, Device, FactorReset, Mail, Organisation, Right, Deputy, DeputyRequest, BudgetNumber,
    BudgetNumberKey, Assignment, Rate, PayPeriod, ClosingDay, HourType, Timesheet, TimesheetLine, Hour, Flag,
    Contributor, WaitingSheet, BudgetSum, BudgetShare, NumberSeries, Invoice, InvoiceLine, InvoicedHour,
    BankEntry, Payment, Document, PayrollBatch, PayrollHour, Event, EventChain, Job, JobFile, Installation,
    BackgroundProcess,
]  # fmt: skip
