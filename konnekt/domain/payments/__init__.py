"""Money in and back: booking payments and set-offs, and what is still open."""

__all__ = ["bank", "booking", "books", "journal", "open_amounts", "overdue", "remind", "reminder_steps"]
