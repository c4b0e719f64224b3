"""What changed in the agency's records, in the reader's words: an event's title, and its columns.

A place adds its verbs and columns here; how a value reads is told by the end of its column's name.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask
from flask_babel import gettext as _, lazy_gettext as N_

from konnekt.domain import clock, units
from konnekt.models import Event
from konnekt.screens import account_names, agency_places, books_names, period_names, sending_names, term_names
from konnekt.screens.formats import dated, hours, locale, moment
from konnekt.screens.languages import reader

VERBS = {
    "add_organisation": N_("Organisation added"),
    "change_organisation": N_("Organisation changed"),
    "end_organisation": N_("Organisation ended"),
    "resume_organisation": N_("End of the organisation taken back"),
    "add_budget_number": N_("Budget number added"),
    "change_budget_number": N_("Budget number changed"),
    "delete_budget_number": N_("Budget number deleted"),
    "move_hours": N_("Hours moved to another budget number"),
    "add_person": N_("Person added"),
    "change_person": N_("Person changed"),
    "change_roles": N_("Roles at the agency changed"),
    "close_account": N_("Account closed"),
    "reopen_account": N_("Account opened again"),
    "invite": N_("Invited"),
    "invite_later": N_("When this person is invited changed"),
    "give_right": N_("Rights given"),
    "change_right": N_("Rights changed"),
    "remove_right": N_("Rights removed"),
    "read_statement": N_("Bank statement read"),
    "set_aside_bank_entry": N_("Line of a bank statement set aside"),
    "put_back_bank_entry": N_("Line of a bank statement put back"),
    "propose": N_("Proposed, for a second person to confirm"),
    "confirm_proposal": N_("Confirmed what was proposed"),
    "decline_proposal": N_("Declined what was proposed"),
    "withdraw_proposal": N_("Withdrew what was proposed"),
    "decide_alone": N_("Changed by one person: nobody else has the role Administration"),
    "name_deputy": N_("Deputy named"),
    "ask_deputy": N_("Asked to stand in"),
    "accept_deputy": N_("Said yes to standing in"),
    "decline_deputy": N_("Said no to standing in"),
    "withdraw_deputy": N_("No longer asked to stand in"),
    "end_deputy": N_("Deputy ended"),
    "add_assignment": N_("Assignment added"),
    "change_assignment": N_("Assignment changed"),
    "delete_assignment": N_("Assignment deleted"),
    "add_rate": N_("Rate added"),
    "change_rate": N_("Rate changed"),
    "delete_rate": N_("Rate deleted"),
    "add_hour_type": N_("Hour type added"),
    "change_hour_type": N_("Hour type changed"),
    "add_closing_day": N_("Closing day added"),
    "change_closing_day": N_("Closing day changed"),
    "delete_closing_day": N_("Closing day deleted"),
    "generate_periods": N_("Periods made"),
    "change_period": N_("Period changed"),
    "delete_period": N_("Period deleted"),
    "delete_periods": N_("Periods deleted"),
    "change_agency": N_("Agency's details changed"),
    "export": N_("Payroll batch made"),
    "hand_over": N_("Handed over to the payroll program"),
    "undo_batch": N_("Payroll batch undone"),
    "import": N_("Imported"),
    "postpone": N_("Invoice left out of runs"),
    "take_up": N_("Invoice taken up again"),
    "remind": N_("Reminded"),
    "send_again": N_("Mail sent again"),
    "hand_out_file": N_("Payroll file downloaded"),
    "hand_out_data": N_("Personal data downloaded"),
    **term_names.VERBS,
    **sending_names.VERBS,
    **account_names.VERBS,
    **books_names.VERBS,
}

COLUMNS = {
    "code": N_("Code"),
    "name": N_("Name"),
    "parent": N_("Part of"),
    "calendar": N_("Calendar"),
    "four_eyes": N_("Four eyes"),
    "decide_by_mail": N_("Decide from the mail"),
    "decides_by_mail": N_("Decide from the mail"),
    "report_by_mail": N_("Report by mail"),
    "invite_when_placed": N_("Invited when the first assignment begins"),
    "factor_by_mail": N_("Second step asked when deciding from the mail"),
    "code_by_mail": N_("Code by mail asked in a browser that is not known"),
    "payment_term_days": N_("Payment term in days"),
    "vat_treatment": N_("VAT"),
    "vat_text": N_("Why no VAT"),
    "vat_number": N_("VAT number"),
    "coc_number": N_("KvK number or OIN"),
    "iban": N_("IBAN"),
    "peppol_id": N_("Peppol id"),
    "legal_name": N_("Legal name"),
    "purchase_order_number": N_("Purchase order number"),
    "purchase_order_required": N_("No invoice without a purchase order number"),
    "invoice_per": N_("One invoice per"),
    "language": N_("Language"),
    "contact_name": N_("For the attention of"),
    "street": N_("Street and number"),
    "postcode": N_("Postcode"),
    "city": N_("City"),
    "country": N_("Country"),
    "invoice_email": N_("E-mail address for invoices"),
    "invoice_copy_to": N_("Copy of its invoices to"),
    "ended_on": N_("Last day"),
    "number": N_("Budget number"),
    "description": N_("Description"),
    "ceiling_minutes": N_("Ceiling in hours"),
    "ceiling_cents": N_("Ceiling in euros"),
    "valid_from_on": N_("Valid from"),
    "valid_until_on": N_("Valid until"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "email": N_("E-mail"),
    "username": N_("User name"),
    "employee_number": N_("Employee number"),
    "is_agency_staff": N_("Works at the agency"),
    "agency_roles": N_("Roles at the agency"),
    "is_active": N_("Can sign in"),
    "may_approve": N_("Approve timesheets"),
    "may_register": N_("Register hours"),
    "may_see_invoices": N_("See invoices"),
    "first_on": N_("First day"),
    "last_on": N_("Last day"),
    "job_title": N_("Job title"),
    "basis": N_("Basis"),
    "entered_by": N_("Hours entered by"),
    "budget_number": N_("Budget number"),
    "max_minutes": N_("At most, hours a week"),
    "pay_rate": N_("Pay rate"),
    "bill_rate": N_("Bill rate"),
    "name_nl": N_("Name in Dutch"),
    "name_en": N_("Name in English"),
    "multiplier_percent": N_("Percentage"),
    "payroll_code": N_("Code in the payroll program"),
    "setu_code": N_("SETU code"),
    "is_used": N_("In use"),
    "day_on": N_("Day"),
    "periods": N_("Periods"),
    "submit_by_at": N_("Send before"),
    "approve_by_at": N_("Approve before"),
    "pay_on": N_("Pay date"),
    "bic": N_("BIC"),
    "phone": N_("Phone"),
    "payroll_number": N_("Number in the payroll program"),
    "day_minutes": N_("Hours"),
    "remark": N_("Remark"),
    "moved_minutes": N_("Moved hours"),
    "moved_cents": N_("Moved amount"),
    "moved_to": N_("Moved to"),
    "factor": N_("App"),
    "passkey": N_("Passkey"),
    "factor_from_on": N_("Second step required from"),
    "factor_for": N_("Second step required of"),
    "device": N_("Browser"),
    "provider": N_("Provider"),
    "sign_in": N_("Signing in with a provider"),
    "asked_by": N_("Asked by"),
    "confirmed_by": N_("Confirmed by"),
    "proposed_by": N_("Proposed by"),
    **term_names.COLUMNS,
    **sending_names.COLUMNS,
    **books_names.COLUMNS,
}

CHOICES = {
    "off": N_("no"),
    "ordinary": N_("approve ordinary ones"),
    "all": N_("approve and reject all"),
    "week": N_("Weeks"),
    "four_weeks": N_("Four weeks"),
    "month": N_("Months"),
    "standard": N_("21 % VAT"),
    "exempt": N_("exempt from VAT"),
    "reverse_charge": N_("VAT reverse charged"),
    "out_of_scope": N_("outside the scope of VAT"),
    "nl": N_("Dutch"),
    "en": N_("English"),
    "offered": N_("offered"),
    "staff": N_("who works at the agency"),
    "everybody": N_("everybody, supervisors and workers too"),
    "required": N_("required"),
    "flexible": N_("flexible"),
    "fixed": N_("fixed hours"),
    **sending_names.CHOICES,
    **books_names.CHOICES,
    "worker": N_("the worker"),
    "organisation": N_("the organisation"),
    "budget_number": N_("budget number"),
    "period": N_("period: all budget numbers together"),
}


@dataclass(frozen=True)
class ChangeLine:
    """One column of a change as it reads; empty where it held nothing."""

    label: str
    before: str
    after: str


def title(event: Event) -> str:
    """What was done, to whom or what, and by whom: `Rights given: Emre Dubois, FSE - Bureau InterUM`."""
    said = str(VERBS.get(event.verb, event.verb))
    about = [getattr(event, name, "") for name in ("about_person", "about_organisation")]
    named = ", ".join(one for one in (*about, _thing(event.thing)) if one)
    sources = {"import": _("import"), "command": _("command"), "mail": _("from the mail")}
    source = sources.get(event.source, event.source)
    who = ", ".join(one for one in (event.actor.name if event.actor else "", source) if one)
    said = f"{said}: {named}" if named else said
    return f"{said} · {who}" if who else said


def _thing(thing: str) -> str:
    """What an event is about, in words: `four_weeks 2026-12` is a period."""
    kind, *words = thing.split() or [""]
    if kind != "pay_period":  # the page of a payroll batch says which
        return " ".join(choice(word) for word in words if kind != "payroll_batch")
    year, number = words[1].split("-")
    return period_names.numbered(words[0], int(year), int(number), _, locale(), clock.today().year)


def lines(event: Event) -> list[ChangeLine]:
    """The columns that differ, those that have a name for people."""
    before, after = event.before or {}, event.after or {}
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return []
    return [
        ChangeLine(str(label), shown(column, before.get(column)), shown(column, after.get(column)))
        for column, label in COLUMNS.items()
        if _told(before.get(column)) != _told(after.get(column)) and agency_places.may_read(column)
    ]


def _told(value: Any) -> Any:
    """What is empty, and a no that was never a yes, tells nothing."""
    return None if value is False or value == "" else value


def shown(column: str, value: Any) -> str:
    """The value of a column as it reads; empty where it holds nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if column == "agency_roles":
        return agency_places.role_names(value)
    if column.endswith("_minutes") and isinstance(value, int):
        return hours(value)
    if column.endswith("_cents") and isinstance(value, int):
        return units.euros(value, reader())
    if column.endswith("_rate") and isinstance(value, int):
        return units.price(value, reader())
    if column.endswith("_on"):
        return dated(date.fromisoformat(value))
    if column.endswith("_at"):
        return moment(datetime.fromisoformat(value))
    return choice(value)


def choice(value: Any) -> str:
    """A word of the table as people say it: `four_weeks`, `exempt`, `nl`."""
    return str(CHOICES.get(value, value))


def column_label(name: str) -> str:
    """What a column is called on screen."""
    return str(COLUMNS.get(name, name))


def init_app(app: Flask) -> None:
    """Give the templates these."""
    app.jinja_env.filters.update(
        change_title=title,
        change_lines=lines,
        record_choice=choice,
        column_label=column_label,
        change_value=shown,
    )
