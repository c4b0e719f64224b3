"""The numbers that the world knows a company by, as they are typed and as they are kept.

Each takes what was typed and its field. Empty stays empty. They raise Invalid with the field.
"""

import re
import unicodedata

from konnekt.domain import text_fields
from konnekt.domain.accounts import people
from konnekt.domain.invoices import electronic_addresses
from konnekt.domain.refusals import Invalid

# Of the countries that pay in euros among banks (SEPA), from the registry of ISO 13616.
_IBAN_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28,
    "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}  # fmt: skip
# In running text: whatever stands before it and between its letters, with what follows it.
_LIKE_AN_IBAN = re.compile(r"(?=([A-Z]{2}(?:[\W_]*[0-9]){2}(?:[\W_]*[A-Z0-9]){11,30}))")
# With fewer digits it is a sentence: "de 30 dagen" begins as an account in Germany does.
_FEWEST_DIGITS = 9


def _read(text: str | None, field: str, pattern: str) -> tuple[str, bool]:
    """What was typed, close together in capitals, and whether it can be."""
    number = text_fields.line(text, field, most=text_fields.CODE)
    if not number:
        return number, True
    number = re.sub(r"[ .]", "", number).upper()
    return number, re.fullmatch(pattern, number) is not None


def coc_number(text: str | None, field: str) -> str:
    """A KvK number (8 digits, Handelsregisterbesluit 2008) or OIN (20, Logius)."""
    number, can_be = _read(text, field, r"[0-9]{8}|[0-9]{20}")
    if not can_be:
        raise Invalid("A KvK number has 8 digits, an OIN 20.", field=field)
    return number


def vat_number(text: str | None, field: str) -> str:
    """A VAT number: its country (Greece: EL) and what that makes of it (EN 16931, BR-CO-09)."""
    number, can_be = _read(text, field, r"NL[0-9]{9}B[0-9]{2}|(?!NL)[A-Z]{2}[0-9A-Z+*]{2,13}")
    if not can_be:
        raise Invalid("A VAT number is written as NL123456789B01, with its own country first.", field=field)
    return number


def bic(text: str | None, field: str) -> str:
    """The code of a bank: bank, country, place, and perhaps a branch (ISO 9362)."""
    code, can_be = _read(text, field, r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
    if not can_be:
        raise Invalid("A BIC has 8 or 11 letters and digits, such as ABNANL2A.", field=field)
    return code


def iban(text: str | None, field: str) -> str:
    """A bank account as long as its country has them (ISO 13616), its check digits right (ISO 7064)."""
    account, can_be = _read(text, field, r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
    if not (can_be and _adds_up(account)):
        raise Invalid("This IBAN can't be: a letter or digit is wrong, or one is missing.", field=field)
    return account


def _adds_up(iban: str) -> bool:
    if not iban:
        return True
    turned = "".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])
    return int(turned) % 97 == 1 and len(iban) == _IBAN_LENGTHS.get(iban[:2], len(iban))


def letter_text(text: str | None, field: str) -> str:
    """Text of the agency's own in a letter about invoices, without an account number.

    One person writes it, and where is paid two persons decide (proposals.py).
    """
    found = text_fields.lines(text, field)
    plain = "".join(str(unicodedata.digit(letter, letter)) for letter in found.upper())
    close = (re.sub(r"[\W_]", "", one) for one in _LIKE_AN_IBAN.findall(plain))
    starts = (one[: _IBAN_LENGTHS[one[:2]]] for one in close if one[:2] in _IBAN_LENGTHS)
    numbers = (one for one in starts if sum(map(str.isdigit, one)) >= _FEWEST_DIGITS)
    if any(len(one) == _IBAN_LENGTHS[one[:2]] and _adds_up(one) for one in numbers):
        raise Invalid("An account number does not belong here: the invoice says where to pay.", field=field)
    return found


def peppol_id(text: str | None, field: str) -> str:
    """Scheme and number of the Peppol network, of those that it has now (electronic_addresses)."""
    address = text_fields.line(text, field, most=text_fields.CODE)
    if not address:
        return address
    try:
        return ":".join(electronic_addresses.read(address))
    except Invalid as fault:
        fault.field = field
        raise


def country(text: str | None, field: str) -> str:
    """A country as two capitals (ISO 3166)."""
    code = text_fields.line(text, field, most=text_fields.CODE).upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise Invalid("Type the country as two letters, such as NL.", field=field)
    return code


def email(text: str | None, field: str) -> str:
    """A mail address in small letters."""
    address = text_fields.line(text, field, most=people.LONGEST_NAME).lower()
    if address and not people.is_address(address):
        raise Invalid("This is not a mail address.", field=field)
    return address
