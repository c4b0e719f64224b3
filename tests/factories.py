"""Small makers of rows; the cast of the tests is World."""

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count, groupby
from typing import Any

import psycopg
from peewee import PostgresqlDatabase

from konnekt.db import db, transaction
from konnekt.domain import clock
from konnekt.domain.accounts import agency_roles
from konnekt.models import (
    TABLES,
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    Hour,
    HourType,
    Organisation,
    PayPeriod,
    Rate,
    Right,
    Timesheet,
    TimesheetLine,
    chains,
)
from konnekt.models.people import name_key

serial = count(1)


@contextmanager
def rewritten() -> Iterator[None]:
    """What happened is made otherwise than it was: outside of this the tables refuse that."""
    chains.remove_triggers()
    yield
    chains.install_triggers()


def account(first: str = "Noor", last: str = "Hendriks", **columns: Any) -> Account:
    columns.setdefault("email", f"person{next(serial)}@um.example")
    if columns.get("is_agency_staff"):
        columns.setdefault("agency_roles", agency_roles.ALL)
    return Account.create(first_name=first, last_name=last, created_at=clock.now(), **columns)


def worker(first: str = "Noor", last: str = "Hendriks", **columns: Any) -> Account:
    return account(first, last, employee_number=str(70000 + next(serial)), **columns)


def organisation(code: str, **columns: Any) -> Organisation:
    columns = {"name": f"Organisation {code}", "calendar": "four_weeks", **columns}
    return Organisation.create(code=code, **columns)


def right(person: Account, at: Organisation, approve: int = 0, register: int = 0, invoices: int = 0) -> Right:
    return Right.create(
        account=person,
        organisation=at,
        may_approve=bool(approve),
        may_register=bool(register),
        may_see_invoices=bool(invoices),
    )


def periods(
    calendar: str = "four_weeks", first: date = date(2025, 12, 29), how_many: int = 15
) -> list[PayPeriod]:
    """Four-week periods from ISO week 1 of 2026 on; period 12 is 2 to 29 November 2026."""
    made = []
    days = {"week": 7, "four_weeks": 28}[calendar]
    for number in range(1, how_many + 1):
        last = first + timedelta(days=days - 1)
        made.append(
            PayPeriod.create(
                calendar=calendar,
                year=2026,
                number=number,
                first_on=first,
                last_on=last,
                submit_by_at=clock.at(last + timedelta(days=5), time(23, 59)),
                approve_by_at=clock.at(last + timedelta(days=8), time(12)),
                pay_on=last + timedelta(days=10),
            )
        )
        first = last + timedelta(days=1)
    return made


def assignment(
    person: Account, at: Organisation, budget: BudgetNumber | None = None, **columns: Any
) -> Assignment:
    columns = {
        "code": f"A{next(serial)}",
        "job_title": "Studentassistent",
        "basis": "flexible",
        "entered_by": "worker",
        "first_on": date(2026, 1, 1),
        **columns,
    }
    made = Assignment.create(worker=person, organisation=at, budget_number=budget, **columns)
    Rate.create(assignment=made, valid_from_on=date(2026, 1, 1), pay_rate=183200, bill_rate=315100)
    return made


def sheet(
    of: Assignment, period: PayPeriod, hours: dict[date, int] | None = None, **columns: Any
) -> Timesheet:
    """A sheet with minutes per day on its default budget number and regular hours; no flags, no events."""
    hours = hours if hours is not None else {period.first_on: 480}
    state = columns.setdefault("state", "submitted")
    if state in ("submitted", "approved", "rejected"):
        columns.setdefault("submitted_at", clock.now() - timedelta(days=3))
        columns.setdefault("submitted_by", of.worker)
    if state in ("approved", "rejected"):
        columns.setdefault("decided_at", clock.now() - timedelta(days=1))
    made = Timesheet.create(
        assignment=of,
        organisation=of.organisation_id,
        pay_period=period,
        minutes=sum(hours.values()),
        created_at=clock.now() - timedelta(days=4),
        **columns,
    )
    lines: dict[tuple[int, int], TimesheetLine] = {}
    for day, minutes in hours.items():
        year, week, _ = day.isocalendar()
        if (year, week) not in lines:
            lines[year, week] = TimesheetLine.create(
                timesheet=made,
                sequence=made.sequence,
                iso_year=year,
                iso_week=week,
                hour_type=HourType.get(HourType.code == "REG"),
                budget_number=of.budget_number,
            )
        Hour.create(line=lines[year, week], sequence=made.sequence, day=day, minutes=minutes)
    return made


def sheets(
    at: Organisation,
    budget: BudgetNumber,
    period: PayPeriod,
    names: Sequence[tuple[str, str]],
    hours: dict[date, int] | None = None,
    **columns: Any,
) -> list[Timesheet]:
    """A sheet of a worker of its own for each name, as `sheet` makes one; a handful of statements for all.

    In one transaction: beside a running portal a row that is being read can't be followed by one that is written.
    """
    with transaction():
        return _sheets(at, budget, period, names, hours, **columns)


def _sheets(
    at: Organisation,
    budget: BudgetNumber,
    period: PayPeriod,
    names: Sequence[tuple[str, str]],
    hours: dict[date, int] | None,
    **columns: Any,
) -> list[Timesheet]:
    of = sheet(assignment(worker(*names[0]), at, budget), period, hours, **columns)
    people = _copies(of.assignment.worker, [
        {"first_name": first, "last_name": last, "name_key": name_key(first, last), "email": f"person{number}@um.example",
         "employee_number": str(70000 + number)}
        for (first, last), number in zip(names[1:], serial, strict=False)
    ])  # fmt: skip
    assignments = _copies(of.assignment, [
        {"worker": one, "code": f"A{number}"} for one, number in zip(people, serial, strict=False)
    ])  # fmt: skip
    _copies(Rate.get(Rate.assignment == of.assignment), [{"assignment": one} for one in assignments])
    mine = of.submitted_by_id == of.assignment.worker_id
    rows = [
        {"assignment": one, **({"submitted_by": who} if mine else {})}
        for one, who in zip(assignments, people, strict=True)
    ]
    made = _copies(of, rows)
    for line in TimesheetLine.select().where(TimesheetLine.timesheet == of):
        lines = _copies(line, [{"timesheet": one} for one in made])
        for hour in Hour.select().where(Hour.line == line):
            _copies(hour, [{"line": one} for one in lines])
    return [of, *Timesheet.select().where(Timesheet.id.in_(made)).order_by(Timesheet.id)]


def _copies(row: Any, changes: list[dict[str, Any]]) -> list[int]:
    """Rows like this one but for some columns; their ids in that order."""
    model = type(row)
    columns = {name: value for name, value in row.__data__.items() if name != "id"}
    for first in range(0, len(changes), 50):
        model.insert_many([{**columns, **one} for one in changes[first : first + 50]]).execute()
    last = model.select(model.id).order_by(model.id.desc()).limit(len(changes))
    return sorted(one.id for one in last)


@dataclass
class World:
    """Two organisations (LAW asks four eyes), their people, a waiting sheet of Noor at FSE."""

    agency: Agency
    fse: Organisation
    law: Organisation
    periods: list[PayPeriod]
    period: PayPeriod
    fse_budget: BudgetNumber
    law_budget: BudgetNumber
    noor: Account
    supervisor: Account
    registrar: Account
    outsider: Account
    staff: Account
    assignment: Assignment
    sheet: Timesheet

    @classmethod
    def make(cls) -> "World":
        agency = Agency.create(name="InterUM", phone="043-388 2688", email="bureau@interum.example")
        for code, percent in (("REG", 100), ("ORT40", 140), ("ORT75", 175), ("OT", 150), ("TRAVEL", 100)):
            HourType.create(
                code=code, name_nl=f"Uursoort {code}", name_en=f"Type {code}", multiplier_percent=percent
            )
        fse = organisation("FSE", name="Faculty of Science and Engineering")
        law = organisation("LAW", name="Faculteit der Rechtsgeleerdheid", four_eyes=True)
        all_periods = periods()
        fse_budget = BudgetNumber.create(organisation=fse, number="34367565.899")
        law_budget = BudgetNumber.create(organisation=law, number="0042.001")
        noor = worker("Noor", "Hendriks", email="noor@um.example")
        supervisor = account("Emre", "Dubois", email="supervisor@um.example", username="flex1003")
        registrar = account("Lars", "Maes", email="secretariaat@um.example")
        outsider = account("Hanna", "Haddad", email="supervisor-law@um.example")
        staff = account("Bureau", "InterUM", email="bureau@interum.example", is_agency_staff=True)
        right(supervisor, fse, approve=1, invoices=1)
        right(registrar, fse, register=1)
        right(outsider, law, approve=1, register=1, invoices=1)
        noors = assignment(noor, fse, fse_budget)
        return cls(
            agency=agency, fse=fse, law=law, periods=all_periods, period=all_periods[11],
            fse_budget=fse_budget, law_budget=law_budget, noor=noor, supervisor=supervisor,
            registrar=registrar, outsider=outsider, staff=staff, assignment=noors,
            sheet=sheet(noors, all_periods[11], {date(2026, 11, 3): 480, date(2026, 11, 4): 450}),
        )  # fmt: skip


_casts: dict[tuple[type, datetime], tuple[bytes, list[tuple[str, Any]]]] = {}


def cast() -> World:
    """The cast in an empty database: made once per kind of database, then written by the same statements.

    Peewee takes ten times as long to find the words of an INSERT as a database to do it, and copy.deepcopy ten
    times as long as pickle.
    """
    key = (type(db.obj), clock.now())
    with db.atomic():
        if key not in _casts:
            statements: list[tuple[str, Any]] = []
            db.obj.query_hooks.append(lambda event: statements.append((event.sql, event.params)))
            world = World.make()
            db.obj.query_hooks.pop()
            inserts = [one for one in statements if one[0].startswith("INSERT")]
            is_sqlite = not isinstance(db.obj, PostgresqlDatabase)
            _casts[key] = pickle.dumps(world), inserts if is_sqlite else [(_rows_as_they_are(), None)]
        else:
            for sql, same in groupby(_casts[key][1], lambda one: one[0]):
                rows = [parameters for _, parameters in same]
                if rows == [None]:
                    db.cursor().execute(sql)
                else:
                    db.cursor().executemany(sql, rows)
    copied: World = pickle.loads(_casts[key][0])
    return copied


def _rows_as_they_are() -> str:
    """What fills an empty PostgreSQL with the rows that it has now, those that its triggers wrote too.

    The triggers rest meanwhile: with them, and a statement for each row, the server takes 5.5 ms a cast instead of 2.
    """
    words = psycopg.ClientCursor(db.connection())
    written = ["SET LOCAL session_replication_role = replica"]
    for table in (f'"{model._meta.table_name}"' for model in TABLES):
        (rows,) = db.execute_sql(f"SELECT json_agg(one)::text FROM {table} one").fetchone()
        if rows:
            insert = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s)"
            written.append(words.mogrify(insert, [rows]))
    numbers = "SELECT seqrelid::regclass::text, pg_sequence_last_value(seqrelid) FROM pg_sequence"
    for sequence, last in db.execute_sql(numbers).fetchall():
        if last:
            written.append(f"SELECT setval('{sequence}', {last})")
    return ";".join([*written, "SET LOCAL session_replication_role = origin"])
