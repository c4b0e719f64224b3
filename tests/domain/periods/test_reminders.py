"""Who is reminded of what, on which days, once a day."""

import re
import threading
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain import access, clock
from konnekt.domain.approvals import decide, deputy_requests
from konnekt.domain.periods import reminders
from konnekt.domain.periods.reminders import Target, remind, remind_all
from konnekt.domain.refusals import Forbidden, NotFound
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    ClosingDay,
    Contributor,
    Deputy,
    Event,
    Mail,
    Organisation,
    PayPeriod,
    Right,
    Timesheet,
)
from tests import factories
from tests.factories import World
from tests.visitor import Visitor


def names(people: list[Account]) -> list[str]:
    return [person.name for person in people]


def mail_to(account: Account) -> Mail:
    return Mail.get(Mail.account == account)


def unsent(world: World, entered_by: str = "worker", **columns: object) -> Assignment:
    """Another worker at FSE who has sent nothing."""
    person = factories.worker("Søren", "Bergström")
    return factories.assignment(person, world.fse, world.fse_budget, entered_by=entered_by, **columns)


def on(day: int, month: int = 12, hour: int = 9) -> None:
    clock.fix(datetime(2026, month, day, hour).isoformat())


def test_an_approver_reads_what_waits_until_when_and_what_if_late(world: World) -> None:
    assert names(remind_all().told) == ["Emre Dubois"]
    mail = mail_to(world.supervisor)
    assert mail.subject == "1 urenbriefje wacht op u"
    for text in (mail.text, mail.html):
        assert "Noor Hendriks" in text
        assert "15,50" in text
        assert "Vóór maandag 7 december 2026 12:00 goedgekeurd" in text
        assert "uitbetaald woensdag 9 december 2026" in text
        assert "Daarna pas woensdag 6 januari 2027" in text
        assert "http://127.0.0.1:8000/approvals" in text
    assert (mail.once_key, mail.kind) == (f"reminder:{world.supervisor.id}:2026-11-30", "reminder")
    assert Event.select().count() == 0, "the outbox has the record: people's history is not for daily mail"


def test_every_group_has_its_own_deadline_as_the_list_and_home_say(app: Flask, world: World) -> None:
    """Two calendars and a period that is still to come: three pay days, in one mail."""
    factories.periods("week", first=date(2026, 11, 16), how_many=8)
    weekly = factories.organisation("UB", name="Bibliotheek", calendar="week")
    factories.right(world.supervisor, weekly, approve=1)
    budget = BudgetNumber.create(organisation=weekly, number="77.1")
    week = PayPeriod.get((PayPeriod.calendar == "week") & (PayPeriod.number == 1))
    for name, at, number, period in (
        ("Wei", weekly, budget, week), ("Ada", weekly, budget, week),
        ("Zoë", world.fse, world.fse_budget, world.periods[12]),
    ):  # fmt: skip
        of = factories.assignment(factories.worker(name, "Bos"), at, number)
        factories.sheet(of, period, {period.first_on: 60})
    remind(Target(world.period.id), by=world.staff)
    mail = mail_to(world.supervisor)
    said = [
        (", 2,00 uur. ", "30 november 2026 12:00", "2 december 2026", ("Ada Bos", "Wei Bos")),
        (", 15,50 uur. ", "7 december 2026 12:00", "9 december 2026", ("Noor Hendriks",)),
        (", 1,00 uur. ", "4 januari 2027 12:00", "6 januari 2027", ("Zoë Bos",)),
    ]
    for text in (mail.text, re.sub(r"<[^>]*>", "", mail.html)):
        assert text.count(" goedgekeurd: uitbetaald ") == 3
        rest = text
        for group, before, paid, workers in said:
            rest = rest.partition(group)[2]
            assert f"{before} goedgekeurd: uitbetaald" in rest.partition("Daarna pas")[0]
            assert f" {paid}." in rest.partition("Daarna pas")[0]
            for worker in workers:
                assert worker in rest.partition(" uur. ")[0]
    for path in ("/", "/approvals"):
        page = Visitor(app, world.supervisor).get(path).text
        shown = re.findall(r"uitbetaald <b>(\w\w \d+ \w{3})", page)
        assert shown == ["wo 2 dec", "wo 9 dec", "wo 6 jan"], path


def test_what_is_to_be_sent_stands_under_its_own_deadline(world: World) -> None:
    Timesheet.update(state="draft").execute()
    earlier = world.periods[10]
    on(4)
    moments = {
        "submit_by_at": clock.at(date(2026, 12, 4), time(20)),
        "approve_by_at": clock.at(date(2026, 12, 7), time(9)),
    }
    PayPeriod.update(moments).where(PayPeriod.id == earlier.id).execute()
    remind_all()
    text = mail_to(world.noor).text
    first, second = text.partition("4 december 2026 23:59")[::2]
    assert "vóór vrijdag 4 december 2026 20:00" in first
    assert first.count("\n- ") == second.count("\n- ") == 1
    assert text.count("Is er niet gewerkt?") == text.count("/hours") == 1


def test_in_the_readers_language(world: World) -> None:
    Account.update(language="en").where(Account.id == world.supervisor.id).execute()
    remind_all()
    assert mail_to(world.supervisor).subject == "1 timesheet waits for you"


def test_nobody_twice_on_a_day_and_again_on_the_next(world: World) -> None:
    remind_all()
    again = remind_all()
    assert (names(again.told), names(again.before)) == ([], ["Emre Dubois"])
    by_hand = remind(Target(world.period.id), by=world.staff)
    assert (names(by_hand.told), names(by_hand.before)) == ([], ["Emre Dubois"])
    assert Mail.select().count() == 1
    on(1)
    assert names(remind_all().told) == ["Emre Dubois"]
    assert Mail.select().count() == 2


@pytest.mark.parametrize(("day", "is_told"), [(1, False), (2, True), (3, False), (4, True), (5, False)])
def test_who_has_not_sent_is_reminded_two_days_before_and_on_the_day(
    world: World, day: int, is_told: bool
) -> None:
    """Hours of 2 to 29 November are to be sent before Friday 4 December 23:59."""
    Timesheet.update(state="draft").execute()
    on(day)
    assert (names(remind_all().told) == ["Noor Hendriks"]) is is_told
    if is_told:
        mail = mail_to(world.noor)
        assert mail.subject == "1 urenbriefje nog te versturen"
        assert "Verstuur de uren vóór vrijdag 4 december 2026 23:59" in mail.text
        assert "http://127.0.0.1:8000/hours" in mail.text
        assert "/registration" not in mail.text


def test_where_the_organisation_enters_its_registrars_are_reminded(world: World) -> None:
    hers = unsent(world, "organisation")
    on(2)
    assert names(remind_all().told) == ["Emre Dubois", "Lars Maes"]
    mail = mail_to(world.registrar)
    assert hers.worker.name in mail.text
    assert "http://127.0.0.1:8000/registration" in mail.html
    assert "/hours" not in mail.text


def test_who_works_where_she_enters_is_led_to_registration(world: World) -> None:
    factories.assignment(world.registrar, world.fse, world.fse_budget, entered_by="organisation")
    on(2)
    remind_all()
    assert "/registration" in mail_to(world.registrar).text
    assert "/hours" not in mail_to(world.registrar).text


def test_one_mail_tells_all(world: World) -> None:
    Right.update(may_register=True).where(Right.account == world.supervisor).execute()
    unsent(world, "organisation")
    factories.assignment(world.supervisor, world.fse, world.fse_budget)
    on(2)
    remind_all()
    mail = mail_to(world.supervisor)
    assert mail.subject == "1 urenbriefje wacht op u · 2 urenbriefjes nog te versturen"
    for path in ("/approvals", "/hours", "/registration"):
        assert f"http://127.0.0.1:8000{path}" in mail.text


def test_the_reason_of_a_rejection_stands_in_the_reminder(world: World) -> None:
    decide.reject(world.sheet.id, "Dinsdag\nontbreekt", by=world.supervisor, seen=1)
    on(2)
    assert names(remind_all().told) == ["Noor Hendriks"]
    assert "afgekeurd, Dinsdag ontbreekt\n" in Mail.get(Mail.kind == "reminder").text


@pytest.mark.parametrize(
    "columns",
    [
        {"basis": "fixed"},
        {"last_on": date(2026, 11, 1)},
        {"first_on": date(2026, 11, 30)},
    ],
)
def test_who_has_nothing_to_send_is_not_reminded(world: World, columns: dict[str, object]) -> None:
    unsent(world, **columns)
    on(2)
    assert names(remind_all().told) == ["Emre Dubois"]


def test_nobody_works_at_an_organisation_that_ended(world: World) -> None:
    unsent(world)
    Organisation.update(ended_on=date(2026, 10, 30)).execute()
    on(2)
    assert names(remind_all().told) == ["Emre Dubois"]


def test_no_mail_on_sundays_and_closing_days(world: World) -> None:
    ClosingDay.create(day=date(2026, 12, 1), name_nl="Dies", name_en="Dies")
    on(6)
    assert remind_all() == reminders.Reminded()
    on(1)
    assert remind_all() == reminders.Reminded()
    assert Mail.select().count() == 0
    assert names(remind(Target(world.period.id), by=world.staff).told) == ["Emre Dubois"], "by hand it may"


def test_a_reminder_of_such_a_day_goes_before_it() -> None:
    period = PayPeriod(submit_by_at=clock.at(date(2026, 12, 6), time(23, 59)))  # a Sunday
    assert reminders.reminder_days(period, set()) == {date(2026, 12, 4), date(2026, 12, 5)}
    closed = {date(2026, 12, 4), date(2026, 12, 3)}
    assert reminders.reminder_days(period, closed) == {date(2026, 12, 2), date(2026, 12, 5)}
    late_on = PayPeriod(submit_by_at=clock.at(date(2026, 12, 4), time(0, 30)))
    assert reminders.reminder_days(late_on, set()) == {date(2026, 12, 2), date(2026, 12, 4)}, "in Amsterdam"


def test_closed_accounts_and_bad_addresses_get_no_mail(world: World) -> None:
    Timesheet.update(state="draft").execute()
    lost = unsent(world).worker
    Account.update(is_active=False).where(Account.id == world.noor.id).execute()
    Account.update(email="nergens").where(Account.id == lost.id).execute()
    on(2)
    assert names(remind_all().told) == []
    assert remind(Target(world.period.id), by=world.staff).nobody == 1
    assert Mail.select().count() == 0


def test_a_deputy_is_reminded_today(world: World) -> None:
    today = clock.today()
    asked = deputy_requests.ask("FSE", world.registrar.email, today, today, by=world.supervisor)
    Mail.delete().execute()
    assert names(remind_all().told) == ["Emre Dubois"], "who was asked has not said yes"
    Mail.delete().execute()
    deputy_requests.accept(asked, by=world.registrar)
    assert names(remind_all().told) == ["Emre Dubois", "Lars Maes"]
    on(1)
    assert names(remind_all().told) == ["Emre Dubois"]


def test_everybody_reads_what_their_own_list_shows(world: World) -> None:
    """The reminder and the approval list speak of the same timesheets: own hours, four eyes, deputies."""
    Right.update(may_approve=True).where(Right.account == world.registrar).execute()
    factories.right(world.supervisor, world.law, approve=1)
    Deputy.create(
        organisation=world.law, supervisor=world.outsider, deputy=world.registrar,
        first_on=clock.today(), last_on=clock.today(), created_at=clock.now(),
    )  # fmt: skip
    for at, budget in ((world.fse, world.fse_budget), (world.law, world.law_budget)):
        for person in (world.supervisor, world.registrar, world.outsider, factories.worker("Wei", "Li")):
            sheet = factories.sheet(factories.assignment(person, at, budget), world.period)
            Contributor.create(timesheet=sheet, account=person)
        for person in (world.supervisor, world.outsider):
            of = factories.assignment(factories.worker("Zoë", "Ek"), at, budget)
            Contributor.create(timesheet=factories.sheet(of, world.period), account=person)
    found = reminders._whom([], reminders._waiting()).due
    for account in (world.supervisor, world.registrar, world.outsider):
        own_list = (
            Timesheet.select(Timesheet.id).join(Assignment).where(access.approvable(access.grants(account)))
        )
        expected = {sheet.id for sheet in own_list}
        assert {sheet.id for sheet in found[account.id].waiting} == expected
        assert len(expected) >= 3
    assert set(found) == {world.supervisor.id, world.registrar.id, world.outsider.id}


def test_the_agency_reminds_one_an_organisation_or_all(world: World) -> None:
    soren = unsent(world)
    at_law = factories.assignment(factories.worker("Ada", "Bos"), world.law, world.law_budget)
    one = remind(Target(world.period.id, assignment=soren.code), by=world.staff)
    assert names(one.told) == ["Søren Bergström"]
    place = remind(Target(world.period.id, organisation="FSE"), by=world.staff)
    assert (names(place.told), names(place.before)) == (["Emre Dubois"], ["Søren Bergström"])
    everybody = remind(Target(world.period.id), by=world.staff)
    assert names(everybody.told) == ["Ada Bos"]
    assert mail_to(at_law.worker).subject == "1 urenbriefje nog te versturen"
    assert {event.actor for event in Event.select().where(Event.verb == "remind")} == {world.staff}
    nothing = remind(Target(world.periods[0].id, organisation="X"), by=world.staff)
    assert nothing == reminders.Reminded()


def test_after_the_deadline_the_mail_says_so(world: World) -> None:
    Timesheet.update(state="draft").execute()
    on(5)
    remind(Target(world.period.id), by=world.staff)
    assert "hadden vóór vrijdag 4 december 2026 23:59 verstuurd moeten zijn" in mail_to(world.noor).text


def test_only_the_agency_reminds(world: World) -> None:
    with pytest.raises(Forbidden):
        remind(Target(world.period.id), by=world.supervisor)
    with pytest.raises(NotFound):
        remind(Target(999), by=world.staff)


def test_a_mail_is_queued_with_its_event_or_not_at_all(world: World) -> None:
    with pytest.raises(RuntimeError), db.atomic():
        assert names(remind(Target(world.period.id), by=world.staff).told) == ["Emre Dubois"]
        raise RuntimeError
    assert (Mail.select().count(), Event.select().count()) == (0, 0)
    assert names(remind_all().told) == ["Emre Dubois"]


def test_lists_are_cut_short_and_statements_stay_the_same(world: World) -> None:
    def add(how_many: int) -> None:
        for number in range(how_many):
            person = factories.worker("Werknemer", f"{number:03}")
            of = factories.assignment(person, world.fse, world.fse_budget)
            if number % 2:
                factories.sheet(of, world.period, {world.period.first_on: 60})

    on(2)
    add(4)
    with count_queries() as few:
        assert len(remind_all().told) == 3
    Mail.delete().execute()
    add(60)
    with count_queries() as many:
        assert len(remind_all().told) == 33
    assert many.count == few.count
    text = mail_to(world.supervisor).text
    assert mail_to(world.supervisor).subject == "33 urenbriefjes wachten op u"
    assert text.count("\n- Werknemer") + text.count("\n- Noor") == 10
    assert "en 23 andere" in text


def test_two_at_once_queue_each_mail_once(world: World) -> None:
    for number in range(30):
        factories.assignment(factories.worker("W", str(number)), world.fse, world.fse_budget)
    on(2)
    start, done = threading.Barrier(3), []

    def run() -> None:
        start.wait()
        with db.connection_context():
            done.append(remind_all())

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(one.told) for one in done) == 31
    assert Mail.select().count() == 31


def test_told_today(world: World) -> None:
    remind_all()
    assert reminders.told_today() == {world.supervisor.id}
    clock.fix((clock.now() + timedelta(days=1)).isoformat())
    assert reminders.told_today() == set()
