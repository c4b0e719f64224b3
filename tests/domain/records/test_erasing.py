"""Erasing one person: nothing says who it was, and every sum is as before; what is open is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from peewee import SqliteDatabase, fn

from konnekt.commands import auditing
from konnekt.config import Config
from konnekt.db import db
from konnekt.documents import invoice as documents
from konnekt.documents.pdf import Printer
from konnekt.domain import access, clock, events
from konnekt.domain.accounts import factor_resets, factors, links, passwords, sessions, sign_in
from konnekt.domain.approvals import decide, deputy_requests
from konnekt.domain.budgets import counted
from konnekt.domain.invoices import detail
from konnekt.domain.payments import booking
from konnekt.domain.payroll import hand_over_or_undo, make
from konnekt.domain.records import (
    agency,
    assignments,
    deciding,
    erasing,
    forget,
    lists,
    people,
    personal_data,
    register,
    register_of_erasure,
    rights,
)
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from konnekt.domain.timesheets import link_facts, submit
from konnekt.models import (
    TABLES,
    Account,
    Assignment,
    Authenticator,
    BudgetSum,
    Deputy,
    Event,
    Hour,
    Invoice,
    InvoiceLine,
    Mail,
    PayrollBatch,
    PayrollHour,
    ProposedChange,
    Rate,
    Right,
    Session,
    Timesheet,
)
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World

GOOD = "vier paarse fietsen 12"
PERIOD = ("four_weeks", 2026, 12)


def text_of_everything() -> Iterator[tuple[str, str]]:
    """Each table as text, as the database has it."""
    for model in TABLES:
        rows = db.execute_sql(f'SELECT * FROM "{model._meta.table_name}"').fetchall()
        for row in rows:
            yield model._meta.table_name, "|".join(_text(value) for value in row)


def _text(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def where_it_says(*words: str) -> set[str]:
    return {
        name for name, text in text_of_everything() if any(word.lower() in text.lower() for word in words)
    }


def sums() -> dict[str, Any]:
    """What money and hours add up to, read from the tables."""

    def total(model: Any, *columns: Any) -> Any:
        return model.select(fn.COUNT(model._meta.primary_key), *(fn.SUM(one) for one in columns)).tuples()[0]

    cents = (Invoice.net_cents, Invoice.vat_cents, Invoice.total_cents, Invoice.settled_cents)
    pay = fn.SUM(PayrollHour.minutes * PayrollHour.pay_rate)
    return {
        "invoices": total(Invoice, *cents),
        "lines": total(InvoiceLine, InvoiceLine.net_cents, InvoiceLine.minutes),
        "batches": total(PayrollBatch, PayrollBatch.minutes),
        "pay": PayrollHour.select(pay).scalar(),
        "hours": total(Hour, Hour.minutes),
        "sheets": total(Timesheet, Timesheet.minutes, Timesheet.invoiced_minutes, Timesheet.paid_minutes),
        "budgets": total(BudgetSum, BudgetSum.approved_minutes, BudgetSum.approved_parts),
        "rates": total(Rate, Rate.pay_rate, Rate.bill_rate),
    }


@pytest.fixture
def done(world: World, printer: Printer) -> World:
    """Noor worked, was approved, invoiced and paid, and left; she typed, signed in and was mailed."""
    noor = world.noor
    Account.update(username="nhendriks").where(Account.id == noor.id).execute()
    world.noor = noor = Account.get_by_id(noor.id)
    invoice_cast.complete(world)
    payroll_cast.complete(world)
    Timesheet.update(state="submitted", decided_at=None, decided_by=None, remark="Noor was ziek").where(
        Timesheet.id == world.sheet.id
    ).execute()
    Hour.update(remark="Van Noor Hendriks").where(Hour.minutes == 450).execute()
    decide.reject(world.sheet.id, "Noor, dit klopt niet", by=world.supervisor, seen=1)

    submit.submit(world.sheet.id, by=noor, seen=1)
    fresh = Timesheet.get_by_id(world.sheet.id)
    decide.approve(fresh.id, by=world.supervisor, seen=fresh.revision)
    (invoice,) = invoice_cast.run()
    documents.make(invoice, printer)
    batch = payroll_cast.export()
    hand_over_or_undo.hand_over(batch.id, by=world.staff)
    booking.mark([invoice.id], clock.today(), by=world.staff)
    passwords.replace(noor, GOOD, by=None)
    sessions.start(Account.get_by_id(noor.id))
    links.invite(noor.email, by=world.staff)
    values = people.RECORD.values(people.find(noor.id)) | {"last_name": "Hendriks-Bos"}
    people.change(noor.id, values, seen="", by=world.staff)
    values = people.RECORD.values(people.find(noor.id)) | {"last_name": "Hendriks"}
    people.change(noor.id, values, seen="", by=world.staff)
    Mail.update(sent_at=clock.now()).execute()
    assignments.end(world.assignment.id, date(2026, 11, 29), by=world.staff)
    return world


def closed(world: World) -> World:
    people.close(world.noor.id, by=world.staff, is_sure=True)
    return world


def test_every_column_of_personal_data_says_what_becomes_of_it() -> None:
    """A new table or column of personal data without an answer fails here: register_of_erasure.py."""
    unanswered = [
        f"{entry.name}.{column}"
        for entry in register.REGISTER.values()
        if entry.is_personal
        for column, kind in entry.columns.items()
        if kind not in ("key", "plain") and not register_of_erasure.action(entry.name, column)
    ]
    assert unanswered == []
    known = {
        f"{name}.{column}" for name, said in register_of_erasure.ERASURE.items() for column in said if column
    }
    there = {f"{entry.name}.{column}" for entry in register.REGISTER.values() for column in entry.columns}
    assert known - there == set()
    assert set(register_of_erasure.ERASURE) <= set(register.REGISTER)


def test_what_goes_is_found_by_the_conditions_of_what_is_handed_out(world: World) -> None:

    told = {model._meta.table_name for model in personal_data.about(world.noor)}
    assert set(register_of_erasure.gone()) <= told
    for name, said in register_of_erasure.ERASURE.items():
        assert "blanked" not in said.values() or name in told


def test_nothing_says_who_it_was_and_every_sum_is_as_before(done: World) -> None:
    closed(done)
    before, facts = sums(), (link_facts.differences(), counted.drifted())
    erasing.erase(done.noor.id, by=done.staff)
    assert sums() == before
    assert (link_facts.differences(), counted.drifted()) == facts
    found = auditing.verify()
    assert (found.said, found.erased > 3) == ([], True)
    says = where_it_says("Noor", "Hendriks", "noor@um.example", "nhendriks", done.noor.employee_number)
    assert says == {"invoice", "invoice_line", "document", "payroll_batch"}, (
        "which a law keeps for seven years"
    )
    account = Account.get_by_id(done.noor.id)
    assert (account.name, account.is_worker) == (f"Persoon {account.id} (gewist)", False)
    assert Session.select().where(Session.account == account).count() == 0


def test_after_seven_years_the_name_is_nowhere(done: World) -> None:
    closed(done)
    erasing.erase(done.noor.id, by=done.staff)
    before, total = sums(), Invoice.get().total_cents
    clock.fix("2034-01-02T09:00")
    gone = {one.kind: one.number for one in forget.forget()}
    assert (gone["invoices"], gone["payroll"], gone["hours"]) == (1, 1, 1)
    assert where_it_says("Noor", "Hendriks", "nhendriks") == set()
    assert sums() == before
    assert auditing.verify().said == []
    invoice = Invoice.get()
    assert (invoice.total_cents, invoice.has_documents) == (total, True)
    with pytest.raises(Conflict, match="is erased"):
        detail.document(invoice.id, "pdf", access.grants(done.staff))
    assert (
        list(detail.contents(detail.bundle(access.grants(done.staff), picks=[invoice.id]), ("note.txt", "")))
        == []
    )
    with pytest.raises(Conflict, match="erased after their term"):
        make.contents(PayrollBatch.get().id, "neutral")
    assert {one.number for one in forget.forget()} == {0}


def test_the_file_of_the_database_holds_the_name_nowhere(done: World, config: Config) -> None:
    """SQLite overwrites what is erased; of PostgreSQL, which does so when it vacuums, the tables are read."""
    closed(done)
    erasing.erase(done.noor.id, by=done.staff)
    clock.fix("2034-01-02T09:00")
    list(forget.forget())
    if isinstance(db.obj, SqliteDatabase):
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        content = (config.instance / "konnekt.db").read_bytes()
    else:
        content = "".join(text for _, text in text_of_everything()).encode()
    for word in ("Hendriks", "noor@um.example", "nhendriks", "hendriks"):
        assert word.encode() not in content, word


def test_who_is_erased_does_not_come_back(done: World) -> None:
    noor = closed(done).noor
    erasing.erase(noor.id, by=done.staff)
    with pytest.raises(Conflict):
        people.reopen(noor.id, by=done.staff)
    with pytest.raises(Conflict):
        values = people.RECORD.values(people.find(noor.id)) | {"last_name": "Hendriks"}
        people.change(noor.id, values, seen="", by=done.staff)
    with pytest.raises(NotFound):
        rights.give(noor.id, "FSE", {"may_approve": True, "may_register": False, "may_see_invoices": False},
                    by=done.staff, is_sure=True)  # fmt: skip
    with pytest.raises(Conflict, match="already"):
        erasing.erase(noor.id, by=done.staff)
    for name in ("noor@um.example", "nhendriks", f"person-{noor.id}@erased.invalid"):
        with pytest.raises(Invalid):
            sign_in.check(name, GOOD, "192.0.2.7")
    for words in ("noor", "hendriks", "nhendriks", noor.employee_number):
        assert list(lists.people(words, "", 1, with_closed=True).rows) == []
    again = people.add(
        {"first_name": "Noor", "last_name": "Hendriks", "email": "noor@um.example", "username": "nhendriks",
         "employee_number": noor.employee_number, "language": "nl", "is_agency_staff": False}, by=done.staff,
    )  # fmt: skip
    assert again.id != noor.id, "who comes back is somebody new"


def test_the_event_names_nobody(done: World) -> None:
    closed(done)
    erasing.erase(done.noor.id, by=done.staff)
    event = Event.get(Event.verb == "erase")
    assert (event.person_id, event.actor, event.reason, event.before) == (done.noor.id, done.staff, "", None)
    assert set(event.after) == {"events"}
    told = Event.select().where(Event.id.in_(event.after["events"]))
    assert {one.erased_by_id for one in told} == {event.id}
    assert Event.select().where((Event.verb == "approve") & (Event.erased == "")).exists(), (
        "no words, so it stays"
    )


def _is_open(world: World) -> None:
    people.reopen(world.noor.id, by=world.staff)


def _works_on(world: World) -> None:
    Assignment.update(last_on=clock.today()).execute()


def _has_a_draft(world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="draft")


def _has_a_rejected_sheet(world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="rejected")


def _has_a_waiting_sheet(world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="submitted")


def _has_hours_to_invoice(world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="approved")


def _has_hours_to_pay(world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="approved", is_invoiced=True)


def _has_a_batch_that_is_not_handed_over(world: World) -> None:
    PayrollBatch.update(handed_over_at=None).execute()


def _has_an_open_invoice(world: World) -> None:
    Invoice.update(settled_cents=0, paid_on=None).execute()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_is_open, "Close the account first"), (_works_on, "assignment that goes on"),
        (_has_a_draft, "not finished"), (_has_a_rejected_sheet, "not finished"),
        (_has_a_waiting_sheet, "not finished"), (_has_hours_to_invoice, "not invoiced"),
        (_has_hours_to_pay, "not paid yet"), (_has_a_batch_that_is_not_handed_over, "not paid yet"),
        (_has_an_open_invoice, "are not paid yet"),
    ],
)  # fmt: skip
def test_who_can_not_be_erased_yet(done: World, change: Any, says: str) -> None:
    closed(done)
    change(done)
    before = Event.select().count()
    assert says in str(erasing.preview(done.noor.id, by=done.staff).why_not)
    with pytest.raises(Conflict, match=says):
        erasing.erase(done.noor.id, by=done.staff)
    assert Event.select().count() == before
    assert Account.get_by_id(done.noor.id).last_name == "Hendriks"


def test_who_may(done: World) -> None:
    closed(done)
    for other in (done.noor, done.supervisor):
        with pytest.raises(Forbidden):
            erasing.erase(done.noor.id, by=other)
        with pytest.raises(Forbidden):
            erasing.preview(done.noor.id, by=other)
    with pytest.raises(NotFound):
        erasing.erase(99_999, by=done.staff)


def test_the_last_of_the_agency_can_not_be_closed_and_so_not_erased(done: World) -> None:
    with pytest.raises(Conflict, match="Close the account first"):
        erasing.erase(done.staff.id, by=done.staff)
    with pytest.raises(Conflict, match="Nobody of the agency would be left"):
        people.close(done.staff.id, by=done.staff, is_sure=True)
    colleague = factories.account("Kim", "Smeets", email="kim@interum.example", is_agency_staff=True)
    people.close(done.staff.id, by=colleague, is_sure=True)
    erasing.erase(done.staff.id, by=colleague)
    assert "account" not in where_it_says("bureau@interum.example")
    assert Account.get_by_id(done.staff.id).is_agency_staff is False


def test_a_worker_who_approves_elsewhere_and_stands_in(done: World) -> None:
    """Sheets that she approved, rights and deputies keep her number; the invoice keeps its copy of her name."""
    noor = done.noor
    rights.give(noor.id, "LAW", {"may_approve": True, "may_register": False, "may_see_invoices": False},
                by=done.staff, is_sure=True)  # fmt: skip
    today = clock.today()
    dated = {"first_on": today, "last_on": today + timedelta(days=9), "created_at": clock.now()}
    Deputy.create(organisation=done.fse, supervisor=done.supervisor, deputy=noor, **dated)
    Deputy.create(organisation=done.law, supervisor=noor, deputy=done.outsider, **dated)
    closed(done)
    erasing.erase(noor.id, by=done.staff)
    assert Right.select().where(Right.account == noor).count() == 0
    assert Deputy.select().where(Deputy.ended_at.is_null()).count() == 0
    given = Event.get(Event.verb == "give_right")
    assert (given.person_id, given.erased) == (noor.id, ""), "who was allowed what stays: it proves approvals"
    assert access.grants(Account.get_by_id(noor.id)).approve == {}
    assert auditing.verify().said == []


def test_the_supervisor_of_her_sheets(done: World) -> None:
    people.close(done.supervisor.id, by=done.staff, is_sure=True)
    shown = erasing.preview(done.supervisor.id, by=done.staff)
    assert (shown.invoices_until, shown.payroll_until) == (date(2033, 12, 31), None), "as who approved"
    erasing.erase(done.supervisor.id, by=done.staff)
    sheet = Timesheet.get_by_id(done.sheet.id)
    assert sheet.decided_by_id == done.supervisor.id
    assert where_it_says("Dubois", "flex1003", "supervisor@um.example") == {"invoice"}, "and in its PDF"


def test_a_second_step_and_a_mail_to_somebody_else(done: World) -> None:
    noor = Account.get_by_id(done.noor.id)
    factors.begin(noor, "Telefoon van Noor", by=noor)
    common = {"kind": "reject", "queued_at": clock.now(), "due_at": clock.now(), "account": done.registrar}
    for number, columns in enumerate(({"sent_at": clock.now()}, {"failed_at": clock.now()})):
        Mail.create(message_id=f"<{number}@um>", recipient="secretariaat@um.example", subject="Noor Hendriks",
                    text="Van Noor Hendriks", **common, **columns)  # fmt: skip
    closed(done)
    erasing.erase(done.noor.id, by=done.staff)
    assert Authenticator.select().count() == 0
    (left,) = Mail.select().where(Mail.account == done.registrar)
    assert (left.subject, left.text, left.message_id) == ("", "", "<0@um>")


def test_the_names_and_addresses_that_she_had(done: World) -> None:
    """Each change of her address was told at the one before, in a mail that is of no account."""
    taken, common = done.registrar.email, {"queued_at": clock.now(), "due_at": clock.now()}
    for changed in (
        {"email": "noor@thuis.example"}, {"last_name": "Vos"}, {"email": "nv@thuis.example"},
        {"email": "later.van.iemand@um.example"}, {"email": "nu@thuis.example"},
    ):  # fmt: skip
        values = people.RECORD.values(people.find(done.noor.id)) | changed
        people.change(done.noor.id, values, seen="", by=done.staff)
    assert Mail.select().where(Mail.recipient == "noor@thuis.example").exists()
    days = {"first_on": clock.today(), "last_on": clock.today()}
    deputy_requests.ask("FSE", "nv@thuis.example", **days, by=done.supervisor)
    Account.update(email="later.van.iemand@um.example").where(Account.email == taken).execute()
    for number, said in enumerate(("Noor Hendriks", "Noor Vos", "later.van.iemand@um.example")):
        Mail.create(kind="rejected", message_id=f"<{number}@um>", account=done.registrar, subject=said,
                    recipient="r@um.example", text=said, sent_at=clock.now(), **common)  # fmt: skip
    Mail.update(sent_at=clock.now()).execute()
    closed(done)
    erasing.erase(done.noor.id, by=done.staff)
    assert where_it_says("thuis.example", "noor@um.example", "Noor Vos") == set()
    left = [one.subject for one in Mail.select().where(Mail.account == done.registrar).order_by(Mail.id)]
    assert left == ["", "", "later.van.iemand@um.example"], "whose address it is now, keeps it"
    assert auditing.verify().said == []


def test_who_decided_with_somebody_else(done: World) -> None:
    """What was proposed, or asked, is told with a name in the events about something else."""
    kim = factories.account("Kim", "Smeets", is_agency_staff=True, signed_in_at=clock.now())
    Account.update(signed_in_at=clock.now()).where(Account.id == done.staff.id).execute()
    values = agency.RECORD.values(agency.find()) | {"iban": "NL20INGB0001234567"}
    agency.change(values, seen="", by=kim)
    deciding.confirm(ProposedChange.get().id, by=done.staff)
    Account.update(has_second_factor=True).where(Account.id == done.supervisor.id).execute()
    for asks, confirms in ((kim, done.staff), (done.staff, kim)):
        factor_resets.ask(done.supervisor.id, "Telefoon kwijt", by=asks)
        Account.update(has_second_factor=True).where(Account.id == done.supervisor.id).execute()
        factor_resets.confirm(done.supervisor.id, by=confirms)
        Account.update(has_second_factor=True).where(Account.id == done.supervisor.id).execute()
    assert "event" in where_it_says("Kim Smeets")
    Mail.update(sent_at=clock.now()).execute()
    Account.update(is_active=False).where(Account.id == kim.id).execute()
    erasing.erase(kim.id, by=done.staff)
    assert where_it_says("Smeets") == set()
    assert auditing.verify().said == []
    kept = Event.select().where(Event.verb == "reset_factors").order_by(Event.id)
    assert [one.actor for one in kept] == [done.staff, kim]


def test_two_at_once(done: World) -> None:
    closed(done)
    db.close()

    def try_it(_: int) -> str:
        with db.connection_context():
            try:
                erasing.erase(done.noor.id, by=done.staff)
            except Conflict as refusal:
                return str(refusal)
        return "erased"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(try_it, range(4)))
    db.connect(reuse_if_open=True)
    assert sorted(said).count("erased") == 1
    assert Event.select().where(Event.verb == "erase").count() == 1
    assert auditing.verify().said == []


def test_the_preview_says_what_stays_and_until_when(done: World) -> None:
    closed(done)
    shown = erasing.preview(done.noor.id, by=done.staff)
    assert shown.why_not is None
    assert (shown.sheets, shown.mails > 0) == (1, True)
    assert (shown.invoices_until, shown.payroll_until) == (date(2033, 12, 31), date(2033, 12, 31))
    assert Event.select().where(Event.verb == "erase").count() == 0
    events.record("note", by=None, source="test", thing="x")
