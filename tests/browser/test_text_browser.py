"""Signing in and approving in w3m, a browser without a screen of pixels, driven as one types."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from konnekt.db import db
from konnekt.models import Timesheet
from tests.browser.conftest import PASSWORD, Site

HOW_TO_GET_IT = "w3m is not installed. On Debian: apt-get install w3m; elsewhere: put w3m on the PATH."
ROWS, COLUMNS = 50, 100
# What moves the cursor or paints: what is left between those are the words, with their spaces moved over.
CODES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78M]|[\x00-\x1f]")
ENTER, NEXT, REDRAW = "\r", "\t", "\x0c"


class TextBrowser:
    """w3m on a terminal of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            kept = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "vt100", "LC_ALL": "C.UTF-8"}
            os.execvpe("w3m", ["w3m", "-cookie", "-no-mouse", url], kept)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        return os.read(self.terminal, 65536) if ready else b""

    def see(self, text: str) -> None:
        """Wait until the screen shows the text."""
        wanted = text.replace(" ", "")
        until, painted = time.monotonic() + 20, b""
        while time.monotonic() < until:
            os.write(self.terminal, REDRAW.encode())
            while more := self._read(0.3):
                painted += more
            shown = CODES.sub(b"", painted).decode(errors="replace")
            if wanted in shown.replace(" ", ""):
                return
            painted = painted[-20_000:]
        pytest.fail(f"{text!r} is not on the screen:\n{shown[-3000:]}")

    def press(self, *keys: str) -> None:
        """Type, waiting after each of them until the screen is quiet."""
        for one in keys:
            os.write(self.terminal, one.encode())
            while self._read(0.15):
                pass

    def find(self, text: str) -> None:
        """Put the cursor on the next place where the text stands."""
        self.press("/", f"{text}{ENTER}")

    def close(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


@pytest.fixture
def browser(site: Site, tmp_path: Path) -> Iterator[TextBrowser]:
    if shutil.which("w3m") is None:
        pytest.fail(HOW_TO_GET_IT)
    opened = TextBrowser(tmp_path, f"{site.url}/login")
    yield opened
    opened.close()


def test_sign_in_open_the_list_approve_one(site: Site, browser: TextBrowser) -> None:
    browser.see("E-mail of gebruikersnaam")
    browser.find("E-mail of")
    browser.press(NEXT, ENTER, f"supervisor@um.example{ENTER}")
    browser.press(NEXT, ENTER, f"{PASSWORD}{ENTER}")
    browser.press(NEXT, ENTER)
    browser.see("Goedemorgen, Emre Dubois")
    browser.find("Urenbriefjes goedkeuren")
    browser.press(ENTER)
    browser.see("1 te keuren · 15,50 uur")
    browser.find("Noor Hendriks")
    browser.press(ENTER)
    browser.see("Wacht op goedkeuring")
    browser.find("Urenbriefje goedkeuren")
    browser.press(ENTER)
    browser.see("1 goedgekeurd")
    with db.connection_context():
        assert Timesheet.get_by_id(site.world.sheet.id).state == "approved"
