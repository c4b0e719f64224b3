"""What the agency itself keeps: agency.csv, hour_types.csv, closing_days.csv."""

from konnekt.domain.imports import columns
from konnekt.domain.imports.columns import optional
from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.run import File, Run
from konnekt.domain.refused import N_
from konnekt.models.timesheets import SETU_CODES

short = optional(columns.code, "")
text = optional(columns.name, "")


def take_agency(run: Run, rows: list[Row]) -> None:
    """The one row of the agency."""
    for row in rows[1:]:
        run.wrong(row, "name", N_("the agency is one row; this is one more"))
    for row in rows[:1]:
        run.put(row, run.agency, (), row.values)


def take_hour_types(run: Run, rows: list[Row]) -> None:
    """Hour types by code."""
    for row in rows:
        run.put(row, run.hour_types, (row["code"],), row.values)


def take_closing_days(run: Run, rows: list[Row]) -> None:
    """Closing days by day."""
    for row in rows:
        run.put(row, run.closing_days, (row["day"],), row.values)


AGENCY = File(
    "agency.csv",
    (),
    {
        "name": columns.name,
        "street": text,
        "postcode": short,
        "city": text,
        "country": optional(columns.country, "NL"),
        "coc_number": short,
        "vat_number": short,
        "iban": short,
        "bic": short,
        "peppol_id": optional(columns.peppol_id, ""),
        "phone": short,
        "email": optional(columns.email, ""),
    },
    take_agency,
    "agency",
)

HOUR_TYPES = File(
    "hour_types.csv",
    ("code",),
    {
        "code": columns.code,
        "name_nl": columns.name,
        "name_en": columns.name,
        "multiplier_percent": columns.percent,
    },
    take_hour_types,
    "hour_types",
    {"payroll_code": short, "setu_code": optional(columns.choice(*SETU_CODES), "")},
)

CLOSING_DAYS = File(
    "closing_days.csv",
    ("day",),
    {"day": columns.day, "name_nl": columns.name, "name_en": columns.name},
    take_closing_days,
    "closing_days",
)
