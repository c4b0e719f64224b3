"""What a sheet says about itself, in the reader's words: weekdays, changes, flags."""

from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from konnekt import flag_text
from konnekt.domain.snapshots import Change
from konnekt.domain.timesheets import Outcome
from konnekt.formats import day, hours


def weekday_names() -> list[str]:
    """Monday to Sunday, short."""
    names = get_locale().days["stand-alone"]["short"]
    return [names[weekday].rstrip(".") for weekday in range(7)]


def change_sentence(change: Change) -> str:
    """One difference between two revisions as a sentence."""
    where = f"{day(change.day)}, {change.hour_type}" if change.day else ""
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


def outcome_notice(outcome: Outcome) -> str:
    """What a decision on one or many did, with the hours."""
    count = len(outcome.decided)
    if outcome.is_undo:
        return str(ngettext("%(num)s approval undone.", "%(num)s approvals undone.", count))
    sentence = ngettext(
        "%(num)s timesheet approved, %(hours)s hours.",
        "%(num)s timesheets approved, %(hours)s hours.",
        count,
        hours=hours(outcome.minutes),
    )
    return str(sentence)


def init_app(app: Flask) -> None:
    """Register the filters."""
    app.jinja_env.filters.update(
        change_sentence=change_sentence, flag_chip=flag_text.chip, flag_sentence=flag_text.sentence
    )
    app.jinja_env.globals.update(weekday_names=weekday_names)
