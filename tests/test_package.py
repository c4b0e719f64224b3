"""What is built to be installed elsewhere: it is whole, it holds nothing that is gone, and it works alone."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from konnekt.migrations import FOLDER

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
# What is not ours to install: catalogues are compiled.
SOURCES = {".po", ".pot", ".pyc"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of this repository, in a folder where something was built before."""
    folder = tmp_path_factory.mktemp("package") / "repository"
    folder.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "THIRD_PARTY.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "konnekt", folder / "konnekt", ignore=shutil.ignore_patterns("__pycache__"))
    before = folder / "build" / "lib" / "konnekt"
    before.mkdir(parents=True)
    (before / "removed_long_ago.py").write_text("")
    return folder


def built(what: str, repository: Path, to: Path) -> Path:
    """The wheel or the source package, as pip asks for it."""
    to.mkdir(exist_ok=True)
    ask = f"from setuptools import build_meta; build_meta.build_{what}({str(to)!r})"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (file,) = to.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(repository: Path) -> Path:
    return built("wheel", repository, repository.parent / "wheel")


def ours() -> set[str]:
    files = (path for path in (ROOT / "konnekt").rglob("*") if path.is_file() and path.suffix not in SOURCES)
    return {str(path.relative_to(ROOT)) for path in files}


def test_the_wheel_holds_all_that_runs_and_nothing_that_is_gone(wheel: Path) -> None:
    assert wheel.name == f"konnekt-{VERSION}-py3-none-any.whl"
    with ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if name.startswith("konnekt/")}
    assert held == ours()


def test_the_source_package_makes_the_same_wheel(wheel: Path, repository: Path, tmp_path: Path) -> None:
    source = built("sdist", repository, tmp_path / "source")
    with tarfile.open(source) as packed:
        packed.extractall(tmp_path / "out", filter="data")
    again = built("wheel", tmp_path / "out" / f"konnekt-{VERSION}", tmp_path / "wheel")
    with ZipFile(again) as one, ZipFile(wheel) as other:
        contents = {name: one.read(name) for name in one.namelist() if name.startswith("konnekt/")}
        assert contents == {name: other.read(name) for name in contents}
    assert set(contents) == ours()


def test_the_wheel_works_alone_from_a_foreign_folder(wheel: Path, tmp_path: Path) -> None:
    """In an environment that has what it needs, and nothing of this repository."""
    there = tmp_path / "there"
    venv.create(there, symlinks=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", there, "install", "-q", "--no-deps", "--no-index", wheel],
        check=True,
    )
    needed = sysconfig.get_path("purelib")
    (packages,) = there.glob("lib/python*/site-packages")
    (packages / "needed.pth").write_text(f"{needed}\n")
    foreign = tmp_path / "foreign"
    foreign.mkdir()

    def run(*arguments: object) -> str:
        environment = {
            "KONNEKT_INSTANCE": str(tmp_path / "instance"),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
        }
        done = subprocess.run(
            list(map(str, arguments)), cwd=foreign, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    konnekt = there / "bin" / "konnekt"
    assert run(konnekt, "--version") == f"konnekt, version {VERSION}\n"
    assert run(konnekt, "migrate").split() == sorted(path.stem for path in FOLDER.glob("[0-9]*.py"))
    ask = (
        "import konnekt; print(konnekt.__file__);"
        " print(konnekt.create_app().test_client().get('/login').text)"
    )
    said = run(there / "bin" / "python", "-c", ask)
    assert f"{packages}/konnekt/__init__.py\n" in said
    assert "Inloggen" in said, "a template, in Dutch"
    assert list(foreign.iterdir()) == []
