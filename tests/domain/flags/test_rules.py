"""The rules of the flags at their edges, on numbers alone: no database."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from konnekt.domain.budgets.used import Budget
from konnekt.domain.flags import rules
from konnekt.domain.flags.inputs import Inputs, JudgedSheet, WorkedHour, monday

MONDAY = date(2026, 11, 2)
FRIDAY, SATURDAY, SUNDAY = (MONDAY + timedelta(days=n) for n in (4, 5, 6))
WEEK = timedelta(days=7)
HOUR = 60
LATER = date(2027, 1, 4)

# Where hours stand: on the sheet; on another sheet of the assignment; on another assignment of the worker at the
# same organisation; at another organisation.
SHEET, BESIDE, HERE, ELSEWHERE = "sheet", "beside", "here", "elsewhere"
Hours = Iterable[tuple[str, date, int]]


def inputs_of(hours: Hours = (), percent: int = 100, number: int = 1, **more: Any) -> Inputs:
    """What the rules look at, of sheet 1 of assignment 1 of worker 1 at organisation 1."""
    inputs = Inputs(**more)
    for where, day, minutes in hours:
        inputs.everywhere[1].add(day, minutes)
        if where != ELSEWHERE:
            inputs.at_organisation[1, 1].add(day, minutes)
        if where in (SHEET, BESIDE):
            inputs.at_assignment[1].add(day, minutes)
        if where == SHEET:
            inputs.own[1].add(day, minutes)
            inputs.worked[1].append(WorkedHour(1, 1, 1, 1, number, percent, day, minutes))
    inputs.budgets = inputs.budgets or {number: Budget("1", None, None, None, None)}
    return inputs


def sheet(**columns: Any) -> JudgedSheet:
    return JudgedSheet(**{
        "id": 1, "revision": 1, "minutes": 0, "sequence": 1, "remark": "", "assignment": 1, "worker": 1,
        "organisation": 1, "first_on": date(2026, 1, 1), "last_on": None, "maximum": None, "sent_on": LATER,
        **columns,
    })  # fmt: skip


def flags_of(inputs: Inputs, **columns: Any) -> dict[str, Any]:
    """The flags of the sheet: code and detail; a star on those that arise with hours elsewhere alone."""
    return {
        flag.code + "*" * flag.is_elsewhere: flag.detail for flag in rules.flags_of(sheet(**columns), inputs)
    }


def test_a_sheet_without_hours_has_no_flag() -> None:
    assert flags_of(inputs_of()) == {}


def test_flags_stand_in_the_order_of_the_table() -> None:
    hours = [(SHEET, MONDAY + n * WEEK + timedelta(days=d), 721) for n in range(-3, 1) for d in range(7)]
    inputs = inputs_of(
        hours,
        sent_before={1: {"submit"}},
        budgets={1: Budget("1", 0, None, None, None, minutes=1)},
    )
    columns = {"first_on": LATER, "sent_on": MONDAY, "maximum": HOUR, "remark": "!", "sequence": 0}
    assert list(flags_of(inputs, **columns)) == [
        "long_day", "long_week", "long_average", "over_maximum", "no_surcharge", "outside", "ahead", "first",
        "changed", "budget", "remark",
    ]  # fmt: skip


# Working time.


@pytest.mark.parametrize(
    ("hours", "flag"),
    [
        ([(SHEET, MONDAY, 720)], None),
        ([(SHEET, MONDAY, 721)], ("long_day", "2026-11-02", 721, 1)),
        ([(SHEET, MONDAY, 1), (BESIDE, MONDAY, 720)], ("long_day", "2026-11-02", 721, 1)),
        ([(SHEET, MONDAY, 1), (HERE, MONDAY, 720)], ("long_day", "2026-11-02", 721, 1)),
        ([(SHEET, MONDAY, 1), (ELSEWHERE, MONDAY, 720)], ("long_day*", "2026-11-02", 721, 1)),
        ([(SHEET, MONDAY, 1), (ELSEWHERE, MONDAY, 719)], None),
        # A day on which the sheet adds nothing is not about the sheet.
        ([(SHEET, MONDAY, 0), (HERE, MONDAY, 721)], None),
        ([(SHEET, MONDAY, -1), (HERE, MONDAY, 900)], None),
        ([(HERE, MONDAY, 721)], None),
        # The longest is named, the first of equals, and how many there are.
        ([(SHEET, FRIDAY, 800), (SHEET, MONDAY, 721)], ("long_day", "2026-11-06", 800, 2)),
        ([(SHEET, FRIDAY, 800), (SHEET, MONDAY, 800)], ("long_day", "2026-11-02", 800, 2)),
        ([(SHEET, MONDAY, 800), (SHEET, FRIDAY, 720)], ("long_day", "2026-11-02", 800, 1)),
        # What arises here has the numbers of here.
        ([(SHEET, MONDAY, 721), (ELSEWHERE, MONDAY, 60)], ("long_day", "2026-11-02", 721, 1)),
    ],
)
def test_a_long_day(hours: Hours, flag: tuple[str, str, int, int] | None) -> None:
    expected = {flag[0]: dict(zip(("day", "minutes", "count"), flag[1:], strict=True))} if flag else {}
    assert flags_of(inputs_of(hours)) == expected


def spread(
    minutes: int, week: date = MONDAY, where: str = SHEET, over: int = 5
) -> list[tuple[str, date, int]]:
    """Minutes over the first days of a week."""
    share, rest = divmod(minutes, over)
    return [(where, week + timedelta(days=n), share + (n < rest)) for n in range(over)]


@pytest.mark.parametrize(
    ("hours", "flag"),
    [
        (spread(3600), None),
        (spread(3601, over=6), ("long_week", 45, 3601, 1)),
        ([(SHEET, MONDAY, 1), *spread(3600, where=HERE)], ("long_week", 45, 3601, 1)),
        ([(SHEET, MONDAY, 1), *spread(3600, where=ELSEWHERE)], ("long_week*", 45, 3601, 1)),
        ([(SHEET, SUNDAY, 1), *spread(3600, MONDAY + WEEK)], None),
        ([(SHEET, MONDAY, 0), *spread(3601, where=HERE)], None),
        ([(SHEET, MONDAY, -1), *spread(3700, where=HERE)], None),
        ([*spread(3601), *spread(3700, MONDAY + 2 * WEEK)], ("long_week", 47, 3700, 2)),
        ([*spread(3700), *spread(3700, MONDAY + 2 * WEEK)], ("long_week", 45, 3700, 2)),
    ],
)
def test_a_long_week(hours: Hours, flag: tuple[str, int, int, int] | None) -> None:
    flags = {
        code: detail for code, detail in flags_of(inputs_of(hours, percent=140)).items() if "week" in code
    }
    names = ("week", "minutes", "count")
    assert flags == ({flag[0]: {"year": 2026} | dict(zip(names, flag[1:], strict=True))} if flag else {})


def test_a_week_has_the_year_of_its_thursday() -> None:
    flags = flags_of(
        inputs_of(spread(3601, date(2025, 12, 29), over=7), percent=140), first_on=date(2025, 1, 1)
    )
    assert flags["long_week"] == {"year": 2026, "week": 1, "minutes": 3601, "count": 1}


def weeks(*minutes: int, where: str = BESIDE) -> list[tuple[str, date, int]]:
    """Hours in the weeks before, the nearest first."""
    return [one for n, of in enumerate(minutes, 1) for one in spread(of, MONDAY - n * WEEK, where, over=6)]


@pytest.mark.parametrize(
    ("hours", "flag"),
    [
        ([*spread(3300), *weeks(3300, 3300, 3300)], None),
        ([*spread(3300), *weeks(3300, 3300, 3301)], ("long_average", 3301, 1)),  # a quarter of a minute: up
        ([*spread(3300), *weeks(3300, 3301, 3303)], ("long_average", 3301, 1)),
        ([*spread(3301), *weeks(3301, 3301, 3302)], ("long_average", 3302, 1)),
        ([*spread(3300), *weeks(3300, 3300, 3299, 3600)], None),  # four weeks, not five
        ([*spread(3600), *weeks(3600, 3600, 2401)], ("long_average", 3301, 1)),
        ([*spread(1), *weeks(3600, 3600, 3600)], None),
        ([*spread(1), *weeks(4400, 4400, 4400)], ("long_average", 3301, 1)),
        # A week without hours is one of the four, with none.
        ([*spread(4400), *weeks(4400, 4400)], None),
        ([*spread(4401), *weeks(4400, 4400)], ("long_average", 3301, 1)),
        ([*spread(2401), *weeks(3600, 3600, 3600, where=HERE)], ("long_average", 3301, 1)),
        ([*spread(2401), *weeks(3600, 3600, 3600, where=ELSEWHERE)], ("long_average*", 3301, 1)),
        ([(SHEET, MONDAY, 0), *spread(3500, where=HERE), *weeks(3500, 3500, 3500)], None),
        ([(SHEET, MONDAY, -1), *spread(3500, where=HERE), *weeks(3500, 3500, 3500)], None),
        # Weeks after it are no part of the mean.
        ([*spread(3300), *weeks(3300, 3300, 3300), *spread(3600, MONDAY + WEEK, HERE)], None),
    ],
)
def test_a_long_average(hours: Hours, flag: tuple[str, int, int] | None) -> None:
    flags = {
        code: detail for code, detail in flags_of(inputs_of(hours, percent=140)).items() if "average" in code
    }
    expected = {flag[0]: {"year": 2026, "week": 45, "minutes": flag[1], "count": flag[2]}} if flag else {}
    assert flags == expected


@pytest.mark.parametrize(
    ("hours", "maximum", "minutes"),
    [
        ([(SHEET, MONDAY, 600)], None, None),
        ([(SHEET, MONDAY, 600)], 600, None),
        ([(SHEET, MONDAY, 600)], 599, 600),
        ([(SHEET, MONDAY, 1)], 0, 1),
        ([(SHEET, MONDAY, 1), (BESIDE, FRIDAY, 599)], 599, 600),
        ([(SHEET, MONDAY, 1), (HERE, FRIDAY, 599)], 599, None),
        ([(SHEET, MONDAY, 0), (BESIDE, FRIDAY, 600)], 599, None),
    ],
)
def test_over_the_maximum_of_the_assignment(hours: Hours, maximum: int | None, minutes: int | None) -> None:
    detail = {"year": 2026, "week": 45, "minutes": minutes, "count": 1, "maximum": maximum}
    assert flags_of(inputs_of(hours), maximum=maximum) == ({"over_maximum": detail} if minutes else {})


# Days.


def at(*days: date, minutes: int = HOUR) -> list[tuple[str, date, int]]:
    return [(SHEET, day, minutes) for day in days]


@pytest.mark.parametrize(
    ("days", "closing", "kinds", "named", "count"),
    [
        ([FRIDAY], [], [], [], 0),
        ([SATURDAY], [], ["weekend"], ["07"], 1),
        ([SUNDAY], [], ["weekend"], ["08"], 1),
        ([FRIDAY], [FRIDAY], ["closing_day"], ["06"], 1),
        ([SATURDAY], [SATURDAY], ["closing_day"], ["07"], 1),
        ([SUNDAY, FRIDAY], [FRIDAY], ["weekend", "closing_day"], ["06", "08"], 2),
        ([SUNDAY, SATURDAY, FRIDAY], [FRIDAY], ["weekend", "closing_day"], ["06", "07", "08"], 3),
        (
            [SUNDAY, SATURDAY, FRIDAY, MONDAY],
            [FRIDAY, MONDAY],
            ["weekend", "closing_day"],
            ["02", "06", "07"],
            4,
        ),
    ],
)
def test_days_without_surcharge(
    days: list[date], closing: list[date], kinds: list[str], named: list[str], count: int
) -> None:
    more = {"closing_days": frozenset([*closing, date(2026, 12, 25)])}
    detail = {"kinds": kinds, "days": [f"2026-11-{day}" for day in named], "count": count}
    assert flags_of(inputs_of(at(*days), **more)) == ({"no_surcharge": detail} if count else {})
    assert flags_of(inputs_of(at(*days, minutes=1), **more)) == ({"no_surcharge": detail} if count else {})
    assert flags_of(inputs_of(at(*days), percent=101, **more)) == {}, "more than 100 % is a surcharge"
    assert flags_of(inputs_of(at(*days, minutes=0), **more)) == {}
    assert flags_of(inputs_of(at(*days, minutes=-60), **more)) == {}


@pytest.mark.parametrize(
    ("first_on", "last_on", "outside"),
    [
        (MONDAY, None, []),
        (MONDAY, FRIDAY, []),
        (MONDAY + timedelta(days=1), None, ["2026-11-02"]),
        (MONDAY, FRIDAY - timedelta(days=1), ["2026-11-06"]),
        (LATER, None, ["2026-11-02", "2026-11-06"]),
    ],
)
def test_days_outside_the_assignment(first_on: date, last_on: date | None, outside: list[str]) -> None:
    terms = {"first_on": first_on, "last_on": last_on}
    detail = {"days": outside, "count": len(outside)}
    assert flags_of(inputs_of(at(MONDAY, FRIDAY)), **terms) == ({"outside": detail} if outside else {})
    assert flags_of(inputs_of(at(MONDAY, FRIDAY, minutes=1)), **terms) == (
        {"outside": detail} if outside else {}
    )
    assert flags_of(inputs_of(at(MONDAY, FRIDAY, minutes=0)), **terms) == {}
    assert flags_of(inputs_of(at(MONDAY, FRIDAY, minutes=-1)), **terms) == {}


@pytest.mark.parametrize(
    ("sent_on", "ahead"),
    [
        (FRIDAY, []),
        (FRIDAY - timedelta(days=1), ["2026-11-06"]),
        (MONDAY - WEEK, ["2026-11-02", "2026-11-06"]),
    ],
)
def test_days_that_had_not_come_when_it_was_sent(sent_on: date, ahead: list[str]) -> None:
    detail = {"days": ahead, "count": len(ahead)}
    assert flags_of(inputs_of(at(MONDAY, FRIDAY)), sent_on=sent_on) == ({"ahead": detail} if ahead else {})
    assert flags_of(inputs_of(at(MONDAY, FRIDAY, minutes=1)), sent_on=sent_on).keys() == (
        {"ahead"} if ahead else set()
    )
    assert flags_of(inputs_of(at(MONDAY, FRIDAY, minutes=0)), sent_on=sent_on) == {}
    assert flags_of(inputs_of(at(MONDAY, FRIDAY, minutes=-1)), sent_on=sent_on) == {}


# Compared with what was before.


@pytest.mark.parametrize(
    ("earlier", "sequence", "flags"),
    [({}, 0, ["first"]), ({2: (3, 9)}, 0, ["first"]), ({1: (1, 0)}, 0, []), ({}, 1, []),
     ({1: (3, 9000)}, 1, []), ({1: (1, 9000)}, 0, ["unlike_before"])],
)  # fmt: skip
def test_the_first_of_an_assignment(
    earlier: dict[int, tuple[int, int]], sequence: int, flags: list[str]
) -> None:
    assert list(flags_of(inputs_of(earlier=earlier), sequence=sequence)) == flags


@pytest.mark.parametrize(
    ("before", "total", "now", "percent", "mean"),
    [
        (1, 960, 1200, 25, 960),  # exactly 25 % and 4 hours
        (1, 960, 1199, None, 0),
        (1, 960, 720, -25, 960),
        (1, 960, 721, None, 0),
        (1, 964, 1204, None, 0),  # 4 hours, not 25 %
        (1, 400, 639, None, 0),  # 25 %, not 4 hours
        (3, 2880, 1200, 25, 960),
        (3, 2880, 1199, None, 0),
        (3, 2881, 1201, 25, 960),  # a mean of 960 1/3
        (3, 2882, 1201, 25, 961),  # of 960 2/3
        (2, 1921, 1202, 25, 961),  # of 960 1/2: up
        (1, 1000, 1254, 25, 1000),  # 25.4 %
        (1, 1000, 1255, 26, 1000),  # 25.5 %: up
        (1, 1000, 745, -25, 1000),  # -25.5 %: up
        (1, 1000, 744, -26, 1000),
        (1, 1, 241, 24000, 1),
        (1, 480, 0, -100, 480),
    ],
)
def test_unlike_the_mean(before: int, total: int, now: int, percent: int | None, mean: int) -> None:
    flags = flags_of(inputs_of(earlier={1: (before, total)}), sequence=0, minutes=now)
    detail = {"percent": percent, "minutes": now, "mean": mean, "count": before}
    assert flags == ({} if percent is None else {"unlike_before": detail})


@pytest.mark.parametrize(("now", "is_unlike"), [(239, False), (240, True)])
def test_of_no_hours_there_is_no_percentage(now: int, is_unlike: bool) -> None:
    flags = flags_of(inputs_of(earlier={1: (2, 0)}), sequence=0, minutes=now)
    detail = {"percent": None, "minutes": 240, "mean": 0, "count": 2}
    assert flags == ({"unlike_before": detail} if is_unlike else {})


@pytest.mark.parametrize(
    ("verbs", "after"), [({"submit"}, "submit"), ({"reject"}, "reject"), ({"submit", "reject"}, "reject")]
)
def test_sent_before(verbs: set[str], after: str) -> None:
    assert flags_of(inputs_of(sent_before={1: verbs})) == {"changed": {"after": after}}
    assert flags_of(inputs_of(sent_before={2: verbs})) == {}
    assert flags_of(inputs_of(sent_before={1: set()})) == {}


@pytest.mark.parametrize(("remark", "flags"), [("", {}), (" \n", {}), (" x ", {"remark": {}})])
def test_a_remark(remark: str, flags: dict[str, Any]) -> None:
    assert flags_of(inputs_of(), remark=remark) == flags


# Budgets.


def budgeted(budget: Budget, *minutes: int) -> dict[str, Any]:
    """The flag of a sheet with those minutes on that budget number, from Monday on."""
    hours = [(SHEET, MONDAY + timedelta(days=n), one) for n, one in enumerate(minutes)]
    return flags_of(inputs_of(hours, budgets={1: budget})).get("budget", {})


def test_a_budget_without_a_ceiling() -> None:
    assert budgeted(Budget("1", None, None, None, None, minutes=10**6, parts=10**12), 60) == {}


@pytest.mark.parametrize(("used", "is_over"), [(599, False), (600, False), (601, True)])
def test_a_ceiling_of_hours(used: int, is_over: bool) -> None:
    detail = {"number": "37.1", "why": "minutes", "used": used, "ceiling": 600, "count": 1}
    assert budgeted(Budget("37.1", 600, None, None, None, minutes=used), 60) == (detail if is_over else {})


CENT = 600_000


@pytest.mark.parametrize(
    ("parts", "cents", "is_over"),
    [
        (0, 0, False),
        (CENT // 2 - 1, 0, False),
        (CENT // 2, 1, False),  # half a cent: up
        (CENT + CENT // 2 - 1, 1, False),
        (CENT + CENT // 2, 2, True),
        (300 * CENT, 300, True),
    ],
)
def test_a_ceiling_of_money(parts: int, cents: int, is_over: bool) -> None:
    budget = Budget("1", None, 1, None, None, parts=parts)
    assert (budget.cents, budget.is_over_cents, budget.is_over_minutes) == (cents, is_over, False)
    detail = {"number": "1", "why": "cents", "used": cents, "ceiling": 1, "count": 1}
    assert budgeted(budget, 60) == (detail if is_over else {})


def test_hours_are_said_before_money() -> None:
    assert budgeted(Budget("1", 0, 0, None, None, minutes=1, parts=CENT), 60)["why"] == "minutes"


@pytest.mark.parametrize(("minutes", "is_said"), [((60, -59), True), ((60, -60), False), ((60, -61), False)])
def test_a_correction_that_frees_budget_is_not_over_it(minutes: tuple[int, ...], is_said: bool) -> None:
    assert bool(budgeted(Budget("1", 0, None, None, None, minutes=1), *minutes)) is is_said
    assert budgeted(Budget("1", None, None, None, None, minutes=1), *minutes) == {}


@pytest.mark.parametrize(
    ("first_on", "last_on", "day", "days"),
    [
        (None, None, None, 0),
        (MONDAY, None, None, 0),
        (None, MONDAY + timedelta(days=1), None, 0),
        (MONDAY, MONDAY + timedelta(days=1), None, 0),
        (MONDAY + timedelta(days=1), None, "2026-11-02", 1),
        (None, MONDAY, "2026-11-03", 1),
        (LATER, None, "2026-11-02", 2),
    ],
)
def test_a_budget_number_is_valid_on_a_day(
    first_on: date | None, last_on: date | None, day: str | None, days: int
) -> None:
    budget = Budget("1", 0, None, first_on, last_on, minutes=1)
    flag = budgeted(budget, 60, 60)
    if days:
        assert flag == {"number": "1", "why": "day", "day": day, "days": days, "count": 1}
        assert budgeted(budget, 1, 1)["why"] == "day"
        assert budgeted(budget, 0, 0) == {}
        assert budgeted(budget, -1, -1) == {}
    else:
        assert flag["why"] == "minutes"


def test_of_several_budget_numbers_the_first_is_named() -> None:
    over = {key: Budget(f"n{key}", 0, None, None, None, minutes=key) for key in (3, 1, 2)}
    over[1] = Budget("n1", None, None, None, None)
    inputs = inputs_of(budgets=over)
    for key in (3, 2, 1):
        inputs.worked[1].append(WorkedHour(1, 1, 1, 1, key, 140, MONDAY, 60))
    detail = {"number": "n2", "why": "minutes", "used": 2, "ceiling": 0, "count": 2}
    assert flags_of(inputs) == {"budget": detail}


def test_a_budget_number_has_the_hours_of_its_own_lines() -> None:
    """One is valid from Tuesday on and has hours on Tuesday; on Monday another is corrected, then used."""
    budgets = {
        1: Budget("from Tuesday", None, None, MONDAY + timedelta(days=1), None),
        2: Budget("over its ceiling", 0, None, None, None, minutes=1),
    }
    inputs = inputs_of(budgets=budgets)
    for key, day, minutes in ((1, MONDAY + timedelta(days=1), 60), (2, MONDAY, -1)):
        inputs.worked[1].append(WorkedHour(1, 1, 1, 1, key, 140, day, minutes))
    assert flags_of(inputs) == {}
    inputs.worked[1].append(WorkedHour(1, 1, 1, 1, 2, 140, MONDAY, 2))
    detail = {"number": "over its ceiling", "why": "minutes", "used": 1, "ceiling": 0, "count": 1}
    assert flags_of(inputs) == {"budget": detail}


@pytest.mark.parametrize(
    ("minutes", "cents", "is_limited"),
    [(None, None, False), (0, None, True), (None, 0, True), (1, 1, True)],
)
def test_a_budget_is_limited_by_a_ceiling(minutes: int | None, cents: int | None, is_limited: bool) -> None:
    assert Budget("1", minutes, cents, None, None).is_limited is is_limited


@pytest.mark.parametrize(
    ("day", "first"), [(MONDAY, MONDAY), (SUNDAY, MONDAY), (MONDAY - timedelta(days=1), MONDAY - WEEK)]
)
def test_the_monday_of_a_week(day: date, first: date) -> None:
    assert monday(day) == first
