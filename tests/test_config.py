"""The settings as the environment has them: each wrong one is refused in one line that names it."""

import os
from pathlib import Path

import pytest

from konnekt import db as database
from konnekt.config import BadSetting, Config


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("KONNEKT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_nothing_set_takes_the_defaults(tmp_path: Path) -> None:
    assert Config.from_environ() == Config(instance=tmp_path / "instance")


def test_what_is_empty_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("INSTANCE", "DATABASE", "MAIL", "MAIL_FROM", "URL", "NOW", "TRUSTED_PROXIES", "WORKERS"):
        monkeypatch.setenv(f"KONNEKT_{name}", "")
    assert Config.from_environ() == Config(instance=tmp_path / "instance")


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("WORKERS", "64", 64),
        ("TRUSTED_PROXIES", "1", 1),
        ("LOG", "debug", "debug"),
        ("URL", "https://konnekt.example.org/", "https://konnekt.example.org"),
        ("URL", "http://[::1]:8123", "http://[::1]:8123"),
        ("NOW", "2026-11-30T09:00", "2026-11-30T09:00"),
        ("NOW", "2026-11-30T09:00:00+01:00", "2026-11-30T09:00:00+01:00"),
        ("MAIL", "smtp://user:password@mail.example:587", "smtp://user:password@mail.example:587"),
        ("MAIL_FROM", "InterUM <post@interum.example>", "InterUM <post@interum.example>"),
        ("DATABASE", "postgres://a:b@db.example:5433/k", "postgres://a:b@db.example:5433/k"),
        ("DATABASE", "postgresql:///k?host=/run/pg&port=5433", "postgresql:///k?host=/run/pg&port=5433"),
    ],
)
def test_what_is_set_is_read(monkeypatch: pytest.MonkeyPatch, name: str, value: str, read: object) -> None:
    monkeypatch.setenv(f"KONNEKT_{name}", value)
    assert getattr(Config.from_environ(), name.lower()) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG", "loud"),
        ("LOG", "INFO"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", "sixteen letters!"),
        ("WORKERS", "x"),
        ("WORKERS", "0"),
        ("WORKERS", "65"),
        ("WORKERS", "2.5"),
        ("WORKERS", "٣"),
        ("WORKERS", "9" * 5000),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "yes"),
        ("DATABASE", "mysql://"),
        ("DATABASE", "konnekt.db"),
        ("DATABASE", "postgresql:x"),
        ("DATABASE", "postgresql://host"),
        ("DATABASE", "postgresql://host:x/name"),
        ("DATABASE", "postgresql://host:99999/name"),
        ("DATABASE", "postgresql:///name?port=x"),
        ("DATABASE", "postgresql:///name?nonsense=1"),
        ("DATABASE", "postgresql://[host/name"),
        ("MAIL", "mail.example:25"),
        ("MAIL", "smtp://"),
        ("MAIL", "smtp://mail.example:x"),
        ("MAIL_FROM", "jan"),
        ("URL", "konnekt.example.org"),
        ("URL", "konnekt.example.org:8000"),
        ("URL", "//konnekt.example.org"),
        ("URL", "https://"),
        ("URL", "ftp://konnekt.example.org"),
        ("URL", "http://127.0.0.1:x"),
        ("NOW", "yesterday"),
        ("NOW", "0001-01-01"),
        ("NOW", "2026-13-01T09:00"),
    ],
)
def test_what_can_not_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"KONNEKT_{name}", value)
    with pytest.raises(BadSetting, match=f"^KONNEKT_{name}[ :]") as refusal:
        Config.from_environ()
    assert "\n" not in str(refusal.value)


def test_a_refusal_repeats_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DATABASE", "mysql://a:geheim@b/c"), ("MAIL", "http://a:geheim@b")):
        monkeypatch.setenv(f"KONNEKT_{name}", value)
        with pytest.raises(BadSetting) as refusal:
            Config.from_environ()
        assert "geheim" not in str(refusal.value)
        monkeypatch.delenv(f"KONNEKT_{name}")


def test_an_instance_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for config in (Config(instance=tmp_path / "file"), Config(instance=tmp_path / "file" / "below")):
        with pytest.raises(BadSetting, match="KONNEKT_INSTANCE"):
            config.secret()
        with pytest.raises(BadSetting, match="KONNEKT_INSTANCE"):
            config.require_writable()
    with pytest.raises(BadSetting, match="KONNEKT_INSTANCE"):
        Config(instance=tmp_path / "file" / "below").make_secret()


def test_an_instance_of_somebody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Root may write anywhere, so the answer of the system is replaced."""
    config = Config(instance=tmp_path)
    config.require_writable()
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    for refused in (config.require_writable, config.make_secret):
        with pytest.raises(BadSetting, match=r"KONNEKT_INSTANCE: .* can't be written"):
            refused()


def test_what_an_address_says_of_the_database(tmp_path: Path) -> None:
    """A name behind the question mark counts as in libpq's own addresses."""
    before = database.db.obj
    try:
        for url, host, port, user, sslmode in (
            ("postgresql:///k?host=/run/pg&port=5433&user=u", "/run/pg", 5433, "u", None),
            ("postgresql://u:p%40@db.example/k", "db.example", 5432, "u", "verify-full"),
            ("postgresql://u@db.example/k?sslmode=require", "db.example", 5432, "u", "require"),
            ("postgresql:///k?host=db.example", "db.example", 5432, None, "verify-full"),
            ("postgresql://localhost/k", "localhost", 5432, None, None),
        ):
            database.connect(Config(instance=tmp_path, database=url))
            said = database.db.obj.connect_params
            assert (said["host"], said["port"], said["user"], said.get("sslmode")) == (
                host,
                port,
                user,
                sslmode,
            )
            fixed = "-c jit=off -c max_parallel_workers_per_gather=0 -c standard_conforming_strings=on"
            assert said["options"] == fixed, (
                "to compile a report, or to begin processes, takes longer than it runs"
            )
        database.connect(Config(instance=tmp_path, database="postgresql:///k?options=-c%20work_mem%3D9MB"))
        assert database.db.obj.connect_params["options"] == f"{fixed} -c work_mem=9MB"
    finally:
        database.db.initialize(before)
