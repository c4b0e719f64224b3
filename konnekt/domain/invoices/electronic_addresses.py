"""Electronic addresses of parties (BT-34, BT-49) such as `0106:12345678`: a scheme and a number in it.

The schemes are those of the Electronic Address Scheme list (EAS) of Peppol BIS Billing 3.0, release of May
2026: published on 2026-05-20, mandatory from 2026-08-24. They are the active ones of OpenPeppol's participant
identifier schemes 9.7, and all are in the list of EN 16931 1.3.16 as well (BR-CL-25). That release took 14
out, 0217 (the establishment number of the KvK) among them.
The forms are those of the network's rules (PEPPOL-COMMON-R040 to R059) and of the scheme list.
"""

import re

from konnekt.domain.refusals import Invalid

VERSION = "May 2026"
KVK, OIN = "0106", "0190"

# Of any scheme: what a participant's number may consist of.
_ANY = "[0-9A-Z][0-9A-Z.:_-]{0,49}"
_WITHOUT_FORM = (
    "0097 0130 0135 0142 0188 0191 0195 0196 0209 0210 0216 0218 0221 0225 0230 0242 "
    "9910 9913 9915 9918 9919 9920 9922 9923 9924 9926 9927 9928 9929 9931 9932 9933 9934 9935 9936 9937 "
    "9939 9940 9941 9942 9943 9945 9946 9947 9948 9949 9950 9951 9952 9953 9959"
)
SCHEMES: dict[str, str] = dict.fromkeys(_WITHOUT_FORM.split(), _ANY) | {
    "0002": "[0-9]{9}([0-9]{5})?",
    "0007": "[0-9]{10}",
    "0009": "[0-9]{14}",
    "0060": "[0-9]{9}",
    "0088": "[0-9]{13}",
    "0096": "[0-9]{10}",
    KVK: "[0-9]{8}",
    "0151": "[0-9]{11}",
    "0158": "[0-9]{8}",
    "0183": "CHE[0-9]{9}",
    "0184": "(DK)?[0-9]{8}",
    OIN: "[0-9]{20}",
    "0192": "[0-9]{9}",
    "0198": "DK[0-9]{8}",
    "0199": "[0-9A-Z]{18}[0-9]{2}",
    "0200": "[0-9]{9}",
    "0201": "[0-9A-Z]{6}",
    "0204": "[0-9]{2,12}(-[0-9A-Z]{0,30})?-[0-9]{2}",
    "0208": "[01][0-9]{9}",
    "0211": "IT[0-9]{11}",
    "0235": "1[0-9]{9}",
    "0240": "[0-9]{11}",
    "0244": "[0-9]{13}",
    "0245": "[0-9]{10}",
    "0246": r"DE[0-9]{9}(-[0-9]{5})?(\.[0-9A-Z]{1,8})?",
    "0248": "OM[0-9]{10}",
    # VAT numbers of the neighbours, with their country first.
    "9914": "ATU[0-9]{8}",
    "9925": "BE[01][0-9]{9}",
    "9930": "DE[0-9]{9}",
    "9938": "LU[0-9]{8}",
    "9944": "NL[0-9]{9}B[0-9]{2}",
    "9957": "FR[0-9A-Z]{2}[0-9]{9}",
}


def read(text: str) -> tuple[str, str]:
    """Scheme and number of an address, letters as capitals; both empty for an empty one.

    Raises Invalid: no scheme and number, a scheme that is not on the list, a number that can't be of it.
    """
    if not text.strip():
        return "", ""
    scheme, _, number = text.strip().partition(":")
    number = number.upper()
    if not re.fullmatch("[0-9]{4}", scheme) or not re.fullmatch(_ANY, number):
        raise Invalid("A Peppol id is a scheme and a number, such as 0106:12345678.")
    if scheme not in SCHEMES:
        raise Invalid(
            "%(scheme)s is not on the list of Peppol schemes (%(version)s). Dutch ones are 0106 (KvK), "
            "0190 (OIN) and 9944 (VAT number).",
            scheme=scheme,
            version=VERSION,
        )
    if not re.fullmatch(SCHEMES[scheme], number) or not _adds_up(scheme, number):
        raise Invalid(
            "%(number)s can't be a number of scheme %(scheme)s: a digit is wrong, missing or too many.",
            number=number,
            scheme=scheme,
        )
    return scheme, number


def _adds_up(scheme: str, number: str) -> bool:
    """Whether the check digits are right, where a scheme has them and its network asks them."""
    digits = [int(letter) for letter in number if letter.isascii() and letter.isdigit()]
    if scheme == "0088":  # GS1: weights 3 and 1 from the right
        return sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0
    if scheme in ("0208", "9925"):  # Belgium: 97 less the first eight modulo 97
        return 97 - int(number[-10:-2]) % 97 == int(number[-2:])
    if scheme == "0192":  # Norway: modulo 11
        return _weighed(digits, (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    if scheme == "0007":  # Sweden: Luhn
        doubled = (digit * (place % 2 + 1) for place, digit in enumerate(reversed(digits)))
        return sum(one // 10 + one % 10 for one in doubled) % 10 == 0
    if scheme == "0151":  # Australia: modulo 89, the first digit one less
        return (_weighed(digits, (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) - 10) % 89 == 0
    if scheme == "0199":  # ISO 7064, modulo 97-10
        return int("".join(str(int(letter, 36)) for letter in number)) % 97 == 1
    return True


def _weighed(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(weight * digit for weight, digit in zip(weights, digits, strict=True))
