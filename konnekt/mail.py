"""Outbox and delivery: mails are queued with what caused them and delivered later."""

from konnekt.config import Config

_config: Config | None = None


def configure(config: Config) -> None:
    """Remember where mail goes (KONNEKT_MAIL) and what links start with (KONNEKT_URL)."""
    global _config  # noqa: PLW0603 - one process has one mail configuration
    _config = config
