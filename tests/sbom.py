"""What the portal is made of, as CycloneDX: every locked package, with its hashes, and the files of others in the source.

`make lock` runs this file after the lock is renewed: it writes sbom.json. Nothing of the machine or the moment
stands in it, so the same lock gives the same bytes. Licences are those that THIRD_PARTY.md names.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILE = ROOT / "sbom.json"


def made() -> dict[str, Any]:
    """The whole bill of materials."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    application = {"type": "application", "bom-ref": "konnekt", "name": project["name"]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**application, "version": project["version"]}},
        "components": [*_packages(), *_copied()],
    }


def text() -> str:
    """As it stands in the file."""
    return json.dumps(made(), indent=1) + "\n"


def _packages() -> list[dict[str, Any]]:
    """What requirements.txt locks."""
    lock = (ROOT / "requirements.txt").read_text()
    pins = re.findall(r"^([^#\s].*?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", lock, re.M)
    licences = _licences()
    found = {}
    for pin, lines in pins:
        requirement = Requirement(pin)
        (only,) = requirement.specifier
        name = canonicalize_name(requirement.name)
        found[name] = _component("pypi", name, only.version, licences.get(name, "")) | {
            "externalReferences": [
                {
                    "type": "distribution",
                    "url": f"https://pypi.org/project/{name}/{only.version}/",
                    "hashes": [
                        {"alg": "SHA-256", "content": one}
                        for one in sorted(re.findall(r"sha256:([0-9a-f]{64})", lines))
                    ],
                }
            ]
        }
        if requirement.marker:
            marker = {"name": "konnekt:marker", "value": str(requirement.marker)}
            found[name]["properties"] = [marker]
    return [found[name] for name in sorted(found)]


def _component(kind: str, name: str, version: str, licence: str) -> dict[str, Any]:
    purl = f"pkg:{kind}/{name}@{version}"
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "scope": "required",
        "licenses": [{"license": {"name": licence}}],
    }  # fmt: skip


def _rows(heading: str) -> list[list[str]]:
    """The rows of the first table of THIRD_PARTY.md behind a text."""
    table = (
        (ROOT / "THIRD_PARTY.md").read_text().partition(heading)[2].partition("|---")[2].partition("\n\n")[0]
    )
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[1:]]


def _licences() -> dict[str, str]:
    """The licence of each package that runs."""
    return {
        canonicalize_name(name): licence
        for licence, names in _rows("What runs:")
        for name in names.rstrip(" |").split(", ")
    }


def _copied() -> list[dict[str, Any]]:
    """What is copied into the source and served from it: scripts, icons, fonts."""
    rows = [row for row in _rows("its tests:") if "`konnekt/" in row[3]]
    names = [re.search(r"npm `([^`]+)`", what) for what, *_ in rows]
    return [
        _component("npm", name[1], version, licence.partition(", `")[0])
        for name, (_, version, licence, _) in zip(names, rows, strict=True)
        if name
    ]


if __name__ == "__main__":
    FILE.write_text(text())
    sys.stdout.write(f"{FILE.name}: {len(made()['components'])} components\n")
