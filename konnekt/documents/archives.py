"""A ZIP that is written while it is sent: never more of it in memory than one file."""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import cast

ZIP = "application/zip"
# What is compressed already: trying again would only take time.
PRESSED = (".pdf", ".zip", ".png", ".jpg")


class _Sink:
    """Takes what the ZIP writes until it is sent; it can't be read or wound back, so ZIP streams."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self.parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing waits in between."""

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def stream(files: Iterable[tuple[str, bytes]], at: datetime) -> Iterator[bytes]:
    """The bytes of a ZIP of these files (name, content), all dated at, a wall clock time."""
    sink = _Sink()
    with zipfile.ZipFile(cast("zipfile._ZipWritable", sink), "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(PRESSED) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=1)
            yield sink.take()
    yield sink.take()
