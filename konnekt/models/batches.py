"""What batches for another program share: once handed over they stay, and until then one can be undone."""

from typing import Any


class Batch:
    """handed_over_at: since when the program has it; undone_at: when it was taken back before that."""

    handed_over_at: Any
    undone_at: Any

    @property
    def may_undo(self) -> bool:
        """Whether it is neither handed over nor undone."""
        return self.handed_over_at is None and self.undone_at is None

    @classmethod
    def is_open(cls) -> Any:
        """The same as a condition."""
        return cls.handed_over_at.is_null() & cls.undone_at.is_null()
