"""The documents name what there is: every target, command, setting, room, flag and licence; and nothing that is not."""

import dataclasses
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from konnekt.commands.cli import COMMANDS
from konnekt.config import Config
from konnekt.domain import imports
from konnekt.domain.flags.words import SENTENCES
from konnekt.models import TABLES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
OPERATING = (ROOT / "docs" / "operating.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
CONTRIBUTING = (ROOT / "docs" / "contributing.md").read_text()
THIRD_PARTY = (ROOT / "THIRD_PARTY.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
SOURCE = "\n".join(
    path.read_text() for path in (ROOT / "konnekt").rglob("*.py") if "migrations" not in path.parts
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.M))


def commands() -> set[str]:
    return {command.name or "" for command in COMMANDS}


def settings() -> set[str]:
    return set(re.findall(r"KONNEKT_[A-Z_]+", (ROOT / "konnekt" / "config.py").read_text()))


def test_every_make_target_is_explained() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)
    assert phony is not None
    unexplained = set(phony[1].split()) - targets()
    assert unexplained <= {"machine"}, "each target is explained on its own line"
    assert targets() - {"help"} - set(re.findall(r"`make ([a-z-]+)", CONTRIBUTING)) == set()


def test_every_command_is_named() -> None:
    assert {one for one in commands() if f"| `konnekt {one}" not in OPERATING} == set()


def test_every_setting_is_named_with_what_it_does() -> None:
    table = set(re.findall(r"^\| `(KONNEKT_[A-Z_]+)` \|.*\| .{10,} \|$", OPERATING, re.M))
    assert table == settings()
    assert {f"KONNEKT_{field.name.upper()}" for field in dataclasses.fields(Config)} == settings()


def test_every_table_is_named_with_what_it_keeps() -> None:
    named = re.findall(r"^\| `(\w+)` \| .{3,} \| .{3,} \|$", OPERATING.partition("| table |")[2], re.M)
    assert sorted(named) == sorted(model._meta.table_name for model in TABLES)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_what_a_document_names_is_there(document: Path) -> None:
    """Its links, the targets, commands and settings that it names, and each path that it writes as `a/path`."""
    text = document.read_text()
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (document.parent / link).exists()] == []
    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", text, re.M)) - targets() == set()
    named = set(re.findall(r"(?:^    |`|bin/)konnekt ([a-z-]+)", text, re.M))
    assert named - commands() - {"--version", "--help"} == set()
    assert set(re.findall(r"KONNEKT_[A-Z_]+", text)) - settings() == set()
    paths = re.findall(r"`((?:konnekt|tests|docs|deploy|\.ci)/[\w./-]+|[\w-]+\.(?:md|toml|jsonc|txt))`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_document_can_be_reached_from_readme() -> None:
    reached = {ROOT / "README.md"}
    for document in (waiting := list(reached)):
        links = re.findall(r"\]\(([^)#]+\.md)", document.read_text())
        new = {(document.parent / link).resolve() for link in links if "://" not in link} - reached
        reached |= new
        waiting.extend(new)
    assert [name(path) for path in DOCUMENTS if path not in reached] == []


@pytest.mark.parametrize("document", DECISIONS, ids=name)
def test_a_decision_is_short_and_dated(document: Path) -> None:
    lines = document.read_text().splitlines()
    assert len(lines) <= 25
    assert lines[0].startswith(f"# {int(document.name[:4])}. ")
    assert re.fullmatch(r"\d[\d and]* [A-Z][a-z]+ 20\d\d", lines[2])
    for part in ("**Context.**", "**Decision.**", "**Consequence.**"):
        assert sum(line.startswith(part) for line in lines) == 1


def test_decisions_are_numbered_and_listed() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", listed) == [path.name for path in DECISIONS]


def test_every_flag_stands_in_the_rules() -> None:
    table = re.findall(r"^\| [\w ]+ \| `(\w+)`", (ROOT / "docs" / "product.md").read_text(), re.M)
    assert sorted(table) == sorted([*SENTENCES, "self"])


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    words = set(re.findall(r"\w+", SOURCE)) | {path.stem for path in (ROOT / "konnekt").rglob("*.py")}
    rows = re.findall(r"^\| [^|]+ \| ([^|]*`[^|]*) \|", (ROOT / "docs" / "glossary.md").read_text(), re.M)
    assert len(rows) > 40
    assert [one for row in rows for one in re.findall(r"`(\w+)`", row) if one not in words] == []


def test_every_column_of_an_import_is_named() -> None:
    text = (ROOT / "docs" / "imports.md").read_text()
    rows = {
        file: (re.findall(r"`(\w+)`", columns), re.findall(r"`(\w+)`", more))
        for file, columns, more in re.findall(r"^\| (\w+\.csv) \| [^|]+ \| ([^|]+) \| ([^|]*)\|$", text, re.M)
    }
    assert rows == {file.name: (list(file.columns), list(file.more)) for file in imports.FILES}


def rooms() -> set[str]:
    """What stands at the top, and in the package; not what is made when it runs."""
    made = {"__pycache__", "konnekt.egg-info", "build", "AGENTS.md", "CLAUDE.md"}
    top = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - made
    return top | {path.name for path in (ROOT / "konnekt").iterdir()} - made


def test_the_map_shows_every_room_and_no_other() -> None:
    drawn = re.search(r"```\n(konnekt/.*?)```", README, re.S)
    assert drawn is not None, "README has the map of the house"
    named = {name.rstrip("/") for name in re.findall(r"^ *([\w.-]+/?)  ", drawn[1], re.M)}
    assert rooms() - named == set()
    missing = {
        name
        for name in named
        if not any((folder / name).exists() for folder in (ROOT, ROOT / "konnekt", ROOT / "tests"))
    }
    assert missing == set()


def licences() -> dict[str, str]:
    """Each Python package of THIRD_PARTY.md with its licence."""
    tables = THIRD_PARTY.partition("## Python packages")[2].partition("## Fetched")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([a-z0-9, -]+) \|$", tables, re.M)
    return {
        package: licence
        for licence, packages in rows
        for package in packages.split(", ")
        if package != "packages"
    }


def test_every_package_that_is_installed_is_named_with_its_licence() -> None:
    locked = {
        canonicalize_name(package)
        for file in ("requirements.txt", "requirements-test.txt")
        for package in re.findall(r"^([\w.-]+)==", (ROOT / file).read_text(), re.M)
    }
    assert set(licences()) == locked
    said = {}
    for package in metadata.distributions():
        expression = package.metadata.get("License-Expression")
        if expression and canonicalize_name(package.name) in locked:
            said[canonicalize_name(package.name)] = expression
    assert said.items() <= licences().items()


def test_the_licence_is_said_once() -> None:
    assert (ROOT / "LICENSE").read_text().startswith(f"{PROJECT['project']['license']} License\n")
    assert all(list(ROOT.glob(pattern)) for pattern in PROJECT["project"]["license-files"])


def test_every_hook_is_a_tool_of_make_check() -> None:
    """Hooks call what is installed here, so that none of them reaches another host."""
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    check = MAKEFILE.replace("$(BIN)", ".venv/bin")
    entries = re.findall(r"^ +entry: (.+)$", text, re.M)
    assert entries
    assert [entry for entry in entries if f"\t{entry}" not in check] == []
    assert text.count("repo: ") == text.count("repo: local") == 1
    assert text.count("language: system") == len(entries)
