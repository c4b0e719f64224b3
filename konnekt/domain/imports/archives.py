"""What was uploaded, unpacked in memory: CSV files, workbooks and ZIPs of those. Nothing touches the disk.

All of it is foreign: how much comes out is known before anything is unpacked.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from zipfile import BadZipFile, ZipFile, ZipInfo

from konnekt.domain.imports import FILES, workbooks
from konnekt.domain.imports.grids import Grid
from konnekt.domain.imports.report import shown
from konnekt.domain.refused import Invalid

MOST_MEMBERS = 200
MOST_BYTES = 100 * 1024**2
ENCRYPTED = 0x1
# What a ZIP of a Mac or of Windows has beside the files.
CLUTTER = ("__macosx", ".", "thumbs.db", "desktop.ini")

KNOWN = {file.name for file in FILES}
STEMS = {name.removesuffix(".csv") for name in KNOWN}
WORKBOOKS = (".xlsx", ".xlsm")


@dataclass
class Unpacked:
    """The files of an import set; sources: what each was called where it came from; ignored: what is none."""

    files: dict[str, bytes | Grid] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def put(self, name: str, content: bytes | Grid, source: str) -> None:
        """Add a file; raises Invalid where it is there already."""
        if name in self.files:
            raise Invalid(
                "%(file)s is there twice: as %(first)s and as %(second)s.",
                "files", file=name, first=self.sources[name], second=source,
            )  # fmt: skip
        self.files[name], self.sources[name] = content, source


def unpack(uploads: dict[str, bytes]) -> Unpacked:
    """The files of an import set in what was uploaded; raises Invalid where something can't be unpacked."""
    found = Unpacked()
    for name, content in uploads.items():
        if name.lower().endswith(".zip"):
            for member, inside in _unzip(name, content):
                _take(found, member, inside, f"{name}/{member}")
        else:
            _take(found, name, content, name)
    return found


def _take(found: Unpacked, name: str, content: bytes, source: str) -> None:
    source = shown(source)
    base = name.replace("\\", "/").rpartition("/")[2].strip().lower()
    if base in KNOWN:
        found.put(base, content, source)
    elif base.endswith(WORKBOOKS):
        for _ in _members(source, content):
            pass
        sheets, left_out = workbooks.read(source, content, STEMS)
        found.ignored += left_out
        for stem, grid in sheets.items():
            found.put(f"{stem}.csv", grid, source if len(sheets) == 1 else f"{source} ({stem})")
    elif base.endswith(".zip"):
        raise Invalid("%(file)s is a ZIP inside a ZIP: unpack it first.", "files", file=source)
    else:
        found.ignored.append(source)


def _unzip(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    for archive, member in _members(name, content):
        parts = member.filename.replace("\\", "/").lower().split("/")
        if not member.is_dir() and not any(
            part.startswith(CLUTTER) for part in parts if part not in (".", "..")
        ):
            yield member.filename, _content(name, archive, member)


def _members(name: str, content: bytes) -> Iterator[tuple[ZipFile, ZipInfo]]:
    """The members of a ZIP that says it is not too large; zipfile gives no byte more than it says."""
    try:
        archive = ZipFile(io.BytesIO(content))
    except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
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
        for member in members:
            yield archive, member


def _content(name: str, archive: ZipFile, member: ZipInfo) -> bytes:
    try:
        return archive.read(member)
    except Exception as error:  # damaged members fail in as many ways as there are compressions
        raise _unreadable(name) from error


def _unreadable(name: str) -> Invalid:
    return Invalid("%(file)s can't be unpacked: it is damaged, or no ZIP or XLSX.", "files", file=name)
