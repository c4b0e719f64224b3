"""The help: its pages, which part of them goes with which screen, and the pictures in it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _
from flask_login import current_user

from konnekt.domain.access import Grants
from konnekt.screens import web

# The pages of the help, in the order in which they are offered.
PAGES = {
    "supervisor": _("Supervisors"),
    "registrar": _("Registering hours for others"),
    "worker": _("Workers"),
    "agency": _("The agency"),
    "portal": _("Signing in and your device"),
}

# What tells about the portal itself.
STATEMENTS = ("accessibility", "privacy")

# The part of the help for a screen: by its endpoint, else its blueprint, else the blueprint around that one.
SECTIONS = {
    "account": ("portal", "account"),
    "approvals": ("supervisor", "approve"),
    "approvals.show": ("supervisor", "details"),
    "approvals.reject": ("supervisor", "reject"),
    "approvals.revoke": ("supervisor", "undo"),
    "auth": ("portal", "sign-in"),
    "budgets": ("supervisor", "budgets"),
    "bureau": ("agency", "month"),
    "bureau.assignments": ("agency", "assignments"),
    "bureau.budget_numbers": ("agency", "organisations"),
    "bureau.closing_days": ("agency", "calendar"),
    "bureau.corrections": ("agency", "corrections"),
    "bureau.details": ("agency", "details"),
    "bureau.hour_types": ("agency", "assignments"),
    "bureau.imports": ("agency", "imports"),
    "bureau.invitations": ("agency", "people"),
    "bureau.invoicing": ("agency", "invoicing"),
    "bureau.mail": ("agency", "mail"),
    "bureau.organisations": ("agency", "organisations"),
    "bureau.pay_periods": ("agency", "calendar"),
    "bureau.payments": ("agency", "payments"),
    "bureau.payroll": ("agency", "payroll"),
    "bureau.people": ("agency", "people"),
    "bureau.progress": ("agency", "progress"),
    "decided": ("supervisor", "undo"),
    "deputies": ("supervisor", "deputies"),
    "factors": ("portal", "account"),
    "hours": ("worker", "overview"),
    "hours.sheet": ("worker", "progress"),
    "hours.show": ("worker", "fill-in"),
    "hours.totals": ("worker", "totals"),
    "identities": ("portal", "account"),
    "invoices": ("supervisor", "invoices"),
    "registrar_sheets": ("registrar", "drafts"),
    "reports": ("supervisor", "invoices"),
    "notifications": ("portal", "account"),
    "organisations": ("supervisor", "organisations"),
    "registration": ("registrar", "choose"),
    "timesheets": ("supervisor", "details"),
    "registration.show": ("registrar", "fill-in"),
    "search": ("portal", "search"),
}


@dataclass(frozen=True)
class Picture:
    """A picture of a screen: its static file, and its pixels, so that nothing shifts when it arrives."""

    filename: str
    width: int
    height: int


def start(who: Grants) -> tuple[str, str]:
    """Where the help begins for somebody: with what this account does most."""
    if who.is_agency_staff:
        return "agency", "month"
    if who.approve or who.invoices:
        return "supervisor", "home"
    if who.register:
        return "registrar", "drafts"
    return ("worker", "overview") if who.account.is_worker else ("supervisor", "home")


def section(endpoint: str) -> tuple[str, str] | None:
    """The page and the part for an endpoint, or None where no part is about it alone."""
    while endpoint:
        if endpoint in SECTIONS:
            return SECTIONS[endpoint]
        endpoint = endpoint.rpartition(".")[0]
    return None


def part() -> tuple[str, str]:
    """The page of the help that goes with this screen, and the part of it."""
    of_screen = section(request.endpoint or "")
    if of_screen:
        return of_screen
    return start(web.grants()) if current_user.is_authenticated else ("portal", "sign-in")


@lru_cache
def _picture(folder: str, name: str) -> Picture:
    """A PNG tells its width and height in its first bytes."""
    head = (Path(folder) / name).read_bytes()[:24]
    return Picture(name, int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))


def picture(name: str) -> Picture:
    """The picture of a screen in the reader's language."""
    return _picture(current_app.static_folder or "", f"help/{web.language()}/{name}.png")


def init_app(app: Flask) -> None:
    """Have every page link to its part of the help."""
    context: dict[str, Any] = {"help_part": part, "help_picture": picture, "help_pages": PAGES}
    app.jinja_env.globals.update(context)
