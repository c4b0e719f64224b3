"""What people were told beside what is there, when all is quiet again. Each finding is a line; none is well."""

import re
import time
from collections import Counter
from collections.abc import Iterator

from konnekt.models import Event, Hour, Job, Mail, Timesheet, TimesheetLine
from tests import smtp
from tests.kills import results
from tests.kills.agency import Cast, sheet_of
from tests.kills.people import CELLS, Attempt, Log, hours_of

DECIDING = ("approve", "reject", "undo", "undo_rejection", "revoke")
ENTERING = ("save", "submit", "withdraw")
# What each leaves behind.
STATES = {"approve": "approved", "reject": "rejected", "save": "draft", "withdraw": "draft"}
QUIET = 120.0


def wait_until_quiet() -> None:
    """Until no mail is due and no job waits: what was claimed by who was killed is taken up again."""
    until = time.monotonic() + QUIET
    while True:
        jobs = Job.select().where(Job.ended_at.is_null()).count()
        mails = Mail.select().where(Mail.sent_at.is_null() & Mail.failed_at.is_null()).count()
        if not jobs and not mails:
            return
        assert time.monotonic() < until, f"{jobs} jobs and {mails} mails still wait"
        time.sleep(0.2)


def findings(log: Log, cast: Cast, postbox: smtp.Postbox) -> list[str]:
    """All that is not as it should be."""
    return [
        *_refused(log),
        *_decisions(log),
        *_requests(log),
        *_entries(log, cast),
        *_mails(log, postbox),
        *results.findings(log),
    ]


def doubled(postbox: smtp.Postbox) -> int:
    """How many mails came more than once, each time under the same Message-ID."""
    return sum(1 for times in Counter(_ids(postbox)).values() if times > 1)


def _ids(postbox: smtp.Postbox) -> list[str]:
    return [str(one["Message-ID"]) for one in postbox.mails]


def explains(attempts: list[Attempt], events: list[tuple[str, set[str]]]) -> bool:
    """Whether the events are all of the confirmed attempts and some of the others, each once, in their order.

    events: a verb and what may name it. Drafts that follow one another are one event.
    """
    # How many events may be explained so far.
    ways = {0}
    for attempt in attempts:
        after = set() if attempt.is_confirmed else set(ways)
        for done in ways:
            if attempt.verb == "save" and done and events[done - 1][0] == "save":
                after.add(done)
            elif done < len(events) and _is(attempt, *events[done]):
                after.add(done + 1)
        ways = after
    return len(events) in ways


def _is(attempt: Attempt, verb: str, marks: set[str]) -> bool:
    said = {"send": "submit", "undo_rejection": "undo"}
    if said.get(attempt.verb, attempt.verb) != said.get(verb, verb):
        return False
    return attempt.verb not in ("approve", "reject", "revoke") or not attempt.mark or attempt.mark in marks


def _events(sheet: int, verbs: tuple[str, ...]) -> list[Event]:
    return list(Event.select().where((Event.timesheet == sheet) & Event.verb.in_(verbs)).order_by(Event.id))


def _refused(log: Log) -> Iterator[str]:
    if log.refused > log.unanswered.total():
        yield f"{log.refused} were refused, though only {log.unanswered.total()} got no answer"


def _decisions(log: Log) -> Iterator[str]:
    """Each confirmed decision has one event, and the sheet its state."""
    for number, attempts in log.decisions.items():
        sheet, events = Timesheet.get_by_id(number), _events(number, DECIDING)
        if not explains(attempts, [(one.verb, {one.batch, one.reason} - {""}) for one in events]):
            said = [(one.verb, one.mark, one.is_confirmed) for one in attempts[-8:]]
            yield f"sheet {number}: {said} beside {[(one.verb, one.batch, one.reason) for one in events[-8:]]}"
        state = STATES.get(events[-1].verb, "submitted") if events else "submitted"
        decided = (
            sheet.decided_at is not None,
            sheet.decided_by_id is not None,
            bool(sheet.rejection_reason),
        )
        if sheet.state != state or decided != (
            state != "submitted",
            state != "submitted",
            state == "rejected",
        ):
            yield f"sheet {number} is {sheet.state}, {state} by its events: {decided}"


def _requests(log: Log) -> Iterator[str]:
    """What one request decided about several sheets happened to all of them or to none."""
    asked: dict[int, set[int]] = {}
    named: dict[str, int] = {}
    unconfirmed: set[int] = set()
    for number, attempts in log.decisions.items():
        for one in attempts:
            asked.setdefault(one.request, set()).add(number)
            if one.is_confirmed and one.verb == "approve":
                named[one.mark] = one.request
            elif not one.is_confirmed:
                unconfirmed.add(one.request)
    happened: dict[str, set[int]] = {}
    for event in Event.select().where((Event.verb == "approve") & (Event.batch != "")):
        happened.setdefault(event.batch, set()).add(event.timesheet_id)
    for batch, sheets in happened.items():
        known = [named[batch]] if batch in named else unconfirmed
        if sheets not in [asked[one] for one in known]:
            yield f"of one request only sheets {sorted(sheets)} are approved"


def _entries(log: Log, cast: Cast) -> Iterator[str]:
    """The last confirmed save is there, or a later one that got no answer, in all its cells."""
    for worker, assignment in cast.workers.items():
        attempts, sheet = log.entries[worker], sheet_of(assignment)
        confirmed = [number for number, one in enumerate(attempts) if one.is_confirmed]
        if sheet is None:
            if confirmed:
                yield f"{assignment.code} has no sheet after {len(confirmed)} confirmed saves"
            continue
        events = _events(sheet.id, ENTERING)
        if not explains(attempts, [(one.verb, set()) for one in events]):
            yield f"{assignment.code}: {[(one.verb, one.is_confirmed) for one in attempts[-8:]]} beside {[one.verb for one in events[-8:]]}"
        last = max(confirmed, default=-1)
        possible = {one.mark for one in attempts[max(last, 0) :]}
        number = sheet.remark.removeprefix("save ")
        if number not in possible:
            yield f"{assignment.code} holds save {number}, confirmed was {attempts[last].mark}"
        hours = [
            hour.minutes for hour in Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == sheet)
        ]
        if hours != [int(hours_of(int(number))) * 60] * CELLS or sheet.minutes != sum(hours):
            yield f"{assignment.code} holds {hours} and {sheet.minutes} in all, of save {number}"
        state = STATES.get(events[-1].verb, "submitted") if events else ""
        if sheet.state != state or (events and events[-1].revision != sheet.revision):
            yield f"{assignment.code} is {sheet.state} in revision {sheet.revision} after {events[-1].verb} of {events[-1].revision}"


def _mails(log: Log, postbox: smtp.Postbox) -> Iterator[str]:
    """A rejection that stands has its mail, once; one that was undone none, or a second mail that says so.

    Twice only under the same Message-ID: of somebody who was killed between the server's OK and its own note.
    """
    came = Counter(_ids(postbox))
    known = {one.message_id: one for one in Mail.select()}
    # The reason stands in the mail, and is of one rejection alone.
    reasons: dict[str, set[str]] = {}
    for one in postbox.mails:
        for reason in re.findall(r"reason \d+\.", one.get_body(("plain",)).get_content()):  # type: ignore[union-attr]
            reasons.setdefault(reason, set()).add(str(one["Message-ID"]))
    yield from (
        f"mail {one.id} never came" for one in known.values() if one.sent_at and not came[one.message_id]
    )
    yield from (f"mail {one.id} was given up: {one.last_error}" for one in known.values() if one.failed_at)
    yield from (f"{reason} went as {len(ids)} mails" for reason, ids in reasons.items() if len(ids) > 1)
    undone = Counter(one.account_id for one in known.values() if one.kind == "rejection_undone")
    late: Counter[int] = Counter()
    for number in log.decisions:
        sheet = Timesheet.get_by_id(number)
        events = _events(number, DECIDING)
        for event, after in zip(events, [*events[1:], None], strict=False):
            if event.verb == "reject" and after is None and event.reason not in reasons:
                yield f"sheet {number}: no mail about {event.reason}"
            if event.verb == "reject" and after is not None:
                late[sheet.assignment.worker_id] += event.reason in reasons
    # One that was being sent while it was taken back may be told of without having gone.
    yield from (
        f"account {one} was told of {undone[one]} undone rejections, and of {late[one]} before"
        for one in late
        if undone[one] < late[one]
    )
