"""What waits and who decides: approve, reject, undo, revoke, deputies, and the detail of one timesheet."""

__all__ = [
    "approvers",
    "decide",
    "decided",
    "deputies",
    "deputy_requests",
    "detail",
    "listing",
    "mail_links",
    "mailed_sheets",
    "place",
    "undo_or_revoke",
    "waiting",
]
