"""What a mail that goes with an invoice says of it (templates/mail/invoice.txt and its reminder)."""

from typing import Any

from konnekt.background import mail
from konnekt.domain import units
from konnekt.models import Agency, Invoice


def values(invoice: Invoice, agency: Agency) -> dict[str, Any]:
    """The values of the templates, in the language of the invoice; it comes with its period.

    Parties and references are those that it froze: the mail says what the documents say.
    """
    frozen, language = invoice.frozen, invoice.language
    return {
        "language": language,
        "number": invoice.number_text,
        "is_credit_note": invoice.kind == "credit_note",
        "organisation": frozen["buyer"]["name"],
        "seller": frozen["seller"]["name"],
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "period": invoice.pay_period,
        "total": units.euros(invoice.total_cents, language),
        "to_pay": units.euros(invoice.to_pay_cents, language) if invoice.to_pay_cents else "",
        "iban": frozen["seller"]["iban"],
        "order": frozen.get("purchase_order_number", ""),
        "budget_number": invoice.budget_number_text,
        "own_text": getattr(agency, f"invoice_text_{language}"),
        "url": mail.link(f"/invoices/{invoice.id}"),
    }
