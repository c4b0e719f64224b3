"""Telling a browser that there is news (RFC 8030), signed with the installation's own key (RFC 8292).

The key follows from the secret of the installation. A browser asks for messages of one key alone: what it
asked for under the secret before is signed with that, as long as it is kept.
"""

import base64
import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from konnekt.background import mail
from konnekt.domain import clock
from konnekt.domain.accounts import fetching, news
from konnekt.models import Account

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

log = logging.getLogger(__name__)

# Mails that bring something to do; the push goes with them.
KINDS = ("reminder", "rejected")
# How long a push service keeps it for a phone that is off, and how long a signature holds (RFC 8292, 2).
SECONDS_QUEUED, SECONDS_SIGNED = 86_400, 3600
OVER = (404, 410)
NO_ANSWER = 0


def public_key() -> str:
    """What a browser asks for messages of: the point of the key, as PushManager.subscribe takes it."""
    return _point(_keys()[0])


def tell(*accounts: Account) -> int:
    """Tell all browsers of these accounts; returns how many services took it. What is over is forgotten.

    No failure is tried again: the mail is what counts. A service that does not answer is asked once and then
    left alone, so that all of it waits as many times three seconds as there are services, not browsers.
    """
    taken, away = 0, set[str]()
    for account in accounts:
        for device in news.of(account):
            host = urlsplit(device.endpoint).netloc
            if host in away or not news.is_push_service(device.endpoint):
                continue
            statuses = _tried(device.endpoint)
            taken += _is_taken(statuses[-1])
            if statuses[-1] == NO_ANSWER:
                away.add(host)
            if all(status in OVER for status in statuses):
                news.gone(device.endpoint)
            log.info("news for account %s: %s", account.id, statuses)
    return taken


def _tried(endpoint: str) -> list[int]:
    """What its service said to each key, the newest first, until one was right or nothing answered."""
    statuses = []
    for key in _keys():
        statuses.append(_send(endpoint, key))
        if statuses[-1] == NO_ANSWER or _is_taken(statuses[-1]):
            break
    return statuses


def _is_taken(status: int) -> bool:
    return 200 <= status < 300


def _send(endpoint: str, key: "EllipticCurvePrivateKey") -> int:
    headers = {
        "Authorization": f"vapid t={_signed(endpoint, key)}, k={_point(key)}",
        "TTL": str(SECONDS_QUEUED),
        "Topic": "konnekt",
        "Urgency": "normal",
        "Content-Length": "0",
    }
    try:
        return fetching.status(endpoint, headers)
    except fetching.NoAnswer:
        return NO_ANSWER


def _signed(endpoint: str, key: "EllipticCurvePrivateKey") -> str:
    from joserfc import jwt
    from joserfc.jwk import ECKey

    parts, config = urlsplit(endpoint), mail.config()
    claims: dict[str, Any] = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(clock.machine().timestamp()) + SECONDS_SIGNED,
        "sub": config.url if config.is_https else f"mailto:{mail.sender()[1]}",
    }
    return jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, ECKey.import_key(_pem(key)))


def _pem(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _point(key: "EllipticCurvePrivateKey") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _keys() -> list["EllipticCurvePrivateKey"]:
    if not (newest_first := mail.config().secrets()):
        raise RuntimeError("`konnekt migrate` makes the secret first")
    return [_of(one) for one in newest_first]


@lru_cache(maxsize=4)
def _of(secret: str) -> "EllipticCurvePrivateKey":
    # Loaded where somebody asks for news, and by nobody else.
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    curve = ec.SECP256R1()
    # 48 bytes, so that the remainder prefers no number (FIPS 186-5, A.2.1).
    drawn = HKDF(SHA256(), length=48, salt=None, info=b"konnekt push").derive(secret.encode())
    return ec.derive_private_key(int.from_bytes(drawn) % (_ORDER - 1) + 1, curve)


# Of P-256 (SP 800-186, 3.2.1.3).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
