"""What the agency's home adds up of open invoices stands in their index: a row of the table is far longer."""

BEFORE = '"kind", "due_on"'


def up(migrator, db):
    index(db, f'{BEFORE}, "total_cents", "settled_cents"')


def down(migrator, db):
    index(db, BEFORE)


def index(db, columns):
    """The index of what is not settled, of these columns."""
    db.execute_sql('DROP INDEX "invoice_unsettled"')
    db.execute_sql(f'CREATE INDEX "invoice_unsettled" ON "invoice" ({columns}) WHERE paid_on IS NULL')
