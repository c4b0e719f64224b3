"""Whom tests/permissions.py speaks of, and a row of the database for every place in an address."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Flask

from konnekt.background import mail
from konnekt.domain import access, clock, events
from konnekt.domain.accounts import agency_roles, devices, factors, links, sessions
from konnekt.domain.approvals import decide, deputy_requests, waiting
from konnekt.domain.imports import uploads
from konnekt.domain.invoices import issue, missing_documents
from konnekt.domain.payments import booking
from konnekt.models import (
    Agency,
    BankEntry,
    BudgetNumber,
    ClosingDay,
    Deputy,
    Device,
    Dispatch,
    Document,
    Flag,
    HourType,
    Identity,
    Job,
    JobFile,
    Mail,
    Organisation,
    Payment,
    PostponedInvoice,
    ProposedChange,
    Rate,
    Right,
    Session,
    Timesheet,
    TimesheetLine,
)
from tests import books_cast, factories, invoice_cast, mailed, payroll_cast, soft_passkeys
from tests.factories import World
from tests.visitor import Visitor

# The period of 2026 in which Noor's sheet is in each state; of 12 it is World's own.
PERIODS = {"draft": 13, "submitted": 12, "rejected": 11, "approved": 10, "invoiced": 9}


@dataclass
class Cast:
    """The visitors by role, Noor's sheets by state, and what stands at each place of an address."""

    world: World
    visitors: dict[str, Visitor]
    sheets: dict[str, Timesheet]
    correction: Timesheet
    places: dict[str, str]
    batches: dict[str, str]
    lines: dict[str, TimesheetLine]
    fingerprints: dict[str, str]
    tokens: dict[str, str]

    def address(self, path: str, state: str, *, missing: bool = False) -> str:
        """The address of a line of the table, with a row of the database at each of its places.

        missing: with numbers and codes that nothing has.
        """
        sheet, period = self.sheets[state], self.sheets[state].pay_period
        here = self.places | {"sheet": str(sheet.id)}
        if "/progress/" in path:
            here |= {"year": str(period.year), "number": str(period.number)}
        for start, more in SPECIAL.items():
            if path.startswith(start):
                here |= {name: self.places[other] for name, other in more.items()}
        if path.endswith("corrections/<sheet>/withdraw"):
            here["sheet"] = str(self.correction.id)
        if missing:
            here |= {name: "nowhere" if name in ("code", "token") else "999999" for name in ROWS}
        for name, value in here.items():
            path = path.replace(f"<{name}>", quote(value, safe=""))
        if path.startswith(("/hours/", "/registration/")):
            path += f"?year={period.year}&period={period.number}"
        return f"{path}?all=1" if path in ("/invoices/zip", "/bureau/sending") else path

    def form(self, path: str, state: str, role: str) -> dict[str, Any]:
        """What the page of that address would send: as far as it needs more than the token, all of it."""
        sheet = self.sheets[state]
        seen = str(sheet.revision)
        line = self.lines[state]
        day = sheet.pay_period.first_on
        grid = {
            "seen": seen, "row": "a", "week-a": f"{line.iso_year}-{line.iso_week}", "line-a": str(line.id),
            "type-a": str(line.hour_type_id), "budget-a": str(line.budget_number_id),
            f"cell-a-{day}": "7", "reason": "Zo was het.",
        }  # fmt: skip
        if path.endswith("/turn"):
            here = f"{sheet.pay_period.year}-{sheet.pay_period.number}"
            return grid | {"to": here if path.startswith("/hours") else self.places["code"], "go": ""}
        if path.startswith(("/hours/", "/registration/")) and "<code>" in path:
            return grid | {"fill": "rest", "from": "a"}
        if path.startswith("/bureau/progress/") and path.endswith("/change"):
            return grid
        if path == "/bureau/corrections/<sheet>":
            return grid | {"line-a": ""}
        pick = {"pick": f"{sheet.id}:{seen}"}
        fingerprint = self.fingerprints[role]
        forms: dict[str, dict[str, Any]] = {
            "/approvals/approve": pick,
            "/decide/<token>": pick,
            "/approvals/ordinary": {"fingerprint": fingerprint},
            "/home/ordinary": {"fingerprint": fingerprint},
            "/approvals/undo": {"batch": self.batches["approved"]},
            "/home/undo": {"batch": self.batches["approved"]},
            "/approvals/<sheet>/budget-number": {"seen": seen, "budget_number": self.places["other_number"]},
            "/registration/send-all": {"pick": f"{self.sheets['draft'].id}:1"},
            "/account/deputies": {
                "organisation": "LAW" if role == "away" else "FSE", "email": "noor@um.example",
                "first_on": "2026-12-01", "last_on": "2026-12-02",
                "supervisor": self.world.supervisor.email if role in ("agency", *agency_roles.ROLES) else "",
            },
            "/language": {"language": "en"},
            "/bureau/proposals/<proposal>/confirm": {"seen": ""},
            "/bureau/payments/bank/<entry>/book": {"seen": "0", "numbers": self.places["invoice_number"]},
            "/bureau/payments/bank/<entry>/set-aside": {"seen": "0"},
            "/bureau/assignments": {"worker": self.world.noor.employee_number, "organisation": "FSE"},
            "/bureau/pay-periods/year/delete": {"calendar": "four_weeks", "year": "2026"},
        }  # fmt: skip
        return forms.get(path, {"seen": seen, "reason": "Dinsdag klopt niet."})


# The places of an address that name a row of the database.
ROWS = {
    "sheet", "code", "assignment", "authenticator", "passkey", "device", "rate", "invoice", "budget_number", "deputy", "asked", "session", "closing_day", "entry",
    "hour_type", "identity", "job", "file", "key", "mail", "period", "payment", "batch", "person", "postponed", "number", "sending", "token",
}  # fmt: skip
# Where a place of that name holds something else than elsewhere.
SPECIAL = {
    "/account/deputies/asked/": {"token": "deputy_token"},
    "/decide/": {"token": "decide_token"},
    "/organisations/": {"code": "organisation"},
    "/bureau/organisations/": {"code": "organisation"},
    "/bureau/people/<person>/rights/": {"code": "organisation", "person": "approver"},
    "/bureau/people/<person>/sessions/": {"session": "session"},
    "/bureau/books/": {"batch": "ledger_batch", "format": "ledger_format", "code": "organisation"},
    "/bureau/payroll/<calendar>/": {"number": "period_number"},
    "/bureau/imports/<job>/again": {"job": "import"},
    "/bureau/payments/bank/<entry>/put-back": {"entry": "set_aside"},
}


def assemble(app: Flask, world: World) -> Cast:
    """Everybody the table names, around Noor's sheets at FSE."""
    fse, noor, emre = world.fse, world.noor, world.supervisor
    Right.update(may_see_invoices=False).where(Right.account == emre).execute()
    peer = factories.worker("Karim", "Özdemir")
    reader = factories.account("Ria", "Lemmens")
    deputy = factories.account("Dirk", "Vroemen")
    factories.right(reader, fse, invoices=1)
    named = Deputy.create(
        organisation=fse, supervisor=emre, deputy=deputy, first_on=clock.today(), last_on=clock.today(),
        created_at=clock.now(), created_by=emre,
    )  # fmt: skip
    asked = deputy_requests.ask("FSE", peer.email, clock.today(), clock.today(), by=emre)
    question = Mail.get(Mail.kind == "deputy")
    accounts = {
        "nobody": None, "worker": noor, "peer": peer, "approv": emre, "regist": world.registrar,
        "invoic": reader, "deputy": deputy, "away": world.outsider, "agency": world.staff,
    }  # fmt: skip
    for role in agency_roles.ROLES:
        accounts[role] = factories.account("Bureau", role, is_agency_staff=True, agency_roles=role)
    karim = factories.assignment(peer, fse, world.fse_budget)
    factories.sheet(karim, world.period, state="approved")
    # A batch of what is approved so far, then the sheet that is neither exported nor invoiced.
    payroll_cast.complete(world)
    invoice_cast.complete(world)
    Timesheet.update(state="submitted", decided_at=None, decided_by=None).where(
        Timesheet.id == world.sheet.id
    ).execute()
    batch = payroll_cast.export()
    sheets, batches = {"submitted": world.sheet}, {}
    for state, number in PERIODS.items():
        if state != "submitted":
            period = world.periods[number - 1]
            start = "draft" if state == "draft" else "submitted"
            sheets[state] = factories.sheet(world.assignment, period, {period.first_on: 480}, state=start)
    first = world.periods[7]
    factories.sheet(world.assignment, first, {first.first_on: 480}, state="approved")
    correction = factories.sheet(
        world.assignment, first, {first.first_on: -60}, sequence=1, submitted_by=world.staff
    )
    events.record(
        "submit", by=noor, timesheet=world.sheet, revision=1, before=None, after={"state": "submitted"}
    )
    decide.reject(sheets["rejected"].id, "Dinsdag klopt niet.", by=emre, seen=1)
    for state in ("approved", "invoiced"):
        batches[state] = decide.approve(sheets[state].id, by=emre, seen=1).batch
    ((invoice, *_), _preview) = issue.issue(
        "four_weeks", 2026, 9, "FSE", on=clock.today(), by=None, source="command"
    )
    for kind, suffix in (("pdf", "pdf"), ("ubl", "xml")):
        Document.create(
            invoice=invoice, kind=kind, file_name=f"1.{suffix}", media_type=f"application/{suffix}", sha256="",
            content=b"x", created_at=clock.now(),
        )  # fmt: skip
    missing_documents.keep(invoice)
    Organisation.update(invoice_email="facturen@fse.example").where(Organisation.code == "FSE").execute()
    booking.pay(invoice.id, clock.today(), 100, by=world.staff, seen=0)
    books_cast.choose(world)
    visitors = {role: Visitor(app, account) for role, account in accounts.items()}
    devices.remember(noor, devices.know(noor, ""))
    begun = factors.begin(noor, "Phone", by=noor)
    _, passkey = soft_passkeys.set_up(noor)
    tied = Identity.create(account=noor, issuer="https://x.example", subject="1", created_at=clock.now())
    visitors["half"] = Visitor(app)
    with visitors["half"].client.session_transaction() as cookie:
        cookie["half"] = sessions.start_half(noor)
    link = links.send(noor, "reset")
    lost = mail.queue(
        "rejected", noor, worker="Noor", organisation="FSE", by="Emre", period="12", reason="x", url="x",
        until=clock.now(),
    )  # fmt: skip
    assert lost
    Mail.update(failed_at=clock.now(), attempts=1, last_error="550").where(Mail.id == lost.id).execute()
    checked = uploads.start([("hour_types.csv", b"code\n")], by=world.staff)
    Job.update(
        ended_at=clock.now(), result={"files": [], "kinds": ["hours.csv"], "is_ok": True, "effect": ""}
    ).where(Job.id == checked.id).execute()
    failed = Job.create(
        kind="import", asked=checked.asked, created_at=clock.now(), ended_at=clock.now(), failure="x"
    )
    report = Job.create(
        kind="make_report", asked={"by": {}}, created_at=clock.now(), created_by=world.staff,
        ended_at=clock.now(), result={"organisations": None, "has_margin": False},
    )  # fmt: skip
    JobFile.create(job=report, name="report.pdf", content=b"x")
    bank_entry, set_aside = (
        BankEntry.create(
            booked_on=clock.today(), amount_cents=100, format="camt", reference=reference, read_at=clock.now()
        )
        for reference in ("waits", "aside")
    )
    BankEntry.update(set_aside_at=clock.now()).where(BankEntry.id == set_aside.id).execute()
    proposal = ProposedChange.create(
        before={"phone": Agency.get().phone}, after={"phone": "043"}, proposed_by=accounts["planning"],
        proposed_at=clock.now(), ends_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    own_session = Session.select().where((Session.account == noor) & ~Session.is_half).get()
    places = {
        "token": re.findall(r"/password/new/([\w-]+)", link.text)[0],
        "code": world.assignment.code,
        "organisation": "FSE",
        "assignment": world.assignment.id,
        "rate": Rate.get(Rate.assignment == world.assignment).id,
        "invoice": invoice.id,
        "key": f"{fse.id}-{sheets['approved'].pay_period_id}-{world.fse_budget.id}-0",
        "postponed": PostponedInvoice.create(
            organisation=world.law, pay_period=world.period, reason="Nog niet.", created_at=clock.now()
        ).id,
        "invoice_number": invoice.number_text,
        "entry": bank_entry.id,
        "set_aside": set_aside.id,
        "budget_number": world.fse_budget.id,
        "other_number": BudgetNumber.create(organisation=fse, number="0042.7").id,
        "number": world.fse_budget.id,
        "deputy": named.id,
        "asked": asked.id,
        "deputy_token": re.findall(r"/deputies/asked/([\w-]+)", question.text)[0],
        "decide_token": mailed.remind(world),
        "session": own_session.id,
        "authenticator": begun.id,
        "passkey": passkey.id,
        "identity": tied.id,
        "provider": "demo",
        "device": Device.select().order_by(Device.id).get().id,
        "closing_day": ClosingDay.create(day=clock.today(), name_nl="Dies", name_en="Dies").id,
        "hour_type": HourType.get(HourType.code == "REG").id,
        "job": checked.id,
        "import": failed.id,
        "file": report.id,
        "mail": lost.id,
        "sending": Dispatch.create(
            invoice=invoice,
            purpose="reminder",
            nth=3,
            way="mail",
            recipient="x@fse.example",
            documents="pdf",
            asked_at=clock.now(),
        ).id,
        "period": world.period.id,
        "payment": Payment.select().order_by(Payment.id).get().id,
        "batch": batch.id,
        "format": "neutral",
        "ledger_batch": books_cast.make(world.staff).id,
        "ledger_format": "csv",
        "calendar": "four_weeks",
        "year": 2026,
        "period_number": 12,
        "person": noor.id,
        "proposal": proposal.id,
        "approver": emre.id,
        "statement": "privacy",
        "page": "worker",
        "filename": "app.css",
    }
    Flag.delete().execute()  # so that what waits is ordinary
    return Cast(
        world,
        visitors,
        sheets,
        correction,
        {name: str(value) for name, value in places.items()},
        batches,
        {state: TimesheetLine.get(TimesheetLine.timesheet == sheet) for state, sheet in sheets.items()},
        {
            role: waiting.ordinary(access.grants(account), waiting.WaitingFilter())[1] if account else ""
            for role, account in ({"half": None} | accounts).items()
        },
        {role: visitor.csrf_token() for role, visitor in visitors.items()},
    )
