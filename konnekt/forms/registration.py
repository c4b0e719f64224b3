"""What who registers hours sends: the choice of period and workers, and the grid with all that was typed."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from konnekt.domain.approvals import decide
from konnekt.domain.refusals import Invalid, NotFound
from konnekt.domain.timesheets import entry as timesheet_entry, fill, step_back
from konnekt.domain.units import hours_cell
from konnekt.forms.numbers import whole

RANGES = {"year": (1900, 9999), "period": (1, 53)}
LONGEST_STEP = 100_000
NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
TOKEN = re.compile(r"[a-z0-9]{1,12}", re.ASCII)
WEEK = re.compile(r"([0-9]{4})-([0-9]{1,2})", re.ASCII)
SHOWN = re.compile(r"(-?[0-9]{1,5})(,-?[0-9]{1,5}){6}", re.ASCII)
CELL = re.compile(
    r"(?P<what>cell|note)-(?P<row>[a-z0-9]{1,12})-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII
)
PICK = re.compile(r"([0-9]{1,9}):([0-9]{1,9})", re.ASCII)


class ChoiceForm:
    """Organisation, year, period, all workers or not; what can't be read counts as not chosen.

    Nothing of it is shown again as a form, and each save reads it twice: as fields that took 1.5 ms.
    """

    def __init__(self, args: Any) -> None:
        self._args = args
        self.organisation: str = args.get("organisation", "")
        self.worker: str = args.get("worker", "")
        self.is_everyone: bool = args.get("all", "") not in ("", "false")

    def number(self, name: str) -> int | None:
        """The year or the period, None where none is given."""
        first, last = RANGES[name]
        try:
            number = whole(self._args.get(name, ""))
        except ValueError:
            return None
        return number if first <= number <= last else None

    def place(self) -> tuple[int, int]:
        """The year and period of a sheet's address; NotFound where one is missing."""
        year, period = self.number("year"), self.number("period")
        if year is None or period is None:
            raise NotFound("This timesheet does not exist, or not for you.")
        return year, period


def entry(form: Any) -> timesheet_entry.Entry:
    """What stands on the page, as it was typed; Invalid where it is not a page of ours."""
    tokens = form.getlist("row")
    most = timesheet_entry.MOST_ROWS
    if len(tokens) > most:
        raise Invalid("A timesheet has at most %(count)s lines.", field="row", count=most)
    if len(set(tokens)) != len(tokens) or not all(TOKEN.fullmatch(token) for token in tokens):
        raise _incomplete()
    texts = _cells(form, tokens)
    rows = [_row(form, token, texts.get(token, {})) for token in tokens]
    remark = (form.get("remark") or "").replace("\r\n", "\n").strip()
    return timesheet_entry.Entry(rows, remark, bool(form.get("is_nil")), _number(form.get("seen")))


def _cells(form: Any, tokens: Iterable[str]) -> dict[str, dict[date, dict[str, str]]]:
    """The texts per row and day: hours under `cell`, remarks under `note`."""
    texts: dict[str, dict[date, dict[str, str]]] = {token: {} for token in tokens}
    for name, text in form.items():
        if not name.startswith(("cell-", "note-")):
            continue
        match = CELL.fullmatch(name)
        if match is None:
            raise _incomplete()
        what, row, written = match.groups()
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise _incomplete() from None
        if row not in texts:
            raise _incomplete()
        if text:
            texts[row].setdefault(day, {})[what] = text
    return texts


def _row(form: Any, token: str, texts: dict[date, dict[str, str]]) -> timesheet_entry.Row:
    week = WEEK.fullmatch(form.get(f"week-{token}") or "")
    shown = form.get(f"shown-{token}") or "0,0,0,0,0,0,0"
    if week is None or not SHOWN.fullmatch(shown):
        raise _incomplete()
    line = form.get(f"line-{token}") or ""
    row = timesheet_entry.Row(
        token,
        int(week[1]),
        int(week[2]),
        _number(form.get(f"type-{token}")),
        _number(form.get(f"budget-{token}")),
        line=_number(line) if line else None,
        shown=tuple(int(minutes) for minutes in shown.split(",")),
    )
    try:
        row.days()
    except (ValueError, OverflowError):
        raise _incomplete() from None
    cells = (
        timesheet_entry.Typed.read(day, text.get("cell", ""), text.get("note", ""))
        for day, text in texts.items()
    )
    row.cells = {cell.day: cell for cell in cells if not cell.is_empty}
    return row


def _number(text: str | None) -> int:
    if text is None or not NUMBER.fullmatch(text):
        raise _incomplete()
    return int(text)


def _incomplete() -> Invalid:
    return Invalid("This page is incomplete. Load it again.", field="seen")


def added_week(text: str) -> tuple[int, int] | None:
    """The ISO year and week to which the button adds a row."""
    match = WEEK.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def filling(form: Any) -> fill.Filling:
    """What a button of "Fill in" asks, and of which week or row; Invalid where no page of ours asks it."""
    what, about = form.get("fill", ""), form.get("from") or ""
    number = form.get("number") or "0"
    if what not in fill.FILLINGS or not NUMBER.fullmatch(number):
        raise _incomplete()
    week = added_week(about)
    if week is None and not TOKEN.fullmatch(about):
        raise _incomplete()
    return fill.Filling(what, week or (0, 0), "" if week else about, int(number))


def step(form: Any) -> step_back.Step | None:
    """The last step that can be taken back, as the page carries it; None where there is none."""
    text = form.get("undo") or ""
    if not text:
        return None
    fields = MultiDict(parse_qsl(text, keep_blank_values=True)) if len(text) < LONGEST_STEP else MultiDict()
    if fields.get("what") not in step_back.STEPS:
        raise _incomplete()
    added = frozenset(fields.getlist("added"))
    return step_back.Step(fields["what"], entry(fields), fields.get("remark"), added)


def step_text(step: step_back.Step) -> str:
    """The same for a page to carry: rows as they were, written as the grid sends them.

    Empty where it is too long to be read again: then there is no way back, and the page goes on.
    """
    fields = [("what", step.what), ("seen", "0")]
    fields += [("added", token) for token in sorted(step.added)]
    for row in step.before.rows:
        name = row.token
        fields += [("row", name), (f"week-{name}", f"{row.iso_year}-{row.iso_week}")]
        fields += [(f"type-{name}", str(row.hour_type)), (f"budget-{name}", str(row.budget_number))]
        for cell in row.cells.values():
            text = cell.text if cell.refusal else hours_cell(cell.minutes, "nl") if cell.minutes else ""
            fields += [(f"cell-{name}-{cell.day}", text), (f"note-{name}-{cell.day}", cell.remark)]
    text = urlencode(fields)
    return text if len(text) < LONGEST_STEP else ""


def picks(values: Iterable[str]) -> list[decide.Pick]:
    """The sheets that "send all" showed, `sheet:revision` each."""
    chosen = []
    for value in values:
        match = PICK.fullmatch(value)
        if match is None:
            raise _incomplete()
        chosen.append(decide.Pick(int(match[1]), int(match[2])))
    return chosen


def seen(text: str) -> int:
    """The revision that a button carries."""
    return _number(text)
