"""What the agency's terms of keeping are called where they changed, and what was erased after them."""

from flask_babel import lazy_gettext as N_

VERBS = {
    "erase": N_("Personal data erased"),
    "change_terms": N_("Terms of keeping changed"),
}

COLUMNS = {
    "invoices_term": N_("Invoices, in years"),
    "payroll_term": N_("Payroll, in years"),
    "hours_term": N_("Hours, in years"),
    "workers_term": N_("Workers, in years"),
    "accounts_term": N_("Accounts, in years"),
    "mail_term": N_("Mail, in months"),
}
