"""A second factor: what makes one-time codes, those on paper, remembered browsers, sessions that wait."""

from peewee import SqliteDatabase

AUTHENTICATOR = """
    CREATE TABLE "authenticator" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "account_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "name" TEXT NOT NULL,
        "secret" TEXT NOT NULL,
        "created_at" {MOMENT} NOT NULL,
        "confirmed_at" {MOMENT},
        "used_at" {MOMENT},
        "last_step" INTEGER NOT NULL
    )"""
RECOVERY_CODE = """
    CREATE TABLE "recovery_code" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "account_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "code_hash" VARCHAR(255) NOT NULL,
        "created_at" {MOMENT} NOT NULL,
        "used_at" {MOMENT}
    )"""
DEVICE = """
    CREATE TABLE "device" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "account_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "token_hash" VARCHAR(255) NOT NULL,
        "browser" TEXT NOT NULL,
        "created_at" {MOMENT} NOT NULL,
        "seen_at" {MOMENT} NOT NULL,
        "remembered_until_at" {MOMENT}
    )"""
FACTOR_RESET = """
    CREATE TABLE "factor_reset" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "account_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "asked_by_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "asked_at" {MOMENT} NOT NULL,
        "reason" TEXT NOT NULL
    )"""
INDEXES = (
    'CREATE INDEX "authenticator_account_id" ON "authenticator" ("account_id")',
    'CREATE INDEX "recovery_code_account_id" ON "recovery_code" ("account_id")',
    'CREATE UNIQUE INDEX "recovery_code_code_hash" ON "recovery_code" ("code_hash")',
    'CREATE INDEX "device_account_id" ON "device" ("account_id")',
    'CREATE UNIQUE INDEX "device_token_hash_account_id" ON "device" ("token_hash", "account_id")',
    'CREATE UNIQUE INDEX "factor_reset_account_id" ON "factor_reset" ("account_id")',
    'CREATE INDEX "factor_reset_asked_by_id" ON "factor_reset" ("asked_by_id")',
)
TABLES = ("authenticator", "recovery_code", "device", "factor_reset")
# With a default of the table: no row is written, and a host that does not know the column yet goes on.
COLUMNS = (
    ("account", "has_second_factor", "{BOOL} NOT NULL DEFAULT {NO}"),
    ("session", "is_half", "{BOOL} NOT NULL DEFAULT {NO}"),
    ("session", "asked_at", "{MOMENT}"),
    ("agency", "factor_from_on", "DATE"),
)


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    names = {"ID": "INTEGER", "MOMENT": "DATETIME", "BOOL": "INTEGER", "NO": "0"}
    if not is_sqlite:
        names = {"ID": "SERIAL", "MOMENT": "TIMESTAMP", "BOOL": "BOOLEAN", "NO": "FALSE"}
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind.format(**names)}')
    for sql in (AUTHENTICATOR, RECOVERY_CODE, DEVICE, FACTOR_RESET, *INDEXES):
        db.execute_sql(sql.format(**names))


def down(migrator, db):
    # Half signed in would be signed in for who does not know the difference.
    db.execute_sql('DELETE FROM "session" WHERE "is_half"')
    for table in reversed(TABLES):
        db.execute_sql(f'DROP TABLE "{table}"')
    for table, column, _ in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
