"""What is being sent: how far, how long the rest takes, what did not go and why."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.background import delivery, mail, peppol
from konnekt.background.queue import WorkProgress
from konnekt.config import Config
from konnekt.domain import clock
from konnekt.domain.invoices import send, under_way
from konnekt.domain.refusals import NotFound
from konnekt.models import Dispatch, Invoice
from tests import sending_cast, smtp
from tests.factories import World
from tests.sending_cast import change, shown


@pytest.fixture
def invoices(app: Flask, world: World) -> list[Invoice]:
    return sending_cast.assemble(world)


def counts(of: under_way.Sending) -> tuple[int, int, int, int, int]:
    return of.count, of.went, of.refused, of.failing, of.waiting


def test_from_waiting_to_over(invoices: list[Invoice], world: World, config: Config) -> None:
    assert under_way.sendings() == []
    send.send_many([shown(one) for one in invoices], by=world.staff)
    (sending,) = under_way.sendings()
    assert counts(sending) == (2, 0, 0, 0, 2)
    assert under_way.latest_of(world.staff) == sending == under_way.find(sending.first)
    assert (sending.progress.done, sending.progress.percent, sending.is_over) == (0, 0, False)
    with smtp.server() as postbox:
        # One is taken, of the other the server says later.
        postbox.refuse = lambda address: "451 busy" if "law" in address else None
        mail.configure(replace(config, mail=f"smtp://127.0.0.1:{postbox.port}"))
        delivery.deliver()
    over = under_way.find(sending.first)
    assert (counts(over), over.is_over) == ((2, 1, 0, 1, 0), True)
    assert under_way.sendings() == []
    assert [(one.invoice.number_text, one.said) for one in under_way.left(over)] == [
        (invoices[1].number_text, "451 busy")
    ]


def test_what_is_refused_for_good_is_named(invoices: list[Invoice], world: World, config: Config) -> None:
    send.send_many([shown(one) for one in invoices], by=world.staff)
    with smtp.server() as postbox:
        postbox.refuse = lambda address: "550 no such box" if "fse" in address else None
        mail.configure(replace(config, mail=f"smtp://127.0.0.1:{postbox.port}"))
        delivery.deliver()
    over = under_way.latest_of(world.staff)
    assert counts(over) == (2, 1, 1, 0, 0)
    (one,) = under_way.left(over)
    assert (one.invoice, one.state) == (invoices[0], "refused")


def test_peppol_is_done_once_it_is_handed_over(
    invoices: list[Invoice], world: World, config: Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mail.configure(replace(config, peppol_folder=tmp_path_factory.mktemp("peppol")))
    change("FSE", invoice_way="peppol")
    send.send_many([shown(one) for one in invoices], by=world.staff)
    (sending,) = under_way.sendings()
    peppol.go_round()
    assert counts(under_way.find(sending.first)) == (2, 1, 0, 0, 1)


def test_two_sendings_are_two(invoices: list[Invoice], world: World) -> None:
    """Of two people, or at two moments; a dispatch that is there is of one of them."""
    send.send_many([shown(invoices[0])], by=world.staff)
    other = sending_cast.colleague("invoicing")
    send.send_many([shown(invoices[1])], by=other)
    assert [one.count for one in under_way.sendings()] == [1, 1]
    assert under_way.latest_of(other) != under_way.latest_of(world.staff)
    Dispatch.update(asked_at=clock.now() - timedelta(hours=1)).where(
        Dispatch.invoice == invoices[0]
    ).execute()
    first, second = under_way.sendings()
    assert (first.by, second.by) == (other.id, world.staff.id)
    with pytest.raises(NotFound):
        under_way.find(999)


def test_what_is_taken_back_holds_up_nothing(invoices: list[Invoice], world: World) -> None:
    sending_cast.send_it(invoices[0], world.staff)
    Dispatch.update(asked_at=clock.now() - timedelta(hours=1)).execute()
    change("FSE", invoice_email="nieuw@fse.example")
    sending_cast.send_it(Invoice.get_by_id(invoices[0].id), world.staff)
    (only,) = under_way.sendings()
    assert only.asked_at == clock.now()


def test_one_statement_for_all_that_is_under_way(invoices: list[Invoice], world: World) -> None:
    send.send_many([shown(one) for one in invoices], by=world.staff)
    with count_queries() as counted:
        assert len(under_way.sendings()) == 1
    assert counted.count == 1


@pytest.mark.parametrize(
    ("done", "total", "seconds", "before", "left"),
    [
        (0, 100, 60, 0, None),  # nothing was done
        (50, 100, 4, 0, None),  # it has only begun
        (1, 100, 30, 0, None),  # one of a hundred says nothing
        (2, 100, 30, 0, 1470),
        (50, 100, 60, 0, 60),
        (99, 100, 99, 0, 1),
        (100, 100, 60, 0, None),  # nothing is left
        (90, 100, 60, 90, None),  # another run did all of that
        (95, 100, 60, 90, 60),  # and the pace is this run's
        (1, 2, 8, 0, 8),
        (0, 0, 60, 0, None),
    ],
)
def test_what_says_how_long_the_rest_takes(
    done: int, total: int, seconds: int, before: int, left: int | None
) -> None:
    assert WorkProgress(done, total, seconds, before).seconds_left == left


@pytest.mark.parametrize(
    ("seconds", "tens", "minutes"),
    [(6, 10, None), (33, 40, None), (60, 60, None), (61, None, 2), (600, None, 10)],
)
def test_it_is_said_in_tens_or_minutes(seconds: int, tens: int | None, minutes: int | None) -> None:
    progress = WorkProgress(50, 100, seconds)
    assert (progress.tens_left, progress.minutes_left) == (tens, minutes)


def test_the_share_is_whole_only_at_the_end() -> None:
    assert [WorkProgress(done, 1000).percent for done in (0, 9, 10, 999, 1000)] == [0, 0, 1, 99, 100]
