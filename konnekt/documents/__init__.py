"""What other programs read: PDF, UBL, spreadsheets, payroll files, ZIP."""
