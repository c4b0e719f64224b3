"""Hour types (uursoorten): add, change, no longer use. What is billed keeps its multiplier."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from konnekt.db import hold
from konnekt.domain import flags, text_fields
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import N_, Conflict, Invalid, NotFound
from konnekt.models import Account, Hour, HourType, InvoicedHour, PayrollHour, TimesheetLine
from konnekt.models.timesheets import SETU_CODES

RECORD = RecordType(
    "hour_type",
    lambda row: {"thing": thing(row)},
    {
        "code": text_fields.code,
        "name_nl": text_fields.name,
        "name_en": text_fields.name,
        "multiplier_percent": text_fields.between(1, 1000, N_("Type a percentage from 1 to 1000.")),
        "payroll_code": text_fields.short,
        "setu_code": text_fields.one_of("", *SETU_CODES),
        "is_active": text_fields.boolean,
    },
    names={"is_active": "is_used"},
)
seen = RECORD.fingerprint


@dataclass(frozen=True)
class Kind:
    """What an hour type is: both names, what a normal hour's rate is multiplied by (percent), its codes."""

    name_nl: str
    name_en: str
    multiplier_percent: int
    payroll_code: str
    setu_code: str
    is_active: bool = True


# What most agencies begin with. The percentages are those that are seen most; the collective agreement (cao)
# that somebody falls under says which, so they are proposed and can be changed.
USUAL = {
    "REG": Kind("Normale uren", "Regular hours", 100, "", "HT100"),
    "OT": Kind("Overwerk 150%", "Overtime 150%", 150, "", "HT200"),
    "ORT40": Kind("Onregelmatig 40%", "Irregular hours 40%", 140, "", "HT320"),
    "ORT75": Kind("Zon- en feestdag 75%", "Sunday and holiday 75%", 175, "", "HT320"),
    "TRAVEL": Kind("Reisuren", "Travel time", 100, "", ""),
}


def listed() -> list[HourType]:
    """All of them, those in use first: one statement."""
    return list(HourType.select().order_by(HourType.is_active.desc(), HourType.code))


def find(hour_type: int) -> HourType:
    """The hour type. Raises NotFound."""
    row: HourType | None = HourType.get_or_none(HourType.id == hour_type)
    return existing(row, NotFound("This hour type does not exist."))


def thing(of: HourType) -> str:
    """What its events are about."""
    return f"hour_type {of.code}"


def is_locked(of: HourType) -> bool:
    """Whether hours of this type stand on a live invoice or payroll batch: two statements at most."""
    for link in (InvoicedHour, PayrollHour):
        query = link.select().join(Hour).join(TimesheetLine)
        if query.where((TimesheetLine.hour_type == of) & link.released_at.is_null()).exists():
            return True
    return False


def add(code: str, kind: Kind, *, by: Account) -> HourType:
    """A new hour type. Raises Invalid; codes are unique, whatever their case."""
    with staff_only(by, "hour types"):
        row = HourType(**RECORD.checked({"code": code, **asdict(kind)}))
        text_fields.check_code(row.code, [other.code for other in listed()])
        RECORD.add(row, by=by)
    return row


def add_usual(codes: Collection[str], *, by: Account) -> list[str]:
    """Add those of the usual ones that are chosen and not there yet, by code; returns what was added.

    Raises Invalid where that is none.
    """
    with staff_only(by, "hour types"):
        there = {row.code.lower() for row in listed()}
        chosen = [code for code in USUAL if code in codes and code.lower() not in there]
        if not chosen:
            raise Invalid("Choose at least one hour type that is not there yet.", field="code")
        for code in chosen:
            add(code, USUAL[code], by=by)
    return chosen


def change(hour_type: int, kind: Kind, *, by: Account, seen: str = "") -> HourType:
    """Change an hour type; its code stays, and its multiplier once hours are invoiced or exported with it.

    Raises Invalid, and Conflict for the last one in use or a form that is overtaken.
    """
    with staff_only(by, "hour types"):
        hold("invoices")
        row = find(hour_type)
        RECORD.check_seen(row, seen)
        checked = RECORD.checked(asdict(kind), row)
        if checked["multiplier_percent"] != row.multiplier_percent:
            check_multiplier(row, row.multiplier_percent)
        others = HourType.select().where(HourType.is_active & (HourType.id != row.id))
        if row.is_active and not checked["is_active"] and not others.exists():
            raise Conflict("One hour type at least stays in use: hours are entered on it.")
        if "multiplier_percent" in RECORD.change(row, checked, by=by):
            flags.forget_sums()
            flags.refresh_all_waiting()
    return row


def check_multiplier(of: HourType, percent: int) -> None:
    """What is billed or paid keeps its multiplier, which is percent."""
    if is_locked(of):
        raise Invalid(
            "Hours are invoiced or exported at %(percent)s %%: add another hour type instead.",
            field="multiplier_percent",
            percent=percent,
        )
