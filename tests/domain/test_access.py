from konnekt.domain import access, approvals
from tests.factories import World


def test_grants(world: World) -> None:
    who = access.grants(world.supervisor)
    assert who.approve == {world.fse.id: frozenset()}
    assert who.invoices == {world.fse.id}
    assert approvals.waiting(who).count == 1
    rows = approvals.sheets(who, approvals.Filter())
    assert [r.sheet.id for r in rows] == [world.sheet.id]
    assert rows[0].is_ordinary
    assert rows[0].sheet.assignment.worker.name == "Noor Hendriks"
