"""Asking somebody to stand in: whoever has the address says yes before it holds.

Asking tells nothing about whether the address is an account's: the same words, the same row, the same work,
and no more than some an hour. The one who is asked answers by a link in a mail, or when signed in.
"""

import secrets
from datetime import date, timedelta
from typing import Any

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles, attempts, people, sessions
from konnekt.domain.refusals import Conflict, Invalid, NotFound, TooMany
from konnekt.models import Account, Deputy, DeputyRequest, Organisation, Right

LONGEST = timedelta(days=366)
MOST_AN_HOUR = 20


def of(account: Account) -> list[DeputyRequest]:
    """Whom a supervisor asked and who has not said yes; of all supervisors for the agency: one statement."""
    return _whole(
        DeputyRequest.id.is_null(False) if account.is_agency_staff else DeputyRequest.supervisor == account
    )


def to(account: Account) -> list[DeputyRequest]:
    """What the account is asked and has not answered: one statement."""
    return _whole((DeputyRequest.email == account.email) & DeputyRequest.declined_at.is_null())


def _whole(which: Any) -> list[DeputyRequest]:
    query = (
        DeputyRequest.select(DeputyRequest, Account, Organisation)
        .join(Account, on=(DeputyRequest.supervisor == Account.id))
        .switch(DeputyRequest)
        .join(Organisation)
        .where(which & (DeputyRequest.last_on >= clock.today()))
        .order_by(DeputyRequest.first_on, DeputyRequest.id)
    )
    return list(query)


def ask(
    organisation: str, email: str, first_on: date, last_on: date, *, by: Account, supervisor: str = ""
) -> DeputyRequest:
    """Ask whoever has the address to stand in for oneself; agency staff asks for the supervisor with hers.

    Raises Invalid with the field that can't be, TooMany after many.
    """
    email = email.strip().lower()
    if supervisor:
        agency_roles.require(by, "people", "Only the agency names a deputy for somebody else.")
    _count(by)
    token = secrets.token_urlsafe(32)
    with transaction():
        principal = _supervisor(supervisor) if supervisor else by
        place = _approves_at(organisation, principal)
        if place is None:
            raise Invalid("Choose an organisation in which the supervisor approves.", field="organisation")
        _check(place, principal, email, first_on, last_on)
        DeputyRequest.delete().where(DeputyRequest.last_on < clock.today()).execute()
        asked: DeputyRequest = DeputyRequest.create(
            organisation=place,
            supervisor=principal,
            email=email,
            first_on=first_on,
            last_on=last_on,
            token_hash=sessions.digest(token),
            created_at=clock.now(),
            created_by=by,
        )
        deputy = _named(email)
        facts = _facts(asked)
        events.record("ask_deputy", by=by, organisation=place, person=deputy, after=facts)
        values: dict[str, Any] = {
            "supervisor": principal,
            "organisation": place,
            "first_on": first_on,
            "last_on": last_on,
            "url": mail.link(f"/account/deputies/asked/{token}"),
        }
        if deputy:
            mail.queue("deputy", deputy, **values)
        else:
            # The same work without the row, so that the time tells as little as the answer.
            mail.compose("deputy", Account(email="nobody@example.org"), **values)
    return asked


def _count(by: Account) -> None:
    limit = attempts.Limit(f"ask-deputy {by.id}", MOST_AN_HOUR, timedelta(hours=1))
    try:
        attempts.record([limit])
    except TooMany as refusal:
        raise TooMany("You asked many people. Try again after %(time)s.", **refusal.values) from None


def _supervisor(email: str) -> Account:
    supervisor = _named(email.strip().lower())
    if supervisor is None:
        raise Invalid(
            "Nobody has an account with this e-mail address. The agency can make one.", "supervisor"
        )
    return supervisor


def _named(email: str) -> Account | None:
    account: Account | None = Account.get_or_none((Account.email == email) & Account.is_active)
    return account


def _approves_at(organisation: str, principal: Account) -> Organisation | None:
    """The organisation, where the supervisor approves there by a right of her own."""
    place: Organisation | None = (
        Organisation.select()
        .join(Right)
        .where((Organisation.code == organisation) & (Right.account == principal) & Right.may_approve)
        .first()
    )
    return place


def _check(place: Organisation, principal: Account, email: str, first_on: date, last_on: date) -> None:
    """Raise Invalid for what can't be, whoever has the address."""
    if last_on < first_on:
        raise Invalid("The last day comes before the first.", field="last_on")
    if last_on < clock.today():
        raise Invalid("The last day has passed.", field="last_on")
    if last_on - first_on > LONGEST:
        raise Invalid("A deputy stands in for a year at most.", field="last_on")
    if not people.is_address(email):
        raise Invalid("%(email)s is not a mail address.", field="email", email=email)
    if email == principal.email:
        raise Invalid("Nobody stands in for themselves.", field="email")
    if _overlaps(place, principal, email, first_on, last_on):
        raise Invalid("You asked this address for some of these days already.", field="email")


def _overlaps(place: Organisation, principal: Account, email: str, first_on: date, last_on: date) -> bool:
    """Whether the supervisor has asked, or has that deputy, on some of these days: what her own list says."""

    def same(row: Any) -> Any:
        days = (row.first_on <= last_on) & (row.last_on >= first_on)
        return (row.organisation == place) & (row.supervisor == principal) & days

    asked = DeputyRequest.select().where(
        same(DeputyRequest) & (DeputyRequest.email == email) & DeputyRequest.declined_at.is_null()
    )
    holds = (
        Deputy.select()
        .join(Account, on=(Deputy.deputy == Account.id))
        .where(same(Deputy) & (Account.email == email) & Deputy.ended_at.is_null())
    )
    return bool(asked.exists() or holds.exists())


def find(token: str) -> tuple[DeputyRequest, Account]:
    """What a mailed link asks, and whom; raises NotFound for one that is over or unknown."""
    requests = _whole(
        (DeputyRequest.token_hash == sessions.digest(token)) & DeputyRequest.declined_at.is_null()
    )
    deputy = _named(requests[0].email) if requests else None
    if deputy is None:
        raise NotFound("This question was answered already, or is no longer asked.")
    return requests[0], deputy


def asked(request: int, account: Account) -> DeputyRequest:
    """What this account is asked; raises NotFound for what others are."""
    deputy_request = next((one for one in to(account) if one.id == request), None)
    if deputy_request is None:
        raise NotFound("This question was answered already, or is no longer asked.")
    return deputy_request


def accept(request: DeputyRequest, *, by: Account) -> Deputy:
    """Say yes: from now on, on those days, the account stands in."""
    with transaction():
        _take(request)
        place = _approves_at(request.organisation.code, request.supervisor)
        if place is None or not request.supervisor.is_active:
            raise Conflict("%(name)s no longer approves there.", name=request.supervisor.name)
        deputy: Deputy = Deputy.create(
            organisation=place,
            supervisor=request.supervisor,
            deputy=by,
            first_on=request.first_on,
            last_on=request.last_on,
            created_at=clock.now(),
            created_by=request.created_by,
        )
        events.record("accept_deputy", by=by, organisation=place, person=by, after=_facts(request))
    return deputy


def decline(request: DeputyRequest, *, by: Account) -> None:
    """Say no: whoever asked reads it."""
    with transaction():
        open_one = (DeputyRequest.id == request.id) & DeputyRequest.declined_at.is_null()
        if DeputyRequest.update(declined_at=clock.now()).where(open_one).execute() != 1:
            raise NotFound("This question was answered already, or is no longer asked.")
        place = request.organisation_id
        events.record("decline_deputy", by=by, organisation=place, person=by, before=_facts(request))


def withdraw(request: int, *, by: Account) -> DeputyRequest:
    """Ask no longer, and forget the address."""
    with transaction():
        deputy_request = next((one for one in of(by) if one.id == request), None)
        if deputy_request is None:
            raise NotFound("This question was answered already, or is no longer asked.")
        if deputy_request.supervisor_id != by.id:
            agency_roles.require(by, "people", "Only the agency names a deputy for somebody else.")
        _take(deputy_request)
        events.record(
            "withdraw_deputy",
            by=by,
            organisation=deputy_request.organisation_id,
            before=_facts(deputy_request),
        )
    return deputy_request


def _take(request: DeputyRequest) -> None:
    """The row goes: of two who answer at the same moment one does."""
    if DeputyRequest.delete().where(DeputyRequest.id == request.id).execute() != 1:
        raise NotFound("This question was answered already, or is no longer asked.")


def _facts(request: DeputyRequest) -> dict[str, str | int]:
    """For the record; without the address, which may be nobody's here."""
    return {
        "supervisor": request.supervisor_id,
        "first_on": request.first_on.isoformat(),
        "last_on": request.last_on.isoformat(),
    }
