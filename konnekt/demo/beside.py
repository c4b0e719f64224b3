"""The demonstration's own provider, served in a process beside the portal, for as long as that runs."""

import json
import secrets
import subprocess
import sys
from contextlib import suppress

from konnekt import demo
from konnekt.demo.provider import DemoProvider
from konnekt.providers import Provider


def begin(port: int) -> Provider | None:
    """Serve it on that port of this machine; None where something else has the port.

    It reads its settings from its standard input, and ends when that closes: with this process, however.
    """
    issuer = DemoProvider(port, {}, key="none yet").issuer
    secret = secrets.token_urlsafe(24)
    said = {"port": port, "people": demo.connect(issuer), "secret": secret}
    child = subprocess.Popen(
        [sys.executable, "-m", "konnekt.demo.provider"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin
    assert child.stdout
    with suppress(OSError):
        child.stdin.write(json.dumps(said).encode() + b"\n")
        child.stdin.flush()
    if child.stdout.readline() != b"ready\n":
        return None
    _children.append(child)
    return DemoProvider(port, {}, secret, key="its own").provider()


_children: list[subprocess.Popen[bytes]] = []  # or its standard input would close here
