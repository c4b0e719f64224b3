"""The Dutch public holidays of a year, computed: proposed as closing days."""

from dataclasses import dataclass
from datetime import date, timedelta

# King's Day is kept since 2014; before, it was another day.
FIRST_YEAR, LAST_YEAR = 2014, 2199


@dataclass(frozen=True)
class Holiday:
    """A public holiday; is_usual: false where many employers work on it."""

    day: date
    name_nl: str
    name_en: str
    is_usual: bool = True


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar.

    The "anonymous Gregorian" computus as Meeus gives it (Astronomical Algorithms, chapter 8): the Sunday
    after the first full moon of the church on or after 21 March.
    """
    century, in_century = divmod(year, 100)
    golden = year % 19
    skipped_leaps, leap_phase = divmod(century, 4)
    lunar_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped_leaps - lunar_shift + 15) % 30
    to_sunday = (32 + 2 * leap_phase + 2 * (in_century // 4) - epact - in_century % 4) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def of(year: int) -> list[Holiday]:
    """The days on which work stops, in order; a day that has two names is named once.

    Algemene termijnenwet, art. 3, with Easter Monday and so on; King's Day is 26 April when the 27th is a
    Sunday.
    """
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= timedelta(days=1)
    days = [
        Holiday(date(year, 1, 1), "Nieuwjaarsdag", "New Year's Day"),
        Holiday(sunday + timedelta(days=1), "Tweede paasdag", "Easter Monday"),
        Holiday(kings_day, "Koningsdag", "King's Day"),
        Holiday(sunday + timedelta(days=39), "Hemelvaartsdag", "Ascension Day"),
        Holiday(sunday + timedelta(days=50), "Tweede pinksterdag", "Whit Monday"),
        Holiday(date(year, 12, 25), "Eerste kerstdag", "Christmas Day"),
        Holiday(date(year, 12, 26), "Tweede kerstdag", "Boxing Day"),
        Holiday(sunday - timedelta(days=2), "Goede Vrijdag", "Good Friday", is_usual=False),
        Holiday(date(year, 5, 5), "Bevrijdingsdag", "Liberation Day", is_usual=False),
    ]
    by_day: dict[date, Holiday] = {}
    for holiday in days:
        by_day.setdefault(holiday.day, holiday)
    return sorted(by_day.values(), key=lambda holiday: holiday.day)
