"""What becomes of each column of personal data when a person is erased; erasing.py does as it says.

    name | what becomes of the rows that are about the person
      words and names of columns, where some of a row go and others stay

gone: the rows are deleted. blanked: these columns lose what they say. term: they stay until the term of their
own kind is over (retention.py), for a law asks for them, and lose it then. kept: they stay, and say nothing
of anybody once the account has no name. A test compares this with the register: every column that says
something of people needs an answer, so a table can't come without one.
"""

ACTIONS = ("gone", "blanked", "term", "kept")

TEXT = """
account
  blanked: email first_name last_name username employee_number password_hash
  blanked: is_agency_staff agency_roles is_active signed_in_at has_second_factor decides_by_mail
  blanked: invite_when_placed report_by_mail
  kept: created_at
session | gone
authenticator | gone
recovery_code | gone
passkey | gone
passkey_challenge | gone
identity | gone
provider_request | gone
device | gone
factor_reset | gone
proposed_change | gone
sign_in_attempt | kept
account_link | gone
decision_link | gone
decision_link_sheet | gone
deadline_feed | gone
news_device | gone
outbox | gone
organisation | kept
organisation_right | gone
deputy | kept
deputy_request | gone
assignment | kept
rate | kept
timesheet
  blanked: remark reason rejection_reason
  kept: assignment organisation pay_period sequence state revision minutes is_nil
  kept: invoiced_minutes is_invoiced paid_minutes is_paid
  kept: created_at submitted_at submitted_by decided_at decided_by decided_for
timesheet_line | kept
hour
  blanked: remark typed
  kept: day minutes
timesheet_flag | kept
timesheet_contributor | kept
waiting_sheet | kept
budget_share | kept
invoice
  term: frozen
  kept: net_cents vat_cents total_cents settled_cents created_at created_by
invoice_line
  term: frozen
  kept: invoice hour_type iso_year iso_week first_on last_on minutes unit_price net_cents
postponed_invoice | gone
invoiced_hour | kept
bank_entry
  term: name iban words
  kept: amount_cents booked_cents read_at read_by
payment | kept
document
  term: content
dispatch
  term: recipient copy_to answer
  kept: asked_at asked_by
ledger_batch | kept
payroll_batch
  term: frozen
  kept: created_at created_by
payroll_hour | kept
event
  blanked: reason before after
  kept: timesheet invoice organisation person thing verb at actor on_behalf_of source revision
  kept: hash salt erased
job
  term: asked result
  kept: created_at created_by
job_file
  term: content
"""


def _read(text: str) -> dict[str, dict[str, str]]:
    """By table: what becomes of a column; "" of all that aren't named."""
    tables: dict[str, dict[str, str]] = {}
    of: dict[str, str] = {}
    for line in filter(None, text.splitlines()):
        if line.startswith("  "):
            action, _, names = line.strip().partition(": ")
            of |= dict.fromkeys(names.split(), action)
        else:
            name, _, action = line.partition(" | ")
            of = tables[name] = {"": action} if action else {}
    for name, actions in tables.items():
        if not set(actions.values()) <= set(ACTIONS):
            raise ValueError(name)
    return tables


ERASURE = _read(TEXT)


def action(table: str, column: str) -> str:
    """What becomes of a column; empty where nobody said."""
    said = ERASURE.get(table, {})
    return said.get(column) or said.get("", "")


def columns(table: str, action: str) -> list[str]:
    """The columns of which this becomes."""
    return [name for name, one in ERASURE[table].items() if one == action and name]


def gone() -> list[str]:
    """The tables whose rows about a person are deleted."""
    return [name for name, said in ERASURE.items() if said == {"": "gone"}]
