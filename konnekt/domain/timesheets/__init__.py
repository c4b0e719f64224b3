"""A timesheet: its content as typed and as stored, saving, sending, taking back, and what refuses it."""

__all__ = [
    "content",
    "edit_conflict",
    "empty_cells",
    "entry",
    "fill",
    "find",
    "four_eyes",
    "grid",
    "hour_links",
    "limits",
    "link_facts",
    "listing",
    "merge",
    "pattern",
    "registrars",
    "rejected",
    "snapshots",
    "step_back",
    "submit",
]
