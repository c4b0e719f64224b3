"""Who is asked for hours in a period: one rule for Mijn uren, registration, reminders and the agency's progress."""

from datetime import date

import pytest

from konnekt.domain import access
from konnekt.domain.hours import sheets
from konnekt.domain.periods import reminders, stages
from konnekt.domain.registration import teams
from konnekt.models import Assignment, Mail, Organisation, PayPeriod, Timesheet
from tests import factories
from tests.factories import World

# What is true of an assignment, and whether its hours of the period (2 to 29 November 2026) are asked for.
CASES: dict[str, tuple[dict[str, object], date | None, bool]] = {
    "it runs": ({}, None, True),
    "it starts on the last day": ({"first_on": date(2026, 11, 29)}, None, True),
    "it starts after": ({"first_on": date(2026, 11, 30)}, None, False),
    "it ended on the first day": ({"last_on": date(2026, 11, 2)}, None, True),
    "it ended before": ({"last_on": date(2026, 11, 1)}, None, False),
    "its hours are fixed": ({"basis": "fixed"}, None, False),
    "its organisation ended in the period": ({}, date(2026, 11, 2), True),
    "its organisation had ended": ({}, date(2026, 11, 1), False),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("entered_by", ["worker", "organisation"])
def test_everybody_asks_the_same(world: World, case: str, entered_by: str) -> None:
    columns, ended_on, is_asked = CASES[case]
    Timesheet.delete().execute()
    Assignment.update(last_on=date(2026, 10, 1)).execute()
    worker = factories.worker("Ada", "Gevraagd")
    facts = {"first_on": date(2026, 1, 1), "code": "ASKED", "entered_by": entered_by, **columns}
    factories.assignment(worker, world.fse, world.fse_budget, **facts)
    Organisation.update(ended_on=ended_on).where(Organisation.id == world.fse.id).execute()

    def period() -> PayPeriod:
        return PayPeriod.get_by_id(world.period.id)

    due = [row.assignment.code for row in sheets.to_fill_in(worker) if row.period == world.period]
    assert due == (["ASKED"] if is_asked and entered_by == "worker" else [])

    who = access.grants(world.registrar)
    team = teams.team(who, teams.choose(who, "FSE", 2026, period().number, everyone=True))
    there = [row.code for row in team.workers] if team else []
    assert there == (["ASKED"] if is_asked else [])

    reminders.remind(reminders.Target(world.period.id), by=world.staff)
    told = {mail.account.email for mail in Mail.select().where(Mail.kind == "reminder")}
    whom = {worker.email} if entered_by == "worker" else {world.registrar.email}
    assert told == (whom if is_asked else set())

    assert stages.tally(stages.of([period()]).get(world.period.id, [])).unsent == int(is_asked)
