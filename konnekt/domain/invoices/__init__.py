"""Invoices: preview a run, issue it, credit one; what clients see of them and what settles them."""

__all__ = [
    "billable",
    "copies",
    "credit",
    "detail",
    "dispatches",
    "drafts",
    "electronic_addresses",
    "groups",
    "issue",
    "letters",
    "listing",
    "missing_documents",
    "parties",
    "postpone",
    "runs",
    "send",
    "settling",
    "states",
    "under_way",
]
