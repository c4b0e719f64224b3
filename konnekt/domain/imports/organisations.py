"""organisations.csv and budget_numbers.csv."""

from typing import Any

from konnekt.domain.imports import columns
from konnekt.domain.imports.columns import optional
from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.rows import CHUNK
from konnekt.domain.imports.run import File, Run
from konnekt.domain.refused import N_
from konnekt.models import LANGUAGES, BudgetNumberKey, Timesheet
from konnekt.models.organisations import CALENDARS, VAT_TREATMENTS, search_keys
from konnekt.models.people import fold

short = optional(columns.code, "")
text = optional(columns.name, "")


def take_organisations(run: Run, rows: list[Row]) -> None:
    """Organisations by code; a parent may stand further down in the file."""
    calendars = {key: row.calendar for key, row in run.organisations.by_key.items()}
    for row in rows:
        values = {name: value for name, value in row.values.items() if name != "parent"}
        # As Organisation.save does.
        values["name_key"] = fold(row["name"] or "")
        run.put(row, run.organisations, (row["code"],), values)
    parents = _parents(run, rows)
    for row in rows:
        _check_parents(run, row, parents)
    _check_calendars(run, rows, calendars)


def _parents(run: Run, rows: list[Row]) -> dict[str, str]:
    """Set the parents of the rows; returns the parent's code of each organisation that has one."""
    organisations = run.organisations
    for row in rows:
        parent = row["parent"]
        found = None
        if parent:
            unknown = N_("the organisation %(code)s is unknown")
            found = run.refer(row, "parent", organisations, (parent,), unknown, code=parent)
        if not row.is_wrong:
            # A second time, now that all organisations have their row.
            run.put(row, organisations, (row["code"],), {"parent": found})
    parents = {}
    for one in organisations.by_key.values():
        above = one.__rel__.get("parent") or organisations.by_id.get(one.parent_id)
        if above is not None:
            parents[one.code] = above.code
    return parents


def _check_parents(run: Run, row: Row, parents: dict[str, str]) -> None:
    code = row["code"]
    above, seen = parents.get(code), {code}
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    if above is not None and above == code:
        run.wrong(row, "parent", N_("%(code)s stands above itself"), code=code)


def _check_calendars(run: Run, rows: list[Row], before: dict[Any, str]) -> None:
    """product.md section 2: the calendar can't change once there are sheets."""
    changed = dict(run.organisations.changed_in("calendar"))
    if not changed:
        return
    query = Timesheet.select(Timesheet.organisation).distinct().tuples()
    with_sheets = {organisation for (organisation,) in query}
    for row in rows:
        found = changed.get((row["code"],))
        if found is not None and found.id in with_sheets:
            run.wrong(
                row,
                "calendar",
                N_("%(code)s has timesheets, so its calendar stays %(calendar)s"),
                code=found.code,
                calendar=before[found.code,],
            )


def take_budget_numbers(run: Run, rows: list[Row]) -> None:
    """Budget numbers by organisation and number."""
    for row in rows:
        code, number = row["organisation"], row["number"]
        organisation = None
        if code:
            unknown = N_("the organisation %(code)s is unknown")
            organisation = run.refer(row, "organisation", run.organisations, (code,), unknown, code=code)
        first, last = row["valid_from"], row["valid_until"]
        if first and last and last < first:
            run.wrong(row, "valid_until", N_("%(last)s is before %(first)s"), last=last, first=first)
        values = {
            "organisation": organisation,
            "number": number,
            "description": row["description"],
            "ceiling_minutes": row["ceiling_hours"],
            "ceiling_cents": row["ceiling_amount"],
            "valid_from_on": first,
            "valid_until_on": last,
        }
        run.put(row, run.budget_numbers, (code, number), values)


def write_search_keys(run: Run) -> None:
    """What the search finds new budget numbers by, as BudgetNumber.save does; a number never changes."""
    keys = [
        {"budget_number": row.id, "key": key}
        for row in run.budget_numbers.new
        for key in search_keys(row.number)
    ]
    for start in range(0, len(keys), CHUNK):
        BudgetNumberKey.insert_many(keys[start : start + CHUNK]).execute()


ORGANISATIONS = File(
    "organisations.csv",
    ("code",),
    {
        "code": columns.organisation_code,
        "name": columns.name,
        "parent": short,
        "calendar": columns.choice(*CALENDARS),
        "four_eyes": columns.boolean,
        "payment_term_days": columns.integer(0, 365),
        "vat_treatment": columns.choice(*VAT_TREATMENTS),
        "vat_text": optional(columns.remark, ""),
        "language": columns.choice(*LANGUAGES),
        "coc_number": short,
        "vat_number": short,
        "peppol_id": optional(columns.peppol_id, ""),
        "contact_name": text,
        "street": text,
        "postcode": short,
        "city": text,
        "country": optional(columns.country, "NL"),
        "invoice_email": optional(columns.email, ""),
    },
    take_organisations,
    "organisations",
    {
        "legal_name": text,
        "purchase_order_number": short,
        "purchase_order_required": optional(columns.boolean, False),
    },
)

BUDGET_NUMBERS = File(
    "budget_numbers.csv",
    ("organisation", "number"),
    {
        "organisation": columns.code,
        "number": columns.code,
        "description": text,
        "ceiling_hours": optional(columns.hours),
        "ceiling_amount": optional(columns.cents),
        "valid_from": optional(columns.day),
        "valid_until": optional(columns.day),
    },
    take_budget_numbers,
    "budget_numbers",
)
