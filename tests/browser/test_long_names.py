"""Names of 105 letters without a space stay inside their column, and ordinary words stay whole."""

from konnekt.db import db
from konnekt.domain.accounts import passwords
from konnekt.models import Account, Assignment, BudgetNumber, HourType, Organisation
from tests.browser.conftest import DESKTOP, PASSWORD, Open, Site

LONG = ("Hottentottententententoonstellingsmakersopleidingsinstituut" * 2)[:105]

# Text that sticks out of the cell, the item or the paragraph that it stands in.
OUTSIDE = """() => {
  const out = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, box = text.parentElement.closest("td, th, dd, li, p, h1, h2, label, main");
    if (!text.data.includes("Hottentot") || !box || box.querySelector("select")) continue;
    if (text.parentElement.closest(".visually-hidden, [hidden]")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const edge = box.getBoundingClientRect().right + 1;
    if ([...range.getClientRects()].some(part => part.right > edge)) out.push(`${box.tagName}.${box.className}`);
  }
  const room = document.querySelector("main").getBoundingClientRect().right + 1;
  for (const table of document.querySelectorAll("main table"))
    if (table.getBoundingClientRect().right > room) out.push(`${table.tagName}.${table.className}`);
  return out;
}"""

# An ordinary word of a heading of a column that stands on two lines.
CUT = """() => [...document.querySelectorAll("main thead th")].filter(cell => {
  const text = [...cell.childNodes].find(node => node.nodeType === 3 && node.data.trim());
  if (!text || /\\s/.test(text.data.trim())) return false;
  const range = document.createRange();
  range.selectNodeContents(text);
  return range.getClientRects().length > 1;
}).map(cell => cell.textContent)"""


def lengthen(site: Site) -> None:
    """Give everybody and everything a name of 105 letters, and the agency a password."""
    with db.connection_context():
        Account.update(last_name=LONG).execute()
        Organisation.update(name=LONG, legal_name=LONG, contact_name=LONG, city=LONG).execute()
        Assignment.update(job_title=LONG).execute()
        BudgetNumber.update(description=LONG).execute()
        HourType.update(name_nl=LONG).execute()
        for account in (site.world.registrar, site.world.staff):
            passwords.replace(account, PASSWORD, by=None, source="command")


def test_long_names_stay_inside_their_column(visit: Open, site: Site) -> None:
    lengthen(site)
    sheet = f"/approvals/{site.world.sheet.id}"
    walks = {
        "supervisor@um.example": ["/", "/approvals", sheet, f"{sheet}/reject", "/organisations/FSE", "/budgets"],
        "secretariaat@um.example": ["/", "/registration?year=2026&period=12"],
        "noor@um.example": ["/hours"],
        "bureau@interum.example": ["/", "/bureau/progress", "/bureau/people", "/bureau/organisations", "/bureau/assignments"],
    }  # fmt: skip
    wrong = []
    for name, paths in walks.items():
        seen = visit(**DESKTOP)
        seen.sign_in(name)
        for path in paths:
            answer = seen.page.goto(f"{site.url}{path}")
            assert answer is not None
            assert answer.ok, path
            for width in (360, 768, 1280):
                seen.page.set_viewport_size({"width": width, "height": 900})
                wrong += [f"{path} at {width}: {found}" for found in seen.page.evaluate(OUTSIDE)]
                wrong += [f"{path} at {width}: {found} is cut" for found in seen.page.evaluate(CUT)]
                wide, room = seen.page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
                if wide > room:
                    wrong.append(f"{path} at {width}: {wide} px of page")
    assert wrong == [], "\n".join(wrong)
