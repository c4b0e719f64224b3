"""What a sheet holds, as its history keeps it (JSON by codes, not by row numbers), and how two differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from konnekt.models import BudgetNumber, Hour, HourType, Timesheet, TimesheetLine
from konnekt.models.compiled import compiled, listed

Content = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One difference; what: hours (minutes), remark, typed (of a day), sheet_remark, is_nil (of the sheet).

    day, hour_type (code) and budget_number say which cell; empty for what belongs to the sheet.
    """

    what: str
    before: Any
    after: Any
    day: date | None = None
    hour_type: str = ""
    budget_number: str = ""


def content(sheet: Timesheet | int) -> Content:
    """What the sheet holds now: two statements."""
    key = sheet if isinstance(sheet, int) else sheet.id
    return contents([key])[key]


def contents(sheets: Iterable[int]) -> dict[int, Content]:
    """The same for many sheets: two statements. Cells without hours and text are left out."""
    ids = list(sheets)
    by_sheet: dict[int, Content] = {
        key: {"minutes": minutes, "is_nil": is_nil, "remark": remark, "lines": []}
        for key, minutes, is_nil, remark in _heads(sheets=ids)
    }
    now: tuple[Any, ...] = ()
    hours: list[dict[str, Any]] = []
    for *line, day, minutes, remark, typed in _cells_of(sheets=ids):
        if tuple(line) != now:
            now, hours = tuple(line), []
            sheet, iso_year, iso_week, hour_type, number = now
            by_sheet[sheet]["lines"].append({
                "iso_year": iso_year, "iso_week": iso_week, "hour_type": hour_type, "budget_number": number,
                "hours": hours,
            })  # fmt: skip
        hour = {"day": day.isoformat(), "minutes": minutes}
        if remark:
            hour["remark"] = remark
        if typed:
            hour["typed"] = typed
        hours.append(hour)
    return by_sheet


@compiled
def _heads() -> Any:
    columns = (Timesheet.id, Timesheet.minutes, Timesheet.is_nil, Timesheet.remark)
    return Timesheet.select(*columns).where(Timesheet.id.in_(listed("sheets")))


@compiled
def _cells_of() -> Any:
    line = (
        TimesheetLine.timesheet, TimesheetLine.iso_year, TimesheetLine.iso_week, HourType.code,
        BudgetNumber.number,
    )  # fmt: skip
    return (
        Hour.select(*line, Hour.day, Hour.minutes, Hour.remark, Hour.typed)
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(BudgetNumber)
        .where(
            TimesheetLine.timesheet.in_(listed("sheets"))
            & ((Hour.minutes != 0) | (Hour.remark != "") | (Hour.typed != ""))
        )
        .order_by(*line, Hour.day)
    )


def difference(before: Content | None, after: Content | None) -> list[Change]:
    """What changed from one content to the other, by day, hour type and budget number; sheet last."""
    old, new = _cells(before), _cells(after)
    changes = [
        Change(what, was, now, day=date.fromisoformat(day), hour_type=hour_type, budget_number=number)
        for day, hour_type, number in sorted(old.keys() | new.keys())
        for what, was, now in _unlike(
            old.get((day, hour_type, number), EMPTY), new.get((day, hour_type, number), EMPTY)
        )
    ]
    for what, name, empty in (("sheet_remark", "remark", ""), ("is_nil", "is_nil", False)):
        was, now = (before or {}).get(name, empty), (after or {}).get(name, empty)
        if was != now:
            changes.append(Change(what, was, now))
    return changes


EMPTY = {"hours": 0, "remark": "", "typed": ""}


def _unlike(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(what, old[what], new[what]) for what in EMPTY if old[what] != new[what]]


def _cells(content: Content | None) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        (hour["day"], line["hour_type"], line["budget_number"]): {
            "hours": hour["minutes"],
            "remark": hour.get("remark", ""),
            "typed": hour.get("typed", ""),
        }
        for line in (content or {}).get("lines", [])
        for hour in line["hours"]
    }
