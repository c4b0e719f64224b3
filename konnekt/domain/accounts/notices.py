"""Mails to the owner of an account about what changed in how one signs in with it, whoever did it."""

from typing import Any

from konnekt.background import mail
from konnekt.domain import clock
from konnekt.models import Account


def tell(account: Account, what: str, *, to: str = "", once_key: str | None = None, **said: Any) -> None:
    """Queue the mail, within the caller's transaction. what: a word of templates/mail/notice_words.txt.

    to: another address than the account has now, such as the one before. once_key: see mail.queue.
    """
    mail.queue(
        "account_notice",
        to or account,
        language=account.language,
        once_key=once_key,
        name=account.name,
        what=what,
        at=clock.now(),
        url=mail.link("/password/forgotten"),
        said=said,
    )
