"""What the settings of sending invoices are called, where the history tells of them (change_text.py)."""

from flask_babel import lazy_gettext as N_

VERBS = {
    "change_reminders": N_("Reminders of overdue invoices changed"),
}

COLUMNS = {
    "invoice_way": N_("How its invoices are sent"),
    "invoice_copy_to": N_("Copy of each mail with an invoice to"),
    "invoice_text_nl": N_("Text in the mail with an invoice, in Dutch"),
    "invoice_text_en": N_("Text in the mail with an invoice, in English"),
    "payment_reminders": N_("Reminders of what is overdue"),
    "reminder_1_days": N_("First reminder, days after the due date"),
    "reminder_1_text_nl": N_("First reminder, in Dutch"),
    "reminder_1_text_en": N_("First reminder, in English"),
    "reminder_2_days": N_("Second reminder, days after the due date"),
    "reminder_2_text_nl": N_("Second reminder, in Dutch"),
    "reminder_2_text_en": N_("Second reminder, in English"),
    "reminder_3_days": N_("Last reminder, days after the due date"),
    "reminder_3_text_nl": N_("Last reminder, in Dutch"),
    "reminder_3_text_en": N_("Last reminder, in English"),
}
CHOICES = {
    "mail": N_("by mail, with the PDF"),
    "mail_ubl": N_("by mail, with PDF and e-invoice (UBL)"),
    "peppol": N_("by Peppol"),
}
