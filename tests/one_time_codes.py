"""An app that makes one-time codes, as a test holds it."""

from dataclasses import dataclass
from datetime import timedelta

from pyotp import TOTP

from konnekt.domain import clock
from konnekt.domain.accounts import factors
from konnekt.models import Account, Authenticator

MINUTE = timedelta(minutes=1)


@dataclass
class App:
    """What somebody has on a phone; off: how far its clock is off, in seconds."""

    row: Authenticator
    secret: str
    off: int = 0

    def code(self, off: int | None = None) -> str:
        """The code that it shows now."""
        moment = clock.now().timestamp() + (self.off if off is None else off)
        return TOTP(self.secret).at(int(moment))


def begun(account: Account, name: str = "Phone") -> App:
    """An app that has shown no code yet."""
    row = factors.begin(account, name, by=account)
    return App(row, factors.secret_of(row))


def set_up(account: Account, name: str = "Phone") -> App:
    """An app that counts; its code of a minute ago was the first, so that the one of now is new."""
    app = begun(account, name)
    now = clock.now()
    clock.fix((clock.local(now) - MINUTE).isoformat())
    factors.confirm(app.row.id, app.code(), by=account)
    clock.fix(clock.local(now).isoformat())
    return App(Authenticator.get_by_id(app.row.id), app.secret)
