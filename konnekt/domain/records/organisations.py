"""Organisations as the agency keeps them: add, change, end and take back the end."""

from datetime import date
from functools import partial
from typing import Any

from peewee import fn

from konnekt.domain import clock, refusals, text_fields
from konnekt.domain.records import company_numbers
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import N_, Conflict, Invalid, NotFound
from konnekt.models import LANGUAGES, Account, Assignment, Organisation, State, Timesheet
from konnekt.models.organisations import (
    CALENDARS,
    DECIDE_BY_MAIL,
    INVOICE_PER,
    INVOICE_WAYS,
    SIGN_IN,
    VAT_TREATMENTS,
)
from konnekt.models.people import fold

LONGEST_TERM = 365


def _code(text: Any, field: str) -> str:
    code = text_fields.code(text, field)
    if "/" in code or not code.strip("."):
        raise Invalid("A code stands in addresses: use no slash and not only points.", field=field)
    return code


RECORD = RecordType(
    "organisation",
    lambda row: {"organisation": row},
    {
        "code": _code,
        "name": text_fields.name,
        "calendar": text_fields.one_of(*CALENDARS),
        "four_eyes": text_fields.boolean,
        "decide_by_mail": text_fields.one_of(*DECIDE_BY_MAIL),
        "payment_term_days": text_fields.between(
            0, LONGEST_TERM, N_("Type a number of days from 0 to %(most)s.")
        ),
        "vat_treatment": text_fields.one_of(*VAT_TREATMENTS),
        "vat_text": partial(text_fields.lines, most=500),
        "vat_number": company_numbers.vat_number,
        "coc_number": company_numbers.coc_number,
        "peppol_id": company_numbers.peppol_id,
        "invoice_email": company_numbers.email,
        "invoice_copy_to": company_numbers.email,
        "invoice_way": text_fields.one_of(*INVOICE_WAYS),
        "payment_reminders": text_fields.boolean,
        "language": text_fields.one_of(*LANGUAGES),
        "contact_name": text_fields.line,
        "street": text_fields.line,
        "city": text_fields.line,
        "legal_name": text_fields.line,
        "postcode": partial(text_fields.line, most=20),
        "country": company_numbers.country,
        "purchase_order_number": text_fields.short,
        "purchase_order_required": text_fields.boolean,
        "invoice_per": text_fields.one_of(*INVOICE_PER),
    },
    joint=(
        text_fields.needed(
            "vat_treatment", "exempt", "vat_text", N_("An invoice without VAT says why: type the text.")
        ),
        text_fields.needed(
            "vat_treatment",
            "reverse_charge",
            "vat_number",
            N_("VAT is charged to their VAT number: fill it in."),
        ),
        text_fields.needed(
            "invoice_way",
            "peppol",
            "peppol_id",
            N_("By Peppol an invoice goes to its Peppol id: fill it in."),
        ),
    ),
    more=("parent",),
)
COLUMNS = RECORD.columns
seen = RECORD.fingerprint


def find(code: str) -> Organisation:
    """The organisation with this code; raises NotFound."""
    place: Organisation | None = Organisation.get_or_none(Organisation.code == code)
    return existing(place, NotFound("This organisation does not exist."))


def add(values: dict[str, Any], *, by: Account) -> Organisation:
    """A new organisation. Raises Invalid with the field that can't be."""
    with staff_only(by, "organisations"):
        row = Organisation(**_checked(values))
        RECORD.add(row, by=by)
    return row


def change(code: str, values: dict[str, Any], *, seen: str, by: Account) -> Organisation:
    """Change what the form holds. Raises Invalid, or Refused where somebody else changed it meanwhile."""
    with staff_only(by, "organisations"):
        row = find(code)
        RECORD.check_seen(row, seen)
        checked = _checked(values, row)
        guard = None
        if checked["calendar"] != row.calendar:
            check_calendar(row)
            guard = ~fn.EXISTS(_sheets(row))
        RECORD.change(row, checked, by=by, guard=guard, name_key=fold(checked["name"]))
    return row


def _checked(values: dict[str, Any], row: Organisation | None = None) -> dict[str, Any]:
    checked = RECORD.checked(values, row)
    if row is None or checked["code"] != row.code:
        text_fields.check_code(
            checked["code"], [code for (code,) in Organisation.select(Organisation.code).tuples()]
        )
    parent = None
    if values["parent"]:
        parent = Organisation.get_or_none(Organisation.code == values["parent"])
        if parent is None:
            raise Invalid("Choose an organisation from the list.", field="parent")
    if row is not None and parent is not None:
        above = Organisation.alias()
        query = Organisation.select(Organisation.code, above.code).join(above, on=Organisation.parent)
        check_parent(row.code, {**dict(query.tuples()), row.code: parent.code})
    return checked | {"parent": parent}


def check_parent(code: str, above: dict[str, str]) -> None:
    """above: the code of the organisation that each one is part of, as it will be."""
    at, passed = above.get(code), set[str]()
    while at is not None and at not in passed:
        if at == code:
            raise Invalid("An organisation is no part of itself.", field="parent")
        passed.add(at)
        at = above.get(at)


def check_calendar(row: Organisation) -> None:
    """The calendar stays once there are timesheets (product.md section 2)."""
    if _sheets(row).exists():
        raise Invalid("There are timesheets here, so the calendar stays.", field="calendar")


def _sheets(row: Organisation) -> Any:
    return Timesheet.select().where(Timesheet.organisation == row)


def running_on(organisation: Organisation, after: date) -> int:
    """How many assignments go on after that day."""
    goes_on = Assignment.last_on.is_null() | (Assignment.last_on > after)
    return int(Assignment.select().where((Assignment.organisation == organisation) & goes_on).count())


def unfinished(organisation: Organisation) -> int:
    """How many timesheets are neither approved nor empty drafts."""
    begun = (Timesheet.state != State.DRAFT) | (Timesheet.minutes != 0)
    return int(
        Timesheet.select()
        .where((Timesheet.organisation == organisation) & (Timesheet.state != State.APPROVED) & begun)
        .count()
    )


def end(code: str, on: date | None, *, by: Account, is_sure: bool = False) -> Organisation:
    """End it as a client; on: its last day. Everything that was, stays on record.

    Raises Conflict while assignments go on after that day, Doubtful while timesheets are unfinished.
    """
    with staff_only(by, "organisations"):
        row = find(code)
        text_fields.day(on, "ended_on")
        if on is None:
            raise Invalid("Choose a day.", field="ended_on")
        if row.ended_on is not None:
            raise Conflict("This organisation was ended already.")
        running = running_on(row, on)
        if running:
            raise Invalid(
                "Assignments go on here after that day (%(count)s): end those first.",
                field="ended_on",
                count=running,
            )
        count = unfinished(row)
        asked = Invalid("Timesheets here are not approved yet (%(count)s). They stay, and wait.", count=count)
        refusals.ask([asked] if count else [], is_sure=is_sure)
        RECORD.change(row, {"ended_on": on}, by=by, verb="end_organisation")
    return row


def resume(code: str, *, by: Account) -> Organisation:
    """Take the end back: it is a client again."""
    with staff_only(by, "organisations"):
        row = find(code)
        if row.ended_on is None:
            raise Conflict("This organisation has not ended.")
        RECORD.change(row, {"ended_on": None}, by=by, verb="resume_organisation")
    return row


def choose_sign_in(code: str, sign_in: str, *, seen: str, by: Account) -> Organisation:
    """Whether its people sign in with a provider: off, offered or required (accounts/sign_in_policy.py)."""
    with staff_only(by, "sign-in"):
        row = find(code)
        if sign_in not in SIGN_IN:
            raise Invalid("Choose one of the three.", field="sign_in")
        if seen != row.sign_in:
            raise Conflict("Somebody else changed this at the same moment. Look at it again.")
        RECORD.change(row, {"sign_in": sign_in}, by=by)
    return row


def is_over(organisation: Organisation) -> bool:
    """Whether its last day has passed."""
    return organisation.ended_on is not None and organisation.ended_on < clock.today()
