"""Each flag at its boundary, whose hours count, who learns of what, and how much it costs."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db, transaction
from konnekt.domain import clock, events, flags
from konnekt.domain.approvals import listing
from konnekt.models import (
    Assignment,
    BudgetNumber,
    BudgetSum,
    ClosingDay,
    Flag,
    Hour,
    HourType,
    PayPeriod,
    Rate,
    Timesheet,
    TimesheetLine,
)
from tests import factories
from tests.factories import World

MONDAY = date(2026, 11, 2)


def days(how_many: int, minutes: int, first: date = MONDAY) -> dict[date, int]:
    return {first + timedelta(days=n): minutes for n in range(how_many)}


def refreshed(sheet: Timesheet) -> dict[str, Flag]:
    flags.refresh([sheet.id])
    return stored(sheet)


def stored(sheet: Timesheet) -> dict[str, Flag]:
    return {flag.code: flag for flag in Flag.select().where(Flag.timesheet == sheet)}


def approved(assignment: Assignment, period: PayPeriod, minutes: int) -> None:
    """An approved original with so many minutes; on which days does not matter."""
    sheet = factories.sheet(assignment, period, {}, state="approved")
    Timesheet.update(minutes=minutes).where(Timesheet.id == sheet.id).execute()


def ordinary(world: World, hours: dict[date, int], **columns: Any) -> Timesheet:
    """The waiting sheet of somebody who had a like one approved before: without any flag of its own accord."""
    person = factories.worker()
    budget = columns.pop("budget", world.fse_budget)
    at = columns.pop("at", world.fse)
    terms = columns.pop("terms", {})
    assignment = factories.assignment(person, at, budget, **terms)
    period = columns.pop("period", world.period)
    approved(assignment, world.periods[world.periods.index(period) - 1], sum(hours.values()))
    return factories.sheet(assignment, period, hours, **columns)


def test_an_ordinary_sheet_has_no_flag(world: World) -> None:
    assert refreshed(ordinary(world, days(5, 480))) == {}


@pytest.mark.parametrize(
    ("sent_at", "ahead"),
    [
        ("2026-11-05T23:59+01:00", ["2026-11-06"]),  # Thursday evening in Amsterdam
        ("2026-11-05T23:30+00:00", []),  # Friday already
        ("2026-11-03T09:00+01:00", ["2026-11-04", "2026-11-05", "2026-11-06"]),
        ("2026-10-30T09:00+01:00", ["2026-11-02", "2026-11-03", "2026-11-04"]),
    ],
)
def test_ahead_of_the_day(world: World, sent_at: str, ahead: list[str]) -> None:
    sheet = ordinary(world, days(5, 480), submitted_at=datetime.fromisoformat(sent_at))
    found = refreshed(sheet)
    assert found.keys() == ({"ahead"} if ahead else set())
    if ahead:
        assert found["ahead"].detail["days"] == ahead
        clock.fix("2027-01-04T09:00")
        assert refreshed(sheet).keys() == {"ahead"}, "it was sent before the day, whenever one looks"
        assert not {"ahead"} & {flag.code for flag in flags.warnings(_as_draft(sheet))}, "sent now it is not"


def _as_draft(sheet: Timesheet) -> int:
    Timesheet.update(state="draft", submitted_at=None, submitted_by=None).where(
        Timesheet.id == sheet.id
    ).execute()
    return int(sheet.id)


@pytest.mark.parametrize(("minutes", "is_long"), [(720, False), (721, True)])
def test_long_day(world: World, minutes: int, is_long: bool) -> None:
    found = refreshed(ordinary(world, {MONDAY: minutes, date(2026, 11, 5): minutes}))
    assert ("long_day" in found) is is_long
    if is_long:
        assert found["long_day"].detail == {"day": "2026-11-02", "minutes": 721, "count": 2}
        assert not found["long_day"].is_elsewhere


@pytest.mark.parametrize(("last", "is_long"), [(600, False), (601, True)])
def test_long_week(world: World, last: int, is_long: bool) -> None:
    found = refreshed(ordinary(world, {**days(5, 600), date(2026, 11, 7): last}))
    assert ("long_week" in found) is is_long
    if is_long:
        assert found["long_week"].detail == {"year": 2026, "week": 45, "minutes": 3601, "count": 1}


@pytest.mark.parametrize(("last", "is_long"), [(660, False), (661, True)])
def test_long_average(world: World, last: int, is_long: bool) -> None:
    hours = {day: 660 for week in range(4) for day in days(5, 0, MONDAY + timedelta(weeks=week))}
    found = refreshed(ordinary(world, {**hours, date(2026, 11, 27): last}))
    assert ("long_average" in found) is is_long
    if is_long:
        assert found["long_average"].detail == {"year": 2026, "week": 48, "minutes": 3301, "count": 1}


def test_an_average_looks_back_into_the_period_before(world: World) -> None:
    sheet = ordinary(world, days(5, 660))
    assert "long_average" not in refreshed(sheet)
    hours = {day: 661 for week in range(1, 4) for day in days(5, 0, MONDAY - timedelta(weeks=week))}
    factories.sheet(sheet.assignment, world.periods[10], hours, state="approved", sequence=1)
    assert refreshed(sheet)["long_average"].detail["week"] == 45


@pytest.mark.parametrize(("minutes", "is_over"), [(480, False), (481, True)])
def test_over_the_maximum(world: World, minutes: int, is_over: bool) -> None:
    hours = {MONDAY: 480, date(2026, 11, 3): minutes}
    sheet = ordinary(world, hours, terms={"max_minutes_per_week": 960})
    found = refreshed(sheet)
    assert ("over_maximum" in found) is is_over
    if is_over:
        detail = {"year": 2026, "week": 45, "minutes": 961, "count": 1, "maximum": 960}
        assert found["over_maximum"].detail == detail


def test_the_maximum_counts_this_assignment_alone(world: World) -> None:
    sheet = ordinary(world, days(2, 480), terms={"max_minutes_per_week": 960})
    other = factories.assignment(sheet.assignment.worker, world.fse, world.fse_budget)
    factories.sheet(other, world.period, days(2, 60))
    assert refreshed(sheet) == {}
    factories.sheet(sheet.assignment, world.period, {date(2026, 11, 6): 1}, sequence=1)
    assert refreshed(sheet)["over_maximum"].detail["minutes"] == 961


def test_no_surcharge(world: World) -> None:
    ClosingDay.create(day=date(2026, 11, 11), name_nl="Sint-Maarten", name_en="Saint Martin")
    saturday, sunday, closing = date(2026, 11, 7), date(2026, 11, 8), date(2026, 11, 11)
    weekend = refreshed(ordinary(world, {saturday: 60, sunday: 60}))["no_surcharge"]
    assert weekend.detail == {"kinds": ["weekend"], "days": ["2026-11-07", "2026-11-08"], "count": 2}
    assert refreshed(ordinary(world, {closing: 60}))["no_surcharge"].detail["kinds"] == ["closing_day"]
    both = refreshed(ordinary(world, {saturday: 60, closing: 60}))["no_surcharge"]
    assert both.detail["kinds"] == ["weekend", "closing_day"]


def test_with_a_surcharge_a_sunday_is_ordinary(world: World) -> None:
    sheet = ordinary(world, {date(2026, 11, 8): 300})
    TimesheetLine.update(hour_type=HourType.get(code="ORT75")).where(
        TimesheetLine.timesheet == sheet
    ).execute()
    assert refreshed(sheet) == {}


def test_outside_the_dates(world: World) -> None:
    terms = {"first_on": date(2026, 11, 3), "last_on": date(2026, 11, 26)}
    assert refreshed(ordinary(world, {date(2026, 11, 3): 60, date(2026, 11, 26): 60}, terms=terms)) == {}
    found = refreshed(ordinary(world, {MONDAY: 60, date(2026, 11, 27): 60}, terms=terms))
    assert found["outside"].detail == {"days": ["2026-11-02", "2026-11-27"], "count": 2}


def history(world: World, minutes: list[int], now: int) -> Timesheet:
    """Approved originals, the latest last, and the sheet that waits after them."""
    assignment = factories.assignment(factories.worker(), world.fse, world.fse_budget)
    for period, total in zip(world.periods[11 - len(minutes) : 11], minutes, strict=True):
        approved(assignment, period, total)
    return factories.sheet(assignment, world.period, {date(2026, 11, 4): now} if now <= 720 else spread(now))


def spread(minutes: int) -> dict[date, int]:
    weekdays = [MONDAY + timedelta(days=n) for n in range(28) if n % 7 < 5]
    share, rest = divmod(minutes, len(weekdays))
    return {day: share + (n < rest) for n, day in enumerate(weekdays)}


@pytest.mark.parametrize(
    ("before", "now", "percent"),
    [
        ([960, 960, 960], 1200, 25),  # exactly 25 % and 4 hours
        ([960, 960, 960], 1199, None),  # one minute less than both
        ([964, 964, 964], 1204, None),  # 4 hours, but 24.9 %
        ([900, 900, 900], 1139, None),  # 26 %, but one minute less than 4 hours
        ([960, 960, 960], 720, -25),
        ([960, 960, 960], 721, None),
        ([9000, 960, 960, 960], 960, None),  # the last three only
        ([480, 480], 720, 50),  # what there is of three
        ([1000, 1000, 1001], 1251, 25),  # rounded: 25.0 %, 250 1/3 minutes of 1000 1/3
    ],
)
def test_unlike_before(world: World, before: list[int], now: int, percent: int | None) -> None:
    found = refreshed(history(world, before, now))
    assert ("unlike_before" in found) is (percent is not None)
    assert "first" not in found
    if percent is not None:
        flag = found["unlike_before"]
        assert flag.detail["percent"] == percent
        assert flag.detail["minutes"] == now
        assert flag.detail["count"] == min(len(before), 3)


def test_unlike_before_without_hours_has_no_percentage(world: World) -> None:
    assert refreshed(history(world, [0, 0], 239)) == {}
    detail = {"percent": None, "minutes": 240, "mean": 0, "count": 2}
    assert refreshed(history(world, [0, 0], 240))["unlike_before"].detail == detail


def test_first(world: World) -> None:
    assert list(refreshed(world.sheet)) == ["first"]
    earlier = factories.sheet(
        world.assignment, world.periods[10], days(2, 465, date(2026, 10, 5)), state="rejected"
    )
    assert list(refreshed(world.sheet)) == ["first"]
    Timesheet.update(state="approved").where(Timesheet.id == earlier.id).execute()
    assert refreshed(world.sheet) == {}


def test_only_originals_are_compared_with(world: World) -> None:
    sheet = history(world, [480, 480], 480)
    assert refreshed(sheet) == {}
    for period in world.periods[9:11]:
        factories.sheet(sheet.assignment, period, {period.first_on: 1200}, state="approved", sequence=1)
    assert refreshed(sheet) == {}


def test_a_later_sheet_is_not_an_earlier_one(world: World) -> None:
    factories.sheet(world.assignment, world.periods[12], {date(2026, 12, 1): 60}, state="approved")
    assert list(refreshed(world.sheet)) == ["first"]


def test_a_supplementary_sheet_is_not_compared(world: World) -> None:
    sheet = factories.sheet(world.assignment, world.period, {date(2026, 11, 9): 60}, sequence=1)
    assert refreshed(sheet) == {}


def test_changed_after_a_rejection(world: World) -> None:
    sheet = ordinary(world, days(5, 480))
    events.record("submit", by=sheet.assignment.worker, timesheet=sheet, revision=1)
    assert refreshed(sheet) == {}
    events.record("reject", by=world.supervisor, timesheet=sheet, revision=1)
    assert refreshed(sheet)["changed"].detail == {"after": "reject"}


def test_changed_after_an_earlier_revision_was_sent(world: World) -> None:
    sheet = ordinary(world, days(5, 480), revision=3)
    events.record("save", by=sheet.assignment.worker, timesheet=sheet, revision=2)
    events.record("submit", by=sheet.assignment.worker, timesheet=sheet, revision=3)
    assert refreshed(sheet) == {}
    events.record("submit", by=sheet.assignment.worker, timesheet=sheet, revision=2)
    assert refreshed(sheet)["changed"].detail == {"after": "submit"}


@pytest.mark.parametrize(("state", "is_changed"), [("submitted", True), ("draft", False)])
def test_changed_after_it_was_imported_as_sent(world: World, state: str, is_changed: bool) -> None:
    sheet = ordinary(world, days(5, 480))
    events.record("import", by=None, source="import", timesheet=sheet, revision=1, after={"state": state})
    assert refreshed(sheet) == {}
    Timesheet.update(revision=2).where(Timesheet.id == sheet.id).execute()
    assert ("changed" in refreshed(sheet)) is is_changed


def budget(world: World, **limits: Any) -> BudgetNumber:
    number = f"{next(factories.serial)}.001"
    return BudgetNumber.create(organisation=world.fse, number=number, **limits)


@pytest.mark.parametrize(("ceiling", "is_over"), [(960, False), (959, True)])
def test_budget_hours(world: World, ceiling: int, is_over: bool) -> None:
    number = budget(world, ceiling_minutes=ceiling)
    used = ordinary(world, days(1, 480), budget=number)
    Timesheet.update(state="approved", decided_at=clock.now()).where(Timesheet.id == used.id).execute()
    draft = factories.assignment(factories.worker(), world.fse, number)
    factories.sheet(draft, world.period, days(1, 480), state="draft")
    found = refreshed(ordinary(world, days(1, 480), budget=number))
    assert ("budget" in found) is is_over
    if is_over:
        expected = {"number": number.number, "why": "minutes", "used": 960, "ceiling": 959, "count": 1}
        assert found["budget"].detail == expected


@pytest.mark.parametrize(
    ("rate", "percent", "minutes", "cents"),
    [
        (315100, 100, 60, 3151),
        (315100, 140, 450, 33086),  # 7.5 h x 31.51 x 1.4 = 330.855: half a cent up
        (315100, 175, 20, 1838),  # 1,838.08 cents
        (1, 100, 1, 0),
        (300, 100, 10, 1),  # exactly half a cent
        (299, 100, 10, 0),
    ],
)
def test_budget_money(world: World, rate: int, percent: int, minutes: int, cents: int) -> None:
    number = budget(world, ceiling_cents=cents)
    sheet = ordinary(world, {date(2026, 11, 4): minutes}, budget=number)
    Rate.update(bill_rate=rate).where(Rate.assignment == sheet.assignment).execute()
    HourType.update(multiplier_percent=percent).where(HourType.code == "REG").execute()
    assert "budget" not in refreshed(sheet)
    BudgetNumber.update(ceiling_cents=cents - 1 if cents else 0).where(BudgetNumber.id == number).execute()
    found = refreshed(sheet)
    assert ("budget" in found) is (cents > 0)
    if cents:
        expected = {"number": number.number, "why": "cents", "used": cents, "ceiling": cents - 1, "count": 1}
        assert found["budget"].detail == expected


def test_budget_money_counts_the_rate_of_the_day(world: World) -> None:
    number = budget(world, ceiling_cents=60_00)
    sheet = ordinary(world, {date(2026, 11, 4): 60, date(2026, 11, 5): 60}, budget=number)
    Rate.update(bill_rate=300_000).where(Rate.assignment == sheet.assignment).execute()
    assert "budget" not in refreshed(sheet)
    Rate.create(assignment=sheet.assignment, valid_from_on=date(2026, 11, 5), pay_rate=1, bill_rate=300_100)
    flags.forget_sums()
    assert refreshed(sheet)["budget"].detail["used"] == 60_01


def test_budget_not_valid_on_a_day(world: World) -> None:
    number = budget(world, valid_from_on=date(2026, 11, 3), valid_until_on=date(2026, 11, 26))
    valid = {date(2026, 11, 3): 60, date(2026, 11, 26): 60}
    assert refreshed(ordinary(world, valid, budget=number)) == {}
    found = refreshed(ordinary(world, {MONDAY: 60, date(2026, 11, 27): 60}, budget=number))
    expected = {"number": number.number, "why": "day", "day": "2026-11-02", "days": 2, "count": 1}
    assert found["budget"].detail == expected


def test_a_remark_of_its_own(world: World) -> None:
    sheet = ordinary(world, days(1, 480), remark="  ")
    Hour.update(remark="ziek naar huis").execute()
    assert refreshed(sheet) == {}
    Timesheet.update(remark="Graag vóór vrijdag").where(Timesheet.id == sheet.id).execute()
    assert refreshed(sheet)["remark"].detail == {}


# Whose hours count, and who learns of what.


def test_hours_of_other_assignments_in_the_organisation_count(world: World) -> None:
    sheet = ordinary(world, {MONDAY: 480})
    other = factories.assignment(sheet.assignment.worker, world.fse, world.fse_budget)
    factories.sheet(other, world.period, {MONDAY: 241}, state="approved")
    flag = refreshed(sheet)["long_day"]
    assert (flag.detail["minutes"], flag.is_elsewhere) == (721, False)


@pytest.mark.parametrize("state", ["draft", "rejected"])
def test_what_is_not_sent_does_not_count(world: World, state: str) -> None:
    sheet = ordinary(world, {MONDAY: 480})
    other = factories.assignment(sheet.assignment.worker, world.fse, world.fse_budget)
    factories.sheet(other, world.period, {MONDAY: 600}, state=state)
    assert refreshed(sheet) == {}


def test_supplementary_sheets_add_up_and_a_correction_downwards_is_no_news(world: World) -> None:
    sheet = ordinary(world, {MONDAY: 700})
    more = factories.sheet(sheet.assignment, world.period, {MONDAY: 60}, sequence=1)
    assert refreshed(sheet)["long_day"].detail["minutes"] == 760
    assert refreshed(more)["long_day"].detail["minutes"] == 760
    less = factories.sheet(sheet.assignment, world.period, {MONDAY: -10}, sequence=2)
    assert refreshed(less) == {}
    assert refreshed(sheet)["long_day"].detail["minutes"] == 750


def test_hours_elsewhere_are_for_the_worker_and_the_agency(world: World) -> None:
    sheet = ordinary(world, days(5, 480))
    elsewhere = factories.assignment(sheet.assignment.worker, world.law, world.law_budget)
    other = factories.sheet(elsewhere, world.period, days(5, 300))
    found = refreshed(sheet)
    assert set(found) == {"long_day", "long_week"}
    assert all(flag.is_elsewhere for flag in found.values())
    assert found["long_day"].detail["minutes"] == 780
    assert listing.flags_of([sheet.id]) == {}
    assert len(listing.flags_of([sheet.id], elsewhere=True)[sheet.id]) == 2
    assert set(refreshed(other)) == {"long_day", "long_week", "first"}


def test_a_flag_that_arises_here_has_the_numbers_of_here(world: World) -> None:
    """Otherwise a supervisor could read from the number that there are hours elsewhere."""
    sheet = ordinary(world, {MONDAY: 730})
    elsewhere = factories.assignment(sheet.assignment.worker, world.law, world.law_budget)
    factories.sheet(elsewhere, world.period, {MONDAY: 120})
    flag = refreshed(sheet)["long_day"]
    assert (flag.detail["minutes"], flag.is_elsewhere) == (730, False)


def test_a_week_in_two_periods_counts_both_sheets(world: World) -> None:
    months = [
        PayPeriod.create(
            calendar="month", year=2026, number=number, first_on=first, last_on=last,
            submit_by_at=clock.now(), approve_by_at=clock.now(), pay_on=last,
        )
        for number, first, last in (
            (9, date(2026, 9, 1), date(2026, 9, 30)), (10, date(2026, 10, 1), date(2026, 10, 31))
        )
    ]  # fmt: skip
    fasos = factories.organisation("FASOS", calendar="month")
    number = BudgetNumber.create(organisation=fasos, number="37945215.325")
    assignment = factories.assignment(factories.worker(), fasos, number)
    september = factories.sheet(assignment, months[0], days(3, 700, date(2026, 9, 28)))
    october = factories.sheet(assignment, months[1], days(3, 700, date(2026, 10, 1)))
    for sheet in (september, october):
        detail = refreshed(sheet)["long_week"].detail
        assert (detail["week"], detail["minutes"]) == (40, 4200)


# When they are computed.


def test_only_waiting_sheets_are_computed(world: World) -> None:
    flags.refresh([world.sheet.id])
    Timesheet.update(state="approved", decided_at=clock.now()).where(Timesheet.id == world.sheet.id).execute()
    factories.sheet(world.assignment, world.periods[10], days(2, 465), state="approved")
    flags.refresh([world.sheet.id])
    assert list(stored(world.sheet)) == ["first"], "an approved sheet keeps what its approver saw"


def test_only_what_differs_is_written(world: World) -> None:
    sheets = [ordinary(world, {MONDAY: 800}) for _ in range(3)]
    flags.refresh_all_waiting()
    kept = {flag.id for flag in Flag.select()}
    assert len(kept) == 4
    with count_queries() as again:
        flags.refresh_all_waiting()
    assert not [q for q in again.get_queries() if q.msg[0].startswith(("INSERT", "DELETE", "UPDATE"))]
    Timesheet.update(revision=2).where(Timesheet.id == sheets[0].id).execute()
    flags.refresh_all_waiting()
    assert len(kept - {flag.id for flag in Flag.select()}) == 1
    assert stored(sheets[0])["long_day"].revision == 2


def test_a_flag_goes_when_its_reason_goes(world: World) -> None:
    sheet = ordinary(world, {MONDAY: 800}, remark="Lange dag")
    assert set(refreshed(sheet)) == {"long_day", "remark"}
    Timesheet.update(remark="").where(Timesheet.id == sheet.id).execute()
    assert set(refreshed(sheet)) == {"long_day"}


def set_state(sheet: Timesheet, state: str) -> None:
    Timesheet.update(state=state, decided_at=clock.now()).where(Timesheet.id == sheet.id).execute()
    flags.changed([sheet.id])


def test_an_approval_changes_the_sheets_after_it(world: World) -> None:
    later = factories.sheet(world.assignment, world.periods[12], {date(2026, 12, 1): 60})
    flags.refresh_all_waiting()
    assert set(stored(later)) == {"ahead", "first"}
    set_state(world.sheet, "approved")
    assert set(stored(later)) == {"ahead", "unlike_before"}
    set_state(world.sheet, "submitted")
    assert set(stored(later)) == {"ahead", "first"}


def test_a_rejection_changes_what_looks_at_the_same_hours(world: World) -> None:
    sheet = ordinary(world, {MONDAY: 480})
    elsewhere = factories.assignment(sheet.assignment.worker, world.law, world.law_budget)
    other = factories.sheet(elsewhere, world.period, {MONDAY: 480})
    flags.refresh_all_waiting()
    assert set(stored(sheet)) == {"long_day"}
    assert flags.affected_by([other.id]) == {sheet.id, other.id}
    set_state(other, "rejected")
    assert stored(sheet) == {}


def test_a_rejection_frees_budget_for_others(world: World) -> None:
    number = budget(world, ceiling_minutes=900)
    first, second = (ordinary(world, {MONDAY: 480}, budget=number) for _ in range(2))
    flags.changed([second.id])
    assert set(stored(first)) == set(stored(second)) == {"budget"}
    set_state(second, "rejected")
    assert stored(first) == {}


def test_a_budget_number_that_a_sheet_left_is_looked_at_again(world: World) -> None:
    number = budget(world, ceiling_minutes=900)
    first, second = (ordinary(world, {MONDAY: 480}, budget=number) for _ in range(2))
    flags.changed([first.id, second.id])
    TimesheetLine.update(budget_number=world.fse_budget).where(TimesheetLine.timesheet == second).execute()
    flags.changed([second.id], budget_numbers=[number.id])
    assert stored(first) == stored(second) == {}


def test_an_approval_leaves_hours_and_budgets_alone(world: World) -> None:
    number = budget(world, ceiling_minutes=900)
    first, second = (ordinary(world, {MONDAY: 480}, budget=number) for _ in range(2))
    flags.refresh_all_waiting()
    Timesheet.update(state="approved", decided_at=clock.now()).where(Timesheet.id == second.id).execute()
    assert flags.affected_by([second.id]) == set()
    assert flags.affected_by([first.id]) == {first.id}
    assert flags.affected_by([first.id], are_hours_moved=False) == {first.id}


def test_warnings_of_a_draft_are_not_stored(world: World) -> None:
    sheet = ordinary(world, {MONDAY: 800}, state="draft", remark="Lang")
    found = flags.warnings(sheet.id)
    assert [flag.code for flag in found] == ["long_day", "remark"]
    assert found[0].detail["minutes"] == 800
    assert stored(sheet) == {}


def test_warnings_of_a_draft_count_it_on_its_budget_and_leave_no_sums(world: World) -> None:
    """Only who holds the lock of the flags counts a budget number for good: to look is not to change."""
    sheet = ordinary(world, {MONDAY: 480}, state="draft", budget=budget(world, ceiling_minutes=479))
    assert [(flag.code, flag.detail["used"]) for flag in flags.warnings(sheet.id)] == [("budget", 480)]
    assert not BudgetSum.select().exists()


def test_sums_are_counted_before_a_verb_asks(world: World) -> None:
    """Of every budget number with a ceiling, each once: an import ends with it."""
    limited, free = budget(world, ceiling_minutes=900), budget(world)
    for number in (limited, free):
        ordinary(world, {MONDAY: 480}, budget=number)
    for _again in range(2):
        flags.count_sums()
        sums = BudgetSum.select(BudgetSum.budget_number, BudgetSum.waiting_minutes)
        assert list(sums.tuples()) == [(limited.id, 480)]
    flags.forget_sums()
    assert not BudgetSum.select().exists()


def statements(run: Callable[[], None]) -> int:
    with count_queries() as counted:
        run()
    return int(counted.count)


def test_the_number_of_statements_is_fixed(world: World) -> None:
    """The same for one sheet and for two hundred, every kind of flag among them."""
    number = budget(world, ceiling_minutes=10, ceiling_cents=10)
    terms = {"max_minutes_per_week": 60}
    one = [ordinary(world, {date(2026, 11, 7): 800}, budget=number, terms=terms, remark="!").id]
    with transaction():
        many = [
            ordinary(world, {date(2026, 11, 7): 800}, budget=number, terms=terms, remark="!").id
            for _ in range(200)
        ]
    flags.refresh(many)  # the number is counted
    for run in (flags.refresh, flags.changed):
        Flag.delete().execute()
        for_one = statements(lambda run=run: run(one))  # type: ignore[misc]
        Flag.delete().execute()
        assert statements(lambda run=run: run(many)) == for_one  # type: ignore[misc]
    assert Flag.select().count() == 201 * 5
    assert for_one <= 17


def test_two_at_once_both_see_the_other(app: Flask, world: World) -> None:
    """Two sheets of one day are sent at the same moment: whoever computes last knows both."""
    sheet = ordinary(world, {MONDAY: 400}, state="draft", submitted_at=clock.now())
    other = factories.assignment(sheet.assignment.worker, world.fse, world.fse_budget)
    approved(other, world.periods[10], 400)
    second = factories.sheet(other, world.period, {MONDAY: 400}, state="draft", submitted_at=clock.now())

    def send(one: int) -> None:
        with db.connection_context(), transaction():
            Timesheet.update(state="submitted").where(Timesheet.id == one).execute()
            flags.changed([one])

    threads = [Thread(target=send, args=(one.id,)) for one in (sheet, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(stored(sheet)) == set(stored(second)) == {"long_day"}
