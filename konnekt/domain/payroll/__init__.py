"""Payroll batches: preview, make, hand over, undo; and when a timesheet is paid."""

__all__ = ["batches", "drafts", "hand_over_or_undo", "make", "pay_dates", "payable"]
