"""A whole administration through the queue while people work, checked and then imported: `make bench ARGS=import`."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from konnekt.background import queue
from konnekt.models import Timesheet
from tests.bench import beside, data, importing, machine
from tests.bench.client import Answer
from tests.bench.office import Day, Office
from tests.bench.pages import STAFF
from tests.bench.report import Section
from tests.bench.site import Effort, Site, opened
from tests.command_line import running

# At most so many seconds for so many sheets.
SHEETS, SECONDS = 400_400, 300
TITLES = ("sheets checked", "sheets imported")  # after how many
BETWEEN_LOOKS = 0.5


def measure(folder: Path, database: str, section: Section, effort: Effort, sheets: int) -> None:
    """In an installation of its own, which is gone after."""
    try:
        with (
            data.ready(folder, database, beside.SIZES) as made,
            opened(made, effort, "--web-only") as site,
            TemporaryDirectory(prefix="konnekt-bench-") as name,
            running(made.config, "work", log=Path(name) / "log", afresh=True) as work,
        ):
            files = Path(name) / "files"
            files.mkdir()
            count, rows = importing.write_weeks(files, sheets)
            _Import(site, section, work.pid, files, count, rows).go()
    finally:
        shutil.rmtree(folder)


class _Calm(Office):
    """People who think between two things: in a hurry they keep two processors busy without any import."""

    pause = (2.0, 6.0)


@dataclass
class _Import:
    """The set of files on its way. pid: `konnekt work`, of which one process imports."""

    site: Site
    section: Section
    pid: int
    files: Path
    sheets: int
    rows: int

    def go(self) -> None:
        staff, office, before = self.site.client(STAFF), _Calm(self.site), Timesheet.select().count()
        idle = office.work(lambda: time.sleep(self.site.effort.watching))
        check = _begun(staff.upload("/bureau/imports", {"set.zip": _packed(self.files)}))
        self._follow(office, "checked", check, idle, None)
        confirmed = _begun(staff.post(f"/bureau/imports/{check}/confirm", {}, htmx=False))
        self._follow(office, "imported", confirmed, idle, SECONDS * self.sheets / SHEETS)
        assert Timesheet.select().count() == before + self.sheets, "some sheets were left"

    def _follow(self, office: Office, what: str, job: int, idle: Day, most: float | None) -> None:
        """Say what this job takes while people work."""
        begun, cpu, of_database = time.monotonic(), machine.cpu(self.pid), self._database_cpu()
        with machine.watched(self.pid) as most_memory:
            busy = office.work(_until_it_ended(job))
        details = {"rows": self.rows, "cpu_s": round(machine.cpu(self.pid) - cpu, 1)}
        if self.site.database_pid:
            details["database_cpu_s"] = round(self._database_cpu() - of_database, 1)
        title = f"{self.sheets:,} sheets {what}"
        self.section.add(title, time.monotonic() - begun, "s", at_most=most, details=details)
        self.section.add(f"{title}: memory", most_memory[0], "MB", at_most=importing.MB)
        busy.tell(self.section, f"while these are {what}", idle)

    def _database_cpu(self) -> float:
        """All that PostgreSQL did, for people too; 0 where there is none."""
        return machine.cpu(self.site.database_pid) if self.site.database_pid else 0.0


def _packed(files: Path) -> bytes:
    """A ZIP: the hours of a large set are more than one upload takes."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for one in files.iterdir():
            archive.write(one, one.name)
    return packed.getvalue()


def _begun(answer: Answer) -> int:
    """The number of the job to whose page this answer leads."""
    assert answer.status == 303, (answer.status, answer.text[:2000])
    return int(answer.headers["location"].rpartition("/")[2])


def _until_it_ended(number: int) -> Callable[[], None]:
    def wait() -> None:
        job = queue.find(number)
        while job.ended_at is None:
            time.sleep(BETWEEN_LOOKS)
            job = queue.find(number)
        assert not job.failure and job.result["is_ok"], (job.failure, job.result)

    return wait
