"""Everything that is said on screen is said in Dutch too, with the same values in it."""

import ast
import gettext
import re

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo

from tests import catalogue
from tests.test_house import MODULES, name


def strings(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def values(text: str | tuple[str, ...]) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[a-z]", " ".join(strings(text))))


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_every_sentence_has_its_translation_and_every_translation_its_sentence(language: str) -> None:
    said = catalogue.said()
    kept = {entry.id: entry for entry in catalogue.read(language) if entry.id}
    assert {message: file for message, file in said.items() if message not in kept} == {}, "make translations"
    assert [message for message in kept if message not in said] == [], "nobody says this any more"
    assert [entry.id for entry in kept.values() if not all(strings(entry.string))] == []
    assert [entry.id for entry in kept.values() if entry.fuzzy] == []


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_a_translation_has_the_same_values(language: str) -> None:
    entries = [entry for entry in catalogue.read(language) if entry.id]
    different = [entry.id for entry in entries if values(entry.id) != values(entry.string)]
    assert different == []
    # A form of the plural may say "one" in words; the last form has to have every value.
    poorer = [
        entry.id for entry in entries if values(strings(entry.string)[-1]) < values(strings(entry.id)[-1])
    ]
    assert poorer == []
    texts = [text for entry in entries for text in strings(entry.string)]
    assert [text for text in texts if re.search(r"[a-z][.?][A-Z][a-z]+ ", text)] == [], "two sentences in one"


def meaning(messages: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Every message and its translation; how the bytes lie differs between versions of what writes them."""
    return {strings(entry.id): strings(entry.string) for entry in messages if entry.id}


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_what_gettext_reads_is_what_is_kept(language: str) -> None:
    kept = catalogue.read(language)
    assert not kept.fuzzy
    assert not kept.obsolete
    with catalogue.po(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    with catalogue.po(language).with_suffix(".mo").open("rb") as file:
        messages = meaning(read_mo(file))
    assert messages == meaning(kept), "make translations"
    assert compiled.info()["plural-forms"].rstrip(";") == kept.plural_forms.rstrip(";")
    plural = gettext.c2py(kept.plural_expr)
    for one, many in (words for words in messages if len(words) == 2):
        for count in (0, 1, 2, 5, 21, 101):
            assert compiled.ngettext(one, many, count) == messages[one, many][plural(count)]


def test_the_tone_is_calm() -> None:
    for entry in catalogue.read("nl"):
        for text in strings(entry.string) if entry.id else ():
            assert "!" not in text, text
            assert not re.search(r"\b(OK|je|jij|jouw)\b", text), f"u, and verbs on buttons: {text}"


def test_a_sentence_is_written_where_it_is_said() -> None:
    """Only literal text can be collected; `N_("...")` marks a sentence that is said later."""
    said_later = {"konnekt/screens/web.py", "konnekt/screens/flag_text.py", "konnekt/blueprints/invoices.py"}
    said_later |= {"konnekt/domain/text_fields.py", "konnekt/domain/accounts/agency_roles.py"}
    said_later |= {"konnekt/screens/languages.py", "konnekt/background/mail.py"}
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path in MODULES
        if name(path) not in said_later
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args
        if (mark := getattr(node.func, "id", getattr(node.func, "attr", ""))) in catalogue.MARKS
        if not isinstance(getattr(node.args[(catalogue.MARKS[mark] or (1,))[0] - 1], "value", None), str)
    ]
    assert wrong == []
