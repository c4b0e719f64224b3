"""Passwords that leaked: 200,000 of the most used ones of 10 characters and more, without a network.

`leaked.bin`, made by tests/leaked_passwords.py, holds the first five bytes of each one's SHA-256, sorted: how
many begin with each of the 65,536 pairs of bytes (a byte each), then the three bytes after those. One in five
million others is taken for one of them. Read when a password is chosen, and not kept in memory.
"""

import hashlib
from pathlib import Path

FILE = Path(__file__).with_name("leaked.bin")
SHORTEST = 10
PAIRS = 2**16
REST = 3


def is_leaked(password: str) -> bool:
    """Whether the list has it, in whatever case."""
    data = FILE.read_bytes()
    pair, rest = key(password)
    start = PAIRS + REST * sum(data[:pair])
    endings = data[start : start + REST * data[pair]]
    return any(endings[at : at + REST] == rest for at in range(0, len(endings), REST))


def key(password: str) -> tuple[int, bytes]:
    """The pair of bytes that its hash begins with, as a number, and the bytes that follow."""
    hashed = hashlib.sha256(password.casefold().encode("utf-8", "replace")).digest()
    return int.from_bytes(hashed[:2], "big"), hashed[2 : 2 + REST]


def packed(passwords: set[str]) -> bytes:
    """The file that holds them."""
    keys = sorted({key(one) for one in passwords})
    counts = bytearray(PAIRS)
    for pair, _ in keys:
        counts[pair] += 1
    return bytes(counts) + b"".join(rest for _, rest in keys)
