"""How a pay period stands: progress, reminders, deadlines for calendars, the agency's month, the report."""

__all__ = ["deadlines", "month", "progress", "reminders", "report", "report_letter", "stages", "turnover"]
