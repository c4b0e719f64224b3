"""After invoicing or payroll: supplementary timesheets, and moving hours to another budget number."""

__all__ = ["case", "cells", "cost", "effect", "move", "move_preview", "supplementary"]
