"""Erasing one person: what the register says goes or is blanked, and sums and history stay as numbers.

An account is not deleted: hours, invoices, pay and acts point at it. It loses all that says who it was.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import SqliteDatabase, fn

from konnekt.db import db, hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.invoices import dispatches
from konnekt.domain.records import erased_words, people, personal_data, register_of_erasure, retention
from konnekt.domain.refusals import Conflict, Refused
from konnekt.models import (
    Account,
    Assignment,
    Deputy,
    DeputyRequest,
    Invoice,
    InvoiceLine,
    Mail,
    PayrollBatch,
    PayrollHour,
    Right,
    State,
    Timesheet,
    chains,
)
from konnekt.models.people import name_key

# Tables of the register that code of their own erases: an account keeps its row, events their chain.
BY_THEMSELVES = ("account", "event")
AT_ONCE = 1000


def name_of(number: int) -> str:
    """What an account without a name is called, in every language of the portal alike."""
    return f"Persoon {number} (gewist)"


@dataclass(frozen=True)
class ErasePreview:
    """What erasing somebody would do. why_not: why it can't be yet; mails, sheets, rights: how many.

    invoices_until, payroll_until: until when invoices and payroll batches keep the name; None: none has it.
    """

    person: Account
    new_name: str
    why_not: Refused | None
    sheets: int
    rights: int
    mails: int
    invoices_until: date | None
    payroll_until: date | None


def preview(person: int, *, by: Account) -> ErasePreview:
    """What would go and what stays until when. Raises NotFound, Forbidden."""
    agency_roles.require(by, "personal data", "Only the agency changes this.")
    row = people.find(person)
    terms, about = retention.terms(), personal_data.about(row)
    last = {"invoices": _last_invoice(row), "payroll": _last_pay(row)}
    until = {
        kind: retention.last_day(terms[kind], day)
        for kind, day in last.items()
        if day and day >= retention.cut(kind, terms[kind])
    }
    return ErasePreview(
        row,
        name_of(row.id),
        why_not(row),
        sheets=Timesheet.select().where(about[Timesheet]).count(),
        rights=Right.select().where(about[Right]).count(),
        mails=Mail.select().where(about[Mail]).count(),
        invoices_until=until.get("invoices"),
        payroll_until=until.get("payroll"),
    )


def _last_invoice(of: Account) -> date | None:
    """The newest invoice that names somebody, as worker or as who approved."""
    shown = (Assignment.worker == of) | (Timesheet.decided_by == of)
    query = Invoice.select(fn.MAX(Invoice.issued_on)).join(InvoiceLine).join(Timesheet).join(Assignment)
    return _day(query.where(shown).scalar())


def _last_pay(of: Account) -> date | None:
    query = PayrollBatch.select(fn.MAX(PayrollBatch.pay_on)).join(PayrollHour)
    return _day(query.where(personal_data.about(of)[PayrollHour]).scalar())


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def erase(person: int, *, by: Account) -> Account:
    """Erase somebody who asked for it.

    Raises Conflict where the account is open, work or money of the person is, or it is erased already;
    NotFound; Forbidden for who is not of the agency.
    """
    agency_roles.require(by, "personal data", "Only the agency changes this.")
    return _erase(person, by=by)


def erase_past_term(person: int) -> Account:
    """The same for who has had no relation for longer than the term; raises Conflict."""
    return _erase(person, by=None, source="forget", is_past_term=True)


def _erase(person: int, *, by: Account | None, source: str = "", is_past_term: bool = False) -> Account:
    wipe()
    with transaction():
        hold("import")
        hold("worker", person)
        hold("invoices")
        row = people.find(person)
        if reason := why_not(row, is_past_term=is_past_term):
            raise reason
        names, addresses = erased_words.names_and_addresses(row)
        told = erased_words.of_person(row, names)
        said = events.record("erase", by=by, source=source, person=row, after={"events": told})
        for start in range(0, len(told), AT_ONCE):
            chains.erase(told[start : start + AT_ONCE], said.id)
        _blank_mails(names, addresses)
        DeputyRequest.delete().where(DeputyRequest.email.in_(sorted(addresses))).execute()
        _follow_register(row)
        running = Deputy.ended_at.is_null() & ((Deputy.supervisor == row) | (Deputy.deputy == row))
        Deputy.update(ended_at=clock.now()).where(running).execute()
        _take_name(row)
    return row


def why_not(row: Account, *, is_past_term: bool = False) -> Refused | None:
    """Why this person can't be erased now; None where that can be. A fixed number of statements."""
    if row.erased_at is not None:
        return Conflict("The data of this person were erased already.")
    if row.is_active and not is_past_term:
        return Conflict("Close the account first: then nobody is in the middle of something.")
    own = Assignment.select(Assignment.id).where(Assignment.worker == row)
    if own.where(Assignment.goes_on(clock.today())).exists():
        return Conflict("This person has an assignment that goes on: end it first.")
    sheets = Timesheet.select().where(Timesheet.assignment.in_(own))
    is_draft = (Timesheet.state == State.DRAFT) & (Timesheet.minutes != 0)
    if sheets.where(is_draft | Timesheet.state.in_((State.SUBMITTED, State.REJECTED))).exists():
        return Conflict("This person has timesheets that are not finished: have those approved or emptied.")
    if sheets.where(Timesheet.has_hours_to_invoice(State.APPROVED)).exists():
        return Conflict("This person has approved hours that are not invoiced yet.")
    if sheets.where(Timesheet.has_hours_to_pay(State.APPROVED)).exists() or _is_in_open_batch(row):
        return Conflict("This person has hours that are not paid yet.")
    ids = Timesheet.select(Timesheet.id).where(Timesheet.assignment.in_(own))
    invoiced = InvoiceLine.select(InvoiceLine.invoice).where(InvoiceLine.timesheet.in_(ids))
    if Invoice.select().where(Invoice.id.in_(invoiced) & Invoice.paid_on.is_null()).exists():
        return Conflict("Invoices with hours of this person are not paid yet.")
    return None


def _is_in_open_batch(row: Account) -> bool:
    open_links = PayrollBatch.is_open() & PayrollHour.released_at.is_null()
    links = PayrollHour.select().join(PayrollBatch).where(open_links)
    return bool(links.where(personal_data.about(row)[PayrollHour]).exists())


def _follow_register(row: Account) -> None:
    """Delete and blank as the register of erasure says, by the conditions of what is handed out."""
    for model, condition in personal_data.about(row).items():
        table = model._meta.table_name
        if table in register_of_erasure.gone():
            model.delete().where(condition).execute()
        elif table not in BY_THEMSELVES and (names := register_of_erasure.columns(table, "blanked")):
            blank = {name: None if model._meta.fields[name].null else "" for name in names}
            model.update(blank).where(condition).execute()


def _blank_mails(names: set[str], addresses: set[str]) -> None:
    """Mails to others that name somebody: those that were sent lose their text, those given up go.

    So do those to an address that somebody had, which are of no account (accounts/notices.py).
    """
    is_own = Mail.account.is_null() & (Mail.kind == "account_notice") & Mail.recipient.in_(sorted(addresses))
    Mail.delete().where(is_own).execute()
    for said in sorted(names | addresses):
        says = Mail.text.contains(said) | Mail.subject.contains(said)
        Mail.update(subject="", text="", html="").where(says & Mail.sent_at.is_null(False)).execute()
        lost = [row.id for row in Mail.select(Mail.id).where(says & Mail.failed_at.is_null(False))]
        dispatches.outlive(lost)
        Mail.delete().where(Mail.id.in_(lost)).execute()


def _take_name(row: Account) -> None:
    name = name_of(row.id)
    columns: dict[str, Any] = {
        "email": f"person-{row.id}@erased.invalid", "first_name": "", "last_name": name,
        "username": None, "employee_number": None, "password_hash": None,
        "is_agency_staff": False, "agency_roles": "",
        "is_active": False, "signed_in_at": None, "has_second_factor": False, "decides_by_mail": False,
        "invite_when_placed": False, "report_by_mail": False,
    }  # fmt: skip
    assert set(columns) == set(register_of_erasure.columns("account", "blanked"))
    columns |= {"name_key": name_key("", name), "erased_at": clock.now()}
    still = (Account.id == row.id) & Account.erased_at.is_null()
    if Account.update(columns).where(still).execute() != 1:
        raise Conflict("The data of this person were erased already.")
    for column, value in columns.items():
        setattr(row, column, value)


def wipe() -> None:
    """Have SQLite overwrite what this connection deletes; PostgreSQL does so when it cleans up (VACUUM)."""
    if isinstance(db.obj, SqliteDatabase):
        db.execute_sql("PRAGMA secure_delete = 1")
