"""A passkey as a test holds it: makes and signs what a browser with a real one would (WebAuthn, level 2)."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from konnekt.domain.accounts import passkeys
from konnekt.models import Account, Passkey

URL = "http://localhost:8000"
SITE = passkeys.site(URL)
BROWSER = "the token of this browser"
PRESENT, VERIFIED, MAY_BACK_UP, BACKED_UP, ATTESTED = 1, 4, 8, 16, 64


def text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def content(typed: str) -> bytes:
    return urlsafe_b64decode(typed + "==")


def _es256() -> tuple[dict[int, Any], Callable[[bytes], bytes]]:
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_numbers()
    public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
    return public, lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))


def _es384() -> tuple[dict[int, Any], Callable[[bytes], bytes]]:
    key = ec.generate_private_key(ec.SECP384R1())
    point = key.public_key().public_numbers()
    public = {1: 2, 3: -35, -1: 2, -2: point.x.to_bytes(48, "big"), -3: point.y.to_bytes(48, "big")}
    return public, lambda data: key.sign(data, ec.ECDSA(hashes.SHA384()))


def _eddsa() -> tuple[dict[int, Any], Callable[[bytes], bytes]]:
    key = ed25519.Ed25519PrivateKey.generate()
    return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}, key.sign


def _rs256() -> tuple[dict[int, Any], Callable[[bytes], bytes]]:
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    public = {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
    return public, lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


KINDS = {"ES256": _es256, "EdDSA": _eddsa, "RS256": _rs256, "ES384": _es384}


@dataclass
class SoftKey:
    """A key pair, and what it says of itself; what a test changes here is what is wrong with it."""

    algorithm: str = "ES256"
    origin: str = URL
    domain: str = "localhost"
    counter: int = 0
    flags: int = PRESENT | VERIFIED | MAY_BACK_UP | BACKED_UP
    fmt: str = "none"
    statement: dict[str, Any] = field(default_factory=dict)
    handle: str = ""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self.public, self.sign = KINDS[self.algorithm]()

    def create(self, options: dict[str, Any]) -> str:
        """What the browser sends of a new one."""
        self.handle = options["user"]["id"]
        data = self._data(ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id
        attested = {"fmt": self.fmt, "attStmt": self.statement, "authData": data + cbor2.dumps(self.public)}
        said = self._said("webauthn.create", options)
        return self._sent({"clientDataJSON": text(said), "attestationObject": text(cbor2.dumps(attested))})

    def get(self, options: dict[str, Any], *, names_itself: bool = True) -> str:
        """What the browser sends of one that signs."""
        said, data = self._said("webauthn.get", options), self._data()
        answer = {
            "clientDataJSON": text(said),
            "authenticatorData": text(data),
            "signature": text(self.sign(data + hashlib.sha256(said).digest())),
        }
        return self._sent(answer | ({"userHandle": self.handle} if names_itself else {}))

    def _data(self, more: int = 0) -> bytes:
        digest = hashlib.sha256(self.domain.encode()).digest()
        return digest + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")

    def _said(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _sent(self, response: dict[str, Any]) -> str:
        sent = {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
        return json.dumps(sent | {"clientExtensionResults": {}, "authenticatorAttachment": "platform"})


def set_up(account: Account, name: str = "Laptop", **columns: Any) -> tuple[SoftKey, Passkey]:
    """A passkey that counts."""
    key = SoftKey(**columns)
    made = key.create(passkeys.creation_options(account, BROWSER, SITE))
    row = passkeys.add(made, name, BROWSER, SITE, by=account)
    return key, row
