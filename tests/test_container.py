"""The container: what tests/container_root.sh tries is the file itself, and it is as closed as it says."""

import re
from pathlib import Path

import pytest

from tests import container

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text()
SCRIPT = (ROOT / "tests" / "container_root.sh").read_text()


@pytest.fixture
def image() -> list[tuple[str, str]]:
    """The steps of what is kept: those behind the last FROM."""
    steps = container.steps(container.FILE.read_text())
    last = max(number for number, (kind, _) in enumerate(steps) if kind == "FROM")
    return steps[last:]


def test_the_script_does_the_steps_of_the_file() -> None:
    assert "done 3< <(python3 tests/container.py)" in SCRIPT
    done = set(re.findall(r"^    ([A-Z]+)\)", SCRIPT, re.M))
    assert done == container.KINDS - {"EXPOSE"}
    with pytest.raises(ValueError, match="ADD"):
        container.steps("FROM x\nADD y /\n")


def test_steps_are_read_as_a_builder_does() -> None:
    text = "# why\nFROM a AS b\nRUN one \\\n    && two\n\nCMD x # y\n"
    assert container.steps(text) == [("FROM", "a AS b"), ("RUN", "one && two"), ("CMD", "x # y")]


def test_the_image_is_run_by_an_account_of_its_own(image: list[tuple[str, str]]) -> None:
    kinds = [kind for kind, _ in image]
    assert dict(image)["USER"] == "konnekt"
    assert "RUN" not in kinds[kinds.index("USER") :]
    assert {"HEALTHCHECK", "CMD", "VOLUME"} <= set(kinds)
    assert "/healthz" in dict(image)["HEALTHCHECK"]


def test_what_is_copied_is_there_and_not_left_out() -> None:
    """From the repository alone what the wheel is made of: no instance, no environment, nothing of git."""
    copied = {
        name
        for kind, words in container.steps(container.FILE.read_text())
        if kind == "COPY" and not words.startswith("--from")
        for name in words.split()[:-1]
    }
    assert all((ROOT / name).exists() for name in copied)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_in == copied


def test_the_portal_of_the_compose_file_is_closed() -> None:
    portal = COMPOSE.partition("  portal:\n")[2].partition("\n\n")[0]
    for line in ("read_only: true", "tmpfs: [/tmp]", "cap_drop: [ALL]", '"no-new-privileges:true"'):
        assert line in portal
    published = re.findall(r'ports: \["([^"]+)"\]', COMPOSE)
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert set(re.findall(r"^  (\w+):$", COMPOSE.partition("\nvolumes:")[0], re.M)) == {
        "portal",
        "database",
        "mail",
    }
