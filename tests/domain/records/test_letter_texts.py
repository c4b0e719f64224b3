"""The agency's own text in a letter about invoices: it names no account number."""

import pytest

from konnekt.domain.payments import reminder_steps
from konnekt.domain.records import agency, reminder_settings
from konnekt.domain.refusals import Invalid
from tests.factories import World

WITH_A_NUMBER = [
    "Betaal op NL20INGB0001234567.",
    "Maak over naar NL20 INGB 0001 2345 67 t.n.v. InterUM",
    "naar nl20-ingb-0001-2345-67 graag",
    "rekening:\nBE68 5390 0754 7034",
    "IBAN:DE89370400440532013000",
    "NL20\u00a0INGB\u00a00001\u00a02345\u00a067",  # as a word processor spaces it
    "NL20\u202fINGB\u202f0001\u202f2345\u202f67",
    "NL20 INGB\n0001 2345 67",
    "IBANNL20INGB0001234567",
    "NL20/INGB/0001/2345/67, NL20_INGB_0001",
    "NL20 – INGB – 0001 – 2345 – 67",
    "NL٢٠ INGB ٠٠٠١ ٢٣٤٥ ٦٧",
]
WITHOUT = [
    "Vragen? 043-388 2688, KvK 12345678, btw NL003456789B01.",
    "De 12 maanden van 2026 staan op één factuur, in 20 regels van 10 12345678901234.",
    "NL21INGB0001234567 is no account: its check digits are wrong",
    # A sentence whose letters would add up as digits do.
    "Betaal binnen de 67 dagen na de datum van deze factuur.",
]


@pytest.mark.parametrize("text", WITH_A_NUMBER)
@pytest.mark.parametrize("column", ["invoice_text_nl", "invoice_text_en"])
def test_an_account_number(world: World, column: str, text: str) -> None:
    values = agency.RECORD.values(agency.find()) | {column: text}
    with pytest.raises(Invalid, match="An account number does not belong here") as refusal:
        agency.change(values, seen="", by=world.staff)
    assert refusal.value.field == column
    assert getattr(agency.find(), column) == ""
    first, *others = reminder_steps.all_steps()
    steps = [reminder_steps.ChosenStep(first.number, first.days, text, ""), *others]
    with pytest.raises(Invalid, match="An account number does not belong here"):
        reminder_settings.change(steps, seen="", by=world.staff)


@pytest.mark.parametrize("text", WITHOUT)
def test_other_numbers(world: World, text: str) -> None:
    values = agency.RECORD.values(agency.find()) | {"invoice_text_nl": text}
    agency.change(values, seen="", by=world.staff)
    assert agency.find().invoice_text_nl == text
