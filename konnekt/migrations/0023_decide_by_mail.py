"""Deciding from the mail: its links with their sheets, and who wants it."""

from peewee import SqliteDatabase

LINK = """
    CREATE TABLE "decision_link" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "account_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "token_hash" VARCHAR(255) NOT NULL,
        "made_at" {MOMENT} NOT NULL,
        "ends_at" {MOMENT} NOT NULL,
        "used_at" {MOMENT}
    )"""
SHEET = """
    CREATE TABLE "decision_link_sheet" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "link_id" INTEGER NOT NULL REFERENCES "decision_link" ("id") ON DELETE CASCADE,
        "timesheet_id" INTEGER NOT NULL REFERENCES "timesheet" ("id") ON DELETE CASCADE,
        "revision" INTEGER NOT NULL
    )"""
INDEXES = (
    'CREATE INDEX "decision_link_account_id" ON "decision_link" ("account_id")',
    'CREATE UNIQUE INDEX "decision_link_token_hash" ON "decision_link" ("token_hash")',
    'CREATE INDEX "decision_link_ends_at" ON "decision_link" ("ends_at")',
    'CREATE INDEX "decision_link_sheet_link_id" ON "decision_link_sheet" ("link_id")',
    'CREATE INDEX "decision_link_sheet_timesheet_id" ON "decision_link_sheet" ("timesheet_id")',
    'CREATE UNIQUE INDEX "decision_link_sheet_link_id_timesheet_id"'
    ' ON "decision_link_sheet" ("link_id", "timesheet_id")',
)
# With a default of the table: no row is written, and a host that does not know the column yet goes on.
COLUMNS = (
    (
        "organisation",
        "decide_by_mail",
        "VARCHAR(255) NOT NULL DEFAULT 'off' CHECK (decide_by_mail IN ('off', 'ordinary', 'all'))",
    ),
    ("account", "decides_by_mail", "{BOOL} NOT NULL DEFAULT {YES}"),
    ("agency", "factor_by_mail", "{BOOL} NOT NULL DEFAULT {YES}"),
)


def up(migrator, db):
    names = {"ID": "INTEGER", "MOMENT": "DATETIME", "BOOL": "INTEGER", "YES": "1"}
    if not isinstance(db, SqliteDatabase):
        names = {"ID": "SERIAL", "MOMENT": "TIMESTAMP", "BOOL": "BOOLEAN", "YES": "TRUE"}
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind.format(**names)}')
    for sql in (LINK, SHEET, *INDEXES):
        db.execute_sql(sql.format(**names))


def down(migrator, db):
    for table in ("decision_link_sheet", "decision_link"):
        db.execute_sql(f'DROP TABLE "{table}"')
    for table, column, _ in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
