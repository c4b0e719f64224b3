"""What happened in the demonstration, told with the domain's own verbs at the moments when it happened."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta

from konnekt.demo.calendar import DemoCalendar
from konnekt.demo.cast import ENDED, NEW, Cast
from konnekt.demo.hours import DemoGrid, Extra, Worked
from konnekt.domain import clock
from konnekt.domain.approvals import decide, deputy_requests, undo_or_revoke
from konnekt.domain.periods import reminders
from konnekt.domain.records import assignments
from konnekt.domain.timesheets import content as timesheet_content, submit
from konnekt.models import Account, Assignment, Timesheet

EARLIER = (3, 2, 1)
SATURDAY = 5

# What was out of the ordinary in the period that waits.
UNUSUAL = {
    "Emre": (Extra(0, 1, 480), Extra(2, 1, 480), Extra(1, SATURDAY, 375), Extra(3, SATURDAY, 375)),
    "José": (Extra(1, 0, 780, remark="Open dag, van 8 tot 22 uur met een uur pauze."),),
    "Kateřina": (Extra(2, 3, 480),),
    "Ștefan": (Extra(2, SATURDAY, 300, "ORT40"),),
    "Pieter": (Extra(1, 4, 240),),
}
REMARKS = {"Chloé": "Twee avonden extra begeleid, omdat een collega ziek was."}
LATE = "Mihály"  # his sheet of the period before still waits
DRAFTS = ("Þóra", "Bram")
REJECTED = {
    "Thuỳ UB": "Dinsdag stond u niet op het rooster. Klopt die dag?",
    "Ngọc": "De introductieweek hoort op budgetnummer 40232460.783.",
}
CORRECTED = "Fatima"
BY_DEPUTY = "Noor"
REVOKED = "Şirin"
# Who works on another budget number than the assignment's own, and since how many periods ago.
ELSEWHERE = {"Søren": ("FSE", 1, 3), "Noor": ("FSE", 1, 2), "Ana": ("LAW", 1, 2), "Wiktor": ("SSC", 1, 0)}


class Story:
    """Tells it: each step sets the clock to its own moment first."""

    def __init__(self, cast: Cast, calendars: dict[str, DemoCalendar], now: datetime) -> None:
        self.cast = cast
        self.calendars = calendars
        self.now = now
        self.today = clock.local(now).date()
        self.grid = DemoGrid.read()
        self.places = {place.id: place for place in cast.organisations.values()}

    def at(self, day: date, wall: time) -> None:
        """Go to that moment, but never beyond the present."""
        moment: datetime = min(clock.at(day, wall), self.now)
        clock.fix(moment.isoformat())

    def days_ago(self, days: int, wall: time) -> None:
        self.at(self.today - timedelta(days=days), wall)

    def calendar(self, of: Assignment) -> DemoCalendar:
        return self.calendars[self.places[of.organisation_id].calendar]

    def who_enters(self, of: Assignment) -> Account:
        if of.entered_by == "worker":
            worker: Account = of.worker
            return worker
        is_library = self.places[of.organisation_id].code == "UB"
        return self.cast.staff["supervisor" if is_library else "registrar"]

    def approver(self, of: Assignment) -> Account:
        is_law = self.places[of.organisation_id].code == "LAW"
        return self.cast.staff["approver" if is_law else "supervisor"]

    def worked(self, name: str, ago: int) -> Worked:
        """What the worker did besides the ordinary week, that many periods ago."""
        code, number, since = ELSEWHERE.get(name, ("", 0, 0))
        return Worked(
            extra=UNUSUAL.get(name, ()) if ago == 0 else (),
            budget=self.cast.budgets[code][number] if code and ago <= since else None,
            remark=REMARKS.get(name, "") if ago == 0 else "",
        )

    def content(
        self, name: str, ago: int, worked: Worked | None = None, until: date | None = None
    ) -> timesheet_content.Content:
        """What stands on a sheet."""
        of, worked = self.cast.assignments[name], worked or self.worked(name, ago)
        return self.grid.content(of, self.calendar(of).ago(ago), self.cast.weeks[name], worked, until)

    def save(self, name: str, ago: int, content: timesheet_content.Content) -> Timesheet:
        """Enter a sheet as a draft."""
        of = self.cast.assignments[name]
        place = submit.SheetIds(of.id, self.calendar(of).ago(ago).id)
        sheet = submit.save(place, content, by=self.who_enters(of), seen=0)
        assert sheet is not None, f"{name} worked in that period"
        return sheet

    def send(self, name: str, ago: int, worked: Worked | None = None) -> Timesheet:
        """Enter a sheet and send it; the clock stands at the evening of that."""
        sheet = self.save(name, ago, self.content(name, ago, worked))
        clock.fix((clock.now() + timedelta(minutes=4)).isoformat())
        return submit.submit(sheet.id, by=self.who_enters(self.cast.assignments[name]), seen=sheet.revision)


def begin(story: Story) -> None:
    """The periods that are over: everything was approved then. Two assignments end."""
    flexible = [name for name, of in story.cast.assignments.items() if of.basis == "flexible" and name != NEW]
    for ago in EARLIER:
        _approved(story, [name for name in flexible if name != ENDED or ago > 1], ago)
    by, periods = story.cast.agency, story.calendars["four_weeks"]
    story.at(periods.ago(2).last_on - timedelta(days=5), time(10))
    assignments.end(story.cast.assignments[ENDED].id, periods.ago(2).last_on, by=by)
    story.at(periods.ago(0).first_on - timedelta(days=3), time(10))
    assignments.end(story.cast.assignments["Ana"].id, periods.ago(0).first_on + timedelta(days=20), by=by)


def tell(story: Story) -> None:
    """The period that waits, until this morning. The caller sets the clock right again."""
    _arrange(story)
    for number, (name, of) in enumerate(story.cast.assignments.items()):
        if name in DRAFTS:
            story.days_ago(1, time(16, number))
            story.save(name, 0, story.content(name, 0))
        elif of.basis == "flexible" and name != ENDED:
            _waiting(story, name, number)
    _remind(story)
    story.days_ago(0, time(8))
    begun_on = story.calendar(story.cast.assignments["Thuỳ"]).ago(-1).first_on
    begun = story.content("Thuỳ", -1, until=max(story.today, begun_on))
    if begun.lines:  # not on a holiday
        story.save("Thuỳ", -1, begun)


def _remind(story: Story) -> None:
    """Yesterday's reminders of `konnekt remind`, and one by hand this morning."""
    story.days_ago(1, time(7))
    reminders.remind_all()
    story.days_ago(0, time(7, 30))
    target = reminders.Target(story.calendars["four_weeks"].ago(0).id, "SSC")
    reminders.remind(target, by=story.cast.agency)


def _approved(story: Story, names: list[str], ago: int) -> None:
    """A period of which everything was approved, on the Tuesday after it, in one go per approver."""
    picks: dict[int, list[decide.Pick]] = defaultdict(list)
    approvers, days = {}, {}
    for number, name in enumerate(names):
        of = story.cast.assignments[name]
        last_on = story.calendar(of).ago(ago).last_on
        story.at(last_on - timedelta(days=number % 3), time(19, number))
        sheet = story.send(name, ago)
        if name == LATE and ago == 1:
            continue
        picks[of.organisation_id].append(decide.Pick(sheet.id, sheet.revision))
        approvers[of.organisation_id] = story.approver(of)
        days[of.organisation_id] = last_on + timedelta(days=2)
    for place, chosen in picks.items():
        story.at(days[place], time(9, 12))
        outcome = decide.approve_many(chosen, by=approvers[place])
        assert not outcome.refused, outcome.refused


def _arrange(story: Story) -> None:
    """A deputy from the day before yesterday on."""
    story.days_ago(4, time(17))
    asked = deputy_requests.ask(
        "FSE",
        story.cast.staff["deputy"].email,
        story.today - timedelta(days=2),
        story.today + timedelta(days=12),
        by=story.cast.staff["supervisor"],
    )
    deputy_requests.accept(asked, by=story.cast.staff["deputy"])


def _waiting(story: Story, name: str, number: int) -> None:
    """A sheet of the period that ended last Sunday: sent one to three days ago, and what became of it."""
    supervisor, approver = story.cast.staff["supervisor"], story.cast.staff["approver"]
    acted_on = name in (*REJECTED, CORRECTED, BY_DEPUTY, REVOKED, LATE)
    story.days_ago(4 if acted_on else 1 + number % 3, time(20, number))
    sheet = story.send(name, 0)
    seen = {"seen": sheet.revision}
    story.days_ago(2, time(11, number))
    if name in REJECTED:
        decide.reject(sheet.id, REJECTED[name], by=supervisor, **seen)
    elif name == CORRECTED:
        decide.reject(sheet.id, "Woensdag in de laatste week was er geen practicum.", by=supervisor, **seen)
        _correct(story, name, sheet)
    elif name == BY_DEPUTY:
        decide.approve(sheet.id, by=story.cast.staff["deputy"], **seen)
    elif name == LATE:
        decide.approve(sheet.id, by=supervisor, **seen)
    elif name == REVOKED:
        decide.approve(sheet.id, by=approver, **seen)
        story.days_ago(1, time(9, number))
        undo_or_revoke.revoke(
            sheet.id, "Er ontbreekt misschien een avond; dat zoek ik uit.", by=approver, **seen
        )


def _correct(story: Story, name: str, sheet: Timesheet) -> None:
    """The worker takes the day out and sends the sheet again."""
    of = story.cast.assignments[name]
    period = story.calendar(of).ago(0)
    wednesday = Extra(3, 2, 0)
    content = story.grid.content(of, period, story.cast.weeks[name], Worked(extra=(wednesday,)))
    story.days_ago(1, time(18, 30))
    submit.submit(sheet.id, content, by=of.worker, seen=Timesheet.get_by_id(sheet.id).revision)
