"""Where a worker is placed already: what is asked about before an assignment is saved, and its code."""

from datetime import date
from typing import Any

from peewee import fn

from konnekt.domain import clock, units
from konnekt.domain.refusals import Invalid, NotFound, fingerprint_of
from konnekt.models import Account, Assignment, Hour, Organisation, Right, Timesheet, TimesheetLine
from konnekt.models.people import holds

MOST = 20
Dates = tuple[date, date | None]


def doubts_of(row: Assignment, terms: Any, *, language: str) -> list[Invalid]:
    """What is asked about first: two statements.

    Of a new one whether its worker approves there, other assignments on the same days, hours that would lie
    outside its dates.

    row: may be new; terms: its assignments.Terms to be.
    """
    dates = (terms.first_on, terms.last_on)
    is_new = row.id is None
    if not is_new and dates == (row.first_on, row.last_on):
        return []
    doubts = _overlapping(row, *dates)
    if is_new:
        return _approves_there(row) + doubts
    return doubts + outside(row, (row.first_on, row.last_on), dates, language=language)


def _approves_there(row: Assignment) -> list[Invalid]:
    """product.md section 3: approve, never the worker."""
    own = (Right.account == row.worker_id) & (Right.organisation == row.organisation_id)
    return [
        Invalid(
            "%(name)s approves at %(organisation)s, and can never approve her or his own hours.",
            field="sure",
            name=row.worker.name,
            organisation=row.organisation.name,
        )
        for _ in Right.select().where(own & Right.may_approve)
    ]


def _overlapping(this: Assignment, first_on: date, last_on: date | None) -> list[Invalid]:
    """Those that share no days with it yet: what stood side by side already was asked about before."""
    mine = (Assignment.worker == this.worker_id) & (Assignment.organisation == this.organisation_id)
    query = Assignment.select(Assignment.code).where(mine & _shares(first_on, last_on))
    if this.id is not None:
        query = query.where((Assignment.id != this.id) & ~_shares(this.first_on, this.last_on))
    codes = ", ".join(row.code for row in query.order_by(Assignment.code))
    if not codes:
        return []
    return [
        Invalid(
            "This worker has another assignment here on the same days: %(codes)s. Both stay.",
            field="sure",
            codes=codes,
        )
    ]


def _shares(first_on: date, last_on: date | None) -> Any:
    """The condition on Assignment: some of its days are among these."""
    starts_in_time = (Assignment.first_on <= last_on) if last_on else Assignment.id.is_null(False)
    return starts_in_time & Assignment.goes_on(first_on)


def outside(row: Assignment, was: Dates, dates: Dates, *, language: str) -> list[Invalid]:
    """Hours that lie within its dates as they were, and would no longer: one statement."""
    if was == dates:
        return []
    query = (
        Hour.select(fn.COUNT(Hour.day.distinct()), fn.SUM(Hour.minutes))
        .join(TimesheetLine)
        .join(Timesheet)
        .where((Timesheet.assignment == row) & (Hour.minutes > 0) & _within(was) & ~_within(dates))
    )
    days, minutes = query.scalar(as_tuple=True)
    if not days:
        return []
    hours = units.hours_total(int(minutes), language)
    if days == 1:
        return [
            Invalid(
                "There are %(hours)s hours outside these dates, on one day. They get a flag.",
                field="sure",
                hours=hours,
            )
        ]
    return [
        Invalid(
            "There are %(hours)s hours outside these dates, on %(days)s days. They get a flag.",
            field="sure",
            hours=hours,
            days=days,
        )
    ]


def _within(dates: Dates) -> Any:
    first_on, last_on = dates
    return (Hour.day >= first_on) & (Hour.day <= (last_on or date.max))


def key(doubts: list[Invalid]) -> str:
    """What a tick carries, so that it answers these doubts and no others."""
    return fingerprint_of([str(doubt) for doubt in doubts]) if doubts else ""


def suggested_code(worker: Account) -> str:
    """The next free code of this worker's assignments, such as A70012-2: one statement."""
    start = f"A{worker.employee_number}-"
    query = Assignment.select(Assignment.code).where(Assignment.code.startswith(start))
    taken = {row.code for row in query}
    return next(code for code in (f"{start}{n}" for n in range(1, len(taken) + 2)) if code not in taken)


def workers(text: str) -> list[Account]:
    """The people whose name, employee number or e-mail address this is part of: one statement.

    At most FOUND; also those without an employee number, so that the page can say what they lack.
    """
    typed = text.replace("\0", "").strip()[:100]
    if not typed:
        return []
    condition = Account.is_active
    for word in typed.split():
        condition &= (
            holds(Account.name_key, word)
            | Account.employee_number.startswith(word)
            | Account.email.startswith(word.lower())
        )
    order = (Account.employee_number.is_null(), Account.name_key, Account.id)
    return list(Account.select().where(condition).order_by(*order).limit(MOST))


def unplaced() -> list[Account]:
    """The workers without an assignment that runs or is to come, by name: one statement, at most FOUND."""
    placed = Assignment.select(Assignment.id).where(
        (Assignment.worker == Account.id) & Assignment.goes_on(clock.today())
    )
    is_free = Account.is_active & Account.employee_number.is_null(False) & ~fn.EXISTS(placed)
    return list(Account.select().where(is_free).order_by(Account.name_key, Account.id).limit(MOST))


def worker(named: str) -> Account | None:
    """The active account with this employee number or e-mail address: one statement."""
    typed = named.replace("\0", "").strip()
    if not typed:
        return None
    workers = Account.select().where(
        Account.is_active & ((Account.employee_number == typed) | (Account.email == typed.lower()))
    )
    return workers.first()  # type: ignore[no-any-return]


def has_workers() -> bool:
    """Whether anybody can be placed: one statement."""
    return bool(Account.select().where(Account.employee_number.is_null(False)).exists())


def to_place(named: str, code: str) -> tuple[Account, Organisation]:
    """The worker and the organisation that a form names. Raises NotFound."""
    who = worker(named)
    place: Organisation | None = Organisation.get_or_none(Organisation.code == code.replace("\0", ""))
    if who is None or place is None:
        raise NotFound("This worker or organisation does not exist.")
    return who, place


def organisations() -> list[Organisation]:
    """Where somebody can be placed: all that have not ended, by name: one statement."""
    open_still = Organisation.select().where(Organisation.goes_on(clock.today()))
    return list(open_still.order_by(fn.LOWER(Organisation.name)))
