"""The konnekt command, in processes of its own."""

import os
import pty
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from konnekt.config import Config
from konnekt.db import db
from konnekt.domain.accounts import passwords, sessions
from konnekt.models import Account, Event, Mail, Session
from tests import one_time_codes
from tests.command_line import COMMAND, environment, free_port, konnekt
from tests.factories import World

GOOD = "correct horse battery"


def test_migrate_makes_secret_and_tables_once(tmp_path: Path) -> None:
    config = Config(instance=tmp_path / "new" / "instance")
    first = konnekt(config, "migrate")
    assert (first.returncode, first.stdout.split()[0]) == (0, "0001_initial_schema")
    secret = config.secret_path.read_text()
    assert len(secret) >= 43
    for file in (config.secret_path, config.instance / "konnekt.db"):
        assert file.stat().st_mode & 0o777 == 0o600
    again = konnekt(config, "migrate")
    assert (again.returncode, again.stdout) == (0, "")
    assert config.secret_path.read_text() == secret


def test_flask_runs_the_same_commands(tmp_path: Path) -> None:
    config = Config(instance=tmp_path)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "migrate"]
    root = Path(__file__).parents[2]
    subprocess.run(command, env=environment(config), cwd=root, check=True, capture_output=True)
    assert (tmp_path / "konnekt.db").exists()


def test_removing_a_second_factor(config: Config, world: World) -> None:
    phone = one_time_codes.set_up(world.noor)
    done = konnekt(config, "remove-factors", "nobody@um.example")
    assert (done.returncode, "no account nobody@um.example" in done.stderr) == (1, True)
    done = konnekt(config, "remove-factors", "Noor@um.example")
    assert done.returncode == 0, done.stderr
    assert not Account.get_by_id(world.noor.id).has_second_factor
    assert phone.secret not in done.stdout
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.actor, event.source) == ("reset_factors", None, "command")
    assert "Wie het portaal beheert" in Mail.select().order_by(Mail.id.desc()).get().text
    done = konnekt(config, "remove-factors", "noor@um.example")
    assert (done.returncode, "has no second step" in done.stderr) == (1, True)


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
        ("noor@um.example", b"kort\n", "Use at least 12 characters."),
        ("noor@um.example", b"", "Use at least 12 characters."),
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
    from konnekt.domain.accounts import links

    links.send(world.noor, "reset")
    assert konnekt(config, "deliver").stdout == "1 sent, 0 failed\n"
    assert konnekt(config, "deliver").stdout == "0 sent, 0 failed\n"


def test_a_database_that_is_not_there_is_said_in_one_sentence(world: World, config: Config) -> None:
    db.close_all()
    away = replace(config, database=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    for arguments in (["deliver"], ["serve"], ["invite", "a@b.example"]):
        done = konnekt(away, *arguments)
        assert done.returncode == 1
        assert "The database can't be reached (KONNEKT_DATABASE)" in done.stderr
        assert done.stderr.count("\n") == 1
    db.connect(reuse_if_open=True)


def test_version(tmp_path: Path) -> None:
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    done = konnekt(Config(instance=tmp_path), "--version", KONNEKT_WORKERS="x")
    assert (done.returncode, done.stdout) == (0, f"konnekt, version {pyproject['project']['version']}\n")


def test_help_needs_no_settings(tmp_path: Path) -> None:
    done = konnekt(Config(instance=tmp_path), "--help", KONNEKT_WORKERS="x")
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("migrate", "import", "set-password", "serve", "demo"):
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "setting", "value"),
    [
        (["migrate"], "KONNEKT_WORKERS", "x"),
        (["serve"], "KONNEKT_DATABASE", "mysql://"),
        (["deliver"], "KONNEKT_MAIL", "mail.example"),
        (["demo"], "KONNEKT_INSTANCE", "/proc/konnekt"),
        (["remind"], "KONNEKT_INSTANCE", "/proc/konnekt"),
        (["migrate"], "KONNEKT_INSTANCE", "/proc/version/konnekt"),
        (["import", "."], "KONNEKT_NOW", "yesterday"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    tmp_path: Path, arguments: list[str], setting: str, value: str
) -> None:
    done = konnekt(Config(instance=tmp_path), *arguments, **{setting: value})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert setting in done.stderr


def test_a_database_that_is_not_there_is_said_by_migrate(tmp_path: Path) -> None:
    away = Config(instance=tmp_path, database=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    done = konnekt(away, "migrate")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "The database can't be reached (KONNEKT_DATABASE)" in done.stderr


def test_a_port_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    done = konnekt(Config(instance=tmp_path), "serve", "--port", "x")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Invalid value for '--port'" in done.stderr
