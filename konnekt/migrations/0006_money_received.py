"""What is settled of an invoice stands on its row; a payment says what it is: also money back, or a set-off.

What was marked as paid without a payment gets one; what was not paid of a credited invoice is set off with
its credit note, so that only what the organisation paid is left to be paid back.
"""

from peewee import SqliteDatabase

SETTLED = (
    "(kind = 'invoice' AND settled_cents >= 0)"
    " OR (kind = 'credit_note' AND settled_cents <= 0 AND settled_cents >= -total_cents)"
)
PAID_ON = (
    "(paid_on IS NULL) = ((kind = 'invoice' AND settled_cents < total_cents)"
    " OR (kind = 'credit_note' AND settled_cents > -total_cents))"
)
KIND = "kind = 'payment' OR kind = 'refund' OR kind = 'set_off'"
SIGN = (
    "amount_cents <> 0 AND (kind = 'set_off'"
    " OR (kind = 'payment') = ((amount_cents > 0) = (reverses_id IS NULL)))"
)
AGAINST = "(kind = 'set_off') = (against_id IS NOT NULL)"

# Table, column, what it holds, its conditions, what rows that are there get; in an order in which each
# condition finds the columns that it names.
COLUMNS = (
    ("invoice", "settled_cents", "INTEGER NOT NULL", (SETTLED, PAID_ON), "0"),
    ("payment", "reverses_id", 'INTEGER REFERENCES "payment" ("id")', (), ""),
    ("payment", "note", "TEXT NOT NULL", ("reverses_id IS NULL OR note <> ''",), "''"),
    ("payment", "kind", "VARCHAR(255) NOT NULL", (KIND, SIGN), "'payment'"),
    ("payment", "against_id", 'INTEGER REFERENCES "invoice" ("id")', (AGAINST,), ""),
)

LISTED = '"id", "organisation_id", "kind", "due_on", "total_cents", "settled_cents"'
INDEXES = (
    f'INDEX "invoice_listed" ON "invoice" ("issued_on", {LISTED}, "budget_number_id", "year", "number")',
    f'INDEX "invoice_searched" ON "invoice" ("budget_number_id", "issued_on", {LISTED})',
    'INDEX "invoice_unsettled" ON "invoice" ("kind", "due_on") WHERE paid_on IS NULL',
    'INDEX "invoice_overpaid" ON "invoice" ("issued_on") WHERE settled_cents > total_cents',
    'INDEX "payment_against_id" ON "payment" ("against_id")',
    'UNIQUE INDEX "payment_reverses_id" ON "payment" ("reverses_id")',
)
OLD_LISTED = '"id", "organisation_id", "kind", "paid_on", "due_on", "total_cents"'
OLD_INDEXES = (
    f'INDEX "invoice_list" ON "invoice" ("issued_on", {OLD_LISTED}, "budget_number_id", "year", "number")',
    f'INDEX "invoice_search" ON "invoice" ("budget_number_id", "issued_on", {OLD_LISTED})',
)

# What no column said until now; each reads what those above it wrote.
FILL = (
    # Marked as paid, with no payment or less than its amount.
    """
    INSERT INTO payment (invoice_id, paid_on, amount_cents, recorded_at, kind, note)
    SELECT i.id, k.paid_on, i.total_cents - COALESCE(
        (SELECT SUM(p.amount_cents) FROM payment p WHERE p.invoice_id = i.id), 0
    ), i.created_at, 'payment', ''
    FROM invoice i JOIN kept k ON k.id = i.id
    WHERE i.kind = 'invoice' AND i.total_cents > COALESCE(
        (SELECT SUM(p.amount_cents) FROM payment p WHERE p.invoice_id = i.id), 0
    )""",
    # Credited before all of it was paid.
    """
    INSERT INTO payment
        (invoice_id, paid_on, amount_cents, recorded_at, recorded_by_id, kind, note, against_id)
    SELECT i.id, n.issued_on, i.total_cents - COALESCE(
        (SELECT SUM(p.amount_cents) FROM payment p WHERE p.invoice_id = i.id), 0
    ), n.created_at, n.created_by_id, 'set_off', '', n.id
    FROM invoice n JOIN invoice i ON n.credits_id = i.id
    WHERE i.total_cents > COALESCE(
        (SELECT SUM(p.amount_cents) FROM payment p WHERE p.invoice_id = i.id), 0
    )""",
    """
    INSERT INTO payment
        (invoice_id, paid_on, amount_cents, recorded_at, recorded_by_id, kind, note, against_id)
    SELECT against_id, paid_on, -amount_cents, recorded_at, recorded_by_id, kind, note, invoice_id
    FROM payment WHERE kind = 'set_off'""",
    """
    UPDATE invoice SET settled_cents = (
        SELECT SUM(p.amount_cents) FROM payment p WHERE p.invoice_id = invoice.id
    ), paid_on = CASE WHEN total_cents <= (
        SELECT ABS(SUM(p.amount_cents)) FROM payment p WHERE p.invoice_id = invoice.id
    ) THEN COALESCE(
        (SELECT k.paid_on FROM kept k WHERE k.id = invoice.id),
        (SELECT MAX(p.paid_on) FROM payment p WHERE p.invoice_id = invoice.id)
    ) END
    WHERE id IN (SELECT invoice_id FROM payment)""",
)


def up(migrator, db):
    # Nothing was paid for an invoice of 0.00: that it is settled stands on its row.
    db.execute_sql("DELETE FROM payment WHERE amount_cents = 0")
    db.execute_sql("CREATE TEMPORARY TABLE kept AS SELECT id, paid_on FROM invoice WHERE paid_on IS NOT NULL")
    # As if nothing was settled yet, so that the conditions hold while the column comes.
    db.execute_sql(
        "UPDATE invoice SET paid_on = CASE WHEN total_cents = 0 THEN COALESCE(paid_on, issued_on) END"
    )
    for table, column, holds, conditions, filled in COLUMNS:
        default = f" DEFAULT {filled}" if filled else ""
        checks = "".join(f" CHECK ({one})" for one in conditions)
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {holds}{default}{checks}')
        if filled and not isinstance(db, SqliteDatabase):
            db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" DROP DEFAULT')
    for statement in FILL:
        db.execute_sql(statement)
    db.execute_sql("DROP TABLE kept")
    replace(migrator, db, ("invoice_list", "invoice_search"), INDEXES)


def replace(migrator, db, names, indexes):
    """Indexes instead of others."""
    for name in names:
        migrator.migrate(migrator.drop_index(name.partition("_")[0], name))
    for index in indexes:
        db.execute_sql(f"CREATE {index}")


def down(migrator, db):
    """What was paid stays; what was taken back goes, and with it money back and set-offs."""
    replace(migrator, db, [index.split('"')[1] for index in INDEXES], OLD_INDEXES)
    db.execute_sql(
        "CREATE TEMPORARY TABLE gone AS SELECT reverses_id AS id FROM payment WHERE reverses_id IS NOT NULL"
    )
    db.execute_sql("DELETE FROM payment WHERE reverses_id IS NOT NULL")
    db.execute_sql("DELETE FROM payment WHERE kind <> 'payment' OR id IN (SELECT id FROM gone)")
    db.execute_sql("DROP TABLE gone")
    for table, column, *_ in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, column))
    db.execute_sql(
        "UPDATE invoice SET paid_on = NULL WHERE total_cents > 0 AND total_cents > COALESCE("
        "(SELECT SUM(p.amount_cents) FROM payment p WHERE p.invoice_id = invoice.id), 0)"
    )
