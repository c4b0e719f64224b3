"""How a pay period stands: progress, reminders, deadlines for calendars, what the agency's month asks for."""

__all__ = ["deadlines", "month", "progress", "reminders", "stages", "turnover"]
