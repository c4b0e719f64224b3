"""A workbook is read in a process of its own that may take so much memory and so much time, and no more.

A ZIP of 200 kB can hold what keeps a reader of XML busy for minutes and takes gigabytes. What such a process
takes ends with it. It gets the workbook on its standard input, after one line of JSON, and answers in JSON.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from konnekt.domain.imports import workbooks
from konnekt.domain.imports.grids import FileGrid
from konnekt.domain.refusals import Invalid

# Half a million cells took 25 seconds and 250 MB on a machine that was busy with other things.
SECONDS = 90
MEMORY = 1024 * 1024**2
# By the clock: a busy machine gets so much longer for one, and for all that is uploaded together.
SECONDS_OF_ONE = 240.0
SECONDS_OF_ALL = 600.0
OUT_OF_MEMORY = 3


def read(
    name: str,
    content: bytes,
    stems: Collection[str],
    until: float,
    limits: workbooks.Limits = workbooks.LIMITS,
) -> tuple[dict[str, FileGrid], list[str]]:
    """What workbooks.read says; until: a moment of time.monotonic. Raises Invalid."""
    asked = {
        "name": name,
        "stems": sorted(stems),
        "limits": asdict(limits),
        "seconds": SECONDS,
        "memory": MEMORY,
    }
    # It needs no settings, so it gets no passwords that may be among them.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KONNEKT_")}
    left = min(SECONDS_OF_ONE, until - time.monotonic())
    try:
        done = subprocess.run(
            [sys.executable, "-c", "from konnekt.domain.imports.bounded import main; main()"],
            input=json.dumps(asked).encode() + b"\n" + content,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, timeout=max(left, 1.0),
            cwd=Path(__file__).parents[3], check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _too_slow(name) from error
    if done.returncode < 0:
        raise _too_slow(name)
    if done.returncode == OUT_OF_MEMORY:
        raise Invalid(
            "%(file)s takes more than %(most)s MB of memory to read: make it several files.",
            "files", file=name, most=MEMORY // 1024**2,
        )  # fmt: skip
    answer = json.loads(done.stdout) if done.returncode == 0 else {}
    if "sentence" in answer:
        raise Invalid(sentence=answer["sentence"], field="files", **answer["values"])
    if "sheets" not in answer:
        raise workbooks.unreadable(name)
    return {stem: _grid(sheet) for stem, sheet in answer["sheets"].items()}, answer["left_out"]


def _too_slow(name: str) -> Invalid:
    return Invalid(
        "%(file)s takes more than %(most)s seconds to read: make it several files.",
        "files", file=name, most=SECONDS,
    )  # fmt: skip


def _told(grid: FileGrid) -> dict[str, Any]:
    return {
        "rows": grid.rows,
        "most": grid.most,
        "is_cut": grid.is_cut,
        **{of: [[*place, one] for place, one in getattr(grid, of).items()] for of in PLACED},
    }


PLACED = ("typed", "plain", "broken")


def _grid(told: dict[str, Any]) -> FileGrid:
    placed = {of: {(line, column): one for line, column, one in told[of]} for of in PLACED}
    placed["broken"] = {place: tuple(one) for place, one in placed["broken"].items()}
    return FileGrid(rows=told["rows"], most=told["most"], is_cut=told["is_cut"], **placed)


def main() -> None:
    """Be the process that reads one workbook."""
    asked = json.loads(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"],) * 2)
    answer: dict[str, Any]
    try:
        content = sys.stdin.buffer.read()
        limits = workbooks.Limits(**asked["limits"])
        sheets, left_out = workbooks.read(asked["name"], content, asked["stems"], limits)
        answer = {"sheets": {stem: _told(grid) for stem, grid in sheets.items()}, "left_out": left_out}
        json.dump(answer, sys.stdout)
    except Invalid as invalid:
        json.dump({"sentence": invalid.sentence, "values": invalid.values}, sys.stdout)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
