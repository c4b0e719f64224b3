"""All there is to know of one organisation or one person: who may do what, what runs, what is lacking."""

from dataclasses import dataclass
from typing import Any

from peewee import Case, fn

from konnekt.domain import clock, events
from konnekt.domain.accounts import factor_resets, sessions as account_sessions
from konnekt.domain.invoices import billable, parties
from konnekt.domain.records import (
    budget_numbers as record_budget_numbers,
    organisations,
    people,
    rights as record_rights,
)
from konnekt.domain.refusals import N_
from konnekt.models import (
    Account,
    AccountLink,
    Agency,
    Assignment,
    BudgetNumber,
    Deputy,
    Event,
    FactorReset,
    Organisation,
    PayPeriod,
    Rate,
    Right,
    Session,
)


@dataclass(frozen=True)
class OrganisationRecord:
    """An organisation's page. running: assignments that go on; lacks: sentences, why it can't be invoiced."""

    organisation: Organisation
    parent: Organisation | None
    rights: list[Right]
    deputies: list[Deputy]
    budget_numbers: list[BudgetNumber]
    running: int
    lacks: list[str]
    events: list[Event]

    @property
    def is_over(self) -> bool:
        return organisations.is_over(self.organisation)


def of_organisation(code: str, agency: Agency | None) -> OrganisationRecord:
    """The organisation with this code: a fixed number of statements. Raises NotFound."""
    row = organisations.find(code)
    given = record_rights.at(row)
    numbers = record_budget_numbers.of(row)
    running, without_rate = _running(row)
    return OrganisationRecord(
        organisation=row,
        parent=Organisation.get_or_none(Organisation.id == row.parent_id),
        rights=given,
        deputies=_deputies(Deputy.organisation == row),
        budget_numbers=numbers,
        running=running,
        lacks=_lacks(row, agency, given, numbers, without_rate),
        events=events.latest(organisation=row),
    )


def _running(at: Organisation) -> tuple[int, int]:
    """Assignments that run or are to come, and those of them without any rate: one statement."""
    rates = Rate.select().where(Rate.assignment == Assignment.id)
    query: Any = Assignment.select(
        fn.COUNT(Assignment.id), fn.COUNT(Case(None, [(~fn.EXISTS(rates), Assignment.id)]))
    ).where((Assignment.organisation == at) & Assignment.goes_on(clock.today()))
    return query.scalar(as_tuple=True)  # type: ignore[no-any-return]


def _lacks(
    at: Organisation,
    agency: Agency | None,
    given: list[Right],
    numbers: list[BudgetNumber],
    without_rate: int,
) -> list[str]:
    today = clock.today()
    reason = billable.why_not(at)
    periods = PayPeriod.select().where((PayPeriod.calendar == at.calendar) & (PayPeriod.last_on >= today))
    reasons = {
        N_("nobody approves here"): not any(r.may_approve and r.account.is_active for r in given),
        N_("it has no budget number that is valid today"): all(number.is_over for number in numbers),
        N_("there is an assignment without a rate"): without_rate > 0,
        N_("its calendar has no pay periods from today on"): not periods.exists(),
        N_("it has no e-mail address for invoices and no Peppol id"): not (at.invoice_email or at.peppol_id),
        N_("its Peppol id can't be used"): parties.fault_of_peppol_id(at) is not None,
        N_("the agency's own details are not complete"): bool(billable.what_the_agency_lacks(agency)),
    }
    return [*([str(reason)] if reason else []), *(said for said, is_lacking in reasons.items() if is_lacking)]


def _deputies(whose: Any) -> list[Deputy]:
    """Who stands in now or later, for whom and where: one statement."""
    return list(Deputy.whole().where(whose & Deputy.goes_on(clock.today())))


@dataclass(frozen=True)
class PersonRecord:
    """A person's page. elsewhere: where no right is given yet; link: the invitation that is still open.

    reset: that the second factor be taken away, asked and not confirmed yet.
    """

    person: Account
    rights: list[Right]
    elsewhere: list[Organisation]
    deputies: list[Deputy]
    assignments: list[Assignment]
    sessions: list[Session]
    link: AccountLink | None
    waiting: int
    events: list[Event]
    reset: FactorReset | None

    @property
    def has_password(self) -> bool:
        return self.person.password_hash is not None


def of_person(person: int) -> PersonRecord:
    """The person with this id: a fixed number of statements. Raises NotFound."""
    row = people.find(person)
    return PersonRecord(
        person=row,
        rights=record_rights.of_person(row),
        elsewhere=record_rights.elsewhere(row),
        deputies=_deputies((Deputy.supervisor == row) | (Deputy.deputy == row)),
        assignments=_assignments(row),
        sessions=account_sessions.living(row),
        link=_open_link(row),
        waiting=record_rights.waiting_for(row),
        events=events.latest(person=row),
        reset=factor_resets.of(row) if row.has_second_factor else None,
    )


def _assignments(of: Account) -> list[Assignment]:
    return list(
        Assignment.select(Assignment, Organisation)
        .join(Organisation)
        .where((Assignment.worker == of) & Assignment.goes_on(clock.today()))
        .order_by(Assignment.first_on, Assignment.id)
    )


def _open_link(of: Account) -> AccountLink | None:
    link: AccountLink | None = (
        AccountLink.select()
        .where(
            (AccountLink.account == of)
            & AccountLink.used_at.is_null()
            & (AccountLink.expires_at > clock.now())
        )
        .order_by(AccountLink.id.desc())
        .first()
    )
    return link
