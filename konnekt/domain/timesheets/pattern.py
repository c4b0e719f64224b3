"""Vorige periode overnemen: the pattern of the sheet before, laid over this one's empty cells."""

from konnekt.domain.flags import inputs
from konnekt.domain.refusals import Conflict
from konnekt.domain.timesheets import content
from konnekt.domain.timesheets.empty_cells import EmptyCells, RowHours
from konnekt.domain.timesheets.grid import Sheet
from konnekt.models import PayPeriod, Timesheet


def before(sheet: Sheet) -> Timesheet | None:
    """The latest earlier original of the assignment that holds hours, with its period: one statement."""
    earlier: Timesheet | None = (
        Timesheet.select(Timesheet, PayPeriod)
        .join(PayPeriod)
        .where(
            (Timesheet.assignment == sheet.assignment)
            & (Timesheet.sequence == 0)
            & (Timesheet.minutes > 0)
            & (PayPeriod.first_on < sheet.period.first_on)
        )
        .order_by(PayPeriod.first_on.desc())
        .first()
    )
    return earlier


def take_over(cells: EmptyCells) -> int:
    """Copy weekday by weekday, week by week, into what is empty; returns how many cells were filled.

    Conflict where there is no sheet before.
    """
    earlier = before(cells.sheet)
    if earlier is None:
        raise Conflict("There is no timesheet before this one to take over.")
    shift = inputs.monday(cells.sheet.period.first_on) - inputs.monday(earlier.pay_period.first_on)
    return sum(
        cells.lay(
            RowHours(
                line.hour_type, line.budget_number, {cell.day + shift: cell.minutes for cell in line.cells}
            )
        )
        for line in content.read(earlier).content.lines
    )
