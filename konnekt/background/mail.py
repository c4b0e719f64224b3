"""The outbox: a mail is written, in its reader's language, with what caused it; delivery.py sends it later.

`queue` inserts a row within the caller's transaction: no change without its mail, no mail without its change.
A kind is two templates, mail/KIND.txt (its first line is the subject) and mail/KIND.html.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.header import Header
from email.policy import EmailPolicy
from email.utils import parseaddr
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, NamedTuple

from babel.dates import format_date, format_datetime
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from konnekt.background import cause
from konnekt.config import Config
from konnekt.domain import clock, units
from konnekt.domain.flags import words as flag_words
from konnekt.models import Account, Agency, Flag, Mail, PayPeriod
from konnekt.screens import period_names

HOUSE = Path(__file__).parents[1]
DAY = "d MMMM y"
LOCALES = {"nl": "nl", "en": "en_GB"}
AT_ONCE = 200
FITS = 60  # letters of a subject that stands on one line
# A decision that is undone this soon tells nobody.
REST = timedelta(minutes=2)

_config: Config | None = None


@dataclass(frozen=True)
class Letter:
    """A mail as it reads."""

    subject: str
    text: str
    html: str


class Folding(EmailPolicy):
    """Mail as it travels; a long subject comes back as it was.

    The standard folding joins or splits words where a line with letters beyond ASCII breaks (1 in 14 of long
    Dutch subjects), so the older encoder folds the subject.
    """

    def fold(self, name: str, value: Any) -> str:
        if name.lower() != "subject":
            return str(super().fold(name, value))
        charset = "us-ascii" if str(value).isascii() and len(value) < FITS else "utf-8"
        folded = Header(str(value), charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() != "subject":
            return bytes(super().fold_binary(name, value))
        return self.fold(name, value).encode("ascii")


class Addressed(NamedTuple):
    """One of many mails: to whom, the key that keeps it from being queued twice, what it says."""

    to: Account | str
    once_key: str
    values: dict[str, Any]


def configure(config: Config) -> None:
    """Remember where mail goes (KONNEKT_MAIL) and what links start with (KONNEKT_URL)."""
    global _config  # noqa: PLW0603 - one process has one mail configuration
    _config = config


def config() -> Config:
    """The settings; mail is not written before `configure`."""
    if _config is None:
        raise RuntimeError("mail.configure comes first")
    return _config


def link(path: str) -> str:
    """The full address of a path. It begins with KONNEKT_URL, whatever host a request names."""
    return config().url + path


def sender(agency: Agency | None = None) -> tuple[str, str]:
    """Name and address that mails come from: KONNEKT_MAIL_FROM, else the agency's own."""
    agency = agency or Agency.get_or_none() or Agency(name="Konnekt")
    name, address = parseaddr(config().mail_from)
    return name or agency.name, address or agency.email or "konnekt@localhost"


def queue(
    kind: str,
    to: Account | str,
    *,
    once_key: str | None = None,
    language: str = "nl",
    batch: str = "",
    rest: timedelta = timedelta(0),
    **values: Any,
) -> Mail | None:
    """Put a mail in the outbox, within the caller's transaction; None where once_key has its mail already.

    to: an account (written in its language), or an address with the language to write in.
    rest: how long it waits before it goes; until then `withdraw` takes the mails of a batch back.
    values go to the templates, besides `account`, `agency`, `portal` (the address of the portal):
    invite, reset: url, until (a moment)
    sign_in_code: code, until (a moment), device, address, url (domain.accounts.mailed_codes)
    account_notice: name, what, at (a moment), url, said (domain.accounts.notices)
    budget: number, description, organisation (a row with a name), percent, url
    rejected: worker, organisation, by (rows with a name, or names), period (a row or words), reason, url
    rejection_undone: the same without the reason
    proposal: by, person (accounts; None: the agency itself), url, until (a moment; None where it is done)
    deputy: supervisor, organisation (rows with a name), first_on, last_on, url
    audit_head: on (a day), line
    invoice: what domain.invoices.letters says of it, has_ubl; its documents go along (attachments.py)
    invoice_reminder: the same, with step, own_text (of that), paid (in words, or empty), late_days
    report: period, url
    reminder: what waits for the account's approval and what it has still to send (domain.periods.reminders)
    """
    if once_key is not None and Mail.select().where(Mail.once_key == once_key).exists():
        return None
    agency = Agency.get_or_none() or Agency(name="Konnekt")
    row = _row(kind, to, compose(kind, to, language=language, agency=agency, **values), agency, once_key)
    row |= {"batch": batch, "due_at": clock.now() + rest}
    if rest:
        row["claimed_until_at"] = clock.machine() + rest
    insert = Mail.insert(row)
    if once_key is not None:
        insert = insert.on_conflict(conflict_target=[Mail.once_key], action="IGNORE")
    insert.execute()
    queued: Mail | None = Mail.get_or_none(Mail.message_id == row["message_id"])
    return queued


def withdraw(batch: str) -> list[Account]:
    """Take the mails of a batch back, within the caller's transaction; returns who may have theirs already.

    Of a delivery at the same moment and this, one wins: both change the row that nobody has touched, and
    what is being sent counts as sent. A mail that failed so far is not tried again.
    """
    late = []
    for row in Mail.select(Mail, Account).join(Account).where(Mail.batch == batch).order_by(Mail.id):
        unsent = Mail.delete().where((Mail.id == row.id) & Mail.sent_at.is_null())
        # A claim and a failure move due_at, by more than any mail rests.
        if unsent.where((Mail.due_at == row.queued_at + REST) & (Mail.attempts == 0)).execute() != 1:
            unsent.execute()
            late.append(row.account)
    return late


def queue_many(kind: str, letters: Iterable[Addressed]) -> list[Account]:
    """Put many mails of a kind in the outbox, within the caller's transaction; returns the accounts told.

    Whoever has the mail of that once_key already gets no second one, also when two ask at the same moment.
    Two statements for every 200 mails, one more at the start.
    """
    agency = Agency.get_or_none() or Agency(name="Konnekt")
    # In one order, so that two who queue the same mails wait for each other once and never in a circle.
    waiting = sorted(letters, key=lambda letter: letter.once_key)
    told: list[Account] = []
    for start in range(0, len(waiting), AT_ONCE):
        some = waiting[start : start + AT_ONCE]
        rows = [
            _row(kind, one.to, compose(kind, one.to, agency=agency, **one.values), agency, one.once_key)
            for one in some
        ]
        insert = Mail.insert_many(rows)
        insert.on_conflict(conflict_target=[Mail.once_key], action="IGNORE").execute()
        ours = Mail.select(Mail.once_key).where(Mail.message_id.in_([row["message_id"] for row in rows]))
        queued = {key for (key,) in ours.tuples()}
        told += [one.to for one in some if one.once_key in queued and isinstance(one.to, Account)]
    return told


def _row(
    kind: str, to: Account | str, letter: Letter, agency: Agency, once_key: str | None
) -> dict[str, Any]:
    now = clock.now()
    return {
        "message_id": f"<{secrets.token_hex(16)}@{sender(agency)[1].rpartition('@')[2]}>",
        "account": to if isinstance(to, Account) else None,
        "kind": kind,
        "recipient": to.email if isinstance(to, Account) else to,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "once_key": once_key,
        "queued_at": now,
        "due_at": now,
        "request_id": cause.request_id(),
    }


def compose(
    kind: str, to: Account | str, *, language: str = "nl", agency: Agency | None = None, **values: Any
) -> Letter:
    """Write a mail without queueing it; the agency is read unless it is given."""
    account = to if isinstance(to, Account) else None
    templates = _templates(account.language if account else language)
    agency = agency or Agency.get_or_none() or Agency(name="Konnekt")
    context = {"account": account, "agency": agency, "portal": config().url, **values}
    subject, _, text = templates.get_template(f"{kind}.txt").render(context).partition("\n")
    html = templates.get_template(f"{kind}.html").render(context)
    return Letter(" ".join(subject.split()), text.strip() + "\n", html)


@lru_cache
def _templates(language: str) -> Environment:
    """Jinja for one language, apart from Flask's: mails are also written where nobody asks for a page."""
    environment = Environment(
        loader=FileSystemLoader(HOUSE / "templates" / "mail"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations: NullTranslations = Translations.load(HOUSE / "translations", [language])
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]

    def called(how: Callable[..., str], period: PayPeriod | str, *more: int) -> str:
        if isinstance(period, str):
            return period
        return how(period, translations.gettext, LOCALES[language], *more)

    def chip(flag: Flag) -> str:
        words, values = flag_words.chip(flag)
        told = {
            name: units.hours_cell(value, language) if isinstance(value, flag_words.ShortHours) else value
            for name, value in values.items()
        }
        return translations.gettext(words) % told if told else translations.gettext(words)

    environment.filters.update(
        flag_chip=chip,
        name=lambda row: row if isinstance(row, str) else row.name,
        moment=lambda at: format_datetime(clock.local(at), f"EEEE {DAY} HH:mm", locale=LOCALES[language]),
        day=lambda on: format_date(on, f"EEEE {DAY}", locale=LOCALES[language]),
        line=lambda text: " ".join(text.split()),
        hours=lambda minutes: units.hours_total(minutes, language),
        period=lambda period: called(period_names.with_days, period),
        period_name=lambda period: called(period_names.plain, period, clock.today().year),
    )
    return environment
