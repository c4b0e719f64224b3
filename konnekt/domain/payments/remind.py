"""Reminding of what is overdue, in steps: what is due now, and sending it once somebody has seen it.

A step comes so many days after the due date, and as many days after the step before it as the two are apart:
who sends the first one late gives the organisation its time. What is paid or credited is never reminded of.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NamedTuple

from konnekt.background import mail
from konnekt.db import hold, transaction
from konnekt.domain import clock, events, units
from konnekt.domain.invoices import dispatches, letters, send
from konnekt.domain.payments import overdue, reminder_steps
from konnekt.domain.payments.reminder_steps import ChosenStep
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.models import Account, Agency, Dispatch, Invoice, Mail, Organisation

KIND = "invoice_reminder"
MOST = 500


class ShownReminder(NamedTuple):
    """What somebody was shown: of which invoice, the step, what is open (cents), to whom it goes."""

    invoice: int
    step: int
    open_cents: int
    recipient: str


@dataclass(frozen=True)
class DueReminder:
    """A reminder that is due; fault: why it can't go. was: to whom it would have gone when it was shown."""

    invoice: Invoice
    step: ChosenStep
    fault: Conflict | None = None
    was: str = ""

    @property
    def recipient(self) -> str:
        return str(self.invoice.organisation.invoice_email)

    @property
    def pick(self) -> str:
        """What a form sends of it (forms.reminders.picks reads it)."""
        return f"{self.invoice.id} {self.step.number} {self.invoice.to_pay_cents} {self.recipient}"


@dataclass
class HeldReminders:
    """What can't go to one organisation for one reason: the invoices, the oldest first."""

    organisation: Organisation
    fault: Conflict
    invoices: list[Invoice] = field(default_factory=list)

    @property
    def open_cents(self) -> int:
        """What is still to be paid of them."""
        return sum(one.to_pay_cents for one in self.invoices)

    @property
    def lacks_address(self) -> bool:
        """Whether the organisation's page is where it can be mended."""
        return not self.organisation.invoice_email


@dataclass(frozen=True)
class DueReminders:
    """The reminders that are due, the oldest first. going: at most MOST; later: how many more could go."""

    going: list[DueReminder]
    staying: list[DueReminder]
    later: int = 0

    @property
    def held(self) -> list[HeldReminders]:
        """What can't go, by organisation and reason: the one with most of them first."""
        held: dict[tuple[int, str], HeldReminders] = {}
        for one in self.staying:
            if one.fault is not None:
                at = one.invoice.organisation
                of = held.setdefault((at.id, str(one.fault)), HeldReminders(at, one.fault))
                of.invoices.append(one.invoice)
        return sorted(held.values(), key=lambda one: -len(one.invoices))


def due(shown: Iterable[ShownReminder] = ()) -> DueReminders:
    """The reminders that are due: three statements. What can't go holds up nothing that can.

    shown: what somebody saw before; where it goes elsewhere by now, that is named.
    """
    steps = [step for step in reminder_steps.all_steps() if step.days is not None]
    if not steps:
        return DueReminders([], [])
    before = {one.invoice: one for one in shown}
    may_be = (Invoice.reminder_count < len(steps)) & Organisation.payment_reminders
    of_age = overdue.is_overdue(steps[0].days or 1)
    invoices = list(overdue.read(of_age & may_be & Invoice.erased_at.is_null()))
    reminded = dispatches.latest(invoices, "reminder")
    reminders = [
        _due(one, step, before.get(one.id))
        for one in invoices
        if _has_come(one, (step := steps[one.reminder_count]), steps, reminded.get(one.id))
    ]
    going = [one for one in reminders if not one.fault]
    staying = [one for one in reminders if one.fault]
    return DueReminders(going[:MOST], staying, max(len(going) - MOST, 0))


def _has_come(invoice: Invoice, step: ChosenStep, steps: list[ChosenStep], last: Dispatch | None) -> bool:
    days = step.days or 0
    if overdue.late_days(invoice.due_on) < days:
        return False
    if last is None:
        return True
    apart = timedelta(days=days - (steps[step.number - 2].days or 0))
    return bool(clock.today() >= clock.local(last.asked_at).date() + apart)


def _due(invoice: Invoice, step: ChosenStep, shown: ShownReminder | None) -> DueReminder:
    one = DueReminder(invoice, step)
    if not one.recipient:
        one = replace(one, fault=Conflict("There is no mail address for invoices."))
    elif not invoice.has_documents:
        one = replace(one, fault=Conflict("Its documents are still being made."))
    is_elsewhere = shown is not None and shown.recipient != one.recipient
    return replace(one, was=shown.recipient if shown and is_elsewhere else "")


def remind(picks: list[ShownReminder], *, by: Account) -> int:
    """Send these reminders, as they were shown: all or nothing; returns how many.

    Raises Invalid for none, Conflict where one is not due any more (paid, credited, reminded of by somebody
    else), or where what is open, its step or its address is not what was shown.
    """
    send.must_be_agency_staff(by)
    if not picks:
        raise Invalid("Tick at least one reminder.", field="pick")
    with transaction():
        hold("invoices")
        now = {one.invoice.id: one for one in due().going}
        shown = {pick.invoice: pick for pick in picks}
        going = [_as_shown(now.get(invoice), pick) for invoice, pick in shown.items()]
        for number in sorted({one.step.number for one in going}):
            _count([one.invoice.id for one in going if one.step.number == number], number)
        _write(going, by)
    return len(going)


def _as_shown(one: DueReminder | None, shown: ShownReminder) -> DueReminder:
    as_shown = one and (one.invoice.id, one.step.number, one.invoice.to_pay_cents, one.recipient)
    if one is None or as_shown != shown:
        raise Conflict("This changed after it was shown. Nothing was sent: look at it again.")
    return one


def _count(invoices: list[int], step: int) -> None:
    same = Invoice.id.in_(invoices) & (Invoice.reminder_count == step - 1)
    if Invoice.update(reminder_count=step).where(same).execute() != len(invoices):
        raise Conflict("This changed after it was shown. Nothing was sent: look at it again.")


def _write(going: list[DueReminder], by: Account) -> None:
    agency = Agency.get()
    for one, frozen in overdue.frozen(one.invoice for one in going):
        one.frozen = frozen
    keys = {f"reminder {one.invoice.id} {one.step.number}": one for one in going}
    mail.queue_many(
        KIND, [mail.Addressed(one.recipient, key, _values(one, agency)) for key, one in keys.items()]
    )
    queued = Mail.select(Mail.id, Mail.once_key).where(Mail.once_key.in_(list(keys))).tuples()
    mails = {key: number for number, key in queued}
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {
            "invoice": one.invoice.id, "purpose": "reminder", "nth": one.step.number, "way": "mail",
            "recipient": one.recipient, "copy_to": agency.invoice_copy_to, "documents": "pdf",
            "open_cents": one.invoice.to_pay_cents, "mail": mails[key], "asked_at": now, "asked_by": by.id,
        }
        for key, one in keys.items()
    ]  # fmt: skip
    Dispatch.insert_many(rows).execute()
    events.record_many(
        [
            {
                "verb": "remind", "actor": by.id, "invoice": row["invoice"],
                "after": {"step": row["nth"], "amount_cents": row["open_cents"]},
            }
            for row in rows
        ]
    )  # fmt: skip


def _values(one: DueReminder, agency: Agency) -> dict[str, Any]:
    invoice = one.invoice
    return letters.values(invoice, agency) | {
        "step": one.step.number,
        "own_text": one.step.text(invoice.language),
        "paid": units.euros(invoice.settled_cents, invoice.language) if invoice.settled_cents else "",
        "late_days": overdue.late_days(invoice.due_on),
    }
