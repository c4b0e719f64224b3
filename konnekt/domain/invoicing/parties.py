"""Who sells and who buys: the details that an invoice copies, and the numbers that others know them by."""

import re
from typing import Any

# What XML 1.0 can't carry; a name with one of these would make an invoice that nobody can read.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

COLUMNS = ("name", "street", "postcode", "city", "country", "coc_number", "vat_number", "peppol_id")
ADDRESS = ("name", "street", "postcode", "city", "country")

KVK, OIN = "0106", "0190"
LEGAL_IDS = {KVK: r"[0-9]{8}", OIN: r"[0-9]{20}"}
# The schemes of Peppol ids that Dutch parties have, and the form of each. An id of another form would be
# refused on the network (PEPPOL-EN16931-CL008), so it counts as none.
PEPPOL_IDS = {**LEGAL_IDS, "0217": r"[0-9]{12}", "9944": r"NL[0-9]{9}B[0-9]{2}"}


def clean(value: str) -> str:
    """Text on one line, without what XML can't carry."""
    return " ".join(_UNREADABLE.sub(" ", value).split())


def details(row: Any, *more: str) -> dict[str, str]:
    """The details of an agency or organisation as an invoice says them; more names further columns."""
    return {name: clean(getattr(row, name)) for name in (*COLUMNS, *more)}


def peppol_id(party: dict[str, str]) -> tuple[str, str]:
    """Scheme and value of a Peppol id such as `0106:12345678`; empty where there is none."""
    scheme, _, value = party["peppol_id"].partition(":")
    if not re.fullmatch(PEPPOL_IDS.get(scheme, "(?!)"), value):
        return "", ""
    return scheme, value


def vat_number(party: dict[str, str]) -> str:
    """The VAT number as rules want it (BR-CO-09): its country first, no spaces or dots; empty without one."""
    number = "".join(letter for letter in party["vat_number"].upper() if letter.isalnum())
    return number if not number or number[:2].isalpha() else party["country"] + number


def legal_id(party: dict[str, str]) -> tuple[str, str]:
    """Scheme and value of the legal registration: of a Dutch party KvK number or OIN (BR-NL-1, BR-NL-10).

    Empty where there is none. A party with a Dutch VAT number is Dutch to Peppol (NL-R-005).
    """
    number = party["coc_number"].replace(" ", "")
    scheme, value = peppol_id(party)
    is_dutch = party["country"] == "NL" or vat_number(party).startswith("NL")
    if number and not is_dutch:
        return "", party["coc_number"]
    for one, form in LEGAL_IDS.items():
        if re.fullmatch(form, number):
            return one, number
    if scheme in LEGAL_IDS:
        return scheme, value
    return (KVK, number) if number else ("", "")
