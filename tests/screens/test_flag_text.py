"""The words of each flag: chip and sentence, in Dutch and in English."""

from typing import Any

import pytest
from flask import Flask

from konnekt.models import Flag
from konnekt.screens import flag_text

WORDS = [
    ("long_day", {"day": "2026-11-07", "minutes": 780, "count": 1}, "> 12 u / dag",
     "13,00 uur op za 7 nov: meer dan 12 op een dag."),
    ("long_day", {"day": "2026-11-07", "minutes": 785, "count": 2}, "> 12 u / dag",
     "Meer dan 12 uur op 2 dagen; de langste is za 7 nov met 13:05 uur."),
    ("long_week", {"year": 2026, "week": 45, "minutes": 3660, "count": 1}, "> 60 u / week",
     "61,00 uur in week 45: meer dan 60 in een week."),
    ("long_average", {"year": 2026, "week": 45, "minutes": 3360, "count": 2}, "gem. > 55 u",
     "Gemiddeld 56,00 uur per week in de vier weken tot en met week 45: meer dan 55."),
    ("over_maximum", {"year": 2026, "week": 45, "minutes": 990, "count": 1, "maximum": 960}, "max. 16 u",
     "16,50 uur in week 45: het maximum is 16 per week."),
    ("over_maximum", {"year": 2026, "week": 45, "minutes": 990, "count": 3, "maximum": 990}, "max. 16,5 u",
     "Meer dan het maximum van 16,5 uur in 3 weken; de meeste in week 45 met 16,50 uur."),
    ("no_surcharge", {"kinds": ["weekend"], "days": ["2026-11-07"], "count": 1}, "za/zo",
     "Uren zonder toeslag op zaterdag of zondag: za 7 nov."),
    ("no_surcharge", {"kinds": ["closing_day"], "days": ["2026-12-25"], "count": 1}, "feestdag",
     "Uren zonder toeslag op een feestdag of sluitingsdag: vr 25 dec."),
    ("no_surcharge", {"kinds": ["weekend", "closing_day"], "days": ["2026-11-07", "2026-11-11"], "count": 3},
     "za/zo, feestdag",
     "Uren zonder toeslag in het weekend en op feestdagen of sluitingsdagen: za 7 nov, wo 11 nov …."),
    ("outside", {"days": ["2026-11-02"], "count": 1}, "buiten plaatsing",
     "Uren buiten de data van de plaatsing: ma 2 nov."),
    ("ahead", {"days": ["2026-11-28", "2026-11-29"], "count": 2}, "vooruit ingevuld",
     "Uren ingevuld vóór de dag zelf: za 28 nov, zo 29 nov."),
    ("unlike_before", {"percent": 48, "minutes": 4440, "mean": 3000, "count": 3}, "+48 % t.o.v. vorige 3",
     "74,00 uur: +48 % ten opzichte van 50,00, het gemiddelde van de vorige 3."),
    ("unlike_before", {"percent": -30, "minutes": 2100, "mean": 3000, "count": 1}, "−30 % t.o.v. vorige",
     "35,00 uur: −30 % ten opzichte van 50,00 op het vorige urenbriefje."),
    ("unlike_before", {"percent": None, "minutes": 300, "mean": 0, "count": 2}, "anders dan vorige",
     "5,00 uur, en op de vorige urenbriefjes geen."),
    ("first", {}, "eerste urenbriefje", "Van deze plaatsing is nog niet eerder een urenbriefje goedgekeurd."),
    ("changed", {"after": "reject"}, "opnieuw verstuurd", "Opnieuw verstuurd nadat het was afgekeurd."),
    ("changed", {"after": "submit"}, "opnieuw verstuurd",
     "Gewijzigd en opnieuw verstuurd: het was al eerder verstuurd."),
    ("budget", {"number": "0042.001", "why": "minutes", "used": 36060, "ceiling": 36000, "count": 1}, "budget op",
     "Budgetnummer 0042.001: met wat nog te keuren is, zijn 601,00 van 600,00 uur gebruikt."),
    ("budget", {"number": "0042.001", "why": "cents", "used": 1620050, "ceiling": 1620000, "count": 1}, "budget op",
     "Budgetnummer 0042.001: met wat nog te keuren is, is €\u00a016.200,50 van €\u00a016.200,00 gebruikt."),
    ("budget", {"number": "0042.001", "why": "day", "day": "2026-11-02", "days": 1, "count": 1}, "budget op",
     "Budgetnummer 0042.001 is niet geldig op ma 2 nov."),
    ("remark", {}, "opmerking", "Bij dit urenbriefje staat een opmerking."),
]  # fmt: skip


@pytest.mark.parametrize(("code", "detail", "chip", "sentence"), WORDS)
def test_in_words(app: Flask, code: str, detail: dict[str, Any], chip: str, sentence: str) -> None:
    flag = Flag(code=code, detail=detail)
    with app.test_request_context():
        assert flag_text.chip(flag) == chip
        assert flag_text.sentence(flag) == sentence


def test_in_english_words(app: Flask) -> None:
    flag = Flag(code="long_day", detail={"day": "2026-11-07", "minutes": 810, "count": 1}, is_elsewhere=True)
    with app.test_request_context() as context:
        context.session["language"] = "en"
        assert flag_text.chip(flag) == "> 12 h / day"
        assert flag_text.sentence(flag) == (
            "13.50 hours on Sat 7 Nov: more than 12 in a day. Together with hours at another organisation."
        )


def test_every_rule_has_its_words() -> None:
    codes = {code for code, *_ in WORDS}
    assert codes == set(flag_text.flag_words.SENTENCES)
