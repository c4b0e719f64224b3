"""Every page and every fragment is valid HTML by the Nu HTML Checker too: what `make nu` runs.

It knows more than tests/valid_html.py (values of attributes, ARIA), and wants Java and npm, which nothing else does.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Demonstration
from tests.browser.test_valid import pages_and_fragments

# What the checker does not know: htmx's own attributes and elements.
NOT_OURS = r".*Attribute .hx-.* not allowed.*"
HOW_TO_GET_IT = "The Nu HTML Checker is not installed: `make nu` gets it (npm vnu-jar) and Java."
CHECKER = (
    Path(__file__).parents[2] / ".venv" / "nu" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
)


def check(folder: Path) -> list[str]:
    """What the checker says of the pages in a folder, a line each."""
    java = shutil.which("java")
    if java is None or not CHECKER.exists():
        pytest.fail(HOW_TO_GET_IT)
    run = subprocess.run(
        [java, "-jar", CHECKER, "--format", "json", "--filterpattern", NOT_OURS, "--skip-non-html", folder],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    said: list[dict[str, Any]] = json.loads(run.stderr or run.stdout)["messages"]
    return [
        f"{Path(one.get('url', '')).name}:{one.get('lastLine')}: {one['message']} {one.get('extract', '')[:120]!r}"
        for one in said
        if one["type"] != "info" or one.get("subType") == "warning"
    ]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_checker_agrees(demonstration: Demonstration, tmp_path: Path, language: str) -> None:
    names: dict[str, str] = {}
    for number, (what, html) in enumerate(pages_and_fragments(demonstration, language).items()):
        (tmp_path / f"{number}.html").write_text(html)
        names[f"{number}.html"] = what
    wrong = [f"{names[line.partition(':')[0]]}: {line.partition(':')[2]}" for line in check(tmp_path)]
    assert wrong == [], "\n".join(wrong)
