"""How a verb says no: an English sentence with its values, translated at the edge (web.py)."""

from hashlib import sha256
from typing import Any


def N_(message: str) -> str:
    """Mark a sentence that is said later."""
    return message


class Refused(Exception):
    """The family of all that a verb says no with. sentence is a message id with %(name)s values."""

    status: int

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence, values)
        self.sentence = sentence
        self.values = values

    def __str__(self) -> str:
        return self.sentence % self.values if self.values else self.sentence


class Conflict(Refused):
    """Not in this state, or somebody else was first (409)."""

    status = 409


class Invalid(Refused):
    """A value that can't be (422). field names the input it belongs to."""

    status = 422

    def __init__(self, sentence: str, field: str = "", **values: Any) -> None:
        super().__init__(sentence, **values)
        self.field = field


class Forbidden(Refused):
    """You see it and may not do this to it (403)."""

    status = 403


class NotFound(Refused):
    """It does not exist, or not for you (404)."""

    status = 404


class TooMany(Refused):
    """Too many attempts; try again later (429)."""

    status = 429


class Doubtful(Invalid):
    """Say that you are sure (422): the box `sure` stands below these sentences."""

    def __init__(self, doubts: list[Invalid]) -> None:
        super().__init__(doubts[0].sentence, field="sure", **doubts[0].values)
        self.doubts = doubts


def ask(doubts: list[Invalid], *, is_sure: bool) -> None:
    """Raise Doubtful unless there is nothing to ask or the answer was given."""
    if doubts and not is_sure:
        raise Doubtful(doubts)


def fingerprint_of(shown: Any) -> str:
    """What a form carries of what it showed, so that a verb refuses (Conflict) when that is no longer so.

    shown: plain values, always in the same order.
    """
    return sha256(repr(shown).encode()).hexdigest()[:32]
