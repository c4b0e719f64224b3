"""The demonstration is lively on any day: all states, all flags, deadlines that are still ahead."""

import stat
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask

from konnekt import db as database, demo
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import access, clock
from konnekt.domain.accounts import passwords
from konnekt.domain.approvals import waiting
from konnekt.domain.budgets import overview
from konnekt.domain.invoices import issue
from konnekt.models import (
    Account,
    Assignment,
    Deputy,
    Event,
    Flag,
    Invoice,
    Job,
    Mail,
    Organisation,
    Payment,
    PayPeriod,
    PayrollBatch,
    State,
    Timesheet,
)
from tests.visitor import Visitor

# Every flag of product.md section 3 that is stored; "self" depends on who looks.
FLAGS = {
    "long_day", "long_week", "long_average", "over_maximum", "no_surcharge", "outside", "unlike_before",
    "first", "changed", "budget", "remark",
}  # fmt: skip

# Whit Monday: nobody has worked yet in the period that began today.
HOLIDAY = "2027-05-17T10:00"

# A Monday, a Sunday just before midnight, days around New Year and the summer clock, a leap day.
DAYS = ["2026-11-30T09:00", "2026-11-29T23:50", "2027-01-01T00:10", "2028-02-29T12:00", "2027-03-28T03:00"]


def fill(config: Config) -> float:
    """Fill a demonstration; returns the seconds of work that it took, however busy the machine is."""
    started = time.process_time()
    (config.instance / "demo-password").write_text("zes-groene-eenden\n")
    if config.database:
        db.obj.renew()
    demo.fill(config)
    return time.process_time() - started


def supervisor() -> Account:
    return Account.get(Account.email == demo.address("supervisor"))


def test_it_is_lively(app: Flask, config: Config) -> None:
    assert fill(config) < 10
    it_has_every_state_and_every_flag()
    histories_can_be_believed()
    approved_hours_went_on_to_invoices_and_payroll()


def it_has_every_state_and_every_flag() -> None:
    states = Counter(sheet.state for sheet in Timesheet.select())
    assert states.keys() == set(State)
    assert states.total() >= 60
    assert states[State.SUBMITTED] >= 20
    flags = Flag.select().join(Timesheet).where(Timesheet.state == State.SUBMITTED)
    assert {flag.code for flag in flags} - {"ahead"} == FLAGS, (
        "who sends before the weekend may be ahead of it"
    )
    kinds = {kind for flag in flags if flag.code == "no_surcharge" for kind in flag.detail["kinds"]}
    assert kinds == {"weekend", "closing_day"}
    assert Organisation.select().count() == 4
    assert {place.calendar for place in Organisation.select()} == {"week", "four_weeks"}
    assert Organisation.select().where(Organisation.four_eyes).count() == 1

    who = access.grants(supervisor())
    assert len(who.approve) == len(who.register) == len(who.invoices) == 4
    assert waiting.count(who).ordinary_count >= 8
    waits = Timesheet.state == State.SUBMITTED
    assert Timesheet.select().where(waits & (Timesheet.submitted_by == who.account)).count() == 1, (
        "zelf ingevoerd"
    )


def histories_can_be_believed() -> None:
    """Each step after the one before, none in the future; one was taken by a deputy."""
    for sheet in Timesheet.select():
        steps = list(Event.select().where(Event.timesheet == sheet).order_by(Event.id))
        assert steps[0].verb == ("submit" if sheet.sequence else "save")
        assert steps[0].at == sheet.created_at
        moments = [step.at for step in steps]
        assert moments == sorted(moments)
        assert moments[-1] <= clock.now()
    deputy = Deputy.get()
    assert deputy.first_on <= clock.today() <= deputy.last_on
    assert Event.select().where((Event.verb == "approve") & (Event.on_behalf_of == supervisor())).count() == 1


def approved_hours_went_on_to_invoices_and_payroll() -> None:
    found = list(Invoice.select().order_by(Invoice.year, Invoice.number))
    assert [one.number for one in found] == list(range(1, len(found) + 1)), "no gaps"
    assert [one.issued_on for one in found] == sorted(one.issued_on for one in found)
    by_state = Counter(invoice_state(one) for one in found)
    assert by_state.keys() == {"open", "overdue", "paid", "credited", "credit_note"}
    assert Payment.select().join(Invoice).where(Invoice.paid_on.is_null()).count() == 1, "half of one"
    assert Job.select().where(Job.kind == "make_documents").count() == 1

    assert {batch.calendar for batch in PayrollBatch.select()} == {"week", "four_weeks"}
    assert max(batch.pay_on for batch in PayrollBatch.select()) < clock.today()
    supplementary = {sheet.state: sheet for sheet in Timesheet.select().where(Timesheet.sequence > 0)}
    assert supplementary.keys() == {State.APPROVED, State.SUBMITTED}
    assert issue.preview("four_weeks", *latest("four_weeks")).drafts[0].is_credit_note

    agency = Account.get(Account.email == demo.address("agency"))
    found = [one.against for one in overview.page(access.grants(agency)).rows]
    percents = [one.percent for one in found if one.is_limited]
    assert any(0 < one < 80 for one in percents)
    assert any(80 <= one < 100 for one in percents)
    assert any(one > 100 for one in percents)
    assert Mail.select().where(Mail.kind == "reminder").count() >= 2
    assert Assignment.select().where(Assignment.last_on < clock.today()).count() >= 1


def invoice_state(of: Invoice) -> str:
    """The state of an invoice without asking whether its documents are there."""
    if of.kind == "credit_note":
        return "credit_note"
    if Invoice.select().where(Invoice.credits == of).exists():
        return "credited"
    return "paid" if of.is_settled else "overdue" if of.due_on < clock.today() else "open"


def latest(calendar: str) -> tuple[int, int]:
    """Year and number of the period of the latest invoice of that calendar."""
    of = (
        PayPeriod.select()
        .join(Invoice)
        .where(PayPeriod.calendar == calendar)
        .order_by(PayPeriod.first_on.desc())
        .first()
    )
    return of.year, of.number


def test_its_accounts_sign_in_with_its_own_password_and_filling_again_keeps_all(
    app: Flask, config: Config
) -> None:
    config = replace(config, now=HOLIDAY)
    clock.fix(HOLIDAY)
    fill(config)
    assert passwords.matches(supervisor(), demo.password(config))
    with_password = Account.select().where(Account.password_hash.is_null(False))
    assert {account.email for account in with_password} == {demo.address(name) for name in demo.ACCOUNTS}
    for name in demo.ACCOUNTS:
        visitor = Visitor(app, Account.get(Account.email == demo.address(name)))
        approves = name in ("supervisor", "approver", "deputy")
        assert visitor.get("/").status_code == 200
        assert visitor.get("/approvals").status_code == (200 if approves else 403)

    before = (Timesheet.select().count(), Event.select().count(), supervisor().password_hash)
    demo.fill(config)
    assert (Timesheet.select().count(), Event.select().count(), supervisor().password_hash) == before


@pytest.mark.parametrize("moment", DAYS)
def test_its_deadlines_lie_ahead_on_any_day(app: Flask, moment: str) -> None:
    clock.fix(moment)
    for name, calendar in demo.calendar.make(clock.today()).items():
        period = calendar.ago(0)
        assert period.last_on < clock.today()
        assert period.approve_by_at > clock.now()
        assert (clock.today() - period.last_on).days <= 7
        periods = list(PayPeriod.select().where(PayPeriod.calendar == name).order_by(PayPeriod.first_on))
        gaps = {(after.first_on - before.last_on).days for before, after in pairwise(periods)}
        assert gaps == {1}, "one period follows on the other"
        assert {clock.today().year + n for n in (-1, 0, 1)} <= {period.year for period in periods}


def test_a_claimed_instance_has_a_secret_password_of_its_own(tmp_path: Path) -> None:
    made = set()
    for name in ("one", "two"):
        config = Config(instance=tmp_path / name)
        config.make_secret()
        database.connect(config)
        with database.db.connection_context():
            demo.claim(config)
            first = demo.password(config)
            demo.claim(config)
        assert demo.password(config) == first
        assert len(first.replace("-", "")) == 12
        assert stat.S_IMODE((config.instance / "demo-password").stat().st_mode) == 0o600
        made.add(first)
    assert len(made) == 2


def test_a_database_in_use_is_left_alone(app: Flask, config: Config) -> None:
    with pytest.raises(ValueError, match="in use"):
        demo.claim(config)
    assert not (config.instance / "demo-password").exists()
