"""Small mutants of a module, each put before the tests of its own noun: whoever lives shows what nothing tests.

    python -m tests.mutants konnekt/domain/access.py
    python -m tests.mutants konnekt/domain/flags tests/domain/flags

A mutant is one change of the kind that a slip of the hand makes: `<` for `<=`, `and` for `or`, a constant one
off, an `if` that is always or never taken, a call that is left out. It lives in memory alone: a process that
has loaded everything but Konnekt forks, and the child loads the module with the change in it, so that nothing
is written and a mutant costs its tests and little more. Domain tests run on SQLite; what PostgreSQL does
otherwise the whole suite asks.

A library would do it too: mutmut leaves what stands outside functions alone (constants, the fields of a
class, tables of rules) and runs the whole suite first; cosmic-ray rewrites the files where they stand and
starts a Python per mutant. Either brings some twenty packages.
"""

import argparse
import ast
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
# `&`, `|` and `~` are what conditions in a query are made of.
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
# What is no behaviour: types, and how many answers a cache keeps.
PASSED_OVER = {"annotation", "returns", "decorator_list"}

# Mutants that the tests on SQLite can't tell from the original: (the line, what is changed) -> why.
EQUIVALENT = {
    ("SAME = 4096", "4096 -> 4097"): "how many amounts are remembered",
    ("SAME = 4096", "4096 -> 4095"): "how many amounts are remembered",
    (
        "if cell.remark or cell.typed:",
        "if cell.remark or cell.typed: -> if True:",
    ): "no text is never too long; asking first spares most cells two calls",
    (
        "_elsewhere(worker=sheet.assignment.worker_id, first=min(own), last=max(own), but=sheet.id or 0)",
        "0 -> -1",
    ): "no sheet has either number",
    ("if invoiced:", "if invoiced: -> if True:"): "without it a subquery is asked that finds nothing",
    ("ROUND = 2000", "2000 -> 2001"): "how many sheets are computed at a time",
    ("ROUND = 2000", "2000 -> 1999"): "how many sheets are computed at a time",
    ("ROWS = 2000", "2000 -> 2001"): "how many flags a statement writes",
    ("ROWS = 2000", "2000 -> 1999"): "how many flags a statement writes",
    (
        ".limit(1)",
        "1 -> 2",
    ): "SQLite takes the first row of a subquery; PostgreSQL refuses two, in the same tests",
}


@dataclass
class Mutant:
    """One change of one file; source: its line as it stands there."""

    path: Path
    line: int
    source: str
    change: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.change}"


def tests_of(module: Path) -> list[str]:
    """The tests of a module's noun: the only place that knows which those are.

    konnekt/ROOM/NOUN.py has tests/ROOM/test_NOUN.py; konnekt/ROOM/NOUN/PART.py has tests/ROOM/NOUN/, of which
    test_PART.py comes first, as it knows soonest.
    """
    room, noun = (Path(part).stem for part in module.relative_to(ROOT / "konnekt").parts[:2])
    folder = ROOT / "tests" / room
    files = [folder / f"test_{noun}.py", *sorted((folder / noun).glob("test_*.py"))]
    files.sort(key=lambda path: path.stem != f"test_{module.stem}")
    return [str(path.relative_to(ROOT)) for path in files if path.exists()]


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    text = path.read_text()
    tree, lines = ast.parse(text), text.splitlines()
    for trail, returns_bool in _places(tree):
        node = _at(tree, trail)
        for changed in _changes(node, returns_bool=returns_bool):
            copy = deepcopy(tree)
            parent, (name, index) = _at(copy, trail[:-1]), trail[-1]
            new = ast.copy_location(changed, node)
            if index is None:
                setattr(parent, name, new)
            else:
                getattr(parent, name)[index] = new
            code = compile(ast.fix_missing_locations(copy), str(path), "exec")
            change = f"{_text(node)} -> {_text(changed)}"
            line = node.target.lineno if isinstance(node, ast.comprehension) else node.lineno
            yield Mutant(path, line, lines[line - 1].strip(), change, code)


Trail = tuple[tuple[str, int | None], ...]


def _places(tree: ast.AST) -> list[tuple[Trail, bool]]:
    """Where each node stands, and whether it is in a function that answers yes or no."""
    places: list[tuple[Trail, bool]] = []

    def walk(node: ast.AST, trail: Trail, *, returns_bool: bool) -> None:
        if isinstance(node, ast.FunctionDef):
            returns_bool = _text(node.returns) == "bool"
        if trail:
            places.append((trail, returns_bool))
        for name, value in ast.iter_fields(node):
            if name in PASSED_OVER:
                continue
            children = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, child in children:
                if isinstance(child, ast.AST):
                    walk(child, (*trail, (name, index)), returns_bool=returns_bool)

    walk(tree, (), returns_bool=False)
    return places


def _at(tree: ast.AST, trail: Trail) -> Any:
    node: Any = tree
    for name, index in trail:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
    return node


def _changes(node: ast.AST, *, returns_bool: bool) -> Iterator[ast.AST]:
    """The nodes that may stand instead of this one."""
    always, never = ast.Constant(True), ast.Constant(False)
    match node:
        case ast.Compare(ops=[one, *_]) if type(one) in COMPARISONS:
            for index, operator in enumerate(node.ops):
                new = deepcopy(node)
                new.ops[index] = COMPARISONS[type(operator)]()
                yield new
        case ast.BoolOp():
            new = deepcopy(node)
            new.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield new
        case ast.BinOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            new = deepcopy(node)
            new.op = OPERATORS[type(node.op)]()
            yield new
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
            yield deepcopy(node.operand)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        case ast.If() | ast.IfExp() | ast.While():
            for test in (always, never) if not isinstance(node, ast.While) else (never,):
                new = deepcopy(node)
                new.test = test
                yield new
        case ast.comprehension(ifs=[_, *_]):
            for index in range(len(node.ifs)):
                new = deepcopy(node)
                del new.ifs[index]
                yield new
        case ast.Return(value=ast.expr()) if returns_bool and not isinstance(node.value, ast.Constant):
            yield ast.Return(always)
            yield ast.Return(never)
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()


def _text(node: ast.AST | None) -> str:
    """The node as source, the first line of it."""
    if node is None:
        return ""
    if isinstance(node, ast.comprehension):
        return ast.unparse(node).strip()
    return ast.unparse(node).splitlines()[0]


class Changed(MetaPathFinder, Loader):
    """Loads one module from other code than its file's."""

    def __init__(self, mutant: Mutant) -> None:
        parts = mutant.path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.mutant = mutant

    def find_spec(self, fullname: str, *_rest: Any) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        is_package = self.mutant.path.stem == "__init__"
        inside = [str(self.mutant.path.parent)] if is_package else None
        return spec_from_file_location(
            fullname, self.mutant.path, loader=self, submodule_search_locations=inside
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(self.mutant.code, module.__dict__)


def load_all_but_konnekt() -> None:
    """Have every package at hand that Konnekt and its tests ask for, and nothing of those two."""
    __import__("konnekt")
    __import__("tests.conftest")
    for name in [name for name in sys.modules if name.partition(".")[0] in ("konnekt", "tests")]:
        del sys.modules[name]
    # A failure is enough: it need not be made small, or kept for another day.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", phases=phases, database=None, derandomize=True)


def start(tests: list[str], mutant: Mutant | None, seconds: int) -> int:
    """Run the tests in a process of their own, with the mutant; returns its id. Ended after so many seconds."""
    child = os.fork()
    if child:
        return child
    # Of work, not of waiting: the machine may be busy with something else.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    signal.alarm(20 * seconds)
    with tempfile.TemporaryFile() as nowhere:
        if not os.environ.get("SHOW"):
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        if mutant:
            sys.meta_path.insert(0, Changed(mutant))
        status = pytest.main(
            ["-x", "-q", "--assert=plain", "-n0", "-p", "no:cacheprovider", "-k", "not postgresql",
             "--hypothesis-profile=mutants", *tests]
        )  # fmt: skip
    os._exit(min(int(status), 99))


def run(of: list[Mutant], tests: list[str], seconds: int, jobs: int) -> list[Mutant]:
    """Those that lived; tests: what to run instead of the tests of their noun."""
    waiting, running, lived = list(reversed(of)), {}, []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[start(tests or tests_of(mutant.path), mutant, seconds)] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        if status == 0:
            lived.append(mutant)
            print(f"LIVES  {mutant}", flush=True)
    return lived


def main() -> int:
    """Mutate a module or a package and say who lived; fails under 95 %."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("module", type=Path, help="a file or a folder under konnekt/")
    parser.add_argument("tests", nargs="*", help="what to run instead of the tests of its noun")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    parser.add_argument("--only", default="", help="those whose line in the report holds this text")
    asked = parser.parse_args()
    os.chdir(ROOT)
    module = asked.module.resolve()
    tests = asked.tests or tests_of(module)
    if not tests:
        parser.error(f"no tests of its own noun: {module}")
    files = sorted(module.rglob("*.py")) if module.is_dir() else [module]
    every = [mutant for path in files for mutant in mutants(path) if asked.only in str(mutant)]
    of = [mutant for mutant in every if (mutant.source, mutant.change) not in EQUIVALENT]
    load_all_but_konnekt()
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    _child, status = os.waitpid(start(tests, None, 600), 0)
    if status:
        print(f"The tests fail without a mutant: {' '.join(tests)} (SHOW=1 shows how)")
        return 2
    once = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - used
    print(f"{len(of)} mutants, {' '.join(tests)}: {once:.0f} s each at most", flush=True)
    lived = run(of, asked.tests, round(3 * once) + 10, asked.jobs)
    killed = len(of) - len(lived)
    named = f", {len(every) - len(of)} named as equivalent" if len(every) > len(of) else ""
    print(
        f"{killed} of {len(of)} killed: {100 * killed / max(len(of), 1):.0f} %{named},"
        f" {time.monotonic() - began:.0f} s"
    )
    return int(killed < 0.95 * len(of))


if __name__ == "__main__":
    sys.exit(main())
