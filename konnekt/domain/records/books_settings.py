"""What the agency's bookkeeping calls its accounts, VAT codes and debtors (payments/books.py)."""

from typing import Any

from peewee import SQL

from konnekt.domain import paging, text_fields
from konnekt.domain.paging import Page
from konnekt.domain.payments import books
from konnekt.domain.records import organisations
from konnekt.domain.records.audited import RecordType, staff_only
from konnekt.domain.refusals import Invalid
from konnekt.models import Account, LedgerSettings, Organisation
from konnekt.models.books import PROGRAMS

THING = "books"
NAMES = (
    "administration", "sales_journal", "payments_journal", "debtors_account", "bank_account", "vat_account",
    "revenue_standard", "vat_code_standard", "revenue_exempt", "vat_code_exempt", "revenue_reverse_charge",
    "vat_code_reverse_charge", "vat_code_reverse_charge_abroad", "revenue_out_of_scope",
    "vat_code_out_of_scope",
)  # fmt: skip


def _first_day(value: Any, field: str) -> Any:
    if value is None:
        raise Invalid("Fill this in.", field=field)
    return text_fields.day(value, field)


RECORD = RecordType(
    "books",
    lambda _row: {"thing": THING},
    {
        "program": text_fields.one_of(*PROGRAMS),
        "from_on": _first_day,
        "with_payments": text_fields.boolean,
        **dict.fromkeys(NAMES, text_fields.short),
    },
    adding="change",
)
DEBTOR = RecordType("organisation", lambda row: {"organisation": row}, {"debtor_number": text_fields.short})


def seen(row: LedgerSettings | None) -> str:
    """What the form carries of the settings that it showed; empty where there were none."""
    return RECORD.fingerprint(row) if row is not None else ""


def change(values: dict[str, Any], *, seen: str, by: Account) -> LedgerSettings:
    """Choose them, or others. What a batch said stays as it was said.

    Raises Invalid with the field, Conflict where somebody else changed them meanwhile.
    """
    with staff_only(by, "invoices"):
        row = books.settings()
        if row is None:
            row = LedgerSettings(id=1, **RECORD.checked(values))
            RECORD.add(row, by=by)
        else:
            RECORD.check_seen(row, seen)
            RECORD.change(row, RECORD.checked(values, row), by=by)
    return row


def debtors(number: int = 1) -> Page:
    """A page of the organisations with what the bookkeeping knows them by, those without a number first."""
    query = Organisation.select(Organisation.code, Organisation.name, Organisation.debtor_number)
    return paging.page(
        query.order_by(SQL("debtor_number <> ''"), Organisation.name_key, Organisation.id), number
    )


seen_debtor = DEBTOR.fingerprint


def change_debtor(code: str, number: str, *, seen: str, by: Account) -> Organisation:
    """Choose by which number the bookkeeping knows an organisation; empty: by its code. Two may share one."""
    with staff_only(by, "invoices"):
        row = organisations.find(code)
        DEBTOR.check_seen(row, seen)
        DEBTOR.change(row, DEBTOR.checked({"debtor_number": number}, row), by=by)
    return row
