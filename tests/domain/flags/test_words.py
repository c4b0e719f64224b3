"""The words of each flag before they are translated, with its numbers: one of a thing, and several."""

from typing import Any

import pytest

from konnekt.domain.flags import words
from konnekt.models import Flag

WEEK = {"year": 2026, "week": 45, "minutes": 3690}

WORDS = [
    ("long_day", {"day": "2026-11-07", "minutes": 780, "count": 1},
     "> 12 h / day", "13.00 hours on 7 November: more than 12 in a day."),
    ("long_day", {"day": "2026-11-07", "minutes": 780, "count": 2},
     "> 12 h / day", "More than 12 hours on 2 days; the longest is 7 November with 13.00 hours."),
    ("long_week", {**WEEK, "count": 1},
     "> 60 h / week", "61.50 hours in week 45: more than 60 in a week."),
    ("long_week", {**WEEK, "count": 2},
     "> 60 h / week", "More than 60 hours in 2 weeks; the longest is week 45 with 61.50 hours."),
    ("long_average", {**WEEK, "count": 1}, "avg. > 55 h",
     "61.50 hours a week on average in the four weeks up to week 45: more than 55."),
    ("over_maximum", {**WEEK, "count": 1, "maximum": 960},
     "max. 16 h", "61.50 hours in week 45: the maximum is 16 a week."),
    ("over_maximum", {**WEEK, "count": 2, "maximum": 990}, "max. 16.5 h",
     "More than the maximum of 16.5 hours in 2 weeks; the most is week 45 with 61.50 hours."),
    ("no_surcharge", {"kinds": ["weekend"], "days": ["2026-11-07"], "count": 1},
     "Sat/Sun", "Hours without a surcharge on Saturday or Sunday: 7 November."),
    ("no_surcharge", {"kinds": ["closing_day"], "days": ["2026-12-25"], "count": 1},
     "closing day", "Hours without a surcharge on a closing day: 25 December."),
    ("no_surcharge", {"kinds": ["weekend", "closing_day"], "days": ["2026-11-07", "2026-12-25"], "count": 2},
     "Sat/Sun, closing day",
     "Hours without a surcharge at weekends and on closing days: 7 November, 25 December."),
    ("outside", {"days": ["2026-11-02"], "count": 1},
     "outside assignment", "Hours outside the dates of the assignment: 2 November."),
    ("ahead", {"days": ["2026-11-27", "2026-11-28", "2026-11-29"], "count": 4}, "filled in ahead",
     "Hours filled in before the day itself: 27 November, 28 November, 29 November and others."),
    ("unlike_before", {"percent": 48, "minutes": 4440, "mean": 3000, "count": 1},
     "+48 % vs the one before", "74.00 hours: +48 % compared with 50.00 on the timesheet before."),
    ("unlike_before", {"percent": -30, "minutes": 2100, "mean": 3000, "count": 2},
     "−30 % vs the last 2", "35.00 hours: −30 % compared with 50.00, the mean of the last 2."),
    ("unlike_before", {"percent": None, "minutes": 300, "mean": 0, "count": 1},
     "unlike before", "5.00 hours, and none on the timesheets before."),
    ("first", {}, "first timesheet", "No timesheet of this assignment was approved before."),
    ("changed", {"after": "reject"}, "sent again", "Sent again after it was rejected."),
    ("changed", {"after": "submit"}, "sent again", "Changed and sent again: it had been sent before."),
    ("budget", {"number": "0042.001", "why": "minutes", "used": 36060, "ceiling": 36000, "count": 1},
     "budget used up",
     "Budget number 0042.001: with what waits 601.00 hours are used of 600.00."),
    ("budget", {"number": "0042.001", "why": "cents", "used": 1620050, "ceiling": 1620000, "count": 1},
     "budget used up",
     "Budget number 0042.001: with what waits €16200.50 is used of €16200.00."),
    ("budget", {"number": "0042.001", "why": "day", "day": "2026-11-02", "days": 1, "count": 1},
     "budget used up", "Budget number 0042.001 is not valid on 2 November."),
    ("budget", {"number": "0042.001", "why": "day", "day": "2026-11-02", "days": 2, "count": 1},
     "budget used up", "Budget number 0042.001 is not valid on 2 November and others."),
    ("remark", {}, "remark", "There is a remark with this timesheet."),
]  # fmt: skip


def written(value: Any) -> Any:
    """A value as its kind is to be read: hours with two decimals or short, money, days."""
    if isinstance(value, words.Hours):
        return f"{value / 60:.2f}"
    if isinstance(value, words.ShortHours):
        return f"{value / 60:g}"
    if isinstance(value, words.Cents):
        return f"€{value / 100:.2f}"
    if isinstance(value, words.Days):
        return ", ".join(f"{day.day} {day:%B}" for day in value.days) + " and others" * value.has_more
    return value


def said(message_and_values: words.Words) -> str:
    message, values = message_and_values
    return message % {name: written(value) for name, value in values.items()}


@pytest.mark.parametrize(("code", "detail", "chip", "sentence"), WORDS)
def test_in_words(code: str, detail: dict[str, Any], chip: str, sentence: str) -> None:
    flag = Flag(code=code, detail=detail)
    assert said(words.chip(flag)) == chip
    assert said(words.sentence(flag)) == sentence
