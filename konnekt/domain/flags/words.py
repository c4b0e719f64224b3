"""Flags in words: a chip for the list and a sentence for the detail, as message ids with raw values.

Values are hours (`Hours`, `ShortHours`), money (`Cents`), days (`Days`), or plain text and numbers; the edge
(flag_text.py) writes them in the reader's language.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from konnekt.domain.refusals import N_
from konnekt.models import Flag

Words = tuple[str, dict[str, Any]]


class Hours(int):
    """Minutes, shown with two decimals: `12,50`."""


class ShortHours(int):
    """Minutes, shown as short as can be: `16`."""


class Cents(int):
    """An amount of money."""


class Days(NamedTuple):
    """Some days; has_more: there are others that are not named."""

    days: tuple[date, ...]
    has_more: bool = False


# What the worker and the agency read behind a flag that supervisors don't see.
ELSEWHERE = N_("Together with hours at another organisation.")


def chip(flag: Flag) -> Words:
    """The few words that stand in a list (product.md section 3)."""
    detail = flag.detail
    if flag.code == "over_maximum":
        return N_("max. %(hours)s h"), {"hours": ShortHours(detail["maximum"])}
    if flag.code == "no_surcharge":
        return NO_SURCHARGE_CHIPS[tuple(detail["kinds"])], {}
    if flag.code == "unlike_before":
        return _unlike_chip(detail)
    return CHIPS[flag.code], {}


def sentence(flag: Flag) -> Words:
    """What exactly is unusual, with its numbers."""
    return SENTENCES[flag.code](flag.detail)


CHIPS = {
    "long_day": N_("> 12 h / day"),
    "long_week": N_("> 60 h / week"),
    "long_average": N_("avg. > 55 h"),
    "outside": N_("outside assignment"),
    "ahead": N_("filled in ahead"),
    "first": N_("first timesheet"),
    "changed": N_("sent again"),
    "budget": N_("budget used up"),
    "remark": N_("remark"),
}

NO_SURCHARGE_CHIPS = {
    ("weekend",): N_("Sat/Sun"),
    ("closing_day",): N_("closing day"),
    ("weekend", "closing_day"): N_("Sat/Sun, closing day"),
}

NO_SURCHARGE_SENTENCES = {
    ("weekend",): N_("Hours without a surcharge on Saturday or Sunday: %(days)s."),
    ("closing_day",): N_("Hours without a surcharge on a closing day: %(days)s."),
    ("weekend", "closing_day"): N_("Hours without a surcharge at weekends and on closing days: %(days)s."),
}


def _unlike_chip(detail: dict[str, Any]) -> Words:
    if detail["percent"] is None:
        return N_("unlike before"), {}
    change = _change(detail["percent"])
    if detail["count"] == 1:
        return N_("%(change)s %% vs the one before"), {"change": change}
    return N_("%(change)s %% vs the last %(count)s"), {"change": change, "count": detail["count"]}


def _change(percent: int) -> str:
    """`+48` or `−30`, with a real minus sign."""
    return f"{percent:+d}".replace("-", "\u2212")


def _day(text: str) -> Days:
    return Days((date.fromisoformat(text),))


def _days(detail: dict[str, Any]) -> Days:
    days = tuple(date.fromisoformat(text) for text in detail["days"])
    return Days(days, has_more=detail["count"] > len(days))


def _long_day(detail: dict[str, Any]) -> Words:
    values = {"day": _day(detail["day"]), "hours": Hours(detail["minutes"])}
    if detail["count"] == 1:
        return N_("%(hours)s hours on %(day)s: more than 12 in a day."), values
    return (
        N_("More than 12 hours on %(count)s days; the longest is %(day)s with %(hours)s hours."),
        {**values, "count": detail["count"]},
    )


def _week(detail: dict[str, Any]) -> dict[str, Any]:
    return {"week": detail["week"], "hours": Hours(detail["minutes"])}


def _long_week(detail: dict[str, Any]) -> Words:
    if detail["count"] == 1:
        return N_("%(hours)s hours in week %(week)s: more than 60 in a week."), _week(detail)
    return (
        N_("More than 60 hours in %(count)s weeks; the longest is week %(week)s with %(hours)s hours."),
        {**_week(detail), "count": detail["count"]},
    )


def _long_average(detail: dict[str, Any]) -> Words:
    return (
        N_("%(hours)s hours a week on average in the four weeks up to week %(week)s: more than 55."),
        _week(detail),
    )


def _over_maximum(detail: dict[str, Any]) -> Words:
    values = {**_week(detail), "maximum": ShortHours(detail["maximum"])}
    if detail["count"] == 1:
        return N_("%(hours)s hours in week %(week)s: the maximum is %(maximum)s a week."), values
    return (
        N_(
            "More than the maximum of %(maximum)s hours in %(count)s weeks; "
            "the most is week %(week)s with %(hours)s hours."
        ),
        {**values, "count": detail["count"]},
    )


def _no_surcharge(detail: dict[str, Any]) -> Words:
    return NO_SURCHARGE_SENTENCES[tuple(detail["kinds"])], {"days": _days(detail)}


def _outside(detail: dict[str, Any]) -> Words:
    return N_("Hours outside the dates of the assignment: %(days)s."), {"days": _days(detail)}


def _ahead(detail: dict[str, Any]) -> Words:
    return N_("Hours filled in before the day itself: %(days)s."), {"days": _days(detail)}


def _unlike_before(detail: dict[str, Any]) -> Words:
    values: dict[str, Any] = {"hours": Hours(detail["minutes"]), "mean": Hours(detail["mean"])}
    if detail["percent"] is None:
        return N_("%(hours)s hours, and none on the timesheets before."), {"hours": values["hours"]}
    values["change"] = _change(detail["percent"])
    if detail["count"] == 1:
        return N_("%(hours)s hours: %(change)s %% compared with %(mean)s on the timesheet before."), values
    return (
        N_("%(hours)s hours: %(change)s %% compared with %(mean)s, the mean of the last %(count)s."),
        {**values, "count": detail["count"]},
    )


def _first(_detail: dict[str, Any]) -> Words:
    return N_("No timesheet of this assignment was approved before."), {}


def _changed(detail: dict[str, Any]) -> Words:
    if detail["after"] == "reject":
        return N_("Sent again after it was rejected."), {}
    return N_("Changed and sent again: it had been sent before."), {}


def _budget(detail: dict[str, Any]) -> Words:
    number = detail["number"]
    if detail["why"] == "day":
        days = Days(_day(detail["day"]).days, has_more=detail["days"] > 1)
        return N_("Budget number %(number)s is not valid on %(days)s."), {"number": number, "days": days}
    if detail["why"] == "cents":
        return (
            N_("Budget number %(number)s: with what waits %(used)s is used of %(ceiling)s."),
            {"number": number, "used": Cents(detail["used"]), "ceiling": Cents(detail["ceiling"])},
        )
    return (
        N_("Budget number %(number)s: with what waits %(used)s hours are used of %(ceiling)s."),
        {"number": number, "used": Hours(detail["used"]), "ceiling": Hours(detail["ceiling"])},
    )


def _remark(_detail: dict[str, Any]) -> Words:
    return N_("There is a remark with this timesheet."), {}


SENTENCES: dict[str, Callable[[dict[str, Any]], Words]] = {
    "long_day": _long_day,
    "long_week": _long_week,
    "long_average": _long_average,
    "over_maximum": _over_maximum,
    "no_surcharge": _no_surcharge,
    "outside": _outside,
    "ahead": _ahead,
    "unlike_before": _unlike_before,
    "first": _first,
    "changed": _changed,
    "budget": _budget,
    "remark": _remark,
}
