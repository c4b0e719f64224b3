"""Bureau: the agency's own places. One guard stands before all of them."""

from flask import Blueprint, abort, url_for
from werkzeug import Response

from konnekt.background import queue
from konnekt.blueprints.bureau import (
    assignments,
    balances,
    bank,
    books,
    budget_numbers,
    closing_days,
    corrections,
    details,
    erasure,
    hour_types,
    imports,
    invitations,
    invoicing,
    jobs,
    mail,
    moves,
    organisations,
    overdue,
    pay_periods,
    payments,
    payroll,
    people,
    progress,
    proposals,
    register,
    sending,
    turnover,
)
from konnekt.domain.invoices import under_way
from konnekt.domain.periods import month
from konnekt.domain.records import first_steps as record_first_steps, proposals as record_proposals
from konnekt.screens import agency_places, first_steps, web

bp = Blueprint("bureau", __name__, url_prefix="/bureau")
bp.register_blueprint(assignments.bp)
bp.register_blueprint(balances.bp)
bp.register_blueprint(bank.bp)
bp.register_blueprint(books.bp)
bp.register_blueprint(budget_numbers.bp)
bp.register_blueprint(closing_days.bp)
bp.register_blueprint(corrections.bp)
bp.register_blueprint(details.bp)
bp.register_blueprint(erasure.bp)
bp.register_blueprint(hour_types.bp)
bp.register_blueprint(imports.bp)
bp.register_blueprint(invitations.bp)
bp.register_blueprint(invoicing.bp)
bp.register_blueprint(jobs.bp)
bp.register_blueprint(mail.bp)
bp.register_blueprint(moves.bp)
bp.register_blueprint(organisations.bp)
bp.register_blueprint(overdue.bp)
bp.register_blueprint(pay_periods.bp)
bp.register_blueprint(payments.bp)
bp.register_blueprint(payroll.bp)
bp.register_blueprint(people.bp)
bp.register_blueprint(progress.bp)
bp.register_blueprint(proposals.bp)
bp.register_blueprint(register.bp)
bp.register_blueprint(sending.bp)
bp.register_blueprint(turnover.bp)


@bp.before_request
def only_agency_staff() -> None:
    """This page is in nobody else's menu; security.py has asked to sign in."""
    if not web.grants().is_agency_staff:
        abort(403)
    agency_places.guard()


@bp.get("")
def index() -> Response:
    """What the month asks for next, and the agency's places."""
    proposed = record_proposals.all_open() if web.grants().may("staff") else []
    jobs, sendings = queue.under_way(), under_way.sendings()
    return web.page("bureau/index.html", month=month.load(), proposed=proposed, jobs=jobs, sendings=sendings)


@bp.get("/first-step")
def first_step() -> Response:
    """The next of the first steps; htmx asks for it when something was done. Without it the list of them."""
    if not web.is_htmx():
        return web.leave_for(url_for(".index"))
    step = first_steps.coming(record_first_steps.load())
    return web.page("partials/bureau_next_step.html", step=step)
