"""What each table keeps of people. A test compares it with the tables: no column can come without an entry.

    name | about whom | why it is kept | the ground | how long
      kind: columns, by the names of their fields

The words for all of these stand in register.py. Kinds: key (what only ties rows together), plain (says
nothing of a person), identity, contact, work, hours, pay, acts (who did what, when), words (what people
typed or were written), access (signing in), prices (what a client pays: not handed out to a worker), shared
(of several people in one piece, so it is not handed out to one of them), secret (a hash, never shown).
"""

TEXT = """
agency | none | portal | none | stays
  key: id
  plain: name street postcode city country coc_number vat_number iban bic peppol_id phone email payroll_number
  plain: factor_from_on factor_for factor_by_mail code_by_mail invoice_copy_to invoice_text_nl invoice_text_en

account | everybody | portal | contract | closed
  key: id name_key
  contact: email
  identity: first_name last_name username employee_number
  access: is_agency_staff agency_roles is_active signed_in_at has_second_factor decides_by_mail
  plain: language erased_at invite_when_placed report_by_mail
  acts: created_at
  secret: password_hash

session | everybody | access | interest | session
  key: id account
  secret: token_hash mailed_code_hash
  access: created_at seen_at expires_at address browser is_half asked_at
  access: provider had_factor subject

authenticator | everybody | access | interest | factor
  key: id account
  secret: secret
  access: name created_at confirmed_at used_at last_step

recovery_code | everybody | access | interest | factor
  key: id account
  secret: code_hash
  access: created_at used_at

passkey | everybody | access | interest | factor
  key: id account
  secret: credential_id public_key user_handle
  access: name sign_count may_be_backed_up is_backed_up created_at used_at

passkey_challenge | everybody | access | interest | challenge
  key: id account
  secret: challenge_hash browser_hash note
  access: purpose created_at

identity | everybody | access | contract | factor
  key: id account
  access: issuer subject created_at used_at

provider_request | everybody | access | interest | provider_request
  key: id account link
  secret: state_hash browser_hash sealed
  access: provider purpose back created_at expires_at used_at

device | everybody | access | interest | device
  key: id account
  secret: token_hash
  access: browser failures created_at seen_at remembered_until_at confirmed_at

factor_reset | everybody | access | interest | factor_reset
  key: id account
  acts: asked_by asked_at
  words: reason

proposed_change | everybody | access | interest | proposal
  key: id person
  access: before after
  acts: proposed_by proposed_at ends_at

sign_in_attempt | nobody | access | interest | attempt
  key: id
  secret: key subject
  access: failures began_at at

account_link | everybody | access | contract | link
  key: id account
  secret: token_hash
  access: purpose created_at expires_at used_at

deadline_feed | everybody | portal | contract | feed
  key: id account
  secret: token_hash
  access: created_at

news_device | everybody | portal | consent | feed
  key: id account
  secret: endpoint
  access: browser created_at

outbox | everybody | mail | contract | mail
  key: id message_id account once_key batch request_id
  contact: recipient
  words: subject text html
  plain: kind queued_at due_at attempts claimed_until_at is_being_sent sent_at failed_at last_error

organisation | contact | client | contract | stays
  key: id parent name_key
  plain: code name calendar four_eyes decide_by_mail payment_term_days vat_treatment vat_text language
  plain: coc_number vat_number street postcode city country ended_on invoice_per debtor_number sign_in
  plain: peppol_id legal_name purchase_order_number purchase_order_required invoice_way payment_reminders
  contact: contact_name invoice_email invoice_copy_to

organisation_right | supervisor | portal | contract | right
  key: id account
  work: organisation may_approve may_register may_see_invoices

deputy | supervisor | portal | contract | history
  key: id
  work: organisation supervisor deputy first_on last_on ended_at
  acts: created_at created_by

deputy_request | supervisor | portal | contract | asked
  key: id
  work: organisation supervisor first_on last_on
  contact: email
  secret: token_hash
  acts: created_at created_by declined_at

budget_number | none | client | none | stays
  key: id organisation
  plain: number description ceiling_minutes ceiling_cents valid_from_on valid_until_on

budget_number_key | none | client | none | stays
  key: id budget_number key

assignment | worker | wages | contract | payroll
  key: id worker
  work: code organisation job_title basis entered_by first_on last_on budget_number max_minutes_per_week

rate | worker | wages | contract | payroll
  key: id assignment
  pay: valid_from_on pay_rate
  prices: bill_rate

pay_period | none | portal | none | stays
  key: id
  plain: calendar year number first_on last_on submit_by_at approve_by_at pay_on locked_sheets

closing_day | none | portal | none | stays
  key: id
  plain: day name_nl name_en

hour_type | none | portal | none | stays
  key: id
  plain: code name_nl name_en multiplier_percent is_active payroll_code setu_code

timesheet | worker | wages | law | payroll
  key: id
  work: assignment organisation pay_period sequence
  hours: state revision minutes is_nil invoiced_minutes is_invoiced paid_minutes is_paid
  words: remark reason rejection_reason
  acts: created_at submitted_at submitted_by decided_at decided_by decided_for

timesheet_line | worker | wages | law | payroll
  key: id timesheet sequence
  hours: iso_year iso_week hour_type budget_number

hour | worker | wages | law | payroll
  key: id line sequence
  hours: day minutes
  words: remark typed

timesheet_flag | worker | wages | interest | payroll
  key: id timesheet
  hours: revision code detail is_elsewhere

timesheet_contributor | everybody | wages | interest | payroll
  key: id account
  acts: timesheet

decision_link | supervisor | access | contract | decision_link
  key: id account
  secret: token_hash
  access: made_at ends_at used_at

decision_link_sheet | supervisor | access | contract | decision_link
  key: id link
  acts: timesheet revision

waiting_sheet | worker | wages | law | waiting
  key: timesheet organisation pay_period worker name_key revision minutes is_plain has_helpers mark

budget_sum | none | client | none | stays
  key: budget_number
  plain: waiting_minutes waiting_parts approved_minutes approved_parts

budget_share | worker | client | contract | payroll
  key: id timesheet budget_number
  plain: state minutes parts

number_series | none | invoices | none | stays
  plain: year last_number

invoice | worker | invoices | law | invoices
  key: id organisation budget_number credits
  plain: kind year number number_text pay_period budget_number_text issued_on due_on language vat_treatment
  plain: vat_percent vat_text reason paid_on has_documents dispatch_count erased_at
  plain: reminder_count ledger_batch
  prices: net_cents vat_cents total_cents settled_cents
  shared: frozen
  acts: created_at created_by

invoice_line | worker | invoices | law | invoices
  key: id timesheet position budget_number
  work: invoice hour_type iso_year iso_week first_on last_on
  hours: minutes frozen
  prices: unit_price net_cents

postponed_invoice | worker | invoices | contract | postponed
  key: id worker
  plain: organisation pay_period budget_number
  words: reason
  acts: created_at created_by

invoiced_hour | worker | invoices | law | invoices
  key: id hour invoice_line
  hours: minutes released_at

payment | everybody | invoices | law | invoices
  key: id against reverses bank_entry
  plain: invoice paid_on kind note ledger_batch
  prices: amount_cents
  acts: recorded_at recorded_by

bank_entry | contact | invoices | law | invoices
  key: id nth
  plain: booked_on format reference set_aside_at
  prices: amount_cents booked_cents
  identity: name iban
  words: words
  acts: read_at read_by

document | worker | invoices | law | invoices
  key: id invoice sha256
  plain: kind file_name media_type created_at
  shared: content
  plain: cut_at

dispatch | contact | invoices | law | invoices
  key: id mail
  plain: invoice purpose nth way documents open_cents outcome outcome_at is_copy
  contact: recipient copy_to
  words: answer
  acts: asked_at asked_by

payroll_batch | worker | wages | law | payroll
  key: id
  plain: calendar pay_period pay_on sequence minutes handed_over_at undone_at erased_at
  shared: frozen
  acts: created_at created_by

payroll_hour | worker | wages | law | payroll
  key: id hour
  pay: payroll_batch minutes pay_rate released_at

event | everybody | proof | interest | history
  key: id previous batch erased_by
  acts: timesheet invoice organisation person thing verb at actor on_behalf_of source revision
  words: reason before after
  secret: hash salt erased

event_chain | none | proof | none | history
  key: name
  plain: events
  secret: hash

job | staff | portal | interest | job
  key: id claimed_until_at request_id
  plain: kind attempts done total ended_at failure begun_at done_before
  shared: asked result
  acts: created_at created_by

job_file | everybody | portal | interest | upload
  key: id job
  plain: name
  shared: content

retention_term | none | portal | none | stays
  key: kind
  plain: number

reminder_step | none | portal | none | stays
  key: step
  plain: days text_nl text_en

installation | none | portal | none | stays
  key: id
  secret: name value

background_process | none | portal | none | day
  key: id
  plain: host kind number seen_at failure
"""
