"""Types are strict: in the package altogether, in its tests where two things are compared, and at the door."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
COMPARED = "def is_same(left: {left}, right: {right}) -> None:\n    print(left {how} right)\n"


def judged(source: str, folder: Path) -> str:
    """What mypy says of this text under the settings of the package."""
    (folder / "compared.py").write_text(source)
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", "--no-incremental"]
    return subprocess.run([*command, "compared.py"], cwd=folder, capture_output=True, text=True).stdout


def test_what_can_never_be_equal_is_not_compared(tmp_path: Path) -> None:
    pairs = [("int", "str", "=="), ("bytes", "str", "!="), ("str", "list[str]", "in"), ("int", "str", "<")]
    parts = [COMPARED.format(left=left, right=right, how=how) for left, right, how in pairs]
    parts.append(COMPARED.format(left="int", right="int", how="=="))
    parts.append("def without_types(left):\n    return left\n")
    said = judged(
        "\n".join(part.replace("is_same", f"is_same_{n}") for n, part in enumerate(parts)), tmp_path
    )
    codes = [line.rsplit("[", 1)[1].rstrip("]") for line in said.splitlines() if ": error:" in line]
    assert codes == ["comparison-overlap", "comparison-overlap", "operator", "no-untyped-def"], said


def test_strict_is_for_the_package_and_its_tests() -> None:
    assert SETTINGS["strict"] is True
    assert set(SETTINGS["files"]) == {"konnekt", "wsgi.py", "tests"}
    off = {code for part in SETTINGS["overrides"] for code in part.get("disable_error_code", ())}
    assert off.isdisjoint(
        {"comparison-overlap", "no-untyped-def", "call-arg", "return-value", "name-defined"}
    )
    assert "strict_equality" not in str(SETTINGS), "nobody takes it back"
    ignored = [part["module"] for part in SETTINGS["overrides"] if part.get("ignore_errors")]
    assert ignored == [["konnekt.migrations.*"]], "they import nothing that lives"


@pytest.mark.parametrize("target", ["$(BIN)/mypy"])
def test_make_check_runs_it(target: str) -> None:
    check = (ROOT / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]
    assert target in check
