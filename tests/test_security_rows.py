"""docs/security.md says of every row of ASVS whether it holds, and names a test that is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SECURITY = (ROOT / "docs" / "security.md").read_text()
ROWS = re.findall(
    r"^\| (\d+\.\d+\.\d+) \| ([123]) \| (.+?) \| (holds|partly|not yet) \| (.*?) ?\|$", SECURITY, re.M
)
LACKING = set(re.findall(r"\d+\.\d+\.\d+", SECURITY.partition("What is lacking:")[2].partition("\n## ")[0]))
NAMED = sorted(set(re.findall(r"`(tests/\S+\.py)::(test_\w+)`", SECURITY)))


def test_every_row_is_judged_once() -> None:
    numbers = [number for number, *_ in ROWS]
    assert len(numbers) == len(set(numbers)) == 102
    chapters = [tuple(map(int, number.split("."))) for number in numbers]
    assert chapters == sorted(chapters)
    counted = [sum(row[3] == state for row in ROWS) for state in ("holds", "partly", "not yet")]
    assert "{} of 102 hold, {} in part, {} not yet".format(*counted) in " ".join(SECURITY.split())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_what_proves_it_or_what_is_lacking(row: tuple[str, ...]) -> None:
    number, _, words, state, proof = row
    assert words
    assert (state == "not yet") == (proof == ""), "what holds at least in part has a test"
    assert (number in LACKING) == (state != "holds"), "and what does not hold whole says why"
    assert re.fullmatch(r"(`tests/\S+\.py::test_\w+`(, )?)*", proof)


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_the_tests_that_are_named_are_there(file: str) -> None:
    there = {
        node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)
    }
    assert {test for of, test in NAMED if of == file} - there == set()
