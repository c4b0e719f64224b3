"""The copy by mail that an organisation asks for, beside its mail or Peppol: once, with a state of its own."""

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask

from konnekt.background import delivery, mail, peppol
from konnekt.config import Config
from konnekt.domain.invoices import dispatches, send
from konnekt.domain.payments import remind
from konnekt.domain.refusals import Conflict
from konnekt.models import Agency, Dispatch, Event, Invoice, Mail
from tests import sending_cast, smtp
from tests.factories import World
from tests.sending_cast import change, send_it, shown

ADDRESS = "controller@fse.example"


@pytest.fixture
def fse(app: Flask, world: World) -> Invoice:
    """2026-00001, of which the controller gets a copy."""
    invoice = sending_cast.assemble(world)[0]
    change("FSE", invoice_copy_to=ADDRESS)
    return invoice


def by_address() -> dict[str, Dispatch]:
    return {one.recipient: one for one in dispatches.read()}


def parts(message: EmailMessage) -> list[str]:
    return [str(one.get_filename()) for one in message.iter_attachments()]


@pytest.mark.parametrize(("way", "files"), [("mail", ["pdf"]), ("mail_ubl", ["pdf", "xml"])])
def test_beside_the_mail_with_the_same_documents(
    fse: Invoice, world: World, config: Config, way: str, files: list[str]
) -> None:
    change("FSE", invoice_way=way)
    Agency.update(invoice_copy_to="archief@interum.example").execute()
    send_it(fse, world.staff)
    with smtp.server() as postbox:
        mail.configure(replace(config, mail=f"smtp://127.0.0.1:{postbox.port}"))
        assert delivery.deliver() == delivery.Delivered(sent=2)
    assert [one.rcpt_tos for one in postbox.envelopes] == [
        ["facturen@fse.example"], ["archief@interum.example"], [ADDRESS],
    ]  # fmt: skip
    for message in postbox.mails:
        assert parts(message) == [f"{fse.number_text}.{suffix}" for suffix in files]
    assert str(postbox.mails[-1]["Subject"]) == f"Kopie: Factuur {fse.number_text} van InterUM"
    assert [event.verb for event in Event.select().where(Event.verb == "send")] == ["send"]


def test_beside_peppol_as_a_pdf(fse: Invoice, world: World, config: Config, tmp_path: Path) -> None:
    mail.configure(replace(config, peppol_folder=tmp_path / "peppol"))
    change("FSE", invoice_way="peppol")
    assert send_it(fse, world.staff).way == "peppol"
    assert peppol.go_round() == 1
    copy = by_address()[ADDRESS]
    assert (copy.way, copy.documents, copy.is_copy, copy.state) == ("mail", "pdf", True, "waiting")
    assert "Dit is een kopie" in Mail.get().text
    assert delivery.deliver().sent == 1
    assert {one.state for one in dispatches.of(Invoice.get_by_id(fse.id))} == {"sent"}
    assert dispatches.latest([Invoice.get_by_id(fse.id)])[fse.id].way == "peppol", "a list says how it went"


def test_neither_s_refusal_is_the_other_s(fse: Invoice, world: World, config: Config) -> None:
    send_it(fse, world.staff)
    with smtp.server() as postbox:
        postbox.refuse = lambda address: "550 full" if "controller" in address else None
        mail.configure(replace(config, mail=f"smtp://127.0.0.1:{postbox.port}"))
        assert delivery.deliver() == delivery.Delivered(sent=1, failed=1)
    states = {address: one.state for address, one in by_address().items()}
    assert states == {"facturen@fse.example": "sent", ADDRESS: "refused"}
    send_it(Invoice.get_by_id(fse.id), world.staff)
    assert Dispatch.select().where(Dispatch.is_copy).count() == 2


def test_what_waits_is_taken_back_with_its_copy(fse: Invoice, world: World) -> None:
    send_it(fse, world.staff)
    change("FSE", invoice_copy_to="")
    send_it(Invoice.get_by_id(fse.id), world.staff)
    assert [one.recipient for one in Mail.select()] == ["facturen@fse.example"]
    assert [one.state for one in dispatches.of(Invoice.get_by_id(fse.id))] == [
        "waiting", "withdrawn", "withdrawn",
    ]  # fmt: skip


def test_no_copy_to_the_address_that_it_goes_to(fse: Invoice, world: World) -> None:
    change("FSE", invoice_copy_to="facturen@fse.example")
    send_it(fse, world.staff)
    assert Dispatch.select().count() == 1


@pytest.mark.parametrize("now", ["", "ander@fse.example"])
def test_another_copy_than_was_shown_sends_nothing(fse: Invoice, world: World, now: str) -> None:
    """It is shown first, with what it was."""
    pick = shown(fse)
    change("FSE", invoice_copy_to=now)
    verbs: list[Callable[[], object]] = [
        lambda: send.send(pick, by=world.staff),
        lambda: send.send_many([pick], by=world.staff),
    ]
    for verb in verbs:
        with pytest.raises(Conflict):
            verb()
    assert Mail.select().count() == 0
    (one,) = send.preview([fse.id], [pick])
    assert (one.copy_to, one.was) == (now, f"facturen@fse.example, {ADDRESS}")


def test_reminders_go_to_the_address_of_invoices_alone(fse: Invoice, world: World) -> None:
    Invoice.update(due_on="2026-11-01", issued_on="2026-10-01").where(Invoice.id == fse.id).execute()
    (due,) = remind.due().going
    assert due.recipient == "facturen@fse.example"
    picks = [remind.ShownReminder(fse.id, due.step.number, due.invoice.to_pay_cents, due.recipient)]
    assert remind.remind(picks, by=world.staff) == 1
    assert [one.recipient for one in Mail.select()] == ["facturen@fse.example"]
