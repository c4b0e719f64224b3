"""html -> bytes: the only file that imports xhtml2pdf, in a process of its own.

Making a PDF holds the interpreter for 140 ms to seconds, so it never happens where people are answered. The
process reads one request per line and answers each with one line; it ends when its standard input does, which
is also when whoever started it dies.
"""

import io
import json
import logging
import os
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from pathlib import Path
from queue import SimpleQueue
from threading import Timer
from time import monotonic
from types import TracebackType
from typing import IO, Any

FONTS = Path(__file__).parents[1] / "fonts"

# Of a processor's work for one document: many times what an invoice of a thousand lines takes. By the clock
# the same work takes many times as long on a busy server, so that only what hangs meets the second limit.
WORK_SECONDS = 300
WALL_SECONDS = 3600
NICENESS = 10


class PrintFailed(Exception):
    """The document could not be made; says why."""


class Printer:
    """A process that makes PDFs, started for the first: `with Printer() as printer: printer.pdf(...)`."""

    def __init__(self, work_seconds: float = WORK_SECONDS) -> None:
        self._work_seconds = work_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Printer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()

    def pdf(self, html: str, on: date) -> bytes:
        """The document as a PDF dated on; the same bytes for the same html, fonts and versions.

        Title, author and language are the html's own (`<title>`, `<meta name="author">`, `<html lang>`).
        Raises PrintFailed.
        """
        asked = {"html": html, "on": on.isoformat(), "work_seconds": self._work_seconds}
        request, began = json.dumps(asked).encode() + b"\n", monotonic()
        line = self._answer(request)
        if not line and monotonic() < began + WALL_SECONDS:
            # Killed by somebody else, for its memory perhaps: no invoice goes without documents for that.
            line = self._answer(request)
        if not line:
            raise PrintFailed("the process that makes PDFs died")
        answer = json.loads(line)
        if "error" in answer:
            raise PrintFailed(answer["error"])
        return b64decode(answer["pdf"])

    def _answer(self, request: bytes) -> bytes:
        """The whole line that answers; empty where the process died, or was killed because it hangs."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = Timer(WALL_SECONDS, process.kill)
        watch.start()
        try:
            process.stdin.write(request)
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            watch.cancel()
        if line.endswith(b"\n"):
            return line
        self.close()
        return b""

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            # It needs no settings, so it gets no passwords that may be among them.
            environment = {
                name: value for name, value in os.environ.items() if not name.startswith("KONNEKT_")
            }
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from konnekt.documents.pdf import main; main()"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=FONTS.parents[1],
            )  # fmt: skip
        return self._process


class Printers:
    """Several of them side by side, each with a processor of its own: `with Printers(2) as printers: ...`."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = SimpleQueue[Printer]()
        for _ in range(number):
            self._free.put(Printer())
        self._hands = ThreadPoolExecutor(number)

    def __enter__(self) -> "Printers":
        return self

    def __exit__(self, *_raised: object) -> None:
        self._hands.shutdown(cancel_futures=True)
        for _ in range(self.number):
            self._free.get().close()

    def ask(self, html: str, on: date) -> "Future[bytes]":
        """Have the first that is free make a document; its result is what `Printer.pdf` gives or raises."""
        return self._hands.submit(self._pdf, html, on)

    def _pdf(self, html: str, on: date) -> bytes:
        printer = self._free.get()
        try:
            return printer.pdf(html, on)
        finally:
            self._free.put(printer)


def render(html: str, on: date) -> bytes:
    """Make the PDF in this very process. Nothing is read outside the fonts' folder, nor from any host."""
    from reportlab import rl_config
    from xhtml2pdf import parser, pisa
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    # Dates and ids in the file come from the document, not from the clock.
    rl_config.invariant = 1
    # A PDF is bytes: as text it would be a quarter longer.
    rl_config.useA85 = 0
    noon = datetime.combine(on, time(12), UTC)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(noon.timestamp()))
    parser.pisaTagPDFTABLES = _tables_tag()
    policy = ResourceAccessPolicy.server(FONTS, allow_remote=False, max_render_seconds=WALL_SECONDS)
    out = io.BytesIO()
    done = pisa.pisaDocument(
        html, out, path=str(FONTS / "document.html"), encoding="utf-8", resource_policy=policy
    )
    if done.err:
        raise PrintFailed("; ".join(str(entry[2]) for entry in done.log if entry[0] == "error"))
    return out.getvalue()


def _tables_tag() -> type:
    """What the library makes of `<pdf:tables data="...">`: parts of konnekt.documents.pdf_tables, as JSON."""
    from xhtml2pdf.tags import pisaTag

    from konnekt.documents import pdf_tables

    class Tables(pisaTag):  # type: ignore[misc]
        def start(self, context: Any) -> None:
            context.addPara()
            parts = json.loads(self.node.getAttribute("data"))
            for flowable in pdf_tables.flowables(parts, context.frag.fontName):
                context.addStory(flowable)

    return Tables


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer one line with one line until there are no more."""
    signal.signal(signal.SIGPROF, _stop)
    for line in requests:
        request = json.loads(line)
        try:
            # Again every second: a library may take the exception for one of its own.
            signal.setitimer(signal.ITIMER_PROF, request["work_seconds"], 1)
            try:
                pdf = render(request["html"], date.fromisoformat(request["on"]))
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            answer = {"pdf": b64encode(pdf).decode()}
        except Exception as error:  # whatever it is, the other side hears of it
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _stop(*_: object) -> None:
    raise PrintFailed("making it is more work than a document may be")


def main() -> None:
    """Be the process that makes PDFs."""
    # People who wait for a page come first.
    os.nice(NICENESS)
    # Ctrl-C is for whoever started it; then this process ends because its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not come between the answers.
    os.dup2(2, 1)
    # What the library would load for drawings and ciphers, of which no document has any: 10 MB a process.
    modules: dict[str, Any] = sys.modules
    modules.update(svglib=None, cryptography=None)
    # Nor somebody's name into a log, because the font has no picture of the emoji in it.
    logging.getLogger("xhtml2pdf").setLevel(logging.ERROR)
    serve(sys.stdin.buffer, answers)
