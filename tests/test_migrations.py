"""The migrations make exactly what the models say, on both databases, and the tables refuse what can't be."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from peewee import IntegrityError, SqliteDatabase
from playhouse.migrate import SchemaMigrator
from playhouse.schema_diff import diff_models

from konnekt import db as database
from konnekt.background import health
from konnekt.commands.schema import migrate_database, newer_than_code, pending
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.invoices import issue
from konnekt.domain.payroll import hand_over_or_undo
from konnekt.domain.timesheets import link_facts
from konnekt.migrations import BEFORE, FOLDER, INITIAL, Migrations
from konnekt.models import (
    TABLES,
    Account,
    Agency,
    BudgetNumber,
    Deputy,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Job,
    Payment,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    Timesheet,
    TimesheetLine,
)
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World


@pytest.fixture(params=["sqlite", "postgresql"])
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A way to get a database with nothing in it, as often as asked."""
    made: list[str] = []

    def fresh() -> None:
        if made:
            db.close_all()
        name = f"blank_{len(made)}"
        made.append(name)
        if request.param == "sqlite":
            (tmp_path / name).mkdir()
            database.connect(Config(instance=tmp_path / name))
        else:
            base = request.getfixturevalue("postgresql_url").rpartition("/")[0]
            with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            database.connect(Config(instance=tmp_path, database=f"{base}/{name}"))
        db.connect(reuse_if_open=True)

    fresh()
    yield fresh
    db.close_all()
    if request.param == "postgresql":
        base = request.getfixturevalue("postgresql_url").rpartition("/")[0]
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            for name in made:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def rows(sql: str) -> list[Any]:
    return db.execute_sql(sql).fetchall()


def schema() -> list[str]:
    """Columns with type and nullability, constraints and indexes of every table, as sorted lines."""
    lines = _of_sqlite() if isinstance(db.obj, SqliteDatabase) else _of_postgresql()
    return sorted(line for line in lines if "schema_migration" not in line)


def _of_sqlite() -> list[str]:
    lines = []
    for kind, name, table, sql in rows("SELECT type, name, tbl_name, sql FROM sqlite_master"):
        if kind == "index" and sql:
            lines.append(f"{table} {sql}")
        if kind == "table" and not name.startswith("sqlite_"):
            lines += [f"{name} column {row[1:4]} {row[5]}" for row in rows(f'PRAGMA table_info("{name}")')]
            lines += [f"{name} key {row[1:]}" for row in rows(f'PRAGMA foreign_key_list("{name}")')]
            lines += [f"{name} check {text}" for text in _checks(sql)]
    return lines


def _checks(sql: str) -> list[str]:
    """The conditions of a table's CHECKs: what stands between balanced brackets."""
    found = []
    for start in re.finditer(r"\bCHECK\s*\(", sql):
        depth, end = 1, start.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        found.append(" ".join(sql[start.end() : end - 1].split()))
    return found


def _of_postgresql() -> list[str]:
    columns = rows(
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, is_identity"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    )
    constraints = rows(
        "SELECT conrelid::regclass, contype, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace"
    )
    indexes = rows("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    return [" ".join(map(str, row)) for row in [*columns, *constraints, *indexes]]


def test_up_makes_exactly_what_the_models_say(blank: Callable[[], None]) -> None:
    assert migrate_database()
    assert not diff_models(db.obj, TABLES), str(diff_models(db.obj, TABLES))
    by_migrations = schema()
    blank()
    db.create_tables(TABLES)
    assert by_migrations == schema()
    assert len(by_migrations) > 10 * len(TABLES)


def test_a_host_that_knows_no_request_ids_goes_on(blank: Callable[[], None]) -> None:
    """Hosts are upgraded one after another: the tables take what the one before writes."""
    migrate_database()
    db.execute_sql(
        "INSERT INTO job (kind, asked, created_at, attempts, done, total, failure)"
        " VALUES ('import', '{}', '2026-11-30 08:00:00', 0, 0, 0, '')"
    )
    assert Job.get().request_id == ""


def test_up_twice_does_nothing(blank: Callable[[], None]) -> None:
    migrate_database()
    before = schema()
    assert migrate_database() == []
    assert schema() == before


def test_down_leaves_nothing(blank: Callable[[], None]) -> None:
    migrate_database()
    runner = Migrations(db.obj)
    first = runner.migrations()[0].name
    runner.down(first)
    assert db.get_tables() == ["schema_migration"]
    assert runner.applied() == {}
    assert migrate_database(), "and up again"


def test_who_has_the_first_three_has_the_one_that_they_became(blank: Callable[[], None]) -> None:
    *_before, last = migrate_database()
    whole = schema()
    db.execute_sql(f"UPDATE schema_migration SET name = '{BEFORE[0]}' WHERE name = '{INITIAL}'")
    for name in BEFORE[1:]:
        db.execute_sql(
            f"INSERT INTO schema_migration (name, applied) VALUES ('{name}', '2026-11-30 09:00:00')"
        )
    assert (pending(), newer_than_code(), health.schema().is_well) == ([], [], True)
    Migrations(db.obj).down(last)
    assert pending() == [last]
    assert migrate_database() == [last]
    assert schema() == whole
    names = {name for (name,) in rows("SELECT name FROM schema_migration")}
    assert names & {INITIAL, *BEFORE} == {INITIAL}


def test_a_batch_of_before_the_mark_counts_as_handed_over(blank: Callable[[], None]) -> None:
    migrate_database()
    period = factories.periods(how_many=1)[0]
    columns = {"calendar": "four_weeks", "pay_period": period, "pay_on": period.pay_on}
    PayrollBatch.create(**columns, created_at=clock.now())
    step = import_module("konnekt.migrations.0005_handed_over")
    step.down(SchemaMigrator.from_database(db.obj), db.obj)
    step.up(SchemaMigrator.from_database(db.obj), db.obj)
    batch = PayrollBatch.get()
    assert (batch.handed_over_at, batch.may_undo) == (batch.created_at, False)


# kind, total, paid_on, credits, payments as (day, cents); then what is settled and since when.
PAID_BEFORE = (
    ("invoice", 100, None, None, (), 0, None),
    ("invoice", 100, "2026-11-20", None, (("2026-11-20", 100),), 100, "2026-11-20"),
    ("invoice", 100, "2026-11-21", None, (), 100, "2026-11-21"),
    ("invoice", 100, None, None, (("2026-11-20", 40),), 40, None),
    ("invoice", 100, "2026-11-22", None, (("2026-11-20", 40),), 100, "2026-11-22"),
    ("invoice", 0, None, None, (), 0, "2026-11-02"),
    ("invoice", 0, "2026-11-23", None, (("2026-11-23", 0),), 0, "2026-11-23"),
    ("invoice", 100, None, None, (), 100, "2026-11-03"),
    ("credit_note", 100, None, 8, (), -100, "2026-11-03"),
    ("invoice", 100, None, None, (("2026-11-20", 40),), 100, "2026-11-20"),
    ("credit_note", 100, None, 10, (), -60, None),
    ("invoice", 100, "2026-11-24", None, (), 100, "2026-11-24"),
    ("credit_note", 100, None, 12, (), 0, None),
    ("credit_note", 100, None, None, (), 0, None),
    ("credit_note", 0, None, 6, (), 0, "2026-11-03"),
)


def test_what_was_paid_before_payments_said_what_they_are(blank: Callable[[], None]) -> None:
    migrate_database()
    step, migrator = (
        import_module("konnekt.migrations.0006_money_received"),
        SchemaMigrator.from_database(db.obj),
    )
    at = factories.organisation("FSE")
    period, budget = factories.periods(how_many=1)[0], BudgetNumber.create(organisation=at, number="1")
    step.down(migrator, db.obj)
    for number, (kind, total, paid_on, credits, paid, *_after) in enumerate(PAID_BEFORE, 1):
        day = "2026-11-03" if kind == "credit_note" else "2026-11-02"
        values = (
            kind, number, str(number), at.id, period.id, budget.id, day, day, total, total, paid_on, credits, day,
        )  # fmt: skip
        columns = (
            "kind, number, number_text, organisation_id, pay_period_id, budget_number_id, issued_on, due_on,"
            " net_cents, total_cents, paid_on, credits_id, created_at"
        )
        marks = ", ".join([db.param] * len(values))
        db.execute_sql(
            "INSERT INTO invoice (year, budget_number_text, language, vat_treatment, vat_percent, vat_text,"
            f" vat_cents, frozen, reason, has_documents, {columns})"
            f" VALUES (2026, '1', 'nl', 'exempt', 0, '', 0, '{{}}', '', FALSE, {marks})", values,
        )  # fmt: skip
        for on, cents in paid:
            db.execute_sql(
                "INSERT INTO payment (invoice_id, paid_on, amount_cents, recorded_at)"
                f" VALUES ({db.param}, {db.param}, {db.param}, {db.param})", (number, on, cents, on),
            )  # fmt: skip
    step.up(migrator, db.obj)
    found = [
        (one.settled_cents, one.paid_on and one.paid_on.isoformat())
        for one in Invoice.select().order_by(Invoice.id)
    ]
    assert found == [after for *_before, cents, on in PAID_BEFORE for after in [(cents, on)]]
    for one in Invoice.select():
        assert one.settled_cents == sum(entry.amount_cents for entry in one.payments), one.id
    assert Payment.select().where(Payment.against.is_null(False)).count() == 4
    step.down(migrator, db.obj)
    marked = {row[0] for row in rows("SELECT id FROM invoice WHERE paid_on IS NOT NULL")}
    assert marked == {2, 3, 5, 6, 7, 12, 15}
    step.up(migrator, db.obj)
    again = [
        (one.settled_cents, one.paid_on and one.paid_on.isoformat())
        for one in Invoice.select().order_by(Invoice.id)
    ]
    assert again == found


def test_what_links_say_is_kept_of_all_that_was_there(blank: Callable[[], None]) -> None:
    migrate_database()
    world = World.make()
    invoice_cast.complete(world)
    payroll_cast.complete(world)
    second = BudgetNumber.create(organisation=world.fse, number="0034.001")
    line = TimesheetLine.get(TimesheetLine.timesheet == world.sheet)
    more = TimesheetLine.create(
        timesheet=world.sheet, iso_year=2026, iso_week=45, hour_type=line.hour_type, budget_number=second
    )
    Hour.create(line=more, day=date(2026, 11, 5), minutes=60)
    Timesheet.update(minutes=990).execute()
    nothing = factories.assignment(factories.worker(), world.fse)
    factories.sheet(nothing, world.period, {}, state="approved", is_nil=True)
    # Invoiced on one of its two numbers; of two batches the first was undone.
    run = invoice_cast.run()
    issue.credit(next(one.id for one in run if one.budget_number == second), "Fout", by=world.staff)
    hand_over_or_undo.undo(payroll_cast.export().id, "Fout", by=world.staff)
    payroll_cast.export()
    kept = "invoiced_minutes, is_invoiced, paid_minutes, is_paid"
    of_all = lambda: [  # noqa: E731
        rows(f"SELECT id, {kept} FROM timesheet ORDER BY id"),
        rows("SELECT id, locked_sheets FROM pay_period ORDER BY id"),
        rows("SELECT id, minutes FROM payroll_batch ORDER BY id"),
    ]
    before = of_all()
    assert [tuple(map(int, row)) for row in before[0]] == [(1, 930, 0, 990, 1), (2, 0, 0, 0, 0)]
    assert [row[1] for row in before[2]] == [990, 990]
    step = import_module("konnekt.migrations.0009_links_kept")
    step.down(SchemaMigrator.from_database(db.obj), db.obj)
    step.up(SchemaMigrator.from_database(db.obj), db.obj)
    assert of_all() == before
    assert link_facts.differences() == []


def test_two_rows_of_a_browser_become_one(blank: Callable[[], None]) -> None:
    """Known by its own sign-in, with the tries that it had left; what matches nothing has none."""
    migrate_database()
    step, migrator = import_module("konnekt.migrations.0021_one_device"), SchemaMigrator.from_database(db.obj)
    noor, emre = factories.account("Noor"), factories.account("Emre")
    step.down(migrator, db.obj)
    before = schema()
    for account, token, seen in (
        (noor, "a", "08:00:00"), (noor, "b", "08:05:00"), (noor, "c", "08:10:00"), (emre, "a", "08:05:00"),
    ):  # fmt: skip
        db.execute_sql(
            "INSERT INTO device (account_id, token_hash, browser, created_at, seen_at)"
            f" VALUES ({account.id}, '{token}', 'Firefox', '2026-11-30 08:00:00', '2026-11-30 {seen}')"
        )
    for account, token, seen, failures in (
        (noor, "x", "08:00:01", 3), (noor, "y", "08:10:00", 0), (emre, "x", "08:00:00", 0),
    ):  # fmt: skip
        db.execute_sql(
            "INSERT INTO known_device (account_id, token_hash, failures, created_at, seen_at)"
            f" VALUES ({account.id}, '{token}', {failures}, '2026-11-30 08:00:00', '2026-11-30 {seen}')"
        )
    step.up(migrator, db.obj)
    kept = rows("SELECT account_id, token_hash, failures FROM device ORDER BY id")
    assert [tuple(row) for row in kept] == [
        (noor.id, "a", 3), (noor.id, "b", 10), (noor.id, "c", 0), (emre.id, "a", 10),
    ]  # fmt: skip
    step.down(migrator, db.obj)
    assert schema() == before
    known = rows("SELECT account_id, token_hash, failures FROM known_device ORDER BY token_hash")
    assert [tuple(row) for row in known] == [(noor.id, "a", 3), (noor.id, "c", 0)]


def test_migrations_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in FOLDER.glob("[0-9]*.py"))
    numbers = [1, *range(4, len(names) + 3)]
    assert [name[:4] for name in names] == [f"{number:04}" for number in numbers], "1 is what 1 to 3 were"


@pytest.fixture
def line(world: World) -> TimesheetLine:
    return TimesheetLine.get(TimesheetLine.timesheet == world.sheet)


def refused(write: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError), db.atomic():
        write()


@pytest.mark.parametrize("minutes", [-1, -480, 1441, -1441])
def test_an_original_refuses_hours_that_can_not_be(line: TimesheetLine, minutes: int) -> None:
    refused(lambda: Hour.create(line=line, day=date(2026, 11, 5), minutes=minutes))


@pytest.mark.parametrize("minutes", [0, 1, 1440])
def test_an_original_takes_hours_that_can(line: TimesheetLine, minutes: int) -> None:
    assert Hour.create(line=line, day=date(2026, 11, 5), minutes=minutes).id


@pytest.mark.parametrize(
    ("minutes", "is_taken"), [(-480, True), (-1440, True), (-1441, False), (1441, False)]
)
def test_a_supplementary_sheet_takes_negative_hours(world: World, minutes: int, is_taken: bool) -> None:
    extra = factories.sheet(world.assignment, world.period, {}, sequence=1, reason="Te veel geteld")
    regular = HourType.get(HourType.code == "REG")
    of = TimesheetLine.create(
        timesheet=extra,
        sequence=1,
        iso_year=2026,
        iso_week=45,
        hour_type=regular,
        budget_number=world.fse_budget,
    )
    write = lambda: Hour.create(line=of, sequence=1, day=date(2026, 11, 3), minutes=minutes)  # noqa: E731
    if is_taken:
        write()
    else:
        refused(write)


def test_a_line_or_an_hour_can_not_claim_another_sequence_than_its_sheet(line: TimesheetLine) -> None:
    refused(lambda: Hour.create(line=line, sequence=1, day=date(2026, 11, 5), minutes=-60))
    refused(lambda: TimesheetLine.update(sequence=1).where(TimesheetLine.id == line.id).execute())


def test_a_day_stands_once_in_a_line_and_a_line_once_in_a_sheet(line: TimesheetLine) -> None:
    refused(lambda: Hour.create(line=line, day=date(2026, 11, 3), minutes=60))
    same = {
        name: line.__data__[name]
        for name in ("timesheet", "iso_year", "iso_week", "hour_type", "budget_number")
    }
    refused(lambda: TimesheetLine.create(**same))


def test_typed_text_counts_for_nothing(line: TimesheetLine) -> None:
    refused(lambda: Hour.create(line=line, day=date(2026, 11, 5), minutes=60, typed="7,33"))


def test_an_unknown_state_is_refused(world: World) -> None:
    change = lambda **columns: Timesheet.update(**columns).where(Timesheet.id == world.sheet.id).execute()  # noqa: E731
    refused(lambda: change(state="paid"))
    refused(lambda: change(state="submitted", submitted_at=None))
    refused(lambda: change(state="approved", decided_at=None))
    refused(lambda: change(revision=0))
    refused(lambda: change(minutes=-1))


def test_a_sheet_belongs_to_its_assignments_organisation(world: World) -> None:
    refused(lambda: Timesheet.update(organisation=world.law).where(Timesheet.id == world.sheet.id).execute())
    refused(lambda: factories.sheet(world.assignment, world.period))


def test_rows_that_others_need_stay(world: World) -> None:
    refused(lambda: world.fse.delete_instance())
    refused(lambda: Account.delete().where(Account.id == world.noor.id).execute())
    refused(lambda: BudgetNumber.delete().where(BudgetNumber.id == world.fse_budget.id).execute())


def test_deleting_a_sheet_takes_its_lines_and_hours_along(world: World) -> None:
    Timesheet.delete().where(Timesheet.id == world.sheet.id).execute()
    assert (TimesheetLine.select().count(), Hour.select().count()) == (0, 0)


def invoice(world: World, number: int = 1, **columns: Any) -> InvoiceLine:
    made = Invoice.create(
        **{
            "year": 2026, "number": number, "number_text": f"2026-{number:05}", "organisation": world.fse,
            "pay_period": world.period, "budget_number": world.fse_budget, "budget_number_text": "34367565.899",
            "issued_on": date(2026, 12, 10), "due_on": date(2027, 1, 9), "language": "nl",
            "vat_treatment": "standard", "vat_percent": 21, "net_cents": 10000, "vat_cents": 2100,
            "total_cents": 12100, "created_at": clock.now(), **columns,
        }
    )  # fmt: skip
    return InvoiceLine.create(
        invoice=made, position=1, timesheet=world.sheet, hour_type=HourType.get(HourType.code == "REG"),
        iso_year=2026, iso_week=45, first_on=date(2026, 11, 3), last_on=date(2026, 11, 4), minutes=930,
        unit_price=315100, net_cents=48841,
    )  # fmt: skip


def test_an_invoice_is_settled_by_what_its_payments_say(world: World) -> None:
    of = invoice(world).invoice

    def set_(**columns: Any) -> None:
        Invoice.update(**columns).where(Invoice.id == of.id).execute()

    refused(lambda: set_(settled_cents=-1))
    refused(lambda: set_(settled_cents=of.total_cents))
    refused(lambda: set_(paid_on=of.issued_on))
    set_(settled_cents=of.total_cents, paid_on=of.issued_on)
    refused(lambda: set_(kind="credit_note"))
    set_(settled_cents=of.total_cents + 1)

    def enter(**columns: Any) -> Payment:
        return Payment.create(
            **{"invoice": of, "paid_on": of.issued_on, "recorded_at": clock.now(), "amount_cents": 1}
            | columns
        )

    first = enter()
    for wrong in (
        {"amount_cents": 0}, {"amount_cents": -1}, {"kind": "refund"}, {"kind": "cash"}, {"kind": "set_off"},
        {"against": of}, {"reverses": first, "amount_cents": -1}, {"reverses": first, "note": "Fout"},
    ):  # fmt: skip
        refused(lambda wrong=wrong: enter(**wrong))
    enter(reverses=first, amount_cents=-1, note="Fout")
    refused(lambda: enter(reverses=first, amount_cents=-1, note="Nog eens"))


def test_an_hour_stands_on_one_live_invoice(world: World) -> None:
    hour = Hour.get()
    first = InvoicedHour.create(hour=hour, invoice_line=invoice(world), minutes=480)
    second = invoice(world, number=2)
    refused(lambda: InvoicedHour.create(hour=hour, invoice_line=second, minutes=480))
    first.released_at = clock.now()
    first.save()
    InvoicedHour.create(hour=hour, invoice_line=second, minutes=480)


def test_a_sheet_with_hours_on_an_invoice_or_batch_stays_approved(world: World) -> None:
    change = lambda **columns: Timesheet.update(**columns).where(Timesheet.id == world.sheet.id).execute()  # noqa: E731
    refused(lambda: change(invoiced_minutes=480))
    refused(lambda: change(paid_minutes=480))
    change(state="approved", decided_at=clock.now(), invoiced_minutes=480)
    refused(lambda: change(state="submitted"))


def test_an_hour_is_paid_by_one_live_batch(world: World) -> None:
    hour = Hour.get()
    batches = [
        PayrollBatch.create(
            calendar="four_weeks",
            pay_period=world.period,
            pay_on=date(2026, 12, 9),
            sequence=n,
            created_at=clock.now(),
        )
        for n in range(2)
    ]
    first = PayrollHour.create(hour=hour, payroll_batch=batches[0], minutes=480, pay_rate=183200)
    again = lambda: PayrollHour.create(hour=hour, payroll_batch=batches[1], minutes=480, pay_rate=183200)  # noqa: E731
    refused(again)
    first.released_at = clock.now()
    first.save()
    again()


def test_an_invoice_number_is_given_out_once_and_its_amounts_add_up(world: World) -> None:
    invoice(world)
    refused(lambda: invoice(world))
    refused(lambda: invoice(world, number=2, total_cents=12101))
    refused(lambda: invoice(world, number=2, due_on=date(2026, 12, 9)))


def test_people_and_periods(world: World) -> None:
    refused(lambda: factories.account(email=world.noor.email.upper()))
    refused(lambda: factories.account(username="FLEX1003"))
    refused(lambda: factories.account(language="de"))
    refused(lambda: Agency.create(id=2, name="Een ander"))
    days = {"organisation": world.fse, "supervisor": world.supervisor, "created_at": clock.now()}
    refused(
        lambda: Deputy.create(**days, deputy=world.supervisor, first_on=clock.today(), last_on=clock.today())
    )
    refused(
        lambda: Deputy.create(
            **days, deputy=world.staff, first_on=date(2026, 12, 2), last_on=date(2026, 12, 1)
        )
    )
    refused(
        lambda: PayPeriod.update(last_on=date(2026, 1, 1)).where(PayPeriod.id == world.period.id).execute()
    )
    refused(lambda: PayPeriod.update(number=11).where(PayPeriod.id == world.period.id).execute())
