"""Who may do what, without a page: each function of access.py as a table of who and which sheet."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.domain.accounts import agency_roles
from konnekt.domain.refusals import Forbidden
from konnekt.models import (
    Account,
    Assignment,
    Contributor,
    Deputy,
    Flag,
    Invoice,
    InvoiceLine,
    Organisation,
    Right,
    Timesheet,
)
from konnekt.models.compiled import compiled
from tests import factories
from tests.factories import World

# Everybody is at the Faculty of Science and Engineering (FSE), but for `away`, who has all rights at LAW, and
# for `stranger`, who has an account and nothing else. The worker is Noor; the deputy stands in for the approver.
WHO = ("worker", "peer", "approver", "registrar", "reader", "deputy", "away", "agency", "stranger")
STATES = ("draft", "submitted", "rejected", "approved", "invoiced")


def names(row: str) -> list[str]:
    return row.split()


@pytest.fixture
def everybody(world: World) -> dict[str, Account]:
    Right.update(may_see_invoices=False).where(Right.account == world.supervisor).execute()
    people = {
        "worker": world.noor,
        "peer": factories.worker("Karim", "Özdemir"),
        "approver": world.supervisor,
        "registrar": world.registrar,
        "reader": factories.account("Ria", "Lemmens"),
        "deputy": factories.account("Dirk", "Vroemen"),
        "away": world.outsider,
        "agency": world.staff,
        "stranger": factories.account(),
    }
    factories.assignment(people["peer"], world.fse, world.fse_budget)
    factories.right(people["reader"], world.fse, invoices=1)
    deputise(world.fse, world.supervisor, people["deputy"])
    return people


@pytest.fixture
def who(everybody: dict[str, Account]) -> dict[str, Grants]:
    return {name: access.grants(account) for name, account in everybody.items()}


def deputise(at: Organisation, supervisor: Account, deputy: Account, first: int = 0, last: int = 0) -> Deputy:
    """Have somebody stand in from so many days after today until so many days after it."""
    today = clock.today()
    return Deputy.create(
        organisation=at, supervisor=supervisor, deputy=deputy, created_at=clock.now(), created_by=supervisor,
        first_on=today + timedelta(days=first), last_on=today + timedelta(days=last),
    )  # fmt: skip


def invoice(of: Organisation, sheet: Timesheet, number: int = 1) -> Invoice:
    """An invoice of an organisation with a line of this sheet."""
    line = sheet.lines.get()
    document = Invoice.create(
        year=2026, number=number, number_text=f"2026-{number}", organisation=of, pay_period=sheet.pay_period,
        budget_number=line.budget_number, budget_number_text="1", issued_on=clock.today(), due_on=clock.today(),
        language="nl", vat_treatment="standard", net_cents=100, vat_cents=0, total_cents=100, created_at=clock.now(),
    )  # fmt: skip
    InvoiceLine.create(
        invoice=document, position=1, timesheet=sheet, hour_type=line.hour_type, iso_year=2026, iso_week=45,
        first_on=clock.today(), last_on=clock.today(), minutes=0, unit_price=0, net_cents=0,
    )  # fmt: skip
    return document


def said_yes(who: dict[str, Grants], ask: Callable[[Grants], bool]) -> list[str]:
    return [name for name, grants in who.items() if ask(grants)]


# What an account may do today.

RIGHTS = [
    # approve, register, invoices -> where it may do which
    ((0, 0, 0), ""),
    ((1, 0, 0), "approve"),
    ((0, 1, 0), "register"),
    ((0, 0, 1), "invoices"),
    ((1, 1, 0), "approve register"),
    ((1, 0, 1), "approve invoices"),
    ((0, 1, 1), "register invoices"),
    ((1, 1, 1), "approve register invoices"),
]


@pytest.mark.parametrize(("rights", "may"), RIGHTS)
def test_rights_at_one_organisation(world: World, rights: tuple[int, int, int], may: str) -> None:
    person = factories.account()
    factories.right(person, world.fse, *rights)
    grants = access.grants(person)
    places = {"approve": set(grants.approve), "register": grants.register, "invoices": grants.invoices}
    assert [name for name, at in places.items() if at == {world.fse.id}] == names(may)
    assert [name for name, at in places.items() if at] == names(may)
    assert list(grants.organisations) == ([world.fse.id] if may else [])
    assert grants.is_active_somewhere is bool(may)
    assert grants.approve.get(world.fse.id, frozenset()) == frozenset(), "by its own right, for nobody else"


def test_organisations_are_in_order_of_their_names(world: World) -> None:
    person = factories.account()
    places = [factories.organisation(name, name=name) for name in ("b", "C", "A")]
    for place in places:
        factories.right(person, place, register=1)
    grants = access.grants(person)
    assert [place.name for place in grants.organisations.values()] == ["A", "b", "C"]
    assert grants.register == {place.id for place in places}


@pytest.mark.parametrize(
    ("first", "last", "stands_in"), [(0, 0, True), (-9, 9, True), (1, 9, False), (-9, -1, False)]
)
def test_a_deputy_approves_on_those_days(world: World, first: int, last: int, stands_in: bool) -> None:
    deputy = factories.account()
    deputise(world.fse, world.supervisor, deputy, first, last)
    grants = access.grants(deputy)
    assert grants.approve == ({world.fse.id: {world.supervisor.id}} if stands_in else {})
    assert list(grants.organisations) == ([world.fse.id] if stands_in else [])
    assert (grants.register, grants.invoices) == (frozenset(), frozenset()), "and nothing else"


def test_who_stands_in_for_two_stands_in_for_both(world: World) -> None:
    deputy, other = factories.account(), factories.account()
    factories.right(other, world.fse, approve=1)
    deputise(world.fse, world.supervisor, deputy)
    deputise(world.fse, other, deputy)
    assert access.grants(deputy).approve == {world.fse.id: {world.supervisor.id, other.id}}


def test_who_approves_by_its_own_right_stands_in_for_nobody(world: World) -> None:
    deputy = factories.account()
    factories.right(deputy, world.fse, approve=1)
    deputise(world.fse, world.supervisor, deputy)
    assert access.grants(deputy).approve == {world.fse.id: frozenset()}


def test_a_deputy_keeps_its_own_rights(world: World) -> None:
    deputy = factories.account()
    factories.right(deputy, world.fse, register=1)
    factories.right(deputy, world.law, invoices=1)
    deputise(world.fse, world.supervisor, deputy)
    grants = access.grants(deputy)
    assert grants.approve == {world.fse.id: {world.supervisor.id}}
    assert [set(grants.register), set(grants.invoices)] == [{world.fse.id}, {world.law.id}]


def ended(world: World, deputyship: Deputy) -> None:
    Deputy.update(ended_at=clock.now()).where(Deputy.id == deputyship.id).execute()


def no_right_to_approve(world: World, deputyship: Deputy) -> None:
    Right.update(may_approve=False, may_register=True).where(Right.account == world.supervisor).execute()


def no_right_any_more(world: World, deputyship: Deputy) -> None:
    Right.delete().where(Right.account == world.supervisor).execute()


def a_right_elsewhere_alone(world: World, deputyship: Deputy) -> None:
    Right.update(organisation=world.law).where(Right.account == world.supervisor).execute()


def a_closed_account(world: World, deputyship: Deputy) -> None:
    Account.update(is_active=False).where(Account.id == world.supervisor.id).execute()


def somebody_elses_deputy(world: World, deputyship: Deputy) -> None:
    Deputy.update(deputy=world.noor).where(Deputy.id == deputyship.id).execute()


@pytest.mark.parametrize(
    "because",
    [
        ended,
        no_right_to_approve,
        no_right_any_more,
        a_right_elsewhere_alone,
        a_closed_account,
        somebody_elses_deputy,
    ],
)
def test_a_deputy_no_more(world: World, because: Callable[[World, Deputy], None]) -> None:
    deputy = factories.account()
    because(world, deputise(world.fse, world.supervisor, deputy))
    assert access.grants(deputy) == Grants(deputy)


def test_agency_staff_is_what_the_account_says(who: dict[str, Grants]) -> None:
    assert said_yes(who, lambda grants: grants.is_agency_staff) == ["agency"]
    assert all(grants.is_agency_staff in (True, False) for grants in who.values())


def test_what_only_the_agency_does(who: dict[str, Grants]) -> None:
    """Nobody signs in at the command line: who works there may do what the agency may."""

    def does(by: Account | None) -> bool:
        try:
            agency_roles.require(by, "invoices", "Only the agency makes invoices.")
        except Forbidden as forbidden:
            assert str(forbidden) == "Only the agency makes invoices."
            return False
        return True

    assert said_yes(who, lambda grants: does(grants.account)) == ["agency"]
    assert does(None)


# Which sheets one sees, and which wait for one.

VISIBLE = {
    "draft": "worker approver registrar deputy agency",
    "submitted": "worker approver registrar deputy agency",
    "rejected": "worker approver registrar deputy agency",
    "approved": "worker approver registrar deputy agency",
    "invoiced": "worker approver registrar reader deputy agency",
}


def sheets(world: World) -> dict[str, Timesheet]:
    """Noor's sheets at FSE by state: World's own is the one that was sent."""
    by_state = {"submitted": world.sheet}
    for period, state in zip(world.periods, ("draft", "rejected", "approved", "invoiced"), strict=False):
        stored = "approved" if state == "invoiced" else state
        by_state[state] = factories.sheet(world.assignment, period, state=stored)
    invoice(world.fse, by_state["invoiced"])
    return by_state


def chosen(condition: Any) -> set[int]:
    """The sheets of a condition on Timesheet, joined with Assignment."""
    return {row.id for row in Timesheet.select(Timesheet.id).join(Assignment).where(condition)}


@compiled
def _seen(is_agency_staff: bool, has_invoiced: bool) -> Any:
    condition = access.visible_slots(is_agency_staff, has_invoiced)
    return Timesheet.select(Timesheet.id).join(Assignment).where(condition)


def seen(grants: Grants) -> set[int]:
    """The sheets an account sees, by the condition of a compiled query."""
    shape, values = access.visible_values(grants)
    return {key for (key,) in _seen(*shape, **values)}


@pytest.mark.parametrize("state", STATES)
def test_who_sees_a_sheet(world: World, who: dict[str, Grants], state: str) -> None:
    sheet = sheets(world)[state]
    assert said_yes(who, lambda grants: sheet.id in chosen(access.visible(grants))) == names(VISIBLE[state])
    assert said_yes(who, lambda grants: sheet.id in seen(grants)) == names(VISIBLE[state])


def test_nobody_sees_more_than_that(world: World, who: dict[str, Grants]) -> None:
    """A sheet at another organisation that is invoiced there."""
    there = factories.sheet(
        factories.assignment(factories.worker(), world.law, world.law_budget), world.period, state="approved"
    )
    invoice(world.law, there)
    assert said_yes(who, lambda grants: there.id in chosen(access.visible(grants))) == ["away", "agency"]


def test_an_invoice_shows_sheets_of_its_own_organisation_alone(world: World, who: dict[str, Grants]) -> None:
    on_another = factories.sheet(world.assignment, world.periods[0], state="approved")
    invoice(world.law, on_another)
    beside = factories.sheet(world.assignment, world.periods[1], state="approved")
    invoice(world.fse, beside, number=2)
    assert chosen(access.visible(who["reader"])) == {beside.id}
    assert chosen(access.visible(who["away"])) == set()


def test_who_sees_an_invoice(world: World, who: dict[str, Grants]) -> None:
    document = invoice(world.fse, world.sheet)

    def sees(grants: Grants, table: Any) -> bool:
        return bool(table.select().where(access.visible_invoices(grants, table)).exists())

    assert said_yes(who, lambda grants: sees(grants, Invoice)) == ["reader", "agency"]
    assert said_yes(who, lambda grants: sees(grants, Invoice.alias())) == ["reader", "agency"]
    Invoice.update(organisation=world.law).where(Invoice.id == document.id).execute()
    assert said_yes(who, lambda grants: sees(grants, Invoice)) == ["away", "agency"]


def test_who_has_a_list_of_invoices(world: World, who: dict[str, Grants]) -> None:
    def of(organisation: int | None) -> list[str]:
        return said_yes(who, lambda grants: access.may_see_invoices(grants, organisation))

    assert of(None) == ["reader", "away", "agency"]
    assert of(world.fse.id) == ["reader", "agency"]
    assert of(world.law.id) == ["away", "agency"]
    assert all(access.may_see_invoices(grants) in (True, False) for grants in who.values())


def test_whom_an_invoice_alone_shows_the_sheet(world: World, who: dict[str, Grants]) -> None:
    readers = said_yes(who, lambda grants: access.sees_only_as_invoice_reader(grants, world.sheet))
    assert readers == ["peer", "reader", "away", "stranger"]


# Approving. `away` approves at LAW, which asks for four eyes; FSE does not.

WAITS = {
    "draft": "",
    "submitted": "approver deputy",
    "rejected": "",
    "approved": "",
    "invoiced": "",
}


@pytest.mark.parametrize("state", STATES)
def test_whose_approval_a_sheet_waits_for(world: World, who: dict[str, Grants], state: str) -> None:
    sheet = sheets(world)[state]
    assert said_yes(who, lambda grants: sheet.id in chosen(access.approvable(grants))) == names(WAITS[state])


FOUR_EYES = [
    # the worker, who entered or sent part of it, four eyes -> who may approve it; `second` is another deputy,
    # who stands in for the approver and for the manager
    ("worker", "", False, "approver deputy manager second"),
    ("worker", "", True, "approver deputy manager second"),
    ("worker", "approver", False, "approver deputy manager second"),
    ("worker", "approver", True, "manager second"),
    ("worker", "deputy", True, "approver manager second"),
    ("worker", "second", True, "approver deputy manager"),
    ("worker", "manager", True, "approver deputy second"),
    ("worker", "approver manager", True, ""),
    ("worker", "approver manager", False, "approver deputy manager second"),
    ("worker", "worker stranger", True, "approver deputy manager second"),
    ("approver", "", False, "manager second"),
    ("approver", "", True, "manager second"),
    ("approver", "manager", True, ""),
    ("deputy", "", False, "approver manager second"),
    ("second", "", False, "approver deputy manager"),
]


@pytest.mark.parametrize(("worker", "touched", "four_eyes", "may"), FOUR_EYES)
def test_nobody_approves_their_own_hours(
    world: World, everybody: dict[str, Account], worker: str, touched: str, four_eyes: bool, may: str
) -> None:
    """Nor, with four eyes, what they entered or sent; nor a deputy what the one they stand in for did."""
    everybody |= {"manager": factories.account("Els", "Weber"), "second": factories.account("Bo", "Cox")}
    factories.right(everybody["manager"], world.fse, approve=1)
    for supervisor in ("approver", "manager"):
        deputise(world.fse, everybody[supervisor], everybody["second"])
    Organisation.update(four_eyes=four_eyes).where(Organisation.id == world.fse.id).execute()
    Assignment.update(worker=everybody[worker]).where(Assignment.id == world.assignment.id).execute()
    contributors = {everybody[name].id for name in names(touched)}
    for account in contributors:
        Contributor.create(timesheet=world.sheet, account=account)
    # Who had a hand in another sheet is free to approve this one.
    other = factories.sheet(world.assignment, world.periods[0], state="approved")
    for name in ("approver", "deputy", "manager", "second"):
        Contributor.create(timesheet=other, account=everybody[name])
    who = {name: access.grants(account) for name, account in everybody.items()}
    sheet = (
        Timesheet.select(Timesheet, Assignment).join(Assignment).where(Timesheet.id == world.sheet.id).get()
    )

    assert said_yes(who, lambda g: access.approves_for(g, sheet, contributors)[0]) == names(may)
    assert said_yes(who, lambda g: sheet.id in chosen(access.approvable(g))) == names(may)
    for name, grants in who.items():
        _allowed, on_behalf_of = access.approves_for(grants, sheet, contributors)
        if name not in names(may) or name in ("approver", "manager"):
            assert on_behalf_of is None, name
    if "deputy" in names(may):
        assert access.approves_for(who["deputy"], sheet, contributors)[1] == everybody["approver"].id
    if "second" in names(may):
        is_barred = "approver" in (*names(touched), worker) and (four_eyes or worker == "approver")
        principal = everybody["manager" if is_barred else "approver"]
        assert access.approves_for(who["second"], sheet, contributors)[1] == principal.id


# Entering, and what belongs to an organisation.


@pytest.mark.parametrize(("basis", "may"), [("flexible", "worker registrar"), ("fixed", "")])
@pytest.mark.parametrize("entered_by", ["worker", "organisation"])
def test_who_may_enter(world: World, who: dict[str, Grants], basis: str, entered_by: str, may: str) -> None:
    assignment = Assignment(worker=world.noor, organisation=world.fse, basis=basis, entered_by=entered_by)
    assert said_yes(who, lambda grants: access.may_enter(grants, assignment)) == names(may)


def test_who_sees_what_budgets_hold(world: World, who: dict[str, Grants]) -> None:
    def at(place: Organisation) -> list[str]:
        return said_yes(who, lambda grants: access.may_see_budgets(grants, place.id))

    assert at(world.fse) == ["approver", "reader", "deputy", "agency"]
    assert at(world.law) == ["away", "agency"]


def test_who_sees_the_page_of_an_organisation(world: World, who: dict[str, Grants]) -> None:
    def of(place: Organisation) -> list[str]:
        return said_yes(who, lambda grants: access.may_see_organisation(grants, place))

    assert of(world.fse) == ["approver", "registrar", "reader", "deputy", "agency"]
    assert of(world.law) == ["away", "agency"]


EVERYBODY = " ".join(WHO)
FLAGS = [
    # code, why, whether only with hours elsewhere -> who is told of a flag on Noor's sheet at FSE
    ("long_day", "", False, EVERYBODY),
    ("long_day", "", True, "worker agency"),
    ("budget", "day", False, EVERYBODY),
    ("budget", "day", True, "worker agency"),
    ("budget", "minutes", False, "approver registrar reader deputy agency"),
    ("budget", "cents", False, "approver reader deputy agency"),
    ("budget", "cents", True, "agency"),
]


@pytest.mark.parametrize(("code", "why", "is_elsewhere", "told"), FLAGS)
def test_who_is_told_of_a_flag(
    world: World, who: dict[str, Grants], code: str, why: str, is_elsewhere: bool, told: str
) -> None:
    flag = Flag(code=code, detail={"why": why} if why else {}, is_elsewhere=is_elsewhere)
    assert said_yes(who, lambda g: access.may_see_flag(g, flag, world.assignment)) == names(told)
