"""Undo of a rejection finds the mails of its request; what an account decided is listed by moment."""

from peewee import CharField


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("outbox", "batch", CharField(default="", index=True)),
        migrator.add_index("event", ("actor_id", "at")),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index("event", "event_actor_id_at"),
        migrator.drop_index("outbox", "outbox_batch"),
        migrator.drop_column("outbox", "batch"),
    )
