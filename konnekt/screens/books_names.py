"""What the bookkeeping's settings and batches are called, on screen and in the history (change_text.py)."""

from flask_babel import lazy_gettext as N_

VERBS = {
    "change_books": N_("Settings of the bookkeeping changed"),
    "make_ledger_batch": N_("Batch for the bookkeeping made"),
    "hand_over_ledger_batch": N_("Batch is in the bookkeeping"),
    "undo_ledger_batch": N_("Batch for the bookkeeping undone"),
    "hand_out_ledger_file": N_("File for the bookkeeping downloaded"),
}
COLUMNS = {
    "program": N_("Bookkeeping program"),
    "from_on": N_("Recorded from"),
    "with_payments": N_("Payments, refunds and set-offs too"),
    "administration": N_("Administration in the program"),
    "sales_journal": N_("Journal of sales"),
    "payments_journal": N_("Journal of payments"),
    "debtors_account": N_("Debtors"),
    "bank_account": N_("Bank"),
    "vat_account": N_("VAT to pay"),
    "revenue_standard": N_("Revenue with 21 % VAT"),
    "revenue_exempt": N_("Revenue exempt from VAT"),
    "revenue_reverse_charge": N_("Revenue with VAT reverse charged"),
    "revenue_out_of_scope": N_("Revenue outside the scope of VAT"),
    "vat_code_standard": N_("VAT code of 21 % VAT"),
    "vat_code_exempt": N_("VAT code of what is exempt"),
    "vat_code_reverse_charge": N_("VAT code of reverse charge"),
    "vat_code_reverse_charge_abroad": N_("VAT code of reverse charge abroad"),
    "vat_code_out_of_scope": N_("VAT code of what is outside the scope"),
    "debtor_number": N_("Debtor number"),
    "format": N_("File"),
    "documents": N_("Documents"),
    "debit_cents": N_("Debit"),
}
CHOICES = {
    "neutral": N_("another, by a neutral file"),
    "exact": "Exact Online",
    "twinfield": "Twinfield",
    "afas": "AFAS Profit",
    "afas-sales": N_("AFAS Profit, sales (CSV)"),
    "afas-payments": N_("AFAS Profit, payments (CSV)"),
    "csv": N_("Neutral (CSV)"),
    "xlsx": N_("Neutral (Excel)"),
}
