"""Sending invoices and credit notes to their organisations: what would go where, and having it go.

An invoice goes by mail or is handed over for Peppol, as its organisation says. A pick carries what somebody
was shown (how often it was sent, to whom it goes), so that nothing goes twice, or to an address that nobody
saw: whoever comes second, or after a change, is told and looks again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from konnekt.background import mail
from konnekt.db import hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.invoices import dispatches, letters, parties, states
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import Account, Agency, Dispatch, Event, Invoice, Mail, Organisation, PayPeriod

KIND = "invoice"
MOST = 500
# How an organisation has its invoices, and the documents that go along.
DOCUMENTS = {"mail": "pdf", "mail_ubl": "pdf ubl", "peppol": "ubl"}


class ShownInvoice(NamedTuple):
    """What somebody was shown of an invoice: how often it was sent before, how and to whom it goes.

    copy_to: who gets a copy of it by mail.
    """

    invoice: int
    times: int
    way: str
    recipient: str
    copy_to: str = ""


@dataclass(frozen=True)
class Outgoing:
    """An invoice, how and to whom it would go; fault: why it can't, a sentence.

    copy_to: who gets a copy of it by mail. last: the last time that it was sent. was: to whom it would have
    gone when it was shown.
    """

    invoice: Invoice
    way: str
    recipient: str
    copy_to: str = ""
    fault: Conflict | None = None
    last: Dispatch | None = None
    was: str = ""

    @property
    def pick(self) -> str:
        """What a form sends of it (forms.invoices.sending_picks reads it)."""
        copy = f" {self.copy_to}" if self.copy_to else ""
        return f"{self.invoice.id} {self.invoice.dispatch_count} {self.way} {self.recipient}{copy}"

    @property
    def shown(self) -> ShownInvoice:
        """What a page shows of it."""
        return ShownInvoice(
            self.invoice.id, self.invoice.dispatch_count, self.way, self.recipient, self.copy_to
        )

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What goes: the invoice itself, and its copy; columns of a Dispatch."""
        by_mail = self.way != "peppol"
        way = "mail" if by_mail else "peppol"
        whole = {"way": way, "recipient": self.recipient, "documents": DOCUMENTS[self.way], "is_copy": False}
        copy = {"way": "mail", "recipient": self.copy_to, "documents": "pdf", "is_copy": True}
        if by_mail:
            copy["documents"] = whole["documents"]
        return [whole, copy] if self.copy_to else [whole]

    @property
    def lacks_address(self) -> bool:
        """Whether the organisation's page is where it can be mended."""
        return not self.recipient and self.way != "peppol"


def hands_over() -> bool:
    """Whether this portal hands e-invoices over for Peppol."""
    return bool(mail.config().peppol_folder)


def outgoing(invoice: Invoice) -> Outgoing:
    """How an invoice would go, as its own page shows it; it comes with its organisation. No statement."""
    way = invoice.organisation.invoice_way
    recipient = _peppol_id(invoice) if way == "peppol" else invoice.organisation.invoice_email
    copy_to = invoice.organisation.invoice_copy_to
    copy_to = "" if copy_to == recipient else copy_to
    return Outgoing(invoice, way, recipient, copy_to, _fault(invoice, way, recipient))


def _peppol_id(invoice: Invoice) -> str:
    """Of the buyer, where the e-invoice is one for Peppol: it names what it froze."""
    ids = [parties.peppol_id(invoice.frozen[side]) for side in ("seller", "buyer")]
    return ":".join(ids[1]) if all(scheme for scheme, _ in ids) else ""


def _fault(invoice: Invoice, way: str, recipient: str) -> Conflict | None:
    if invoice.erased_at:
        return Conflict("Its documents are past their term.")
    if way == "peppol" and not hands_over():
        return Conflict("This portal hands nothing over for Peppol.")
    if not recipient and way == "peppol":
        return Conflict("Its e-invoice names no Peppol id of both sides.")
    if not recipient:
        return Conflict("There is no mail address for invoices.")
    return None if invoice.has_documents else Conflict("Its documents are still being made.")


def preview(invoices: Iterable[int], shown: Iterable[ShownInvoice] = ()) -> list[Outgoing]:
    """How many invoices would go at once, by number: what was sent before, or is credited, does not.

    shown: what somebody saw before; where it goes elsewhere by now, that is named. Two statements. Raises
    Invalid for none or too many, NotFound where one is not there.
    """
    ids = list(dict.fromkeys(invoices))
    if not ids:
        raise Invalid("Tick at least one invoice.", field="pick")
    if len(ids) > MOST:
        raise Invalid("At most %(count)s invoices go at once: choose less.", field="pick", count=MOST)
    before = {pick.invoice: pick for pick in shown}
    outgoing = [_of_many(one, before.get(one.invoice.id)) for one in _read(ids)]
    if len(outgoing) < len(ids):
        raise NotFound("One of these invoices does not exist, or not for you.")
    latest = dispatches.latest(one.invoice for one in outgoing)
    return [replace(one, last=latest.get(one.invoice.id)) for one in outgoing]


def _read(ids: list[int]) -> list[Outgoing]:
    query = (
        Invoice.select(Invoice, Organisation, PayPeriod, states.credited().alias("is_credited"))
        .join(Organisation)
        .switch(Invoice)
        .join(PayPeriod)
        .where(Invoice.id.in_(ids))
        .order_by(Invoice.year, Invoice.number)
    )
    return [outgoing(one) for one in query]


def _of_many(one: Outgoing, shown: ShownInvoice | None) -> Outgoing:
    fault = one.fault
    if one.invoice.dispatch_count:
        fault = Conflict("It was sent before.")
    elif one.invoice.is_credited:
        fault = Conflict("It is credited: whether it still goes is a choice for its own page.")
    is_elsewhere = shown is not None and shown._replace(times=one.shown.times) != one.shown
    return replace(one, fault=fault, was=_addresses(shown) if shown and is_elsewhere else "")


def _addresses(of: Outgoing | ShownInvoice) -> str:
    """To whom it goes, in a few letters."""
    return ", ".join(filter(None, (of.recipient, of.copy_to)))


def of_run(batch: str) -> list[int]:
    """The invoices that a run issued, by the batch of its events: one statement."""
    query = Event.select(Event.invoice).where((Event.batch == batch) & (Event.verb == "issue"))
    return [invoice for (invoice,) in query.tuples()]


def send_many(picks: list[ShownInvoice], *, by: Account) -> int:
    """Send what a preview showed, all of it or nothing; returns how many.

    At most two statements more for each: its event joins the chain of its invoice. Raises Conflict where
    anything is not as it was shown.
    """
    must_be_agency_staff(by)
    ids = [pick.invoice for pick in picks]
    with transaction():
        hold("invoices")
        _go(preview(ids, picks), picks, by)
    return len(set(ids))


def send(pick: ShownInvoice, *, by: Account) -> Dispatch:
    """Send one invoice, for the first time or again: then what did not go out before is taken back.

    Raises Conflict where it is not as it was shown, can't be sent, or is with a mail server at this moment.
    """
    must_be_agency_staff(by)
    with transaction():
        hold("invoices")
        outgoing = _read([pick.invoice])
        if not outgoing:
            raise NotFound("This invoice does not exist, or not for you.")
        _go(outgoing, [pick], by)
        dispatch: Dispatch = Dispatch.get(
            Dispatch.invoice == pick.invoice,
            Dispatch.purpose == KIND,
            Dispatch.nth == pick.times + 1,
            ~Dispatch.is_copy,
        )
    return dispatch


def must_be_agency_staff(by: Account) -> None:
    """Raise Forbidden for who may not send invoices."""
    agency_roles.require(by, "invoices", "Only the agency sends invoices.")


def _go(outgoing: list[Outgoing], picks: list[ShownInvoice], by: Account) -> None:
    shown = {pick.invoice: pick for pick in picks}
    for one in outgoing:
        _must_be_as_shown(one, shown[one.invoice.id])
    ids, count = list(shown), picks[0].times
    taken = Invoice.update(dispatch_count=count + 1).where(
        Invoice.id.in_(ids) & (Invoice.dispatch_count == count)
    )
    if taken.execute() != len(ids):
        raise Conflict("This changed after it was shown. Nothing was sent: look at it again.")
    if count:
        dispatches.withdraw_unsent(ids)
    agency, now = Agency.get(), clock.now()
    rows: list[dict[str, Any]] = [
        {
            "invoice": one.invoice, "nth": count + 1, "asked_at": now, "asked_by": by.id, "mail": None,
            "copy_to": "" if part["way"] == "peppol" or part["is_copy"] else agency.invoice_copy_to, **part,
        }
        for one in outgoing for part in one.parts
    ]  # fmt: skip
    _queue([row for row in rows if row["way"] == "mail"], agency)
    Dispatch.insert_many(rows).execute()
    verb = "resend" if count else "send"
    events.record_many(
        [
            {"verb": verb, "actor": by.id, "invoice": row["invoice"].id, "after": {"way": row["way"]}}
            for row in rows
            if not row["is_copy"]
        ]
    )


def _must_be_as_shown(one: Outgoing, shown: ShownInvoice) -> None:
    number = one.invoice.number_text
    if one.invoice.dispatch_count != shown.times:
        raise Conflict(
            "Somebody sent %(number)s in the meantime. Nothing was sent: look at it again.", number=number
        )
    if one.fault:
        raise one.fault
    if one.shown != shown:
        raise Conflict(
            "%(number)s now goes to %(address)s. Nothing was sent: look at it again.",
            number=number,
            address=_addresses(one),
        )


def _queue(rows: list[dict[str, Any]], agency: Agency) -> None:
    """Put a mail in the outbox for each, whose id goes to its row."""
    keys = {f"invoice {row['invoice'].id} {row['nth']}{' copy' * row['is_copy']}": row for row in rows}
    mail.queue_many(
        KIND,
        [
            mail.Addressed(
                row["recipient"],
                key,
                letters.values(row["invoice"], agency)
                | {"has_ubl": "ubl" in row["documents"], "is_copy": row["is_copy"]},
            )
            for key, row in keys.items()
        ],
    )
    for number, key in Mail.select(Mail.id, Mail.once_key).where(Mail.once_key.in_(list(keys))).tuples():
        keys[key]["mail"] = number
