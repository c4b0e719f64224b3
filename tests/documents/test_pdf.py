"""The process that makes PDFs: the same bytes each time, text is text, nothing is fetched, it dies with its owner."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pypdf
import pytest

from konnekt.documents import pdf
from konnekt.documents.pdf import Printer, Printers, PrintFailed
from tests.command_line import children, has_ended

ON = date(2026, 11, 30)


@pytest.fixture(scope="module")
def printer() -> Iterator[Printer]:
    with Printer() as made:
        yield made


@contextmanager
def printers_of(number: int) -> Iterator[Printers]:
    """So many processes of their own: other tests share one (conftest)."""
    with patch.object(pdf, "Printer", Printer), Printers(number) as made:
        yield made


def page(body: str) -> str:
    return f"""<html lang="nl"><head><meta charset="utf-8"><title>Factuur</title><meta name="author" content="InterUM">
        <style>@font-face {{ font-family: DejaVu; src: url("DejaVuSans.ttf"); }}
        body {{ font-family: DejaVu }}</style></head><body>{body}</body></html>"""


def text(pdf: bytes) -> str:
    return "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_what_it_carries(printer: Printer) -> None:
    made = printer.pdf(page("<p>Łucja Dhonnchadha ğ ș ž €</p>"), ON)
    read = pypdf.PdfReader(io.BytesIO(made))
    assert "Łucja Dhonnchadha ğ ș ž €" in text(made)
    assert read.metadata is not None
    assert (read.metadata.title, read.metadata.author) == ("Factuur", "InterUM")
    assert str(read.metadata.creation_date) == "2026-11-30 12:00:00+00:00"
    assert read.trailer["/Root"]["/Lang"] == "nl"
    fonts = [font.get_object() for font in read.pages[0]["/Resources"]["/Font"].values()]
    assert any(
        "/FontFile2" in font.get("/FontDescriptor", {}).get_object()
        for font in fonts
        if "DejaVu" in str(font)
    )


def test_the_same_bytes_in_any_process_and_order(printer: Printer) -> None:
    one, other = page("<p>Eén</p>"), page("<p>Twee <b>vet</b></p>")
    first = [printer.pdf(one, ON), printer.pdf(other, ON), printer.pdf(one, ON)]
    with Printer() as another:
        second = [another.pdf(other, ON), another.pdf(one, ON)]
    assert first == [second[1], second[0], second[1]]
    assert printer.pdf(one, date(2026, 12, 1)) != first[0]


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """A server that must never be asked for anything."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched(
    printer: Printer, outside: tuple[str, list[str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url, asked = outside
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    made = printer.pdf(
        page(
            f"""<p>Er staat iets</p><img src="{url}/a.png"><link rel="stylesheet" href="{url}/b.css">
            <style>@import url("{url}/c.css"); p {{ background-image: url("{url}/d.png") }}</style>
            <img src="{secret}"><img src="file://{secret}"><img src="../config.py">"""
        ),
        ON,
    )
    capfd.readouterr()
    assert asked == []
    assert "Er staat iets" in text(made)
    assert b"geheim" not in made


def test_a_document_that_fails_does_not_end_the_process(
    printer: Printer, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PrintFailed):
        printer.pdf(page("<div>" * 1000), ON)
    capfd.readouterr()
    assert "Nog steeds" in text(printer.pdf(page("<p>Nog steeds</p>"), ON))


def test_a_process_that_is_killed_is_replaced() -> None:
    with Printer() as printer:
        printer.pdf(page("<p>a</p>"), ON)
        (process,) = [one for one in children(os.getpid()) if _is_printer(one)][-1:]
        os.kill(process, signal.SIGKILL)
        assert "b" in text(printer.pdf(page("<p>b</p>"), ON))


def test_it_loads_nothing_for_drawings_and_ciphers(printer: Printer) -> None:
    printer.pdf(page("<p>no drawing</p>"), ON)
    assert printer._process is not None
    libraries = Path(f"/proc/{printer._process.pid}/maps").read_text()
    assert "/PIL/" in libraries
    assert "/lxml/" not in libraries and "/cryptography/" not in libraries


@pytest.mark.parametrize("said", ["", '{"pdf": "JVBERi'])
def test_one_that_dies_again_is_told(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Before its answer, and in the middle of it."""
    started: list[subprocess.Popen[bytes]] = []

    def dies(_printer: Printer) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.stdin.readline(); sys.stdout.write({said!r})"
        pipe = subprocess.PIPE
        started.append(subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe))
        _printer._process = started[-1]
        return started[-1]

    monkeypatch.setattr(Printer, "_started", dies)
    with Printer() as printer, pytest.raises(PrintFailed, match="died"):
        printer.pdf(page("<p>a</p>"), ON)
    assert [process.poll() for process in started] == [0, 0], "tried once more, and both are gone"


def test_more_work_than_a_document_may_be() -> None:
    with Printer(work_seconds=0.3) as printer, pytest.raises(PrintFailed, match="more work"):
        printer.pdf(page("<p>woorden</p>" * 3000), ON)


def test_the_time_that_others_take_does_not_count() -> None:
    with Printer(work_seconds=5) as printer:
        printer.pdf(page("<p>a</p>"), ON)
        (process,) = [one for one in children(os.getpid()) if _is_printer(one)][-1:]
        os.kill(process, signal.SIGSTOP)
        going_on = threading.Timer(6, os.kill, (process, signal.SIGCONT))
        going_on.start()
        assert "b" in text(printer.pdf(page("<p>b</p>"), ON))
        going_on.join()


def _is_printer(pid: int) -> bool:
    return "konnekt.documents.pdf" in Path(f"/proc/{pid}/cmdline").read_text()


def test_it_ends_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import datetime, time; from konnekt.documents.pdf import Printer; p = Printer();"
            "p.pdf('<p>a</p>', datetime.date(2026, 11, 30)); print('ready', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"ready\n"
    (process,) = [one for one in children(owner.pid) if one != owner.pid]
    owner.kill()
    owner.communicate(timeout=30)
    assert has_ended(process)


def test_no_other_file_imports_xhtml2pdf_and_no_process_that_answers_people_has_it() -> None:
    house = Path(sys.modules["konnekt"].__file__ or "").parent
    assert [one.name for one in house.rglob("*.py") if "xhtml2pdf" in one.read_text()] == ["pdf.py"]
    drawing = "{'xhtml2pdf', 'reportlab'} & set(sys.modules)"
    loaded = f"import sys, konnekt, wsgi, konnekt.documents.invoice; print({drawing} or 'neither')"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=house.parent
    )
    assert done.stdout.strip() == "neither"


def test_several_side_by_side_make_the_same_bytes() -> None:
    texts = [page(f"<p>{number}</p>") for number in range(6)]
    with Printer() as alone:
        expected = [alone.pdf(one, ON) for one in texts]
    with printers_of(2) as printers:
        asked = [printers.ask(one, ON) for one in texts]
        assert [one.result() for one in asked] == expected
        assert len([one for one in children(os.getpid()) if _is_printer(one)]) >= 2
        bad = printers.ask(page("<div>" * 1000), ON)
        with pytest.raises(PrintFailed):
            bad.result()
        assert printers.ask(texts[0], ON).result() == expected[0]


def test_none_is_left_when_it_is_left_in_the_middle() -> None:
    before = {one for one in children(os.getpid()) if _is_printer(one)}
    with pytest.raises(KeyboardInterrupt), printers_of(2) as printers:
        for number in range(20):
            printers.ask(page(f"<p>{number}</p>"), ON)
        raise KeyboardInterrupt
    assert {one for one in children(os.getpid()) if _is_printer(one)} <= before
