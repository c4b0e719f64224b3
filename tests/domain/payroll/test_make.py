"""Payroll batches: what they take, what they leave, and what they lock."""

from datetime import date, time, timedelta

import pytest
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.approvals import undo_or_revoke
from konnekt.domain.invoices import issue, runs
from konnekt.domain.payroll import batches, hand_over_or_undo, make
from konnekt.domain.payroll.payable import WhyNotPaid
from konnekt.domain.periods import month, progress, stages
from konnekt.domain.refusals import Forbidden, Invalid, NotFound, Refused
from konnekt.domain.timesheets import find, hour_links
from konnekt.models import (
    Account,
    Agency,
    Event,
    HourType,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    Rate,
    Timesheet,
)
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World
from tests.payroll_cast import PERIOD, export, minutes_of, preview

MONDAY = date(2026, 11, 2)


@pytest.fixture
def cast(world: World) -> World:
    payroll_cast.complete(world)
    return world


def test_a_batch_takes_what_is_approved(cast: World) -> None:
    found = preview()
    assert (found.minutes, found.cents) == (930, 28396)  # 15.5 h at 18.32, rounded per day
    assert [(wage.worker, wage.total) for wage in found.wages] == [(cast.noor, 930)]
    batch = make.export(*PERIOD, by=cast.staff, seen=found.fingerprint)
    assert (batch.calendar, batch.pay_on, batch.sequence) == ("four_weeks", date(2026, 12, 9), 0)
    assert batch.created_by == cast.staff
    assert minutes_of(batch) == 930
    assert {link.pay_rate for link in PayrollHour.select()} == {183200}
    event = Event.get(Event.verb == "export")
    assert event.thing == "payroll_batch four_weeks 2026-12-09 0"
    assert event.after == {"minutes": 930, "workers": 1, "gross_cents": 28396}
    assert make.paid_on([cast.sheet.id]) == {cast.sheet.id: date(2026, 12, 9)}


def test_never_an_hour_twice_and_the_next_batch_has_sequence_1(cast: World) -> None:
    first = export()
    with pytest.raises(Refused, match="no approved hours"):
        export()
    assert PayrollBatch.select().count() == 1
    late = payroll_cast.approved(cast, {MONDAY: 60})
    second = export()
    assert (first.sequence, second.sequence) == (0, 1)
    assert minutes_of(second) == 60
    assert make.paid_on([late.id, cast.sheet.id]) == dict.fromkeys((late.id, cast.sheet.id), second.pay_on)


def test_another_calendar_and_another_date_count_on_their_own(cast: World) -> None:
    export()
    week = factories.organisation("LIB", calendar="week")
    period = factories.periods("week", date(2026, 11, 16), 2)[0]
    made = factories.assignment(factories.worker(), week, cast.fse_budget)
    factories.sheet(made, period, {date(2026, 11, 17): 120}, state="approved")
    batch = make.export("week", 2026, 1, by=None, source="command")
    assert (batch.sequence, minutes_of(batch)) == (0, 120)


def test_late_hours_of_earlier_periods_come_along_and_later_ones_wait(cast: World) -> None:
    early = factories.sheet(cast.assignment, cast.periods[10], {date(2026, 10, 6): 300}, state="approved")
    factories.sheet(cast.assignment, cast.periods[12], {date(2026, 12, 1): 420}, state="approved")
    found = preview()
    assert (found.minutes, found.late_minutes) == (1230, 300)
    export()
    assert make.paid_on([early.id])[early.id] == cast.period.pay_on
    assert make.preview("four_weeks", 2026, 13).minutes == 420


def test_a_correction_below_zero_is_taken_too(cast: World) -> None:
    export()
    payroll_cast.supplementary(cast, {date(2026, 11, 3): -210})
    found = preview()
    assert (found.minutes, found.supplementary) == (-210, 1)
    assert found.cents == -6412
    assert minutes_of(export()) == -210


def test_each_day_has_its_own_rate(cast: World) -> None:
    Rate.create(
        assignment=cast.assignment, valid_from_on=date(2026, 11, 4), pay_rate=200000, bill_rate=350000
    )
    assert preview().cents == 14656 + 15000
    export()
    assert {link.pay_rate for link in PayrollHour.select()} == {183200, 200000}


def reasons(format: str = "neutral") -> dict[WhyNotPaid, tuple[int, int]]:
    """Per reason the minutes and how many sheets."""
    return {one.reason: (one.minutes, len(one.sheets)) for one in preview(format).left_out}


def test_what_is_left_out_and_why(cast: World) -> None:
    waiting = factories.assignment(factories.worker(), cast.fse, cast.fse_budget)
    factories.sheet(waiting, cast.period, {MONDAY: 480})
    factories.sheet(waiting, cast.periods[10], {date(2026, 10, 6): 60}, state="rejected")
    travel = payroll_cast.approved(cast, {MONDAY: 90})
    payroll_cast.line(travel, "TRAVEL")
    nobody = payroll_cast.approved(cast, {MONDAY: 30})
    Account.update(employee_number=None).where(Account.id == nobody.assignment.worker).execute()
    unpriced = payroll_cast.approved(cast, {MONDAY: 45})
    Rate.update(valid_from_on=MONDAY + timedelta(1)).where(Rate.assignment == unpriced.assignment).execute()
    assert reasons() == {
        WhyNotPaid.NOT_APPROVED: (540, 2),
        WhyNotPaid.NO_EMPLOYEE_NUMBER: (30, 1),
        WhyNotPaid.NO_RATE: (45, 1),
    }
    assert preview().minutes == 930 + 90
    for format in ("easyflex", "loket", "nmbrs", "setu"):
        assert reasons(format)[WhyNotPaid.NO_CODE] == (90, 1)
    batch = export("setu")
    assert minutes_of(batch) == 930
    assert make.paid_on([travel.id]) == {}


def test_a_missing_code_is_said_once_per_hour_type(cast: World) -> None:
    for minutes in (60, 90):
        payroll_cast.line(payroll_cast.approved(cast, {MONDAY: minutes}), "TRAVEL")
    (one,) = [one for one in preview("loket").left_out if one.reason == WhyNotPaid.NO_CODE]
    assert (one.hour_type.code, one.worker, one.organisation) == ("TRAVEL", None, None)
    assert (one.minutes, len(one.sheets)) == (150, 2)


def test_loket_leaves_out_what_has_letters(cast: World) -> None:
    HourType.update(payroll_code="R1").where(HourType.code == "TRAVEL").execute()
    payroll_cast.line(payroll_cast.approved(cast, {MONDAY: 60}), "TRAVEL")
    odd = payroll_cast.approved(cast, {MONDAY: 90})
    Account.update(employee_number="P-7").where(Account.id == odd.assignment.worker).execute()
    found = reasons("loket")
    assert (found[WhyNotPaid.CODE_NO_DIGITS], found[WhyNotPaid.NO_DIGITS]) == ((60, 1), (90, 1))
    assert not {WhyNotPaid.CODE_NO_DIGITS, WhyNotPaid.NO_DIGITS} & reasons("nmbrs").keys()
    Agency.update(payroll_number="5555/1").execute()
    with pytest.raises(Refused, match="in digits alone; it is 5555/1"):
        preview("loket")


def test_a_preview_that_is_out_of_date_is_refused(cast: World) -> None:
    seen = preview().fingerprint
    payroll_cast.approved(cast, {MONDAY: 60})
    with pytest.raises(Refused, match="changed since"):
        make.export(*PERIOD, by=cast.staff, seen=seen)
    assert PayrollBatch.select().count() == 0
    rate = preview().fingerprint
    Rate.update(pay_rate=1).execute()
    assert preview().fingerprint != rate


def test_who_and_what_is_refused(cast: World) -> None:
    with pytest.raises(Forbidden):
        make.export(*PERIOD, by=cast.supervisor)
    with pytest.raises(NotFound):
        make.preview("week", 2026, 12)
    with pytest.raises(Invalid):
        make.preview(*PERIOD, "excel")
    with pytest.raises(NotFound):
        make.find(1)
    batch = export()
    with pytest.raises(NotFound):
        make.contents(batch.id, "excel")


def test_loket_asks_the_agencys_number(cast: World) -> None:
    type(cast.agency).update(payroll_number="").execute()
    with pytest.raises(Refused, match="Loket"):
        preview("loket")


def test_exported_hours_are_locked(cast: World) -> None:
    export()
    assert find.is_locked(cast.sheet.id)
    with pytest.raises(Refused, match="invoiced or paid already"):
        undo_or_revoke.revoke(cast.sheet.id, "Toch niet", by=cast.supervisor, seen=1)
    assert Timesheet.get_by_id(cast.sheet.id).state == "approved"


def test_a_code_that_came_later_is_kept_from_then_on(cast: World) -> None:
    travel = payroll_cast.approved(cast, {MONDAY: 90})
    payroll_cast.line(travel, "TRAVEL")
    batch = export()
    with pytest.raises(Refused, match="TRAVEL"):
        make.contents(batch.id, "loket")
    HourType.update(payroll_code="40").where(HourType.code == "TRAVEL").execute()
    kept = make.contents(batch.id, "loket")[0].frozen["hour_types"]
    HourType.update(payroll_code="41").execute()
    again = make.contents(batch.id, "loket")[0].frozen["hour_types"]
    assert kept == again
    assert {kind["payroll_code"] for kind in again.values()} == {"1", "40"}


def test_the_periods_with_what_is_still_to_be_paid(cast: World) -> None:
    factories.sheet(cast.assignment, cast.periods[10], {date(2026, 10, 6): 300}, state="approved")
    by_number = {row.period.number: (row.minutes, row.up_to) for row in batches.due("four_weeks", 2026)}
    assert by_number[12] == (930, 1230)
    assert by_number[11] == (300, 300)
    assert by_number[1] == (0, 0)
    assert 14 not in by_number, "has not begun"
    batch = export()
    (first, *_) = [row for row in batches.due("four_weeks", 2026) if row.period.number == 12]
    assert [(one, one.minutes) for one in first.batches] == [(batch, 1230)]
    assert (first.minutes, first.up_to) == (0, 0)
    assert batches.calendars() == ["four_weeks"]
    assert batches.years("four_weeks") == [2026]


def test_a_fixed_number_of_statements(cast: World) -> None:
    with count_queries() as few:
        preview()
    with db.atomic():
        for _ in range(20):
            payroll_cast.approved(cast, {MONDAY: 60, MONDAY + timedelta(1): 480})
    with count_queries() as many:
        assert len(preview().wages) == 21
    assert many.count == few.count
    with count_queries() as counted:
        make.paid_on([sheet.id for sheet in Timesheet.select()])
    assert counted.count <= 2  # with the one that lists the sheets


def test_only_live_links_pay(cast: World) -> None:
    hour_links.release_paid(export().id)
    assert make.paid_on([cast.sheet.id]) == {}
    assert preview().minutes == 930


def test_a_batch_is_undone_until_it_is_handed_over(cast: World) -> None:
    first = export()
    with pytest.raises(Invalid):
        hand_over_or_undo.undo(first.id, "  ", by=cast.staff)
    hand_over_or_undo.undo(first.id, "Verkeerde periode", by=cast.staff)
    assert PayrollHour.select().where(PayrollHour.released_at.is_null()).count() == 0
    assert minutes_of(first) == 930, "what it held is kept"
    assert make.paid_on([cast.sheet.id]) == {}
    event = Event.get(Event.verb == "undo_batch")
    assert (event.thing, event.reason) == (make.thing(first), "Verkeerde periode")
    with pytest.raises(Refused, match="has no file"):
        make.contents(first.id, "neutral")
    with pytest.raises(Refused, match="undone already"):
        hand_over_or_undo.undo(first.id, "Nog eens", by=cast.staff)
    with pytest.raises(Refused, match="undone already"):
        hand_over_or_undo.hand_over(first.id, by=cast.staff)
    second = export()
    assert (second.sequence, minutes_of(second)) == (1, 930), "its number is not used again"
    assert [(row.up_to, len(row.batches)) for row in batches.due("four_weeks", 2026) if row.batches] == [
        (0, 2)
    ]


def test_a_batch_that_was_handed_over_stays(cast: World) -> None:
    batch = export()
    with pytest.raises(Forbidden):
        hand_over_or_undo.hand_over(batch.id, by=cast.supervisor)
    hand_over_or_undo.hand_over(batch.id, by=cast.staff)
    for verb in (
        lambda: hand_over_or_undo.undo(batch.id, "Toch niet", by=cast.staff),
        lambda: hand_over_or_undo.hand_over(batch.id, by=cast.staff),
    ):
        with pytest.raises(Refused, match="put right by a correction"):
            verb()
    assert PayrollHour.select().where(PayrollHour.released_at.is_null()).count() == 2
    assert Event.get(Event.verb == "hand_over").actor == cast.staff
    assert make.contents(batch.id, "neutral")
    with pytest.raises(NotFound):
        hand_over_or_undo.hand_over(9999, by=cast.staff)


@pytest.mark.parametrize("state", ["submitted", "approved"])
def test_a_batch_whose_hours_were_corrected_meanwhile_stays(cast: World, state: str) -> None:
    batch = export()
    later = payroll_cast.supplementary(cast, {MONDAY: -60}, state=state)
    with pytest.raises(Refused, match="that one goes first"):
        hand_over_or_undo.undo(batch.id, "Verkeerd", by=cast.staff)
    Timesheet.update(state="draft").where(Timesheet.id == later.id).execute()
    hand_over_or_undo.undo(batch.id, "Verkeerd", by=cast.staff)


def test_a_correction_in_the_batch_goes_back_with_it_and_a_credit_changes_nothing(cast: World) -> None:
    invoice_cast.complete(cast)
    (invoice,) = invoice_cast.run()
    payroll_cast.supplementary(cast, {MONDAY: -60})
    batch = export()
    assert minutes_of(batch) == 870
    issue.credit(invoice.id, "Ander nummer", by=cast.staff)
    hand_over_or_undo.undo(batch.id, "Verkeerd", by=cast.staff)
    assert not find.is_locked(cast.sheet.id)
    assert minutes_of(export()) == 870


def test_each_hour_stands_in_one_row(cast: World) -> None:
    """Home, the invoice run and payroll: the rows add up to the hours that are there."""
    invoice_cast.complete(cast)
    old = PayPeriod.create(
        calendar="four_weeks", year=2024, number=13, first_on=date(2024, 12, 2), last_on=date(2024, 12, 29),
        submit_by_at=clock.at(date(2025, 1, 3), time(12)), approve_by_at=clock.at(date(2025, 1, 6), time(12)),
        pay_on=date(2025, 1, 8),
    )  # fmt: skip
    factories.sheet(cast.assignment, old, {date(2024, 12, 3): 120}, state="approved")
    factories.sheet(cast.assignment, cast.periods[10], {date(2026, 10, 6): 300}, state="approved")
    waits = factories.assignment(factories.worker("Łucja", "Şahin"), cast.fse, cast.fse_budget)
    factories.sheet(waits, cast.period, {MONDAY: 60})
    payroll_cast.supplementary(cast, {MONDAY: -30})
    approved = 120 + 300 + 930 - 30
    rows = batches.due("four_weeks", 2026)
    assert sum(row.minutes for row in rows) + batches.earlier("four_weeks", 2026) == approved
    assert {row.period.number: row.minutes for row in rows if row.minutes} == {12: 900, 11: 300}
    found = preview()
    left_out = sum(one.minutes for one in found.left_out)
    assert found.minutes + left_out == approved + 60
    waiting = runs.waiting()
    assert sum(one.minutes for one in waiting) == month.load().uninvoiced_minutes == approved
    assert {one.period for one in waiting} <= set(runs.periods(waiting)), "what is listed can be chosen"


def test_a_correction_that_was_taken_back_is_not_still_to_be_sent(cast: World) -> None:
    tally = stages.tally(stages.of([cast.period])[cast.period.id])
    payroll_cast.supplementary(cast, {}, state="draft")
    assert stages.tally(stages.of([cast.period])[cast.period.id]) == tally
    assert progress.load(cast.period, shown="unsent").page.count == tally.unsent
