"""How a rule says no: exceptions that become members of a mutation's result union."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Self


class RefusalCode(StrEnum):
    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    CONFLICT = "CONFLICT"
    INCOMPLETE = "INCOMPLETE"
    INCONSISTENT = "INCONSISTENT"
    QUOTE_EXPIRED = "QUOTE_EXPIRED"
    NOT_SOLD_IN_MARKET = "NOT_SOLD_IN_MARKET"
    FROZEN = "FROZEN"
    LINE_FULL = "LINE_FULL"
    TOO_LATE = "TOO_LATE"
    LIMIT_REACHED = "LIMIT_REACHED"
    KEY_REUSED = "KEY_REUSED"
    DEADLINE_PASSED = "DEADLINE_PASSED"
    IMPOSSIBLE_STEP = "IMPOSSIBLE_STEP"


class Refusal(Exception):
    """An expected no. `path` names the input field it is about, from the outside in."""

    code: RefusalCode

    def __init__(self, message: str, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)

    def below(self, *prefix: str) -> Self:
        """Return the same refusal about a field of an outer one."""
        below = type(self).__new__(type(self), *self.args)
        below.__dict__.update(self.__dict__, path=(*prefix, *self.path))
        return below


class InvalidInput(Refusal):
    """A value is outside its limits. `character`: the one that cannot be used, where it is about one."""

    code = RefusalCode.INVALID_INPUT

    def __init__(self, message: str, path: Sequence[str] = (), character: str | None = None) -> None:
        super().__init__(message, path)
        self.character = character


class NotFound(Refusal):
    """Absent and forbidden are one answer: the message never says which."""

    code = RefusalCode.NOT_FOUND


def no_such(noun: str, *path: str) -> NotFound:
    """Refuse what is not there, or not there for the viewer: with the same words."""
    return NotFound(f"There is no such {noun}.", path)


class NotAllowed(Refusal):
    code = RefusalCode.NOT_ALLOWED


class Conflict(Refusal):
    code = RefusalCode.CONFLICT

    def __init__(self, message: str, current_revision: int, path: Sequence[str] = ()) -> None:
        super().__init__(message, path)
        self.current_revision = current_revision


class QuoteExpired(Refusal):
    code = RefusalCode.QUOTE_EXPIRED

    def __init__(self, message: str, fresh_quote: Any, path: Sequence[str] = ()) -> None:
        super().__init__(message, path)
        self.fresh_quote = fresh_quote


class NotPossible(Refusal):
    """Every other no: its code says which."""

    def __init__(self, code: RefusalCode, message: str, path: Sequence[str] = ()) -> None:
        super().__init__(message, path)
        self.code = code


class Unauthenticated(Exception):
    """Nobody is signed in, or the token does not hold. A top-level error, never a union member."""
