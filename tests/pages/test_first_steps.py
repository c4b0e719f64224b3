"""What the bureau is told to do first: from nothing to all of it, and again when the pay periods run out."""

from dataclasses import asdict

from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.records import first_steps
from konnekt.models import Account, Assignment, HourType, Organisation, Rate, Right
from tests import factories, invoice_cast
from tests.factories import World
from tests.visitor import Visitor


def open_steps() -> list[str]:
    """The steps that are not taken, in their order."""
    return [name for name, is_taken in asdict(first_steps.load()).items() if not is_taken]


def test_with_nothing_there_every_step_is_ahead(app: Flask) -> None:
    staff = Visitor(app, factories.account("Bureau", "InterUM", is_agency_staff=True))
    for url in ("/", "/bureau"):
        page = staff.get(url).text
        assert "Eerste stappen" in page
        assert page.count(">Beginnen<") == 8
        assert '<a class="button primary" href="/bureau/details">Beginnen' in page, "the first is the next"
        assert "niet gefactureerd" not in page
        assert "U bent in geen organisatie actief" not in page
    with count_queries() as counted:
        first_steps.load()
    assert counted.count == 2


def test_each_step_once_it_is_taken(world: World) -> None:
    assert open_steps() == ["details"]
    invoice_cast.complete(world)
    assert open_steps() == []
    Rate.delete().execute()
    assert open_steps() == ["assignments"]
    HourType.update(is_active=False).execute()
    Right.update(may_approve=False).execute()
    Account.update(is_active=False).where(Account.id == world.noor).execute()
    assert open_steps() == ["hour_types", "workers", "approvers", "assignments"]
    Organisation.update(ended_on=clock.today().replace(day=1)).execute()
    assert "organisations" in open_steps()
    assert Assignment.select().count() == 1


def test_a_calendar_without_coming_periods_is_a_step_again(app: Flask, world: World) -> None:
    invoice_cast.complete(world)
    staff = Visitor(app, world.staff)
    assert "Eerste stappen" not in staff.get("/bureau").text
    factories.organisation("LIB", calendar="week")
    assert open_steps() == ["pay_periods"]
    page = staff.get("/bureau").text
    assert page.count(">Beginnen<") == 1
    assert '<a class="button primary" href="/bureau/pay-periods">Beginnen' in page
    Organisation.update(ended_on=clock.today().replace(day=1)).where(Organisation.code == "LIB").execute()
    assert open_steps() == []


def test_it_is_the_agency_that_is_told(app: Flask, world: World) -> None:
    for account in (world.supervisor, world.noor):
        assert "Eerste stappen" not in Visitor(app, account).get("/").text
