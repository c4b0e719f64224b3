"""What is locked beside the newest that there is: `make outdated`, which asks PyPI (or PIP_INDEX_URL).

For each package of requirements.txt: what is locked and since when it is there, what is newest, and since when something newer
waits. It ends with 1 where that is longer than docs/security.md allows. Holes that are known are not looked for here.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from packaging.version import InvalidVersion, Version

LOCK = Path(__file__).parents[1] / "requirements.txt"
INDEX = os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"
# The simple repository API in JSON: PEP 691, with versions and upload times by PEP 700.
ACCEPT = "application/vnd.pypi.simple.v1+json"
# So many days something newer may wait; docs/security.md says so, and a test compares the two.
MOST_DAYS = 90


@dataclass(frozen=True)
class Age:
    """A locked package: since when it is there, what is newest, and since when something newer is."""

    name: str
    locked: str
    locked_on: date | None
    newest: str
    newer_since: date | None

    def days(self, today: date) -> int:
        """How long something newer waits."""
        return (today - self.newer_since).days if self.newer_since else 0

    def is_overdue(self, today: date) -> bool:
        """Whether that is too long; also where the index does not know the locked version at all."""
        return self.locked_on is None or self.days(today) > MOST_DAYS

    def line(self, today: date) -> str:
        """For people."""
        there = f"{self.locked} of {self.locked_on or 'no date'}"
        if not self.newer_since:
            return f"  {self.name} {there}" + ("" if self.locked_on else ": OVERDUE, withdrawn or unknown")
        waits = f"{self.newest} is newest, newer ones wait for {self.days(today)} days"
        return f"  {self.name} {there}: {waits}" + (" OVERDUE" if self.is_overdue(today) else "")


def pins(lock: str) -> dict[str, str]:
    """Name and version of each line of a lock."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.M))


def age(name: str, locked: str, project: dict[str, Any]) -> Age:
    """Read a project's page of the index. What was withdrawn, and what is not final, is no newer version."""
    uploaded: dict[Version, date] = {}
    for file in project["files"]:
        version = _version(project["name"], file["filename"])
        if version and not file.get("yanked") and file.get("upload-time"):
            day = datetime.fromisoformat(file["upload-time"].replace("Z", "+00:00")).date()
            uploaded[version] = min(day, uploaded.get(version, day))
    newer = {one: day for one, day in uploaded.items() if one > Version(locked) and not one.is_prerelease}
    newest = str(max(newer, default=Version(locked)))
    return Age(name, locked, uploaded.get(Version(locked)), newest, min(newer.values(), default=None))


def _version(project: str, file: str) -> Version | None:
    """The version in a file's name: of a wheel its second part, of a source what stands behind the name."""
    if file.endswith(".whl"):
        text = file.split("-")[1]
    else:
        text = re.sub(r"\.(tar\.(gz|bz2|Z)|zip|tgz|egg|exe)$", "", file)[len(project) + 1 :]
    try:
        return Version(text)
    except InvalidVersion:
        return None


def ask(name: str) -> dict[str, Any]:
    """The index's page of one project."""
    request = Request(
        f"{INDEX.rstrip('/')}/{re.sub(r'[-_.]+', '-', name).lower()}/", headers={"Accept": ACCEPT}
    )
    with urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def report(
    lock: str, today: date, project: Callable[[str], dict[str, Any]] = ask
) -> tuple[Iterable[str], int]:
    """The lines to print, and how many are overdue."""
    ages = [age(name, version, project(name)) for name, version in sorted(pins(lock).items())]
    overdue = sum(one.is_overdue(today) for one in ages)
    behind = sum(one.newer_since is not None for one in ages)
    last = (
        f"{len(ages)} packages, {behind} with something newer, {overdue} overdue (more than {MOST_DAYS} days)"
    )
    return [one.line(today) for one in ages] + [last], overdue


if __name__ == "__main__":
    lines, overdue = report(LOCK.read_text(), datetime.now(UTC).date())
    print("\n".join(lines))
    sys.exit(1 if overdue else 0)
