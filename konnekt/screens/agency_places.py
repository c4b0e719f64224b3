"""The agency's addresses by the task that each asks: one list for their guard, the menu, links and buttons.

Looking asks a role, whichever; what changes something and is not named here asks the role Administration.
"""

from flask import Flask, request
from flask_babel import lazy_gettext as N_

from konnekt.domain.accounts import agency_roles
from konnekt.screens import web

# What changing something asks in a place, and what looking at a page of it that is there for a change.
TASKS = {
    "assignments": "assignments",
    "balances": "payments",
    "bank": "payments",
    "books": "invoices",
    "budget_numbers": "budget numbers",
    "closing_days": "calendar",
    "corrections": "corrections",
    "details": "agency",
    "hour_types": "hour types",
    "imports": "hour imports",
    "invitations": "people",
    "invoicing": "invoices",
    "erasure": "personal data",
    "mail": "mail",
    "moves": "budget numbers",
    "organisations": "organisations",
    "pay_periods": "calendar",
    "payments": "payments",
    "payroll": "payroll",
    "people": "people",
    "progress": "hours",
    "overdue": "invoices",
    "sending": "invoices",
    "proposals": "staff",
}
# Addresses that ask something else than their place.
OTHER = {
    "assignments.add_rate": "rates",
    "assignments.ask_rate": "rates",
    "assignments.change_rate": "rates",
    "assignments.delete_rate": "rates",
    "details.require_second_step": "sign-in",
    "organisations.choose_sign_in": "sign-in",
    "organisations.give_right": "people",
    "people.ask_factor_reset": "sign-in",
    "people.confirm_factor_reset": "sign-in",
    "people.withdraw_factor_reset": "sign-in",
    "people.data": "personal data",
    "people.change_roles": "staff",
}
# Of people: whom somebody works with, or who works here; the verb knows who it is.
OF_ANYBODY = {"new", "add", "edit", "change", "invite", "close", "reopen", "end_sessions"}
# Pages that are there for a change, or for a file that not everybody gets.
FORMS = {
    "assignments.new", "assignments.ask", "assignments.ask_rate", "books.debtor", "books.download",
    "books.hand_over", "books.settings", "books.undo", "budget_numbers.show", "closing_days.show",
    "closing_days.holidays", "corrections.show", "erasure.show", "hour_types.show", "invitations.index",
    "invoicing.outlook", "moves.index", "organisations.new", "organisations.edit", "pay_periods.ask_year",
    "pay_periods.show", "payroll.download", "payroll.hand_over", "payroll.undo", "people.new", "people.edit",
    "progress.change", "overdue.reminders", "overdue.steps", "sending.preview",
}  # fmt: skip

ROLE_NAMES = {
    "planning": N_("Planning"),
    "invoicing": N_("Invoicing"),
    "payroll": N_("Payroll"),
    "administration": N_("Administration"),
    "reading": N_("Reading"),
}
# Columns of the history that not everybody of the agency is told, and the task that is.
HIDDEN = {"pay_rate": "pay rates"}


def tasks(endpoint: str, *, is_change: bool) -> tuple[str, ...]:
    """The tasks of which one is enough for an address of the agency's: an endpoint within `bureau`."""
    place, _, what = endpoint.removeprefix("bureau.").partition(".")
    if not is_change and f"{place}.{what}" not in FORMS:
        return ("look",)
    if place == "people" and what in OF_ANYBODY:
        return ("people", "staff")
    return (OTHER.get(f"{place}.{what}") or TASKS.get(place, "agency"),)


def guard() -> None:
    """Refuse what asks a role that the reader has not. Raises Forbidden, which says which and who has it."""
    who = web.account()
    needed = tasks(request.endpoint or "", is_change=request.method == "POST")
    if not any(agency_roles.may(who, task) for task in needed):
        raise agency_roles.missing(needed[0])


def may_go(endpoint: str) -> bool:
    """Whether the reader may use a link or a form to this address, where it changes something or asks to."""
    if not endpoint.startswith("bureau."):
        return True
    return any(web.grants().may(task) for task in tasks(endpoint, is_change=True))


def may_read(column: str) -> bool:
    """Whether the reader is told what is in this column, where the history says what changed."""
    return column not in HIDDEN or web.grants().may(HIDDEN[column])


def role_names(roles: str) -> str:
    """Roles as an account keeps them, as people call them."""
    return ", ".join(str(ROLE_NAMES[role]) for role in roles.split())


def init_app(app: Flask) -> None:
    """Give them to the templates."""
    app.jinja_env.globals.update(may_go=may_go, may_do=lambda task: web.grants().may(task))
