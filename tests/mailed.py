"""A reminder with a link by which one decides, as the tests read it."""

import re

from konnekt.domain.periods import reminders
from konnekt.models import Account, Mail, Organisation
from tests.factories import World

LINK = re.compile(r"/decide/([\w-]+)\n")


def allow(world: World, way: str = "all") -> None:
    """Let it be done at FSE."""
    Organisation.update(decide_by_mail=way).where(Organisation.id == world.fse.id).execute()
    world.fse.decide_by_mail = way


def letter(to: Account) -> Mail:
    """The newest reminder to somebody."""
    found: Mail = (
        Mail.select().where((Mail.account == to) & (Mail.kind == "reminder")).order_by(Mail.id.desc()).get()
    )
    return found


def token_of(to: Account) -> str:
    """The token of the newest reminder's link."""
    return LINK.findall(letter(to).text)[0]


def remind(world: World, way: str = "all", to: Account | None = None) -> str:
    """Mail what waits; returns the token of the supervisor's link, or of somebody else's."""
    allow(world, way)
    reminders.remind_all()
    return token_of(to or world.supervisor)
