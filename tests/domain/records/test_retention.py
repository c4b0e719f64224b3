"""Terms of keeping: never shorter than the law's; what is past its term goes, and no sum changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from konnekt import demo
from konnekt.commands import auditing
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.budgets import counted
from konnekt.domain.invoices import missing_documents
from konnekt.domain.records import erasing, forget, people, retention
from konnekt.domain.records.audited import Several
from konnekt.domain.refusals import Conflict, Forbidden
from konnekt.domain.timesheets import link_facts
from konnekt.models import (
    Account,
    AccountLink,
    Assignment,
    BankEntry,
    Event,
    Invoice,
    Mail,
    PayrollBatch,
    RetentionTerm,
    Right,
    Timesheet,
)
from tests import factories
from tests.command_line import konnekt
from tests.domain.records.test_erasing import closed, done, sums, where_it_says
from tests.factories import World

__all__ = ["done"]


def number_of(kind: str) -> int:
    return next(one.number for one in forget.due() if one.kind == kind)


def change(world: World, **values: Any) -> dict[str, int]:
    return retention.change(retention.terms() | values, seen="", by=world.staff)


def test_the_usual_terms_are_those_of_the_law(world: World) -> None:
    assert retention.terms() == {
        "invoices": 7, "payroll": 7, "hours": 7, "workers": 5, "accounts": 2, "mail": 12,
    }  # fmt: skip
    for kind in retention.KINDS.values():
        assert kind.least <= kind.usual <= kind.most


@pytest.mark.parametrize(
    ("kind", "number"),
    [("invoices", 6), ("payroll", 6), ("hours", 6), ("workers", 4), ("accounts", 0), ("mail", 2), ("mail", None),
     ("invoices", 21), ("invoices", -7), ("invoices", 2**40)],
)  # fmt: skip
def test_no_term_is_shorter_than_the_law_allows(world: World, kind: str, number: int | None) -> None:
    with pytest.raises(Several) as refused:
        change(world, **{kind: number})
    assert [one.field for one in refused.value.faults] == [kind]
    assert not RetentionTerm.select().exists()
    assert not Event.select().where(Event.verb == "change_terms").exists()


def test_a_shorter_one_that_was_written_by_hand_counts_as_the_least(world: World) -> None:
    RetentionTerm.insert(kind="invoices", number=1).execute()
    assert retention.terms()["invoices"] == 7


def test_changing_them(world: World) -> None:
    shown = retention.seen(retention.terms())
    assert change(world, invoices=10, mail=24)["invoices"] == 10
    event = Event.get(Event.verb == "change_terms")
    assert (event.before, event.after) == (
        {"invoices_term": 7, "mail_term": 12}, {"invoices_term": 10, "mail_term": 24},
    )  # fmt: skip
    change(world)
    assert Event.select().where(Event.verb == "change_terms").count() == 1, "nothing changed"
    with pytest.raises(Conflict):
        retention.change(retention.terms(), seen=shown, by=world.staff)
    with pytest.raises(Forbidden):
        retention.change(retention.terms(), seen="", by=world.supervisor)


@pytest.mark.parametrize(
    ("kind", "today", "before"),
    [
        ("invoices", "2026-11-30", "2019-01-01"), ("invoices", "2026-12-31", "2019-01-01"),
        ("invoices", "2027-01-01", "2020-01-01"), ("accounts", "2028-02-29", "2026-02-28"),
        ("mail", "2026-11-30", "2025-11-28"), ("mail", "2026-01-15", "2025-01-15"),
    ],
)  # fmt: skip
def test_the_day_before_which_it_goes(kind: str, today: str, before: str) -> None:
    number = retention.KINDS[kind].usual
    assert retention.cut(kind, number, date.fromisoformat(today)).isoformat() == before


def test_what_was_of_2026_is_kept_through_2033(done: World) -> None:
    assert retention.last_day(7, date(2026, 1, 1)) == date(2033, 12, 31)
    clock.fix("2033-12-31T23:00")
    assert (number_of("invoices"), number_of("payroll"), number_of("hours")) == (0, 0, 0)
    clock.fix("2034-01-01T01:00")
    assert (number_of("invoices"), number_of("payroll"), number_of("hours")) == (1, 1, 1)


def test_saying_what_would_go_changes_nothing(done: World) -> None:
    clock.fix("2036-01-02T09:00")
    before = sorted(str(row) for row in db.execute_sql("SELECT * FROM event").fetchall())
    assert {one.kind for one in forget.due() if one.number} >= {
        "mail",
        "links",
        "invoices",
        "hours",
        "accounts",
    }
    assert sorted(str(row) for row in db.execute_sql("SELECT * FROM event").fetchall()) == before
    assert "account" in where_it_says("Hendriks")


def test_open_money_is_kept_however_old(done: World) -> None:
    Invoice.update(settled_cents=0, paid_on=None).execute()
    PayrollBatch.update(handed_over_at=None).execute()
    clock.fix("2040-01-02T09:00")
    gone = {one.kind: one for one in forget.forget()}
    assert (gone["invoices"].number, gone["payroll"].number, gone["accounts"].waiting) == (0, 0, 1)
    assert Account.get_by_id(done.noor.id).last_name == "Hendriks"


def test_mails_and_links(done: World) -> None:
    waiting = Mail.create(
        message_id="<w@um>", kind="x", recipient="a@b.example", subject="s", text="t", queued_at=clock.now(),
        due_at=clock.now(),
    )  # fmt: skip
    clock.fix("2027-10-30T09:00")
    assert number_of("mail") == 0
    clock.fix("2027-12-30T09:00")
    list(forget.forget())
    assert [one.id for one in Mail.select()] == [waiting.id], "what has not gone out yet stays"
    assert AccountLink.select().count() == 0


def test_names_of_who_paid(done: World) -> None:
    """They go with the invoices of their year; what waits for an invoice still needs them."""
    moment, day = clock.now(), date(2026, 12, 1)
    for number, columns in enumerate(({"booked_cents": 500}, {"set_aside_at": moment}, {})):
        BankEntry.create(
            booked_on=day, amount_cents=500, format="camt", reference="x", nth=number, name="Teun Verbeek",
            iban="NL91ABNA0417164300", words="van Teun", read_at=moment, **columns,
        )  # fmt: skip
    clock.fix("2033-12-31T09:00")
    assert number_of("bank") == 0
    clock.fix("2034-01-01T09:00")
    assert number_of("bank") == 2
    list(forget.forget())
    said = [(one.name, one.iban, one.words) for one in BankEntry.select().order_by(BankEntry.nth)]
    assert said == [("", "", "")] * 2 + [("Teun Verbeek", "NL91ABNA0417164300", "van Teun")]
    assert sum(one.amount_cents for one in BankEntry.select()) == 1500


def test_who_has_a_relation_stays(done: World) -> None:
    """Supervisors with a right, agency staff, who works; a worker for five years after, others for two."""
    clock.fix("2029-01-15T09:00")
    list(forget.forget())
    left = {one.id for one in Account.select().where(Account.erased_at.is_null())}
    assert {done.noor.id, done.supervisor.id, done.registrar.id, done.staff.id} <= left
    Right.delete().where(Right.account == done.registrar).execute()
    people.close(done.outsider.id, by=done.staff, is_sure=True)
    list(forget.forget())
    erased = {one.id for one in Account.select().where(Account.erased_at.is_null(False))}
    assert done.registrar.id in erased
    assert done.outsider.id not in erased, "it was closed today: its two years begin"
    clock.fix("2031-12-31T09:00")
    list(forget.forget())
    assert Account.get_by_id(done.outsider.id).erased_at is not None
    assert Account.get_by_id(done.noor.id).erased_at is None
    clock.fix("2032-01-01T09:00")
    list(forget.forget())
    assert Account.get_by_id(done.noor.id).erased_at is not None
    assert auditing.verify().said == []


def test_in_portions_each_with_an_event_that_names_nobody(
    done: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget, "AT_ONCE", 2)
    names = [(f"Piet {number}", "Jansen") for number in range(5)]
    for sheet in factories.sheets(done.fse, done.fse_budget, done.period, names, state="approved"):
        Timesheet.update(remark="Piet Jansen was er").where(Timesheet.id == sheet.id).execute()
    clock.fix("2034-01-02T09:00")
    list(forget.forget())
    told = Event.select().where((Event.verb == "erase") & (Event.thing == "hours"))
    assert [one.after["number"] for one in told.order_by(Event.id)] == [2, 2, 2]
    for one in Event.select().where(Event.verb == "erase"):
        assert set(one.after) <= {"events", "number", "before"}
        assert "Jansen" not in str(one.after)
    assert "timesheet" not in where_it_says("Jansen")
    assert auditing.verify().said == []


def test_two_at_once(done: World) -> None:
    clock.fix("2036-01-02T09:00")
    before = sums()
    db.close()

    def run(_: int) -> dict[str, int]:
        with db.connection_context():
            return {one.kind: one.number for one in forget.forget()}

    with ThreadPoolExecutor(3) as pool:
        gone = list(pool.map(run, range(3)))
    db.connect(reuse_if_open=True)
    assert sum(one["invoices"] for one in gone) == 1
    assert sum(one["hours"] for one in gone) == 1
    assert sums() == before
    assert auditing.verify().said == []


def test_the_command(done: World, config: Config) -> None:
    closed(done)
    later = Config(**{**config.__dict__, "now": "2036-01-02T09:00"})
    assert konnekt(later, "migrate").returncode == 0
    said = konnekt(later, "forget")
    assert (said.returncode, said.stderr) == (0, "")
    assert "1  invoices without their documents and names of before 2029-01-01" in said.stdout
    assert "Nothing was changed" in said.stdout
    assert "Hendriks" not in said.stdout
    assert "account" in where_it_says("Hendriks")
    gone = konnekt(later, "forget", "--do")
    assert (gone.returncode, gone.stderr) == (0, "")
    assert where_it_says("Hendriks", "nhendriks", "noor@um.example") == set()
    assert konnekt(later, "audit", "verify").returncode == 0
    assert "0  people" in konnekt(later, "forget", "--do").stdout


def test_the_demonstration_keeps_every_sum(
    app: Flask, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a lively portal, far past every term: no total of invoices, pay, hours or budgets moves.

    Everybody in it has work that is open; here that keeps nobody.
    """
    monkeypatch.setattr(erasing, "why_not", lambda row, **_: None)
    (config.instance / "demo-password").write_text("zes-groene-eenden\n")
    if config.database:
        db.obj.renew()
    demo.fill(config)
    before, names = sums(), [one.name for one in Account.select() if one.is_worker]
    facts = (link_facts.differences(), counted.drifted(), missing_documents.differences())
    Assignment.update(last_on=clock.today() + timedelta(days=1)).execute()
    clock.fix("2060-01-02T09:00")
    list(forget.forget())
    assert sums() == before
    assert (link_facts.differences(), counted.drifted(), missing_documents.differences()) == facts
    assert auditing.verify().said == []
    still = {one.name for one in Account.select().where(Account.erased_at.is_null())}
    gone = set(names) - still
    assert len(gone) > 5
    for name in gone:
        assert not {"account", "event"} & where_it_says(name)
