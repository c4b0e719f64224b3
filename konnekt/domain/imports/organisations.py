"""organisations.csv and budget_numbers.csv."""

from functools import partial

from konnekt.domain import text_fields
from konnekt.domain.imports import columns
from konnekt.domain.imports.columns import optional, word
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.rows import CHUNK
from konnekt.domain.imports.run import Run
from konnekt.domain.records import budget_numbers, organisations as records
from konnekt.domain.refusals import N_
from konnekt.models import BudgetNumberKey
from konnekt.models.organisations import search_keys
from konnekt.models.people import fold


def take_organisations(run: Run, rows: list[FileRow]) -> None:
    """Organisations by code; a parent may stand further down in the file."""
    organisations = run.organisations
    for row in rows:
        # As Organisation.save does.
        run.put(ORGANISATIONS, row, name_key=fold(row["name"] or ""))
    unknown = N_("the organisation %(code)s is unknown")
    for row in rows:
        code = row["parent"]
        parent = run.refer(row, "parent", organisations, (code,), unknown, code=code) if code else None
        if not row.is_wrong:
            # A second time, now that all organisations have their row.
            run.report.files[row.file].outcomes[row.line] = organisations.put(
                (row["code"],), {"parent": parent}
            )
    above = {}
    for place in organisations.by_key.values():
        parent = place.__rel__.get("parent") or organisations.by_id.get(place.parent_id)
        if parent is not None:
            above[place.code] = parent.code
    for row, place in run.news(rows):
        with run.judging(row):
            records.check_parent(place.code, above)
            if place.id is None:
                text_fields.check_code(place.code, run.other_codes(organisations, place))
            elif "calendar" in organisations.was(place):
                run.ask(row, "", partial(records.check_calendar, place))


def take_budget_numbers(run: Run, rows: list[FileRow]) -> None:
    """Budget numbers by organisation and number."""
    for row in rows:
        run.put(BUDGET_NUMBERS, row, organisation=run.organisation(row))


def write_search_keys(run: Run) -> None:
    """What the search finds new budget numbers by, as BudgetNumber.save does; a number never changes."""
    keys = [
        {"budget_number": row.id, "key": key}
        for row in run.budget_numbers.new
        for key in search_keys(row.number)
    ]
    for start in range(0, len(keys), CHUNK):
        BudgetNumberKey.insert_many(keys[start : start + CHUNK]).execute()


ORGANISATIONS = ImportFile(
    "organisations.csv",
    ("code",),
    {
        "code": columns.code,
        **dict.fromkeys(("name", "parent", "calendar"), word),
        "four_eyes": columns.boolean,
        "payment_term_days": columns.integer(),
        **dict.fromkeys(
            (
                "vat_treatment", "vat_text", "language", "coc_number", "vat_number", "peppol_id",
                "contact_name", "street", "postcode", "city",
            ),
            word,
        ),
        "country": optional(word, "NL"),
        "invoice_email": word,
    },
    take_organisations,
    "organisations",
    {
        "legal_name": word,
        "purchase_order_number": word,
        "purchase_order_required": optional(columns.boolean, False),
        "invoice_per": optional(word, "budget_number"),
        "invoice_copy_to": word,
    },
    records.RECORD,
)  # fmt: skip

BUDGET_NUMBERS = ImportFile(
    "budget_numbers.csv",
    ("organisation", "number"),
    {
        "organisation": columns.code,
        "number": columns.code,
        "description": word,
        "ceiling_hours": optional(columns.hours),
        "ceiling_amount": optional(columns.cents),
        "valid_from": optional(columns.day),
        "valid_until": optional(columns.day),
    },
    take_budget_numbers,
    "budget_numbers",
    record=budget_numbers.RECORD,
    names={
        "ceiling_hours": "ceiling_minutes",
        "ceiling_amount": "ceiling_cents",
        "valid_from": "valid_from_on",
        "valid_until": "valid_until_on",
    },
)
