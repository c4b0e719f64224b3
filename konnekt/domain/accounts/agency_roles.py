"""What each role within the agency may do: one table, asked by the verbs, the menu and the buttons.

Somebody of the agency has one role or more. Every role sees what the agency sees, but for what workers earn;
what is changed asks the role that the table names. In an agency where everybody has all roles nobody notices.
"""

from typing import Any

from peewee import fn

from konnekt.domain.refusals import N_, Forbidden
from konnekt.models import Account

ROLES = (PLANNING, INVOICING, PAYROLL, ADMINISTRATION, READING) = (
    "planning",
    "invoicing",
    "payroll",
    "administration",
    "reading",
)
# As an account keeps them: in this order, with a space between two.
ALL = " ".join(ROLES)

# A task, and the roles of which one is enough for it.
MAY: dict[str, tuple[str, ...]] = {
    "look": ROLES,
    "people": (PLANNING,),
    "organisations": (PLANNING,),
    "assignments": (PLANNING,),
    "calendar": (PLANNING,),
    "hours": (PLANNING,),
    "corrections": (PLANNING,),
    "invoices": (INVOICING,),
    "payments": (INVOICING,),
    "budget numbers": (INVOICING,),
    "payroll": (PAYROLL,),
    "rates": (PAYROLL,),
    "hour types": (PAYROLL, ADMINISTRATION),
    "pay rates": (PAYROLL, ADMINISTRATION),
    "hour imports": (PLANNING, ADMINISTRATION),
    "mail": (PLANNING, ADMINISTRATION),
    "record imports": (ADMINISTRATION,),
    "staff": (ADMINISTRATION,),
    "agency": (ADMINISTRATION,),
    "sign-in": (ADMINISTRATION,),
    "personal data": (ADMINISTRATION,),
}
NEEDED = {
    ROLES: N_("You have no role at the agency yet: %(names)s can give you one."),
    (PLANNING,): N_("This asks the role Planning at the agency, which %(names)s has."),
    (INVOICING,): N_("This asks the role Invoicing at the agency, which %(names)s has."),
    (PAYROLL,): N_("This asks the role Payroll at the agency, which %(names)s has."),
    (ADMINISTRATION,): N_("This asks the role Administration at the agency, which %(names)s has."),
    (PLANNING, ADMINISTRATION): N_(
        "This asks the role Planning or Administration at the agency, which %(names)s has."
    ),
    (PAYROLL, ADMINISTRATION): N_(
        "This asks the role Payroll or Administration at the agency, which %(names)s has."
    ),
}
NOBODY = N_("This asks a role at the agency that nobody has now. %(names)s can give it to somebody.")
# As many as one asks.
MOST_NAMED = 5


def of(account: Account) -> tuple[str, ...]:
    """The roles that somebody of the agency has, in the order of the table; nobody else has any."""
    words = str(account.agency_roles).split()
    return tuple(role for role in ROLES if account.is_agency_staff and role in words)


def joined(roles: Any) -> str:
    """Roles as an account keeps them."""
    return " ".join(role for role in ROLES if role in roles)


def may(account: Account, task: str) -> bool:
    """Whether the account may do this task of the agency."""
    return bool(set(MAY[task]) & set(of(account)))


def require(by: Account | None, task: str, sentence: str) -> None:
    """Raise Forbidden for who may not: with the sentence for all but agency staff, who hear who may.

    by: None is the command line, which may.
    """
    if by is None or may(by, task):
        return
    if not by.is_agency_staff:
        raise Forbidden(sentence)
    raise missing(task)


def missing(task: str) -> Forbidden:
    """What somebody of the agency is told whose roles are not enough for a task."""
    needed = MAY[task]
    names = holders(ADMINISTRATION) if needed == ROLES else holders(*needed)
    if names:
        return Forbidden(NEEDED[needed], names=", ".join(names))
    return Forbidden(NOBODY, names=", ".join(holders(ADMINISTRATION)))


def holders(*roles: str) -> list[str]:
    """The names of some who have one of these roles, and can sign in: one statement."""
    query = Account.select().where(Account.is_active & has(*roles))
    return [one.name for one in query.order_by(Account.name_key, Account.id).limit(MOST_NAMED)]


def has(*roles: str, account: Any = Account) -> Any:
    """The condition on Account (or an alias of it): of the agency's staff, with one of these roles."""
    condition = account.agency_roles.contains(roles[0])
    for role in roles[1:]:
        condition |= account.agency_roles.contains(role)
    return account.is_agency_staff & condition


def is_administered_without(person: int) -> Any:
    """The condition that somebody else has the role Administration and can sign in.

    It stands in the UPDATE that takes it away, or closes an account: there always is somebody.
    """
    other = Account.alias()
    others = other.select(other.id).where(
        (other.id != person) & other.is_active & has(ADMINISTRATION, account=other)
    )
    return fn.EXISTS(others)
