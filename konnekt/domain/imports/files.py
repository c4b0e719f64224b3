"""What a file of an import set is: its columns, its key, whose rules its rows have."""

from collections.abc import Callable
from typing import Any, NamedTuple

from konnekt.domain.imports.columns import Columns
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.records import audited

# Checks the rows of one file and puts them into the tables of a run (run.Run).
Take = Callable[[Any, Any], None]


class ImportFile(NamedTuple):
    """A file of an import set. table: the name of the run's table that its rows belong to.

    record: whose rules and events they have. more: columns that a file may lack; then they stay as they are.
    names: what the record calls a column, where that is something else. is_long: its rows pass by, once, and
    nobody keeps them.
    """

    name: str
    key: tuple[str, ...]
    columns: Columns
    take: Take
    table: str = ""
    more: Columns = {}
    record: audited.RecordType | None = None
    names: dict[str, str] = {}
    is_long: bool = False

    @property
    def all_columns(self) -> Columns:
        """Those that it must have and those that it may lack."""
        return {**self.columns, **self.more}

    def column(self, name: str) -> str:
        """The column that a record's own is read from."""
        return next((column for column, named in self.names.items() if named == name), name)


def key_of(file: ImportFile, row: FileRow) -> tuple[Any, ...] | None:
    """The key of a row; None where one of its cells could not be read."""
    if any(column not in row.values for column in file.key):
        return None
    return tuple(row.values[column] for column in file.key)
