"""Who people may sign in with (OpenID Connect): what the file that KONNEKT_PROVIDERS names says of each.

An INI file, a section for each provider; the section's name stands in addresses. It holds secrets, so it is
refused where everybody on the machine can read it.
"""

import re
from configparser import ConfigParser, Error
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

KEY = re.compile(r"[a-z][a-z0-9-]{0,29}")
NEEDED = ("name", "issuer", "client_id", "client_secret")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# The REFEDS profile, which universities share; in `amr` it is "mfa" (RFC 8176).
MFA_ACR = ("https://refeds.org/profile/mfa",)


@dataclass(frozen=True)
class Provider:
    """One provider. mfa_acr: the values of `acr` by which it says that it asked a second factor."""

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    mfa_acr: tuple[str, ...] = MFA_ACR


def read(file: str) -> tuple[Provider, ...]:
    """The providers of the file, in its order. Raises ValueError with a sentence that repeats no secret."""
    path = Path(file)
    parser = ConfigParser(interpolation=None)
    try:
        if path.stat().st_mode & 0o007:
            raise ValueError(f"{path} holds secrets and can be read by everybody: chmod o-rwx")
        parser.read_string(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} can't be read: {getattr(error, 'strerror', '') or 'no text'}") from None
    except Error as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise ValueError(f"{path} is no list of [sections] with name = value{where}") from None
    providers = tuple(_provider(key, dict(parser[key])) for key in parser.sections())
    issuers = [one.issuer for one in providers]
    if len(set(issuers)) < len(issuers):
        raise ValueError("two sections have the same issuer")
    return providers


def _provider(key: str, said: dict[str, str]) -> Provider:
    if not KEY.fullmatch(key):
        raise ValueError(f"[{key}] stands in addresses: use small letters, digits and -, at most 30")
    if lacks := [name for name in NEEDED if not said.get(name)]:
        raise ValueError(f"[{key}] lacks {', '.join(lacks)}")
    if unknown := sorted(said.keys() - {*NEEDED, "mfa_acr"}):
        raise ValueError(f"[{key}] has {', '.join(unknown)}, which means nothing here")
    if not is_safe(said["issuer"]):
        raise ValueError(f"[{key}] issuer must be like https://connect.example.org, without ? or #")
    acr = tuple(said["mfa_acr"].split()) if "mfa_acr" in said else MFA_ACR
    return Provider(key, said["name"], said["issuer"], said["client_id"], said["client_secret"], acr)


def is_safe(address: object) -> bool:
    """Whether secrets may travel there: https, or plain on this very machine, as in a demonstration."""
    if not isinstance(address, str) or len(address) > 2000 or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - asking for it is what refuses one that is no number
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    is_whole = bool(parts.hostname) and not parts.query and not parts.fragment and not parts.username
    return is_whole and (parts.scheme == "https" or is_plain)
