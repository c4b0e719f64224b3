"""Sending invoices: by mail and for Peppol, once, to the address that was shown."""

import smtplib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.background import delivery, mail, outbox, peppol
from konnekt.config import Config
from konnekt.db import db
from konnekt.documents import invoice as invoice_documents
from konnekt.domain import clock
from konnekt.domain.invoices import credit, dispatches, send
from konnekt.domain.records import forget
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refused
from konnekt.models import Agency, Dispatch, Document, Event, Installation, Invoice, Mail
from tests import factories, sending_cast, smtp
from tests.factories import World
from tests.sending_cast import change, last, send_it, shown


@pytest.fixture
def invoices(app: Flask, world: World) -> list[Invoice]:
    """2026-00001 of FSE and 2026-00002 of LAW, with documents."""
    return sending_cast.assemble(world)


@pytest.fixture
def fse(invoices: list[Invoice]) -> Invoice:
    return invoices[0]


def attached(message: EmailMessage) -> dict[str, bytes]:
    """File name and content of what goes along."""
    return {str(one.get_filename()): one.get_content() for one in message.iter_attachments()}


def content(invoice: Invoice, kind: str) -> bytes:
    found = Document.get((Document.invoice == invoice) & (Document.kind == kind)).whole()
    assert found
    return bytes(found)


def to(config: Config, postbox: smtp.Postbox) -> None:
    mail.configure(replace(config, mail=f"smtp://127.0.0.1:{postbox.port}"))


def state(invoice: Invoice) -> str:
    """As its page says it."""
    return dispatches.of(Invoice.get_by_id(invoice.id))[0].state


def refused(verb: Callable[[], Any], kind: type[Refused]) -> str:
    """It says no, and nothing has changed."""
    before = (Mail.select().count(), Dispatch.select().count(), Event.select().count())
    counts = [one.dispatch_count for one in Invoice.select().order_by(Invoice.id)]
    with pytest.raises(kind) as no:
        verb()
    assert (Mail.select().count(), Dispatch.select().count(), Event.select().count()) == before
    assert [one.dispatch_count for one in Invoice.select().order_by(Invoice.id)] == counts
    return str(no.value)


def test_the_documents_arrive_as_they_are_stored(world: World, config: Config) -> None:
    fse, _law = sending_cast.assemble(world, documents=False)
    assert invoice_documents.make_missing() == []
    change("FSE", invoice_way="mail_ubl")
    Agency.update(invoice_copy_to="archief@interum.example", invoice_text_nl="Vragen?\nBel Ans.").execute()
    dispatch = send_it(fse, world.staff)
    assert "%PDF" not in Mail.get().text + Mail.get().html, "the outbox holds no document"
    with smtp.server() as postbox:
        to(config, postbox)
        assert delivery.deliver() == delivery.Delivered(sent=1)
    message, copy = postbox.mails
    assert [one.rcpt_tos for one in postbox.envelopes] == [
        ["facturen@fse.example"], ["archief@interum.example"],
    ]  # fmt: skip
    assert (message["To"], message["Bcc"], copy["Bcc"]) == ("facturen@fse.example", None, None)
    assert message["Subject"] == f"Factuur {fse.number_text} van InterUM"
    assert attached(message) == attached(copy) == {
        f"{fse.number_text}.pdf": content(fse, "pdf"), f"{fse.number_text}.xml": content(fse, "ubl"),
    }  # fmt: skip
    assert content(fse, "pdf").startswith(b"%PDF-")
    text = message.get_body(("plain",))
    assert text is not None
    said = text.get_content().replace("\r\n", "\n")
    for words in ("Vragen?\nBel Ans.", "34367565.899", "NL91ABNA0417164300", fse.number_text, "30 december"):
        assert words in said
    assert (dispatch.documents, dispatch.recipient) == ("pdf ubl", "facturen@fse.example")
    assert state(fse) == "sent"
    event = Event.get(Event.verb == "send")
    assert (event.actor, event.invoice, event.after) == (world.staff, fse, {"way": "mail"})


def test_a_pdf_alone_in_the_language_of_the_organisation_with_its_order(world: World, config: Config) -> None:
    change("FSE", language="en", purchase_order_number="PO 77")
    fse, _law = sending_cast.assemble(world)
    send_it(fse, world.staff)
    delivery.deliver()
    (file,) = (config.instance / "outbox").iterdir()
    said = Mail.get()
    assert said.subject == f"Invoice {fse.number_text} from InterUM · your order PO 77"
    assert "Dear Sir or Madam," in said.text
    assert f"{fse.number_text}.xml" not in file.read_text()
    assert f'filename="{fse.number_text}.pdf"' in file.read_text()


def test_only_who_invoices_at_the_agency(fse: Invoice, world: World) -> None:
    planner = factories.account("Plan", "Ner", is_agency_staff=True, agency_roles="planning")
    for account in (planner, world.supervisor, world.noor, world.outsider):
        assert refused(lambda account=account: send_it(fse, account), Forbidden)
        assert refused(lambda account=account: send.send_many([shown(fse)], by=account), Forbidden)


def test_what_can_not_be_sent(fse: Invoice, world: World) -> None:
    by = world.staff
    change("FSE", invoice_email="")
    assert refused(lambda: send_it(fse, by), Conflict) == "There is no mail address for invoices."
    change("FSE", invoice_way="peppol")
    assert "hands nothing over" in refused(lambda: send_it(fse, by), Conflict)
    change("FSE", invoice_way="mail", invoice_email="x@fse.example")
    Invoice.update(has_documents=False).execute()
    assert "still being made" in refused(lambda: send_it(fse, by), Conflict)
    Invoice.update(has_documents=True, erased_at=clock.now()).execute()
    assert "past their term" in refused(lambda: send_it(fse, by), Conflict)
    assert refused(lambda: send.send(shown(fse)._replace(invoice=999), by=by), NotFound)
    assert refused(lambda: send.send_many([], by=by), Invalid)
    many = [shown(fse)._replace(invoice=number) for number in range(send.MOST + 1)]
    assert refused(lambda: send.send_many(many, by=by), Invalid)


def test_who_comes_second_is_told(fse: Invoice, world: World) -> None:
    pick = shown(fse)
    send.send(pick, by=world.staff)
    assert "in the meantime" in refused(lambda: send.send(pick, by=world.staff), Conflict)
    assert refused(lambda: send.send_many([pick], by=world.staff), Conflict)
    assert Mail.select().count() == 1


def test_two_at_the_same_moment(fse: Invoice, world: World) -> None:
    pick, barrier, answers = shown(fse), Barrier(2), list[str]()

    def go() -> None:
        with db.connection_context():
            barrier.wait()
            try:
                send.send(pick, by=world.staff)
                answers.append("sent")
            except Conflict:
                answers.append("refused")

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["refused", "sent"]
    assert Mail.select().count() == Dispatch.select().count() == 1


def test_an_address_that_changed_is_not_sent_to(invoices: list[Invoice], world: World) -> None:
    fse, law = invoices
    picks = [shown(fse), shown(law)]
    change("LAW", invoice_email="nieuw@law.example")
    said = refused(lambda: send.send_many(picks, by=world.staff), Conflict)
    assert said.startswith(f"{law.number_text} now goes to nieuw@law.example.")
    first, second = send.preview([fse.id, law.id], picks)
    assert (first.was, second.was, second.recipient) == ("", "facturen@law.example", "nieuw@law.example")
    assert send.send_many([shown(fse), shown(law)], by=world.staff) == 2


def test_each_of_many_costs_two_statements_at_most(invoices: list[Invoice], world: World) -> None:
    def measure(some: list[Invoice]) -> int:
        picks = [shown(one) for one in some]
        with count_queries() as counted:
            send.send_many(picks, by=world.staff)
        return int(counted.count)

    fse, law = invoices
    alone = measure([fse])
    for last_number in range(3, 9):
        columns = {name: value for name, value in law.__data__.items() if name != "id"}
        columns |= {"number": last_number, "number_text": f"2026-0000{last_number}"}
        Invoice.create(**columns)
    rest = list(Invoice.select().where(Invoice.dispatch_count == 0))
    assert len(rest) == 7
    # The chain of each invoice's events is a statement of its own on SQLite.
    assert measure(rest) <= alone + 2 * (len(rest) - 1)
    assert Mail.select().count() == 8


def test_a_credited_invoice_goes_by_its_own_page_alone(fse: Invoice, world: World) -> None:
    note = credit.credit(fse.id, "Verkeerd", by=world.staff)
    sending_cast.document(note)
    assert "credited" in refused(lambda: send.send_many([shown(fse)], by=world.staff), Conflict)
    assert send.send_many([shown(note)], by=world.staff) == 1
    letter = Mail.get()
    assert letter.subject == f"Creditnota {note.number_text} van InterUM"
    assert "Te betalen uiterlijk" not in letter.text
    assert send_it(fse, world.staff)
    assert "Te betalen uiterlijk" not in Mail.select().order_by(Mail.id.desc()).get().text


def test_refused_for_good_then_sent_again_elsewhere(fse: Invoice, world: World, config: Config) -> None:
    send_it(fse, world.staff)
    with smtp.server() as postbox:
        postbox.refuse = lambda address: "550 no such box" if "fse" in address else None
        to(config, postbox)
        assert delivery.deliver() == delivery.Delivered(failed=1)
        assert (state(fse), dispatches.of(Invoice.get_by_id(fse.id))[0].said) == (
            "refused",
            "550 no such box",
        )
        change("FSE", invoice_email="nieuw@um.example")
        send_it(fse, world.staff)
        assert outbox.count_given_up() == 0, "the first one is not sent again by accident"
        assert delivery.deliver() == delivery.Delivered(sent=1)
    assert [one.rcpt_tos for one in postbox.envelopes] == [["nieuw@um.example"]]
    second, first = dispatches.of(Invoice.get_by_id(fse.id))
    assert (first.state, first.said, first.recipient) == (
        "refused",
        "550 no such box",
        "facturen@fse.example",
    )
    assert (second.state, second.nth) == ("sent", 2)
    assert [one.verb for one in Event.select().where(Event.verb.in_(["send", "resend"])).order_by(Event.id)] == [
        "send", "resend",
    ]  # fmt: skip


def test_a_server_that_dies_half_way_gets_the_same_mail_again(
    fse: Invoice, world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_it(fse, world.staff)
    with smtp.server() as postbox:
        postbox.answer = lambda _envelope: ""
        to(config, postbox)
        assert delivery.deliver() == delivery.Delivered(failed=1)
        assert state(fse) == "failing"
        postbox.answer = lambda _envelope: None
        monkeypatch.setattr(clock, "now", lambda: clock.machine() + timedelta(days=3650))
        assert delivery.deliver() == delivery.Delivered(sent=1)
    assert len(postbox.envelopes) == 1
    assert state(fse) == "sent"


def test_a_copy_that_is_refused_sends_nothing_twice(fse: Invoice, world: World, config: Config) -> None:
    Agency.update(invoice_copy_to="archief@interum.example").execute()
    send_it(fse, world.staff)
    with smtp.server() as postbox:
        postbox.refuse = lambda address: "550 full" if "archief" in address else None
        to(config, postbox)
        assert delivery.deliver() == delivery.Delivered(sent=1)
        assert delivery.deliver() == delivery.Delivered()
    assert [one.rcpt_tos for one in postbox.envelopes] == [["facturen@fse.example"]]
    (only,) = dispatches.of(Invoice.get_by_id(fse.id))
    assert (only.state, only.said) == ("sent", "archief@interum.example: 550 full")


def test_the_copy_does_not_go_where_the_mail_does_not(fse: Invoice, world: World, config: Config) -> None:
    Agency.update(invoice_copy_to="archief@interum.example").execute()
    send_it(fse, world.staff)
    with smtp.server() as postbox:
        postbox.refuse = lambda address: "550 no" if "fse" in address else None
        to(config, postbox)
        assert delivery.deliver() == delivery.Delivered(failed=1)
    assert postbox.envelopes == []
    assert state(fse) == "refused"


def test_what_waits_is_taken_back_when_it_is_sent_again(fse: Invoice, world: World) -> None:
    send_it(fse, world.staff)
    change("FSE", invoice_email="nieuw@um.example")
    send_it(fse, world.staff)
    assert [one.recipient for one in Mail.select()] == ["nieuw@um.example"]
    second, first = dispatches.of(Invoice.get_by_id(fse.id))
    assert (first.state, second.state) == ("withdrawn", "waiting")
    assert delivery.deliver().sent == 1


def test_what_a_server_has_at_this_moment_is_not_sent_again(
    fse: Invoice, world: World, config: Config
) -> None:
    send_it(fse, world.staff)
    said = list[str]()

    def meanwhile() -> None:
        said.append(refused(lambda: send_it(fse, world.staff), Conflict))

    with smtp.server() as postbox:
        to(config, postbox)

        def send_message(self: smtplib.SMTP, *arguments: Any, **options: Any) -> Any:
            meanwhile()
            return real(self, *arguments, **options)

        real = smtplib.SMTP.send_message
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(smtplib.SMTP, "send_message", send_message)
            assert delivery.deliver().sent == 1
    assert said == ["This mail is on its way already."]
    assert send_it(fse, world.staff).nth == 2, "once it is sent it may be sent again"


def test_a_lost_document_waits_and_one_past_its_term_never_goes(fse: Invoice, world: World) -> None:
    send_it(fse, world.staff)
    Document.delete().execute()
    assert delivery.deliver().failed == 1
    assert state(fse) == "failing"
    sending_cast.document(fse)
    Document.update(content=b"").execute()
    Mail.update(due_at=clock.now()).execute()
    assert delivery.deliver().failed == 1
    assert state(fse) == "refused"


def test_what_became_of_it_outlives_the_mail(fse: Invoice, world: World) -> None:
    send_it(fse, world.staff)
    delivery.deliver()
    long_ago = clock.now() - timedelta(days=800)
    Mail.update(queued_at=long_ago).execute()
    list(forget.forget())
    assert Mail.select().count() == 0
    (only,) = dispatches.of(Invoice.get_by_id(fse.id))
    assert (only.state, only.state_at, only.recipient) == ("sent", clock.now(), "facturen@fse.example")


def test_past_the_term_of_the_invoice_no_address_is_kept(fse: Invoice, world: World) -> None:
    send_it(fse, world.staff)
    old = clock.today().replace(year=2016)
    Invoice.update(issued_on=old, paid_on=old, settled_cents=Invoice.total_cents).execute()
    list(forget.forget())
    only = last(fse)
    assert (only.recipient, only.copy_to, only.answer) == ("", "", "")


@pytest.fixture
def folder(config: Config, fse: Invoice, tmp_path: Path) -> Path:
    """Where FSE's invoices are handed over."""
    there = tmp_path / "peppol"
    mail.configure(replace(config, peppol_folder=there))
    change("FSE", invoice_way="peppol")
    return there


def test_handed_over_for_peppol(folder: Path, fse: Invoice, world: World) -> None:
    dispatch = send_it(fse, world.staff)
    assert (dispatch.way, dispatch.recipient, Mail.select().count()) == ("peppol", "0106:87654321", 0)
    assert state(fse) == "waiting"
    assert peppol.go_round() == 1
    assert [file.name for file in folder.iterdir()] == [f"{fse.number_text}.xml"]
    assert (folder / f"{fse.number_text}.xml").read_bytes() == content(fse, "ubl")
    assert state(fse) == "sent"
    assert peppol.go_round() == 0


@pytest.mark.parametrize(("suffix", "outcome"), [("sent", "delivered"), ("refused", "refused")])
def test_the_answer_of_an_access_point(
    folder: Path, fse: Invoice, world: World, suffix: str, outcome: str
) -> None:
    send_it(fse, world.staff)
    peppol.go_round()
    (folder / f"{fse.number_text}.{suffix}").write_text("  Onbekende\nontvanger\0 " + "x" * 5000)
    (folder / "2026-99999.sent").write_text("")
    (folder / "notes.txt").write_text("")
    peppol.go_round()
    (only,) = dispatches.of(Invoice.get_by_id(fse.id))
    assert only.state == outcome
    assert only.said.startswith("Onbekende ontvanger x")
    assert len(only.said) == peppol.LONGEST_ANSWER
    assert sorted(file.name for file in folder.iterdir()) == [
        f"{fse.number_text}.xml", "2026-99999.sent.unknown", "notes.txt",
    ]  # fmt: skip
    send_it(fse, world.staff)
    assert peppol.go_round() == 1, "refused or not, it is handed over again where somebody says so"
    assert state(fse) == "sent"


def test_a_folder_that_can_not_be_written_loses_nothing(folder: Path, fse: Invoice, world: World) -> None:
    send_it(fse, world.staff)
    folder.write_text("no folder")
    with pytest.raises(OSError):
        peppol.go_round()
    assert state(fse) == "waiting"
    folder.unlink()
    assert peppol.go_round() == 1


def test_nothing_is_handed_over_of_a_restored_copy_or_without_the_setting(
    folder: Path, fse: Invoice, world: World, config: Config
) -> None:
    send_it(fse, world.staff)
    delivery.hold_back()
    assert peppol.go_round() == 0
    delivery.release()
    assert not Installation.select().where(Installation.is_held()).exists()
    mail.configure(config)
    with count_queries() as counted:
        assert peppol.go_round() == 0
    assert counted.count == 0
    assert not folder.exists()


def test_an_e_invoice_without_peppol_ids_is_not_handed_over(folder: Path, fse: Invoice, world: World) -> None:
    frozen = fse.frozen | {"buyer": fse.frozen["buyer"] | {"peppol_id": ""}}
    Invoice.update(frozen=frozen).where(Invoice.id == fse.id).execute()
    assert "no Peppol id" in refused(lambda: send_it(fse, world.staff), Conflict)


def test_a_name_with_line_ends_stays_in_its_place(fse: Invoice, world: World) -> None:
    buyer = fse.frozen["buyer"] | {"name": "FSE\r\nBcc: all@evil.example <b>"}
    Invoice.update(frozen=fse.frozen | {"buyer": buyer}).where(Invoice.id == fse.id).execute()
    send_it(fse, world.staff)
    assert delivery.deliver().sent == 1
    assert "&lt;b&gt;" in Mail.get().html


def test_issuing_sends_nothing(invoices: list[Invoice]) -> None:
    assert Mail.select().count() == Dispatch.select().count() == 0
    assert [one.dispatch_count for one in invoices] == [0, 0]
