"""One invoice or credit note: part payments by hand, money back, set-offs, taking one back."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain import clock, units
from konnekt.domain.payments import booking, open_amounts
from konnekt.domain.refusals import Refused
from konnekt.forms.payments import EntryForm, ReturnForm, TakeBackForm
from konnekt.models import Invoice
from konnekt.screens import web

bp = Blueprint("balances", __name__, url_prefix="/payments/invoice")


@bp.get("/<int:invoice>")
def show(invoice: int) -> Response:
    """Its entries, what is open, and the forms to record more."""
    return _shown(open_amounts.find(invoice), 200)


@bp.post("/<int:invoice>/pay")
def pay(invoice: int) -> Response:
    """Record what came in for it, all or a part."""
    form = EntryForm(prefix="pay-")

    def verb() -> Invoice:
        return booking.pay(invoice, **form.values(), is_sure=form.sure.data, by=web.account())

    return _entered(invoice, form, verb, "pay_form")


@bp.post("/<int:invoice>/return")
def give_back(invoice: int) -> Response:
    """Record what was paid back of it, or set that off with an open invoice."""
    form = ReturnForm(prefix="return-")

    def verb() -> Invoice:
        if form.invoice.data:
            return booking.set_off(invoice, form.invoice.data, **form.values(), by=web.account())
        return booking.refund(invoice, **form.values(), by=web.account())

    return _entered(invoice, form, verb, "return_form")


@bp.post("/<int:invoice>/take-back/<int:payment>")
def take_back(invoice: int, payment: int) -> Response:
    """Take back an entry that was recorded by mistake."""
    form = TakeBackForm()

    def verb() -> Invoice:
        return booking.take_back(payment, form.reason.data or "", by=web.account())

    return _entered(invoice, form, verb, "take_back_form", taken=payment)


def _entered(invoice: int, form: Any, verb: Callable[[], Invoice], name: str, **more: Any) -> Response:
    """Answer a form with its page; where it is refused with what was typed."""
    status = 200 if form.validate() else 422
    if status == 200:
        try:
            document = verb()
        except Refused as refusal:
            status = web.refuse(form, refusal)
        else:
            flash(_said(document))
            return redirect(url_for(".show", invoice=invoice), 303)
    return _shown(open_amounts.find(invoice), status, **{name: form}, **more)


def _said(of: Invoice) -> str:
    if of.to_pay_cents:
        return str(
            _(
                "Recorded: %(amount)s is still to be paid.",
                amount=units.euros(of.to_pay_cents, web.language()),
            )
        )
    if of.to_return_cents:
        back = units.euros(of.to_return_cents, web.language())
        return str(_("Recorded: %(amount)s is to be paid back or set off.", amount=back))
    return str(_("Recorded: nothing is open any more."))


def _shown(balance: open_amounts.Balance, status: int, **forms: Any) -> Response:
    document = balance.document
    shown = {
        "pay_form": EntryForm(None, prefix="pay-", on=clock.today(), amount=_typed(document.to_pay_cents)),
        "return_form": ReturnForm(
            None, prefix="return-", on=clock.today(), amount=_typed(document.to_return_cents)
        ),
        "take_back_form": TakeBackForm(None),
        "taken": 0,
        **forms,
    }
    shown["return_form"].offer([(one.number_text, _offered(one)) for one in balance.open_invoices])
    for name in ("pay_form", "return_form"):
        # After a conflict the form is about the document as it is now.
        shown[name].seen.data = str(document.settled_cents)
    return web.page(
        "bureau/payments/show.html", None, status, document=document, entries=balance.entries, **shown
    )


def _offered(invoice: Invoice) -> str:
    amount = units.euros(invoice.to_pay_cents, web.language())
    return str(_("Set off with %(number)s, %(amount)s open", number=invoice.number_text, amount=amount))


def _typed(cents: int) -> str:
    """What stands in the field at first: all that is open."""
    return units.cents_cell(cents, web.language()) if cents else ""
