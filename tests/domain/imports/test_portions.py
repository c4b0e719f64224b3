"""An import lets people work: it checks without a lock and writes in portions, each of which leaves a true database."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from peewee import SqliteDatabase
from playhouse.test_utils import count_queries

from konnekt.config import Config
from konnekt.db import db, is_waited_for, transaction
from konnekt.domain import clock, flags
from konnekt.domain.budgets import counted
from konnekt.domain.imports import RowOutcome, hours, import_files, import_folder, placed_hours
from konnekt.domain.imports.report import Report
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    BudgetSum,
    Event,
    Flag,
    Hour,
    HourType,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
    waiting,
)
from tests.domain.imports.import_sets import OWN, copy

pytestmark = pytest.mark.usefixtures("app")

FILES = {path.name: path.read_bytes() for path in OWN.iterdir()}


class Stopped(BaseException):
    """As a kill stops it: nothing in the import catches this."""


@pytest.fixture(autouse=True)
def a_worker_and_a_period_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placed_hours, "PORTION", 1)


@pytest.fixture
def rests(config: Config, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What others do between two portions, one after another."""
    waiting_for: list[Callable[[], Any]] = []

    def rest(seconds: float) -> None:
        assert hours.SHORTEST_REST <= seconds <= hours.LONGEST_REST or (config.database and not seconds)
        if waiting_for:
            waiting_for.pop(0)()

    monkeypatch.setattr(hours.time, "sleep", rest)
    return waiting_for


def check_true() -> None:
    """Whatever is kept of other rows is what they say."""
    assert counted.drifted() == []
    assert waiting.drifted() == []
    for sheet in Timesheet.select():
        query = TimesheetLine.select().where(TimesheetLine.timesheet == sheet)
        assert sheet.minutes == sum(hour.minutes for line in query for hour in line.hours)
        assert Event.select().where(Event.timesheet == sheet).count() == 1


def sheet_of(code: str, number: int) -> Timesheet:
    query = Timesheet.select().join(Assignment).switch(Timesheet).join(PayPeriod)
    return query.where((Assignment.code == code) & (PayPeriod.number == number)).get()


def elsewhere(what: Callable[[], Any]) -> Callable[[], None]:
    """Do it on a connection of its own that waits for no lock."""

    def run() -> None:
        with db.connection_context():
            if isinstance(db.obj, SqliteDatabase):
                db.execute_sql("PRAGMA busy_timeout = 0")
            with transaction():
                what()
            if isinstance(db.obj, SqliteDatabase):
                db.execute_sql("PRAGMA busy_timeout = 10000")

    def wait() -> None:
        failed: list[BaseException] = []

        def caught() -> None:
            try:
                run()
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=caught)
        thread.start()
        thread.join()
        assert failed == []

    return wait


def test_others_write_between_two_portions(rests: list[Callable[[], Any]]) -> None:
    names: list[str] = []

    def rename() -> None:
        names.append(f"Naam {len(names)}")
        HourType.update(name_nl=names[-1]).where(HourType.code == "REG").execute()

    rests += [elsewhere(rename)] * 3
    assert import_folder(OWN).is_ok
    assert len(names) == 3
    assert HourType.get(HourType.code == "REG").name_nl == "Naam 2"
    check_true()


@pytest.mark.parametrize("stop_at", range(1, 5))
def test_what_was_stopped_anywhere_is_true_and_is_finished_by_importing_again(stop_at: int) -> None:
    seen: list[int] = []

    def tell(_done: int, _total: int) -> None:
        if in_transaction():
            seen.append(1)
            if len(seen) == stop_at:
                raise Stopped

    with pytest.raises(Stopped):
        import_files(FILES, tell=tell)
    made = Timesheet.select().count()
    assert (made == 0) == (stop_at <= 2), "the first transaction is that of the records"
    check_true()
    again = import_files(FILES)
    assert again.is_ok
    assert again.files["hours.csv"].count(RowOutcome.UNCHANGED) == sum(
        len(list(line.hours)) for line in TimesheetLine.select().where(TimesheetLine.timesheet <= made)
    )
    check_true()
    assert import_files(FILES).count(RowOutcome.UNCHANGED) == sum(
        len(file.outcomes) for file in again.files.values()
    )


def in_transaction() -> bool:
    return bool(db.in_transaction())


def test_a_draft_that_is_sent_meanwhile_is_left_and_told_of(tmp_path: Path) -> None:
    assert import_folder(OWN).is_ok
    folder = copy(tmp_path, hours=("2026-11-23;REG;ART-1;7:30", "2026-11-23;REG;ART-1;7"))
    draft = sheet_of("P2", 48)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}

    def send(_report: Report) -> None:
        columns = {"state": State.SUBMITTED, "submitted_at": clock.now()}
        Timesheet.update(columns).where(Timesheet.id == draft.id).execute()

    events = Event.select().count()
    report = import_files(files, begin=send)
    assert report.is_ok
    assert [str(one) for one in report.differences] == [
        "hours.csv:8: left as it is: somebody changed this timesheet meanwhile. Import the file again."
    ]
    assert report.files["hours.csv"].outcomes[8] == RowOutcome.DIFFERENT
    assert sheet_of("P2", 48).minutes == draft.minutes
    assert Event.select().count() == events


def test_hours_that_fill_the_day_meanwhile_are_not_added_to(tmp_path: Path) -> None:
    """P1 and P4 are of one worker; P4 gets 20 hours of a day while P1's 5 hours are on their way."""
    folder = copy(tmp_path, hours=(
        "P4;2026;13;2026-12-24;REG;5500.1;2;;draft", "P1;2026;13;2026-12-24;REG;0042.100;5;;draft"
    ))  # fmt: skip
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    day = date(2026, 12, 24)

    def fill(_report: Report) -> None:
        other = Assignment.get(Assignment.code == "P4")
        period = PayPeriod.get((PayPeriod.calendar == "four_weeks") & (PayPeriod.number == 13))
        sheet = Timesheet.create(
            assignment=other, organisation=other.organisation, pay_period=period, minutes=1200, created_at=clock.now()
        )  # fmt: skip
        line = TimesheetLine.create(
            timesheet=sheet, iso_year=2026, iso_week=52, hour_type=HourType.get(), budget_number=other.budget_number
        )  # fmt: skip
        Hour.create(line=line, day=day, minutes=1200)

    report = import_files(files, begin=fill)
    assert [one.what for one in report.differences] == [
        "left as it is: somebody changed this timesheet meanwhile. Import the file again."
    ]
    assert (
        not Timesheet.select()
        .join(Assignment)
        .where((Assignment.code == "P1") & (Timesheet.pay_period == sheet_of("P4", 13).pay_period))
        .exists()
    )


def test_records_that_change_after_the_check_are_looked_at_anew() -> None:
    """The first telling is after the tables were read: what was foreseen of them is not written."""
    assert import_folder(OWN).is_ok
    names = iter(["Een", "Twee"])

    def tell(done: int, _total: int) -> None:
        if done == 0 and not in_transaction() and (name := next(names, "")):
            HourType.update(name_nl=name).where(HourType.code == "REG").execute()

    wanted = {"hour_types.csv": FILES["hour_types.csv"]}
    report = import_files(wanted, tell=tell)
    assert report.is_ok
    assert [(one.before, one.after) for one in report.changes] == [("Twee", "Normale uren")]
    assert HourType.get(HourType.code == "REG").name_nl == "Normale uren"


def test_records_that_never_stand_still_are_refused_in_the_end() -> None:
    assert import_folder(OWN).is_ok
    numbers: Iterator[int] = iter(range(100))

    def tell(done: int, _total: int) -> None:
        if done == 0 and not in_transaction():
            HourType.update(name_nl=f"Naam {next(numbers)}").where(HourType.code == "REG").execute()

    before = Event.select().count()
    report = import_files({"hour_types.csv": FILES["hour_types.csv"]}, tell=tell)
    assert [str(one) for one in report.problems] == [
        "Somebody changed the same rows at the same moment: import again."
    ]
    assert next(numbers) == 3
    assert Event.select().count() == before


def test_what_people_do_by_working_is_no_change_of_records() -> None:
    """A sign-in or a new password while an import reads does not have it read again."""
    assert import_folder(OWN).is_ok
    calls: list[int] = []

    def tell(done: int, _total: int) -> None:
        if done == 0 and not in_transaction():
            calls.append(1)
            Account.update(signed_in_at=clock.now(), password_hash="x").execute()

    assert import_files({"hour_types.csv": FILES["hour_types.csv"]}, tell=tell).is_ok
    assert len(calls) == 1


def test_flags_of_waiting_sheets_are_those_of_all_their_hours() -> None:
    """The portions come one after another: a sheet that waits knows the hours of one that came later."""
    assert import_folder(OWN).is_ok
    query = Flag.select(Flag.timesheet, Flag.code, Flag.detail).order_by(Flag.timesheet, Flag.code)
    stored = list(query.tuples())
    assert stored
    flags.refresh_all_waiting()
    assert list(query.tuples()) == stored


def test_approved_hours_count_in_the_flags_of_what_waits(tmp_path: Path) -> None:
    """An import makes sheets that never waited: a budget that they fill is over for those that wait."""
    assert import_folder(OWN).is_ok
    sheet = sheet_of("P1", 12)
    number = BudgetNumber.get(BudgetNumber.number == "0042.100")
    assert sheet.state == State.SUBMITTED
    assert sheet.lines.where(TimesheetLine.budget_number == number).exists()
    of_number = BudgetNumber.id == number.id
    BudgetNumber.update(ceiling_minutes=10**6).where(of_number).execute()
    flags.forget_sums()
    flags.count_sums()
    used = BudgetSum.get_by_id(number.id)
    ceiling = used.waiting_minutes + used.approved_minutes + 60
    BudgetNumber.update(ceiling_minutes=ceiling).where(of_number).execute()
    flags.refresh_all_waiting()
    before = {flag.code for flag in Flag.select().where(Flag.timesheet == sheet)}
    other = sheet.assignment
    period = PayPeriod.get((PayPeriod.calendar == sheet.organisation.calendar) & (PayPeriod.number == 13))
    day = period.first_on.isoformat()
    row = f"{other.code};{period.year};{period.number};{day};REG;{number.number};20;;approved"
    report = import_files({"hours.csv": FILES["hours.csv"].partition(b"\n")[0] + f"\n{row}\n".encode()})
    assert report.is_ok, [str(one) for one in report.problems]
    assert "budget" not in before
    assert "budget" in {flag.code for flag in Flag.select().where(Flag.timesheet == sheet)}
    check_true()


def test_records_that_change_between_portions_are_not_written_past(rests: list[Callable[[], Any]]) -> None:
    rests.append(elsewhere(lambda: Assignment.update(basis="fixed").execute()))
    report = import_folder(OWN)
    made = Timesheet.select().count()
    assert 0 < made < 6, "six without that"
    assert report.difference_count > 0
    assert {one.what for one in report.differences} == {
        "left as it is: somebody changed this timesheet meanwhile. Import the file again."
    }
    assert report.files["hours.csv"].count(RowOutcome.NEW) == sum(
        len(list(line.hours)) for line in TimesheetLine.select()
    )
    check_true()


def test_two_sheets_that_would_fill_a_day_together_are_both_left(tmp_path: Path) -> None:
    folder = copy(tmp_path, hours=(
        "P4;2026;13;2026-12-24;REG;5500.1;2;;draft",
        "P4;2026;13;2026-12-24;REG;5500.1;5;;draft\nP1;2026;13;2026-12-24;REG;0042.100;5;;draft",
    ))  # fmt: skip
    files = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fill(_report: Report) -> None:
        """A third assignment of the same worker has 20 hours of that day."""
        other = Assignment.get(Assignment.code == "P1")
        third = Assignment.create(
            **{**other.__data__, "id": None, "code": "P9"},
        )
        period = PayPeriod.get((PayPeriod.calendar == "four_weeks") & (PayPeriod.number == 13))
        sheet = Timesheet.create(
            assignment=third, organisation=third.organisation, pay_period=period, minutes=1200, created_at=clock.now()
        )  # fmt: skip
        line = TimesheetLine.create(
            timesheet=sheet, iso_year=2026, iso_week=52, hour_type=HourType.get(), budget_number=third.budget_number
        )  # fmt: skip
        Hour.create(line=line, day=date(2026, 12, 24), minutes=1200)

    report = import_files(files, begin=fill)
    assert report.is_ok
    day = Hour.select().where(Hour.day == date(2026, 12, 24))
    worker = Assignment.get(Assignment.code == "P1").worker
    total = sum(one.minutes for one in day if one.line.timesheet.assignment.worker == worker)
    assert total <= 1440, total


def test_flags_of_what_waits_are_there_with_its_portion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only at the end, which a kill may come before."""
    monkeypatch.setattr(hours, "refresh_flags", lambda _tell: None)
    assert import_folder(OWN).is_ok
    assert Flag.select().join(Timesheet).where(Timesheet.state == State.SUBMITTED).exists()


def test_a_week_that_stands_in_two_periods_is_judged_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """12 hours on Monday, in November, and on five days of December: the import is stopped before its end."""
    monkeypatch.setattr(hours, "refresh_flags", lambda _tell: None)
    november = "month;2026;11;2026-11-01;2026-11-30;2026-12-04T23:59;2026-12-07T12:00;2026-12-09\n"
    december = "month;2026;12;2026-12-01;2026-12-31;2027-01-04T23:59;2027-01-07T12:00;2027-01-09\n"
    folder = copy(
        tmp_path, organisations=(";;week;0;30", ";;month;0;30"), pay_periods=(november, november + december)
    )
    days = [f"P2;2026;12;2026-12-0{day};REG;ART-1;12;;submitted" for day in range(1, 6)]
    header = FILES["hours.csv"].partition(b"\n")[0].decode()
    rows = [header, "P2;2026;11;2026-11-30;REG;ART-1;12;;submitted", *days]
    (folder / "hours.csv").write_text("\n".join(rows) + "\n")
    assert import_folder(folder).is_ok
    long_weeks = Flag.select().where(Flag.code == "long_week")
    assert {flag.timesheet.id for flag in long_weeks} == {sheet_of("P2", 11).id, sheet_of("P2", 12).id}


def test_postgresql_counts_what_was_written_on_the_way(config: Config) -> None:
    with count_queries() as asked:
        assert import_folder(OWN).is_ok
    texts = [query.msg[0] for query in asked.get_queries()]
    analysed = [text for text in texts if text.startswith("ANALYZE")]
    # Six sheets, a portion each: before the first, the second, the third and the fifth.
    assert len(analysed) == (4 if config.database else 0)


def test_a_small_import_has_nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """To count the tables of a large installation takes seconds, for six timesheets."""
    monkeypatch.setattr(placed_hours, "PORTION", 1000)
    with count_queries() as asked:
        assert import_folder(OWN).is_ok
    assert not [query for query in asked.get_queries() if query.msg[0].startswith("ANALYZE")]


def test_who_waits_for_the_lock_has_it_before_the_next_portion(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not rest but for a moment; whom it finds waiting it lets go first, though not one after another for ever."""
    assert import_folder(OWN).is_ok
    rests: list[float] = []
    monkeypatch.setattr(hours.time, "sleep", rests.append)
    clocks = count(0, hours.LONGEST_REST / 4)
    monkeypatch.setattr(hours.time, "monotonic", lambda: next(clocks))
    for answers, times in (([False], 1), ([True, True, False], 3), ([True] * 9, 4)):
        monkeypatch.setattr(hours, "is_waited_for", iter(answers).__next__)
        rests.clear()
        hours.refresh_flags(lambda: None)
        assert len(rests) == times


def test_sqlite_says_that_somebody_waits_for_its_lock() -> None:
    if not isinstance(db.obj, SqliteDatabase):
        assert not is_waited_for(), "PostgreSQL has them wait in line"
        return
    done = threading.Event()

    def write() -> None:
        with db.connection_context(), transaction():
            done.set()

    def write_alone() -> None:
        with db.connection_context():
            HourType.update(name_nl="Anders").where(HourType.code == "REG").execute()
            done.set()

    for one in (write, write_alone):
        done.clear()
        thread = threading.Thread(target=one)
        with transaction():
            assert not is_waited_for(), "who has it does not wait"
            thread.start()
            until = time.monotonic() + 10
            while not is_waited_for():
                assert time.monotonic() < until
            assert not done.is_set()
        thread.join()
        assert done.is_set() and not is_waited_for()


def test_portions_go_from_period_to_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a worker that may share a day comes together; who has periods of two calendars comes whole, first."""
    placed = placed_hours.PlacedHours()
    ann, ben = SimpleNamespace(email="ann"), SimpleNamespace(email="ben")
    at_ann, at_ben, also_ben = (SimpleNamespace(worker=one) for one in (ann, ben, ben))
    weeks = [
        SimpleNamespace(calendar="week", first_on=date(2026, 11, 2) + timedelta(weeks=n)) for n in range(3)
    ]
    month = SimpleNamespace(calendar="month", first_on=date(2026, 11, 1))
    kind, number = SimpleNamespace(code="REG"), SimpleNamespace(number="1")
    rows = [(at_ann, weeks[2]), (at_ben, weeks[1]), (at_ann, weeks[0]), (also_ben, month), (at_ann, weeks[1])]
    for line, of in enumerate(rows, 2):
        placed.add(line, of, (kind, number, of[1].first_on), 60, "", "draft")
    portions = [[row.line for sheet in some for row in sheet.rows] for some in placed.portions()]
    assert portions == [[3, 5], [4], [6], [2]]
    monkeypatch.setattr(placed_hours, "PORTION", 3)
    assert [[sheet.rows[0].line for sheet in some] for some in placed.portions()] == [[3, 5, 4], [6, 2]]
    assert list(placed_hours.PlacedHours().portions()) == []
