"""The copies that an invoice keeps, so that it reads the same for ever: parties, period, sheets, names."""

import re
from typing import Any

from konnekt.domain import clock
from konnekt.domain.invoices import groups, parties
from konnekt.domain.invoices.drafts import Draft, DraftLine
from konnekt.domain.invoices.parties import clean
from konnekt.models import Agency, HourType, Invoice, Organisation, Timesheet

VAT_TEXTS = {
    "standard": {"nl": "", "en": ""},
    "exempt": {"nl": "", "en": ""},
    "reverse_charge": {"nl": "Btw verlegd", "en": "Btw verlegd (VAT reverse charged)"},
    "out_of_scope": {"nl": "Buiten het toepassingsbereik van de btw", "en": "Outside the scope of VAT"},
}


def seller(agency: Agency) -> dict[str, str]:
    """The agency's details."""
    return parties.details(agency, "iban", "bic", "phone", "email")


def buyer(organisation: Organisation) -> dict[str, str]:
    """The organisation's details."""
    return parties.details(organisation, "code", "contact_name", "legal_name")


def vat_text(organisation: Organisation) -> str:
    """What the invoice says about VAT: the organisation's own text, else the law's words.

    Reverse charge always has the law's (Wet OB 1968, art. 35a, 1l); a text of its own comes after them, where
    it speaks of reversing at all: the text of an exemption may be left from before.
    """
    if organisation.vat_treatment == "standard":
        return ""
    own, law = clean(organisation.vat_text), VAT_TEXTS[organisation.vat_treatment][organisation.language]
    if organisation.vat_treatment != "reverse_charge" or law.casefold() in own.casefold():
        return own or law
    return f"{law}. {own}" if re.search("verlegd|reverse", own, re.IGNORECASE) else law


def reference(sheet: Timesheet, period: Any) -> str:
    """How documents call a timesheet: `A70000-1/2026-P12`, a supplementary one `A70000-1/2026-P12/1`."""
    text = f"{clean(sheet.assignment.code)}/{groups.period_text(period)}"
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
        # BT-10 is one text: of several numbers all of them, and each line says its own (BT-133).
        "budget_number": ", ".join(clean(one.number) for one in draft.budget_numbers),
        "has_several_numbers": draft.has_several,
        "budget_description": "" if draft.has_several else clean(draft.budget_number.description),
        "payment_term_days": draft.organisation.payment_term_days,
        "purchase_order_number": draft.purchase_order,
        "references": refer_to(draft.credited),
        "corrects": refer_to(draft.corrected),
        "why": "; ".join(dict.fromkeys(clean(sheet.reason) for sheet in draft.corrections if sheet.reason)),
        "sheets": sheets(draft),
    }


def sheets(draft: Draft) -> list[dict[str, Any]]:
    """The timesheets behind the invoice with its hours alone, in minutes as worked."""
    parts: dict[int, dict[str, Any]] = {}
    for line in draft.lines:
        sheet = line.sheet
        part = parts.setdefault(
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
        part["rows"].append(_row(line, draft.organisation.language) | _own_number(line, draft))
    return list(parts.values())


def _own_number(line: DraftLine, draft: Draft) -> dict[str, str]:
    """Which budget number a line is for, where the invoice has several."""
    return {"budget_number": clean(line.budget_number.number)} if draft.has_several else {}


def _name(hour_type: HourType, language: str) -> str:
    """A line has a name (BR-25), so one that nobody translated is called as in Dutch."""
    return clean(hour_type.name(language)) or clean(hour_type.name_nl) or hour_type.code


def _row(line: DraftLine, language: str) -> dict[str, Any]:
    days = [0] * 7
    for hour in line.hours:
        days[hour.day.weekday()] += hour.minutes
    return {
        "iso_year": line.iso_year,
        "iso_week": line.iso_week,
        "hour_type": _name(line.hour_type, language),
        "days": days,
        "minutes": line.minutes,
    }


def line(of: DraftLine, draft: Draft) -> dict[str, Any]:
    """What a line says besides its columns."""
    return {
        "worker": clean(of.sheet.assignment.worker.name),
        "person": of.sheet.assignment.worker_id,
        "reference": reference(of.sheet, draft.period),
        "hour_type": _name(of.hour_type, draft.organisation.language),
        "multiplier_percent": of.hour_type.multiplier_percent,
        "is_rounded": of.is_rounded,
        **_own_number(of, draft),
    }
