"""What is used of budget numbers, and what the approval list asks of sheets that wait.

`konnekt migrate` fills both afterwards.
"""

from peewee import SqliteDatabase

SUM = """
    CREATE TABLE "budget_sum" (
        "budget_number_id" INTEGER NOT NULL PRIMARY KEY
            REFERENCES "budget_number" ("id") ON DELETE CASCADE,
        "waiting_minutes" INTEGER NOT NULL,
        "waiting_parts" {BIG} NOT NULL,
        "approved_minutes" INTEGER NOT NULL,
        "approved_parts" {BIG} NOT NULL
    )"""
SHARE = """
    CREATE TABLE "budget_share" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "timesheet_id" INTEGER NOT NULL REFERENCES "timesheet" ("id") ON DELETE CASCADE,
        "budget_number_id" INTEGER NOT NULL REFERENCES "budget_number" ("id") ON DELETE CASCADE,
        "state" VARCHAR(255) NOT NULL CHECK (state IN ('submitted', 'approved')),
        "minutes" INTEGER NOT NULL,
        "parts" {BIG} NOT NULL
    )"""
WAITING = """
    CREATE TABLE "waiting_sheet" (
        "timesheet_id" INTEGER NOT NULL PRIMARY KEY REFERENCES "timesheet" ("id") ON DELETE CASCADE,
        "organisation_id" INTEGER NOT NULL,
        "pay_period_id" INTEGER NOT NULL,
        "worker_id" INTEGER NOT NULL,
        "name_key" TEXT {C} NOT NULL,
        "revision" INTEGER NOT NULL,
        "minutes" INTEGER NOT NULL,
        "is_plain" {BOOL} NOT NULL,
        "has_helpers" {BOOL} NOT NULL,
        "mark" {BIG} NOT NULL
    )"""
INDEXES = (
    'CREATE INDEX "waiting_sheet_listed" ON "waiting_sheet"'
    ' ("organisation_id", "pay_period_id", "name_key", "timesheet_id")',
    'CREATE INDEX "waiting_sheet_counted" ON "waiting_sheet" ("organisation_id", "pay_period_id",'
    ' "worker_id", "minutes", "is_plain", "has_helpers", "mark", "timesheet_id")',
    'CREATE INDEX "waiting_sheet_worker_id" ON "waiting_sheet" ("worker_id")',
    'CREATE INDEX "budget_share_timesheet_id" ON "budget_share" ("timesheet_id")',
    'CREATE INDEX "budget_share_budget_number_id" ON "budget_share" ("budget_number_id")',
    'CREATE UNIQUE INDEX "budget_share_timesheet_id_budget_number_id"'
    ' ON "budget_share" ("timesheet_id", "budget_number_id")',
)
# What `konnekt migrate` hangs on these tables afterwards.
TRIGGERS = (
    ("timesheet", "insert"), ("timesheet", "update"),
    ("timesheet_flag", "insert"), ("timesheet_flag", "update"),
    ("timesheet_flag", "delete"), ("timesheet_contributor", "insert"), ("timesheet_contributor", "update"),
    ("timesheet_contributor", "delete"), ("assignment", "update"), ("account", "update"),
)  # fmt: skip


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    names = {"BIG": "INTEGER" if is_sqlite else "BIGINT", "ID": "INTEGER" if is_sqlite else "SERIAL"}
    names |= {"BOOL": "INTEGER" if is_sqlite else "BOOLEAN", "C": "" if is_sqlite else 'COLLATE "C"'}
    for sql in (SUM, SHARE, WAITING, *INDEXES):
        db.execute_sql(sql.format(**names))


def down(migrator, db):
    for table, what in TRIGGERS:
        on = "" if isinstance(db, SqliteDatabase) else f' ON "{table}"'
        db.execute_sql(f'DROP TRIGGER IF EXISTS "waiting_{table}_{what}"{on}')
    for table in ("waiting_sheet", "budget_share", "budget_sum"):
        db.execute_sql(f'DROP TABLE "{table}"')
