from konnekt.domain import access, approvals, waiting
from tests.factories import World


def test_grants(world: World) -> None:
    who = access.grants(world.supervisor)
    assert who.approve == {world.fse.id: frozenset()}
    assert who.invoices == {world.fse.id}
    assert waiting.count(who).count == 1
    rows = approvals.page(who, waiting.Filter())
    assert [r.sheet.id for r in rows] == [world.sheet.id]
    assert rows[0].is_ordinary
    assert rows[0].sheet.assignment.worker.name == "Noor Hendriks"
