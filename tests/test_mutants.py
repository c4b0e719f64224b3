"""What `make mutants` changes, and which tests it asks."""

from pathlib import Path

import pytest

import konnekt
from tests import mutants

HOUSE = Path(konnekt.__file__).parent


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("a < b <= c", ["a <= b <= c", "a < b < c"]),
        ("a is not b", ["a is b"]),
        ("a and b and c", ["a or b or c"]),
        ("not a", ["a"]),
        ("(A.x == 1) & ~B", ["(A.x == 1) | ~B", "A.x != 1", "2", "0", "B"]),
        ("x += 60", ["x -= 60", "61", "59"]),
        ("flag = True", ["False"]),
        ("x = a if b else c", ["a if True else c", "a if False else c"]),
        ("x = [a for a in b if a]", ["for a in b"]),
        ("call(a)", ["pass"]),
        ("if a: b = c", ["if True:", "if False:"]),
        ("def f(x: int | None) -> int | None: return x", []),
        ("def f(x) -> bool: return bool(x)", ["return True", "return False"]),
        ("@cache(size=1)\ndef f(): 'Says 1.'", []),
    ],
)
def test_small_changes(tmp_path: Path, line: str, changes: list[str]) -> None:
    path = tmp_path / "module.py"
    path.write_text(line)
    assert [mutant.change.partition(" -> ")[2] for mutant in mutants.mutants(path)] == changes


def test_a_module_has_the_tests_of_its_noun() -> None:
    assert mutants.tests_of(HOUSE / "domain" / "access.py") == ["tests/domain/test_access.py"]
    of_rules = mutants.tests_of(HOUSE / "domain" / "flags" / "rules.py")
    assert of_rules[0] == "tests/domain/flags/test_rules.py"
    assert sorted(of_rules) == sorted(mutants.tests_of(HOUSE / "domain" / "flags"))


def test_what_is_named_as_equivalent_stands_in_the_code() -> None:
    lines = {line.strip() for path in HOUSE.rglob("*.py") for line in path.read_text().splitlines()}
    assert {source for source, _change in mutants.EQUIVALENT} <= lines
