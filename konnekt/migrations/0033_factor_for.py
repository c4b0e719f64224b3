"""Of whom a second factor is asked: of the agency's staff, or of everybody."""

KIND = "VARCHAR(255) NOT NULL DEFAULT 'staff' CHECK (factor_for IN ('staff', 'everybody'))"


def up(migrator, db):
    # With a default of the table: no row is written, and a host that does not know the column yet goes on.
    db.execute_sql(f'ALTER TABLE "agency" ADD COLUMN "factor_for" {KIND}')


def down(migrator, db):
    migrator.migrate(migrator.drop_column("agency", "factor_for"))
