"""Ongedaan maken in the grid: what rows held before the last step, and how they get it back.

Nothing is stored for it: the page carries it, as the fields in which the grid itself is sent, so that
it holds after the draft has saved itself, and without JavaScript (forms/registration.py writes and reads it).
"""

from dataclasses import dataclass

from konnekt.domain.refusals import N_
from konnekt.domain.timesheets.entry import Entry

# What was done, by the name that the page carries.
STEPS = {
    "line": N_("Line removed."),
    "copy": N_("Period before taken over."),
    "fill": N_("Filled to the right."),
    "paste": N_("Pasted."),
    "remark": N_("Remark removed."),
}


@dataclass(frozen=True)
class Step:
    """The last step: what it was, and the rows and the remark (None: not touched) as they were before it."""

    what: str
    before: Entry
    remark: str | None = None


def restore(typed: Entry, step: Step) -> None:
    """Put the rows of before back in their places; what was typed in other rows since stays."""
    before = {row.token: row for row in step.before.rows}
    if step.what == "copy":
        # The rows that were laid out go again.
        typed.rows = [row for row in typed.rows if row.token in before]
    for row in before.values():
        row.line, row.shown = None, (0,) * 7
        # The empty row that fills up a week makes way.
        there = [other for other in typed.rows if other.key[:2] == row.key[:2]]
        if len(there) == 1 and there[0].is_empty and there[0].token not in before:
            typed.rows.remove(there[0])
    for at, row in enumerate(typed.rows):
        if row.token in before:
            back = before.pop(row.token)
            back.line, back.shown = row.line, row.shown
            typed.rows[at] = back
    typed.rows += before.values()
    if step.remark is not None:
        typed.remark = step.remark
