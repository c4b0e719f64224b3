"""Invoices: preview a run, issue it, credit one; what clients see of them and what settles them."""

__all__ = [
    "billable",
    "copies",
    "credit",
    "detail",
    "drafts",
    "electronic_addresses",
    "groups",
    "issue",
    "listing",
    "missing_documents",
    "parties",
    "postpone",
    "runs",
    "settling",
    "states",
]
