"""`konnekt check`, /readyz, and what hosts of one database have in common."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from konnekt import create_app
from konnekt.background import health
from konnekt.commands import schema
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import factors
from konnekt.models import Installation, Job, Mail, WaitingSheet, waiting
from tests import oidc, one_time_codes, smtp
from tests.command_line import konnekt
from tests.conftest import sign_in
from tests.factories import World
from tests.visitor import Visitor


def said(config: Config, **more: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code of `konnekt check`, and per thing whether it is well and what is said of it."""
    done = konnekt(replace(config, now=""), "check", **more)
    assert "Traceback" not in done.stderr
    rows = [line.partition(": ") for line in done.stdout.splitlines()]
    return done.returncode, {row[0][6:]: (row[0][:4].strip(), row[2]) for row in rows}


def test_all_is_well(world: World, config: Config) -> None:
    assert konnekt(config, "migrate").returncode == 0
    code, found = said(config)
    assert code == 0, found
    assert set(found) == {
        "secret", "disk", "proxies", "mail", "database", "schema", "mail queue", "long work", "background work",
        "kept facts", "clock",
    }  # fmt: skip
    assert {state for state, _ in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("settings", "thing", "sentence"),
    [
        ({"KONNEKT_URL": "https://konnekt.example.org"}, "proxies", "KONNEKT_TRUSTED_PROXIES is 0"),
        ({"KONNEKT_MAIL": "smtp://127.0.0.1:9"}, "mail", "ConnectionRefusedError"),
        ({"KONNEKT_NOW": "2026-11-30T09:00"}, "clock", "KONNEKT_NOW is set"),
    ],
)
def test_what_is_not_well(
    world: World, config: Config, settings: dict[str, str], thing: str, sentence: str
) -> None:
    konnekt(config, "migrate")
    code, found = said(config, **settings)
    assert code == 1
    assert found[thing][0] == "FAIL"
    assert sentence in found[thing][1]
    assert [name for name, (state, _) in found.items() if state == "FAIL"] == [thing]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [("", "it has to send people back to"), ("failing", "status 500"), ("html", "no json")],
)
def test_providers_are_asked(world: World, config: Config, tmp_path: Path, wrong: str, sentence: str) -> None:
    konnekt(config, "migrate")
    with oidc.running(wrong=wrong) as provider:
        file = tmp_path / "providers"
        facts = {"name": "SURF", "issuer": provider.issuer, "client_id": "konnekt", "client_secret": "x" * 20}
        file.write_text("[surf]\n" + "".join(f"{name} = {value}\n" for name, value in facts.items()))
        file.chmod(0o600)
        code, found = said(config, KONNEKT_PROVIDERS=str(file))
    assert (code, found["provider surf"][0]) == ((1, "FAIL") if wrong else (0, "ok"))
    assert sentence in found["provider surf"][1]
    assert "x" * 20 not in str(found)


def test_mail_is_tried_without_sending(world: World, config: Config) -> None:
    konnekt(config, "migrate")
    with smtp.server() as postbox:
        where = f"smtp://127.0.0.1:{postbox.port}"
        code, found = said(config, KONNEKT_MAIL=where, KONNEKT_MAIL_FROM="bureau@interum.example")
        assert (code, found["mail"]) == (0, ("ok", "127.0.0.1 takes mail from bureau@interum.example"))
        assert (postbox.connections, postbox.envelopes) == (1, [])


def test_what_waits_too_long_in_the_background(world: World, config: Config, app: Flask) -> None:
    late = clock.now() - timedelta(minutes=16)
    Mail.create(
        message_id="<1@x>",
        kind="reminder",
        recipient="a@b.example",
        subject="",
        text="",
        queued_at=late,
        due_at=late,
    )
    Job.create(kind="import", created_at=late)
    answer = Visitor(app).get("/readyz")
    assert (answer.status_code, json.loads(answer.text)) == (503, {"wrong": ["mail queue", "long work"]})
    found = [health.post(), health.work()]
    assert [one.said for one in found] == [
        "the oldest mail is due for 16 minutes",
        "the oldest waits for 16 minutes",
    ]
    Mail.update(sent_at=late).execute()
    Job.update(claimed_until_at=clock.now() + timedelta(minutes=1)).execute()
    answer = Visitor(app).get("/readyz")
    assert (answer.status_code, json.loads(answer.text)) == (200, {"wrong": []})


def test_a_server_that_takes_no_mail_from_us(world: World, config: Config, tmp_path: Path) -> None:
    konnekt(config, "migrate")
    with smtp.server(tls_context=smtp.certificate(tmp_path), auth_required=True) as postbox:
        code, found = said(
            config, KONNEKT_MAIL=f"smtp://127.0.0.1:{postbox.port}", KONNEKT_MAIL_FROM="a@b.example"
        )
    assert (code, found["mail"][0]) == (1, "FAIL")
    assert "refuses the sender a@b.example: 530" in found["mail"][1]


def test_what_was_migrated_stays_as_it_is(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each start migrates, while other hosts work: nothing they rely on goes away for a moment."""
    schema.migrate(config)
    for name in ("remove_triggers", "install_triggers"):
        monkeypatch.setattr(waiting, name, lambda: pytest.fail("nothing is pending"))
    assert schema.migrate(config) == []


def test_the_secret_is_made_by_one_at_a_time(
    config: Config, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[bool] = []
    alone, write = schema.alone, Config.write_secret

    @contextmanager
    def watched() -> Iterator[None]:
        with alone():
            inside.append(True)
            yield
            inside.clear()

    def written(self: Config, text: str) -> None:
        assert inside, "two hosts would each make one"
        write(self, text)

    monkeypatch.setattr(schema, "alone", watched)
    monkeypatch.setattr(Config, "write_secret", written)
    config.secret_path.unlink(missing_ok=True)
    schema.migrate(config)
    assert Installation.get(Installation.name == "secret").value == schema.fingerprint(config.secret() or "")


def test_a_kept_fact_that_is_not_what_the_hours_say(world: World, config: Config) -> None:
    konnekt(config, "migrate")
    WaitingSheet.delete().execute()
    code, found = said(config)
    assert (code, found["kept facts"][0]) == (1, "FAIL")
    assert "differ from the hours" in found["kept facts"][1]


def test_a_database_that_is_gone(tmp_path: Path) -> None:
    config = Config(instance=tmp_path, database="postgresql://nobody@127.0.0.1:9/none")
    config.make_secret()
    code, found = said(config, KONNEKT_MAIL="smtp://127.0.0.1:9")
    assert code == 1
    assert found["database"][0] == "FAIL"
    assert "none at 127.0.0.1" in found["database"][1]


def second_host(config: Config, tmp_path: Path) -> Config:
    """Another host of the same database; of SQLite a copy of its file, as after a restore."""
    other = replace(config, instance=tmp_path / "second")
    other.make_instance()
    if not config.database:
        db.execute_sql(f"VACUUM INTO '{other.instance / 'konnekt.db'}'")
    return other


def test_a_second_host_makes_no_secret_of_its_own(world: World, config: Config, tmp_path: Path) -> None:
    konnekt(config, "migrate")
    other = second_host(config, tmp_path)
    refused = konnekt(other, "migrate")
    assert refused.returncode == 1
    assert "copy its file" in refused.stderr
    assert not other.secret_path.exists()
    other.make_secret()
    for command in ("migrate", "deliver"):
        refused = konnekt(other, command)
        assert refused.returncode == 1
        assert "is not that of this database" in refused.stderr
    shared = konnekt(other, "migrate", KONNEKT_SECRET_FILE=str(config.secret_path))
    assert shared.returncode == 0, shared.stderr
    assert konnekt(other, "deliver", KONNEKT_SECRET_FILE=str(config.secret_path)).returncode == 0


def test_a_new_secret_signs_nobody_out(world: World, config: Config, own_app: Flask) -> None:
    client = own_app.test_client()
    sign_in(client, world.supervisor)
    cookie = client.get_cookie("konnekt")
    assert cookie is not None
    konnekt(config, "migrate")
    before = config.secret()
    assert konnekt(config, "new-secret").returncode == 0
    assert config.secrets()[1:] == [before]
    assert config.secret_path.stat().st_mode & 0o777 == 0o600
    assert konnekt(config, "migrate").returncode == 0, "the database knows the new one"
    if config.database:
        db.close_all()
    later = create_app(config).test_client()
    later.set_cookie("konnekt", cookie.value)
    assert later.get("/account").status_code == 200


def test_a_new_secret_reads_what_all_before_it_sealed(world: World, config: Config, app: Flask) -> None:
    phone = one_time_codes.set_up(world.noor)
    konnekt(config, "migrate")
    for _ in range(4):  # one more than are kept
        done = konnekt(config, "new-secret")
        assert done.returncode == 0, done.stderr
    factors.check(world.noor, phone.code())


def test_code_that_is_older_than_the_database_writes_nothing(world: World, config: Config) -> None:
    columns = "(id, name, applied) VALUES (999, '9999_later', '2027-01-01 00:00:00')"
    db.execute_sql(f"INSERT INTO schema_migration {columns}")
    try:
        answers = [konnekt(config, command) for command in ("migrate", "deliver", "serve")]
    finally:
        db.execute_sql("DELETE FROM schema_migration WHERE id = 999")
    for refused in answers:
        assert refused.returncode == 1
        assert "newer than this version of Konnekt (it has 9999_later)" in refused.stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_several_migrate_at_once(kind: str, tmp_path: Path, postgresql_url: str) -> None:
    """One does it while the others wait."""
    server = postgresql_url.rpartition("/")[0]
    url = f"{server}/migrating" if kind == "postgresql" else ""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        if url:
            connection.execute("CREATE DATABASE migrating")
        hosts = Config(instance=tmp_path, database=url)
        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(lambda _: konnekt(hosts, "migrate"), range(3)))
        if url:
            connection.execute("DROP DATABASE migrating WITH (FORCE)")
    assert [one.returncode for one in done] == [0, 0, 0], [one.stderr for one in done]
    names = [name for one in done for name in one.stdout.split()]
    assert len(names) == len(set(names)) > 8
