"""Browsers that an account signed in with are one table and one cookie: device has what known_device had.

A browser had a token for each of the two, and nothing ties them but the sign-in that wrote both rows in the
same moment: by that they become one. A row that has no such other one gives no tries until the next sign-in
there; a row of known_device alone is of a cookie that is read no more.
"""

from datetime import datetime, timedelta

from peewee import SqliteDatabase

NO_TRIES = 10
SAME_SIGN_IN = timedelta(seconds=2)
KNOWN_DEVICE = """
    CREATE TABLE "known_device" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "token_hash" VARCHAR(255) NOT NULL,
        "account_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "failures" INTEGER NOT NULL CHECK (failures >= 0),
        "created_at" {MOMENT} NOT NULL,
        "seen_at" {MOMENT} NOT NULL
    )"""
INDEXES = (
    'CREATE INDEX "known_device_account_id" ON "known_device" ("account_id")',
    'CREATE UNIQUE INDEX "known_device_token_hash_account_id" ON "known_device" ("token_hash", "account_id")',
)


def up(migrator, db):
    db.execute_sql(
        'ALTER TABLE "device" ADD COLUMN "failures" INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0)'
    )
    rest = [(account, _moment(seen), failures) for account, seen, failures in _known(db)]
    for device, account, seen in db.execute_sql(
        'SELECT "id", "account_id", "seen_at" FROM "device"'
    ).fetchall():
        same = [one for one in rest if one[0] == account and abs(one[1] - _moment(seen)) <= SAME_SIGN_IN]
        failures = same[0][2] if same else NO_TRIES
        if same:
            rest.remove(same[0])
        db.execute_sql(f'UPDATE "device" SET "failures" = {failures:d} WHERE "id" = {device:d}')  # noqa: S608
    db.execute_sql('DROP TABLE "known_device"')


def _known(db):
    return db.execute_sql(
        'SELECT "account_id", "seen_at", "failures" FROM "known_device" ORDER BY "id"'
    ).fetchall()


def _moment(value):
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def down(migrator, db):
    names = {"ID": "INTEGER", "MOMENT": "DATETIME"}
    if not isinstance(db, SqliteDatabase):
        names = {"ID": "SERIAL", "MOMENT": "TIMESTAMP"}
    for sql in (KNOWN_DEVICE, *INDEXES):
        db.execute_sql(sql.format(**names))
    columns = '"token_hash", "account_id", "failures", "created_at", "seen_at"'
    db.execute_sql(
        f'INSERT INTO "known_device" ({columns}) SELECT {columns} FROM "device" WHERE "failures" < {NO_TRIES}'  # noqa: S608
    )
    migrator.migrate(migrator.drop_column("device", "failures"))
