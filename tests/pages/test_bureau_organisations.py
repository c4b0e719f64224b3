"""/bureau/organisations: the list, one organisation, its budget numbers."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock, events
from konnekt.domain.accounts import links
from konnekt.models import (
    BudgetNumber,
    BudgetNumberKey,
    Deputy,
    Event,
    Flag,
    Invoice,
    Organisation,
    Right,
    Timesheet,
)
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

TYPED = {
    "code": "SBE",
    "name": "School of Business",
    "parent": "",
    "calendar": "week",
    "contact_name": "Crediteuren",
    "street": "Tongersestraat 53",
    "postcode": "6211 LM",
    "city": "Maastricht",
    "country": "NL",
    "invoice_email": "facturen@sbe.example",
    "language": "en",
    "payment_term_days": "14",
    "vat_treatment": "standard",
    "vat_text": "",
    "vat_number": "NL001234567B01",
    "coc_number": "87654321",
    "peppol_id": "0106:87654321",
    "legal_name": "Universiteit Maastricht",
    "purchase_order_number": "4500123456",
    "purchase_order_required": "True",
}


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def seen(page: str) -> str:
    """What the form on a page says about how the row was."""
    return page.partition('name="seen" type="hidden" value="')[2].partition('"')[0]


def verbs() -> list[str]:
    return [event.verb for event in Event.select().order_by(Event.id)]


ADDRESSES = (
    "",
    "/new/organisation",
    "/FSE",
    "/FSE/change",
    "/FSE/budget-numbers",
    "/FSE/budget-numbers/1",
)
CHANGES = (
    "",
    "/FSE/change",
    "/FSE/end",
    "/FSE/resume",
    "/FSE/budget-numbers",
    "/FSE/budget-numbers/1",
    "/FSE/budget-numbers/1/end",
    "/FSE/budget-numbers/1/delete",
)


def test_only_the_agency_comes_here(app: Flask, world: World) -> None:
    for account in (world.supervisor, world.registrar, world.noor):
        visitor = Visitor(app, account)
        assert {visitor.get(f"/bureau/organisations{url}").status_code for url in ADDRESSES} == {403}
        assert {visitor.post(f"/bureau/organisations{url}").status_code for url in CHANGES} == {403}
    assert Organisation.select().count() == 2
    assert Event.select().count() == 0


def test_what_is_not_there(bureau: Visitor, world: World) -> None:
    urls = (
        "/NOPE",
        "/NOPE/change",
        "/NOPE/budget-numbers",
        "/LAW/budget-numbers/1",
        "/FSE/budget-numbers/99",
    )
    assert {bureau.get(f"/bureau/organisations{url}").status_code for url in urls} == {404}
    changes = (
        "/NOPE/change",
        "/NOPE/end",
        "/NOPE/resume",
        "/NOPE/budget-numbers",
        "/LAW/budget-numbers/1/end",
    )
    assert {bureau.post(f"/bureau/organisations{url}", TYPED).status_code for url in changes} == {404}
    for url in ("/FSE/end", "/FSE/resume", "/FSE/budget-numbers/1/delete"):
        assert bureau.get(f"/bureau/organisations{url}").status_code == 405


# The list


def test_from_an_empty_database(app: Flask) -> None:
    account, _mail = links.invite("agency@interum.example", by=None, source="command", is_agency_staff=True)
    visitor = Visitor(app, account)
    assert "Er zijn nog geen organisaties." in visitor.get("/bureau/organisations").text
    assert visitor.post("/bureau/organisations", TYPED).status_code == 303
    page = visitor.get("/bureau/organisations/SBE").text
    assert "hier keurt niemand goed" in page
    assert "de kalender heeft vanaf vandaag geen periodes" in page
    assert "de gegevens van het bureau zelf zijn niet compleet" in page
    assert "Er zijn nog geen budgetnummers." in visitor.get("/bureau/organisations/SBE/budget-numbers").text
    assert visitor.post("/bureau/organisations/SBE/budget-numbers", {"number": "1"}).status_code == 303


def test_search_by_name_and_code(bureau: Visitor, world: World) -> None:
    def found(query: str) -> set[str]:
        page = bureau.get(f"/bureau/organisations?{query}").text
        return {code for code in ("FSE", "LAW") if f'href="/bureau/organisations/{code}"' in page}

    assert found("") == {"FSE", "LAW"}
    assert found("q=rechts") == {"LAW"}
    assert found("q=fse") == {"FSE"}
    assert found("q=science+faculty") == {"FSE"}
    assert found("q=%25") == set()
    assert found("page=99999999999999999") == {"FSE", "LAW"}
    assert "Er is geen organisatie gevonden." in bureau.get("/bureau/organisations?q=nergens").text


def test_ended_ones_stand_behind_the_filter(bureau: Visitor, world: World) -> None:
    Organisation.update(ended_on=date(2026, 11, 29)).where(Organisation.id == world.law).execute()
    assert "LAW" not in bureau.get("/bureau/organisations").text
    assert "LAW" in bureau.get("/bureau/organisations?ended=1").text


def test_htmx_gets_the_list_alone(bureau: Visitor) -> None:
    page = bureau.with_htmx().get("/bureau/organisations?q=fse").text
    assert page.lstrip().startswith('<div id="bureau-organisations"')


def test_long_lists_page_with_a_fixed_number_of_statements(bureau: Visitor, world: World) -> None:
    for url in (
        "/bureau/organisations",
        "/bureau/organisations/FSE",
        "/bureau/organisations/FSE/budget-numbers",
    ):
        bureau.get(url)
    counts = []
    for round_ in range(2):
        found = []
        for url in ("", "/FSE", "/FSE/budget-numbers", "/FSE/change"):
            with count_queries() as counted:
                bureau.get(f"/bureau/organisations{url}")
            found.append(counted.count)
        counts.append(found)
        for n in range(60 if not round_ else 0):
            one = factories.organisation(f"X{n:02}", parent=world.fse)
            factories.right(factories.account("Nog", f"Iemand {n}"), world.fse, approve=1)
            BudgetNumber.create(organisation=world.fse, number=f"{n}")
            events.record("add_organisation", by=world.staff, organisation=world.fse)
            assert one.id
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 14
    first = bureau.get("/bureau/organisations").text
    assert first.count('class="row"') == 50
    assert 'rel="next" href="/bureau/organisations?page=2"' in first


# Adding and changing


def test_add(bureau: Visitor) -> None:
    answer = bureau.post("/bureau/organisations", TYPED)
    assert (answer.status_code, answer.location) == (303, "/bureau/organisations/SBE")
    made = Organisation.get(Organisation.code == "SBE")
    assert {name: str(getattr(made, name)) for name in TYPED if name != "parent"} == {
        name: text for name, text in TYPED.items() if name != "parent"
    }
    assert (made.parent, made.four_eyes, made.ended_on) == (None, False, None)
    event = Event.get()
    assert (event.verb, event.organisation, event.before) == ("add_organisation", made, None)
    assert event.after["name"] == "School of Business"
    shown = bureau.get(answer.location).text
    assert "School of Business is toegevoegd." in shown
    assert "Organisatie toegevoegd · Bureau InterUM" in shown


def test_htmx_gets_the_new_page_and_its_address(bureau: Visitor) -> None:
    answer = bureau.with_htmx().post("/bureau/organisations", TYPED)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="bureau-organisation"')
    assert answer.headers["HX-Push-Url"] == "/bureau/organisations/SBE"


def test_what_no_form_shows_is_not_taken(bureau: Visitor) -> None:
    bureau.post("/bureau/organisations", {**TYPED, "ended_on": "2020-01-01", "id": "77"})
    made = Organisation.get(Organisation.code == "SBE")
    assert made.ended_on is None
    assert made.id != 77


WRONG: list[dict[str, Any]] = [
    {"code": ""},
    {"code": "FSE"},
    {"code": "fse"},
    {"code": "A/B"},
    {"code": ".."},
    {"code": "x" * 10_000},
    {"name": ""},
    {"name": "n" * 10_000},
    {"name": "Faculteit \N{PARTY POPPER}"},
    {"name": "Facul\x07teit"},
    {"name": "a\N{RIGHT-TO-LEFT OVERRIDE}b"},
    {"parent": "NOPE"},
    {"calendar": "year"},
    {"payment_term_days": ""},
    {"payment_term_days": "veertien"},
    {"payment_term_days": "-1"},
    {"payment_term_days": "366"},
    {"vat_treatment": "none"},
    {"vat_treatment": "exempt"},
    {"vat_treatment": "reverse_charge", "vat_number": ""},
    {"vat_number": "001234567B01"},
    {"vat_number": "NL1"},
    {"coc_number": "1234567"},
    {"peppol_id": "87654321"},
    {"peppol_id": "0106:8765432"},
    {"peppol_id": "0217:123456789012"},
    {"peppol_id": "0088:4035811991015"},
    {"legal_name": "x" * 201},
    {"purchase_order_number": "4" * 51},
    {"country": "Nederland"},
    {"invoice_email": "geen adres"},
    {"language": "de"},
]


@pytest.mark.parametrize(
    "wrong", WRONG, ids=lambda wrong: " ".join(f"{k}={v[:12]!r}" for k, v in wrong.items())
)
def test_what_can_not_be_422(bureau: Visitor, wrong: dict[str, str]) -> None:
    answer = bureau.post("/bureau/organisations", {**TYPED, **wrong})
    assert answer.status_code == 422
    field = "vat_text" if wrong == {"vat_treatment": "exempt"} else list(wrong)[-1]
    assert f'id="{field}-error"' in answer.text
    if field != "code":
        assert 'value="SBE"' in answer.text
    assert Organisation.select().count() == 2
    assert verbs() == []


def test_change_keeps_before_and_after(bureau: Visitor, world: World) -> None:
    token = seen(bureau.get("/bureau/organisations/FSE/change").text)
    typed = {
        **TYPED,
        "code": "FSE",
        "calendar": "four_weeks",
        "four_eyes": "y",
        "parent": "LAW",
        "seen": token,
    }
    assert bureau.post("/bureau/organisations/FSE/change", typed).status_code == 303
    changed = Organisation.get_by_id(world.fse.id)
    assert (changed.name, changed.four_eyes, changed.parent) == ("School of Business", True, world.law)
    event = Event.get()
    assert event.before["name"] == "Faculty of Science and Engineering"
    assert (event.after["parent"], event.before["parent"]) == ("LAW", None)
    assert "calendar" not in event.after
    page = bureau.get("/bureau/organisations/FSE").text
    assert "<del>Faculty of Science and Engineering</del> → School of Business" in page
    assert "Vier ogen: <del>nee</del> → ja" in page
    again = {**typed, "seen": seen(bureau.get("/bureau/organisations/FSE/change").text)}
    assert bureau.post("/bureau/organisations/FSE/change", again).status_code == 303
    assert len(verbs()) == 1, "nothing changed, nothing is told"


@pytest.mark.parametrize(
    ("per", "said"), [("worker", "de werknemer"), ("period", "periode"), ("budget_number", "budgetnummer")]
)
def test_the_history_speaks_in_words(bureau: Visitor, world: World, per: str, said: str) -> None:
    events.record("change_organisation", by=world.staff, organisation=world.fse, after={"invoice_per": per})
    assert f"Eén factuur per: {said}" in bureau.get("/bureau/organisations/FSE").text


def test_its_code_can_change(bureau: Visitor, world: World) -> None:
    token = seen(bureau.get("/bureau/organisations/LAW/change").text)
    answer = bureau.post("/bureau/organisations/LAW/change", {**TYPED, "seen": token})
    assert answer.location == "/bureau/organisations/SBE"
    assert bureau.get("/bureau/organisations/LAW").status_code == 404


def test_the_calendar_stays_once_there_are_sheets(bureau: Visitor, world: World) -> None:
    token = seen(bureau.get("/bureau/organisations/FSE/change").text)
    answer = bureau.post("/bureau/organisations/FSE/change", {**TYPED, "code": "FSE", "seen": token})
    assert answer.status_code == 422
    assert "Hier zijn urenbriefjes, dus de kalender blijft zoals die is." in answer.text
    token = seen(bureau.get("/bureau/organisations/LAW/change").text)
    typed = {**TYPED, "code": "LAW", "seen": token}
    assert bureau.post("/bureau/organisations/LAW/change", typed).status_code == 303
    assert Organisation.get(Organisation.code == "LAW").calendar == "week"


def test_nobody_is_part_of_itself(bureau: Visitor, world: World) -> None:
    factories.organisation("CHILD", parent=world.fse)
    token = seen(bureau.get("/bureau/organisations/FSE/change").text)
    for parent in ("FSE", "CHILD"):
        typed = {**TYPED, "code": "FSE", "calendar": "four_weeks", "parent": parent, "seen": token}
        answer = bureau.post("/bureau/organisations/FSE/change", typed)
        assert answer.status_code == 422
        assert 'id="parent-error"' in answer.text


def test_an_older_form_is_told_409_and_keeps_what_was_typed(bureau: Visitor, world: World) -> None:
    token = seen(bureau.get("/bureau/organisations/FSE/change").text)
    Organisation.update(city="Venlo").where(Organisation.id == world.fse).execute()
    typed = {**TYPED, "code": "FSE", "calendar": "four_weeks", "seen": token}
    answer = bureau.post("/bureau/organisations/FSE/change", typed)
    assert answer.status_code == 409
    assert "Iemand anders wijzigde dit terwijl u typte." in answer.text
    assert 'value="School of Business"' in answer.text
    assert Organisation.get_by_id(world.fse.id).city == "Venlo"
    again = bureau.post("/bureau/organisations/FSE/change", {**typed, "seen": seen(answer.text)})
    assert again.status_code == 303


# The end


def test_end_is_refused_while_assignments_go_on(bureau: Visitor, world: World) -> None:
    answer = bureau.post("/bureau/organisations/FSE/end", {"ended_on": "2026-11-30"})
    assert answer.status_code == 422
    assert "Hier lopen na die dag nog plaatsingen (1)" in answer.text
    assert Organisation.get_by_id(world.fse.id).ended_on is None


def test_end_is_asked_about_while_sheets_wait(bureau: Visitor, world: World) -> None:
    world.assignment.last_on = date(2026, 11, 30)
    world.assignment.save()
    answer = bureau.post("/bureau/organisations/FSE/end", {"ended_on": "2026-11-30"})
    assert answer.status_code == 422
    assert "Hier zijn urenbriefjes nog niet goedgekeurd (1)." in answer.text
    assert 'name="sure"' in answer.text
    assert Organisation.get_by_id(world.fse.id).ended_on is None
    sure = {"ended_on": "2026-11-30", "sure": "y"}
    assert bureau.post("/bureau/organisations/FSE/end", sure).status_code == 303
    assert Organisation.get_by_id(world.fse.id).ended_on == date(2026, 11, 30)
    assert bureau.post("/bureau/organisations/FSE/end", sure).status_code == 409


@pytest.mark.parametrize("day", ["", "morgen", "0001-01-01", "9999-12-31"])
def test_an_end_that_is_no_day_422(bureau: Visitor, day: str) -> None:
    assert bureau.post("/bureau/organisations/LAW/end", {"ended_on": day}).status_code == 422


def test_end_and_take_back(bureau: Visitor, world: World) -> None:
    assert bureau.post("/bureau/organisations/LAW/resume").status_code == 409
    ended = bureau.with_htmx().post("/bureau/organisations/LAW/end", {"ended_on": "2026-12-31"})
    assert ended.text.lstrip().startswith('<div id="bureau-organisation"')
    assert "tot en met 31 dec 2026" in ended.text
    assert bureau.post("/bureau/organisations/LAW/resume").status_code == 200
    assert Organisation.get_by_id(world.law.id).ended_on is None
    assert verbs() == ["end_organisation", "resume_organisation"]


# Its page


def test_who_may_do_what(bureau: Visitor, world: World) -> None:
    closed = factories.account("Oud", "Account", is_active=False)
    factories.right(closed, world.fse, approve=1)
    Deputy.create(
        organisation=world.fse,
        supervisor=world.supervisor,
        deputy=world.registrar,
        first_on=date(2026, 11, 30),
        last_on=date(2026, 12, 4),
        created_at=clock.now(),
    )
    page = bureau.get("/bureau/organisations/FSE").text
    block = page.partition('id="bureau-organisation-rights"')[2].partition("</section>")[0]
    assert all(name in block for name in ("Emre Dubois", "Lars Maes", "Oud Account", "afgesloten account"))
    assert "Lars Maes namens Emre Dubois" in block
    assert "Hanna Haddad" not in block
    assert "1 plaatsing die loopt of nog komt" in page


def test_what_it_lacks(bureau: Visitor, world: World) -> None:
    page = bureau.get("/bureau/organisations/FSE").text
    assert "geen adres" in page
    assert "geen e-mailadres voor facturen en geen Peppol-id" in page
    assert "hier keurt niemand goed" not in page
    Right.delete().where(Right.organisation == world.fse).execute()
    assert "hier keurt niemand goed" in bureau.get("/bureau/organisations/FSE").text


# Budget numbers

NUMBERS = "/bureau/organisations/FSE/budget-numbers"


def number(**typed: str) -> dict[str, str]:
    empty = {
        "ceiling_hours": "",
        "ceiling_euros": "",
        "valid_from_on": "",
        "valid_until_on": "",
        "description": "",
    }
    return {"number": "0042.007", **empty, **typed}


def test_add_a_budget_number(bureau: Visitor, world: World) -> None:
    typed = number(
        number=" 0042.aB 7 ", ceiling_hours="7,5", ceiling_euros="1620,50", valid_from_on="2026-01-01"
    )
    assert bureau.post(NUMBERS, typed).status_code == 303
    made = BudgetNumber.get(BudgetNumber.number == "0042.aB 7")
    assert (made.ceiling_minutes, made.ceiling_cents, made.valid_from_on) == (450, 162_050, date(2026, 1, 1))
    assert BudgetNumberKey.select().where(BudgetNumberKey.budget_number == made).count() == 2
    assert Event.get().thing == "budget_number 0042.aB 7"
    page = bureau.get(NUMBERS).text
    assert "7,50 uur · €\xa01.620,50" in page
    assert "Budgetnummer toegevoegd: 0042.aB 7" in bureau.get("/bureau/organisations/FSE").text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("number", ""),
        ("number", "34367565.899"),
        ("number", "9" * 10_000),
        ("number", "1\x002"[:1] + "\x1b"),
        ("description", "\N{PARTY POPPER}"),
        ("ceiling_hours", "veel"),
        ("ceiling_hours", "7,33"),
        ("ceiling_euros", "1.620,50"),
        ("ceiling_euros", "-1"),
        ("valid_until_on", "2026-13-01"),
        ("valid_from_on", "0001-01-01"),
    ],
)
def test_a_budget_number_that_can_not_be_422(bureau: Visitor, field: str, typed: str) -> None:
    answer = bureau.post(NUMBERS, number(**{field: typed}))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert BudgetNumber.select().count() == 2


def test_the_same_number_elsewhere_is_another(bureau: Visitor, world: World) -> None:
    assert bureau.post(NUMBERS, number(number=world.law_budget.number)).status_code == 303


def test_the_last_day_comes_after_the_first(bureau: Visitor) -> None:
    typed = number(valid_from_on="2026-02-01", valid_until_on="2026-01-31")
    answer = bureau.post(NUMBERS, typed)
    assert answer.status_code == 422
    assert 'id="valid_until_on-error"' in answer.text


def test_what_is_shown_can_be_posted_back_unchanged(bureau: Visitor, world: World) -> None:
    BudgetNumber.update(ceiling_minutes=440, ceiling_cents=1_620_007).execute()
    page = bureau.get(f"{NUMBERS}/{world.fse_budget.id}").text
    assert 'value="7:20"' in page
    assert 'value="16200,07"' in page
    typed = number(number="34367565.899", ceiling_hours="7:20", ceiling_euros="16200,07", seen=seen(page))
    assert bureau.post(f"{NUMBERS}/{world.fse_budget.id}", typed).status_code == 303
    assert verbs() == []


def flagged(sheet: Timesheet) -> set[str]:
    return {flag.code for flag in Flag.select().where(Flag.timesheet == sheet)}


def test_a_ceiling_and_a_last_day_change_the_flags_of_what_waits(bureau: Visitor, world: World) -> None:
    url = f"{NUMBERS}/{world.fse_budget.id}"
    typed = number(number="34367565.899", ceiling_hours="8", seen=seen(bureau.get(url).text))
    assert bureau.post(url, typed).status_code == 303
    assert "budget" in flagged(world.sheet)
    lifted = {**typed, "ceiling_hours": "", "seen": seen(bureau.get(url).text)}
    assert bureau.post(url, lifted).status_code == 303
    assert "budget" not in flagged(world.sheet)
    assert bureau.post(f"{url}/end", {"end-valid_until_on": "2026-11-03"}).status_code == 303
    assert "budget" in flagged(world.sheet)
    assert BudgetNumber.get_by_id(world.fse_budget.id).valid_until_on == date(2026, 11, 3)
    assert verbs() == ["change_budget_number"] * 3


def test_a_number_on_an_invoice_stays(bureau: Visitor, world: World) -> None:
    url = f"{NUMBERS}/{world.fse_budget.id}"
    typed = number(number="1", seen=seen(bureau.get(url).text))
    Invoice.create(
        year=2026, number=1, number_text="2026-1", organisation=world.fse, pay_period=world.period,
        budget_number=world.fse_budget, budget_number_text="34367565.899", issued_on=date(2026, 11, 30),
        due_on=date(2026, 12, 30), language="nl", vat_treatment="standard", net_cents=1, vat_cents=0,
        total_cents=1, created_at=clock.now(),
    )  # fmt: skip
    answer = bureau.post(url, typed)
    assert answer.status_code == 422
    assert "Dit nummer staat op een factuur" in answer.text
    described = {**typed, "number": "34367565.899", "description": "Onderwijs"}
    assert bureau.post(url, described).status_code == 303
    assert bureau.post(f"{url}/delete").status_code == 409


def test_a_number_that_was_not_invoiced_can_be_mended(bureau: Visitor, world: World) -> None:
    url = f"{NUMBERS}/{world.fse_budget.id}"
    typed = number(number="34367565.898", seen=seen(bureau.get(url).text))
    assert bureau.post(url, typed).status_code == 303
    keys = {
        row.key for row in BudgetNumberKey.select().where(BudgetNumberKey.budget_number == world.fse_budget)
    }
    assert keys == {"34367565898", "898"}
    assert bureau.post(url, {**typed, "number": "9"}).status_code == 409


def test_only_what_nothing_uses_is_deleted(bureau: Visitor, world: World) -> None:
    assert bureau.post(f"{NUMBERS}/{world.fse_budget.id}/delete").status_code == 409
    unused = BudgetNumber.create(organisation=world.fse, number="7.7")
    answer = bureau.with_htmx().post(f"{NUMBERS}/{unused.id}/delete")
    assert answer.text.lstrip().startswith('<div id="bureau-budget-numbers"')
    assert answer.headers["HX-Push-Url"] == NUMBERS
    assert BudgetNumber.get_or_none(BudgetNumber.id == unused.id) is None
    assert (Event.get().verb, Event.get().before) == ("delete_budget_number", {"number": "7.7"})
    assert bureau.post(f"{NUMBERS}/{unused.id}/delete").status_code == 404
