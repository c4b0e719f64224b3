"""What is installed is locked: every version that pyproject.toml asks for, by hash, and nothing of one machine."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import sbom

ROOT = Path(__file__).parents[1]
RUNNING, TESTING = "requirements.txt", "requirements-test.txt"


def locked(file: str) -> dict[str, Requirement]:
    """What a lock pins, by name; each with a hash."""
    pins = re.findall(r"^([^#\s].*?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", _text(file), re.M)
    return {canonicalize_name(Requirement(pin).name): Requirement(pin) for pin, _hashes in pins}


def _text(file: str) -> str:
    return (ROOT / file).read_text()


def version(pin: Requirement) -> str:
    (one,) = pin.specifier
    assert one.operator == "=="
    return one.version


def asked(*more: str) -> list[Requirement]:
    """What pyproject.toml asks for: to build, to run, and for some extras."""
    read = tomllib.loads(_text("pyproject.toml"))
    lines = read["build-system"]["requires"] + read["project"]["dependencies"]
    return [
        Requirement(line)
        for line in lines + [one for extra in more for one in read["project"]["optional-dependencies"][extra]]
    ]


@pytest.mark.parametrize(("file", "wanted"), [(RUNNING, asked()), (TESTING, asked("dev"))])
def test_the_lock_has_what_is_asked_for(file: str, wanted: list[Requirement]) -> None:
    pins = locked(file)
    missing = [
        str(one)
        for one in wanted
        if (pin := pins.get(canonicalize_name(one.name))) is None or not one.specifier.contains(version(pin))
    ]
    assert missing == [], "make lock"


@pytest.mark.parametrize("file", [RUNNING, TESTING])
def test_every_line_of_a_lock_is_a_version_with_its_hashes(file: str) -> None:
    lines = [line for line in _text(file).splitlines() if not line.startswith(("#", "    --hash=sha256:"))]
    assert len(lines) == len(locked(file)) > 20
    assert not re.search(r"://|file:|(?<!\w)/", _text(file)), "no registry and no machine"


def test_what_is_tested_is_what_runs() -> None:
    running, testing = locked(RUNNING), locked(TESTING)
    assert [name for name in running if version(running[name]) != version(testing[name])] == []


def test_the_bill_of_materials_is_that_of_the_lock() -> None:
    assert sbom.FILE.read_text() == sbom.text(), "python -m tests.sbom"
    components = sbom.made()["components"]
    packages = {one["name"]: one for one in components if one["purl"].startswith("pkg:pypi/")}
    pins = locked(RUNNING)
    assert {name: one["version"] for name, one in packages.items()} == {
        n: version(p) for n, p in pins.items()
    }
    for name, one in packages.items():
        ((reference,), (licence,)) = one["externalReferences"], one["licenses"]
        assert all(len(digest["content"]) == 64 for digest in reference["hashes"]), name
        assert licence["license"]["name"], name
        for digest in reference["hashes"]:
            assert f"--hash=sha256:{digest['content']}" in _text(RUNNING), name
    assert {one["name"] for one in components} - set(packages) == {
        "htmx.org",
        "lucide-static",
        "dejavu-fonts-ttf",
    }
    assert len({one["bom-ref"] for one in components}) == len(components)
