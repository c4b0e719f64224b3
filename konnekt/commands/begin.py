"""`konnekt` begins here: what has to be settled before anything is imported."""

import os
import sys
from typing import Any

from konnekt.commands import memory


def main() -> None:
    """Run `konnekt`."""
    memory.take_from_one_place()
    if not os.environ.get("KONNEKT_DATABASE"):
        # Peewee imports the driver of PostgreSQL wherever it is installed: 11 MB, and a tenth of a second.
        modules: dict[str, Any] = sys.modules
        modules.setdefault("psycopg", None)
    from konnekt.commands import cli

    cli.main()
