"""Hour types (uursoorten): add, change, no longer use. What is billed keeps its multiplier."""

from dataclasses import asdict, dataclass, replace

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import flags
from konnekt.domain.records import keeping, typed
from konnekt.domain.records.keeping import Facts
from konnekt.domain.refused import Invalid, NotFound, Refused
from konnekt.models import Account, Hour, HourType, InvoicedHour, PayrollHour, TimesheetLine
from konnekt.models.timesheets import SETU_CODES

COLUMNS = ("name_nl", "name_en", "multiplier_percent", "payroll_code", "setu_code", "is_active")


@dataclass(frozen=True)
class Kind:
    """What an hour type is: both names, what a normal hour's rate is multiplied by (percent), its codes."""

    name_nl: str
    name_en: str
    multiplier_percent: int
    payroll_code: str
    setu_code: str
    is_active: bool = True


def listed() -> list[HourType]:
    """All of them, those in use first: one statement."""
    return list(HourType.select().order_by(HourType.is_active.desc(), HourType.code))


def find(hour_type: int) -> HourType:
    """The hour type. Raises NotFound."""
    found: HourType | None = HourType.get_or_none(HourType.id == hour_type)
    if found is None:
        raise NotFound("This hour type does not exist.")
    return found


def facts(of: HourType) -> Facts:
    """What an event keeps of an hour type."""
    return {"is_used" if name == "is_active" else name: getattr(of, name) for name in COLUMNS}


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
    with transaction():
        keeping.begin(by)
        code = typed.line(code, "code", most=typed.CODE, required=True)
        if HourType.select().where(fn.LOWER(HourType.code) == code.lower()).exists():
            raise Invalid("The code %(code)s is in use: choose another.", field="code", code=code)
        kind = _checked(kind)
        made: HourType = HourType.create(code=code, **asdict(kind))
        keeping.record("add_hour_type", thing(made), by=by, after=facts(made))
    return made


def change(hour_type: int, kind: Kind, *, by: Account, seen: str = "") -> HourType:
    """Change an hour type; its code stays, and its multiplier once hours are invoiced or exported with it.

    Raises Invalid, and Refused for the last one in use or a form that is overtaken.
    """
    with transaction():
        keeping.begin(by)
        hold("invoices")
        found = find(hour_type)
        before = facts(found)
        keeping.check_seen(seen, before)
        kind = _checked(kind)
        is_moved = kind.multiplier_percent != found.multiplier_percent
        if is_moved and is_locked(found):
            raise Invalid(
                "Hours are invoiced or exported at %(percent)s %%: add another hour type instead.",
                field="multiplier_percent",
                percent=found.multiplier_percent,
            )
        others = HourType.select().where(HourType.is_active & (HourType.id != found.id))
        if found.is_active and not kind.is_active and not others.exists():
            raise Refused("One hour type at least stays in use: hours are entered on it.")
        HourType.update(**asdict(kind)).where(HourType.id == found.id).execute()
        found = find(hour_type)
        keeping.record("change_hour_type", thing(found), by=by, before=before, after=facts(found))
        if is_moved:
            flags.refresh_all_waiting()
    return found


def _checked(kind: Kind) -> Kind:
    if not 1 <= kind.multiplier_percent <= 1000:
        raise Invalid("Type a percentage from 1 to 1000.", field="multiplier_percent")
    if kind.setu_code not in ("", *SETU_CODES):
        raise Invalid("Choose one of the list.", field="setu_code")
    return replace(
        kind,
        name_nl=typed.line(kind.name_nl, "name_nl", required=True),
        name_en=typed.line(kind.name_en, "name_en", required=True),
        payroll_code=typed.line(kind.payroll_code, "payroll_code", most=typed.CODE),
    )
