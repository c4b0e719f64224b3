"""Who enters whose hours: the worker, or those with the register right where the organisation enters."""

from collections.abc import Iterable

from konnekt.models import Account, Assignment, Organisation, Right


def of(organisations: Iterable[int]) -> dict[int, list[Account]]:
    """The open accounts with the register right by organisation, by name; one statement, none for none."""
    asked = list(organisations)
    if not asked:
        return {}
    query = (
        Right.select(Right, Account)
        .join(Account)
        .where(Right.organisation.in_(asked) & Right.may_register & Account.is_active)
        .order_by(Account.name_key, Account.id)
    )
    by_organisation: dict[int, list[Account]] = {}
    for right in query:
        by_organisation.setdefault(right.organisation_id, []).append(right.account)
    return by_organisation


def who_enter(assignment: Assignment, entering: dict[int, list[Account]]) -> list[Account]:
    """Who enters the hours of an assignment (with its worker); entering: what `of` gives.

    Nobody where the account of who should is closed.
    """
    if assignment.entered_by == "organisation":
        return entering.get(assignment.organisation_id, [])
    return [assignment.worker] if assignment.worker.is_active else []


def everywhere() -> dict[int, list[Account]]:
    """The same for all organisations: one statement."""
    return of(Organisation.select(Organisation.id))
