"""What the settings of sending invoices are called, where the history tells of them (change_text.py)."""

from flask_babel import lazy_gettext as N_

COLUMNS = {
    "invoice_way": N_("How its invoices are sent"),
    "invoice_copy_to": N_("Copy of each mail with an invoice to"),
    "invoice_text_nl": N_("Text in the mail with an invoice, in Dutch"),
    "invoice_text_en": N_("Text in the mail with an invoice, in English"),
}
CHOICES = {
    "mail": N_("by mail, with the PDF"),
    "mail_ubl": N_("by mail, with PDF and e-invoice (UBL)"),
    "peppol": N_("by Peppol"),
}
