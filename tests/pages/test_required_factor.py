"""Agency staff whom the agency asks for a second factor: from which day on, and what opens until it is there."""

from datetime import date, timedelta

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.accounts import factors
from konnekt.domain.records import agency as record_agency
from konnekt.domain.refusals import Conflict, Forbidden, Invalid
from konnekt.models import Account, Agency, Event
from konnekt.screens.required_factor import OPEN
from konnekt.screens.security import PUBLIC
from tests import factories, one_time_codes
from tests.factories import World
from tests.one_time_codes import App
from tests.test_house import address
from tests.visitor import Visitor

TODAY, TOMORROW = date(2026, 11, 30), date(2026, 12, 1)
SOON = date(2026, 12, 7)


@pytest.fixture
def colleague(world: World) -> Account:
    """Somebody of the agency without a second factor."""
    return factories.account("Ria", "Bakker", is_agency_staff=True)


@pytest.fixture
def staff(world: World) -> Account:
    """The one of the agency who has one."""
    one_time_codes.set_up(world.staff)
    return Account.get_by_id(world.staff.id)


def required(by: Account, on: date | None = TOMORROW, of: str = "staff") -> None:
    record_agency.require_factor(on, of=of, by=by)


def overdue(by: Account) -> None:
    """It was asked of the agency's staff, and the day has come."""
    required(by)
    clock.fix("2026-12-01T09:00")


def test_nobody_is_asked_unless_the_agency_says_so(app: Flask, world: World, colleague: Account) -> None:
    visitor = Visitor(app, colleague)
    assert visitor.get("/bureau").status_code == 200
    assert 'id="factor-asked"' not in visitor.get("/").text
    assert Agency.get().factor_from_on is None


def test_saying_from_when(app: Flask, world: World, staff: Account) -> None:
    visitor = Visitor(app, staff)
    response = visitor.post("/bureau/details/second-step", {"on": "2026-12-07"})
    assert (response.status_code, response.location) == (303, "/bureau/details")
    assert Agency.get().factor_from_on == SOON
    page = visitor.get("/bureau/details").text
    assert 'value="2026-12-07"' in page
    assert "Tweede stap verplicht vanaf" in page
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.actor, event.after) == (
        "change_agency", staff, {"factor_from_on": "2026-12-07"},
    )  # fmt: skip
    visitor.post("/bureau/details/second-step", {"on": ""})
    assert Agency.get().factor_from_on is None


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [
        ("2026-11-29", 422, "Kies morgen of een dag daarna."),
        ("2026-11-30", 422, "Kies morgen of een dag daarna."),
        ("gisteren", 422, ""),
        ("0001-01-01", 422, ""),
    ],
)
def test_a_day_that_can_not_be(
    app: Flask, world: World, staff: Account, typed: str, status: int, says: str
) -> None:
    response = Visitor(app, staff).post("/bureau/details/second-step", {"on": typed})
    assert response.status_code == status
    assert says in response.text
    assert f'value="{typed}"' in response.text
    assert 'id="on-error"' in response.text
    assert Agency.get().factor_from_on is None


def test_who_has_none_shuts_nobody_out(app: Flask, world: World, colleague: Account) -> None:
    response = Visitor(app, colleague).post("/bureau/details/second-step", {"on": "2026-12-07"})
    assert response.status_code == 409
    assert "Stel eerst uw eigen tweede stap in" in response.text
    with pytest.raises(Forbidden):
        required(world.noor)


def test_until_that_day_home_says_so(app: Flask, world: World, staff: Account, colleague: Account) -> None:
    required(staff, SOON)
    visitor = Visitor(app, colleague)
    page = visitor.get("/").text
    assert 'id="factor-asked"' in page
    assert "7 dec" in page.partition("factor-asked")[2]
    assert 'href="/account/factors"' in page
    assert visitor.get("/bureau").status_code == 200
    for other in (staff, world.supervisor):
        assert 'id="factor-asked"' not in Visitor(app, other).get("/").text


def test_from_that_day_on_nothing_else_opens(
    app: Flask, world: World, staff: Account, colleague: Account
) -> None:
    overdue(staff)
    visitor = Visitor(app, colleague)
    opened = []
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"GET", "POST"}:
            if rule.endpoint in PUBLIC | OPEN:
                continue
            url = address(rule)
            response = visitor.get(url) if method == "GET" else visitor.post(url)
            if (response.status_code, response.location) != (303, "/account/factors"):
                opened.append(f"{method} {url}: {response.status}")
    assert opened == []
    response = visitor.with_htmx().get("/bureau/people")
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, "/account/factors")


def test_setting_it_up_opens_all(app: Flask, world: World, staff: Account, colleague: Account) -> None:
    overdue(staff)
    visitor = Visitor(app, colleague)
    page = visitor.get("/account/factors").text
    assert "om een tweede stap bij het inloggen. Voeg een app toe en ga verder." in page
    assert "uw wachtwoord is genoeg om in te loggen" not in page
    begun = visitor.post("/account/factors", {"name": "Phone"}).location
    row = factors.find(int(begun.rpartition("/")[2]), by=colleague)
    phone = App(row, factors.secret_of(row))
    assert visitor.get(begun).status_code == 200
    page = visitor.post(begun, {"factor_code": phone.code()})
    assert "Uw herstelcodes" in page.text
    assert visitor.get("/bureau").status_code == 200
    assert 'id="factor-asked"' not in visitor.get("/account/factors").text


def test_others_go_on_as_before(app: Flask, world: World, staff: Account) -> None:
    overdue(staff)
    for account in (world.noor, world.supervisor, staff):
        visitor = Visitor(app, account)
        with count_queries() as counted:
            assert visitor.get("/account").status_code == 200
        before = counted.count
        Agency.update(factor_from_on=None).execute()
        with count_queries() as counted:
            visitor.get("/account")
        assert counted.count == before
        Agency.update(factor_from_on=TODAY).execute()


def test_what_was_typed_before_that_day_still_arrives(
    app: Flask, world: World, staff: Account, colleague: Account
) -> None:
    required(staff, TODAY + timedelta(days=1))
    clock.fix("2026-11-30T23:00")
    visitor = Visitor(app, colleague)
    clock.fix("2026-12-01T00:05")
    assert visitor.get("/bureau/closing-days").location == "/account/factors"
    response = visitor.post("/bureau/closing-days", {"day": "", "name_nl": "Dies natalis"})
    assert response.status_code == 422
    assert 'value="Dies natalis"' in response.text


def test_the_last_one_stays(app: Flask, world: World, staff: Account) -> None:
    required(staff, SOON)
    (phone,) = factors.of(staff)
    visitor = Visitor(app, staff)
    response = visitor.post(f"/account/factors/{phone.id}/remove")
    assert response.status_code == 409
    assert "voeg er eerst nog een toe" in response.text
    one_time_codes.set_up(staff, "Laptop")
    assert visitor.post(f"/account/factors/{phone.id}/remove").status_code == 303


def test_what_is_required_is_not_called_optional(app: Flask, world: World, staff: Account) -> None:
    visitor = Visitor(app, staff)
    sentence = "Zonder deze is uw wachtwoord weer genoeg."
    assert sentence in visitor.get("/account/factors").text
    required(staff)
    assert sentence not in visitor.get("/account/factors").text


def test_the_verb(world: World, staff: Account) -> None:
    with pytest.raises(Invalid):
        required(staff, TODAY)  # who signed in this morning would lose what is typed
    required(staff)
    clock.fix("2026-12-20T09:00")
    required(staff)  # what is unchanged is not judged again
    Agency.delete().execute()
    with pytest.raises(Conflict):
        required(staff)


def test_an_agency_that_begins_asks_it_of_its_staff(world: World, app: Flask, staff: Account) -> None:
    """ASVS 6.3.3: from a month after the first details on, unless the agency says otherwise."""
    Agency.delete().execute()
    values = dict.fromkeys(record_agency.RECORD.rules, "") | {"name": "InterUM", "country": "NL"}
    record_agency.change(values, seen="", by=staff)
    made = Agency.get()
    assert (made.factor_from_on, made.factor_for) == (TODAY + timedelta(days=30), "staff")
    assert Event.select().order_by(Event.id.desc()).get().after["factor_from_on"] == "2026-12-30"
    record_agency.change(values | {"city": "Maastricht"}, seen="", by=staff)
    required(staff, None)
    record_agency.change(values, seen="", by=staff)
    assert Agency.get().factor_from_on is None, "said once, it stays"


def test_of_everybody(app: Flask, world: World, staff: Account) -> None:
    typed = {"on": "2026-12-07", "of": "everybody"}
    visitor = Visitor(app, staff)
    assert visitor.post("/bureau/details/second-step", typed).status_code == 303
    assert (Agency.get().factor_from_on, Agency.get().factor_for) == (SOON, "everybody")
    assert visitor.post("/bureau/details/second-step", {**typed, "of": "nobody"}).status_code == 422
    for who in (world.noor, world.supervisor):
        assert 'id="factor-asked"' in Visitor(app, who).get("/").text
        assert Visitor(app, who).get("/account").status_code == 200
    clock.fix("2026-12-07T09:00")
    for who in (world.noor, world.supervisor):
        assert Visitor(app, who).get("/account").location == "/account/factors"
    one_time_codes.set_up(world.noor)
    assert Visitor(app, Account.get_by_id(world.noor.id)).get("/account").status_code == 200


def test_others_are_not_asked_since_a_day_that_is_over(app: Flask, world: World, staff: Account) -> None:
    """Who is signed in would lose what is typed, and hear of it by that."""
    overdue(staff)
    clock.fix("2026-12-20T09:00")
    page = Visitor(app, staff).post("/bureau/details/second-step", {"on": "2026-12-01", "of": "everybody"})
    assert page.status_code == 422
    assert "Kies morgen of een dag daarna." in page.text
    assert Agency.get().factor_for == "staff"
    required(staff, date(2026, 12, 27), of="everybody")
    clock.fix("2026-12-28T09:00")
    required(staff, date(2026, 12, 27), of="everybody")  # what is unchanged is not judged again
    required(staff, date(2026, 12, 27))  # nor is less
    assert Agency.get().factor_for == "staff"
