"""What a table of a PDF is made of: JSON, for it comes to a process that draws it and imports no models."""

from typing import TypedDict


class TableRow(TypedDict, total=False):
    """What stands in each column, and `below` it in small letters; `kind`: who, sum, or none for a line.

    The cells of `who` are a name and a reference, which go over all columns but the first; the first word of
    a sum goes over the columns that are empty after it.
    """

    cells: list[str]
    below: list[str]
    kind: str


class TablePart(TypedDict, total=False):
    """A table with its title, which stands in the table's own head where that is long.

    about: the rest of the line after the worker's name, and more lines. widths: millimetres.
    numbers: the first column whose texts stand right, as those of all after it do. head: a word that breaks
    has a line feed where it does.
    """

    title: str
    reference: str
    worker: str
    about: list[str]
    widths: list[float]
    numbers: int
    head: list[str]
    rows: list[TableRow]
    is_long: bool
