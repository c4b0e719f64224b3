"""Who may do what: asked by the verb and by the button.

`grants` reads an account's rights in one statement; everything else is decided from it.
"""

from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import clock
from konnekt.domain.accounts import agency_roles
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
    State,
    Timesheet,
)
from konnekt.models.compiled import built, compiled, listed, slot


@dataclass(frozen=True)
class Grants:
    """What an account may do today.

    organisations: those where it has a right or stands in for somebody, by name.
    approve: organisation id -> the supervisors it stands in for there; empty: by its own right.
    """

    account: Account
    organisations: dict[int, Organisation] = field(default_factory=dict)
    approve: dict[int, frozenset[int]] = field(default_factory=dict)
    register: frozenset[int] = frozenset()
    invoices: frozenset[int] = frozenset()

    @property
    def is_agency_staff(self) -> bool:
        return bool(self.account.is_agency_staff)

    def may(self, task: str) -> bool:
        """Whether the account may do this task of the agency (agency_roles.MAY)."""
        return agency_roles.may(self.account, task)

    @property
    def is_active_somewhere(self) -> bool:
        return bool(self.organisations)


def grants(account: Account) -> Grants:
    """Read the account's rights and today's deputyships: one statement."""
    organisations: dict[int, Organisation] = {}
    approve: dict[int, frozenset[int]] = {}
    register, invoices = set(), set()
    for *columns, may_approve, may_register, may_see_invoices, principal in _rights(
        account=account.id, today=clock.today()
    ):
        key = columns[0]
        organisations[key] = built(Organisation, tuple(columns))
        if may_approve:
            approve[key] = frozenset()
        elif principal:
            approve[key] = approve.get(key, frozenset()) | {principal}
        if may_register:
            register.add(key)
        if may_see_invoices:
            invoices.add(key)
    return Grants(account, organisations, approve, frozenset(register), frozenset(invoices))


@compiled
def _rights() -> Any:
    """Organisations with the account's right there, and for whom it stands in; every request asks."""
    principal = Right.alias()
    own = Right.select(Right.organisation).where(Right.account == slot("account"))
    deputised = Deputy.select(Deputy.organisation).where(Deputy.deputy == slot("account"))
    return (
        Organisation.select(
            Organisation, Right.may_approve, Right.may_register, Right.may_see_invoices, principal.account
        )
        .join(
            Right,
            JOIN.LEFT_OUTER,
            on=((Right.organisation == Organisation.id) & (Right.account == slot("account"))),
        )
        .switch(Organisation)
        .join(
            Deputy,
            JOIN.LEFT_OUTER,
            on=(
                (Deputy.organisation == Organisation.id)
                & (Deputy.deputy == slot("account"))
                & Deputy.stands_in(slot("today"))
            ),
        )
        .switch(Organisation)
        .join(
            principal,
            JOIN.LEFT_OUTER,
            on=(
                (principal.organisation == Organisation.id)
                & (principal.account == Deputy.supervisor)
                & principal.may_approve
                & principal.account.in_(Account.select(Account.id).where(Account.is_active))
            ),
        )
        .where(
            # So that those of others are not gone through.
            Organisation.id.in_(own | deputised)
            & (Right.may_approve | Right.may_register | Right.may_see_invoices | principal.id.is_null(False))
        )
        .order_by(fn.LOWER(Organisation.name), Organisation.id)
    )


def visible(who: Grants) -> Any:
    """The condition on Timesheet (joined with Assignment) for the sheets this account may see."""
    return _visible(who.is_agency_staff, who.account, *_seen(who))


def visible_slots(is_agency_staff: bool, has_invoiced: bool) -> Any:
    """The same with slots, for a compiled query; `visible_values` gives its shape and what fills them."""
    return _visible(is_agency_staff, slot("account"), listed("seen"), has_invoiced and listed("invoiced"))


def visible_values(who: Grants) -> tuple[tuple[bool, bool], dict[str, Any]]:
    """Shape and values of `visible_slots` for this account."""
    seen, invoiced = _seen(who)
    values = {"account": who.account.id, "seen": seen, "invoiced": invoiced}
    return (who.is_agency_staff, bool(invoiced)), values


def _seen(who: Grants) -> tuple[set[int], frozenset[int]]:
    """The organisations whose sheets the account sees, and those where it is for an invoice alone."""
    seen = set(who.approve) | who.register
    return seen, who.invoices - seen


def _visible(is_agency_staff: bool, account: Any, seen: Any, invoiced: Any) -> Any:
    if is_agency_staff:
        return Timesheet.id.is_null(False)
    condition = Timesheet.organisation.in_(seen) | (Assignment.worker == account)
    if invoiced:
        behind = InvoiceLine.select(InvoiceLine.timesheet).join(Invoice)
        condition |= Timesheet.organisation.in_(invoiced) & Timesheet.id.in_(
            behind.where((InvoiceLine.timesheet == Timesheet.id) & Invoice.organisation.in_(invoiced))
        )
    return condition


def visible_invoices(who: Grants, invoice: Any = Invoice) -> Any:
    """The condition on Invoice (or an alias of it) for the invoices this account may see."""
    if who.is_agency_staff:
        return invoice.id.is_null(False)
    return invoice.organisation.in_(who.invoices)


def may_see_invoices(who: Grants, organisation: int | None = None) -> bool:
    """Whether the account may see the invoices of that organisation, or of any."""
    return who.is_agency_staff or bool(who.invoices if organisation is None else organisation in who.invoices)


def sees_only_as_invoice_reader(who: Grants, sheet: Timesheet) -> bool:
    """Whether it is an invoice alone that shows this sheet (with its assignment) to this account."""
    is_close = sheet.organisation_id in who.approve or sheet.organisation_id in who.register
    return not (is_close or who.is_agency_staff or sheet.assignment.worker_id == who.account.id)


def approvable(who: Grants) -> Any:
    """The condition on Timesheet (joined with Assignment) for what waits for this account's approval.

    Never its own hours; under four-eyes (per organisation) never what it, or the supervisor it
    stands in for, entered or sent.
    """
    if not who.approve:
        return Timesheet.id.is_null()
    groups = (
        Timesheet.organisation.in_(organisations) & _untouched_by(mine, four_eyes)
        for four_eyes, organisations, mine in eyes(who)
    )
    return (Timesheet.state == State.SUBMITTED) & reduce(or_, groups)


def eyes(who: Grants) -> list[tuple[bool, list[int], list[int]]]:
    """Whether four eyes are asked, in which organisations, and whose hours are not for these eyes.

    One's own, and those of the supervisor one stands in for: a group per supervisor.
    """
    alike: dict[tuple[bool, tuple[int, ...]], list[int]] = {}
    for organisation, standing_in in who.approve.items():
        for principals in _each(standing_in):
            mine = tuple(sorted({who.account.id, *principals}))
            alike.setdefault((who.organisations[organisation].four_eyes, mine), []).append(organisation)
    groups = [(four_eyes, organisations, list(mine)) for (four_eyes, mine), organisations in alike.items()]
    return sorted(groups)


def _each(principals: frozenset[int]) -> list[set[int]]:
    return [{one} for one in sorted(principals)] or [set()]


def _untouched_by(accounts: Any, four_eyes: bool) -> Any:
    untouched = Assignment.worker.not_in(accounts)
    if four_eyes:
        touched = Contributor.select().where(
            (Contributor.timesheet == Timesheet.id) & Contributor.account.in_(accounts)
        )
        untouched &= ~fn.EXISTS(touched)
    return untouched


def approves_for(who: Grants, sheet: Timesheet, contributors: set[int]) -> tuple[bool, int | None]:
    """Whether the account may approve or reject this sheet, and on whose behalf (None: its own right).

    sheet comes with its assignment; contributors are the accounts that entered or sent any part of it.
    """
    standing_in = who.approve.get(sheet.organisation_id)
    if standing_in is None:
        return False, None
    four_eyes = who.organisations[sheet.organisation_id].four_eyes
    for principals in _each(standing_in):
        eyes = {who.account.id, *principals}
        if sheet.assignment.worker_id in eyes or (four_eyes and eyes & contributors):
            continue
        return True, next(iter(principals), None)
    return False, None


def may_enter(who: Grants, assignment: Assignment) -> bool:
    """The worker of a flexible assignment, or a supervisor with the register right there."""
    if assignment.basis != "flexible":
        return False
    return assignment.worker_id == who.account.id or assignment.organisation_id in who.register


def may_see_budgets(who: Grants, organisation: int) -> bool:
    """Who approves hours there, or sees its invoices, sees what they cost; and the agency."""
    return who.is_agency_staff or organisation in who.approve or organisation in who.invoices


def may_see_organisation(who: Grants, organisation: Organisation) -> bool:
    """Whoever has any right there, and the agency."""
    return who.is_agency_staff or organisation.id in who.organisations


def may_see_flag(who: Grants, flag: Flag, assignment: Assignment) -> bool:
    """Whether the account is told this about a sheet of the assignment.

    What arises from hours elsewhere is for the worker and the agency. How many hours of a budget are used is
    for the organisation; how many euros for who may see those: they would give the bill rate away.
    """
    if who.is_agency_staff:
        return True
    if flag.is_elsewhere and assignment.worker_id != who.account.id:
        return False
    if flag.code != "budget" or flag.detail.get("why") == "day":
        return True
    if flag.detail.get("why") == "cents":
        return may_see_budgets(who, assignment.organisation_id)
    return assignment.organisation_id in who.organisations
