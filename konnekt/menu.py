"""The places of the menu: one list feeds the bar and the left menu, a new place is one line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _

from konnekt import web
from konnekt.domain.access import Grants


def _anybody(_who: Grants) -> bool:
    return True


@dataclass(frozen=True)
class Place:
    """A place: its endpoint, words, icon, who may go there and what waits there (0 shows nothing).

    short: the word where there is little room; group: the heading in the left menu.
    """

    endpoint: str
    label: Any
    short: Any
    icon: str
    group: Any = ""
    may: Callable[[Grants], bool] = _anybody
    count: Callable[[], int] | None = None

    @property
    def current(self) -> str:
        """`page` when the reader is here, `true` on another page of this place, else empty."""
        if self.endpoint == request.endpoint:
            return "page"
        return "true" if self.endpoint.partition(".")[0] == request.blueprint else ""


# A place appears as soon as its endpoint exists.
MENU = (
    Place("home.index", _("Home"), _("Home"), "home"),
    Place("invoices.index", _("Invoices"), _("Invoices"), "file", _("Finance"),
          lambda who: bool(who.invoices)),
    Place("approvals.index", _("Approve timesheets"), _("Approve"), "check", _("Timesheets"),
          lambda who: bool(who.approve), lambda: web.waiting().count),
    Place("registration.index", _("Register hours"), _("Register"), "pencil", _("Timesheets"),
          lambda who: bool(who.register), web.drafts),
    Place("bureau.index", _("Agency"), _("Agency"), "building", _("Agency"), lambda who: who.is_agency_staff),
    Place("account.index", _("Account settings"), _("Account"), "user", _("Account")),
)  # fmt: skip


def places() -> list[Place]:
    """What the signed-in account may open."""
    who = web.grants()
    return [place for place in MENU if place.endpoint in current_app.view_functions and place.may(who)]


def init_app(app: Flask) -> None:
    """Give the templates the menu."""
    app.jinja_env.globals["places"] = places
