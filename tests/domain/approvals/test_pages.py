"""Pages of the list: read group by group they are those of the whole list, in its order, each sheet once."""

import random
from datetime import date

import pytest

from konnekt.domain import access, clock
from konnekt.domain.approvals import listing, waiting
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.models import Assignment, Contributor, Deputy, PayPeriod, Timesheet
from tests import factories
from tests.factories import World


def fill(world: World, chance: random.Random) -> None:
    """Sheets of two organisations over some periods, two of which have one deadline."""
    factories.right(world.supervisor, world.law, approve=1)
    PayPeriod.update(
        approve_by_at=world.periods[10].approve_by_at, submit_by_at=world.periods[9].submit_by_at
    ).where(PayPeriod.id.in_([world.periods[9].id, world.periods[10].id])).execute()
    for period in world.periods[6:12]:
        for place, budget in ((world.fse, world.fse_budget), (world.law, world.law_budget)):
            names = [(chance.choice("ABCDE"), chance.choice("VWXYZ")) for _ in range(chance.randint(1, 9))]
            made = factories.sheets(place, budget, period, names)
            touched = chance.sample(made, len(made) // 2)
            for sheet in touched:
                who = chance.choice([world.supervisor, world.registrar, sheet.submitted_by])
                Contributor.create(timesheet=sheet, account=who)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["", "a"])
def test_pages_are_parts_of_the_whole(world: World, seed: int, name: str) -> None:
    fill(world, random.Random(seed))
    who, by = access.grants(world.supervisor), WaitingFilter(name=name)
    among = waiting.count(who, name).narrowed(by)
    whole = listing.page(who, by, size=1000)
    assert len(whole) == among.count > 5
    assert sum(row.minutes for row in whole) == among.minutes
    assert sum(row.is_ordinary for row in whole) == among.ordinary_count
    assert waiting.ordinary(who, by)[1] == among.fingerprint
    for size in (1, 4, 7):
        read: list[int] = []
        for number in range(1, len(whole) // size + 2):
            read += [row.id for row in listing.page(who, by, number, size, among)]
        assert read == [row.id for row in whole]
    narrowed = WaitingFilter("LAW", world.periods[10].id, name)
    some = listing.page(who, narrowed, size=100, among=waiting.count(who, name).narrowed(narrowed))
    assert [row.id for row in some] == [
        row.id for row in whole if row.organisation_id == world.law.id and row.period.number == 11
    ]


@pytest.mark.parametrize("seed", range(3))
def test_what_waits_for_me_is_the_same_in_both_tables(world: World, seed: int) -> None:
    """Also for a deputy of two supervisors, under four-eyes and not."""
    fill(world, random.Random(seed))
    deputy, other = factories.account("D", "Eputy"), factories.account("S", "Upervisor")
    factories.right(other, world.law, approve=1)
    factories.right(deputy, world.fse, approve=1)
    for one in (world.outsider, other):
        Deputy.create(
            organisation=world.law, supervisor=one, deputy=deputy, first_on=date(2026, 11, 1),
            last_on=date(2026, 12, 31), created_at=clock.now(),
        )  # fmt: skip
    for account in (deputy, world.supervisor, world.outsider, world.noor):
        who = access.grants(account)
        query = Timesheet.select(Timesheet.id).join(Assignment).where(access.approvable(who))
        ids = {row.id for row in query}
        assert {row.id for row in listing.page(who, WaitingFilter(), size=1000)} == ids
        assert waiting.count(who).count == len(ids)
