"""What an import changes: for its report, a line per column; and the events that the forms would leave."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from konnekt.domain import events
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.report import FieldChange
from konnekt.domain.imports.rows import Rows
from konnekt.domain.imports.run import Run
from konnekt.domain.records import audited, pay_periods
from konnekt.models import Account

EVERY = dict.fromkeys(("organisation", "person", "before", "after")) | {"thing": "", "source": "import"}


def list_all(run: Run) -> None:
    """Put into the report what each column was and becomes."""
    for file, rows, record in _tables(run):
        columns = {record.names.get(name, name): file.column(name) for name in record.columns}
        changed = [(row, record.difference(before, row)) for row, before in _changed(rows, record)]
        gone = [(row, {"before": record.facts(row), "after": {}}) for row in rows.removed]
        for row, told in changed + gone:
            line = rows.lines[rows.key_of(row)]
            for name, before in told["before"].items():
                if columns[name] not in file.columns:  # it follows from another
                    continue
                change = FieldChange(file.name, line, columns[name], name, before, told["after"].get(name))
                run.report.add_change(change)


def write_events(run: Run, by: Account | None) -> None:
    """Leave the events, once every row is written and has its id."""
    told: list[audited.Facts] = []
    for file, rows, record in _tables(run):
        if file.table == "pay_periods":
            told += _of_periods(rows.new)
        else:
            verb = f"{record.adding}_{record.noun}"
            told += [_about(verb, record, row) | {"after": record.facts(row)} for row in rows.new]
        for row, before in _changed(rows, record):
            told.append(_about(f"change_{record.noun}", record, row) | record.difference(before, row))
        for row in rows.removed:
            told.append(
                _about(f"{record.deleting}_{record.noun}", record, row) | {"before": record.facts(row)}
            )
    events.record_many([{**EVERY, "actor": by, **one} for one in told])


def _tables(run: Run) -> Iterator[tuple[ImportFile, Rows, audited.RecordType]]:
    for file in run.files.values():
        rows = run.table(file)
        if rows is not None and file.record is not None:
            yield file, rows, file.record


def _changed(rows: Rows, record: audited.RecordType) -> Iterator[tuple[Any, audited.Facts]]:
    """The rows of the database that change, each with what it was, without what only follows from that."""
    for row, before in rows.changed.values():
        yield row, {name: before[name] for name in record.columns if name in before}


def _about(verb: str, record: audited.RecordType, row: Any) -> audited.Facts:
    return {"verb": verb, **record.about(row)}


def _of_periods(rows: list[Any]) -> list[audited.Facts]:
    years: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in rows:
        years[row.calendar, row.year].append(row)
    return [{"verb": "generate_periods", **pay_periods.generated(some)} for some in years.values()]
