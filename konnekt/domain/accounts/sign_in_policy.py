"""Whether somebody's organisations have them sign in with a provider: off, offered, or required.

Of several organisations the strictest says it. Agency staff may always, and need not: when a provider is
away for long they let others in again (by setting "required" back to "offered"), with a factor of their own.
Without a provider in the settings nothing is offered or required.
"""

from konnekt.background import mail
from konnekt.domain import clock
from konnekt.domain.refusals import Invalid
from konnekt.models import Account, Assignment, Deputy, Organisation, Right
from konnekt.models.compiled import tuples


def of(account: Account) -> str:
    """What holds for this account today: one statement, none without a provider."""
    if not mail.config().providers:
        return "off"
    if account.is_agency_staff:
        return "offered"
    today = clock.today()
    rights = Right.select(Right.organisation).where(Right.account == account)
    mine = (Deputy.deputy == account) & Deputy.stands_in(today)
    deputy = Deputy.select(Deputy.organisation).where(mine)
    runs = (Assignment.worker == account) & Assignment.goes_on(today)
    works = Assignment.select(Assignment.organisation).where(runs)
    of_these = Organisation.id.in_(rights) | Organisation.id.in_(deputy) | Organisation.id.in_(works)
    ways = {way for (way,) in tuples(Organisation.select(Organisation.sign_in).where(of_these).distinct())}
    return next((way for way in ("required", "offered") if way in ways), "off")


def names() -> str:
    """The providers by name, as a sentence names them."""
    return ", ".join(one.name for one in mail.config().providers)


def allow_password(account: Account, field: str = "password") -> None:
    """Raise Invalid where a password neither signs in nor is chosen."""
    if of(account) == "required":
        raise Invalid(
            "Your organisation has you sign in with %(providers)s: a password does not work here.",
            field=field,
            providers=names(),
            account=account.id,
        )


def allow_passkey(account: Account) -> None:
    """Raise Invalid where a passkey alone signs nobody in."""
    if of(account) == "required":
        raise Invalid("Your organisation has you sign in with %(providers)s.", providers=names())
