"""Two people in one sheet: what the second one typed, laid over what the first one stored."""

from konnekt.domain.timesheets.content import Key, Line
from konnekt.domain.timesheets.entry import Entry, Row, Typed
from konnekt.domain.timesheets.grid import Sheet


def merge(typed: Entry, now: Sheet) -> Entry:
    """The page after somebody else was first: nothing typed is lost, the next save is made knowingly.

    A cell that was not touched (it holds what the page showed) takes what is stored now. In a touched one
    what was typed stays in the input, with the other's value beside it where that differs.
    """
    lines = {line.key: line for line in now.stored.content.lines}
    by_id = {line.id: line for line in lines.values()}
    rows = []
    for row in typed.rows:
        line = lines.get(row.key) or by_id.get(row.line)
        if line is not None:
            lines.pop(line.key, None)
        merged = _row(row, line, now.stored.lines)
        if line is not None or row.line is None or not merged.is_empty:
            rows.append(merged)
    used = {row.token for row in rows}
    for line in lines.values():
        row = Row.stored(line)
        rows.append(row)
        if row.token in used:
            Entry(rows).add(rows.pop())
    remark = typed.remark or now.stored.content.remark
    is_nil = typed.is_nil or (now.stored.content.is_nil and not any(row.minutes for row in rows))
    return Entry(rows, remark, is_nil, now.revision)


def _row(row: Row, line: Line | None, lines: dict[Key, int]) -> Row:
    stored = {cell.day: Typed.stored(cell) for cell in line.cells} if line else {}
    days = row.days()
    shown = dict(zip(days, row.shown, strict=True))
    merged = Row(row.token, *row.key, line=lines.get(row.key))
    for day in sorted(row.cells.keys() | stored.keys()):
        merged.cells[day] = _cell(row.at(day), stored.get(day) or Typed(day), shown.get(day, 0))
    merged.shown = tuple((stored.get(day) or Typed(day)).minutes for day in days)
    return merged


def _cell(typed: Typed, now: Typed, shown: int) -> Typed:
    is_touched = typed.refusal is not None or typed.minutes != shown
    if not is_touched:
        merged = Typed(now.day, now.minutes, typed.remark or now.remark, now.text, now.refusal)
        merged.other = now.minutes if now.minutes != shown else None
    else:
        merged = Typed(typed.day, typed.minutes, typed.remark or now.remark, typed.text, typed.refusal)
        merged.other = now.minutes if now.minutes not in (shown, typed.minutes) else None
    if now.remark and typed.remark and now.remark != typed.remark:
        merged.other_remark = now.remark
    return merged
