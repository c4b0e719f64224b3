"""How a pay period stands: progress, reminders, and what the agency's month asks for."""

__all__ = ["month", "progress", "reminders"]
