"""The steps of deploy/Containerfile, read as an image builder does: for tests/container_root.sh and the tests."""

import re
import sys
from pathlib import Path

FILE = Path(__file__).parents[1] / "deploy" / "Containerfile"
# What container_root.sh does; a step of another kind would be left out there without a word.
KINDS = {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}


def steps(text: str) -> list[tuple[str, str]]:
    """The kind of each step and its words, on one line. Raises ValueError for a kind that nobody does here."""
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines()
    found = [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]
    if unknown := {kind for kind, _ in found} - KINDS:
        raise ValueError(f"container_root.sh does not know {sorted(unknown)}")
    return found


if __name__ == "__main__":
    sys.stdout.writelines(f"{kind}\t{words}\n" for kind, words in steps(FILE.read_text()))
