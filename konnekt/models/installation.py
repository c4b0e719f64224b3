"""What all hosts of one database have in common."""

from typing import Any

from peewee import CharField, TextField, fn

from konnekt.db import BaseModel


class Installation(BaseModel):
    """One fact of this installation.

    secret: the fingerprint of the signing key, never the key itself. HELD: the moment since when mail and
    long work wait to be released, in a restored copy.
    """

    # Called as when mail alone waited: a copy that waits now goes on to.
    HELD = "mail held"

    name = CharField(unique=True)
    value = TextField()

    @classmethod
    def is_held(cls) -> Any:
        """A condition: mail and long work wait to be released."""
        return fn.EXISTS(cls.select(cls.id).where(cls.name == cls.HELD))
