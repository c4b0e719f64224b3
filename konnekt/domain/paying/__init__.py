"""What a payroll batch is made of: the hours it pays, its draft, the copies that it keeps, its list."""
