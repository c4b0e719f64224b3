"""The places of the menu: one list feeds the bar and the left menu, a new place is one line."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _

from konnekt.domain.access import Grants
from konnekt.screens import web
from konnekt.screens.languages import reader


def _anybody(_who: Grants) -> bool:
    return True


@dataclass(frozen=True)
class MenuPlace:
    """A place: its endpoint, words, icon, who may go there and what waits there (0 shows nothing).

    short: the word where there is little room; group: the heading in the left menu; within: the places
    that the left menu shows below it while the reader is there; also: blueprints that belong to this place.
    """

    endpoint: str
    label: Any
    short: Any
    icon: str
    group: Any = ""
    may: Callable[[Grants], bool] = _anybody
    count: Callable[[], int] | None = None
    within: Callable[[], list["MenuPlace"]] | None = None
    also: tuple[str, ...] = ()

    @property
    def current(self) -> str:
        """`page` when the reader is here, `true` on another page of this place, else empty."""
        if self.endpoint == request.endpoint:
            return "page"
        blueprint = self.endpoint.rpartition(".")[0]
        here = request.blueprint or ""
        is_inside = here == blueprint or here.startswith(f"{blueprint}.")
        return "true" if is_inside or here in self._more() else ""

    def _more(self) -> tuple[str, ...]:
        """Other blueprints that belong to this place, for this reader.

        What stands among the agency's own places belongs there for who works there, and nowhere else.
        """
        if self in BUREAU or not web.grants().is_agency_staff:
            return self.also
        of_agency = [place.endpoint.rpartition(".")[0] for place in BUREAU]
        return tuple(of_agency) if self.within else tuple(set(self.also) - set(of_agency))


# The places within the agency's own, in the order in which its month goes.
BUREAU = (
    MenuPlace("bureau.progress.index", _("Hours of a period"), _("Hours"), "clock", _("The month")),
    MenuPlace("timesheets.index", _("Timesheets"), _("Timesheets"), "file", _("The month")),
    MenuPlace("bureau.invoicing.index", _("Invoice run"), _("Invoicing"), "file", _("The month")),
    MenuPlace("bureau.payments.index", _("Payments"), _("Payments"), "tick", _("The month"),
          also=("bureau.books",)),
    MenuPlace("bureau.overdue.index", _("Overdue"), _("Overdue"), "alert", _("The month")),
    MenuPlace("bureau.turnover.index", _("Hours and revenue"), _("Revenue"), "file", _("The month")),
    MenuPlace("bureau.payroll.index", _("Payroll"), _("Payroll"), "user", _("The month")),
    MenuPlace("bureau.corrections.index", _("Corrections"), _("Corrections"), "undo", _("The month")),
    MenuPlace("budgets.index", _("Budgets"), _("Budgets"), "draft", _("The month")),
    MenuPlace("reports.index", _("Report"), _("Report"), "file", _("The month")),
    MenuPlace("bureau.organisations.index", _("Organisations"), _("Organisations"), "building", _("Records"),
          also=("bureau.budget_numbers",)),
    MenuPlace("bureau.people.index", _("People"), _("People"), "user", _("Records"),
          also=("bureau.invitations",)),
    MenuPlace("bureau.assignments.index", _("Assignments"), _("Assignments"), "pencil", _("Records")),
    MenuPlace("bureau.hour_types.index", _("Hour types"), _("Hour types"), "clock", _("Records")),
    MenuPlace("bureau.pay_periods.index", _("Pay periods"), _("Pay periods"), "clock", _("Records")),
    MenuPlace("bureau.closing_days.index", _("Closing days"), _("Closing days"), "lock", _("Records")),
    MenuPlace("bureau.imports.index", _("Import"), _("Import"), "download", _("Records")),
    MenuPlace("bureau.mail.index", _("Mail that did not arrive"), _("Mail"), "send", _("Records")),
    MenuPlace("bureau.register.index", _("What is kept of whom"), _("Privacy"), "lock", _("Records")),
    MenuPlace("bureau.details.index", _("The agency itself"), _("Agency"), "building", _("Records")),
)  # fmt: skip


def bureau_places() -> list[MenuPlace]:
    """The places within the agency's own."""
    return [place for place in BUREAU if place.endpoint in current_app.view_functions]


# A place appears as soon as its endpoint exists.
MENU = (
    MenuPlace("home.index", _("Home"), _("Home"), "home"),
    MenuPlace("invoices.index", _("Invoices"), _("Invoices"), "file", _("Finance"),
          lambda who: bool(who.invoices) or who.is_agency_staff, also=("reports",)),
    MenuPlace("approvals.index", _("Approve timesheets"), _("Approve"), "check", _("Timesheets"),
          lambda who: bool(who.approve), lambda: web.waiting().count, also=("decided", "timesheets")),
    MenuPlace("registration.index", _("Register hours"), _("Register"), "pencil", _("Timesheets"),
          lambda who: bool(who.register), web.drafts),
    MenuPlace("hours.index", _("My hours"), _("Hours"), "clock", _("Timesheets"),
          lambda who: bool(who.account.is_worker), web.urgent_count),
    MenuPlace("bureau.index", _("Agency"), _("Agency"), "building", _("Agency"),
              lambda who: who.is_agency_staff, within=bureau_places),
    MenuPlace("account.index", _("Account settings"), _("Account"), "user", _("Account"),
              also=("factors",)),
)  # fmt: skip


class ShownPlace(NamedTuple):
    """A place as one reader sees it now: values alone, for which the menu is drawn once (screens.drawn)."""

    endpoint: str
    label: str
    short: str
    icon: str
    group: str
    current: str
    waits: int | None
    within: tuple["ShownPlace", ...] = ()


def places() -> tuple[ShownPlace, ...]:
    """What the signed-in account may open."""
    who, language = web.grants(), reader()
    return tuple(
        _shown(place, language)
        for place in MENU
        if place.endpoint in current_app.view_functions and place.may(who)
    )


def _shown(place: MenuPlace, language: str) -> ShownPlace:
    within = place.within() if place.within and place.current else ()
    return ShownPlace(
        place.endpoint,
        *_words(place.endpoint, language),
        place.current,
        place.count() if place.count else None,
        tuple(_shown(one, language) for one in within),
    )


@lru_cache
def _words(endpoint: str, _language: str) -> tuple[str, str, str, str]:
    """Label, short, icon and group in the reader's words, looked up once."""
    place = next(one for one in (*MENU, *BUREAU) if one.endpoint == endpoint)
    return str(place.label), str(place.short), place.icon, str(place.group)


def init_app(app: Flask) -> None:
    """Give the templates the menu."""
    app.jinja_env.globals.update(places=places, bureau_places=bureau_places)
