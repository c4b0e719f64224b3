"""How the tables came about, step by step, and which of the steps a database has."""

from datetime import datetime
from pathlib import Path

from peewee import Database
from playhouse.migrations import Runner

FOLDER = Path(__file__).parent
# Release 1.0 has one step for the three that every database of 0.1.0 has.
INITIAL = "0001_initial_schema"
BEFORE = ("0001_the_whole_house", "0002_the_bureau", "0003_the_month")


class Migrations(Runner):
    """The steps in this folder, beside those that a database has."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, str(FOLDER))

    def applied(self) -> dict[str, datetime]:
        """When each step was taken, by its name of today."""
        steps: dict[str, datetime] = super().applied()
        if BEFORE[-1] in steps:
            steps[INITIAL] = min(steps.pop(name) for name in BEFORE)
        return steps

    def rename(self) -> None:
        """Have the database call its first steps by their name of today."""
        self.History.update(name=INITIAL).where(self.History.name == BEFORE[-1]).execute()
        self.History.delete().where(self.History.name.in_(BEFORE)).execute()
