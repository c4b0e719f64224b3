"""Every form that the pages have, found by walking the addresses as those who use them: its fields as a browser sends them."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

from konnekt.db import db
from tests import permissions
from tests.direct import ask
from tests.permission_cast import Cast
from tests.visitor import Visitor

# The state of the sheet, where a page asks another than that of what was sent.
STATES = {"/hours": "draft", "/registration": "draft", "/bureau/corrections": "invoiced"}
ROLES = ("worker", "approv", "regist", "agency")
# What a new thing needs, by the address of its form: a page shows it empty.
FILLED = {
    "/account/deputies": {"email": "karim@um.example", "first_on": "2026-12-01", "last_on": "2026-12-02"},
    "/account/factors": {"name": "Telefoon"},
    "/bureau/assignments/*/end": {"last_on": "2026-12-31"},
    "/bureau/assignments/*/rates": {"valid_from_on": "2027-01-01", "pay_rate": "20", "bill_rate": "35"},
    "/bureau/closing-days?year=*": {"day": "2026-12-31", "name_nl": "Oudjaar", "name_en": "New Year's Eve"},
    "/bureau/hour-types": {"code": "EXTRA", "name_nl": "Extra", "name_en": "Extra", "multiplier_percent": "120"},
    "/bureau/organisations": {"code": "NIEUW", "name": "Nieuwe faculteit"},
    "/bureau/organisations/*/budget-numbers": {"number": "0815.1"},
    "/bureau/organisations/*/budget-numbers/*/end": {"end-valid_until_on": "2026-12-31"},
    "/bureau/organisations/*/end": {"ended_on": "2026-12-31"},
    "/bureau/payments/invoice/*/pay": {"pay-amount": "1,00", "pay-on": "2026-11-30"},
    "/bureau/pay-periods/year/preview": {"year": "2027"},
    "/bureau/people": {"first_name": "Ans", "last_name": "Peters", "email": "ans@um.example"},
    "/bureau/people/*/rights": {"organisation": "LAW", "may_register": "y"},
    "/password/forgotten": {"name": "noor@um.example"},
    "*": {"reason": "Zo was het."},
}  # fmt: skip


# Where what stands there already would be refused: what is chosen instead.
OTHER = {"/bureau/pay-periods/year/preview": {"calendar": "week"}}


@dataclass
class Form:
    """A form that is posted: by whom, whereto, its fields in order, which of them hold a number, and which are ticked."""

    role: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    boxes: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """Its address without what differs from row to row."""
        text = re.sub(r"/asked/[\w-]+|/new/[\w-]{20,}", "/*", self.action)
        return re.sub(
            r"/(?:\d+|A\d+|FSE|LAW)(?=[/?]|$)|\d+", lambda one: "/*" if "/" in one[0] else "*", text
        )

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.fields))

    def without(self, left_out: str) -> list[tuple[str, str]]:
        return [one for one in self.fields if one[0] != left_out]

    def fill(self) -> None:
        """Type what a new thing needs."""
        typed = FILLED["*"] | FILLED.get(self.kind, {})
        known = dict(self.fields)
        other = OTHER.get(self.kind, {})
        self.fields = [(name, other.get(name) or value or typed.get(name, "")) for name, value in self.fields]
        self.fields += [
            (name, value) for name, value in FILLED.get(self.kind, {}).items() if name not in known
        ]


class _Reader(HTMLParser):
    """The forms of a page, as a browser would send them without a press on a button that has a name."""

    def __init__(self, role: str, html: str) -> None:
        super().__init__()
        self.role, self.found = role, list[Form]()
        self.form: Form | None = None
        self.name, self.value, self.is_chosen = "", "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attributes}
        name, value = of.get("name", ""), of.get("value", "")
        if tag == "form":
            self.form = Form(self.role, of.get("action", "")) if of.get("method") == "post" else None
            self.found += [self.form] if self.form else []
        elif self.form is None:
            return
        elif tag == "input" and name and of.get("type") != "file":
            is_box = of.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in of:
                self.form.fields.append((name, value or ("on" if is_box else "")))
            if is_box:
                self.form.boxes.add(name)
            if of.get("type") == "number" or of.get("inputmode") in ("numeric", "decimal"):
                self.form.numbers.add(name)
        elif tag in ("select", "textarea"):
            self.name, self.value, self.is_chosen = name, "", False
        elif tag == "option" and self.name and ("selected" in of or not (self.value or self.is_chosen)):
            self.value, self.is_chosen = value, "selected" in of

    def handle_data(self, text: str) -> None:
        if self.lasttag == "textarea" and self.name:
            self.value += text.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea") and self.name and self.form:
            self.form.fields.append((self.name, self.value))
            self.name = ""
        elif tag == "form":
            self.form = None


def forms(cast: Cast, paths: Collection[str] | None = None) -> Iterator[Form]:
    """One of each kind, from the first page that has it; paths: on these pages alone."""
    seen = set()
    for role in ROLES:
        for row in permissions.rows():
            if row.method != "GET" or row.answers[role] != "ok" or row.path.startswith("/help"):
                continue
            if paths is not None and row.path not in paths:
                continue
            first = STATES.get(row.path.split("/<")[0], "submitted")
            state = first if first in (row.states or (first,)) else row.states[0]
            visitor = cast.visitors[role]
            page = ask(visitor.app, visitor.client, "GET", cast.address(row.path, state))
            found = _Reader(role, page.text).found if page.mimetype == "text/html" else []
            for form in found:
                if form.kind not in seen and form.action not in ("/logout", "/language"):
                    seen.add(form.kind)
                    form.fill()
                    yield form


@contextmanager
def unchanged(visitor: Visitor) -> Iterator[None]:
    """What the visitor does inside leaves no trace, neither in the database nor in the browser."""
    cookies = dict(visitor.client._cookies or {})
    with db.atomic() as transaction:
        yield
        transaction.rollback()
    visitor.client._cookies = cookies
