"""The agency's own details: what stands on its invoices and at the foot of every page."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from konnekt.domain import clock, text_fields
from konnekt.domain.invoices import billable
from konnekt.domain.records import company_numbers, proposals
from konnekt.domain.records.audited import RecordType, staff_only
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.models import Account, Agency
from konnekt.models.organisations import FACTOR_FOR

# What the details' events are about (models/events.py).
THING = "agency"
# Where invoices are paid: changed by two persons (proposals.py).
BY_TWO = ("iban", "bic")
# From the first details on, until its staff is asked a second factor.
TERM = timedelta(days=30)
RECORD = RecordType(
    "agency",
    lambda _row: {"thing": THING},
    {
        "name": text_fields.name,
        "street": text_fields.line,
        "postcode": partial(text_fields.line, most=20),
        "city": text_fields.line,
        "country": company_numbers.country,
        "coc_number": company_numbers.coc_number,
        "vat_number": company_numbers.vat_number,
        "iban": company_numbers.iban,
        "bic": company_numbers.bic,
        "peppol_id": company_numbers.peppol_id,
        "phone": text_fields.short,
        "email": company_numbers.email,
        "payroll_number": text_fields.short,
        "factor_by_mail": text_fields.boolean,
        "code_by_mail": text_fields.boolean,
        "invoice_copy_to": company_numbers.email,
        "invoice_text_nl": company_numbers.letter_text,
        "invoice_text_en": company_numbers.letter_text,
    },
    more=("factor_from_on",),
    adding="change",
)
seen = RECORD.fingerprint


def find() -> Agency:
    """The agency's row, or one that is not stored yet."""
    stored: Agency | None = Agency.select().first()
    return stored or Agency(id=1, name="")


def missing(agency: Agency) -> list[str]:
    """The columns without which nobody can be invoiced."""
    return billable.what_the_agency_lacks(agency)


def change(values: dict[str, Any], *, seen: str, by: Account) -> Agency:
    """Change what the form holds, and make the row where there is none; another account waits for a second.

    Raises Invalid with the field, Conflict where somebody else changed it meanwhile, Forbidden for others.
    """
    with staff_only(by, "agency"):
        row: Agency | None = Agency.select().first()
        if row is None:
            checked = RECORD.checked(values)
            account = {name: checked[name] for name in BY_TWO if checked.get(name)}
            later = account if proposals.needs_second(by) else {}
            row = Agency(id=1, **{name: checked[name] for name in checked if name not in later})
            # ASVS 6.3.3: whoever wants it otherwise says so, on the same page.
            row.factor_from_on = clock.today() + TERM
            RECORD.add(row, by=by)
            proposals.hold_back(row, account, by=by)
        else:
            RECORD.check_seen(row, seen)
            checked = RECORD.checked(values, row)
            account = {name: checked[name] for name in BY_TWO if checked[name] != getattr(row, name)}
            later = proposals.hold_back(row, account, by=by)
            RECORD.change(row, {name: checked[name] for name in checked if name not in later}, by=by)
    return row


def require_factor(on: date | None, *, of: str = "staff", by: Account) -> Agency:
    """Ask a second factor from this day on, of the agency's staff or of everybody; None: of nobody.

    Raises Invalid for a day that is not to come, also where it is the same and others are asked: who signed
    in before would be led away from what they are typing. Conflict for who has none: they would shut
    themselves out.
    """
    with staff_only(by, "sign-in"):
        row: Agency | None = Agency.select().first()
        if row is None:
            raise Conflict("First fill in the agency's details.")
        text_fields.one_of(*FACTOR_FOR)(of, "of")
        is_wider = of == "everybody" != row.factor_for
        if on is not None and (on != row.factor_from_on or is_wider):
            if not by.has_second_factor:
                raise Conflict("First set up your own second step, under Account settings.")
            if text_fields.day(on, "on") and on <= clock.today():
                raise Invalid("Choose tomorrow or a later day.", field="on")
        RECORD.change(row, {"factor_from_on": on, "factor_for": of}, by=by)
    return row
