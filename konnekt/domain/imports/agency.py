"""What the agency itself keeps: agency.csv, hour_types.csv, closing_days.csv."""

from functools import partial

from konnekt.domain import text_fields
from konnekt.domain.imports import columns
from konnekt.domain.imports.columns import optional, word
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.run import Run
from konnekt.domain.records import agency as record_agency, closing_days, hour_types, proposals
from konnekt.domain.refusals import N_


def take_agency(run: Run, rows: list[FileRow]) -> None:
    """The one row of the agency."""
    for row in rows[1:]:
        run.wrong(row, "name", N_("the agency is one row; this is one more"))
    for row in rows[:1]:
        run.put(AGENCY, row)
    for row, agency in run.news(rows):
        was = run.agency.was(agency)
        old, is_new = was.get("iban"), agency in run.agency.new
        two = [name for name in record_agency.BY_TWO if name in was or (is_new and getattr(agency, name))]
        if two and proposals.needs_second(run.by):
            run.wrong(row, two[0], N_("a second person has to confirm this: change it on the agency's page"))
        elif two:
            run.alone.append(None)
        if old is not None:
            said = N_("was %(old)s and becomes %(new)s: all invoices will ask to be paid there")
            run.doubt(row, "iban", said, old=old, new=agency.iban)


def take_hour_types(run: Run, rows: list[FileRow]) -> None:
    """Hour types by code."""
    for row in rows:
        run.put(HOUR_TYPES, row)
    for row, hour_type in run.news(rows):
        percent = run.hour_types.was(hour_type).get("multiplier_percent")
        if hour_type.id is None:
            with run.judging(row):
                text_fields.check_code(hour_type.code, run.other_codes(run.hour_types, hour_type))
        elif percent is not None:
            run.ask(row, "", partial(hour_types.check_multiplier, hour_type, percent))


def take_closing_days(run: Run, rows: list[FileRow]) -> None:
    """Closing days by day."""
    for row in rows:
        run.put(CLOSING_DAYS, row)


AGENCY = ImportFile(
    "agency.csv",
    (),
    {
        **dict.fromkeys(("name", "street", "postcode", "city"), word),
        "country": optional(word, "NL"),
        **dict.fromkeys(("coc_number", "vat_number", "iban", "bic", "peppol_id", "phone", "email"), word),
    },
    take_agency,
    "agency",
    record=record_agency.RECORD,
)

HOUR_TYPES = ImportFile(
    "hour_types.csv",
    ("code",),
    {"code": columns.code, "name_nl": word, "name_en": word, "multiplier_percent": columns.percent},
    take_hour_types,
    "hour_types",
    {"payroll_code": word, "setu_code": word},
    record=hour_types.RECORD,
)

CLOSING_DAYS = ImportFile(
    "closing_days.csv",
    ("day",),
    {"day": columns.day, "name_nl": word, "name_en": word},
    take_closing_days,
    "closing_days",
    record=closing_days.RECORD,
)
