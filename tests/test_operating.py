"""docs/operating.md, command by command: what it says is what one gets."""

import os
import shutil
import time
from contextlib import ExitStack
from http.client import HTTPConnection

from tests import oidc, smtp
from tests.demonstration import Inputs
from tests.domain.imports.import_sets import OWN
from tests.machine import DOCUMENT, NAME, Machine, commands, machine
from tests.postgresql import free_port

PASSWORD = "zes-groene-eenden"


FOLLOWED = {
    "Install", "Backups", "Upgrade, and back", "From SQLite to PostgreSQL", "A second host",
    "Signing in with the account of an organisation",
}  # fmt: skip


def test_every_block_of_commands_is_followed() -> None:
    sections = DOCUMENT.read_text().split("\n## ")
    assert {section.splitlines()[0] for section in sections if "```" in section} == FOLLOWED
    assert DOCUMENT.read_text().count("```") == 2 * DOCUMENT.read_text().count("\n```sh")


def install(on: Machine, until: str = "") -> list[str]:
    """Follow the installation, up to a command that begins so; returns what comes after it."""
    shutil.copytree(OWN, on.root / "srv/exports")
    steps = commands("Install")
    assert [step.startswith("systemctl enable") for step in steps].index(True) == 9, "ten commands"
    end = next(i for i, step in enumerate(steps) if step.startswith(until or 'sed -i "s|^#KONNEKT_MAIL'))
    on.run(steps[:end])
    return steps[end:]


def first_account(on: Machine, postbox: smtp.Postbox | None = None) -> None:
    """Sign in for the first time; with a code by mail where there is a mail server."""
    on.konnekt("konnekt set-password bureau@example.org", typed=f"{PASSWORD}\n")
    on.sign_in("bureau@example.org", PASSWORD)
    if postbox is not None:
        form = Inputs(on.ask("/login/code")[1]).values
        on.ask("/login/code", {**form, "factor_code": smtp.newest_code(postbox)})
    assert on.is_signed_in()


def test_from_nothing_to_an_upgrade_and_a_backup_brought_back() -> None:
    with smtp.server() as postbox, oidc.running() as provider, ExitStack() as stack:
        theirs = {
            "mail.example.org:25": f"127.0.0.1:{postbox.port}",
            "https://connect.example.org": provider.issuer,
        }
        one = stack.enter_context(machine(theirs))
        rest = install(one)
        assert one.ask("/healthz")[1] == "ok\n"
        answer, _ = one.ask("/login")
        assert answer.headers["Strict-Transport-Security"]
        assert "Secure" in answer.headers["Set-Cookie"]
        plain = HTTPConnection(one.addresses["listen 80"].removeprefix("listen "), timeout=10)
        plain.request("GET", "/login", headers={"Host": NAME})
        assert plain.getresponse().headers["Location"] == f"https://{NAME}/login"
        plain.close()
        said = one.run(rest)
        assert "FAIL" not in said
        assert len(postbox.mails) == 1
        assert f"https://{NAME}/" in postbox.mails[0].as_string()
        first_account(one, postbox)

        assert "/login/with/" not in sign_in_page(one)
        said = one.run(commands("Signing in with the account of an organisation"))
        assert f"provider university: {provider.issuer}" in said
        assert "FAIL" not in said
        assert "University account" in sign_in_page(one)

        steps = commands("Backups")
        listed = one.run(steps[:3])
        assert "by-hand.zip" in listed
        backups = one.root / "var/lib/konnekt-backups"
        yesterday = time.time() - 25 * 3600
        for name in ("2026-11-01-0230.zip", "2026-11-01-0240.zip", "of-a-day.zip"):
            (backups / name).touch()
            os.utime(backups / name, (yesterday, yesterday))
        often = next(i for i, step in enumerate(steps) if step == "systemctl start konnekt-backup") + 1
        one.run(steps[3:often])
        names = {file.name for file in backups.iterdir()} - {"by-hand.zip"}
        assert names > {"2026-11-01-0230.zip", "of-a-day.zip"}
        assert "2026-11-01-0240.zip" not in names
        assert len(names) == 3, "and the one of now"
        one.run(steps[often:])
        assert one.is_signed_in(), "with the session and the secret of before"
        assert (one.root / "var/lib/konnekt.before/konnekt.db").exists()
        steps = commands("Upgrade, and back")
        back = next(i for i, step in enumerate(steps) if step.startswith("systemctl stop"))
        said = one.run(steps[:back])
        assert "FAIL" not in said
        one.konnekt("konnekt set-password bureau@example.org", typed="met-de-nieuwe-versie\n")
        assert not one.is_signed_in()
        one.run(steps[back:])
        assert one.is_signed_in(), "as before the upgrade"


def test_to_postgresql_with_continuous_backup_and_a_second_host() -> None:
    with machine({"10.0.0.2:8000": f"127.0.0.1:{free_port()}"}) as one:
        install(one)
        one.run(["konnekt invite --agency bureau@example.org"])
        first_account(one)
        one.make_cluster()
        steps = commands("From SQLite to PostgreSQL")
        copied = next(i for i, step in enumerate(steps) if step.startswith("konnekt check"))
        said = one.run(steps[: copied + 1])
        assert "every one compared" in said
        assert "FAIL" not in said
        assert one.is_signed_in()

        lost = next(
            i for i, step in enumerate(steps) if "postgresql" in step and step.startswith("systemctl stop")
        )
        one.run(steps[copied + 1 : lost])
        one.konnekt("konnekt set-password bureau@example.org", typed="na-de-kopie-gewijzigd\n")
        one.bash("runuser -u postgres -- psql -q -c 'CHECKPOINT' -c 'SELECT pg_switch_wal()' >/dev/null")
        one.bash(
            'until runuser -u postgres -- psql -At -c "SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn()'
            ' - 16*1024*1024) FROM pg_stat_archiver" | grep -q t; do sleep 0.1; done'
        )
        # What was kept takes its time to be read: PostgreSQL answers before that, and lets nobody write.
        one.stand_in("gunzip", "sleep 1; exec /usr/bin/gunzip")
        one.run(steps[lost:])
        one.sign_in("bureau@example.org", "na-de-kopie-gewijzigd")
        assert one.is_signed_in(), "what changed after the copy is there"
        second_host(one)


def sign_in_page(one: Machine) -> str:
    """The page as a browser sees it in which nobody is signed in."""
    kept, one.cookies = one.cookies, {}
    _, page = one.ask("/login")
    one.cookies = kept
    return page


def second_host(one: Machine) -> None:
    """Each of two hosts answers whoever is signed in, also when the other is gone."""
    steps = commands("A second host")
    at_first = next(i for i, step in enumerate(steps) if step.startswith("sed"))
    with machine(
        {"10.0.0.2:8000": one.addresses["10.0.0.2:8000"]}, PGHOST=f"{one.root}/var/run/postgresql"
    ) as other:
        install(other, until="sed")
        settings = (one.root / "etc/konnekt/environment").read_text()
        settings = settings.replace(f"{one.root}/var/lib", f"{other.root}/var/lib")
        (other.root / "etc/konnekt/environment").write_text(settings)
        shutil.copy(one.root / "var/lib/konnekt/secret", other.root / "root/secret")
        said = other.run(steps[:at_first])
        assert "FAIL" not in said
        one.run(steps[at_first:])
        assert all(one.is_signed_in() for _ in range(4))
        one.systemctl("stop", "konnekt")
        assert all(one.is_signed_in() for _ in range(4)), "at the second alone"
