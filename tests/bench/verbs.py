"""What is written: approving one, fifty and five hundred sheets; saving a grid of 140 cells."""

import re

from konnekt.models import Timesheet
from tests.bench.client import Answer, Client, Form
from tests.bench.pages import grid
from tests.bench.report import Section
from tests.bench.site import Cost, Site

CELLS = 140
SAVED = f"save {CELLS} cells"
FIFTY = 50


def measure(site: Site, section: Section) -> None:
    """Both, as far as they are asked for; what is approved is taken back each time."""
    if section.wants("approve 1", "approve 50 against 1", f"approve {site.data.cast.sizes.many}"):
        with site.data.changed():
            _approve(site, section)
    if section.wants(SAVED):
        with site.data.changed():
            _save(site, section)


class Approver:
    """Approves the first so many of what waits, as htmx does, and takes it back outside of what is measured."""

    def __init__(self, client: Client, organisation: int, count: int) -> None:
        self.client, self.count, self.batch = client, count, ""
        waits = (Timesheet.organisation == organisation) & (Timesheet.state == "submitted")
        self.sheets = [
            one.id for one in Timesheet.select(Timesheet.id).where(waits).order_by(Timesheet.id).limit(count)
        ]
        assert len(self.sheets) == count

    def prepare(self) -> None:
        """Take back what was approved, and read the revisions as they are now."""
        if self.batch:
            answer = self.client.post("/approvals/undo", {"batch": self.batch}, htmx=False)
            assert answer.status == 303, answer.text
        found = Timesheet.select(Timesheet.id, Timesheet.revision).where(Timesheet.id.in_(self.sheets))
        self.picks = [f"{one.id}:{one.revision}" for one in found]
        self.batch = ""

    def ask(self) -> Answer:
        answer = self.client.post("/approvals/approve", {"pick": self.picks})
        assert answer.status == 200, answer.text
        found = re.search(r'name="batch" value="([^"]+)"', answer.text)
        assert found, "nothing can be taken back"
        self.batch = found[1]
        return answer


def _approve(site: Site, section: Section) -> None:
    group = site.data.cast.approving
    client = site.client(group.supervisor)
    many = site.data.cast.sizes.many
    approvers = [Approver(client, group.organisation, count) for count in (1, min(FIFTY, many), many)]
    costs = [Cost() for _ in approvers]
    for turn in range(site.effort.rounds + 1):
        for approver, cost in zip(approvers, costs, strict=True):
            approver.prepare()
            before = site.cpu()
            answer = approver.ask()
            if turn:  # the first time of all
                cost.cpu.append((site.cpu() - before) * 1000)
                cost.seconds.append(answer.seconds)
                cost.answer = answer
            approver.prepare()  # the next one asks for the same sheets
    one, fifty, all_of_them = costs
    section.add("approve 1", one.cpu_ms, "ms", details=one.figures())
    section.add("approve 50 against 1", fifty.over(one), "x", at_most=2, details=fifty.figures())
    section.add(
        f"approve {many}", all_of_them.cpu_ms / 1000, "s", at_most=0.3, details=all_of_them.figures()
    )  # fmt: skip


class Typist:
    """Fills all cells of a grid with other hours at each save."""

    def __init__(self, client: Client, path: str) -> None:
        self.client, self.path, self.turn = client, path, 0
        self.save_path = path.replace("?", "/save?")
        self.fields = Form.of(client.get(path).text, "hour-grid").fields
        cells = [name for name, _value in self.fields if name.startswith("cell-")]
        assert len(cells) >= CELLS, f"{len(cells)} cells"

    def ask(self) -> Answer:
        self.turn += 1
        hours = ("1:00", "1:06")[self.turn % 2]
        fields = [(name, hours if name.startswith("cell-") else value) for name, value in self.fields]
        answer = self.client.post(self.save_path, fields)
        assert answer.status == 200, answer.text[:3000]
        self.fields = Form.of(answer.text, "hour-grid").fields
        return answer


def _save(site: Site, section: Section) -> None:
    typist = Typist(site.client(site.data.cast.team.supervisor), grid(site))
    (site.folder / "save").write_bytes(typist.ask().body)
    plain, turn = site.bare_client(), 0

    def write() -> Answer:
        nonlocal turn
        turn += 1
        return plain.post("/save", [("cell", "x" * (turn % 2 + 1)) for _ in range(CELLS)])

    ours, bare = site.side_by_side((typist.ask, site.cpu), (write, site.bare_cpu))
    section.add_page(SAVED, (ours, bare, 0), times=8)
