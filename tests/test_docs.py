"""README names what there is: every target, command, setting and room; and nothing that there is not."""

import dataclasses
import re
from pathlib import Path

import pytest
from flask import Flask

from konnekt.config import Config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.M))


def settings() -> set[str]:
    return set(re.findall(r"KONNEKT_[A-Z_]+", (ROOT / "konnekt" / "config.py").read_text()))


def test_every_make_target_is_named_and_explained() -> None:
    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", README, re.M)) == targets()
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)
    assert phony is not None
    unexplained = set(phony[1].split()) - targets()
    assert unexplained <= {"machine"}, "each target is explained on its own line"


def test_every_command_is_named(app: Flask) -> None:
    commands = set(app.cli.commands)
    assert {name for name in commands if f"`konnekt {name}" not in README} == set()
    used = set(re.findall(r"(?:^    |`|bin/)konnekt ([a-z-]+)", README, re.M))
    assert used == commands


def test_every_setting_is_named_with_what_it_does() -> None:
    assert set(re.findall(r"KONNEKT_[A-Z_]+", README)) == settings()
    table = set(re.findall(r"^\| `(KONNEKT_[A-Z_]+)` \|.*\| .{10,} \|$", README, re.M))
    assert table == settings()
    assert {f"KONNEKT_{field.name.upper()}" for field in dataclasses.fields(Config)} == settings()


def rooms() -> set[str]:
    """What stands at the top, and in the package; not what is made when it runs."""
    made = {"__pycache__", "LICENSE", "konnekt.egg-info", "build", "AGENTS.md", "CLAUDE.md"}
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


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_what_a_document_points_to_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    links = [
        link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link and not link.startswith("#")
    ]
    assert [link for link in links if not (ROOT / link).exists()] == []
