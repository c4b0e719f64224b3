"""Every KONNEKT_* setting with its default, in one place."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path


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
    """

    instance: Path
    database: str = ""
    mail: str = ""
    mail_from: str = ""
    url: str = "http://127.0.0.1:8000"
    now: str = ""
    trusted_proxies: int = 0
    workers: int = 2

    @classmethod
    def from_environ(cls) -> "Config":
        """Read the KONNEKT_* variables; unset ones take the defaults above."""
        env = os.environ.get
        return cls(
            instance=Path(env("KONNEKT_INSTANCE") or "instance").resolve(),
            database=env("KONNEKT_DATABASE", ""),
            mail=env("KONNEKT_MAIL", ""),
            mail_from=env("KONNEKT_MAIL_FROM", ""),
            url=(env("KONNEKT_URL") or cls.url).rstrip("/"),
            now=env("KONNEKT_NOW", ""),
            trusted_proxies=int(env("KONNEKT_TRUSTED_PROXIES") or 0),
            workers=int(env("KONNEKT_WORKERS") or 2),
        )

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://")

    @property
    def secret_file(self) -> Path:
        return self.instance / "secret"

    def secret(self) -> str | None:
        """The signing key that `migrate` made, or None when there is none yet."""
        try:
            return self.secret_file.read_text().strip() or None
        except FileNotFoundError:
            return None

    def make_secret(self) -> None:
        """Make the signing key once, readable by its owner alone."""
        self.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(self.secret_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
