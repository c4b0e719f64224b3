"""What was uploaded, unpacked in memory: CSV files, workbooks and ZIPs of those. Nothing touches the disk.

All of it is foreign: how much comes out is known before anything is unpacked.
"""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from zipfile import BadZipFile, ZipFile, ZipInfo

from konnekt.domain.imports import FILES, bounded, kinds
from konnekt.domain.imports.grids import FileGrid
from konnekt.domain.imports.report import shown
from konnekt.domain.refusals import Invalid

MOST_MEMBERS = 200
MOST_BYTES = 250 * 1024**2
ENCRYPTED = 0x1
# What a ZIP of a Mac or of Windows has beside the files.
CLUTTER = ("__macosx", ".", "thumbs.db", "desktop.ini")

FILE_NAMES = {file.name for file in FILES}
STEMS = {name.removesuffix(".csv") for name in FILE_NAMES}
WORKBOOKS = (".xlsx", ".xlsm")


@dataclass
class Unpacked:
    """The files of an import set; names: what each is called to who sent it; ignored: what is none."""

    files: dict[str, bytes | FileGrid] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)

    def put(self, file: str, content: bytes | FileGrid, name: str, path: str) -> None:
        """Add a file; raises Invalid where it is there already."""
        if file in self.files:
            raise Invalid(
                "%(file)s is there twice: as %(first)s and as %(second)s.",
                "files", file=file, first=self.paths[file], second=path,
            )  # fmt: skip
        self.files[file], self.names[file], self.paths[file] = content, name, path


def unpack(uploads: dict[str, bytes]) -> Unpacked:
    """The files of an import set in what was uploaded; raises Invalid where something can't be unpacked."""
    unpacked = Unpacked()
    until = time.monotonic() + bounded.SECONDS_OF_ALL
    for name, content in uploads.items():
        if name.lower().endswith(".zip"):
            for member, inside in _unzip(name, content):
                _take(unpacked, inside, member, shown(f"{name}/{member}"), until)
        else:
            _take(unpacked, content, name, shown(name), until)
    return unpacked


def _take(unpacked: Unpacked, content: bytes, name: str, path: str, until: float) -> None:
    name = name.replace("\\", "/").rpartition("/")[2].strip()
    file = name.lower()
    if file in FILE_NAMES or file.endswith(WORKBOOKS):
        kinds.check(name, content, "files", path)
    if file in FILE_NAMES:
        unpacked.put(file, content, file, path)
    elif file.endswith(WORKBOOKS):
        _look_at_size(path, content)
        sheets, left_out = bounded.read(shown(name), content, STEMS, until)
        unpacked.ignored += left_out
        for stem, grid in sheets.items():
            called = shown(name) if len(sheets) == 1 else f"{shown(name)} ({stem})"
            unpacked.put(f"{stem}.csv", grid, called, path)
    elif file.endswith(".zip"):
        raise Invalid("%(file)s is a ZIP inside a ZIP: unpack it first.", "files", file=path)
    else:
        unpacked.ignored.append(path)


def _look_at_size(name: str, content: bytes) -> None:
    for _member in _members(name, content):
        return


def _unzip(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    for archive, member in _members(name, content):
        parts = member.filename.replace("\\", "/").lower().split("/")
        is_clutter = any(part.startswith(CLUTTER) for part in parts if part not in (".", ".."))
        if not member.is_dir() and not is_clutter:
            yield member.filename, _content(name, archive, member)


def _members(name: str, content: bytes) -> Iterator[tuple[ZipFile, ZipInfo]]:
    """The members of a ZIP that says it is not too large; zipfile gives no byte more than it says."""
    try:
        archive = ZipFile(io.BytesIO(content))
    except (BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise _unreadable(name) from error
    with archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise Invalid("%(file)s holds more than %(most)s files.", "files", file=name, most=MOST_MEMBERS)
        if any(member.flag_bits & ENCRYPTED for member in members):
            raise Invalid("%(file)s is locked with a password: send it without.", "files", file=name)
        if sum(member.file_size for member in members) > MOST_BYTES:
            raise Invalid(
                "%(file)s is larger than %(most)s MB when it is unpacked.",
                "files", file=name, most=MOST_BYTES // 1024**2,
            )  # fmt: skip
        kinds.check_members(name, [member.filename for member in members], "files")
        for member in members:
            yield archive, member


def _content(name: str, archive: ZipFile, member: ZipInfo) -> bytes:
    try:
        return archive.read(member)
    except Exception as error:  # damaged members fail in as many ways as there are compressions
        raise _unreadable(name) from error


def _unreadable(name: str) -> Invalid:
    return Invalid("%(file)s can't be unpacked: it is damaged, or no ZIP or XLSX.", "files", file=name)
