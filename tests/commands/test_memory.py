"""What all processes of a fresh `konnekt serve` take together, and that none shares what forks must not."""

import re
import time
from pathlib import Path

import pytest

from konnekt import create_app
from konnekt.commands import memory, serving
from konnekt.config import Config
from konnekt.models import BackgroundProcess
from tests.command_line import children, konnekt, served
from tests.factories import World

MOST_MEGABYTES = 100


def proportional(pid: int) -> int:
    """Kilobytes of memory; what is shared counts for each process by its part."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[0])


def wait_until_all_are_there(master: int) -> None:
    until = time.monotonic() + 30
    while BackgroundProcess.select().count() < 3 or len(children(master)) < 6:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_idle_memory(world: World, config: Config, tmp_path: Path) -> None:
    with served(config, log=tmp_path / "log", afresh=True) as (process, _):
        wait_until_all_are_there(process.pid)
        figures = {pid: proportional(pid) // 1024 for pid in children(process.pid)}
    assert sum(figures.values()) <= MOST_MEGABYTES, figures


def test_background_processes_share_nearly_all(world: World, config: Config, tmp_path: Path) -> None:
    """The schema of their connection is written in one place, and no thread takes memory of its own."""
    with served(config, log=tmp_path / "log", afresh=True) as (process, _):
        wait_until_all_are_there(process.pid)
        helpers = [pid for pid in children(process.pid) if len(list(Path(f"/proc/{pid}/task").iterdir())) > 1]
        maps = {pid: Path(f"/proc/{pid}/smaps").read_text() for pid in helpers}
    assert len(helpers) >= 3
    for text in maps.values():
        heap = re.search(r"\[heap\]\n(?:.*\n)*?Private_Dirty:\s+(\d+) kB", text)
        assert heap and int(heap[1]) < 3 * 1024, f"{heap and heap[1]} kB"
        sizes = re.findall(r" ---p .* 0 \nSize:\s+(\d+) kB", text)
        assert not [size for size in sizes if int(size) > 32 * 1024], "an arena of a thread"


def test_an_sqlite_installation_never_loads_the_driver_of_postgresql(
    world: World, config: Config, tmp_path: Path
) -> None:
    with served(config, log=tmp_path / "log", afresh=True) as (process, _):
        assert ("psycopg" in Path(f"/proc/{process.pid}/maps").read_text()) == bool(config.database)


def test_the_master_holds_nothing_that_forks_must_not_share(
    world: World, config: Config, tmp_path: Path
) -> None:
    """No thread, no file of the database, and no socket but the one that listens."""
    with served(config, log=tmp_path / "log", afresh=True) as (process, _):
        wait_until_all_are_there(process.pid)
        assert len(list(Path(f"/proc/{process.pid}/task").iterdir())) == 1
        files = [str(file.readlink()) for file in Path(f"/proc/{process.pid}/fd").iterdir()]
    assert not [file for file in files if "konnekt.db" in file]
    assert len([file for file in files if file.startswith("socket:")]) == 1


def test_an_application_of_before_the_secret_does_not_serve(tmp_path: Path) -> None:
    """The demonstration makes its secret after the command has made its application."""
    config = Config(instance=tmp_path / "new")
    app = create_app(config)
    with app.app_context():
        config.make_secret()
        loaded = serving._Server(config, "127.0.0.1:0", 1).load()
    assert loaded.secret_key == config.secret()


def test_where_nothing_says_what_a_process_takes_none_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS has no /proc."""
    assert memory.taken() > 20

    def missing(_path: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert memory.taken() == 0


def test_settings_are_read_from_the_environment_alone(config: Config) -> None:
    """Whether PostgreSQL's driver is needed is decided before a file of settings could be read."""
    said = konnekt(config, "--help").stdout
    assert "--version" in said
    assert "--env-file" not in said
