"""Every rule of the records has two doors: the form (its verb) and the file of an import; both say the same.

A row of RULES breaks one rule through either. A guard reads the package: a sentence that is in neither RULES
nor WITHOUT_A_FILE fails.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import konnekt
from konnekt.domain import clock
from konnekt.domain.imports import import_files
from konnekt.domain.records import (
    agency,
    assignments,
    budget_numbers,
    calendars,
    closing_days,
    hour_types,
    organisations,
    pay_periods,
    people,
    rates,
    rights,
)
from konnekt.domain.records.audited import Several
from konnekt.domain.refusals import Refused
from konnekt.models import (
    Account,
    Agency,
    Event,
    Hour,
    HourType,
    Organisation,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    Rate,
    Right,
    Timesheet,
    TimesheetLine,
)
from tests.domain.imports.import_sets import dump
from tests.factories import World

HOUSE = Path(konnekt.__file__).parent
Door = Callable[[World], Any]
Files = dict[str, bytes]

# A good row of each file: what a rule does not need is as here.
GOOD: dict[str, dict[str, str]] = {
    "agency": dict.fromkeys(
        ("street", "postcode", "city", "coc_number", "vat_number", "iban", "bic", "peppol_id"), ""
    ) | {"name": "InterUM", "country": "NL", "phone": "043-388 2688", "email": "bureau@interum.example"},
    "organisations": dict.fromkeys(
        ("parent", "vat_text", "coc_number", "vat_number", "peppol_id", "contact_name", "street", "postcode",
         "city", "invoice_email"), ""
    ) | {"code": "NEW", "name": "New", "calendar": "four_weeks", "four_eyes": "0", "payment_term_days": "30",
         "vat_treatment": "standard", "language": "nl", "country": "NL"},
    "budget_numbers": {"organisation": "FSE", "number": "7.7", "description": "", "ceiling_hours": "",
                       "ceiling_amount": "", "valid_from": "", "valid_until": ""},
    "hour_types": {"code": "NEW", "name_nl": "Nieuw", "name_en": "New", "multiplier_percent": "100"},
    "closing_days": {"day": "2026-11-11", "name_nl": "Sluitingsdag", "name_en": "Closing day"},
    "pay_periods": {"calendar": "week", "year": "2026", "number": "10", "first_day": "2026-03-02",
                    "last_day": "2026-03-08", "submit_by": "2026-03-09T12:00",
                    "approve_by": "2026-03-10T12:00", "pay_date": "2026-03-12"},
    "people": {"email": "new@um.example", "username": "", "first_name": "Nieuw", "last_name": "Mens",
               "language": "nl", "employee_number": "", "agency_staff": "0"},
    "rights": {"email": "noor@um.example", "organisation": "LAW", "approve": "0", "register": "1",
               "invoices": "0"},
    "assignments": {"code": "A-NEW", "employee_number": "", "organisation": "LAW", "job_title": "",
                    "basis": "flexible", "entered_by": "worker", "from": "2026-11-01", "until": "",
                    "budget_number": "", "max_hours_per_week": ""},
    "rates": {"assignment": "", "valid_from": "2026-02-01", "pay_rate": "18", "bill_rate": "30"},
}  # fmt: skip


def file(name: str, /, *rows: dict[str, str], **cells: str) -> Files:
    """A file of good rows with these cells in the place of theirs."""
    wholes = [GOOD[name] | row | cells for row in rows or ({},)]
    lines = [";".join(GOOD[name]), *(";".join(f'"{cell}"' for cell in whole.values()) for whole in wholes)]
    return {f"{name}.csv": "\n".join(lines).encode()}


class Rule(NamedTuple):
    """sentence: what both doors say. form, file: how each breaks the rule. given: what has to be there first."""

    sentence: str
    form: Door
    file: Callable[[World], Files]
    given: Door = lambda _world: None


ORGANISATION = dict.fromkeys(organisations.COLUMNS, "") | {
    "code": "NEW", "name": "New", "calendar": "four_weeks", "payment_term_days": 30,
    "vat_treatment": "standard", "language": "nl", "country": "NL", "decide_by_mail": "off", "invoice_way": "mail",
    "invoice_per": "budget_number",
}  # fmt: skip


def of_organisation(sentence: str, /, **broken: Any) -> Rule:
    """Both a new organisation with these values, typed as a file has them."""
    return Rule(
        sentence,
        lambda world: organisations.add(ORGANISATION | broken, by=world.staff),
        lambda _world: file("organisations", **{name: str(value) for name, value in broken.items()}),
    )


def of_agency(sentence: str, **broken: str) -> Rule:
    def form(world: World) -> None:
        values = {column: getattr(world.agency, column) for column in agency.RECORD.columns} | broken
        agency.change(values, seen="", by=world.staff)

    return Rule(sentence, form, lambda _world: file("agency", **broken))


PERSON = {"email": "new@um.example", "first_name": "Nieuw", "last_name": "Mens", "language": "nl",
          "username": "", "employee_number": "", "is_agency_staff": False}  # fmt: skip


def of_person(sentence: str, **broken: str) -> Rule:
    return Rule(
        sentence,
        lambda world: people.add(PERSON | broken, by=world.staff),
        lambda _world: file("people", **broken),
    )


KIND = hour_types.Kind("Nieuw", "New", 100, "", "")
TERMS = assignments.Terms("", "flexible", "worker", date(2026, 11, 1), None, None, None)


def of_assignment(sentence: str, given: Door = lambda _world: None, cells: Any = None, **terms: Any) -> Rule:
    """A new assignment of Noor at LAW with these terms; cells: what the file has for them."""

    def form(world: World) -> None:
        assignments.add(world.noor, world.law, "A-NEW", replace(TERMS, **terms), by=world.staff)

    def new(world: World) -> Files:
        return file("assignments", employee_number=world.noor.employee_number, **(cells or terms))

    return Rule(sentence, form, new, given)


def changed(world: World, **terms: Any) -> None:
    own = {name: getattr(world.assignment, name) for name in assignments.Terms.__dataclass_fields__}
    own |= {"budget_number": world.fse_budget.id}
    assignments.change(world.assignment.id, assignments.Terms(**own | terms), by=world.staff)


def own_row(world: World, **cells: str) -> Files:
    """The assignment of the cast as a file has it."""
    own = {"code": world.assignment.code, "organisation": "FSE", "job_title": "Studentassistent",
           "from": "2026-01-01", "budget_number": "34367565.899",
           "employee_number": world.noor.employee_number}  # fmt: skip
    return file("assignments", own | cells)


def new_period(world: World, **columns: Any) -> None:
    """Change the first week of the calendar, which has one."""
    week = PayPeriod.get(PayPeriod.calendar == "week")
    names = ("number", "first_on", "last_on", "submit_by_at", "approve_by_at", "pay_on")
    values = {name: getattr(week, name) for name in names}
    pay_periods.change(week.id, calendars.Span(**values | columns), by=world.staff)


def week(_world: World, number: int = 10, first: date = date(2026, 3, 2)) -> None:
    PayPeriod.create(
        calendar="week", year=2026, number=number, first_on=first, last_on=first + timedelta(days=6),
        submit_by_at=clock.at(first + timedelta(days=7), time(12)),
        approve_by_at=clock.at(first + timedelta(days=8), time(12)), pay_on=first + timedelta(days=10),
    )  # fmt: skip


def two_weeks(world: World) -> None:
    week(world)
    week(world, 11, date(2026, 3, 9))


def of_period(sentence: str, cells: dict[str, str], **columns: Any) -> Rule:
    return Rule(
        sentence,
        lambda world: new_period(world, **columns),
        lambda _world: file("pay_periods", **cells),
        week,
    )


def paid(world: World) -> None:
    """The hours of the waiting sheet are exported."""
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    batch = PayrollBatch.create(
        calendar="four_weeks", pay_period=world.period, pay_on=date(2026, 12, 9), created_at=clock.now()
    )
    for hour in Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == world.sheet):
        PayrollHour.create(hour=hour, payroll_batch=batch, minutes=hour.minutes, pay_rate=183200)


def erased(world: World) -> None:
    Account.update(is_active=False, erased_at=clock.now()).where(Account.id == world.outsider.id).execute()


def law_ended(_world: World) -> None:
    Organisation.update(ended_on=date(2026, 11, 15)).where(Organisation.code == "LAW").execute()


def ended_with_assignment(_world: World) -> None:
    Organisation.update(ended_on=date(2026, 6, 30)).where(Organisation.code == "FSE").execute()


def fse(world: World, **columns: Any) -> None:
    values = organisations.RECORD.values(Organisation.get(Organisation.code == "FSE"))
    organisations.change("FSE", values | {"parent": ""} | columns, seen="", by=world.staff)


def person(world: World, who: Account, **columns: Any) -> None:
    row = Account.get_by_id(who.id)
    people.change(who.id, people.RECORD.values(row) | columns, seen="", by=world.staff, is_sure=True)


def rate(world: World, day: date, pay: int = 1) -> None:
    row = Rate.get(Rate.assignment == world.assignment)
    rates.change(world.assignment.id, row.id, day, pay, row.bill_rate, by=world.staff)


def reg(world: World, percent: int) -> None:
    row = HourType.get(HourType.code == "REG")
    hour_types.change(row.id, replace(KIND, multiplier_percent=percent), by=world.staff)


def budget(world: World, **columns: Any) -> None:
    values = dict.fromkeys(budget_numbers.COLUMNS) | {"number": "7.7", "description": ""} | columns
    budget_numbers.add("FSE", values, by=world.staff)


UNPRINTABLE = "There is a character in this that can't be printed: %(what)s."
LETTERS = "Invoices can't print this: %(letters)s. Type it in Latin letters."
TOO_LONG = "Use at most %(count)s characters."
NO_ADDRESS = "This is not a mail address."
EMPTY = "Fill this in."
CHOOSE = "Choose one of these: %(options)s."
IN_USE = "This is in use by %(name)s."
ORDER = "The last day comes before the first."
YEAR = "Type a year from %(least)s to %(most)s."

RULES: dict[str, Rule] = {
    # texts
    "U+202E in a first name": of_person(UNPRINTABLE, first_name="Jan\u202e"),
    "an invisible space before an address": of_person(UNPRINTABLE, email="\u200bjan@um.example"),
    "a private letter in a street": of_agency(UNPRINTABLE, street="\ue000"),
    "Chinese in a name": of_person(LETTERS, last_name="王"),
    "Chinese in an organisation's name": of_organisation(LETTERS, name="王"),
    "a tab in a job title": of_assignment(UNPRINTABLE, job_title="a\tb"),
    "two lines in the name of an hour type": Rule(
        UNPRINTABLE,
        lambda world: hour_types.add("NEW", replace(KIND, name_nl="a\nb"), by=world.staff),
        lambda _world: file("hour_types", name_nl="a\nb"),
    ),
    "a name too long": of_organisation(TOO_LONG, name="x" * 201),
    "a postcode too long": of_organisation(TOO_LONG, postcode="1" * 21),
    "a text about VAT too long": of_organisation(TOO_LONG, vat_text="x" * 501),
    "a phone too long": of_agency(TOO_LONG, phone="0" * 51),
    "a budget number too long": Rule(
        TOO_LONG, lambda world: budget(world, number="1" * 51), lambda _world: file("budget_numbers", number="1" * 51),
    ),
    "a description that can't be printed": Rule(
        LETTERS, lambda world: budget(world, description="王"), lambda _world: file("budget_numbers", description="王"),
    ),
    "a code too long": of_organisation(TOO_LONG, code="x" * 51),
    "no name of an organisation": of_organisation(EMPTY, name=""),
    "no name of the agency": of_agency(EMPTY, name=""),
    "nobody's name": of_person(EMPTY, first_name="", last_name=""),
    "no name of a closing day": Rule(
        EMPTY,
        lambda world: closing_days.add(date(2026, 11, 11), "Sluitingsdag", "", by=world.staff),
        lambda _world: file("closing_days", name_en=""),
    ),
    # addresses and numbers
    "two points in an address": of_person(NO_ADDRESS, email="a..b@x.example"),
    "an address beyond ASCII": of_person(NO_ADDRESS, email="jan@bücher.example"),
    "no address of the agency": of_agency(NO_ADDRESS, email="bureau"),
    "no address for invoices": of_organisation(NO_ADDRESS, invoice_email="a..b@x.example"),
    "a Peppol id without a scheme": of_organisation(
        "A Peppol id is a scheme and a number, such as 0106:12345678.", peppol_id="22223333"
    ),
    "an IBAN that does not add up": of_agency(
        "This IBAN can't be: a letter or digit is wrong, or one is missing.", iban="NL91ABNA0417164301"
    ),
    "a BIC of nine": of_agency("A BIC has 8 or 11 letters and digits, such as ABNANL2A.", bic="ABNANL2A1"),
    "a KvK number of seven digits": of_organisation(
        "A KvK number has 8 digits, an OIN 20.", coc_number="1234567"
    ),
    "a VAT number without a country": of_organisation(
        "A VAT number is written as NL123456789B01, with its own country first.", vat_number="123456789B01"
    ),
    "a country in words": of_agency(
        "Type the country as two letters, such as NL.", country="Nederland"
    ),
    # organisations
    "a slash in a code": of_organisation(
        "A code stands in addresses: use no slash and not only points.", code="A/B"
    ),
    "the same code in small letters": of_organisation(
        "The code %(code)s is in use: choose another.", code="fse"
    ),
    "a term of two years": Rule(
        "Type a number of days from 0 to %(most)s.",
        lambda world: organisations.add(ORGANISATION | {"payment_term_days": 730}, by=world.staff),
        lambda _world: file("organisations", payment_term_days="730"),
    ),
    "no such VAT": of_organisation(CHOOSE, vat_treatment="none"),
    "no such calendar": of_organisation(CHOOSE, calendar="year"),
    "no such language of invoices": of_organisation(CHOOSE, language="de"),
    "exempt without why": of_organisation(
        "An invoice without VAT says why: type the text.", vat_treatment="exempt"
    ),
    "reverse charge without a VAT number": of_organisation(
        "VAT is charged to their VAT number: fill it in.", vat_treatment="reverse_charge"
    ),
    "part of itself": Rule(
        "An organisation is no part of itself.",
        lambda world: fse(world, parent="FSE"),
        lambda _world: file("organisations", code="FSE", parent="FSE"),
    ),
    "another calendar where there are timesheets": Rule(
        "There are timesheets here, so the calendar stays.",
        lambda world: fse(world, calendar="month"),
        lambda _world: file("organisations", code="FSE", calendar="month"),
    ),
    # budget numbers
    "a budget that ends before it begins": Rule(
        ORDER,
        lambda world: budget(world, valid_from_on=date(2026, 2, 1), valid_until_on=date(2026, 1, 1)),
        lambda _world: file("budget_numbers", valid_from="2026-02-01", valid_until="2026-01-01"),
    ),
    "a day of another age": Rule(
        YEAR,
        lambda world: budget(world, valid_from_on=date(1026, 2, 1)),
        lambda _world: file("budget_numbers", valid_from="1026-02-01"),
    ),
    # hour types
    "the same hour type in small letters": Rule(
        "The code %(code)s is in use: choose another.",
        lambda world: hour_types.add("reg", KIND, by=world.staff),
        lambda _world: file("hour_types", code="reg"),
    ),
    "1001 %": Rule(
        "Type a percentage from 1 to 1000.",
        lambda world: hour_types.add("NEW", replace(KIND, multiplier_percent=1001), by=world.staff),
        lambda _world: file("hour_types", multiplier_percent="1001"),
    ),
    "the multiplier of exported hours": Rule(
        "Hours are invoiced or exported at %(percent)s %%: add another hour type instead.",
        lambda world: reg(world, 110),
        lambda _world: file("hour_types", code="REG", multiplier_percent="110"),
        paid,
    ),
    # periods
    "a period that ends before it begins": of_period(ORDER, {"last_day": "2026-03-01"}, last_on=date(2026, 3, 1)),
    "a period of two years": of_period(
        "A period lasts a year at most.", {"last_day": "2028-03-01"}, last_on=date(2028, 3, 1)
    ),
    "approving ends first": of_period(
        "Approving ends before sending does.",
        {"approve_by": "2026-03-09T11:00"},
        approve_by_at=clock.at(date(2026, 3, 9), time(11)),
    ),
    "paid before approving ends": of_period(
        "This is paid before approving ends.", {"pay_date": "2026-03-09"}, pay_on=date(2026, 3, 9)
    ),
    "periods that overlap": Rule(
        "This overlaps period %(number)s of %(year)s.",
        lambda world: new_period(world, last_on=date(2026, 3, 9)),
        lambda _world: file("pay_periods", last_day="2026-03-09"),
        two_weeks,
    ),
    "a gap between periods": Rule(
        "Between this and period %(number)s of %(year)s days are left over: %(first)s to %(last)s.",
        lambda world: new_period(world, last_on=date(2026, 3, 7)),
        lambda _world: file("pay_periods", last_day="2026-03-07"),
        two_weeks,
    ),
    "the days of a period with timesheets": Rule(
        "This period has timesheets: its days stay.",
        lambda world: pay_periods.change(
            world.period.id, replace(span(world.period), last_on=date(2026, 11, 28)), by=world.staff
        ),
        lambda _world: file(
            "pay_periods", calendar="four_weeks", number="12", first_day="2026-11-02",
            last_day="2026-11-28", submit_by="2026-12-04T23:59", approve_by="2026-12-07T12:00",
            pay_date="2026-12-09",
        ),
    ),
    "a period of 1999": Rule(
        "Choose a year from %(first)s to %(last)s.",
        lambda world: pay_periods.generate("week", 1999, calendars.Rule(), by=world.staff),
        lambda _world: file("pay_periods", year="1999"),
    ),
    # people
    "no such language": of_person(CHOOSE, language="de"),
    "an address that is somebody's user name": Rule(
        IN_USE,
        lambda world: people.add(PERSON | {"username": world.outsider.email}, by=world.staff),
        lambda world: file("people", username=world.outsider.email),
    ),
    "somebody's user name": of_person(IN_USE, username="FLEX1003"),
    "somebody's employee number": Rule(
        IN_USE,
        lambda world: people.add(PERSON | {"employee_number": world.noor.employee_number}, by=world.staff),
        lambda world: file("people", {"email": "noor@um.example", "employee_number": world.noor.employee_number},
                           {"employee_number": world.noor.employee_number}),
    ),
    "no employee number any more": Rule(
        "Who has assignments keeps an employee number.",
        lambda world: person(world, world.noor, employee_number=""),
        lambda _world: file("people", email="noor@um.example"),
    ),
    "nobody of the agency": Rule(
        "Nobody of the agency would be left with the role Administration: first give it to somebody else.",
        lambda world: person(world, world.staff, is_agency_staff=False),
        lambda _world: file("people", email="bureau@interum.example"),
    ),
    "somebody who was erased": Rule(
        "The data of this person were erased: this account stays as it is.",
        lambda world: person(world, world.outsider, last_name="Terug"),
        lambda world: file("people", email=world.outsider.email, last_name="Terug"),
        erased,
    ),
    # rights
    "rights at an ended organisation": Rule(
        "This organisation has ended.",
        lambda world: rights.give(
            world.noor.id, "LAW", dict.fromkeys(rights.COLUMNS, True), by=world.staff, is_sure=True
        ),
        lambda _world: file("rights"),
        law_ended,
    ),
    # assignments
    "an assignment that ends before it begins": of_assignment(
        ORDER, cells={"until": "2026-10-31"}, last_on=date(2026, 10, 31)
    ),
    "no such basis": of_assignment(CHOOSE, basis="vast"),
    "no such way of entering": of_assignment(CHOOSE, entered_by="nobody"),
    "169 hours a week": of_assignment(
        "Type more than 0 and at most 168 hours.", cells={"max_hours_per_week": "169"}, max_minutes_per_week=169 * 60
    ),
    "an assignment that outlasts its organisation": of_assignment(
        "The organisation ends on %(day)s: no assignment lasts longer.", law_ended, cells={"until": ""}
    ),
    "an assignment opened again at an ended organisation": Rule(
        "The organisation ends on %(day)s: no assignment lasts longer.",
        lambda world: changed(world, last_on=date(2026, 12, 31)),
        lambda world: own_row(world, until="2026-12-31"),
        ended_with_assignment,
    ),
    "fixed while hours are not sent": Rule(
        "There are timesheets that are not sent yet: with fixed hours nobody could send them.",
        lambda world: changed(world, basis="fixed"),
        lambda world: own_row(world, basis="fixed"),
        lambda _world: Timesheet.update(state="draft").execute(),
    ),
    # rates
    "1001 euro": Rule(
        "Type at most 1000 euro per hour.",
        lambda world: rates.add(world.assignment.id, date(2026, 2, 1), 10_010_000, 1, by=world.staff),
        lambda world: file("rates", assignment=world.assignment.code, pay_rate="1001"),
    ),
    "a rate at which hours are exported": Rule(
        "Hours are invoiced or exported with this rate: add a new rate from a later day.",
        lambda world: rate(world, date(2026, 1, 1)),
        lambda world: file("rates", assignment=world.assignment.code, valid_from="2026-01-01"),
        paid,
    ),
    "a new rate among exported hours": Rule(
        "Hours up to %(day)s are invoiced or exported: add a new rate from a later day.",
        lambda world: rates.add(world.assignment.id, date(2026, 11, 4), 1, 1, by=world.staff),
        lambda world: file("rates", assignment=world.assignment.code, valid_from="2026-11-04"),
        paid,
    ),
}  # fmt: skip

# Sentences that no file can bring about, or that a file answers in another way, and why.
WITHOUT_A_FILE = {
    # about the account, the form and the moment
    "Write the reason, so that it can be put right.": "a file gives no reasons",
    "Somebody else changed this at the same moment. Look at it again.": "an import says: import again",
    "Somebody else changed this while you were typing. Check your text and save again.": "a file shows nothing",
    "Leave this empty too, or fill in the step before it.": "no file has the steps of reminders",
    "Type a number of days from %(least)s to %(most)s.": "no file has the steps of reminders",
    "An account number does not belong here: the invoice says where to pay.": "no file has texts of mails",
    "By Peppol an invoice goes to its Peppol id: fill it in.": "a file says nothing of how invoices are sent",
    "The worker gets more an hour than the organisation pays.": "a file warns of every rate",
    "Choose at least one hour type that is not there yet.": "a file has its own",
    "Nobody here is left to invite.": "a file invites nobody",
    "Meanwhile others are to be invited than were shown. Look at the list again.": "a file invites nobody",
    "This person has rights here already: change them on the page of this person.": "a file says all three",
    "Choose at least one role.": "a file gives all roles, or none",
    "This is your own account: you can't change roles any more.": "a file gives all roles, or none",
    "%(name)s does not work at the agency.": "a file gives all roles, or none",
    # keys: what a file names again is changed, and what it does not know is new
    "This organisation has this budget number already.": "the file's key",
    "This number stands on an invoice, so it stays.": "the file's key",
    "This day is a closing day already.": "the file's key",
    "A rate starts on this day already.": "the file's key",
    "The periods of %(year)s are there already.": "the file's key",
    "%(name)s has no employee number: fill it in first.": "a file names workers by it",
    "Choose an organisation from the list.": "a file is told which organisation is unknown",
    "Choose a budget number of this organisation.": "a file is told which number the organisation lacks",
    # no column of a file
    "Choose a day.": "organisations and budget numbers end by the form; a file leaves the day open",
    "This organisation was ended already.": "no file ends an organisation",
    "Assignments go on here after that day (%(count)s): end those first.": "no file ends an organisation",
    "This organisation has not ended.": "no file ends an organisation",
    "Choose one of the three.": "no file says with which provider people sign in",
    "This account was closed already.": "no file closes an account",
    "This account is open.": "no file closes an account",
    "One hour type at least stays in use: hours are entered on it.": "no file takes an hour type out of use",
    "Tick at least one right.": "three zeros in a file remove them all",
    "Tick at least one right, or press “Take all away”.": "three zeros in a file do that",
    "Choose at least one day of the list.": "a file names its closing days",
    "Choose a year from %(first)s to %(last)s.": "of the proposed holidays; that of a period is in the table",
    "On %(day)s nobody works: choose what becomes of deadlines and pay dates on such days.":
        "the form asks; a file has its deadlines, and the page of periods names such days",
    "What falls on %(day)s would come before its period ends: choose the working day after.": "no file moves deadlines",
    "Period %(number)s of %(year)s has timesheets: its days stay.": "no file moves its neighbours along",
    "This would leave no days of period %(number)s of %(year)s.": "no file moves its neighbours along",
    # a file deletes nothing
    "This assignment has timesheets: it can be ended, not deleted.": "a file deletes nothing",
    "This budget number is in use, so it stays. End it instead.": "a file deletes nothing",
    "There are hours from %(day)s on that would have no rate: change this one instead.": "a file deletes nothing",
    "Timesheets, invoices or payments hang on it: it stays.": "a file deletes nothing",
    "This would leave a gap: delete the last period of the calendar first.": "a file deletes nothing",
    # asked about, not refused: the preview of an import says the same before it is confirmed
    "%(name)s works at %(organisation)s as well, and can never approve her or his own hours.": "a doubt",
    "%(name)s approves at %(organisation)s, and can never approve her or his own hours.": "a doubt",
    "Nobody else approves at %(organisation)s, where %(count)s timesheets wait.": "a doubt",
    "This worker has another assignment here on the same days: %(codes)s. Both stay.": "a doubt",
    "There are %(hours)s hours outside these dates, on one day. They get a flag.": "a doubt",
    "There are %(hours)s hours outside these dates, on %(days)s days. They get a flag.": "a doubt",
    "This is your own account: you lose the agency's pages at once.": "agency staff that changes is a doubt",
    "Timesheets here are not approved yet (%(count)s). They stay, and wait.": "no file ends an organisation",
    "Choose tomorrow or a later day.": "no file says from when staff need a second factor",
    "First fill in the agency's details.": "no file says from when staff need a second factor",
    "First set up your own second step, under Account settings.": "no file says from when staff need a second factor",
    "Timesheets of %(name)s still have to be sent (%(count)s).": "no file closes an account",
}  # fmt: skip


def span(of: PayPeriod) -> calendars.Span:
    return calendars.Span(of.number, of.first_on, of.last_on, of.submit_by_at, of.approve_by_at, of.pay_on)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_two_doors(world: World, name: str) -> None:
    rule = RULES[name]
    rule.given(world)
    before = dump()
    with pytest.raises(Refused) as refusal:
        rule.form(world)
    said = refusal.value.faults if isinstance(refusal.value, Several) else [refusal.value]
    assert rule.sentence in [one.sentence for one in said]
    assert dump() == before
    report = import_files(rule.file(world), by=world.staff)
    assert [one.sentence for one in report.problems], "the file went through"
    assert {one.sentence for one in report.problems} == {rule.sentence}, list(map(str, report.problems))
    assert dump() == before


@pytest.mark.parametrize("name", GOOD)
def test_the_good_rows_are_good(world: World, name: str) -> None:
    """So that nothing else than the rule is broken above."""
    needs = {"assignments": {"employee_number": world.noor.employee_number},
             "rates": {"assignment": world.assignment.code}}  # fmt: skip
    report = import_files(file(name, **needs.get(name, {})), by=world.staff)
    assert list(map(str, report.problems)) == []


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence by which the package refuses or asks, and the file that says it."""
    domain = HOUSE / "domain"
    for path in [domain / "text_fields.py", *sorted((domain / "records").glob("*.py"))]:
        if path.name in ("record_pages.py", "register.py", "personal_data.py", "erasing.py", "retention.py"):
            continue  # what a page says of a record that is there, of what is kept, and of erasing it
        if path.name in ("proposals.py", "deciding.py"):
            continue  # a file changes nothing that two persons decide
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            first = node.args[0]
            if node.func.id in ("Invalid", "Conflict", "Forbidden", "N_") and isinstance(first, ast.Constant):
                yield str(first.value), path.name


def test_no_rule_has_one_door() -> None:
    said = dict(sentences())
    both = {rule.sentence for rule in RULES.values()}
    assert {
        sentence: file for sentence, file in said.items() if sentence not in both | set(WITHOUT_A_FILE)
    } == {}
    assert set(WITHOUT_A_FILE) - set(said) == set(), "an exception for what nobody says"
    assert len(said) > 60


def test_no_file_gives_rights_to_who_was_erased(world: World) -> None:
    erased(world)
    Right.delete().where(Right.account == world.outsider).execute()
    report = import_files(file("rights", email=world.outsider.email, organisation="LAW"), by=world.staff)
    assert [one.sentence for one in report.problems] == [
        "The data of this person were erased: this account stays as it is."
    ]


def test_what_is_stored_and_stays_is_not_judged_again(world: World) -> None:
    """It came before this was asked: a file that has it beside something else goes through."""
    Organisation.update(name="王", vat_treatment="reverse_charge", peppol_id="9999:1").where(
        Organisation.code == "FSE"
    ).execute()
    Account.update(first_name="Noor\u202e", email="a..b@um.example").where(
        Account.id == world.noor.id
    ).execute()
    Agency.update(iban="NL00BANK0123456789").execute()
    files = {
        **file("organisations", code="FSE", name="王", vat_treatment="reverse_charge", peppol_id="9999:1", city="Venlo"),
        **file("people", email="a..b@um.example", first_name="Noor\u202e", last_name="Smit",
               employee_number=world.noor.employee_number),
        **file("agency", iban="NL00BANK0123456789", city="Maastricht"),
    }  # fmt: skip
    report = import_files(files, by=world.staff)
    assert list(map(str, report.problems)) == []
    assert Organisation.get(Organisation.code == "FSE").city == "Venlo"
    noor = Account.get_by_id(world.noor.id)
    assert (noor.first_name, noor.last_name, noor.email) == ("Noor\u202e", "Smit", "a..b@um.example")


def test_an_import_leaves_the_events_of_the_forms(world: World) -> None:
    files = {
        **file("agency", iban="NL91ABNA0417164300", city="Maastricht"),
        **file("organisations", {}, {"code": "FSE", "name": "Science", "parent": "NEW"}),
        **file("people", {"email": "noor@um.example", "first_name": "Noor", "last_name": "Smit",
                          "employee_number": world.noor.employee_number}, {}),
        **file("rights", {}, {"email": "supervisor@um.example", "organisation": "FSE", "approve": "1",
                              "invoices": "1"}),
        **file("rates", {"assignment": world.assignment.code},
               {"assignment": world.assignment.code, "valid_from": "2026-01-01"}),
        **file("pay_periods"),
        **file("closing_days"),
        **file("hour_types", {}, {"code": "REG", "name_nl": "Uursoort REG", "name_en": "Type REG",
                                  "multiplier_percent": "110"}),
        **file("budget_numbers", {}, {"number": "34367565.899", "valid_until": "2026-12-31"}),
        **file("assignments", employee_number=world.noor.employee_number),
    }  # fmt: skip
    report = import_files(files, by=world.staff)
    assert list(map(str, report.problems)) == []
    events = list(Event.select().order_by(Event.verb, Event.id))
    assert {(event.source, event.actor) for event in events} == {("import", world.staff)}
    told = {
        (event.verb, event.thing or (event.organisation and event.organisation.code) or event.person.email):
        (event.before, event.after) for event in events
    }  # fmt: skip
    assert len(told) == len(events) == 17
    assert told["change_agency", "agency"] == (
        {"city": "", "iban": ""}, {"city": "Maastricht", "iban": "NL91ABNA0417164300"},
    )  # fmt: skip
    before, after = told["change_organisation", "FSE"]
    assert (before["name"], after["name"]) == ("Faculty of Science and Engineering", "Science")
    assert (before["parent"], after["parent"]) == (None, "NEW")
    assert told["change_person", "noor@um.example"] == ({"last_name": "Hendriks"}, {"last_name": "Smit"})
    assert told["add_person", "new@um.example"][1]["first_name"] == "Nieuw"
    rate = f"assignment {world.assignment.code}"
    assert told["change_rate", rate] == (
        {"pay_rate": 183200, "bill_rate": 315100}, {"pay_rate": 180000, "bill_rate": 300000},
    )  # fmt: skip
    assert told["generate_periods", "pay_periods week 2026"] == (
        None, {"periods": 1, "first_on": "2026-03-02", "last_on": "2026-03-08"},
    )  # fmt: skip
    assert told["change_budget_number", "budget_number 34367565.899"] == (
        {"valid_until_on": None}, {"valid_until_on": "2026-12-31"},
    )  # fmt: skip
    right = Event.get(Event.verb == "give_right")
    assert (right.person, right.organisation, right.after) == (world.noor, world.law, {"may_register": True})
    assert import_files(files, by=world.staff).files["rates.csv"].outcomes == {2: "unchanged", 3: "unchanged"}
    assert Event.select().count() == 17, "what changes nothing leaves no event"


def test_a_file_leaves_the_same_events_as_the_form(world: World) -> None:
    """The same change through either door."""
    reg = HourType.get(HourType.code == "REG")
    hour_types.change(reg.id, hour_types.Kind("Normaal", "Regular", 100, "", ""), by=world.staff)
    import_files(
        file("hour_types", code="ORT40", name_nl="Normaal", multiplier_percent="140"), by=world.staff
    )
    first, second = Event.select().order_by(Event.id)
    assert (first.verb, first.thing, first.source) == ("change_hour_type", "hour_type REG", "")
    assert (second.verb, second.thing, second.source) == ("change_hour_type", "hour_type ORT40", "import")
    assert set(first.after) == set(second.after) == {"name_nl", "name_en"}


def test_what_moves_money_or_opens_doors_is_asked_about(world: World) -> None:
    Agency.update(iban="NL02ABNA0123456789").execute()
    files = {
        **file("agency", iban="NL91ABNA0417164300"),
        **file("people", {"agency_staff": "1"},
               {"email": "supervisor@um.example", "username": "flex1003", "first_name": "Emre",
                "last_name": "Dubois", "agency_staff": "1"}),
        **file("rates", assignment=world.assignment.code, valid_from="2026-01-01", pay_rate="18,32"),
    }  # fmt: skip
    report = import_files(files, dry_run=True, by=world.staff)
    assert list(map(str, report.doubts)) == [
        "agency.csv:2: iban: was NL02ABNA0123456789 and becomes NL91ABNA0417164300: "
        "all invoices will ask to be paid there",
        "people.csv:2: agency_staff: Nieuw Mens gets the pages of the agency, and all that it may do",
        "people.csv:3: agency_staff: Emre Dubois gets the pages of the agency, and all that it may do",
        "rates.csv:2: bill_rate: was 31,51 and becomes 30,00, also for hours that were worked already",
    ]
    assert [(one.file, one.line, one.column, one.name, one.before, one.after) for one in report.changes] == [
        ("agency.csv", 2, "iban", "iban", "NL02ABNA0123456789", "NL91ABNA0417164300"),
        ("people.csv", 3, "agency_staff", "is_agency_staff", False, True),
        ("rates.csv", 2, "bill_rate", "bill_rate", 315100, 300000),
    ]


def test_what_was_agreed_to_is_what_the_values_were(world: World) -> None:
    """The same rows would change, and into the same; but from something else than was shown."""
    files = file("rates", assignment=world.assignment.code, valid_from="2026-01-01")
    checked = import_files(files, dry_run=True)
    Rate.update(pay_rate=190000).execute()
    report = import_files(files, agreed=checked.effect)
    assert [one.sentence for one in report.problems] == [
        "Since these files were checked somebody changed what they touch. Check them again."
    ]


def test_three_zeros_take_rights_away_as_the_form_does(world: World) -> None:
    away = file("rights", email="supervisor@um.example", organisation="FSE", register="0")
    report = import_files(away, by=world.staff)
    assert report.is_ok
    assert Right.get_or_none((Right.account == world.supervisor) & (Right.organisation == world.fse)) is None
    assert [str(one.sentence) for one in report.doubts] == [
        "Nobody else approves at %(organisation)s, where %(count)s timesheets wait."
    ]
    again = import_files(away, by=world.staff)
    assert again.files["rights.csv"].outcomes == {2: "unchanged"}
