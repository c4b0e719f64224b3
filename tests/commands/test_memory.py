"""What all processes of a fresh `konnekt serve` take together, and that none shares what forks must not."""

import re
import time
from pathlib import Path

from konnekt import create_app
from konnekt.commands import serving
from konnekt.config import Config
from konnekt.models import BackgroundProcess
from tests.command_line import children, served
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
