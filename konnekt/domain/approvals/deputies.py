"""Deputies: who stands in for a supervisor in one organisation, from a first to a last day.

They were asked, and said yes (deputy_requests.py).
"""

from konnekt.db import transaction
from konnekt.domain import access, clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.refusals import Conflict, NotFound
from konnekt.models import Account, Deputy, Organisation


def of(account: Account) -> list[Deputy]:
    """The deputies a supervisor has now or later; all of them for the agency: one statement."""
    whose = Deputy.id.is_null(False) if account.is_agency_staff else Deputy.supervisor == account
    return list(Deputy.whole().where(whose & Deputy.goes_on(clock.today())))


def end(deputy: int, *, by: Account) -> Deputy:
    """End a deputyship now."""
    with transaction():
        deputyship: Deputy | None = (
            Deputy.select(Deputy, Account)
            .join(Account, on=(Deputy.deputy == Account.id))
            .where(Deputy.id == deputy)
            .first()
        )
        if deputyship is None or (deputyship.supervisor_id != by.id and not by.is_agency_staff):
            raise NotFound("This deputy does not exist, or not for you.")
        check_for(deputyship.supervisor_id, by)
        ended = Deputy.update(ended_at=clock.now()).where((Deputy.id == deputy) & Deputy.ended_at.is_null())
        if ended.execute() != 1:
            raise Conflict("This was ended already.")
        events.record(
            "end_deputy",
            by=by,
            organisation=deputyship.organisation_id,
            person=deputyship.deputy,
            before=_facts(deputyship),
        )
    return deputyship


def _facts(deputy: Deputy) -> dict[str, str | int]:
    return {
        "supervisor": deputy.supervisor_id,
        "deputy": deputy.deputy_id,
        "first_on": deputy.first_on.isoformat(),
        "last_on": deputy.last_on.isoformat(),
    }


def check_for(supervisor: int, by: Account) -> None:
    """Raise Forbidden for who may not name or end a deputy of this supervisor: oneself, or the agency."""
    if supervisor != by.id:
        agency_roles.require(by, "people", "Only the agency names a deputy for somebody else.")


def organisations(who: access.Grants) -> list[Organisation]:
    """Where the account may name a deputy: where it approves by its own right; the agency anywhere."""
    if who.may("people"):
        return list(Organisation.select().order_by(Organisation.name))
    return [who.organisations[place] for place, standing_in in who.approve.items() if not standing_in]
