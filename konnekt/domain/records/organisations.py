"""Organisations as the agency keeps them: add, change, end and take back the end."""

from datetime import date
from typing import Any

from peewee import fn

from konnekt.domain import clock, events
from konnekt.domain.records import changes, doubts, numbers, typed
from konnekt.domain.refused import Invalid, NotFound, Refused
from konnekt.models import LANGUAGES, Account, Assignment, Organisation, State, Timesheet
from konnekt.models.organisations import CALENDARS, VAT_TREATMENTS
from konnekt.models.people import fold

COLUMNS = (
    "code", "name", "parent", "calendar", "four_eyes", "payment_term_days", "vat_treatment", "vat_text",
    "vat_number", "coc_number", "peppol_id", "language", "contact_name", "street", "postcode", "city",
    "country", "invoice_email", "legal_name", "purchase_order_number", "purchase_order_required",
)  # fmt: skip
LONGEST_TERM = 365


def find(code: str) -> Organisation:
    """The organisation with this code; raises NotFound."""
    found: Organisation | None = Organisation.get_or_none(Organisation.code == code)
    if found is None:
        raise NotFound("This organisation does not exist.")
    return found


def seen(organisation: Organisation) -> str:
    """How the row is now, for the form that changes it."""
    return changes.seen(organisation, COLUMNS)


def add(values: dict[str, Any], *, by: Account) -> Organisation:
    """A new organisation. Raises Invalid with the field that can't be."""
    with changes.together(by):
        made: Organisation = Organisation.create(**_checked(values, None))
        after = changes.filled(made, COLUMNS)
        events.record("add_organisation", by=by, organisation=made, after=after)
    return made


def change(code: str, values: dict[str, Any], *, seen: str, by: Account) -> Organisation:
    """Change what the form holds. Raises Invalid, or Refused where somebody else changed it meanwhile.

    The calendar stays once there are timesheets (product.md section 2).
    """
    with changes.together(by):
        row = find(code)
        checked = _checked(values, row)
        guard = None
        if checked["calendar"] != row.calendar:
            sheets = Timesheet.select().where(Timesheet.organisation == row)
            if sheets.exists():
                raise Invalid("There are timesheets here, so the calendar stays.", field="calendar")
            guard = ~fn.EXISTS(sheets)
        key = fold(checked["name"])
        before, after = changes.write(row, checked, was_seen=seen, guard=guard, name_key=key)
        if after:
            events.record("change_organisation", by=by, organisation=row, before=before, after=after)
    return row


def _checked(values: dict[str, Any], row: Organisation | None) -> dict[str, Any]:
    """The values as they are stored; what is kept unchanged from before is not judged again."""
    vat = _choice(values, "vat_treatment", VAT_TREATMENTS)
    checked = {
        "code": _code(values["code"], row),
        "name": typed.line(values["name"], "name", required=True, was=_kept(row, "name")),
        "parent": _parent(values["parent"], row),
        "calendar": _choice(values, "calendar", CALENDARS),
        "four_eyes": bool(values["four_eyes"]),
        "payment_term_days": _term(values["payment_term_days"]),
        "vat_treatment": vat,
        "vat_text": typed.lines(values["vat_text"], "vat_text", most=500),
        **{
            name: read(values[name], name, _kept(row, name))
            for name, read in (
                ("vat_number", numbers.vat_number),
                ("coc_number", numbers.coc_number),
                ("peppol_id", numbers.peppol_id),
                ("invoice_email", numbers.email),
            )
        },
        "language": _choice(values, "language", LANGUAGES),
        **{
            name: typed.line(values[name], name, was=_kept(row, name))
            for name in ("contact_name", "street", "city", "legal_name")
        },
        "postcode": typed.line(values["postcode"], "postcode", most=20),
        "country": numbers.country(values["country"], "country"),
        "purchase_order_number": typed.line(
            values["purchase_order_number"], "purchase_order_number", most=typed.CODE
        ),
        "purchase_order_required": bool(values["purchase_order_required"]),
    }
    if vat == "exempt" and not checked["vat_text"]:
        raise Invalid("An invoice without VAT says why: type the text.", field="vat_text")
    if vat == "reverse_charge" and not checked["vat_number"]:
        raise Invalid("VAT is charged to their VAT number: fill it in.", field="vat_number")
    return checked


def _code(text: str, row: Organisation | None) -> str:
    code = typed.line(text, "code", most=typed.CODE, required=True)
    if row is not None and row.code == code:
        return code
    if "/" in code or not code.strip("."):
        raise Invalid("A code stands in addresses: use no slash and not only points.", field="code")
    same = fn.LOWER(Organisation.code) == code.lower()
    if Organisation.select().where(same & (Organisation.id != (row.id if row else 0))).exists():
        raise Invalid("%(code)s is the code of another organisation.", field="code", code=code)
    return code


def _parent(code: str, row: Organisation | None) -> Organisation | None:
    if not code:
        return None
    parent: Organisation | None = Organisation.get_or_none(Organisation.code == code)
    if parent is None:
        raise Invalid("Choose an organisation from the list.", field="parent")
    above = dict(Organisation.select(Organisation.id, Organisation.parent).tuples())
    at: int | None = parent.id
    passed = set()
    while at is not None and at not in passed:
        if row is not None and at == row.id:
            raise Invalid("An organisation is no part of itself.", field="parent")
        passed.add(at)
        at = above.get(at)
    return parent


def _choice(values: dict[str, Any], name: str, options: tuple[str, ...]) -> str:
    if values[name] not in options:
        raise Invalid("Choose one of these.", field=name)
    return str(values[name])


def _term(days: int | None) -> int:
    if days is None or not 0 <= days <= LONGEST_TERM:
        raise Invalid(
            "Type a number of days from 0 to %(most)s.", field="payment_term_days", most=LONGEST_TERM
        )
    return days


def _kept(row: Organisation | None, name: str) -> str:
    return getattr(row, name) if row is not None else ""


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

    Raises Refused while assignments go on after that day, Doubtful while timesheets are unfinished.
    """
    with changes.together(by):
        row = find(code)
        typed.day(on, "ended_on")
        if on is None:
            raise Invalid("Choose a day.", field="ended_on")
        if row.ended_on is not None:
            raise Refused("This organisation was ended already.")
        running = running_on(row, on)
        if running:
            raise Invalid(
                "Assignments go on here after that day (%(count)s): end those first.",
                field="ended_on",
                count=running,
            )
        count = unfinished(row)
        asked = Invalid("Timesheets here are not approved yet (%(count)s). They stay, and wait.", count=count)
        doubts.ask([asked] if count else [], is_sure=is_sure)
        before, after = changes.write(row, {"ended_on": on})
        events.record("end_organisation", by=by, organisation=row, before=before, after=after)
    return row


def resume(code: str, *, by: Account) -> Organisation:
    """Take the end back: it is a client again."""
    with changes.together(by):
        row = find(code)
        if row.ended_on is None:
            raise Refused("This organisation has not ended.")
        before, after = changes.write(row, {"ended_on": None})
        events.record("resume_organisation", by=by, organisation=row, before=before, after=after)
    return row


def is_over(organisation: Organisation) -> bool:
    """Whether its last day has passed."""
    return organisation.ended_on is not None and organisation.ended_on < clock.today()
