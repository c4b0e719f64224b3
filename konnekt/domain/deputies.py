"""Deputies: who stands in for a supervisor in one organisation, from a first to a last day."""

from datetime import date, timedelta

from konnekt.db import transaction
from konnekt.domain import access, clock, events
from konnekt.domain.refused import Forbidden, Invalid, NotFound, Refused
from konnekt.models import Account, Deputy, Organisation, Right

LONGEST = timedelta(days=366)


def of(account: Account) -> list[Deputy]:
    """The deputies a supervisor has now or later; all of them for the agency: one statement."""
    whose = Deputy.id.is_null(False) if account.is_agency_staff else Deputy.supervisor == account
    principal = Account.alias()
    return list(
        Deputy.select(Deputy, Account, principal, Organisation)
        .join(Account, on=(Deputy.deputy == Account.id))
        .switch(Deputy)
        .join(principal, on=(Deputy.supervisor == principal.id))
        .switch(Deputy)
        .join(Organisation)
        .where(whose & Deputy.ended_at.is_null() & (Deputy.last_on >= clock.today()))
        .order_by(Deputy.first_on, Deputy.id)
    )


def name(
    organisation: str, email: str, first_on: date, last_on: date, *, by: Account, supervisor: str = ""
) -> Deputy:
    """Name a deputy for oneself; agency staff does so for the supervisor with that e-mail address."""
    with transaction():
        if supervisor and not by.is_agency_staff:
            raise Forbidden("Only the agency names a deputy for somebody else.")
        principal = _account(supervisor, "supervisor") if supervisor else by
        place = (
            Organisation.select()
            .join(Right)
            .where((Organisation.code == organisation) & (Right.account == principal) & Right.may_approve)
            .first()
        )
        if place is None:
            raise Invalid("Choose an organisation in which the supervisor approves.", field="organisation")
        if last_on < first_on:
            raise Invalid("The last day comes before the first.", field="last_on")
        if last_on < clock.today():
            raise Invalid("The last day has passed.", field="last_on")
        if last_on - first_on > LONGEST:
            raise Invalid("A deputy stands in for a year at most.", field="last_on")
        deputy = _account(email, "email")
        if deputy.id == principal.id:
            raise Invalid("Nobody stands in for themselves.", field="email")
        if _overlaps(place, principal, deputy, first_on, last_on):
            raise Invalid(
                "%(name)s stands in on some of these days already.", field="email", name=deputy.name
            )
        made: Deputy = Deputy.create(
            organisation=place,
            supervisor=principal,
            deputy=deputy,
            first_on=first_on,
            last_on=last_on,
            created_at=clock.now(),
            created_by=by,
        )
        events.record("name_deputy", by=by, organisation=place, person=deputy, after=_facts(made))
    return made


def _account(email: str, field: str) -> Account:
    key = email.strip().lower()
    found: Account | None = Account.get_or_none((Account.email == key) & Account.is_active)
    if found is None:
        raise Invalid("Nobody has an account with this e-mail address. The agency can make one.", field=field)
    return found


def _overlaps(
    place: Organisation, principal: Account, deputy: Account, first_on: date, last_on: date
) -> bool:
    return bool(
        Deputy.select()
        .where(
            (Deputy.organisation == place)
            & (Deputy.supervisor == principal)
            & (Deputy.deputy == deputy)
            & (Deputy.first_on <= last_on)
            & (Deputy.last_on >= first_on)
            & Deputy.ended_at.is_null()
        )
        .exists()
    )


def end(deputy: int, *, by: Account) -> Deputy:
    """End a deputyship now."""
    with transaction():
        found: Deputy | None = (
            Deputy.select(Deputy, Account)
            .join(Account, on=(Deputy.deputy == Account.id))
            .where(Deputy.id == deputy)
            .first()
        )
        if found is None or (found.supervisor_id != by.id and not by.is_agency_staff):
            raise NotFound("This deputy does not exist, or not for you.")
        ended = Deputy.update(ended_at=clock.now()).where((Deputy.id == deputy) & Deputy.ended_at.is_null())
        if ended.execute() != 1:
            raise Refused("This was ended already.")
        events.record(
            "end_deputy", by=by, organisation=found.organisation_id, person=found.deputy, before=_facts(found)
        )
    return found


def _facts(deputy: Deputy) -> dict[str, str | int]:
    return {
        "supervisor": deputy.supervisor_id,
        "deputy": deputy.deputy_id,
        "first_on": deputy.first_on.isoformat(),
        "last_on": deputy.last_on.isoformat(),
    }


def organisations(who: access.Grants) -> list[Organisation]:
    """Where the account may name a deputy: where it approves by its own right; the agency anywhere."""
    if who.is_agency_staff:
        return list(Organisation.select().order_by(Organisation.name))
    return [who.organisations[place] for place, standing_in in who.approve.items() if not standing_in]
