"""How a rule says no to a client: the members of every mutation's union, and the one place that maps them.

A member that leads to types of its own stands in their module, which registers it with `maps`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import strawberry

from app.domain.shared import refusal as domain
from app.domain.shared.character import code_point, shown_alone
from app.domain.shared.refusal import RefusalCode
from app.domain.unit import freeze
from schema.catalogue import Station
from schema.words import vocabulary

D = TypeVar("D")
R = TypeVar("R", bound=domain.Refusal)

vocabulary(
    RefusalCode,
    "Which rule said no. The list grows: expect unknown values.",
    {
        "INVALID_INPUT": "A value is outside its limits; `path` names it.",
        "NOT_FOUND": "It is not there, or the viewer may not see it.",
        "NOT_ALLOWED": "The viewer may see it, but not do this.",
        "CONFLICT": "It has changed since the client looked.",
        "INCOMPLETE": "A required choice is missing.",
        "INCONSISTENT": "The choices break a rule.",
        "QUOTE_EXPIRED": "The quote is no longer valid.",
        "NOT_SOLD_IN_MARKET": "The model is not sold or not delivered there.",
        "FROZEN": "The operation that settles this choice has begun.",
        "LINE_FULL": "At the unit's place, which is settled, its line cannot build one more with this option.",
        "TOO_LATE": "Production, delivery or somebody else's answer came first.",
        "LIMIT_REACHED": "There are as many as there may be: of open proposals, members, people that come and go.",
        "KEY_REUSED": "The idempotency key was used with another input.",
        "DEADLINE_PASSED": "The deadline is over and the default applies.",
        "IMPOSSIBLE_STEP": "This cannot have happened to this unit.",
    },
)


@strawberry.interface(description="A rule said no, as data. Always write `... on Refusal { errorCode message path }`.")
class Refusal:
    error_code: RefusalCode = strawberry.field(description="Which rule said no.")
    message: str = strawberry.field(
        description="Why, for a developer, in English: tell a person by errorCode, path and the other fields."
    )
    path: list[str] | None = strawberry.field(description="The input field it is about, from the outside in.")


@strawberry.type(description="A value is outside its limits.")
class InvalidInput(Refusal):
    character: str | None = strawberry.field(
        default=None,
        description="The character that cannot be used, to show to a person; null: it is not about one character, or "
        "that one cannot be seen on its own.",
    )
    code_point: str | None = strawberry.field(
        default=None, description="The same by its number, U+202E; null: it is not about one character."
    )


@strawberry.type(description="It is not there, or the viewer may not see it: one answer for both.")
class NotFound(Refusal):
    pass


@strawberry.type(description="The viewer may see it, but not do this.")
class NotAllowed(Refusal):
    pass


@strawberry.type(description="It has changed since the client looked.")
class Conflict(Refusal):
    current_revision: int = strawberry.field(description="Of a design; for a product its lastSequence.")


@strawberry.type(description="The operation that settles this choice has begun.")
class Frozen(Refusal):
    option: str = strawberry.field(description="The option group that is settled.")
    frozen_at: datetime = strawberry.field(description="When it was.")
    station: Station | None = strawberry.field(description="Where it was.")


@strawberry.type(description="Every other no: errorCode says which.")
class NotPossible(Refusal):
    pass


Map = Callable[[R], Refusal]
MEMBERS: dict[type[domain.Refusal], Callable[[Any], Refusal]] = {}
"""How each type of refusal becomes its union member: filled by `maps`."""


def maps(raised: type[R]) -> Callable[[Map[R]], Map[R]]:
    """Register how a refusal of this type becomes its union member; each type has one."""

    def register(work: Map[R]) -> Map[R]:
        assert raised not in MEMBERS, f"{raised.__name__} has its member already"
        MEMBERS[raised] = work
        return work

    return register


def basics(refusal: domain.Refusal) -> dict[str, Any]:
    """Map what every member has."""
    return {"error_code": refusal.code, "message": refusal.message, "path": list(refusal.path) or None}


@maps(domain.InvalidInput)
def _invalid_input(refusal: domain.InvalidInput) -> InvalidInput:
    symbol = refusal.character
    if symbol is None:
        return InvalidInput(**basics(refusal))
    return InvalidInput(**basics(refusal), character=shown_alone(symbol), code_point=code_point(symbol))


@maps(domain.NotFound)
def _not_found(refusal: domain.NotFound) -> NotFound:
    return NotFound(**basics(refusal))


@maps(domain.NotAllowed)
def _not_allowed(refusal: domain.NotAllowed) -> NotAllowed:
    return NotAllowed(**basics(refusal))


@maps(domain.NotPossible)
def _not_possible(refusal: domain.NotPossible) -> NotPossible:
    return NotPossible(**basics(refusal))


@maps(domain.Conflict)
def _conflict(refusal: domain.Conflict) -> Conflict:
    return Conflict(**basics(refusal), current_revision=refusal.current_revision)


@maps(freeze.Frozen)
def _frozen(refusal: freeze.Frozen) -> Frozen:
    station = refusal.station
    return Frozen(
        **basics(refusal),
        option=refusal.option,
        frozen_at=refusal.frozen_at,
        station=Station.of(station) if station else None,
    )


def refusal_of(refusal: domain.Refusal) -> Any:
    return MEMBERS[type(refusal)](refusal)


async def answered(work: Awaitable[D], of: Callable[[D], Any]) -> Any:
    """Answer a mutation: the success mapped by `of`, or the refusal that was raised, below `input`.

    Typed Any because each mutation's union is its own; the schema checks the member at run time.
    """
    try:
        return of(await work)
    except domain.Refusal as refusal:
        return refusal_of(refusal.below("input"))
