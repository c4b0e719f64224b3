"""The steps in which the agency reminds of what is overdue: when each comes, and its own text for it.

records/reminder_settings.py changes them.
"""

from dataclasses import dataclass

from konnekt.domain.refusals import fingerprint_of
from konnekt.models import ReminderStep

# Days after the due date: a week, then every two weeks.
USUAL = {1: 7, 2: 21, 3: 35}
MOST_DAYS = 365


@dataclass(frozen=True)
class ChosenStep:
    """One step. days: after the due date, None where it is not used; texts: empty for the usual one."""

    number: int
    days: int | None
    text_nl: str = ""
    text_en: str = ""

    def text(self, language: str) -> str:
        """The agency's own text in a language."""
        return self.text_en if language == "en" else self.text_nl


def all_steps() -> list[ChosenStep]:
    """The three steps: one statement."""
    chosen = {
        row.step: ChosenStep(row.step, row.days, row.text_nl, row.text_en) for row in ReminderStep.select()
    }
    return [chosen.get(number, ChosenStep(number, days)) for number, days in USUAL.items()]


def seen(steps: list[ChosenStep]) -> str:
    """What a form carries of the steps that it showed."""
    return fingerprint_of([str(step) for step in steps])
