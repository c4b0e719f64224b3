"""Every KONNEKT_* setting with its default, in one place; a value that can't be is refused by name."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from konnekt import providers
from konnekt.providers import Provider

MOST_WORKERS = 64
LEVELS = ("debug", "info", "warning", "error")
# The signing key and those before it: a session lasts a week at most, so two changes of it do no harm.
MOST_SECRETS = 3
# Where the browsers that people have take messages; a name with a star stands for all below it.
PUSH_HOSTS = (
    "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "*.notify.windows.com",
)  # fmt: skip


class BadSetting(ValueError):
    """A setting that can't be: one line that names it, says what it takes, and repeats no password."""


@dataclass(frozen=True)
class Config:
    """What the environment says; `from_environ` reads it, tests make their own.

    instance: the folder that holds everything that is written.
    database: `postgresql://...`, or empty for an SQLite file in the instance folder.
    mail: an SMTP URL (`smtp://user:password@host:587`, `smtps://`), or empty for .eml files.
    mail_from: the sender of every mail; empty: the agency's own address.
    url: how the world reaches the portal; links in mails start with it, https makes cookies Secure.
    now: an ISO moment that stops the clock, for tests and demonstrations.
    trusted_proxies: how many reverse proxies in front add X-Forwarded-* headers.
    workers: server processes of `konnekt serve`.
    secret_file: the file of the signing key, or empty for `secret` in the instance folder.
    log: from which level on lines are logged: debug, info, warning or error.
    metrics_token: who sends this as a Bearer token is given /metrics; empty: nobody, it is not there.
    peppol_folder: where e-invoices for Peppol are put for an access point; None: nothing is handed over.
    push_hosts: the push services that browsers may be told of news by; none: nobody is.
    providers: who people may sign in with, as the named file says; none: nobody but the portal itself.
    """

    instance: Path
    database: str = ""
    mail: str = ""
    mail_from: str = ""
    url: str = "http://127.0.0.1:8000"
    now: str = ""
    trusted_proxies: int = 0
    workers: int = 2
    secret_file: str = ""
    metrics_token: str = ""
    log: str = "info"
    providers: tuple[Provider, ...] = ()
    peppol_folder: Path | None = None
    push_hosts: tuple[str, ...] = PUSH_HOSTS

    @classmethod
    def from_environ(cls) -> "Config":
        """Read the KONNEKT_* variables; unset ones take the defaults above. Raises BadSetting."""
        env = os.environ.get
        return cls(
            instance=_folder("KONNEKT_INSTANCE", env("KONNEKT_INSTANCE") or "instance"),
            database=_checked(database_server, env("KONNEKT_DATABASE", "")),
            mail=_checked(mail_server, env("KONNEKT_MAIL", "")),
            mail_from=_checked(_sender, env("KONNEKT_MAIL_FROM", "")),
            url=_checked(_portal, env("KONNEKT_URL") or cls.url).rstrip("/"),
            now=_checked(_moment, env("KONNEKT_NOW", "")),
            trusted_proxies=_number("KONNEKT_TRUSTED_PROXIES", env("KONNEKT_TRUSTED_PROXIES") or "0", 0, 9),
            secret_file=env("KONNEKT_SECRET_FILE", ""),
            log=_checked(_level, env("KONNEKT_LOG") or cls.log),
            metrics_token=_checked(_token, env("KONNEKT_METRICS_TOKEN", "")),
            providers=_providers(env("KONNEKT_PROVIDERS", "")),
            peppol_folder=_handed_over(env("KONNEKT_PEPPOL_FOLDER", "")),
            push_hosts=_push_hosts(env("KONNEKT_PUSH_HOSTS", "")),
            workers=_number("KONNEKT_WORKERS", env("KONNEKT_WORKERS") or "2", 1, MOST_WORKERS),
        )

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://")

    @property
    def secret_path(self) -> Path:
        return Path(self.secret_file) if self.secret_file else self.instance / "secret"

    def secret(self) -> str | None:
        """The signing key that `migrate` made, or None when there is none yet. Raises BadSetting."""
        return next(iter(self.secrets()), None)

    def secrets(self) -> list[str]:
        """The signing key, then those before it: what they signed still holds. Raises BadSetting."""
        try:
            return self.secret_path.read_text().split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            named = "KONNEKT_SECRET_FILE" if self.secret_file else "KONNEKT_INSTANCE"
            raise BadSetting(f"{named}: {self.secret_path} can't be read: {_why(error)}") from error

    def make_instance(self) -> None:
        """Make the instance's folder where it is not there yet. Raises BadSetting."""
        try:
            self.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BadSetting(f"KONNEKT_INSTANCE: {self.instance} can't be made: {_why(error)}") from error
        self.require_writable()

    def make_secret(self) -> None:
        """Make the instance and its signing key once, readable by its owner alone. Raises BadSetting."""
        self.make_instance()
        if not self.secrets():
            self.renew_secret()

    def renew_secret(self) -> None:
        """Put a new signing key before the ones there are, whole or not at all. Raises BadSetting."""
        self.write_secret("\n".join([secrets.token_urlsafe(48), *self.secrets()[: MOST_SECRETS - 1]]))

    def write_secret(self, text: str) -> None:
        """Store the signing keys, a line each, whole or not at all. Raises BadSetting."""
        part = self.secret_path.with_name(f"{self.secret_path.name}.part")
        try:
            handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(text)
            part.replace(self.secret_path)
        except OSError as error:
            raise BadSetting(f"{self.secret_path} can't be written: {_why(error)}") from error

    def require_writable(self) -> None:
        """Raise BadSetting where the instance is no folder that this process may write in."""
        if not self.instance.is_dir():
            raise BadSetting(f"KONNEKT_INSTANCE: {self.instance} is no folder")
        if not os.access(self.instance, os.W_OK | os.X_OK):
            raise BadSetting(f"KONNEKT_INSTANCE: {self.instance} can't be written by this user")


def database_server(url: str) -> SplitResult:
    """The parts of KONNEKT_DATABASE. Raises BadSetting."""
    # Here: an instance with SQLite never loads it.
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    parts = _parts(
        "KONNEKT_DATABASE", url, ("postgresql", "postgres"), "postgresql://user:password@host/name"
    )
    options = dict(parse_qsl(parts.query))
    try:
        make_conninfo(**options)
    except ProgrammingError as error:
        raise BadSetting(f"KONNEKT_DATABASE: {str(error).strip()}") from error
    if not _is_number(options.get("port", "0")):
        raise BadSetting("KONNEKT_DATABASE: its port must be a number")
    if not parts.path.strip("/") or "dbname" in options:
        raise BadSetting(
            "KONNEKT_DATABASE must name the database behind the host, like postgresql://host/name"
        )
    return parts


def mail_server(url: str) -> SplitResult:
    """The parts of KONNEKT_MAIL. Raises BadSetting."""
    like = "smtp://user:password@host:587 or smtps://host"
    parts = _parts("KONNEKT_MAIL", url, ("smtp", "smtps"), like)
    if not parts.hostname:
        raise BadSetting(f"KONNEKT_MAIL must be like {like}")
    return parts


def _portal(url: str) -> None:
    like = "https://konnekt.example.org"
    if not _parts("KONNEKT_URL", url, ("http", "https"), like).hostname:
        raise BadSetting(f"KONNEKT_URL must be like {like}")


def _parts(name: str, url: str, schemes: tuple[str, ...], like: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - asking for it is what refuses one that is no number
    except ValueError:
        raise BadSetting(f"{name} must be like {like}, a port a number up to 65535") from None
    if parts.scheme not in schemes or not url.partition(":")[2].startswith("//"):
        raise BadSetting(f"{name} must be like {like}")
    return parts


def _sender(text: str) -> None:
    if "@" not in parseaddr(text)[1]:
        raise BadSetting(f"KONNEKT_MAIL_FROM must be a mail address, not {text!r}")


def _providers(file: str) -> tuple[Provider, ...]:
    try:
        return providers.read(file) if file else ()
    except ValueError as error:
        raise BadSetting(f"KONNEKT_PROVIDERS: {error}") from None


def _handed_over(text: str) -> Path | None:
    return _folder("KONNEKT_PEPPOL_FOLDER", text) if text else None


def _push_hosts(text: str) -> tuple[str, ...]:
    return () if text == "none" else tuple(text.split()) or PUSH_HOSTS


def _level(text: str) -> None:
    if text not in LEVELS:
        raise BadSetting(f"KONNEKT_LOG must be one of {', '.join(LEVELS)}, not {text!r}")


def _token(text: str) -> None:
    if not (16 <= len(text) <= 256 and all("!" <= letter <= "~" for letter in text)):
        raise BadSetting(
            "KONNEKT_METRICS_TOKEN must be 16 to 256 letters, digits and signs without a space, such as "
            "`openssl rand -hex 24` makes"
        )


def _moment(text: str) -> None:
    try:
        year = datetime.fromisoformat(text).year
    except ValueError:
        year = 0
    if not 1970 < year < 9999:
        raise BadSetting(f"KONNEKT_NOW must be a moment like 2026-11-30T09:00, not {text!r}")


def _number(name: str, text: str, least: int, most: int) -> int:
    if not (_is_number(text.strip()) and least <= int(text) <= most):
        raise BadSetting(f"{name} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _folder(name: str, text: str) -> Path:
    try:
        return Path(text).resolve()
    except (OSError, RuntimeError) as error:
        raise BadSetting(f"{name}: {text!r} is no folder: {_why(error)}") from error


def _checked(check: Callable[[str], object], text: str) -> str:
    if text:
        check(text)
    return text


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
