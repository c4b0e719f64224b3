"""The place of a waiting sheet in the list of who decides: which of how many, and what comes after it."""

from typing import NamedTuple

from peewee import fn

from konnekt.domain.access import Grants
from konnekt.domain.approvals import waiting
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.models import PayPeriod, WaitingSheet
from konnekt.models.compiled import tuples


class Place(NamedTuple):
    """number: from 1; among: how many wait; after: the sheet that follows, None for the last."""

    number: int
    among: int
    after: int | None


def place(who: Grants, sheet: int, by: WaitingFilter) -> Place | None:
    """Where the sheet stands in what the filter leaves of the list, None where it is not: one statement."""
    row = WaitingSheet
    order = [PayPeriod.approve_by_at, row.organisation, row.name_key, row.timesheet]
    listed = (
        WaitingSheet.select(
            WaitingSheet.timesheet.alias("sheet"),
            fn.ROW_NUMBER().over(order_by=order).alias("number"),
            fn.COUNT(WaitingSheet.timesheet).over().alias("count"),
            fn.LEAD(WaitingSheet.timesheet).over(order_by=order).alias("after"),
        )
        .join(PayPeriod, on=(PayPeriod.id == WaitingSheet.pay_period))
        .where(waiting.narrow(who, by))
        .alias("listed")
    )
    c = listed.c
    query = WaitingSheet.select(c.number, c.count, c.after).from_(listed).where(c.sheet == sheet)
    for number, among, after in tuples(query):
        return Place(number, among, after)
    return None
