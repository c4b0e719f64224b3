"""How a verb says no: an English sentence with its values, translated at the edge (web.py)."""

from typing import Any


def N_(message: str) -> str:
    """Mark a sentence that is said later."""
    return message


class Refused(Exception):
    """Not in this state (409). sentence is a message id with %(name)s values."""

    status = 409

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence, values)
        self.sentence = sentence
        self.values = values

    def __str__(self) -> str:
        return self.sentence % self.values if self.values else self.sentence


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
