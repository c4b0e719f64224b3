"""`make kills`: 200 kills on each database; ARGS="--kills 20 --database sqlite --seed 7" for some of it."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.kills.run import run


def main() -> int:
    """Run, say what came of it; 1 where something is not as it should be."""
    asked = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument(
        "--keep", type=Path, help="a folder for logs and the SQLite file, to look at afterwards"
    )
    arguments = asked.parse_args()
    is_well = True
    for kind in arguments.database or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="konnekt-kills-") as folder:
            here = arguments.keep / kind if arguments.keep else Path(folder)
            here.mkdir(parents=True, exist_ok=True)
            outcome = run(kind, arguments.kills, arguments.seed, here)
        said = "\n".join(outcome.lines())
        print(f"{kind}, {said}", flush=True)
        is_well &= not outcome.findings
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
