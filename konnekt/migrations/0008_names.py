"""What an organisation's name is searched by; keys of names sort alike whatever language the server sorts by.

`konnekt migrate` fills them after the last migration, with the rules of the version that runs it.
"""

from peewee import SqliteDatabase, TextField

KEYS = ("account", "organisation")


def up(migrator, db):
    migrator.migrate(migrator.add_column("organisation", "name_key", TextField(default="")))
    collate(db, "C")


def collate(db, name):
    if not isinstance(db, SqliteDatabase):
        for table in KEYS:
            db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "name_key" TYPE TEXT COLLATE "{name}"')


def down(migrator, db):
    collate(db, "default")
    migrator.migrate(migrator.drop_column("organisation", "name_key"))
