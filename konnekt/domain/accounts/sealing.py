"""What the database keeps but can't read by itself: sealed with the secret of the installation.

AES-256 in GCM with a key from that secret (HKDF, SHA-256): who copies or changes the tables without it
learns nothing, and can't put a sealed text in another row, since what it is about is sealed with it.
"""

import base64
import secrets
from typing import TYPE_CHECKING

from konnekt.background import mail

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12  # bytes (NIST SP 800-38D)


class Unreadable(Exception):
    """Sealed with a secret that is gone, about something else, or changed since."""


def seal(text: str, about: str) -> str:
    """The text as a table keeps it. about: which row's it is; unsealing asks the same."""
    nonce = secrets.token_bytes(NONCE)
    sealed = _cipher(_keys()[0]).encrypt(nonce, text.encode(), about.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(sealed: str, about: str) -> str:
    """The text again; one sealed with a secret before the last is read too. Raises Unreadable."""
    from cryptography.exceptions import InvalidTag

    encrypted = base64.b64decode(sealed)
    for key in _keys():
        try:
            return str(_cipher(key).decrypt(encrypted[:NONCE], encrypted[NONCE:], about.encode()).decode())
        except InvalidTag:
            continue
    raise Unreadable


def _keys() -> list[bytes]:
    """The installation's secrets, the newest first: `konnekt new-secret` puts one before them."""
    if not (newest_first := mail.config().secrets()):
        raise RuntimeError("`konnekt migrate` makes the secret first")
    return [one.encode() for one in newest_first]


def _cipher(key: bytes) -> "AESGCM":
    # Loaded where somebody has a second factor, and by nobody else.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=b"konnekt sealing").derive(key))
