"""A worker's own assignments, timesheets and totals."""

__all__ = ["assignments", "sheets", "totals"]
