"""The konnekt command, in processes of its own."""

import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import passwords, sessions
from konnekt.models import Account, Event, Mail, Session
from tests.commands import COMMAND, environment, free_port, konnekt
from tests.factories import World

GOOD = "correct horse battery"


def test_migrate_makes_secret_and_tables_once(tmp_path: Path) -> None:
    config = Config(instance=tmp_path / "new" / "instance")
    first = konnekt(config, "migrate")
    assert (first.returncode, first.stdout.split()[0]) == (0, "0001_the_whole_house")
    secret = config.secret_file.read_text()
    assert len(secret) >= 43
    for file in (config.secret_file, config.instance / "konnekt.db"):
        assert file.stat().st_mode & 0o777 == 0o600
    again = konnekt(config, "migrate")
    assert (again.returncode, again.stdout) == (0, "")
    assert config.secret_file.read_text() == secret


def test_flask_runs_the_same_commands(tmp_path: Path) -> None:
    config = Config(instance=tmp_path)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "migrate"]
    root = Path(__file__).parent.parent
    subprocess.run(command, env=environment(config), cwd=root, check=True, capture_output=True)
    assert (tmp_path / "konnekt.db").exists()


@pytest.mark.parametrize(
    "arguments", [["invite", "a@b.example"], ["set-password", "a@b.example"], ["deliver"], ["serve"]]
)
def test_nothing_works_before_migrate(tmp_path: Path, arguments: list[str]) -> None:
    config = Config(instance=tmp_path)
    done = konnekt(config, *arguments)
    assert done.returncode == 1
    assert "There is no secret" in done.stderr
    assert "konnekt migrate" in done.stderr
    config.make_secret()
    done = konnekt(config, *arguments)
    assert done.returncode == 1
    assert "not up to date: run `konnekt migrate` first" in done.stderr
    assert "Traceback" not in done.stderr


def test_invite(world: World, config: Config) -> None:
    options = [
        "--first-name",
        "Jan",
        "--last-name",
        "Jansen",
        "--username",
        "FLEX77",
        "--language",
        "en",
        "--agency",
    ]
    done = konnekt(config, "invite", "Jan@UM.example", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Invitation for jan@um.example: handed to {config.instance}/outbox\n"
    account = Account.get(Account.email == "jan@um.example")
    assert (account.name, account.username, account.language) == ("Jan Jansen", "flex77", "en")
    assert account.is_agency_staff
    assert account.password_hash is None
    (file,) = (config.instance / "outbox").glob("*.eml")
    assert "http://127.0.0.1:8000/password/new/" in file.read_text()
    assert Mail.get().text == "", "the token is not kept"
    event = Event.get(Event.verb == "invite")
    assert (event.actor, event.source, event.person) == (None, "command", account)
    assert konnekt(config, "invite", "jan@um.example").returncode == 0
    assert Account.select().where(Account.email == "jan@um.example").count() == 1
    assert len(list((config.instance / "outbox").glob("*.eml"))) == 2


def test_invite_says_when_the_mail_waits(world: World, config: Config) -> None:
    done = konnekt(config, "invite", "jan@um.example", KONNEKT_MAIL="smtp://127.0.0.1:9")
    assert done.returncode == 0
    assert "waits in the outbox: Unreachable: 127.0.0.1" in done.stderr
    assert Mail.get().sent_at is None


@pytest.mark.parametrize("email", ["jan@um", "j an@um.example"])
def test_invite_refuses_a_bad_address(world: World, config: Config, email: str) -> None:
    done = konnekt(config, "invite", email)
    assert done.returncode == 1
    assert "is not a mail address" in done.stderr
    assert not Mail.select().exists()


def test_set_password_from_standard_input(world: World, config: Config) -> None:
    token = sessions.start(world.noor)
    for line in (GOOD.encode(), GOOD.encode() + b"\r\nmore\n"):
        done = konnekt(config, "set-password", "Noor@um.example", typed=line)
        assert (done.returncode, done.stderr) == (0, "")
        assert passwords.matches(Account.get_by_id(world.noor.id), GOOD)
    assert sessions.find(token) is None
    assert not Session.select().exists()
    konnekt(config, "set-password", "noor@um.example", typed="  é spaties  \n".encode())
    assert passwords.matches(Account.get_by_id(world.noor.id), "  é spaties  ")


@pytest.mark.parametrize(
    ("email", "typed", "says"),
    [
        ("nobody@um.example", b"correct horse battery\n", "There is no account nobody@um.example"),
        ("noor@um.example", b"kort\n", "Use at least 10 characters."),
        ("noor@um.example", b"", "Use at least 10 characters."),
        ("noor@um.example", b"\xff\xfe latin \xe9\n", "not UTF-8"),
    ],
)
def test_set_password_refuses(world: World, config: Config, email: str, typed: bytes, says: str) -> None:
    done = konnekt(config, "set-password", email, typed=typed)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stdout == ""
    assert Account.get_by_id(world.noor.id).password_hash is None


@pytest.mark.parametrize(("second", "code"), [(GOOD, 0), ("something else", 1)])
def test_set_password_asks_twice_on_a_terminal(world: World, config: Config, second: str, code: int) -> None:
    """What is typed is not shown; two that differ are asked again, and then the terminal hangs up."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "set-password", "noor@um.example"],
        env=environment(config), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    for prompt, answer in ((b"Password:", GOOD), (b"confirmation:", second)):
        while prompt not in seen:
            seen += os.read(ours, 1000)
        seen = b""
        os.write(ours, answer.encode() + b"\n")
    if code:
        while b"Password:" not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, b"\x04")
    try:
        while part := os.read(ours, 1000):
            seen += part
    except OSError:
        pass
    os.close(ours)
    assert (process.wait(30) != 0) is bool(code)
    assert GOOD.encode() not in seen
    assert passwords.matches(Account.get_by_id(world.noor.id), GOOD) is not bool(code)


def test_deliver(world: World, config: Config) -> None:
    from konnekt.domain import links

    links.send(world.noor, "reset")
    assert konnekt(config, "deliver").stdout == "1 sent, 0 failed\n"
    assert konnekt(config, "deliver").stdout == "0 sent, 0 failed\n"
    bad = konnekt(config, "deliver", KONNEKT_MAIL="mail.example")
    assert bad.returncode == 0, "nothing is due"
    links.send(world.noor, "reset")
    bad = konnekt(config, "deliver", KONNEKT_MAIL="mail.example")
    assert (bad.returncode, "KONNEKT_MAIL must be like" in bad.stderr) == (1, True)


def test_serve_says_at_once_what_is_wrong_with_the_mail_server(world: World, config: Config) -> None:
    done = konnekt(config, "serve", KONNEKT_MAIL="mail.example")
    assert (done.returncode, "KONNEKT_MAIL must be like" in done.stderr) == (1, True)


def test_a_database_that_is_not_there_is_said_in_one_sentence(world: World, config: Config) -> None:
    db.close_all() if config.database else db.close()
    away = replace(config, database=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    for arguments in (["deliver"], ["serve"], ["invite", "a@b.example"]):
        done = konnekt(away, *arguments)
        assert done.returncode == 1
        assert "The database can't be reached" in done.stderr
        assert "Traceback" not in done.stderr
    db.connect(reuse_if_open=True)
