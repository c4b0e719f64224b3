"""What the tables of the bookkeeping keep of people, written as in register_of_tables.py."""

TEXT = """
ledger_settings | none | portal | none | stays
  key: id
  plain: program administration from_on with_payments sales_journal payments_journal debtors_account
  plain: bank_account vat_account revenue_standard revenue_exempt revenue_reverse_charge revenue_out_of_scope
  plain: vat_code_standard vat_code_exempt vat_code_reverse_charge vat_code_out_of_scope
  plain: vat_code_reverse_charge_abroad

ledger_batch | staff | invoices | law | invoices
  key: id
  plain: number documents handed_over_at undone_at
  prices: debit_cents frozen
  acts: created_at created_by
"""
