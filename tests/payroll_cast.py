"""An agency with codes for its payroll program, and more approved hours than one sheet's."""

from datetime import date

from konnekt.domain.payroll import make
from konnekt.domain.payroll.drafts import BatchPreview
from konnekt.models import Agency, HourType, Organisation, PayrollBatch, PayrollHour, Timesheet, TimesheetLine
from tests import factories, invoice_cast
from tests.factories import World

PERIOD = ("four_weeks", 2026, 12)

CODES = {
    "REG": ("1", "HT100"),
    "ORT40": ("28", "HT320"),
    "ORT75": ("29", "HT320"),
    "OT": ("30", "HT200"),
    "TRAVEL": ("", ""),
}


def complete(world: World) -> None:
    """Codes of all hour types but travel, and the agency's own number; Noor's sheet is approved."""
    for code, (payroll_code, setu_code) in CODES.items():
        columns = {"payroll_code": payroll_code, "setu_code": setu_code}
        HourType.update(columns).where(HourType.code == code).execute()
    Agency.update(payroll_number="5555", coc_number="12345678").execute()
    Organisation.update(coc_number="87654321").where(Organisation.code == "FSE").execute()
    invoice_cast.approve(world.sheet, world.supervisor)


def line(sheet: Timesheet, code: str) -> None:
    """Make the sheet's lines hours of another type."""
    kind = HourType.get(HourType.code == code)
    TimesheetLine.update(hour_type=kind).where(TimesheetLine.timesheet == sheet).execute()


def approved(world: World, hours: dict[date, int], **columns: object) -> Timesheet:
    """One more approved sheet at FSE, of a worker of its own."""
    made = factories.assignment(factories.worker("Łucja", "Şahin"), world.fse, world.fse_budget)
    return factories.sheet(made, world.period, hours, state="approved", **columns)


def supplementary(world: World, hours: dict[date, int], **columns: object) -> Timesheet:
    """An approved correction of Noor's sheet."""
    return factories.sheet(
        world.assignment, world.period, hours, **{"state": "approved", "sequence": 1, **columns}
    )


def preview(format: str = "neutral") -> BatchPreview:
    return make.preview(*PERIOD, format)


def export(format: str = "neutral") -> PayrollBatch:
    return make.export(*PERIOD, format, by=None, source="command")


def minutes_of(batch: PayrollBatch) -> int:
    return sum(link.minutes for link in PayrollHour.select().where(PayrollHour.payroll_batch == batch))
