"""Import by upload: checked first, carried out when somebody has seen what it would do.

Both are long work (background/work.py). The files go from the check to the import: they are imported once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from konnekt.background import queue
from konnekt.background.queue import Interrupted, Tell
from konnekt.db import transaction
from konnekt.domain import events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.imports import FILES, archives, import_files, kinds
from konnekt.domain.imports.placed_hours import FILE as HOURS
from konnekt.domain.imports.report import FieldChange, Problem, Report, RowOutcome, shown
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import Account, Job, JobFile

KINDS = (CHECK, IMPORT) = ("import_check", "import")
ENDINGS = (".csv", ".zip", *archives.WORKBOOKS)
MOST_UPLOADS = 50
MOST_LISTED = 5000
LONGEST_NAME = 200
# What an import that was killed and goes on takes from the check: it finds done what it did itself.
FORESEEN = ("changes", "change_count", "would_change")
EFFECTS = (RowOutcome.NEW, RowOutcome.CHANGED)


def expected() -> list[tuple[str, list[str]]]:
    """The files of an import set and their columns."""
    return [(file.name, list(file.columns)) for file in FILES]


def start(uploads: list[tuple[str, bytes]], *, by: Account) -> Job:
    """Queue the check of uploaded files. Raises Invalid."""
    agency_roles.require(by, "hour imports", "Only the agency imports files.")
    files: dict[str, bytes] = {}
    for path, content in uploads:
        name = path.replace("\\", "/").rpartition("/")[2].strip()
        if not name.lower().endswith(ENDINGS) or len(name) > LONGEST_NAME:
            raise Invalid("%(file)s is no CSV, XLSX or ZIP.", "files", file=shown(name))
        if name.lower() in {other.lower() for other in files}:
            raise Invalid("%(file)s is there twice.", "files", file=shown(name))
        kinds.check(name, content, "files", shown(name))
        files[name] = content
    if not files:
        raise Invalid("Choose one file or more.", "files")
    if len(files) > MOST_UPLOADS:
        raise Invalid("Choose at most %(most)s files, or put them into a ZIP.", "files", most=MOST_UPLOADS)
    return queue.queue(CHECK, by=by, asked={"names": sorted(files)}, files=files)


def check(job: Job, tell: Tell) -> dict[str, Any]:
    """The handler that says what an import would do."""
    unpacked = archives.unpack(queue.files(job))
    _check_task(job.created_by, unpacked.files)
    report = import_files(
        unpacked.files, dry_run=True, tell=tell, most_problems=MOST_LISTED, by=job.created_by
    )
    return _told(report, unpacked)


def confirm(number: int, *, by: Account) -> Job:
    """Queue the import of what was checked; a second time it is the same one. Raises Conflict, NotFound."""
    with transaction():
        checked = _find(number, CHECK)
        if not (checked.result or {}).get("is_ok"):
            raise Conflict("What is wrong in these files has to be mended first.")
        _check_task(by, checked.result.get("kinds", ()))
        asked = {"names": checked.asked["names"], "check": checked.id, "effect": checked.result["effect"]}
        queued: Job = queue.queue(IMPORT, by=by, asked=asked)
        if not _move_files(checked, queued):
            queued.delete_instance()
            queued = _import_of(checked)
    return queued


def check_again(number: int, *, by: Account) -> Job:
    """Queue another check of the files of an import that did not come about. Raises Conflict, NotFound."""
    with transaction():
        failed = _find(number, IMPORT)
        agency_roles.require(by, "hour imports", "Only the agency imports files.")
        queued = queue.queue(CHECK, by=by, asked={"names": failed.asked["names"]})
        if failed.ended_at is None or not _move_files(failed, queued):
            raise Conflict("These files are not here any more. Choose them again.")
    return queued


def carry_out(job: Job, tell: Tell) -> dict[str, Any]:
    """The handler that imports; what is killed while it writes goes on where it was.

    Its event and its end are one transaction, so that it ends once. What was written before it was killed is
    unchanged to who goes on: then the report is that of the check, which foresaw the same.
    """
    unpacked = archives.unpack(queue.files(job))
    goes_on = has_begun(job)
    told: dict[str, Any] = {}

    def begin(_report: Report) -> None:
        job.asked = {**job.asked, "has_begun": True}
        Job.update(asked=job.asked).where(Job.id == job.id).execute()

    def finish(report: Report) -> None:
        nonlocal told
        told = _told(report, unpacked)
        if goes_on:
            told |= _of_both(told, queue.find(job.asked["check"]).result)
        counts = {file["name"]: [file[outcome] for outcome in ("new", "changed")] for file in told["files"]}
        events.record("import", by=job.created_by, thing="import", after={"new_and_changed": counts})
        queue.drop_files(job)
        if not queue.end(job, told):
            raise Interrupted

    report = import_files(
        unpacked.files, tell=tell, agreed=None if goes_on else job.asked["effect"], most_problems=MOST_LISTED,
        goes_on=goes_on, begin=begin, finish=finish, by=job.created_by,
    )  # fmt: skip
    return told or _told(report, unpacked)


def has_begun(job: Job) -> bool:
    """Whether an import has written its records, and maybe some hours: it is more than nothing then."""
    return bool(job.asked.get("has_begun"))


def _of_both(now: dict[str, Any], foreseen: dict[str, Any]) -> dict[str, Any]:
    """The report of one that went on: what was foreseen, less the rows that were left in the end."""
    files = []
    for one, before in zip(now["files"], foreseen["files"], strict=True):
        left = max(0, one["different"] - before["different"])
        changed = max(0, before["changed"] - left)
        new = before["new"] - (left - (before["changed"] - changed))
        files.append({**before, "new": new, "changed": changed, "different": before["different"] + left})
    return {"files": files, **{name: foreseen[name] for name in FORESEEN}}


def is_of_records(job: int) -> bool:
    """Whether a check is of more than hours: people, rights, rates, the agency itself. Raises NotFound."""
    return set((_find(job, CHECK).result or {}).get("kinds", ())) != {HOURS}


def _check_task(by: Account | None, kinds: Iterable[str]) -> None:
    """Hours are imported by who plans; all else by who administers, for with it come rights and rates."""
    is_hours_alone = set(kinds) == {HOURS}
    agency_roles.require(
        by, "hour imports" if is_hours_alone else "record imports", "Only the agency imports files."
    )


def check_look(of: Job, by: Account) -> None:
    """Raise Forbidden for who may not see what workers earn, where a report may tell it."""
    result = of.result or {}
    # Before there were roles a report did not say which files it was of.
    if of.kind in KINDS and "files" in result and "rates.csv" in result.get("kinds", ["rates.csv"]):
        agency_roles.require(by, "pay rates", "Only the agency imports files.")


def find(number: int) -> Job:
    """A check or an import that has ended, for what it listed; raises NotFound."""
    job = queue.find(number)
    if job.kind not in KINDS or job.result is None or "files" not in job.result:
        raise NotFound("This work is not known any more.")
    return job


def effects(of: Job) -> Iterator[tuple[str, int, str]]:
    """The file and line of each row that is new or changed, and which of the two; none where nothing is."""
    result: dict[str, Any] = of.result or {}
    for file in result["files"] if result["is_ok"] else ():
        for outcome, spans in file.get("lines", {}).items():
            for first, last in spans:
                yield from ((file["name"], line, outcome) for line in range(first, last + 1))


def recent(most: int = 20) -> list[Job]:
    """The latest checks and imports with who asked for them: one statement."""
    columns = (Job.id, Job.kind, Job.asked, Job.created_at, Job.ended_at, Job.failure, Account)
    query = Job.select(*columns).join(Account).where(Job.kind.in_(KINDS))
    return list(query.order_by(Job.created_at.desc(), Job.id.desc()).limit(most))


def _find(number: int, kind: str) -> Job:
    job = queue.find(number)
    if job.kind != kind:
        raise NotFound("This work is not known any more.")
    return job


def _move_files(old: Job, new: Job) -> bool:
    return bool(JobFile.update(job=new).where(JobFile.job == old).execute())


def _import_of(checked: Job) -> Job:
    """The import that took the files of a check. Raises Conflict where they are just gone."""
    later = (Job.kind == IMPORT) & (Job.id > checked.id)
    job: Job
    for job in Job.select().where(later).order_by(Job.id):
        if job.asked.get("check") == checked.id:
            return job
    raise Conflict("These files are not here any more. Choose them again.")


def _told(report: Report, unpacked: archives.Unpacked) -> dict[str, Any]:
    """The report as JSON keeps it, each file under the name it came with."""
    return {
        "is_ok": report.is_ok,
        "kinds": sorted(unpacked.files),
        "effect": report.effect,
        "would_change": bool(report.count(RowOutcome.NEW) + report.count(RowOutcome.CHANGED)),
        "files": [
            {
                "name": unpacked.names[file.name],
                "ignored_columns": [shown(column) for column in file.ignored_columns],
                **{outcome.value: file.count(outcome) for outcome in RowOutcome},
                "lines": {
                    outcome.value: list(islice(file.outcomes.spans(outcome), MOST_LISTED))
                    for outcome in EFFECTS
                },
            }
            for file in report.files.values()
        ],
        "ignored_files": [shown(name) for name in unpacked.ignored],
        "problems": [_line(problem, unpacked) for problem in report.problems],
        "problem_count": report.problem_count,
        "differences": [_line(problem, unpacked) for problem in report.differences],
        "difference_count": report.difference_count,
        "doubts": [_line(problem, unpacked) for problem in report.doubts[:MOST_LISTED]],
        "doubt_count": len(report.doubts),
        "changes": [_change(change, unpacked) for change in report.changes],
        "change_count": report.change_count,
    }


def _change(change: FieldChange, unpacked: archives.Unpacked) -> dict[str, Any]:
    before, after = (shown(one) if isinstance(one, str) else one for one in (change.before, change.after))
    return {**asdict(change), "file": unpacked.names[change.file], "before": before, "after": after}


def _line(problem: Problem, unpacked: archives.Unpacked) -> dict[str, Any]:
    values = {
        name: value if isinstance(value, int) else shown(value) for name, value in problem.values.items()
    }
    return {
        "file": unpacked.names.get(problem.file, problem.file),
        "line": problem.line,
        "column": problem.column,
        "sentence": problem.sentence,
        "values": values,
    }
