"""`konnekt check`: what the portal needs, a line each. What /readyz asks too is in background/health.py."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from peewee import PeeweeException, SqliteDatabase

from konnekt.background import health, proxies, transport
from konnekt.background.health import Finding
from konnekt.commands import schema
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain.accounts import openid, provider_requests
from konnekt.domain.budgets import counted
from konnekt.domain.invoices import missing_documents
from konnekt.domain.timesheets import link_facts
from konnekt.models import waiting
from konnekt.providers import Provider

# By this much the database's clock may differ from this machine's.
APART = timedelta(minutes=1)


def findings(config: Config) -> list[Finding]:
    """All that is looked at, each as far as what it needs is well; nothing is changed or sent."""
    checks = [_instance(config), health.disk(config), _proxies(config)]
    checks += [_provider(one) for one in config.providers]
    checks += [_peppol(config.peppol_folder)] if config.peppol_folder else []
    try:
        with db.connection_context():
            checks.append(Finding("database", True, _where(config)))
            checks.append(_schema(config))
            if checks[-1].is_well:
                checks[2] = _proxies(config, is_noted=proxies.noted())
                checks += [_mail(), health.post(), health.work(), health.processes(), _compared()]
            checks.append(_clock(config))
    except PeeweeException as error:
        checks.append(Finding("database", False, f"{_where(config)}: {str(error).strip().splitlines()[0]}"))
    return checks


def _instance(config: Config) -> Finding:
    config.require_writable()
    file = config.secret_path
    if not config.secrets():
        return Finding("secret", False, f"there is none in {file}: run `konnekt migrate`")
    others = file.stat().st_mode & 0o077
    return Finding("secret", not others, f"{file}" + (" can be read by others: chmod 600" if others else ""))


def _proxies(config: Config, *, is_noted: bool = False) -> Finding:
    if config.is_https and not config.trusted_proxies:
        said = "KONNEKT_URL is https, which a proxy in front makes, but KONNEKT_TRUSTED_PROXIES is 0"
        return Finding("proxies", False, said)
    if is_noted and not config.trusted_proxies:
        said = (
            "KONNEKT_TRUSTED_PROXIES is 0, but a proxy on this machine passes requests on: all visitors share"
        )
        return Finding("proxies", False, f"{said} one address, and its limits on failed sign-ins")
    return Finding("proxies", True, f"{config.trusted_proxies} in front of {config.url}")


def _provider(one: Provider) -> Finding:
    openid.forget()
    try:
        openid.check(one)
    except openid.ProviderRefusal as error:
        return Finding(f"provider {one.key}", False, f"{one.issuer}: {error.reason.replace('_', ' ')}")
    back = provider_requests.redirect_address(one)
    return Finding(f"provider {one.key}", True, f"{one.issuer}; it has to send people back to {back}")


def _peppol(folder: Path) -> Finding:
    is_well = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    return Finding("peppol", is_well, f"{folder}" + ("" if is_well else " is no folder that can be written"))


def _mail() -> Finding:
    with transport.transport() as way:
        try:
            said = way.try_out()
        except transport.Unreachable as error:
            return Finding("mail", False, str(error))
    return Finding("mail", True, said)


def _compared() -> Finding:
    """What is kept beside the hours so that pages are quick, compared with the hours: it reads them all."""
    differences = (link_facts.differences, missing_documents.differences, counted.drifted, waiting.drifted)
    wrong = [str(one) for compare in differences for one in compare()]
    if wrong:
        return Finding("kept facts", False, f"{len(wrong)} differ from the hours, first {wrong[0]}")
    return Finding("kept facts", True, "what is open and paid, sums of budgets, what waits: as the hours say")


def _where(config: Config) -> str:
    if isinstance(db.obj, SqliteDatabase):
        return str(config.instance / "konnekt.db")
    return f"{db.obj.database} at {db.obj.connect_params.get('host') or 'this machine'}"


def _schema(config: Config) -> Finding:
    try:
        schema.require_current(config)
    except click.ClickException as error:
        return Finding("schema", False, error.message)
    return Finding("schema", True, "that of this version, with the secret of this host")


def _clock(config: Config) -> Finding:
    if config.now:
        return Finding("clock", False, f"KONNEKT_NOW is set: it stands still at {config.now}")
    here = datetime.now(UTC)
    there = here
    if not isinstance(db.obj, SqliteDatabase):
        there = db.execute_sql("SELECT now()").fetchone()[0]
    if abs(there - here) > APART:
        return Finding("clock", False, f"here it is {here:%H:%M:%S}, at the database {there:%H:%M:%S}")
    return Finding("clock", True, f"{here:%Y-%m-%d %H:%M} UTC")
