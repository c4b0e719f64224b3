"""What a sheet says about itself, in the reader's words: weekdays, changes, flags, hours as a file."""

from collections.abc import Sequence
from decimal import Decimal

from flask import Flask, g
from flask_babel import get_locale, gettext as _, ngettext

from konnekt.documents import tables
from konnekt.domain.approvals import decide
from konnekt.domain.timesheets import snapshots
from konnekt.models import Account, Hour, HourType, State
from konnekt.screens import flag_text
from konnekt.screens.formats import day, hours, period_and_year
from konnekt.screens.languages import reader


def weekday_names() -> list[str]:
    """Monday to Sunday, short."""
    names = get_locale().days["stand-alone"]["short"]
    return [names[weekday].rstrip(".") for weekday in range(7)]


def change_sentence(change: snapshots.Change) -> str:
    """One difference between two revisions as a sentence."""
    where = f"{day(change.day)}, {_hour_type(change.hour_type)}" if change.day else ""
    if change.what == "hours":
        sentence = _("%(where)s: from %(before)s to %(after)s hours")
        return str(sentence % {"where": where, "before": hours(change.before), "after": hours(change.after)})
    if change.what == "is_nil":
        return str(_("Now no hours were worked") if change.after else _("Now hours were worked"))
    names = {"remark": _("remark"), "typed": _("unreadable hours"), "sheet_remark": _("remark of the sheet")}
    what = f"{where}: {names[change.what]}" if where else names[change.what]
    if not change.after:
        return str(_("%(what)s removed (%(before)s)", what=what, before=change.before))
    return str(_("%(what)s now: %(after)s", what=what, after=change.after))


def _hour_type(code: str) -> str:
    """What an hour type is called, read once a request; its code where it is gone."""
    if "hour_type_names" not in g:
        g.hour_type_names = {one.code: one.name(reader()) for one in HourType.select()}
    return str(g.hour_type_names.get(code, code))


def outcome_notice(outcome: decide.Outcome) -> str:
    """What a decision on one or many did, with the hours."""
    count = len(outcome.decided)
    if outcome.is_undo:
        return str(ngettext("%(num)s decision undone.", "%(num)s decisions undone.", count))
    sentence = ngettext(
        "%(num)s timesheet approved, %(hours)s hours.",
        "%(num)s timesheets approved, %(hours)s hours.",
        count,
        hours=hours(outcome.minutes),
    )
    return str(sentence)


def names_in_short(accounts: Sequence[Account]) -> str:
    """One by name, two by first name, of more the first two and how many there are besides."""
    if len(accounts) == 1:
        return accounts[0].name
    first, second = (account.first_name or account.name for account in accounts[:2])
    if len(accounts) == 2:
        return str(_("%(first)s and %(second)s", first=first, second=second))
    others = len(accounts) - 2
    return str(
        ngettext(
            "%(first)s, %(second)s and %(num)s other",
            "%(first)s, %(second)s and %(num)s others",
            others,
            first=first,
            second=second,
        )
    )


def state_word(state: str) -> str:
    """The state of a sheet in a word."""
    words = {
        State.DRAFT: _("Draft"),
        State.SUBMITTED: _("To approve"),
        State.APPROVED: _("Approved"),
        State.REJECTED: _("Rejected"),
    }
    return str(words[State(state)])


def hours_file(hours: Sequence[Hour], kind: str) -> tuple[bytes, str, str]:
    """Hours with all that they stand on as a table, a row each: the file, its type and its ending.

    kind: "xlsx"; anything else is CSV. Hours are decimal, with four places where two are not exact.
    """
    header = [
        _("Day"), _("Assignment"), _("Organisation"), _("Period"), _("Hour type"), _("Hours"), _("Remark"),
        _("State"),
    ]  # fmt: skip
    rows = []
    for hour in hours:
        line = hour.line
        sheet = line.timesheet
        of = sheet.assignment
        rows.append(
            (
                hour.day, " · ".join(filter(None, (of.code, of.job_title))), sheet.organisation.name,
                period_and_year(sheet.pay_period),
                line.hour_type.name(reader()), decimal_hours(hour.minutes), hour.remark,
                state_word(sheet.state),
            )
        )  # fmt: skip
    if kind == "xlsx":
        return tables.xlsx_file(_("My hours"), header, rows), tables.XLSX, "xlsx"
    return tables.csv_file(header, rows, reader()), tables.CSV, "csv"


def decimal_hours(minutes: int) -> Decimal:
    """Minutes as hours for a file, with four places where two are not exact."""
    places = "0.01" if minutes % 3 == 0 else "0.0001"
    return (Decimal(minutes) / 60).quantize(Decimal(places))


def init_app(app: Flask) -> None:
    """Register the filters."""
    app.jinja_env.filters.update(
        change_sentence=change_sentence,
        state_word=state_word,
        names_in_short=names_in_short,
        flag_chip=flag_text.chip,
        stored_flag_chip=flag_text.stored_chip,
        flag_sentence=flag_text.sentence,
    )
    app.jinja_env.globals.update(weekday_names=weekday_names)
