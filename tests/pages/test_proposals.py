"""What two persons decide, on the pages: proposed, shown, confirmed or declined; without a script."""

import pytest
from flask import Flask

from konnekt.background import work
from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from konnekt.domain.imports import uploads
from konnekt.models import Account, Agency, Event, Job, ProposedChange
from tests import factories
from tests.factories import World
from tests.pages.test_once_more import later
from tests.pages.test_sign_in import GOOD
from tests.visitor import Visitor

IBAN = "NL20INGB0001234567"
DETAILS = {"name": "InterUM", "country": "NL", "street": "Straat 1"}


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


@pytest.fixture
def ria(app: Flask, world: World) -> Visitor:
    """The second one with Administration; she has signed in."""
    account = factories.account("Ria", "Bakker", is_agency_staff=True)
    passwords.replace(account, GOOD, by=None)
    return Visitor(app, account)


def where(what: str) -> str:
    return f"/bureau/proposals/{ProposedChange.get().id}/{what}"


@pytest.mark.parametrize("htmx", [False, True])
def test_an_iban_is_proposed_and_confirmed(staff: Visitor, ria: Visitor, htmx: bool) -> None:
    staff.htmx = htmx
    answer = staff.post("/bureau/details", DETAILS | {"iban": IBAN})
    assert answer.status_code == (200 if htmx else 303)
    staff.htmx = False
    assert (Agency.get().iban, Agency.get().street) == ("", "Straat 1")
    page = staff.get("/bureau/details").text
    assert "Voorgesteld, nog niet gewijzigd" in page
    assert IBAN in page
    assert "Intrekken" in page
    assert where("confirm") not in page, "not one's own"
    page = ria.get("/bureau").text
    assert "Wacht op een tweede persoon" in page
    assert "voorgesteld door Bureau InterUM" in page
    page = ria.get("/bureau/details").text
    assert f'action="{where("confirm")}"' in page
    seen = ProposedChange.get().fingerprint
    assert f'name="seen" value="{seen}"' in page
    assert ria.post(where("confirm"), {"seen": "of another"}).status_code == 409
    answer = ria.post(where("confirm"), {"seen": seen})
    assert (answer.status_code, answer.location) == (303, "/bureau/details")
    page = ria.get("/bureau/details").text
    assert "Bevestigd en uitgevoerd." in page
    assert "Voorstel bevestigd" in page
    assert "Voorgesteld, nog" not in page
    assert Agency.get().iban == IBAN
    assert "Wacht op een tweede persoon" not in ria.get("/bureau").text


def test_the_page_says_that_it_waits(staff: Visitor, ria: Visitor) -> None:
    staff.post("/bureau/details", DETAILS | {"iban": IBAN})
    page = staff.get("/bureau/details").text
    assert "Opgeslagen. Waar twee mensen over beslissen, wacht op iemand anders" in page


def test_a_colleague_is_proposed_and_declined(staff: Visitor, ria: Visitor, world: World) -> None:
    here = f"/bureau/people/{world.supervisor.id}"
    typed = {"first_name": "Emre", "last_name": "Dubois", "email": world.supervisor.email, "language": "nl"}
    assert staff.post(f"{here}/change", typed | {"is_agency_staff": "y"}).location == here
    page = ria.get(here).text
    assert "Werkt bij het bureau" in page
    assert 'id="bureau-proposal"' in page
    answer = ria.post(where("decline"))
    assert (answer.status_code, answer.location) == (303, here)
    assert "Alles blijft zoals het is." in ria.get(here).text
    assert not Account.get_by_id(world.supervisor.id).is_agency_staff


def test_who_proposed_it_withdraws_it(staff: Visitor, ria: Visitor) -> None:
    staff.post("/bureau/details", DETAILS | {"iban": IBAN})
    assert staff.post(where("confirm")).status_code == 409
    assert staff.post(where("decline")).status_code == 303
    assert Event.select().order_by(Event.id.desc()).get().verb == "withdraw_proposal"


def test_confirming_asks_once_more(staff: Visitor, ria: Visitor) -> None:
    staff.post("/bureau/details", DETAILS | {"iban": IBAN})
    later(11)
    assert ria.post(where("confirm")).status_code == 401
    assert Agency.get().iban == ""
    assert ria.post(where("confirm"), {"once_more": GOOD}).status_code == 303
    assert Agency.get().iban == IBAN


@pytest.mark.parametrize("what", ["confirm", "decline"])
def test_not_in_this_state(staff: Visitor, ria: Visitor, what: str) -> None:
    staff.post("/bureau/details", DETAILS | {"iban": IBAN})
    here = where(what)
    assert ria.get(here).status_code == 405
    Agency.update(iban="BE68539007547034").execute()
    if what == "confirm":
        page = ria.post(here)
        assert page.status_code == 409
        assert "Dit is gewijzigd sinds het voorstel." in page.text
    ProposedChange.delete().execute()
    page = ria.post(here)
    assert page.status_code == 409
    assert "Dit voorstel is er niet meer." in page.text


def test_another_proposal_is_told_and_keeps_what_is_typed(staff: Visitor, ria: Visitor) -> None:
    staff.post("/bureau/details", DETAILS | {"iban": IBAN})
    page = ria.post("/bureau/details", DETAILS | {"iban": "BE68539007547034", "city": "Maastricht"})
    assert page.status_code == 409
    assert 'value="Maastricht"' in page.text
    assert "Bureau InterUM heeft hier een wijziging voorgesteld" in page.text


def test_who_may_not_decide_sees_nothing_of_it(
    app: Flask, staff: Visitor, ria: Visitor, world: World
) -> None:
    staff.post("/bureau/details", DETAILS | {"iban": IBAN})
    planner = Visitor(app, factories.account("Piet", "Plan", is_agency_staff=True, agency_roles="planning"))
    for page in ("/bureau", "/bureau/details"):
        assert "nog niet gewijzigd" not in planner.get(page).text
        assert "tweede persoon" not in planner.get(page).text.partition("history-title")[0]
    assert planner.post(where("confirm")).status_code == 403
    assert Visitor(app, world.supervisor).post(where("confirm")).status_code == 403
    assert Visitor(app).post(where("confirm")).status_code == 303
    assert Agency.get().iban == ""


def test_an_upload_makes_none(staff: Visitor, ria: Visitor, world: World) -> None:
    rows = "name;street;postcode;city;country;coc_number;vat_number;iban;bic;peppol_id;phone;email\n"
    rows += f"InterUM;;;;NL;;;{IBAN};;;;\n"
    job = uploads.start([("agency.csv", rows.encode())], by=world.staff)
    work.work()
    page = staff.get(f"/bureau/jobs/{job.id}").text
    assert "dit moet een tweede persoon bevestigen: wijzig het op de pagina van het bureau" in page
    assert staff.post(f"/bureau/imports/{job.id}/confirm").status_code == 409
    assert Job.get_by_id(job.id).ended_at <= clock.now()
