"""Everything that is kept about one person, to hand out (GDPR art. 15 and 20): a file of JSON per table.

What is told of a table the register says; here stands which of its rows are about somebody. What a person did
to the things of others is told without what those held.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from peewee import Field, ForeignKeyField

from konnekt.db import BaseModel, connected, transaction
from konnekt.domain import events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.records import people, register
from konnekt.models import (
    Account,
    AccountLink,
    Assignment,
    Authenticator,
    BudgetNumber,
    Contributor,
    DeadlineFeed,
    DecisionLink,
    DecisionLinkSheet,
    Deputy,
    DeputyRequest,
    Device,
    Event,
    FactorReset,
    Flag,
    Hour,
    HourType,
    Identity,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Job,
    Mail,
    NewsDevice,
    Organisation,
    Passkey,
    PasskeyChallenge,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    PostponedInvoice,
    ProposedChange,
    ProviderRequest,
    Rate,
    RecoveryCode,
    Right,
    Session,
    Timesheet,
    TimesheetLine,
)

AT_ONCE = 1000
# Tables about people of which one person is handed out nothing, and why.
NOT_HANDED_OUT = {
    "waiting_sheet": "repeats what the timesheet says",
    "budget_share": "repeats what the hours say",
    "organisation": "names a client's contact person by hand, not an account",
    "sign_in_attempt": "counts a hash, from which nobody is known",
    "bank_entry": "is about invoices of clients, as their bank names them",
    "payment": "is about invoices; who booked it stands in the events",
    "document": "shows several people; the lines of the invoice are handed out",
    "dispatch": "is about invoices; who sent them stands in the events",
    "ledger_batch": "is about invoices; who made it stands in the events",
    "payroll_batch": "holds the pay of several people; the hours in it are handed out",
    "job_file": "holds rows of several people, for a day",
}
# What stands for a row of another table.
LABELS: dict[type[BaseModel], Callable[[Any], str]] = {
    Account: lambda row: row.name,
    Organisation: lambda row: row.name,
    HourType: lambda row: row.code,
    BudgetNumber: lambda row: row.number,
    PayPeriod: lambda row: f"{row.calendar} {row.year}-{row.number} ({row.first_on} - {row.last_on})",
    PayrollBatch: lambda row: row.pay_on.isoformat(),
    Invoice: lambda row: row.number_text,
}
OF_AN_ACT = (
    "timesheet",
    "invoice",
    "organisation",
    "person",
    "thing",
    "verb",
    "at",
    "on_behalf_of",
    "source",
)


def of_person(person: int, *, by: Account, say: Callable[[str], str] = str) -> Iterator[tuple[str, bytes]]:
    """The files (name, content) about somebody; that they were handed out is an event.

    say: translates what the register says. Raises NotFound; Forbidden for who asks about somebody else
    and may not do so at the agency.
    """
    if person != by.id:
        agency_roles.require(by, "personal data", "You may only download what is kept about yourself.")
    row = people.find(person)
    with transaction():
        events.record("hand_out_data", by=by, person=row)
    told = [_told_of(entry, say) for entry in register.REGISTER.values() if entry.is_personal]
    return _files(row, told)


def _files(of: Account, told: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """Read while they are sent, a portion at a time."""
    yield "register.json", _json(told)
    for model, condition in about(of).items():
        entry = register.REGISTER[model._meta.table_name]
        names = [name for name, kind in entry.columns.items() if kind not in register.WITHHELD]
        yield from _portions(entry.name, model, condition, [model._meta.fields[name] for name in names])
    acts = [Event._meta.fields[name] for name in OF_AN_ACT]
    yield from _portions("acts", Event, Event.actor == of, acts)


def about(of: Account) -> dict[type[BaseModel], Any]:
    """The rows of each table that are about somebody."""
    assignments = Assignment.select(Assignment.id).where(Assignment.worker == of)
    sheets = Timesheet.select(Timesheet.id).where(Timesheet.assignment.in_(assignments))
    lines = TimesheetLine.select(TimesheetLine.id).where(TimesheetLine.timesheet.in_(sheets))
    hours = Hour.select(Hour.id).where(Hour.line.in_(lines))
    links = DecisionLink.select(DecisionLink.id).where(DecisionLink.account == of)
    invoiced = InvoiceLine.select(InvoiceLine.invoice).where(InvoiceLine.timesheet.in_(sheets))
    return {
        Account: Account.id == of.id,
        Session: Session.account == of,
        AccountLink: AccountLink.account == of,
        DeadlineFeed: DeadlineFeed.account == of,
        NewsDevice: NewsDevice.account == of,
        Device: Device.account == of,
        Authenticator: Authenticator.account == of,
        RecoveryCode: RecoveryCode.account == of,
        Passkey: Passkey.account == of,
        PasskeyChallenge: PasskeyChallenge.account == of,
        FactorReset: FactorReset.account == of,
        ProposedChange: ProposedChange.person == of,
        Identity: Identity.account == of,
        ProviderRequest: ProviderRequest.account == of,
        Right: Right.account == of,
        Deputy: (Deputy.supervisor == of) | (Deputy.deputy == of),
        DeputyRequest: (DeputyRequest.supervisor == of) | (DeputyRequest.email == of.email),
        Assignment: Assignment.worker == of,
        Rate: Rate.assignment.in_(assignments),
        Timesheet: Timesheet.assignment.in_(assignments),
        TimesheetLine: TimesheetLine.timesheet.in_(sheets),
        Hour: Hour.line.in_(lines),
        Flag: Flag.timesheet.in_(sheets) & ~Flag.is_elsewhere,
        Contributor: Contributor.account == of,
        DecisionLink: DecisionLink.account == of,
        DecisionLinkSheet: DecisionLinkSheet.link.in_(links),
        Invoice: Invoice.id.in_(invoiced),
        InvoiceLine: InvoiceLine.timesheet.in_(sheets),
        PostponedInvoice: PostponedInvoice.worker == of,
        InvoicedHour: InvoicedHour.hour.in_(hours),
        PayrollHour: PayrollHour.hour.in_(hours),
        Event: (Event.person == of) | Event.timesheet.in_(sheets),
        Mail: Mail.account == of,
        Job: Job.created_by == of,
    }


def _told_of(entry: register.RegisterEntry, say: Callable[[str], str]) -> dict[str, Any]:
    return {
        "table": entry.name,
        "what": [say(register.KINDS[kind]) for kind in entry.kinds],
        "why": say(register.PURPOSES[entry.purpose]),
        "ground": say(register.GROUNDS[entry.ground]),
        "how long": say(register.TERMS[entry.term]),
    }


def _portions(
    name: str, model: type[BaseModel], condition: Any, fields: list[Field]
) -> Iterator[tuple[str, bytes]]:
    """The rows of a table, so many a file that none is held whole."""
    key, last, number = model._meta.primary_key, 0, 0
    while True:
        query = model.select(key, *fields).where(condition & (key > last)).order_by(key).limit(AT_ONCE)
        with connected():
            rows = list(query.tuples())
            content = _json(_rows(fields, rows))
        if rows or not number:
            yield f"{name}{f'-{number + 1}' if number else ''}.json", content
        if len(rows) < AT_ONCE:
            return
        last, number = rows[-1][0], number + 1


def _rows(fields: list[Field], rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    labels = {
        place: _labels(field, {row[place] for row in rows})
        for place, field in enumerate(fields, 1)
        if isinstance(field, ForeignKeyField) and field.rel_model in LABELS
    }
    return [
        {
            field.name: labels[place].get(row[place], row[place]) if place in labels else row[place]
            for place, field in enumerate(fields, 1)
        }
        for row in rows
    ]


def _labels(field: ForeignKeyField, ids: Iterable[int | None]) -> dict[int, str]:
    of: Any = field.rel_model
    rows = of.select().where(of.id.in_([one for one in ids if one is not None]))
    return {row.id: LABELS[of](row) for row in rows}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
