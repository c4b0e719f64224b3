"""What is said on screen, collected from the source, and the catalogues it is translated in.

`make translations` runs this file: it adds what is new (untranslated), drops what is gone, and compiles.
"""

import io
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import konnekt

HOUSE = Path(konnekt.__file__).parent
LANGUAGES = ("nl",)  # English needs no catalogue: what the source says is English

# What marks a sentence, and which argument it is; a refusal's sentence is translated at the edge (web.py).
MARKS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "require": (3,),
    **dict.fromkeys(("Conflict", "Invalid", "Forbidden", "NotFound", "TooMany"), (1,)),
}
FILES = [("**.py", "python"), ("templates/**", "jinja2")]

Message = str | tuple[str, ...]


def said() -> dict[Message, str]:
    """Every message id of code and templates, and a file that says it."""
    found: dict[Message, str] = {}
    options = {"templates/**": {"silent": "false", "trimmed": "true"}}
    for file, _line, message, _comments, _context in extract_from_dir(HOUSE, FILES, options, MARKS):
        found.setdefault(message, file)
    return found


def po(language: str) -> Path:
    return HOUSE / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalogue as it is kept."""
    with po(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """What gettext reads."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def update(language: str) -> list[Message]:
    """Bring the catalogue up to date with the source and compile it; returns what has no translation yet."""
    old = read(language)
    new = Catalog(locale=language, project="Konnekt", charset="utf-8", fuzzy=False)
    new.mime_headers = old.mime_headers
    for message in said():
        known = old.get(message if isinstance(message, str) else message[0])
        new.add(message, known.string if known and known.id == message else "")
    with po(language).open("wb") as file:
        write_po(file, new, sort_output=True, no_location=True, width=110)
    po(language).with_suffix(".mo").write_bytes(compiled(read(language)))
    return [entry.id for entry in new if entry.id and not all(_strings(entry.string))]


def _strings(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else string


if __name__ == "__main__":
    for language in LANGUAGES:
        for message in update(language):
            print(f"{language}: no translation yet: {message!r}")
