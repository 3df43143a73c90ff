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
    "Why a request was refused. The list grows: expect unknown values.",
    {
        "INVALID_INPUT": "A value is not allowed; `path` names it.",
        "NOT_FOUND": "The thing does not exist, or the viewer may not see it.",
        "NOT_ALLOWED": "The viewer may see the thing, but may not do this with it.",
        "CONFLICT": "The thing has changed since the client read it.",
        "INCOMPLETE": "An option of a required group is missing.",
        "INCONSISTENT": "The options break a rule.",
        "QUOTE_EXPIRED": "The quote has expired.",
        "NOT_SOLD_IN_MARKET": "The model is not sold, or not delivered, in this country.",
        "FROZEN": "The operation that freezes this choice has begun.",
        "LINE_FULL": "The unit's place on its line is frozen, and the line cannot build one more unit with this "
        "option there.",
        "TOO_LATE": "Production, delivery or somebody else's answer came first.",
        "LIMIT_REACHED": "A limit is reached, for example that of a design's open proposals or members.",
        "KEY_REUSED": "The idempotency key was used with another input before.",
        "DEADLINE_PASSED": "The deadline has passed, and the default applies.",
        "IMPOSSIBLE_STEP": "This step is impossible for this unit.",
    },
)


@strawberry.interface(
    description="The request was refused by a rule. Always select `... on Refusal { errorCode message path }`, "
    "so that unknown refusals are understood, too."
)
class Refusal:
    error_code: RefusalCode = strawberry.field(description="The code of the refusal.")
    message: str = strawberry.field(
        description="The reason in English, for developers. To tell people, use errorCode, path and the other fields."
    )
    path: list[str] | None = strawberry.field(
        description="The input field that it is about, from the outermost to the innermost; null: none in particular."
    )


@strawberry.type(description="A value is not allowed.")
class InvalidInput(Refusal):
    character: str | None = strawberry.field(
        default=None,
        description="The character that is not allowed, to show to people; null: the refusal is not about one "
        "character, or the character cannot be seen on its own.",
    )
    code_point: str | None = strawberry.field(
        default=None,
        description="The code point of the character, for example U+202E; null: the refusal is not about one "
        "character.",
    )


@strawberry.type(description="The thing does not exist, or the viewer may not see it: the answer is the same for both.")
class NotFound(Refusal):
    pass


@strawberry.type(description="The viewer may see the thing, but may not do this with it.")
class NotAllowed(Refusal):
    pass


@strawberry.type(description="The thing has changed since the client read it.")
class Conflict(Refusal):
    current_revision: int = strawberry.field(
        description="The current revision of the design; of a unit, its lastSequence."
    )


@strawberry.type(description="The operation that freezes this choice has begun.")
class Frozen(Refusal):
    option: str = strawberry.field(description="The code of the option group that is frozen.")
    frozen_at: datetime = strawberry.field(description="When the choice froze.")
    station: Station | None = strawberry.field(description="The station at which it froze; null: it is not known.")


@strawberry.type(description="Any other refusal: see errorCode.")
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
