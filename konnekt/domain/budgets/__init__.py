"""Budget numbers against their ceilings: what is used of them, the list, and the mail at 80 and 100 %."""

__all__ = ["alerts", "counted", "overview", "raw_rows", "used"]
