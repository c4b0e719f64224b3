"""Ongedaan maken in the grid: what rows held before the last step, and how they get it back.

Nothing is stored for it: the page carries it, as the fields in which the grid itself is sent, so that
it holds after the draft has saved itself, and without JavaScript (forms/registration.py writes and reads it).
"""

from dataclasses import dataclass

from konnekt.domain.refusals import N_
from konnekt.domain.timesheets.entry import Entry, Row

# What was done, by the name that the page carries.
STEPS = {
    "line": N_("Line removed."),
    "copy": N_("Period before taken over."),
    "fill": N_("Filled to the right."),
    "cells": N_("Filled in."),
    "paste": N_("Pasted."),
    "remark": N_("Remark removed."),
}

# What the page itself does, without the server (static/grid.js).
ON_PAGE = ("fill", "paste", "remark")


@dataclass(frozen=True)
class Step:
    """The last step: what it was, and the rows and the remark (None: not touched) as they were before it.

    added: the tokens of the rows that it laid out.
    """

    what: str
    before: Entry
    remark: str | None = None
    added: frozenset[str] = frozenset()

    @classmethod
    def between(cls, what: str, before: list[Row], after: list[Row]) -> "Step":
        """The step that made the one of the other: with a row that went come those that stood beside it."""
        now = {row.token: row for row in after}
        weeks = {row.key[:2] for row in before if row.token not in now}
        touched = [row for row in before if now.get(row.token) != row or row.key[:2] in weeks]
        return cls(what, Entry(touched), added=frozenset(now.keys() - {row.token for row in before}))


def restore(typed: Entry, step: Step) -> None:
    """Put the rows of before back in their places; what was typed in other rows since stays."""
    waiting = list(step.before.rows)
    by_token = {row.token: row for row in waiting}
    for row in waiting:
        row.line, row.shown = None, (0,) * 7
    rows: list[Row] = []
    renamed: list[Row] = []
    for row in typed.rows:
        back = by_token.get(row.token)
        if back is not None and back.key[:2] == row.key[:2]:
            back.line, back.shown = row.line, row.shown
            # Those that stood above it and are not there any more come with it.
            until = next((at for at, one in enumerate(waiting, 1) if one is back), 0)
            rows += waiting[:until]
            del waiting[:until]
        elif row.token not in step.added:
            # A row that was added since, under a token that was free by then.
            (renamed if back is not None else rows).append(row)
    weeks = {row.key[:2] for row in by_token.values()}
    for week in weeks:
        # The empty row that fills up a week makes way.
        there = [row for row in rows if row.key[:2] == week]
        if len(there) == 1 and there[0].is_empty and there[0].token not in by_token:
            rows.remove(there[0])
    typed.rows = rows + waiting
    for row in renamed:
        typed.add(row)
    if step.remark is not None:
        typed.remark = step.remark
