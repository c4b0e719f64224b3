"""In which steps the agency reminds of what is overdue, and its own texts for that."""

from typing import Any

from konnekt.domain import events
from konnekt.domain.payments import reminder_steps
from konnekt.domain.records import company_numbers
from konnekt.domain.records.audited import Several, staff_only
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.models import Account, ReminderStep

THING = "reminders"


def change(steps: list[reminder_steps.ChosenStep], *, seen: str, by: Account) -> None:
    """Choose other days and texts. Raises Several with the fields, Conflict where the form is overtaken."""
    with staff_only(by, "invoices"):
        now = reminder_steps.all_steps()
        if seen and seen != reminder_steps.seen(now):
            raise Conflict(
                "Somebody else changed this while you were typing. Check your text and save again."
            )
        faults = list[Invalid]()
        checked = [_checked(step, faults) for step in steps]
        faults += _faults_of_days(checked)
        if faults:
            raise Several(faults)
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for was, step in zip(now, checked, strict=True):
            if was == step:
                continue
            values = {"days": step.days, "text_nl": step.text_nl, "text_en": step.text_en}
            ReminderStep.insert(step=step.number, **values).on_conflict(
                conflict_target=[ReminderStep.step], update=values
            ).execute()
            before |= _told(was)
            after |= _told(step)
        if after:
            events.record("change_reminders", by=by, thing=THING, before=before, after=after)


def _told(step: reminder_steps.ChosenStep) -> dict[str, Any]:
    return {f"reminder_{step.number}_{name}": getattr(step, name) for name in ("days", "text_nl", "text_en")}


def _checked(step: reminder_steps.ChosenStep, faults: list[Invalid]) -> reminder_steps.ChosenStep:
    texts = []
    for name in ("text_nl", "text_en"):
        try:
            texts.append(company_numbers.letter_text(getattr(step, name), f"{name}_{step.number}"))
        except Invalid as fault:
            faults.append(fault)
            texts.append("")
    return reminder_steps.ChosenStep(step.number, step.days, *texts)


def _faults_of_days(steps: list[reminder_steps.ChosenStep]) -> list[Invalid]:
    """Each step comes after the one before it; after one that is not used comes none."""
    least, faults = 1, []
    for step in steps:
        field = f"days_{step.number}"
        if step.days is None:
            least = reminder_steps.MOST_DAYS + 1
        elif least > reminder_steps.MOST_DAYS:
            faults.append(Invalid("Leave this empty too, or fill in the step before it.", field=field))
        elif not least <= step.days <= reminder_steps.MOST_DAYS:
            faults.append(
                Invalid(
                    "Type a number of days from %(least)s to %(most)s.",
                    field=field,
                    least=least,
                    most=reminder_steps.MOST_DAYS,
                )
            )
        else:
            least = step.days + 1
    return faults
