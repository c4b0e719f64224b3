"""Who may do what in which organisation, as the agency gives it. Rights never inherit."""

from typing import Any

from peewee import fn

from konnekt.domain import access, refusals, text_fields
from konnekt.domain.records import organisations
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import Invalid, NotFound
from konnekt.models import Account, Assignment, Organisation, Right, State, Timesheet, decision_links

COLUMNS = ("may_approve", "may_register", "may_see_invoices")


def _check_any(may: dict[str, Any]) -> None:
    if not any(may[column] for column in COLUMNS):
        raise Invalid("Tick at least one right.", field="may_approve")


RECORD = RecordType(
    "right",
    lambda row: {"organisation": row.organisation, "person": row.account},
    dict.fromkeys(COLUMNS, text_fields.boolean),
    joint=((COLUMNS, _check_any),),
    adding="give",
    deleting="remove",
)


def of_person(person: Account) -> list[Right]:
    """The person's rights with their organisations, by name: one statement."""
    return list(
        Right.select(Right, Organisation)
        .join(Organisation)
        .where(Right.account == person)
        .order_by(fn.LOWER(Organisation.name), Organisation.id)
    )


def at(organisation: Organisation) -> list[Right]:
    """All rights there with their people, closed accounts too: one statement."""
    return list(
        Right.select(Right, Account)
        .join(Account)
        .where(Right.organisation == organisation)
        .order_by(Account.name_key, Account.id)
    )


def find(person: int, code: str) -> Right:
    """The rights of a person in an organisation; raises NotFound."""
    row: Right | None = (
        Right.select(Right, Organisation, Account)
        .join(Organisation)
        .switch(Right)
        .join(Account)
        .where((Right.account == person) & (Organisation.code == code))
        .first()
    )
    return existing(row, NotFound("This person has no rights there."))


def elsewhere(person: Account) -> list[Organisation]:
    """The organisations that have not ended in which the person has no right yet: one statement."""
    has = Right.select(Right.organisation).where(Right.account == person)
    return list(
        Organisation.select()
        .where(Organisation.ended_on.is_null() & Organisation.id.not_in(has))
        .order_by(fn.LOWER(Organisation.name), Organisation.id)
    )


def give(person: int, code: str, may: dict[str, bool], *, by: Account, is_sure: bool = False) -> Right:
    """Give or change the rights of a person in an organisation; may: one truth per column of COLUMNS.

    Raises Doubtful where she works there herself and would approve, and where nobody would approve any more.
    """
    with staff_only(by, "people"):
        is_somebody = (Account.id == person) & Account.erased_at.is_null()
        account = existing(Account.get_or_none(is_somebody), NotFound("This person does not exist."))
        place = Organisation.get_or_none(Organisation.code == code)
        if place is None:
            raise Invalid("Choose an organisation from the list.", field="organisation")
        right: Right | None = Right.get_or_none((Right.account == account) & (Right.organisation == place))
        if right and not any(may.values()):
            raise Invalid("Tick at least one right, or press “Take all away”.", field="may_approve")
        checked = RECORD.checked(may, right)
        had = bool(right and right.may_approve)
        if may["may_approve"] and not had:
            refusals.ask(_works_there(account, place), is_sure=is_sure)
        elif had and not may["may_approve"]:
            refusals.ask(orphaned(account, [place]), is_sure=is_sure)
        if right is None:
            check_open(place)
            right = Right(account=account, organisation=place, **checked)
            RECORD.add(right, by=by)
        else:
            RECORD.change(right, checked, by=by)
        if had and not right.may_approve:
            decision_links.end_links(account)
    return right


def give_new(person: int, code: str, may: dict[str, bool], *, by: Account, is_sure: bool = False) -> Right:
    """The same, to who has no rights there: others get them on their own page, where one sees which would go.

    Raises Invalid for who has some.
    """
    with staff_only(by, "people"):
        has = Right.select().join(Organisation).where((Right.account == person) & (Organisation.code == code))
        if has.exists():
            raise Invalid(
                "This person has rights here already: change them on the page of this person.", field="person"
            )
        return give(person, code, may, by=by, is_sure=is_sure)


def check_open(place: Organisation) -> None:
    """Nobody gets rights where nothing happens any more."""
    if organisations.is_over(place):
        raise Invalid("This organisation has ended.", field="organisation")


def remove(person: int, code: str, *, by: Account, is_sure: bool = False) -> Right:
    """Take all rights of a person in an organisation away."""
    with staff_only(by, "people"):
        right = find(person, code)
        account = right.account
        if right.may_approve:
            refusals.ask(orphaned(account, [right.organisation]), is_sure=is_sure)
        RECORD.delete(right, by=by)
        if right.may_approve:
            decision_links.end_links(account)
    return right


def _works_there(account: Account, place: Organisation) -> list[Invalid]:
    """product.md section 3: approve, never the worker."""
    own = Assignment.select().where((Assignment.worker == account) & (Assignment.organisation == place))
    return [
        Invalid(
            "%(name)s works at %(organisation)s as well, and can never approve her or his own hours.",
            name=account.name,
            organisation=place.name,
        )
        for _ in own.limit(1)
    ]


def orphaned(account: Account, places: list[Organisation]) -> list[Invalid]:
    """Where nobody else approves: an organisation each, with what waits there."""
    others = (
        Right.select(Right.organisation)
        .join(Account)
        .where(Right.may_approve & Account.is_active & (Right.account != account))
    )
    alone = (
        Organisation.select(Organisation, fn.COUNT(Timesheet.id).alias("waiting"))
        .left_outer_join(
            Timesheet,
            on=((Timesheet.organisation == Organisation.id) & (Timesheet.state == State.SUBMITTED)),
        )
        .where(Organisation.id.in_([place.id for place in places]) & Organisation.id.not_in(others))
        .group_by(Organisation.id)
        .order_by(Organisation.name)
        .objects()
    )
    return [
        Invalid(
            "Nobody else approves at %(organisation)s, where %(count)s timesheets wait.",
            organisation=place.name,
            count=place.waiting,
        )
        for place in alone
    ]


def orphaned_work(person: Account) -> list[Invalid]:
    """What nobody would do if the person could not sign in any more, as sentences to ask about."""
    approves = [right.organisation for right in of_person(person) if right.may_approve]
    doubts = orphaned(person, [place for place in approves if not organisations.is_over(place)])
    own = Assignment.worker == person
    unsent = _count(own & Timesheet.state.in_([State.DRAFT, State.REJECTED]) & (Timesheet.minutes != 0))
    if unsent:
        doubts.append(
            Invalid(
                "Timesheets of %(name)s still have to be sent (%(count)s).", name=person.name, count=unsent
            )
        )
    return doubts


def _count(condition: Any) -> int:
    return int(Timesheet.select().join(Assignment).where(condition).count())


def waiting_for(person: Account) -> int:
    """How many timesheets wait that the person may approve: two statements."""
    who = access.grants(person)
    return _count(access.approvable(who)) if who.approve else 0
