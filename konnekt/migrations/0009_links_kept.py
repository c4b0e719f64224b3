"""What stands on live invoices and payroll batches is kept where it is asked: per sheet, period and batch.

And of invoices whether their documents are there.
"""

from peewee import SqliteDatabase

# Table, column, what it holds, its condition; rows that are there get zero, or no.
COLUMNS = (
    ("timesheet", "invoiced_minutes", "INTEGER", "invoiced_minutes = 0 OR state = 'approved'"),
    ("timesheet", "is_invoiced", "BOOLEAN", ""),
    ("timesheet", "paid_minutes", "INTEGER", "paid_minutes = 0 OR state = 'approved'"),
    ("timesheet", "is_paid", "BOOLEAN", ""),
    ("pay_period", "locked_sheets", "INTEGER", ""),
    ("payroll_batch", "minutes", "INTEGER", ""),
    ("invoice", "has_documents", "BOOLEAN", ""),
)

LISTED = '"pay_period_id", "state", "organisation_id", "minutes", "sequence"'
HAS_HOURS = "(minutes <> 0 OR sequence > 0)"
IS_LOCKED = "sequence = 0 AND (invoiced_minutes > 0 OR paid_minutes > 0)"
# Table, name, columns, which rows.
INDEXES = (
    ("invoice", "invoice_undocumented", '"year", "number"', "NOT has_documents"),
    (
        "timesheet",
        "timesheet_to_invoice",
        f'{LISTED}, "invoiced_minutes", "is_invoiced"',
        f"NOT is_invoiced AND {HAS_HOURS}",
    ),
    ("timesheet", "timesheet_to_pay", f'{LISTED}, "paid_minutes", "is_paid"', f"NOT is_paid AND {HAS_HOURS}"),
    (
        "timesheet",
        "timesheet_locked",
        '"assignment_id", "pay_period_id", "organisation_id", "sequence", "invoiced_minutes", "paid_minutes"',
        IS_LOCKED,
    ),
    ("timesheet", "timesheet_supplementary", '"state"', "sequence > 0"),
)

# Of each sheet with a live link: the minutes on them, and whether there is one for each hour.
FILL = """
UPDATE timesheet SET
    invoiced_minutes = l.invoiced_minutes, is_invoiced = (l.invoiced = l.hours),
    paid_minutes = l.paid_minutes, is_paid = (l.paid = l.hours)
FROM (
    SELECT line.timesheet_id, COUNT(*) AS hours,
        COALESCE(SUM(i.minutes), 0) AS invoiced_minutes, COUNT(i.id) AS invoiced,
        COALESCE(SUM(p.minutes), 0) AS paid_minutes, COUNT(p.id) AS paid
    FROM timesheet_line line
    JOIN hour ON hour.line_id = line.id AND hour.minutes <> 0
    LEFT JOIN invoiced_hour i ON i.hour_id = hour.id AND i.released_at IS NULL
    LEFT JOIN payroll_hour p ON p.hour_id = hour.id AND p.released_at IS NULL
    GROUP BY line.timesheet_id HAVING COUNT(i.id) > 0 OR COUNT(p.id) > 0
) l WHERE l.timesheet_id = timesheet.id"""
COUNT = """
UPDATE pay_period SET locked_sheets = (
    SELECT COUNT(*) FROM timesheet WHERE timesheet.pay_period_id = pay_period.id AND {which}
)"""
ADD_UP = """
UPDATE payroll_batch SET minutes = COALESCE(
    (SELECT SUM(k.minutes) FROM payroll_hour k WHERE k.payroll_batch_id = payroll_batch.id), 0
)"""
DOCUMENTED = """
UPDATE invoice SET has_documents = TRUE
WHERE id IN (SELECT invoice_id FROM document GROUP BY invoice_id HAVING COUNT(*) = 2)"""


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    for table, column, holds, condition in COLUMNS:
        kind = "INTEGER" if is_sqlite else holds
        default = "FALSE" if kind == "BOOLEAN" else "0"
        check = f" CHECK ({condition})" if condition else ""
        db.execute_sql(
            f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind} NOT NULL DEFAULT {default}{check}'
        )
        if not is_sqlite:
            db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" DROP DEFAULT')
    db.execute_sql(FILL)
    db.execute_sql(DOCUMENTED)
    for table, name, columns, which in INDEXES:
        db.execute_sql(f'CREATE INDEX "{name}" ON "{table}" ({columns}) WHERE {which}')
    db.execute_sql(COUNT.format(which=IS_LOCKED))
    db.execute_sql(ADD_UP)


def down(migrator, db):
    for table, name, *_ in INDEXES:
        migrator.migrate(migrator.drop_index(table, name))
    for table, column, *_ in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, column))
