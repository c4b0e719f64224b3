"""The file of providers: what it takes, and that what can't be is refused in one line without its secrets."""

from pathlib import Path

import pytest

from konnekt.config import BadSetting, Config

SECRET = "heel-geheim-8d1f"
GOOD = f"""
[surf]
name = SURFconext
issuer = https://connect.surfconext.nl
client_id = konnekt.example.org
client_secret = {SECRET}

[entra-id]
name = Entra 100%
issuer = https://login.microsoftonline.com/1-2-3/v2.0
client_id = b
client_secret = {SECRET}%%;#
mfa_acr = one  two
"""


def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, mode: int = 0o640) -> Config:
    file = tmp_path / "providers"
    file.write_text(text)
    file.chmod(mode)
    monkeypatch.setenv("KONNEKT_PROVIDERS", str(file))
    monkeypatch.setenv("KONNEKT_INSTANCE", str(tmp_path))
    return Config.from_environ()


def test_what_it_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    surf, entra = read(monkeypatch, tmp_path, GOOD).providers
    assert (surf.key, surf.name, surf.issuer) == ("surf", "SURFconext", "https://connect.surfconext.nl")
    assert (surf.client_id, surf.client_secret) == ("konnekt.example.org", SECRET)
    assert surf.mfa_acr == ("https://refeds.org/profile/mfa",)
    assert (entra.key, entra.client_secret, entra.mfa_acr) == ("entra-id", f"{SECRET}%%;#", ("one", "two"))
    assert SECRET not in repr(surf)


WRONG = {
    "no sections": "name = x",
    "not a line of one": "[surf]\nSURFconext",
    "no secret": GOOD.replace(f"client_secret = {SECRET}\n\n", "\n"),
    "an empty name": GOOD.replace("name = SURFconext", "name ="),
    "a key with a slash": GOOD.replace("[surf]", "[surf/x]"),
    "a key in capitals": GOOD.replace("[surf]", "[SURF]"),
    "twice the same key": GOOD.replace("[entra-id]", "[surf]"),
    "twice the same issuer": GOOD.replace("https://login.microsoftonline.com/1-2-3/v2.0", "https://connect.surfconext.nl"),
    "in the clear": GOOD.replace("https://connect", "http://connect"),
    "with a query": GOOD.replace("surfconext.nl", "surfconext.nl?x=1"),
    "with a password": GOOD.replace("https://connect", f"https://a:{SECRET}@connect"),
    "no address": GOOD.replace("https://connect.surfconext.nl", "SURFconext"),
    "an unknown line": GOOD.replace("mfa_acr", "mfa"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG.values(), ids=list(WRONG))
def test_what_can_not_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting, match=r"^KONNEKT_PROVIDERS: ") as refusal:
        read(monkeypatch, tmp_path, text)
    assert "\n" not in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_it_is_refused_where_everybody_can_read_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="chmod o-rwx"):
        read(monkeypatch, tmp_path, GOOD, 0o644)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_it_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("KONNEKT_PROVIDERS", str(tmp_path / name))
    with pytest.raises(BadSetting, match=r"^KONNEKT_PROVIDERS: .*can't be read"):
        Config.from_environ()


def test_on_this_machine_it_may_be_plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = GOOD.replace("https://connect.surfconext.nl", "http://127.0.0.1:8001")
    assert read(monkeypatch, tmp_path, text).providers[0].issuer == "http://127.0.0.1:8001"


def test_an_empty_file_is_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert read(monkeypatch, tmp_path, "# nothing yet\n").providers == ()
