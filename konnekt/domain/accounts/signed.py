"""What a browser sends of a passkey, read and verified by py_webauthn, which is loaded when one is used.

It takes 16 MB and a fifth of a second once in a process, which nobody pays who has no passkey.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from konnekt.domain.refusals import Invalid
from konnekt.models import Passkey

# ES256, EdDSA, RS256: what today's devices make (IANA, COSE algorithms).
ALGORITHMS = (-7, -8, -257)
LONGEST = 20_000  # characters; with a certificate in it some thousands
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,1400}")


@dataclass(frozen=True)
class Signed:
    """What was sent, and what it says of itself; whether that is so says the signature."""

    whole: dict[str, Any]
    challenge: str
    credential_id: str
    user_handle: str


def read(typed: str) -> Signed:
    """What a browser's JSON says (WebAuthn, 5.1.8). Raises Invalid for what is none."""
    try:
        whole = json.loads(typed if len(typed) <= LONGEST else "")
        said = json.loads(_bytes(whole["response"]["clientDataJSON"]))
        handle = whole["response"].get("userHandle") or ""
        sent = Signed(whole, said["challenge"], whole["id"], handle)
        if not all(
            _BASE64URL.fullmatch(part) for part in (sent.challenge, sent.credential_id, handle or "-")
        ):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refused("unreadable") from None
    return sent


def verified(sent: Signed, passkey: Passkey, origin: str, domain: str) -> tuple[int, bool]:
    """The counter, and whether it is backed up, of a passkey that did sign this here. Raises Invalid."""
    with _whatever_is_wrong_with_it(passkey.account_id):
        from webauthn import verify_authentication_response

        checked = verify_authentication_response(
            credential=sent.whole,
            expected_challenge=_bytes(sent.challenge),
            expected_rp_id=domain,
            expected_origin=origin,
            credential_public_key=_bytes(passkey.public_key),
            credential_current_sign_count=0,  # the caller compares, and notes it
            require_user_verification=True,
        )
    return checked.new_sign_count, checked.credential_backed_up


def registered(sent: Signed, origin: str, domain: str) -> dict[str, Any]:
    """The columns of a new passkey. Raises Invalid where it is none, or of a kind that was not asked for."""
    with _whatever_is_wrong_with_it():
        from webauthn import verify_registration_response
        from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
        from webauthn.helpers.cose import COSEAlgorithmIdentifier

        verified = verify_registration_response(
            credential=sent.whole,
            expected_challenge=_bytes(sent.challenge),
            expected_rp_id=domain,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in ALGORITHMS],
        )
        # Nothing was signed with it yet: is it a key at all?
        decoded_public_key_to_cryptography(decode_credential_public_key(verified.credential_public_key))
    return {
        "credential_id": _text(verified.credential_id),
        "public_key": _text(verified.credential_public_key),
        "sign_count": verified.sign_count,
        "may_be_backed_up": verified.credential_device_type == "multi_device",
        "is_backed_up": verified.credential_backed_up,
    }


@contextmanager
def _whatever_is_wrong_with_it(account: int | None = None) -> Iterator[None]:
    """A stranger sent it: in a library that reads CBOR, certificates and keys it may fail in any way."""
    try:
        yield
    except Exception as error:
        raise refused("refused", account) from error


def refused(reason: str, account: int | None = None) -> Invalid:
    """The same sentence for all that is wrong with one; reason: for the log."""
    return Invalid(
        "This passkey was not accepted. Try it once more, or go on in another way.",
        reason=reason,
        account=account,
    )


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
