"""The copies that an invoice keeps, so that it reads the same for ever: parties, period, sheets, names."""

import re
from typing import Any

from konnekt.domain import clock
from konnekt.domain.invoicing.drafts import Draft, Line
from konnekt.models import Agency, Invoice, Organisation, Timesheet

# What XML 1.0 can't carry; a name with one of these would make an invoice that nobody can read.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

PARTY = ("name", "street", "postcode", "city", "country", "coc_number", "vat_number", "peppol_id")

VAT_TEXTS = {
    "standard": {"nl": "", "en": ""},
    "exempt": {"nl": "", "en": ""},
    "reverse_charge": {"nl": "Btw verlegd", "en": "Btw verlegd (VAT reverse charged)"},
    "out_of_scope": {"nl": "Buiten het toepassingsbereik van de btw", "en": "Outside the scope of VAT"},
}


def clean(value: str) -> str:
    """Text on one line, without what XML can't carry."""
    return " ".join(_UNREADABLE.sub(" ", value).split())


def seller(agency: Agency) -> dict[str, str]:
    """The agency's details."""
    return {name: clean(getattr(agency, name)) for name in (*PARTY, "iban", "bic", "phone", "email")}


def buyer(organisation: Organisation) -> dict[str, str]:
    """The organisation's details."""
    return {name: clean(getattr(organisation, name)) for name in ("code", *PARTY, "contact_name")}


def vat_text(organisation: Organisation) -> str:
    """What the invoice says about VAT: the organisation's own text, else the law's words."""
    if organisation.vat_treatment == "standard":
        return ""
    return clean(organisation.vat_text) or VAT_TEXTS[organisation.vat_treatment][organisation.language]


def reference(sheet: Timesheet, period: Any) -> str:
    """How documents call a timesheet: `A70000-1/2026-12`, a supplementary one `A70000-1/2026-12/1`."""
    text = f"{clean(sheet.assignment.code)}/{period.year}-{period.number:02d}"
    return f"{text}/{sheet.sequence}" if sheet.sequence else text


def refer_to(invoices: list[Invoice]) -> list[dict[str, str]]:
    """The invoices that a credit note names."""
    return [{"number": one.number_text, "issued_on": one.issued_on.isoformat()} for one in invoices]


def invoice(draft: Draft, agency: Agency) -> dict[str, Any]:
    """All that the documents of an invoice say besides its own columns and lines."""
    period = draft.period
    days = [hour.day for line in draft.lines for hour in line.hours]
    return {
        "seller": seller(agency),
        "buyer": buyer(draft.organisation),
        "period": {
            "calendar": period.calendar,
            "year": period.year,
            "number": period.number,
            "first_on": min([period.first_on, *days]).isoformat(),
            "last_on": max([period.last_on, *days]).isoformat(),
        },
        "budget_number": clean(draft.budget_number.number),
        "budget_description": clean(draft.budget_number.description),
        "payment_term_days": draft.organisation.payment_term_days,
        "references": refer_to(draft.credited),
        "sheets": sheets(draft),
    }


def sheets(draft: Draft) -> list[dict[str, Any]]:
    """The timesheets behind the invoice with this budget number's hours alone, in minutes as worked."""
    found: dict[int, dict[str, Any]] = {}
    for line in draft.lines:
        sheet = line.sheet
        part = found.setdefault(
            sheet.id,
            {
                "reference": reference(sheet, draft.period),
                "worker": clean(sheet.assignment.worker.name),
                "job_title": clean(sheet.assignment.job_title),
                "approved_by": clean(sheet.decided_by.name) if sheet.decided_by else "",
                "approved_on": clock.local(sheet.decided_at).date().isoformat() if sheet.decided_at else "",
                "rows": [],
            },
        )
        part["rows"].append(_row(line, draft.organisation.language))
    return list(found.values())


def _row(line: Line, language: str) -> dict[str, Any]:
    days = [0] * 7
    for hour in line.hours:
        days[hour.day.weekday()] += hour.minutes
    return {
        "iso_year": line.iso_year,
        "iso_week": line.iso_week,
        "hour_type": clean(line.hour_type.name(language)),
        "days": days,
        "minutes": line.minutes,
    }


def line(of: Line, draft: Draft) -> dict[str, Any]:
    """What a line says besides its columns."""
    return {
        "worker": clean(of.sheet.assignment.worker.name),
        "reference": reference(of.sheet, draft.period),
        "hour_type": clean(of.hour_type.name(draft.organisation.language)),
        "multiplier_percent": of.hour_type.multiplier_percent,
        "is_rounded": of.is_rounded,
    }
