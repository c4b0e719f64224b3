"""Rows and named queries, one file per noun; the verbs live in konnekt.domain."""

from konnekt.models.assignments import Assignment, Rate
from konnekt.models.bank import BankEntry
from konnekt.models.books import LedgerBatch, LedgerSettings
from konnekt.models.budgets import BudgetShare, BudgetSum
from konnekt.models.chains import EventChain
from konnekt.models.decision_links import DecisionLink, DecisionLinkSheet
from konnekt.models.dispatches import Dispatch
from konnekt.models.events import Event
from konnekt.models.factors import Authenticator, Device, FactorReset, Passkey, PasskeyChallenge, RecoveryCode
from konnekt.models.identities import Identity, ProviderRequest
from konnekt.models.installation import Installation
from konnekt.models.invoices import (
    Document,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    NumberSeries,
    Payment,
    PostponedInvoice,
)
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
    Mail,
    NewsDevice,
    Session,
    SignInAttempt,
)
from konnekt.models.periods import ClosingDay, PayPeriod
from konnekt.models.processes import BackgroundProcess
from konnekt.models.proposals import ProposedChange
from konnekt.models.reminders import ReminderStep
from konnekt.models.retention import RetentionTerm
from konnekt.models.timesheets import Contributor, Flag, Hour, HourType, State, Timesheet, TimesheetLine
from konnekt.models.waiting import WaitingSheet

__all__ = [
    "LANGUAGES", "Account", "AccountLink", "Agency", "Assignment", "Authenticator", "BackgroundProcess",
    "BankEntry", "BudgetNumber", "BudgetNumberKey", "BudgetShare", "BudgetSum", "ClosingDay",
    "Contributor", "DeadlineFeed", "DecisionLink", "DecisionLinkSheet", "Deputy", "DeputyRequest",
    "Device", "Dispatch", "Document", "Event", "EventChain", "FactorReset", "Flag", "Hour", "HourType",
    "Identity", "Installation", "Invoice", "InvoiceLine", "InvoicedHour", "Job", "JobFile", "LedgerBatch",
    "LedgerSettings", "Mail", "NewsDevice", "NumberSeries", "Organisation", "Passkey", "PasskeyChallenge",
    "PayPeriod", "Payment", "PayrollBatch", "PayrollHour", "PostponedInvoice", "ProposedChange",
    "ProviderRequest", "Rate",
    "RecoveryCode", "ReminderStep", "RetentionTerm", "Right", "Session", "SignInAttempt", "State",
    "Timesheet", "TimesheetLine", "WaitingSheet",
]  # fmt: skip

TABLES = [
    Agency, Account, Session, SignInAttempt, AccountLink, DeadlineFeed, NewsDevice, Authenticator,
    RecoveryCode, Device, Passkey, PasskeyChallenge, FactorReset, Identity, ProviderRequest, Mail,
    Organisation, Right, Deputy, DeputyRequest, BudgetNumber, BudgetNumberKey, Assignment, Rate, PayPeriod,
    ClosingDay, HourType, Timesheet, TimesheetLine, Hour, Flag, Contributor, WaitingSheet, DecisionLink,
    DecisionLinkSheet, BudgetSum, BudgetShare, NumberSeries, LedgerSettings, LedgerBatch, Invoice,
    InvoiceLine, InvoicedHour, PostponedInvoice, BankEntry, Payment, Document, Dispatch, ReminderStep,
    PayrollBatch, PayrollHour, Event, EventChain, RetentionTerm, Job, JobFile, Installation,
    BackgroundProcess, ProposedChange,
]  # fmt: skip
