"""What of the agency's work each of its staff does; who worked there goes on to do all of it."""

ALL = "planning invoicing payroll administration reading"


def up(migrator, db):
    db.execute_sql('ALTER TABLE "account" ADD COLUMN "agency_roles" VARCHAR(255) NOT NULL DEFAULT \'\'')
    db.execute_sql(f'UPDATE "account" SET "agency_roles" = \'{ALL}\' WHERE "is_agency_staff"')  # noqa: S608


def down(migrator, db):
    db.execute_sql('ALTER TABLE "account" DROP COLUMN "agency_roles"')
