"""The agency's own details: what stands on its invoices and at the foot of every page."""

from typing import Any

from konnekt.domain import events
from konnekt.domain.invoicing import billable
from konnekt.domain.records import changes, numbers, typed
from konnekt.models import Account, Agency

COLUMNS = (
    "name", "street", "postcode", "city", "country", "coc_number", "vat_number", "iban", "bic", "peppol_id",
    "phone", "email", "payroll_number",
)  # fmt: skip
# What the details' events are about (models/events.py).
THING = "agency"


def find() -> Agency:
    """The agency's row, or one that is not stored yet."""
    found: Agency | None = Agency.select().first()
    return found or Agency(id=1, name="")


def seen(agency: Agency) -> str:
    """How the row is now, for the form that changes it."""
    return changes.seen(agency, COLUMNS)


def missing(agency: Agency) -> list[str]:
    """The columns without which nobody can be invoiced."""
    return billable.what_the_agency_lacks(agency)


def change(values: dict[str, Any], *, seen: str, by: Account) -> Agency:
    """Change what the form holds, and make the row where there is none.

    Raises Invalid with the field, Refused where somebody else changed it meanwhile, Forbidden for others.
    """
    with changes.together(by):
        row = find()
        checked = _checked(values, row)
        if Agency.select().exists():
            before, after = changes.write(row, checked, was_seen=seen)
        else:
            row = Agency.create(id=1, **checked)
            before, after = {}, changes.filled(row, COLUMNS)
        if after:
            events.record("change_agency", by=by, thing=THING, before=before, after=after)
    return row


def _checked(values: dict[str, Any], row: Agency) -> dict[str, Any]:
    """The values as they are stored."""
    return {
        "name": typed.line(values["name"], "name", required=True, was=row.name),
        "street": typed.line(values["street"], "street", was=row.street),
        "postcode": typed.line(values["postcode"], "postcode", most=20),
        "city": typed.line(values["city"], "city", was=row.city),
        "country": numbers.country(values["country"], "country"),
        "coc_number": numbers.coc_number(values["coc_number"], "coc_number", row.coc_number),
        "vat_number": numbers.vat_number(values["vat_number"], "vat_number", row.vat_number),
        "iban": numbers.iban(values["iban"], "iban", row.iban),
        "bic": numbers.bic(values["bic"], "bic", row.bic),
        "peppol_id": numbers.peppol_id(values["peppol_id"], "peppol_id", row.peppol_id),
        "phone": typed.line(values["phone"], "phone", most=typed.CODE),
        "email": numbers.email(values["email"], "email", row.email),
        "payroll_number": typed.line(values["payroll_number"], "payroll_number", most=typed.CODE),
    }
