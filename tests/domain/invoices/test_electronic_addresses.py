"""Peppol ids: the schemes of the list of today, the forms and check digits that the network asks."""

import pytest

from konnekt.domain.invoices import electronic_addresses
from konnekt.domain.refusals import Invalid
from tests.invoice_rules import RULES

RIGHT = [
    ("0106:12345678", "0106:12345678"),
    ("0190:00000001234567890000", "0190:00000001234567890000"),
    (" 9944:nl001234567b01 ", "9944:NL001234567B01"),
    ("0088:4035811991014", "0088:4035811991014"),
    ("0208:0202239951", "0208:0202239951"),
    ("9925:be0202239951", "9925:BE0202239951"),
    ("0192:974760673", "0192:974760673"),
    ("0007:5560360793", "0007:5560360793"),
    ("0151:51824753556", "0151:51824753556"),
    ("0199:724500PMK2A2M1SQQ228", "0199:724500PMK2A2M1SQQ228"),
    ("0204:991-1234512345-06", "0204:991-1234512345-06"),
    ("9930:DE123456789", "9930:DE123456789"),
    ("0216:003712345678", "0216:003712345678"),
    ("", ":"),
]
WRONG = {
    "scheme and a number": ["12345678", "0106", "0106:", "KVK:12345678", "0106:1234 5678", "0106:１２３４５６７８", "em:a@b.nl"],
    "not on the list": ["0217:123456789012", "0037:00371234", "0212:12345678", "9954:1", "9999:12", "0107:1"],
    "can't be a number": [
        "0106:1234567", "0106:123456789", "0190:123", "9944:123456789B01", "0088:4035811991015", "0088:403581199101",
        "0208:0202239952", "0208:2202239951", "9925:BE0202239952", "0192:974760674", "0007:5560360794",
        "0151:51824753557", "0199:724500PMK2A2M1SQQ229",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("text", "kept"), RIGHT)
def test_what_is_taken(text: str, kept: str) -> None:
    assert ":".join(electronic_addresses.read(text)) == kept


@pytest.mark.parametrize(("text", "why"), [(text, why) for why, texts in WRONG.items() for text in texts])
def test_what_is_refused_with_a_sentence(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        electronic_addresses.read(text)


def test_every_scheme_is_one_of_en_16931() -> None:
    rules = (RULES / "EN16931-UBL-validation.xslt").read_text()
    before = rules[: rules.index("BR-CL-25")]
    listed = before[before.rindex("contains(' ") :].split("'")[1].split()
    assert set(electronic_addresses.SCHEMES) - set(listed) == set()
    assert len(electronic_addresses.SCHEMES) == 83
