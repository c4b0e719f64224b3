"""Money in and back: payments and set-offs, the bank, what is open or overdue, and the bookkeeping."""

__all__ = ["bank", "booking", "books", "journal", "open_amounts", "overdue", "remind", "reminder_steps"]
