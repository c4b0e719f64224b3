"""How long each kind of data of people is kept, where the agency chose another term than the usual one."""

from peewee import CharField, Check, IntegerField

from konnekt.db import BaseModel


class RetentionTerm(BaseModel):
    """A term: kind and unit stand in domain/records/retention.py."""

    kind = CharField(primary_key=True)
    number = IntegerField(constraints=[Check("number > 0")])
