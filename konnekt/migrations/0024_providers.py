"""Who an account is at a provider, sign-ins there that are under way, and which organisations want them."""

from peewee import SqliteDatabase

IDENTITY = """
    CREATE TABLE "identity" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "account_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "issuer" TEXT NOT NULL,
        "subject" TEXT NOT NULL,
        "created_at" {MOMENT} NOT NULL,
        "used_at" {MOMENT}
    )"""
PROVIDER_REQUEST = """
    CREATE TABLE "provider_request" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "state_hash" VARCHAR(255) NOT NULL,
        "browser_hash" VARCHAR(255) NOT NULL,
        "provider" VARCHAR(255) NOT NULL,
        "purpose" VARCHAR(255) NOT NULL CHECK (purpose IN ('sign_in', 'link', 'bind', 'once_more')),
        "account_id" INTEGER REFERENCES "account" ("id") ON DELETE CASCADE,
        "link_id" INTEGER REFERENCES "account_link" ("id") ON DELETE CASCADE,
        "sealed" TEXT NOT NULL,
        "back" TEXT NOT NULL,
        "created_at" {MOMENT} NOT NULL,
        "expires_at" {MOMENT} NOT NULL,
        "used_at" {MOMENT}
    )"""
INDEXES = (
    'CREATE INDEX "identity_account_id" ON "identity" ("account_id")',
    'CREATE UNIQUE INDEX "identity_issuer_subject" ON "identity" ("issuer", "subject")',
    'CREATE UNIQUE INDEX "provider_request_state_hash" ON "provider_request" ("state_hash")',
    'CREATE INDEX "provider_request_account_id" ON "provider_request" ("account_id")',
    'CREATE INDEX "provider_request_link_id" ON "provider_request" ("link_id")',
    'CREATE INDEX "provider_request_expires_at" ON "provider_request" ("expires_at")',
)
# With a default of the table: no row is written, and a host that does not know the column yet goes on.
CHOICES = "'off', 'offered', 'required'"
COLUMNS = (
    ("session", "provider", "VARCHAR(255) NOT NULL DEFAULT ''"),
    ("session", "had_factor", "{BOOL} NOT NULL DEFAULT {NO}"),
    ("organisation", "sign_in", f"VARCHAR(255) NOT NULL DEFAULT 'off' CHECK (sign_in IN ({CHOICES}))"),
)


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    names = {"ID": "INTEGER", "MOMENT": "DATETIME", "BOOL": "INTEGER", "NO": "0"}
    if not is_sqlite:
        names = {"ID": "SERIAL", "MOMENT": "TIMESTAMP", "BOOL": "BOOLEAN", "NO": "FALSE"}
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind.format(**names)}')
    for sql in (IDENTITY, PROVIDER_REQUEST, *INDEXES):
        db.execute_sql(sql.format(**names))


def down(migrator, db):
    db.execute_sql('DROP TABLE "provider_request"')
    db.execute_sql('DROP TABLE "identity"')
    for table, column, _ in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
