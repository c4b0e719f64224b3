"""Who sells and who buys: the details that an invoice copies, and the numbers that others know them by."""

import re
from typing import Any

from konnekt.domain.invoices import electronic_addresses
from konnekt.domain.invoices.electronic_addresses import KVK, OIN
from konnekt.domain.refusals import Invalid

# What XML 1.0 can't carry; a name with one of these would make an invoice that nobody can read.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

COLUMNS = ("name", "street", "postcode", "city", "country", "coc_number", "vat_number", "peppol_id")
ADDRESS = ("name", "street", "postcode", "city", "country")

LEGAL_IDS = {KVK: r"[0-9]{8}", OIN: r"[0-9]{20}"}


def clean(value: str) -> str:
    """Text on one line, without what XML can't carry."""
    return " ".join(_UNREADABLE.sub(" ", value).split())


def details(row: Any, *more: str) -> dict[str, str]:
    """The details of an agency or organisation as an invoice says them; more names further columns."""
    return {name: clean(getattr(row, name)) for name in (*COLUMNS, *more)}


def peppol_id(party: dict[str, str]) -> tuple[str, str]:
    """Scheme and value of a Peppol id such as `0106:12345678`; empty where there is none.

    One that the network would refuse (PEPPOL-EN16931-CL008) counts as none; the preview of a run says so.
    """
    try:
        return electronic_addresses.read(party["peppol_id"])
    except Invalid:
        return "", ""


def fault_of_peppol_id(row: Any) -> Invalid | None:
    """Why an e-invoice of this agency or organisation goes without its Peppol id; None where it does not."""
    try:
        electronic_addresses.read(clean(row.peppol_id))
    except Invalid as fault:
        return fault
    return None


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
