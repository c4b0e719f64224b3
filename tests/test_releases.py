"""Who has any released version comes to this one with all data; and what a version is called stands in few places."""

import re
import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from konnekt.commands import backup
from konnekt.config import Config
from tests import demonstration
from tests.command_line import konnekt, served
from tests.commands.test_backup import connected, empty
from tests.domain.imports.import_sets import dump
from tests.releases import FOLDER, NOW, PASSWORD, ROOT

RELEASED = sorted(FOLDER.glob("*.zip"))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
on_sqlite = pytest.mark.parametrize("config", ["sqlite"], indirect=True)
HEADINGS = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)


@on_sqlite
@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.stem)
def test_an_installation_of_each_release_upgrades_with_its_data(
    released: Path, postgresql_url: str, tmp_path: Path, config: Config
) -> None:
    """By its backup, restored with this version: the tables are brought up to date with the rows in them."""
    manifest = backup.read(released)
    url = postgresql_url if manifest["kind"] == "PostgreSQL" else ""
    with empty(Config(instance=tmp_path, database=url, now=NOW), tmp_path / "upgraded") as upgraded:
        assert konnekt(upgraded, "restore", str(released)).returncode == 0
        applied = konnekt(upgraded, "migrate")
        assert applied.returncode == 0, applied.stderr
        assert not set(applied.stdout.split()) & set(manifest["migrations"])
        assert konnekt(upgraded, "release").returncode == 0
        said = konnekt(upgraded, "check").stdout
        assert "ok    schema: " in said
        assert "ok    kept facts: " in said
        with connected(upgraded, config):
            rows = {table: len(found) for table, found in dump().items()}
        fewer = {table: count for table, count in manifest["rows"].items() if rows.get(table, count) < count}
        assert fewer == {}
        with served(upgraded, log=tmp_path / "log") as (_, address):
            site = demonstration.Site(address, "supervisor", PASSWORD)
            assert demonstration.approve(site) >= 9
            agency = demonstration.Site(address, "agency", PASSWORD)
            assert "34367565.910.002" in agency.read("/invoices")
            assert "Introductieweek" in agency.read("/budgets")
            for path in ("/bureau/progress", "/bureau/invoicing", "/bureau/payroll", "/bureau/corrections"):
                assert "<h1" in agency.read(path)


def test_there_is_a_release_of_each_database() -> None:
    kinds = {path.stem.rpartition("-")[2] for path in RELEASED}
    assert kinds == {"sqlite", "postgresql"}
    versions = {path.stem.rpartition("-")[0] for path in RELEASED}
    dated = {heading.partition(",")[0] for heading in HEADINGS if "," in heading}
    assert dated <= versions, "python -m tests.releases"


def test_changes_are_told_by_version_the_newest_on_top() -> None:
    first, *others = HEADINGS
    dated = others if first == "Not released yet" else HEADINGS
    found = [
        (tuple(map(int, name.split("."))), datetime.strptime(day, "%d %B %Y"))
        for name, day in (h.split(", ") for h in dated)
    ]
    assert found == sorted(found, reverse=True)
    assert first == "Not released yet" or dated[0].startswith(f"{VERSION}, ")


def test_the_version_stands_in_one_place(tmp_path: Path) -> None:
    assert konnekt(Config(instance=tmp_path), "--version").stdout == f"konnekt, version {VERSION}\n"
    written = [path for path in (ROOT / "konnekt").rglob("*.py") if f'"{VERSION}"' in path.read_text()]
    assert written == []
