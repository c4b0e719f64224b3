"""How long each kind of data of people is kept: the agency's own terms, never shorter than the law's.

What is past its term goes by `konnekt forget` (forget.py).
"""

from dataclasses import dataclass
from datetime import date

from konnekt.domain import clock, events
from konnekt.domain.records.audited import Several, staff_only
from konnekt.domain.refusals import N_, Conflict, Invalid, fingerprint_of
from konnekt.models import Account, RetentionTerm

THING = "retention"


@dataclass(frozen=True)
class KindOfData:
    """One kind of data. usual, least, most: numbers of its unit; ground: why at least that long."""

    what: str
    since: str
    ground: str
    unit: str
    usual: int
    least: int
    most: int


_YEAR = N_("counted from the end of the year")
# AWR: Algemene wet inzake rijksbelastingen. Five years: Uitvoeringsregeling loonbelasting 2011.
KINDS = {
    "invoices": KindOfData(
        N_("names on invoices and their documents, and of who paid"),
        _YEAR,
        N_("the duty to keep invoices (art. 52 AWR): seven years"),
        "years", 7, 7, 20,
    ),
    "payroll": KindOfData(
        N_("names and numbers in payroll batches"),
        _YEAR,
        N_("the duty to keep what taxes follow from (art. 52 AWR): seven years"),
        "years", 7, 7, 20,
    ),
    "hours": KindOfData(
        N_("remarks with hours, and what the history of a timesheet held"),
        _YEAR,
        N_("the hours behind invoices and pay (art. 52 AWR): seven years"),
        "years", 7, 7, 20,
    ),
    "workers": KindOfData(
        N_("name and address of who worked"),
        N_("counted from the end of the year of the last assignment"),
        N_("wage tax records: five years after the employment"),
        "years", 5, 5, 20,
    ),
    "accounts": KindOfData(
        N_("accounts of people who have no relation any more"),
        N_("counted from the last relation or sign-in"),
        N_("no law; no longer than is needed (GDPR art. 5 (1) e)"),
        "years", 2, 1, 20,
    ),
    "mail": KindOfData(
        N_("mails that were sent or given up, and links"),
        N_("counted from when they were made"),
        N_("no law; no longer than is needed (GDPR art. 5 (1) e)"),
        "months", 12, 3, 120,
    ),
}  # fmt: skip


def terms() -> dict[str, int]:
    """The number of each kind, in its unit: one statement."""
    chosen = dict(RetentionTerm.select(RetentionTerm.kind, RetentionTerm.number).tuples())
    return {kind: max(chosen.get(kind, of.usual), of.least) for kind, of in KINDS.items()}


def seen(of: dict[str, int]) -> str:
    """What a form carries of the terms that it showed."""
    return fingerprint_of([f"{kind} {number}" for kind, number in of.items()])


def change(values: dict[str, int | None], *, seen: str, by: Account) -> dict[str, int]:
    """Choose other terms. Raises Several for what no law allows, Conflict where the form is overtaken."""
    with staff_only(by, "agency"):
        now = terms()
        if seen and seen != _seen(now):
            raise Conflict(
                "Somebody else changed this while you were typing. Check your text and save again."
            )
        faults = [fault for kind in KINDS if (fault := _fault(kind, values.get(kind)))]
        if faults:
            raise Several(faults)
        changed = {kind: int(values[kind] or 0) for kind in KINDS if values[kind] != now[kind]}
        for kind, number in changed.items():
            RetentionTerm.insert(kind=kind, number=number).on_conflict(
                conflict_target=[RetentionTerm.kind], update={RetentionTerm.number: number}
            ).execute()
        if changed:
            before, after = ({f"{kind}_term": of[kind] for kind in changed} for of in (now, changed))
            events.record("change_terms", by=by, thing=THING, before=before, after=after)
    return now | changed


_seen = seen


def _fault(kind: str, number: int | None) -> Invalid | None:
    of = KINDS[kind]
    if number is None or not of.least <= number <= of.most:
        return Invalid(
            "Choose a whole number from %(least)s to %(most)s.", field=kind, least=of.least, most=of.most
        )
    return None


def cut(kind: str, number: int, today: date | None = None) -> date:
    """What is of before this day is past its term. Terms in years of the law count whole calendar years."""
    today = today or clock.today()
    if kind == "mail":
        months = today.year * 12 + today.month - 1 - number
        return date(months // 12, months % 12 + 1, min(today.day, 28))
    if kind == "accounts":
        return date(today.year - number, today.month, min(today.day, 28))
    return date(today.year - number, 1, 1)


def last_day(years: int, day: date) -> date:
    """The last day on which something of this day is kept, for terms that count calendar years."""
    return date(day.year + years, 12, 31)
