"""What an uploaded file is, by what is in it: its name may say anything (ASVS 5.2.2).

Here it is known by its first bytes alone. That what begins as a ZIP is a workbook, or is none, is seen when
it is opened (archives.py), which takes place outside of the web process.
"""

import re

from konnekt.domain.refusals import Invalid

TEXT, ZIP, XLSX = "CSV", "ZIP", "XLSX"
# What each ending may hold.
ENDINGS = {".csv": TEXT, ".txt": TEXT, ".zip": ZIP, ".xlsx": XLSX, ".xlsm": XLSX}
# A workbook is a ZIP with this in it.
WORKBOOK_MEMBER, WORKBOOK_FOLDER = "[Content_Types].xml", "xl/"
MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!--.{0,500}?-->\s*<)?(\?xml|!doctype|html|svg|script)\b", re.I | re.S
)
# How files of other programs begin; some need a NUL nearby, as text may begin with these letters too.
BEGINS = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"\x7fELF", "ELF"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7Z"),
    (b"Rar!", "RAR"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3\0", "SQLite"),
)
WITH_NUL = ((b"MZ", "EXE"), (b"BM", "BMP"), (b"RIFF", "RIFF"))
HEAD = 2000


def kind(content: bytes) -> str:
    """What the bytes are: CSV for any text, ZIP for a workbook as well; empty for what nobody here knows."""
    head = content[:HEAD]
    for begin, name in BEGINS:
        if head.startswith(begin):
            return name
    if b"\0" in head and not _is_utf16(head):
        return next((name for begin, name in WITH_NUL if head.startswith(begin)), "")
    if markup := MARKUP.match(head):
        word = markup[1].decode().lower()
        return "SVG" if b"<svg" in head.lower() else "XML" if word == "?xml" else "HTML"
    return TEXT


def _is_utf16(head: bytes) -> bool:
    """Text of two bytes a letter, with its mark or without: then the reader says how to save it."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:2]


def check(name: str, content: bytes, field: str, path: str = "") -> None:
    """Raise Invalid where a file is not what its name says; path: what it is called to who sent it."""
    ending = name[name.rfind(".") :].lower()
    said, content_kind = ENDINGS.get(ending), kind(content)
    if said is None or content_kind == (ZIP if said == XLSX else said):
        return
    raise _mismatch(path or name, ending, content_kind if content.strip() else "", field)


def check_members(path: str, members: list[str], field: str) -> None:
    """The same for what begins as a ZIP: a workbook has the parts of one, and a ZIP of files has not."""
    ending = path[path.rfind(".") :].lower()
    said = ENDINGS.get(ending)
    is_workbook = WORKBOOK_MEMBER in members or any(member.startswith(WORKBOOK_FOLDER) for member in members)
    content_kind = XLSX if is_workbook else ZIP
    if said in (ZIP, XLSX) and said != content_kind:
        raise _mismatch(path, ending, content_kind, field)


def _mismatch(path: str, ending: str, content_kind: str, field: str) -> Invalid:
    """The sentence that names both."""
    if not content_kind:
        return Invalid(
            "%(file)s ends in %(ending)s, but can't be read as that.", field, file=path, ending=ending
        )
    return Invalid(
        "%(file)s ends in %(ending)s, but holds %(kind)s: save it as what it is, or choose another file.",
        field, file=path, ending=ending, kind="TXT" if content_kind == TEXT else content_kind,
    )  # fmt: skip
