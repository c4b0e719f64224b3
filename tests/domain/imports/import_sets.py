"""A small import set of our own, copies of it with something changed, and everything a database holds."""

import shutil
from pathlib import Path
from typing import Any

from konnekt.models import TABLES

OWN = Path(__file__).parents[2] / "data" / "import"
# A set of a whole university that lies beside the repository where it is developed.
BESIDE = Path(__file__).parents[4] / "shared" / "data" / "um"
FOLDERS = [folder for folder in (OWN, BESIDE) if folder.is_dir()]


def copy(to: Path, **changes: Any) -> Path:
    """The own set in a new folder. changes: file (without .csv) -> (old, new) or a list of those, in bytes or text."""
    folder = to / "set"
    shutil.copytree(OWN, folder)
    for file, replacements in changes.items():
        change(folder / f"{file}.csv", replacements)
    return folder


def change(path: Path, replacements: Any) -> None:
    content = path.read_bytes()
    for old, new in [replacements] if isinstance(replacements, tuple) else replacements:
        old, new = (part if isinstance(part, bytes) else part.encode() for part in (old, new))
        assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {path.name}"
        content = content.replace(old, new)
    path.write_bytes(content)


def only(to: Path, **files: str | bytes) -> Path:
    """A folder with these files alone."""
    to.mkdir(exist_ok=True)
    for file, content in files.items():
        (to / f"{file}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return to


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    tables = {}
    for model in TABLES:
        rows = model.select(*model._meta.sorted_fields).order_by(model._meta.primary_key)
        tables[model._meta.table_name] = [tuple(row) for row in rows.tuples()]
    return tables
