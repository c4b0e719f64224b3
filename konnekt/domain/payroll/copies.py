"""The copies that a batch keeps, so that its files read the same for ever: numbers, names and codes."""

from collections.abc import Iterable
from typing import Any

from konnekt.domain.invoices import copies, parties
from konnekt.domain.payroll import payable
from konnekt.domain.payroll.drafts import BatchPreview
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    HourType,
    Organisation,
    PayPeriod,
    Timesheet,
)

CODES = ("payroll_code", "setu_code")


def batch(draft: BatchPreview) -> dict[str, Any]:
    """All that the files of a batch say besides its links; ids are text, as JSON keeps them."""
    hours = draft.hours
    places = _by_id(Organisation.select(), Organisation.id, {worked.organisation for worked in hours})
    numbers = _by_id(BudgetNumber.select(), BudgetNumber.id, {worked.budget_number for worked in hours})
    sheets = Timesheet.select(Timesheet, Assignment, PayPeriod)
    sheets = sheets.join(Assignment).switch(Timesheet).join(PayPeriod)
    return {
        "format": draft.format,
        "agency": _copied(Agency.get_or_none(), "name", "coc_number", "payroll_number"),
        "period": _period(draft.period),
        "hour_types": {
            str(kind.id): {
                **_copied(kind, "code", "name_nl", "name_en", *CODES),
                "percent": kind.multiplier_percent,
            }
            for kind in draft.hour_types
        },
        "workers": {str(wage.worker.id): _worker(wage.worker) for wage in draft.wages},
        "organisations": {str(one.id): _copied(one, "code", "name", "coc_number") for one in places},
        "budget_numbers": {str(one.id): _copied(one, "number", "description") for one in numbers},
        "sheets": {
            str(sheet.id): _sheet(sheet)
            for sheet in _by_id(sheets, Timesheet.id, {worked.sheet for worked in hours})
        },
    }


def _copied(row: Any, *columns: str) -> dict[str, str]:
    return {name: parties.clean(getattr(row, name, "")) for name in columns}


def _worker(worker: Account) -> dict[str, str]:
    return {"number": parties.clean(worker.employee_number or ""), "name": parties.clean(worker.name)}


def _by_id(query: Any, column: Any, ids: set[int]) -> Iterable[Any]:
    in_order = sorted(ids)
    for start in range(0, len(in_order), 1000):
        yield from query.where(column.in_(in_order[start : start + 1000])).order_by(column)


def _period(period: PayPeriod) -> dict[str, Any]:
    return {
        "year": period.year,
        "number": period.number,
        "first_on": period.first_on.isoformat(),
        "last_on": period.last_on.isoformat(),
    }


def _sheet(sheet: Timesheet) -> dict[str, Any]:
    return {
        "reference": copies.reference(sheet, sheet.pay_period),
        "assignment": parties.clean(sheet.assignment.code),
        "worker": sheet.assignment.worker_id,
        "organisation": sheet.organisation_id,
        "first_on": sheet.pay_period.first_on.isoformat(),
        "last_on": sheet.pay_period.last_on.isoformat(),
    }


def lacking(frozen: dict[str, Any], format: str, column: str) -> list[str]:
    """What a batch lacks for a format: codes of hour types, and for Loket the agency's own number."""
    missing = [kind["code"] for kind in frozen["hour_types"].values() if not kind[column]]
    if format == "loket" and not frozen["agency"]["payroll_number"]:
        missing.append("payroll_number")
    return missing


def not_numeric(frozen: dict[str, Any]) -> list[str]:
    """What of a batch is no number, as Loket wants all: of agency and workers, the codes of hour types."""
    said = [
        frozen["agency"]["payroll_number"],
        *(kind["payroll_code"] for kind in frozen["hour_types"].values()),
        *(worker["number"] for worker in frozen["workers"].values()),
    ]
    return sorted({text for text in said if not payable.is_number(text)})


def completed(frozen: dict[str, Any]) -> dict[str, Any]:
    """The copies with what was empty and is known by now; what a batch said once stays as it was said."""
    agency = Agency.get_or_none()
    kinds = {str(kind.id): kind for kind in HourType.select()}
    said = {**frozen, "agency": dict(frozen["agency"]), "hour_types": {}}
    said["agency"]["payroll_number"] = said["agency"]["payroll_number"] or parties.clean(
        getattr(agency, "payroll_number", "")
    )
    for key, kind in frozen["hour_types"].items():
        codes = {name: kind[name] or parties.clean(getattr(kinds[key], name)) for name in CODES}
        said["hour_types"][key] = {**kind, **codes}
    return said
