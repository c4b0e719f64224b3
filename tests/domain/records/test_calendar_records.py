"""Hour types, closing days and pay periods: their rules, and the arithmetic of days beneath them."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from konnekt.domain import clock
from konnekt.domain.payroll import pay_dates
from konnekt.domain.records import calendars, closing_days, holidays, hour_types, pay_periods, working_days
from konnekt.domain.records.calendars import Rule, Span
from konnekt.domain.records.hour_types import Kind
from konnekt.domain.refusals import Forbidden, Invalid, NotFound, Refused
from konnekt.models import ClosingDay, Event, Flag, HourType, PayPeriod, Timesheet
from tests import factories
from tests.domain.records.test_rates import paid
from tests.factories import World

# Easter Sundays as the churches publish them, with the earliest and the latest there can be.
EASTERS = [
    date(2014, 4, 20), date(2019, 4, 21), date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5),
    date(2027, 3, 28), date(2030, 4, 21), date(2038, 4, 25), date(2076, 4, 19), date(1818, 3, 22),
]  # fmt: skip


@pytest.mark.parametrize("sunday", EASTERS)
def test_easter(sunday: date) -> None:
    assert holidays.easter(sunday.year) == sunday


def test_the_holidays_of_2026() -> None:
    found = {one.name_nl: one.day for one in holidays.of(2026)}
    assert found == {
        "Nieuwjaarsdag": date(2026, 1, 1),
        "Goede Vrijdag": date(2026, 4, 3),
        "Tweede paasdag": date(2026, 4, 6),
        "Koningsdag": date(2026, 4, 27),
        "Bevrijdingsdag": date(2026, 5, 5),
        "Hemelvaartsdag": date(2026, 5, 14),
        "Tweede pinksterdag": date(2026, 5, 25),
        "Eerste kerstdag": date(2026, 12, 25),
        "Tweede kerstdag": date(2026, 12, 26),
    }
    assert [one.name_nl for one in holidays.of(2026) if not one.is_usual] == [
        "Goede Vrijdag",
        "Bevrijdingsdag",
    ]


@pytest.mark.parametrize(("year", "day"), [(2014, 26), (2025, 26), (2031, 26), (2026, 27), (2030, 27)])
def test_kings_day_is_never_a_sunday(year: int, day: int) -> None:
    assert next(one.day for one in holidays.of(year) if one.name_nl == "Koningsdag") == date(year, 4, day)


def test_a_day_with_two_names_is_one_day() -> None:
    for year in range(holidays.FIRST_YEAR, holidays.LAST_YEAR + 1):
        days = [one.day for one in holidays.of(year)]
        assert days == sorted(set(days))
        assert all(day.year == year for day in days)


# Closing days


def test_a_closing_day_flags_and_unflags(world: World) -> None:
    made = closing_days.add(date(2026, 11, 3), "Sluitingsdag", "Closing day", by=world.staff)
    assert Flag.get(Flag.timesheet == world.sheet, Flag.code == "no_surcharge").detail["count"] == 1
    moved = closing_days.change(made.id, date(2026, 11, 10), "Sluitingsdag", "Closing day", by=world.staff)
    assert not Flag.select().where(Flag.code == "no_surcharge").exists()
    closing_days.change(moved.id, date(2026, 11, 4), "Sluitingsdag", "Closing day", by=world.staff)
    assert Flag.select().where(Flag.code == "no_surcharge").exists()
    closing_days.delete(made.id, by=world.staff)
    assert not Flag.select().where(Flag.code == "no_surcharge").exists()
    verbs = [event.verb for event in Event.select().order_by(Event.id)]
    assert verbs == ["add_closing_day", "change_closing_day", "change_closing_day", "delete_closing_day"]


def test_closing_days_that_cannot_be(world: World) -> None:
    made = closing_days.add(date(2026, 11, 3), "Sluitingsdag", "Closing day", by=world.staff)
    for day, name, field in (
        (date(2026, 11, 3), "Nog een", "day"),
        (date(226, 11, 3), "Lang geleden", "day"),
        (date(2026, 11, 5), " ", "name_nl"),
    ):
        with pytest.raises(Invalid) as refusal:
            closing_days.add(day, name, "Closing day", by=world.staff)
        assert refusal.value.field == field
    with pytest.raises(Forbidden):
        closing_days.delete(made.id, by=world.supervisor)
    seen = closing_days.seen(made)
    closing_days.change(made.id, made.day, "Dies", "Dies", by=world.staff, seen=seen)
    with pytest.raises(Refused, match="Somebody else"):
        closing_days.change(made.id, made.day, "X", "X", by=world.staff, seen=seen)
    closing_days.delete(made.id, by=world.staff)
    with pytest.raises(NotFound):
        closing_days.delete(made.id, by=world.staff)


def test_the_holidays_that_are_chosen(world: World) -> None:
    ClosingDay.create(day=date(2027, 12, 25), name_nl="Kerst", name_en="Christmas")
    assert [known for holiday, known in closing_days.proposed(2027) if holiday.day.month == 12] == [
        True,
        False,
    ]
    chosen = [date(2027, 1, 1), date(2027, 12, 25)]
    assert [row.day for row in closing_days.add_holidays(2027, chosen, by=world.staff)] == [date(2027, 1, 1)]
    assert ClosingDay.get(ClosingDay.day == date(2027, 12, 25)).name_nl == "Kerst"
    for wrong in ([], [date(2027, 1, 2)], [date(2026, 1, 1)]):
        with pytest.raises(Invalid):
            closing_days.add_holidays(2027, wrong, by=world.staff)
    with pytest.raises(Invalid):
        closing_days.proposed(2013)


# Hour types


def kind(**changed: Any) -> Kind:
    return Kind(**{
        "name_nl": "Nacht", "name_en": "Night", "multiplier_percent": 150, "payroll_code": "210",
        "setu_code": "HT320", **changed,
    })  # fmt: skip


def test_hour_types(world: World) -> None:
    made = hour_types.add("NIGHT", kind(), by=world.staff)
    with pytest.raises(Invalid) as refusal:
        hour_types.add("night", kind(), by=world.staff)
    assert refusal.value.field == "code"
    seen = hour_types.seen(made)
    changed = hour_types.change(made.id, kind(is_active=False), by=world.staff, seen=seen)
    assert not changed.is_active
    with pytest.raises(Refused, match="Somebody else"):
        hour_types.change(made.id, kind(), by=world.staff, seen=seen)
    assert Event.get(Event.verb == "change_hour_type").after == {"is_used": False}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"multiplier_percent": 0}, "multiplier_percent"),
        ({"multiplier_percent": 1001}, "multiplier_percent"),
        ({"setu_code": "HT999"}, "setu_code"),
        ({"name_en": ""}, "name_en"),
        ({"payroll_code": "x" * 51}, "payroll_code"),
    ],
)
def test_hour_types_that_cannot_be(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        hour_types.add("NIGHT", kind(**wrong), by=world.staff)
    assert refusal.value.field == field


def test_a_multiplier_that_was_paid_stays(world: World) -> None:
    regular = HourType.get(HourType.code == "REG")
    same = kind(multiplier_percent=100)
    paid(world)
    with pytest.raises(Invalid, match="100 %"):
        hour_types.change(regular.id, kind(multiplier_percent=110), by=world.staff)
    assert hour_types.change(regular.id, same, by=world.staff).name_nl == "Nacht"


def test_a_multiplier_moves_flags(world: World) -> None:
    ClosingDay.create(day=date(2026, 11, 3), name_nl="Dies", name_en="Dies")
    regular = HourType.get(HourType.code == "REG")
    hour_types.change(regular.id, kind(multiplier_percent=99), by=world.staff)
    assert Flag.select().where(Flag.code == "no_surcharge").exists()
    hour_types.change(regular.id, kind(multiplier_percent=175), by=world.staff)
    assert not Flag.select().where(Flag.code == "no_surcharge").exists()


def test_one_hour_type_stays_in_use(world: World) -> None:
    HourType.update(is_active=False).where(HourType.code != "REG").execute()
    regular = HourType.get(HourType.code == "REG")
    with pytest.raises(Refused, match="stays in use"):
        hour_types.change(regular.id, kind(multiplier_percent=100, is_active=False), by=world.staff)
    with pytest.raises(Forbidden):
        hour_types.change(regular.id, kind(), by=world.supervisor)


# Pay periods


def test_iso_years() -> None:
    assert [calendars.weeks_in(year) for year in (2020, 2025, 2026, 2027, 2032)] == [53, 52, 53, 52, 53]


def test_four_weeks_of_2026() -> None:
    spans = calendars.generate("four_weeks", 2026, Rule())
    assert len(spans) == 13
    assert (spans[0].first_on, spans[0].last_on) == (date(2025, 12, 29), date(2026, 1, 25))
    assert (spans[12].first_on, spans[12].last_on, spans[12].days) == (
        date(2026, 11, 30),
        date(2027, 1, 3),
        35,
    )
    assert {span.days for span in spans[:12]} == {28}


def test_weeks_and_months() -> None:
    weeks = calendars.generate("week", 2026, Rule())
    assert len(weeks) == 53
    assert weeks[52].first_on == date(2026, 12, 28)
    assert [span.first_on.isocalendar().week for span in weeks] == [span.number for span in weeks]
    months = calendars.generate("month", 2028, Rule())
    assert [span.days for span in months] == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize("calendar", ["week", "four_weeks", "month"])
def test_years_follow_each_other(calendar: str) -> None:
    spans = [span for year in range(2024, 2034) for span in calendars.generate(calendar, year, Rule())]
    assert all(
        after.first_on == span.last_on + timedelta(days=1) for span, after in itertools.pairwise(spans)
    )


def test_deadlines_are_times_on_the_wall() -> None:
    march = calendars.generate("month", 2026, Rule(0, time(12), 0, time(12), 0))[2]
    february = calendars.generate("month", 2026, Rule(0, time(12), 0, time(12), 0))[1]
    assert february.submit_by_at == datetime(2026, 2, 28, 11, tzinfo=UTC)
    assert march.submit_by_at == datetime(2026, 3, 31, 10, tzinfo=UTC)


def test_the_rule_of_a_period_is_found_again() -> None:
    rule = Rule(3, time(9, 30), 4, time(17), 12)
    assert all(calendars.rule_of(span) == rule for span in calendars.generate("week", 2026, rule))


@pytest.mark.parametrize(
    ("calendar", "year", "rule", "field"),
    [
        ("four_weeks", 1999, Rule(), "year"),
        ("fortnight", 2026, Rule(), "calendar"),
        ("week", 2026, Rule(submit_days=-1), "submit_days"),
        ("week", 2026, Rule(submit_days=9), "approve_days"),
        ("week", 2026, Rule(submit_days=8, submit_at=time(12, 1)), "approve_days"),
        ("week", 2026, Rule(pay_days=7), "pay_days"),
        ("week", 2026, Rule(pay_days=367), "pay_days"),
    ],
)
def test_rules_that_cannot_be(calendar: str, year: int, rule: Rule, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        calendars.generate(calendar, year, rule)
    assert refusal.value.field == field


def year_of_2027(world: World) -> list[PayPeriod]:
    PayPeriod.delete().where(PayPeriod.number > 13).execute()
    PayPeriod.update(last_on=date(2027, 1, 3)).where(PayPeriod.number == 13).execute()
    return pay_periods.generate("four_weeks", 2027, Rule(), by=world.staff)


def test_a_year_is_made_once_and_joins_the_one_before(world: World) -> None:
    with pytest.raises(Invalid, match="there already"):
        pay_periods.generate("four_weeks", 2026, Rule(), by=world.staff)
    # The factories' fourteenth and fifteenth period lie in what would be 2027.
    with pytest.raises(Invalid, match="overlaps period"):
        pay_periods.generate("four_weeks", 2027, Rule(), by=world.staff)
    assert len(year_of_2027(world)) == 13
    with pytest.raises(Invalid, match="days are left over"):
        pay_periods.generate("four_weeks", 2029, Rule(), by=world.staff)
    with pytest.raises(Forbidden):
        pay_periods.generate("four_weeks", 2028, Rule(), by=world.supervisor)
    assert Event.get(Event.thing == "pay_periods four_weeks 2027").after["periods"] == 13


def test_what_is_missing_of_a_year_is_made(world: World) -> None:
    year_of_2027(world)
    PayPeriod.delete().where((PayPeriod.year == 2027) & (PayPeriod.number > 2)).execute()
    assert pay_periods.suggested("four_weeks")[0] == 2027
    made = pay_periods.generate("four_weeks", 2027, Rule(), by=world.staff)
    assert [period.number for period in made] == list(range(3, 14))
    assert pay_periods.suggested("four_weeks")[0] == 2028
    # A year whose own periods end elsewhere joins nothing.
    PayPeriod.delete().where((PayPeriod.year == 2027) & (PayPeriod.number > 2)).execute()
    PayPeriod.update(last_on=date(2027, 2, 27)).where(
        (PayPeriod.year == 2027) & (PayPeriod.number == 2)
    ).execute()
    with pytest.raises(Invalid):
        pay_periods.generate("four_weeks", 2027, Rule(), by=world.staff)


def span(of: PayPeriod, **changed: Any) -> Span:
    names = ("number", "first_on", "last_on", "submit_by_at", "approve_by_at", "pay_on")
    return Span(**{**{name: getattr(of, name) for name in names}, **changed})


def test_a_later_deadline_moves_the_pay_date_of_what_waits(world: World) -> None:
    wanted = span(world.period, approve_by_at=clock.at(date(2026, 12, 8), time(9)), pay_on=date(2026, 12, 10))
    pay_periods.change(world.period.id, wanted, by=world.staff)
    found = pay_dates.pay_date(world.period, pay_dates.open_periods(["four_weeks"]))
    assert found.period is not None
    assert found.period.pay_on == date(2026, 12, 10)


def test_days_with_timesheets_stay(world: World) -> None:
    with pytest.raises(Invalid, match="its days stay") as refusal:
        pay_periods.change(
            world.period.id, span(world.period, last_on=date(2026, 11, 30)), by=world.staff, joined=True
        )
    assert refusal.value.field == "first_on"


def test_days_leave_no_gap_and_no_overlap(world: World) -> None:
    tenth, eleventh = world.periods[9], world.periods[10]
    later, earlier = tenth.last_on + timedelta(days=1), tenth.last_on - timedelta(days=1)
    with pytest.raises(Invalid, match="overlaps period 11"):
        pay_periods.change(tenth.id, span(tenth, last_on=later), by=world.staff)
    with pytest.raises(Invalid, match="days are left over") as refusal:
        pay_periods.change(tenth.id, span(tenth, last_on=earlier), by=world.staff)
    assert refusal.value.field == "last_on"
    pay_periods.change(tenth.id, span(tenth, last_on=later), by=world.staff, joined=True)
    assert PayPeriod.get_by_id(eleventh.id).first_on == later + timedelta(days=1)
    things = {event.thing for event in Event.select()}
    assert things == {"pay_period four_weeks 2026-10", "pay_period four_weeks 2026-11"}
    # The twelfth has a timesheet: its first day can't follow.
    eleventh = PayPeriod.get_by_id(eleventh.id)
    with pytest.raises(Invalid, match="Period 12 of 2026 has timesheets"):
        pay_periods.change(
            eleventh.id, span(eleventh, last_on=date(2026, 10, 31)), by=world.staff, joined=True
        )


def test_a_neighbour_keeps_a_day(world: World) -> None:
    tenth, eleventh = world.periods[9], world.periods[10]
    with pytest.raises(Invalid, match="no days of period 11"):
        pay_periods.change(tenth.id, span(tenth, last_on=eleventh.last_on), by=world.staff, joined=True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"last_on": date(2026, 9, 1)}, "last_on"),
        ({"last_on": date(2028, 1, 1)}, "last_on"),
        ({"submit_by_at": datetime(2027, 1, 1, tzinfo=UTC)}, "approve_by"),
        ({"pay_on": date(2026, 10, 1)}, "pay_on"),
        ({"pay_on": date(3026, 10, 1)}, "pay_on"),
    ],
)
def test_periods_that_cannot_be(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        pay_periods.change(world.periods[9].id, span(world.periods[9], **wrong), by=world.staff)
    assert refusal.value.field == field


def test_only_what_is_unused_is_deleted_from_an_end(world: World) -> None:
    with pytest.raises(Refused, match="hang on it"):
        pay_periods.delete(world.period.id, by=world.staff)
    with pytest.raises(Refused, match="gap"):
        pay_periods.delete(world.periods[3].id, by=world.staff)
    pay_periods.delete(world.periods[14].id, by=world.staff)
    pay_periods.delete(world.periods[0].id, by=world.staff)
    with pytest.raises(NotFound):
        pay_periods.delete(world.periods[0].id, by=world.staff)
    with pytest.raises(Refused, match="hang on it"):
        pay_periods.delete_year("four_weeks", 2026, by=world.staff)
    Timesheet.delete().execute()
    assert pay_periods.delete_year("four_weeks", 2026, by=world.staff) == 13
    with pytest.raises(NotFound):
        pay_periods.delete_year("four_weeks", 2026, by=world.staff)


def test_a_form_that_is_overtaken(world: World) -> None:
    tenth = world.periods[9]
    seen = pay_periods.seen(tenth)
    paid_later = tenth.pay_on + timedelta(days=1)
    pay_periods.change(tenth.id, span(tenth, pay_on=paid_later), by=world.staff, seen=seen)
    with pytest.raises(Refused, match="Somebody else"):
        pay_periods.change(tenth.id, span(tenth), by=world.staff, seen=seen)


def test_the_next_year_starts_with_the_last_rule(world: World) -> None:
    assert pay_periods.suggested("four_weeks") == (2027, Rule())
    assert pay_periods.suggested("month") == (2026, Rule())


def test_the_page_opens_at_the_calendar_that_is_followed(world: World) -> None:
    factories.organisation("W1", calendar="week")
    year = pay_periods.of_year("", None)
    assert (year.calendar, year.year, year.followers, len(year.periods)) == ("four_weeks", 2026, 2, 15)
    assert pay_periods.of_year("week", None).followers == 1


@pytest.mark.parametrize("how", ["earlier", "later"])
@pytest.mark.parametrize("calendar", ["week", "four_weeks", "month"])
def test_what_is_moved_stays_in_order_and_off_free_days(world: World, how: str, calendar: str) -> None:
    for year in (2026, 2027):
        for holiday in holidays.of(year):
            ClosingDay.get_or_create(day=holiday.day, defaults={"name_nl": "x", "name_en": "x"})
    # Christmas closure over the turn of the year, weekends included; no day before it is late enough.
    for number in range(12 if how == "later" else 0):
        day = date(2026, 12, 24) + timedelta(days=number)
        ClosingDay.get_or_create(day=day, defaults={"name_nl": "x", "name_en": "x"})
    spans = calendars.generate(calendar, 2026, Rule())
    closed = working_days.closing_days(spans)
    moved = working_days.settled(spans, how)
    assert working_days.hits(spans, closed)
    assert working_days.hits(moved, closed) == []
    for was, now in zip(spans, moved, strict=True):
        assert now.submit_by_at <= now.approve_by_at
        assert clock.local(now.approve_by_at).date() <= now.pay_on
        assert (now.pay_on <= was.pay_on) if how == "earlier" else (now.pay_on >= was.pay_on)
        assert clock.local(now.submit_by_at).time() == clock.local(was.submit_by_at).time()
    assert working_days.settled(spans, "leave") == spans
    with pytest.raises(Invalid, match="nobody works"):
        working_days.settled(spans, "")
    with pytest.raises(Invalid, match="nobody works"):
        working_days.settled(spans, "sideways")


@pytest.mark.parametrize(("submit_days", "closed_from"), [(0, 9), (5, 5)])
def test_no_deadline_moves_to_before_its_period_ends(
    world: World, submit_days: int, closed_from: int
) -> None:
    # The first week of 2026 ends on Sunday 4 January; it is closed from a day in the week after to its Friday.
    (week,) = calendars.generate("week", 2026, Rule(submit_days=submit_days))[:1]
    for day in range(closed_from, 10):
        ClosingDay.get_or_create(day=date(2026, 1, day), defaults={"name_nl": "x", "name_en": "x"})
    with pytest.raises(Invalid, match="before its period ends") as refusal:
        working_days.settled([week], "earlier")
    assert (refusal.value.field, refusal.value.values["day"]) == (
        "closed",
        week.last_on + timedelta(submit_days),
    )
    (later,) = working_days.settled([week], "later")
    assert clock.local(later.submit_by_at).date() > week.last_on


def test_a_deadline_may_move_to_the_last_day_of_its_period(world: World) -> None:
    # July 2026 ends on a Friday; the Saturday after is the first.
    july = calendars.generate("month", 2026, Rule(submit_days=1))[6]
    (moved,) = working_days.settled([july], "earlier")
    assert clock.local(moved.submit_by_at).date() == july.last_on == date(2026, 7, 31)
