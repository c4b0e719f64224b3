"""Overdue by age, and reminding in steps: only what is due and open, once, as it was shown."""

from collections.abc import Callable
from datetime import date, timedelta
from email import message_from_bytes, policy
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.background import delivery
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.invoices import dispatches, issue
from konnekt.domain.payments import booking, overdue, remind, reminder_steps
from konnekt.domain.payments.reminder_steps import ChosenStep as Step
from konnekt.domain.records import reminder_settings
from konnekt.domain.records.audited import Several
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, Refused
from konnekt.models import Dispatch, Event, Invoice, Mail, Organisation
from tests import factories, sending_cast
from tests.factories import World
from tests.sending_cast import change

TODAY = date(2026, 11, 30)


@pytest.fixture
def invoices(app: Flask, world: World) -> list[Invoice]:
    """2026-00001 of FSE, eight days past its due date, and 2026-00002 of LAW, due today."""
    issued = sending_cast.assemble(world)
    for invoice, days in zip(issued, (8, 0), strict=True):
        late(invoice, days)
    return [Invoice.get_by_id(one.id) for one in issued]


@pytest.fixture
def fse(invoices: list[Invoice]) -> Invoice:
    return invoices[0]


def late(invoice: Invoice, days: int) -> None:
    """Have it be so many days past its due date."""
    due_on = TODAY - timedelta(days=days)
    issued_on = due_on - timedelta(days=30)
    Invoice.update(due_on=due_on, issued_on=issued_on).where(Invoice.id == invoice.id).execute()


def shown() -> list[remind.ShownReminder]:
    """What the page of reminders shows and can be sent."""
    return [
        remind.ShownReminder(one.invoice.id, one.step.number, one.invoice.to_pay_cents, one.recipient)
        for one in remind.due().going
    ]


def steps_due() -> dict[str, int]:
    return {one.invoice.number_text: one.step.number for one in remind.due().going}


def refused(verb: Callable[[], Any], kind: type[Refused]) -> str:
    before = (Mail.select().count(), Dispatch.select().count(), Event.select().count())
    with pytest.raises(kind) as no:
        verb()
    assert (Mail.select().count(), Dispatch.select().count(), Event.select().count()) == before
    return str(no.value)


@pytest.mark.parametrize(
    ("days", "band"),
    [
        (0, ""),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "60+"),
        (400, "60+"),
    ],
)
def test_the_age_is_counted_from_the_due_date(fse: Invoice, days: int, band: str) -> None:
    late(fse, days)
    found = overdue.load()
    assert {one.key for one in found.bands if one.count} == ({band} if band else set())
    assert [one.late_days for one in found.page.rows] == ([days] if band else [])
    assert [one.id for one in overdue.load(band or "1-30").page.rows] == ([fse.id] if band else [])


def test_what_is_paid_or_credited_leaves_at_once(invoices: list[Invoice], world: World) -> None:
    fse, law = invoices
    late(law, 40)
    booking.pay(fse.id, TODAY, 10_000, by=world.staff, seen=0)
    found = overdue.load()
    assert [(one.key, one.open_cents) for one in found.bands if one.count] == [
        ("1-30", fse.total_cents - 10_000), ("31-60", law.total_cents),
    ]  # fmt: skip
    assert found.whole.count == 2
    issue.credit(law.id, "Verkeerd", by=world.staff)
    booking.pay(fse.id, TODAY, fse.total_cents - 10_000, by=world.staff, seen=10_000)
    assert overdue.load().whole == overdue.Band("", 0, 0)
    assert remind.due() == remind.DueReminders([], [])


def test_a_reminder_names_what_is_open_and_carries_the_invoice(
    fse: Invoice, world: World, config: Config
) -> None:
    booking.pay(fse.id, TODAY, 10_000, by=world.staff, seen=0)
    assert remind.remind(shown(), by=world.staff) == 1
    assert delivery.deliver().sent == 1
    (file,) = (config.instance / "outbox").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["Subject"] == f"Herinnering: factuur {fse.number_text} van InterUM"
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == f"{fse.number_text}.pdf"
    assert attachment.get_content().startswith(b"%PDF")
    said = Mail.get().text
    for words in (
        "€\xa0490,98",
        "€\xa0100,00",
        fse.number_text,
        "zondag 22 november 2026",
        "NL91ABNA0417164300",
    ):
        assert words in said
    (sent,) = dispatches.of(Invoice.get_by_id(fse.id))
    assert (sent.is_reminder, sent.nth, sent.open_cents, sent.state) == (True, 1, 49_098, "sent")
    event = Event.get(Event.verb == "remind")
    assert (event.actor, event.invoice, event.after) == (
        world.staff,
        fse,
        {"step": 1, "amount_cents": 49_098},
    )


def test_steps_come_after_the_due_date_and_after_each_other(
    fse: Invoice, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on(days: int) -> dict[str, int]:
        at = clock.at(fse.due_on + timedelta(days=days), clock.local(clock.now()).time())
        monkeypatch.setattr(clock, "now", lambda: at)
        return {number: step for number, step in steps_due().items() if number == fse.number_text}

    assert on(6) == {}
    assert on(7) == on(30) == {fse.number_text: 1}
    remind.remind([one for one in shown() if one.invoice == fse.id], by=world.staff)
    assert on(43) == {}, "two weeks after the first, however late that one came"
    assert on(44) == {fse.number_text: 2}
    remind.remind([one for one in shown() if one.invoice == fse.id], by=world.staff)
    assert on(57) == {}
    assert on(58) == {fse.number_text: 3}
    remind.remind([one for one in shown() if one.invoice == fse.id], by=world.staff)
    assert on(400) == {}, "there are three"
    subjects = [one.subject for one in Mail.select().order_by(Mail.id)]
    assert subjects[2] == f"Laatste herinnering: factuur {fse.number_text} van InterUM"


def test_own_days_and_texts(fse: Invoice, world: World) -> None:
    now = reminder_steps.all_steps()
    assert [step.days for step in now] == [7, 21, 35]
    own = [Step(1, 9, "Betaal s.v.p."), Step(2, None), Step(3, None)]
    reminder_settings.change(own, seen=reminder_steps.seen(now), by=world.staff)
    assert steps_due() == {}
    late(fse, 9)
    remind.remind(shown(), by=world.staff)
    assert "Betaal s.v.p." in Mail.get().text
    assert "Misschien is het u ontgaan" not in Mail.get().text
    late(fse, 300)
    assert steps_due() == {}, "the second step is not used"
    event = Event.get(Event.verb == "change_reminders")
    assert event.after["reminder_1_days"] == 9
    said = reminder_steps.seen(now)
    with pytest.raises(Conflict):
        reminder_settings.change(own, seen=said, by=world.staff)


@pytest.mark.parametrize(
    ("days", "wrong"),
    [((0, 8, 9), ["days_1"]), ((9, 9, 10), ["days_2"]), ((1, 2, 366), ["days_3"]), ((1, None, 3), ["days_3"]),
     ((None, 2, None), ["days_2"]), ((400, 401, 402), ["days_1", "days_2", "days_3"])],
)  # fmt: skip
def test_days_that_can_not_be(world: World, days: tuple[int | None, ...], wrong: list[str]) -> None:
    with pytest.raises(Several) as no:
        reminder_settings.change(
            [Step(number, of) for number, of in enumerate(days, 1)], seen="", by=world.staff
        )
    assert [fault.field for fault in no.value.faults] == wrong


def test_who_gets_none_and_who_has_no_address(invoices: list[Invoice], world: World) -> None:
    fse, law = invoices
    late(law, 20)
    change("LAW", invoice_email="")
    due = remind.due()
    assert [one.invoice for one in due.going] == [fse]
    (held,) = due.held
    assert (held.organisation, held.invoices, held.open_cents) == (world.law, [law], law.total_cents)
    assert (str(held.fault), held.lacks_address) == ("There is no mail address for invoices.", True)
    Organisation.update(payment_reminders=False).where(Organisation.code == "FSE").execute()
    assert (remind.due().going, len(remind.due().staying)) == ([], 1)
    assert overdue.load().whole.count == 2, "it is overdue all the same"


def test_who_has_no_address_holds_up_nobody(
    invoices: list[Invoice], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one run at most so many go: what can't go does not count among them."""
    monkeypatch.setattr(remind, "MOST", 2)
    fse, law = invoices
    change("LAW", invoice_email="")
    late(law, 90)
    for number in range(3, 9):
        again(law if number < 6 else fse, number, 60 - number)
    due = remind.due()
    assert [one.invoice.number_text for one in due.going] == ["2026-00006", "2026-00007"]
    assert (due.later, len(due.staying)) == (2, 4)
    assert [len(one.invoices) for one in due.held] == [4]
    assert remind.remind(shown(), by=world.staff) == 2
    assert [one.invoice.number_text for one in remind.due().going] == ["2026-00008", "2026-00001"]


def again(invoice: Invoice, number: int, days: int) -> None:
    """Another one like it, so many days past its due date."""
    columns = {name: value for name, value in invoice.__data__.items() if name != "id"}
    columns |= {"number": number, "number_text": f"2026-{number:05}"}
    late(Invoice.create(**columns), days)


def test_only_who_invoices_at_the_agency(fse: Invoice, world: World) -> None:
    picks = shown()
    planner = factories.account("Plan", "Ner", is_agency_staff=True, agency_roles="planning")
    for account in (planner, world.supervisor, world.noor, world.outsider):
        assert refused(lambda account=account: remind.remind(picks, by=account), Forbidden)
        assert refused(
            lambda account=account: reminder_settings.change(reminder_steps.all_steps(), seen="", by=account),
            Forbidden,
        )
    assert refused(lambda: remind.remind([], by=world.staff), Invalid)


def test_what_changed_after_it_was_shown_sends_nothing(invoices: list[Invoice], world: World) -> None:
    fse, law = invoices
    late(law, 10)
    picks = shown()
    assert len(picks) == 2
    booking.pay(law.id, TODAY, 100, by=world.staff, seen=0)
    assert refused(lambda: remind.remind(picks, by=world.staff), Conflict)
    picks = shown()
    change("FSE", invoice_email="nieuw@fse.example")
    assert refused(lambda: remind.remind(picks, by=world.staff), Conflict)
    again = {one.invoice.id: one for one in remind.due(picks).going}
    assert (again[fse.id].was, again[fse.id].recipient) == ("facturen@fse.example", "nieuw@fse.example")
    assert remind.remind(shown(), by=world.staff) == 2
    assert refused(lambda: remind.remind(picks, by=world.staff), Conflict)


def test_two_at_the_same_moment(fse: Invoice, world: World) -> None:
    picks, barrier, answers = shown(), Barrier(2), list[str]()

    def go() -> None:
        with db.connection_context():
            barrier.wait()
            try:
                remind.remind(picks, by=world.staff)
                answers.append("sent")
            except Conflict:
                answers.append("refused")

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["refused", "sent"]
    assert Mail.select().count() == 1


def test_what_was_paid_while_the_mail_waited_is_not_asked_for(fse: Invoice, world: World) -> None:
    remind.remind(shown(), by=world.staff)
    booking.pay(fse.id, TODAY, fse.total_cents, by=world.staff, seen=0)
    assert delivery.deliver().failed == 1
    (one,) = dispatches.of(Invoice.get_by_id(fse.id))
    assert (one.state, one.said) == ("refused", "ValueError: nothing is to be paid any more")


def test_sending_the_invoice_again_leaves_a_reminder_that_waits(fse: Invoice, world: World) -> None:
    remind.remind(shown(), by=world.staff)
    sending_cast.send_it(fse, world.staff)
    sending_cast.send_it(Invoice.get_by_id(fse.id), world.staff)
    assert sorted(one.kind for one in Mail.select()) == ["invoice", "invoice_reminder"]


def test_a_fixed_number_of_statements(invoices: list[Invoice], world: World) -> None:
    def measure() -> tuple[int, int]:
        counts = []
        for read in (overdue.load, remind.due):
            with count_queries() as counted:
                read()
            counts.append(int(counted.count))
        return counts[0], counts[1]

    _fse, law = invoices
    remind.remind(shown(), by=world.staff)
    alone = measure()
    for number in range(3, 40):
        again(law, number, 20)
    assert measure() == alone
    assert len(shown()) == 37
