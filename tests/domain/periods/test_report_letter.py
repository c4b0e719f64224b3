"""The report by mail: to who asks, once for each period whose approvals were due, with what they may see then."""

import re
from datetime import datetime, timedelta

import pytest

from konnekt.domain import clock
from konnekt.domain.periods import report_letter
from konnekt.domain.refusals import Forbidden
from konnekt.models import Account, Event, Mail, PayPeriod, Right
from tests import factories
from tests.factories import World


def at_its_end(period: PayPeriod, **later: float) -> None:
    """The moment that the approvals of a period were due, or so much later."""
    due: datetime = PayPeriod.get_by_id(period.id).approve_by_at
    clock.fix((due + timedelta(**later)).replace(tzinfo=None).isoformat() + "+00:00")


def told() -> list[tuple[str, str]]:
    """To whom, and the subject."""
    query = Mail.select(Mail.recipient, Mail.subject).where(Mail.kind == "report").order_by(Mail.id)
    return list(query.tuples())


@pytest.fixture
def reader(world: World) -> Account:
    """Somebody who may see invoices of one organisation."""
    reader = factories.account("Ada", "Lezer")
    factories.right(reader, world.fse, invoices=1)
    return reader


def test_once_for_a_period_to_who_asks(world: World, reader: Account) -> None:
    report_letter.choose(True, by=reader)
    report_letter.choose(True, by=reader)
    at_its_end(world.period, minutes=-1)
    assert report_letter.queue_due() == 0
    at_its_end(world.period, hours=1)
    assert report_letter.queue_due() == 1
    assert report_letter.queue_due() == 0
    ((recipient, subject),) = told()
    assert (recipient, subject[:18]) == (reader.email, "Rapport: Periode 1")
    text = Mail.get(Mail.kind == "report").text
    period = world.period
    assert f"/reports?year={period.year}&first={period.id}&last={period.id}" in text
    assert not re.search(r"€|\d,\d\d", text), "no figures"
    report_letter.choose(False, by=reader)
    verbs = [event.verb for event in Event.select().where(Event.verb == "choose_report_by_mail")]
    assert len(verbs) == 2


def test_to_nobody_who_did_not_ask_or_may_not(world: World, reader: Account) -> None:
    with pytest.raises(Forbidden):
        report_letter.choose(True, by=world.noor)
    report_letter.choose(True, by=reader)
    at_its_end(world.period, hours=1)
    Right.delete().where(Right.account == reader).execute()
    assert report_letter.queue_due() == 0
    report_letter.choose(False, by=reader)
    assert not Account.get_by_id(reader.id).report_by_mail, "who lost the right ends it all the same"


def test_of_the_calendars_that_one_sees(world: World, reader: Account) -> None:
    library = factories.organisation("UB", calendar="week")
    week = factories.periods("week", world.period.last_on - timedelta(days=6), 1)[0]
    PayPeriod.update(approve_by_at=PayPeriod.get_by_id(world.period.id).approve_by_at).where(
        PayPeriod.id == week.id
    ).execute()
    report_letter.choose(True, by=reader)
    report_letter.choose(True, by=world.staff)
    at_its_end(world.period, hours=1)
    assert report_letter.queue_due() == 3
    assert sorted(recipient for recipient, _ in told()) == sorted([reader.email, *[world.staff.email] * 2])
    assert library.calendar == "week"


def test_nothing_of_long_ago(world: World, reader: Account) -> None:
    report_letter.choose(True, by=reader)
    at_its_end(world.period, days=4)
    assert report_letter.queue_due() == 0
