"""The verbs of invoicing: preview a run, issue it, credit an invoice."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any

from konnekt.db import hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.invoices import billable, compose, copies, parties, settling
from konnekt.domain.invoices.billable import Which
from konnekt.domain.invoices.drafts import Draft, InvoicePreview
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.domain.text_fields import checked_reason
from konnekt.domain.timesheets import hour_links
from konnekt.models import Account, Agency, Invoice, InvoiceLine, NumberSeries, Organisation, PayPeriod

ROWS = 500
# A date further away is a slip of the pen, and would open the series of another year.
FURTHEST = timedelta(days=366)
LONGEST_ORDER = 50


def preview(
    calendar: str | None = None,
    year: int = 0,
    number: int = 0,
    organisation: str | None = None,
    orders: Mapping[str, str] | None = None,
) -> InvoicePreview:
    """What a run would issue, and what it leaves out and why; changes nothing.

    Of one pay period; without a calendar all that is approved, of every period. organisation: the code of
    one, or all. orders: the purchase order numbers that somebody typed, by the key of a draft. Raises
    NotFound for a period or organisation that isn't there, Conflict where the agency's own details are
    incomplete, Invalid for a purchase order number that can't be.
    """
    check_orders(orders or {})
    agency: Agency | None = Agency.get_or_none()
    period, which = find(calendar, year, number, organisation, agency)
    run = compose.compose(which, agency, orders)
    run.period, run.orders = period, orders or {}
    return run


def issue(
    calendar: str | None = None,
    year: int = 0,
    number: int = 0,
    organisation: str | None = None,
    *,
    on: date,
    by: Account | None,
    source: str = "",
    batch: str = "",
    agreed: Collection[str] | None = None,
    orders: Mapping[str, str] | None = None,
    tell: Callable[[int, int, Invoice], None] = lambda done, of, invoice: None,
) -> tuple[list[Invoice], InvoicePreview]:
    """Issue what `preview` shows, dated on; returns the invoices, and the preview that was carried out.

    One transaction per invoice, so that a run that is stopped leaves whole invoices, and the next run makes
    the others. agreed: only these drafts, by their marks; without it all there are, as they have become.
    orders as in `preview`. batch marks the events. tell(done, of how many, invoice) is called after each.
    Raises as `preview` does, Forbidden for who is no agency staff.
    """
    must_be_agency_staff(by)
    must_be_near(on)
    run = preview(calendar, year, number, organisation, orders)
    if agreed is not None:
        marks = set(agreed)
        run.not_issued = [draft for draft in run.drafts if draft.mark not in marks]
        run.drafts = [draft for draft in run.drafts if draft.mark in marks]
    issued: list[Invoice] = []
    for done, draft in enumerate(run.drafts, 1):
        invoice = _issue_one(draft, on, by, source=source, batch=batch, is_exact=agreed is not None)
        if invoice is None:
            run.not_issued.append(draft)
        else:
            issued.append(invoice)
            tell(done, len(run.drafts), invoice)
    return issued, run


def credit(
    invoice: int, reason: str, *, by: Account, on: date | None = None, seen: int | None = None
) -> Invoice:
    """Credit a whole invoice: a credit note with its amounts; its hours are free to invoice again.

    What was not paid of it yet is set off with the credit note; the rest of that is to be paid back or set
    off. on: never before the day of the invoice. seen: what was settled of it (cents) when somebody was told
    so. Conflict for a credit note, for an invoice that is credited already, where something was paid since.
    """
    must_be_agency_staff(by)
    must_be_near(on or clock.today())
    with transaction():
        hold("invoices")
        original: Invoice | None = Invoice.get_or_none(Invoice.id == invoice)
        if original is None:
            raise NotFound("This invoice does not exist, or not for you.")
        if original.kind != "invoice":
            raise Conflict("A credit note can't be credited.")
        if Invoice.select().where(Invoice.credits == original).exists():
            raise Conflict("This invoice is credited already.")
        if seen is not None and original.settled_cents != seen:
            raise Conflict("A payment was recorded since: look again at what goes back.")
        reason = checked_reason(reason)
        # What takes back VAT is of no earlier year or return than the VAT: an invoice may have a day to come.
        on = max(on or clock.today(), original.issued_on)
        note = _repeat(original, reason, on, by)
        lines = InvoiceLine.select(InvoiceLine.id).where(InvoiceLine.invoice == original)
        hour_links.release_invoiced(lines)
        after = {"number": note.number_text, "total_cents": note.total_cents}
        events.record("issue", by=by, invoice=note, reason=reason, after=after)
        cents = settling.cancel_out(original, note, on, by=by)
        after = {
            "credit_note": note.number_text, "set_off_cents": cents, "to_return_cents": note.to_return_cents,
        }  # fmt: skip
        events.record("credit", by=by, invoice=original, reason=reason, after=after)
    return note


def must_be_agency_staff(by: Account | None) -> None:
    """Raise Forbidden for who isn't; None is the system."""
    agency_roles.require(by, "invoices", "Only the agency makes invoices.")


def must_be_near(on: date) -> None:
    """Raise Invalid for an invoice date more than a year away."""
    if abs(on - clock.today()) > FURTHEST:
        raise Invalid("The invoice date is more than a year away.", field="on")


def check_orders(orders: Mapping[str, str]) -> None:
    """Raise Invalid for a purchase order number that is too long."""
    if any(len(order.strip()) > LONGEST_ORDER for order in orders.values()):
        raise Invalid("A purchase order number has at most %(count)s characters.", count=LONGEST_ORDER)


def find(
    calendar: str | None, year: int, number: int, organisation: str | None, agency: Agency | None
) -> tuple[PayPeriod | None, Which]:
    """The period, and which hours are asked; raises as `preview` does."""
    period: PayPeriod | None = None
    if calendar is not None:
        period = PayPeriod.get_or_none(
            (PayPeriod.calendar == calendar) & (PayPeriod.year == year) & (PayPeriod.number == number)
        )
        if period is None:
            raise NotFound("There is no such pay period.")
    lacking = billable.what_the_agency_lacks(agency)
    if lacking:
        raise Conflict("The agency's own details lack: %(columns)s.", columns=", ".join(lacking))
    one = _organisation(period, organisation) if organisation is not None else None
    return period, Which(period.id if period else None, one)


def _organisation(period: PayPeriod | None, code: str) -> int:
    query = Organisation.select(Organisation.id, Organisation.code, Organisation.calendar)
    one = query.where(Organisation.code == code).first()
    if one is None:
        raise NotFound("There is no organisation %(code)s.", code=code)
    if period is not None and one.calendar != period.calendar:
        raise Invalid("Organisation %(code)s has another calendar.", field="calendar", code=code)
    return int(one.id)


def _issue_one(
    seen: Draft, on: date, by: Account | None, *, source: str, batch: str, is_exact: bool
) -> Invoice | None:
    """Issue what a draft has become by now: somebody may have approved, revoked or invoiced since.

    is_exact: nothing is issued where it has become anything else.
    """
    with transaction():
        # From here on nobody else issues, credits or revokes: what is read below stays as it is.
        hold("invoices")
        orders = {seen.key: seen.purchase_order}
        agency = Agency.get()
        now = compose.compose(Which.of(seen.group), agency, orders).drafts
        # None where nothing is left, it was left out by hand, or the organisation is invoiced otherwise.
        draft = next((one for one in now if one.group == seen.group), None)
        if draft is None or (is_exact and draft.fingerprint != seen.fingerprint):
            return None
        invoice = _write(draft, agency, on, by)
        after = {"number": invoice.number_text, "total_cents": invoice.total_cents}
        events.record("issue", by=by, source=source, batch=batch, invoice=invoice, after=after)
    return invoice


def _write(draft: Draft, agency: Agency, on: date, by: Account | None) -> Invoice:
    organisation = draft.organisation
    sign = draft.sign
    days = 0 if sign < 0 else organisation.payment_term_days
    invoice: Invoice = Invoice.create(
        kind="credit_note" if sign < 0 else "invoice",
        **_next_number(on),
        organisation=organisation,
        pay_period=draft.period,
        budget_number=draft.budget_number,
        budget_number_text=draft.number_text,
        issued_on=on,
        due_on=on + timedelta(days=days),
        language=organisation.language,
        vat_treatment=organisation.vat_treatment,
        vat_percent=draft.vat_percent,
        vat_text=copies.vat_text(organisation),
        net_cents=draft.net_cents,
        vat_cents=draft.vat_cents,
        total_cents=draft.total_cents,
        paid_on=_settled_at_once(draft.total_cents, on),
        frozen=copies.invoice(draft, agency),
        created_at=clock.now(),
        created_by=by,
    )
    links: list[dict[str, Any]] = []
    for position, line in enumerate(draft.lines, 1):
        days_worked = [hour.day for hour in line.hours]
        row = InvoiceLine.create(
            invoice=invoice,
            position=position,
            timesheet=line.sheet,
            hour_type=line.hour_type,
            iso_year=line.iso_year,
            iso_week=line.iso_week,
            first_on=min(days_worked),
            last_on=max(days_worked),
            minutes=sign * line.minutes,
            unit_price=line.unit_price,
            net_cents=sign * line.net_cents,
            frozen=copies.line(line, draft),
            budget_number=line.budget_number if draft.has_several else None,
        )
        links += [{"hour": hour.id, "invoice_line": row, "minutes": hour.minutes} for hour in line.hours]
    hour_links.invoice(links, (line.sheet.id for line in draft.lines))
    return invoice


def _settled_at_once(total_cents: int, on: date) -> date | None:
    """Nobody waits for nothing: what comes to 0.00 is settled on its own day."""
    return on if total_cents == 0 else None


def _repeat(original: Invoice, reason: str, on: date, by: Account) -> Invoice:
    """A credit note that repeats all that its invoice says (EN 16931: amounts stay positive)."""
    repeated = {name: getattr(original, name) for name in REPEATED}
    said = {
        **original.frozen, "references": copies.refer_to([original]), "reason": parties.clean(reason),
        "to_return_cents": original.total_cents - original.to_pay_cents,
    }  # fmt: skip
    note: Invoice = Invoice.create(
        kind="credit_note", **_next_number(on), **repeated, issued_on=on, due_on=on, frozen=said,
        paid_on=_settled_at_once(original.total_cents, on), credits=original, reason=reason,
        created_at=clock.now(), created_by=by,
    )  # fmt: skip
    columns = [field for field in InvoiceLine._meta.sorted_fields if field.name not in ("id", "invoice")]
    rows = [
        {**{field.name: line.__data__[field.name] for field in columns}, "invoice": note}
        for line in original.lines.order_by(InvoiceLine.position)
    ]
    for start in range(0, len(rows), ROWS):
        InvoiceLine.insert_many(rows[start : start + ROWS]).execute()
    return note


REPEATED = (
    "organisation", "pay_period", "budget_number", "budget_number_text", "language", "vat_treatment",
    "vat_percent", "vat_text", "net_cents", "vat_cents", "total_cents",
)  # fmt: skip


def _next_number(on: date) -> dict[str, Any]:
    """The next number of the invoice date's year; its row stays locked until the transaction ends."""
    NumberSeries.insert(year=on.year, last_number=0).on_conflict_ignore().execute()
    one_more = {NumberSeries.last_number: NumberSeries.last_number + 1}
    NumberSeries.update(one_more).where(NumberSeries.year == on.year).execute()
    number = NumberSeries.select(NumberSeries.last_number).where(NumberSeries.year == on.year).scalar()
    return {"year": on.year, "number": number, "number_text": f"{on.year:04d}-{number:05d}"}
