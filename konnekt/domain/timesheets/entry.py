"""What somebody typed in a grid: rows with text in their cells, and what of it can be stored."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from konnekt.domain.refusals import Invalid, Refused
from konnekt.domain.timesheets.content import Cell, Content, Key, Line, Stored
from konnekt.domain.units import DAY_MINUTES, hours_clock, parse_hours

MOST_ROWS = 60


@dataclass
class Typed:
    """A cell of the grid: its minutes and remark, or text that is no hours with the reason why.

    text: as typed just now; empty for what comes from the database and can be read.
    other: what somebody else put there in the meantime, in minutes (None: nothing).
    """

    day: date
    minutes: int = 0
    remark: str = ""
    text: str = ""
    refusal: Refused | None = None
    other: int | None = None
    other_remark: str = ""

    @classmethod
    def read(cls, day: date, text: str, remark: str = "") -> "Typed":
        """A cell from its text: hours of one day, or refused with the text kept."""
        text, remark = text.strip(), remark.strip()
        if not text:
            return cls(day, remark=remark)
        try:
            minutes = parse_hours(text)
            if minutes > DAY_MINUTES:
                raise Invalid("A day has at most 24 hours.")
        except Invalid as refusal:
            return cls(day, 0, remark, text, refusal)
        return cls(day, minutes, remark, text)

    @classmethod
    def stored(cls, cell: Cell) -> "Typed":
        """A cell as the database has it."""
        if cell.typed:
            return cls.read(cell.day, cell.typed, cell.remark)
        return cls(cell.day, cell.minutes, cell.remark)

    @property
    def is_empty(self) -> bool:
        return not (self.minutes or self.remark or self.refusal)

    @property
    def counts_as(self) -> str:
        """Its minutes as `7:18` where its decimals may have been meant as those; else empty."""
        return hours_clock(self.minutes)

    @property
    def has_other(self) -> bool:
        """Whether somebody else put something else there in the meantime."""
        return self.other is not None or bool(self.other_remark)

    def cell(self) -> Cell:
        """The same as a sheet holds it."""
        return Cell(self.day, self.minutes, self.remark, self.text if self.refusal else "")


@dataclass
class Row:
    """A row of the grid; token names it on the page, line is the stored line that it shows, if any.

    shown: the minutes by weekday that the page showed last from the database, Monday first.
    """

    token: str
    iso_year: int
    iso_week: int
    hour_type: int
    budget_number: int
    line: int | None = None
    cells: dict[date, Typed] = field(default_factory=dict)
    shown: tuple[int, ...] = (0,) * 7
    refusal: Refused | None = None

    @property
    def key(self) -> Key:
        return Key(self.iso_year, self.iso_week, self.hour_type, self.budget_number)

    @property
    def is_empty(self) -> bool:
        return all(cell.is_empty for cell in self.cells.values())

    @property
    def minutes(self) -> int:
        return sum(cell.minutes for cell in self.cells.values())

    @property
    def remarks(self) -> int:
        """How many of its days carry a remark."""
        return sum(1 for cell in self.cells.values() if cell.remark)

    def days(self) -> list[date]:
        """Monday to Sunday of its week; ValueError where there is no such week."""
        monday = date.fromisocalendar(self.iso_year, self.iso_week, 1)
        return [monday + timedelta(days=number) for number in range(7)]

    def at(self, day: date) -> Typed:
        """The cell of a day; an empty one where nothing was entered."""
        return self.cells.get(day) or Typed(day)

    @classmethod
    def stored(cls, line: Line, token: str = "") -> "Row":
        """A row as the database has it; by its line's number unless the page named it before."""
        cells = {cell.day: Typed.stored(cell) for cell in line.cells}
        row = cls(token or str(line.id), *line.key, line=line.id, cells=cells)
        row.shown = tuple(row.at(day).minutes for day in row.days())
        return row


@dataclass
class Entry:
    """All that stands on the page of one sheet; seen: the revision that it was made from, 0 for none."""

    rows: list[Row] = field(default_factory=list)
    remark: str = ""
    is_nil: bool = False
    seen: int = 0
    refusal: Refused | None = None
    field: str = ""

    @classmethod
    def stored(cls, stored: Stored, seen: int) -> "Entry":
        """As the database has it."""
        rows = [Row.stored(line) for line in stored.content.lines]
        return cls(rows, stored.content.remark, stored.content.is_nil, seen)

    def copied_rows(self) -> list[Row]:
        """Its rows as they are now, which stay so whatever is typed or filled in."""
        return [replace(row, cells=dict(row.cells)) for row in self.rows]

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.rows)

    @property
    def unreadable(self) -> int:
        """How many cells hold text that is no hours."""
        return sum(1 for row in self.rows for cell in row.cells.values() if cell.refusal)

    def filled(self) -> list[Row]:
        """The rows that hold something: what a sheet keeps."""
        return [row for row in self.rows if not row.is_empty]

    def content(self) -> Content:
        """What of it is stored: the verbs take this."""
        lines = tuple(
            Line(*row.key, cells=tuple(cell.cell() for cell in row.cells.values()), id=row.line)
            for row in self.filled()
        )
        return Content(lines, self.remark, self.is_nil)

    def minutes_per_day(self) -> dict[date, int]:
        """The minutes of all rows together, by day."""
        days: dict[date, int] = {}
        for row in self.rows:
            for cell in row.cells.values():
                days[cell.day] = days.get(cell.day, 0) + cell.minutes
        return days

    def saved(self, stored: Stored, seen: int) -> "Entry":
        """The same page after its rows were stored: they keep their tokens, so that a cell keeps its id."""
        lines = {line.key: line for line in stored.content.lines}
        rows = []
        for row in self.rows:
            line = lines.pop(row.key, None)
            if line is None:
                rows.append(Row(row.token, *row.key))
            else:
                rows.append(Row.stored(line, row.token))
        rows += [Row.stored(line) for line in lines.values()]
        return Entry(rows, stored.content.remark, stored.content.is_nil, seen)

    def refused(self, refusal: Refused) -> "Entry":
        """Put a refusal where it belongs: its cell, its row, or the page."""
        place, _, rest = getattr(refusal, "field", "").partition("-")
        number, _, day = rest.partition("-")
        filled = self.filled()
        row = filled[int(number)] if place in ("cell", "line") and int(number) < len(filled) else None
        cell = row.cells.get(date.fromisoformat(day)) if row and day else None
        if cell is not None:
            cell.refusal = cell.refusal or refusal
        elif row is not None:
            row.refusal = refusal
        self.refusal, self.field = refusal, getattr(refusal, "field", "")
        return self

    @property
    def place(self) -> str:
        """The id of the input that the refusal is about; empty where it is about the whole page."""
        what, _, rest = self.field.partition("-")
        number, _, day = rest.partition("-")
        if what in ("remark", "is_nil"):
            return {"remark": "grid-remark", "is_nil": "grid-nil"}[what]
        if what not in ("cell", "line"):
            return ""
        token = self.filled()[int(number)].token
        return f"cell-{token}-{day}" if day else f"type-{token}"

    def add(self, row: Row) -> Row:
        """Add a row under a token that the page has not used yet."""
        used = {other.token for other in self.rows}
        row.token = next(f"new{n}" for n in range(len(used) + 1) if f"new{n}" not in used)
        self.rows.append(row)
        return row
