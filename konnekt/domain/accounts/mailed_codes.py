"""A code by mail: what who has no second factor shows besides the password, in a browser that is not known.

Eight digits, for ten minutes and for the one sign-in that they were mailed for: another browser, or the next
sign-in, has no use for them. The table holds a hash with the secret token of that half session in it, so that
who reads the table can't try all codes (ASVS 6.5.1, 6.5.4, 6.5.5, 6.6.2, 6.6.3).
"""

import re
import secrets
from datetime import timedelta

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import attempts, devices, sessions
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import Invalid
from konnekt.models import Account, Agency, Installation, Mail, Session

KIND = "sign_in_code"
DIGITS = 8
# Nobody is mailed another one sooner.
AGAIN = timedelta(minutes=1)
# So long without being handed over, and no code is asked: the portal can't mail now. Longer where nobody
# tried it yet: a round of mails with invoices may take a while.
STUCK = timedelta(minutes=2)
UNTRIED = timedelta(minutes=5)


def is_due(account: Account, device: str) -> bool:
    """Whether the right password is not enough; device: the token of the browser's cookie."""
    if account.has_second_factor or not is_asked(Agency.get_or_none()):
        return False
    return not devices.is_confirmed(account, device)


def is_asked(agency: Agency | None) -> bool:
    """Whether codes are asked at all: the agency says so, and the portal sends mail.

    In a restored copy mail waits until `konnekt release`: nobody is kept out of it by that.
    """
    if not mail.config().mail or (agency is not None and not agency.code_by_mail):
        return False
    return not Installation.select().where(Installation.name == Installation.HELD).exists()


def begin(account: Account, address: str, browser: str) -> str:
    """Begin half a session and mail its code; returns the token of it. Raises TooMany."""
    attempts.record(attempts.mailed_code_limits(account))
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    with transaction():
        token = sessions.start_half(account, address, browser)
        this = Session.token_hash == digest(token)
        Session.update(mailed_code_hash=_hashed(token, code)).where(this).execute()
        unsent = (Mail.kind == KIND) & (Mail.account == account) & Mail.sent_at.is_null()
        is_over = Mail.queued_at <= clock.now() - sessions.HALF_LIFETIME
        Mail.delete().where(unsent & is_over & ~Mail.is_being_sent).execute()
        mail.queue(
            KIND,
            account,
            once_key=_key(token),
            code=f"{code[:4]} {code[4:]}",
            until=clock.now() + sessions.HALF_LIFETIME,
            device=sessions.device(browser),
            address=address,
            url=mail.link("/password/forgotten"),
        )
    return token


def check(account: Account, token: str, typed: str) -> None:
    """The code of this half session; works once. Raises Invalid (field factor_code), TooMany."""
    attempt = attempts.record(attempts.mailed_code_guesses(account))
    code = re.sub(r"[\s.-]", "", typed)
    this = (Session.token_hash == digest(token)) & Session.is_half & (Session.expires_at > clock.now())
    fits = this & (Session.mailed_code_hash == _hashed(token, code))
    if Session.update(mailed_code_hash="").where(fits).execute() != 1:
        raise Invalid(
            "This is not the code of the newest mail. It works once, for ten minutes, and only in the "
            "browser that asked for it.",
            field="factor_code",
        )
    attempts.take_back(attempt)


def what_became(token: str) -> str:
    """What became of the mail of this half session: waits, stuck, refused or sent.

    stuck: the portal's own mail server does not take it, or nothing delivers. A server that answers about
    this mail, such as that the mailbox is full, has it wait.
    """
    row: Mail | None = Mail.get_or_none(Mail.once_key == _key(token))
    if row is None or row.failed_at:
        return "refused"
    age = clock.now() - row.queued_at
    if row.sent_at:
        return "sent" if age >= AGAIN else "waits"
    is_about_it = re.match(r"\d{3} ", row.last_error) is not None
    late = STUCK if row.attempts else UNTRIED
    return "stuck" if age >= late and not is_about_it else "waits"


def note_without(account: Account) -> None:
    """Somebody was let in without a code, since none could be mailed: the record says so."""
    events.record("sign_in_without_code", by=account, person=account)


def hint(account: Account) -> str:
    """The address that it goes to, as who knows it recognises it."""
    local, _, place = account.email.partition("@")
    return f"{local[:1]}…@{place}"


def _key(token: str) -> str:
    return f"{KIND} {digest(token)}"


def _hashed(token: str, code: str) -> str:
    return digest(f"{KIND}\0{token}\0{code}")
