"""How a rule says no to a client: the members of every mutation's union, and the one place that maps them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from app.domain.shared import refusal as domain
from app.domain.shared.character import code_point, shown_alone
from app.domain.shared.refusal import RefusalCode
from app.domain.unit import freeze
from schema.catalogue import Station
from schema.words import vocabulary

if TYPE_CHECKING:
    from schema.quote import Quote

D = TypeVar("D")

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


@strawberry.type(description="The quote is no longer valid.")
class QuoteExpired(Refusal):
    fresh_quote: Annotated["Quote", strawberry.lazy("schema.quote")] = strawberry.field(
        description="The same revision at today's price."
    )


@strawberry.type(description="The operation that settles this choice has begun.")
class Frozen(Refusal):
    option: str = strawberry.field(description="The option group that is settled.")
    frozen_at: datetime = strawberry.field(description="When it was.")
    station: Station | None = strawberry.field(description="Where it was.")


@strawberry.type(description="Every other no: errorCode says which.")
class NotPossible(Refusal):
    pass


def _basics(refusal: domain.Refusal) -> dict[str, Any]:
    return {"error_code": refusal.code, "message": refusal.message, "path": list(refusal.path) or None}


def _invalid_input(refusal: domain.InvalidInput) -> InvalidInput:
    symbol = refusal.character
    if symbol is None:
        return InvalidInput(**_basics(refusal))
    return InvalidInput(**_basics(refusal), character=shown_alone(symbol), code_point=code_point(symbol))


def _conflict(refusal: domain.Conflict) -> Conflict:
    return Conflict(**_basics(refusal), current_revision=refusal.current_revision)


def _quote_expired(refusal: domain.QuoteExpired) -> QuoteExpired:
    from schema.quote import Quote

    return QuoteExpired(**_basics(refusal), fresh_quote=Quote.of(refusal.fresh_quote))


def _frozen(refusal: freeze.Frozen) -> Frozen:
    station = refusal.station
    return Frozen(
        **_basics(refusal),
        option=refusal.option,
        frozen_at=refusal.frozen_at,
        station=Station.of(station) if station else None,
    )


_MEMBER: dict[type[domain.Refusal], Callable[[Any], Refusal]] = {
    domain.InvalidInput: _invalid_input,
    domain.NotFound: lambda refusal: NotFound(**_basics(refusal)),
    domain.NotAllowed: lambda refusal: NotAllowed(**_basics(refusal)),
    domain.NotPossible: lambda refusal: NotPossible(**_basics(refusal)),
    domain.Conflict: _conflict,
    domain.QuoteExpired: _quote_expired,
    freeze.Frozen: _frozen,
}


def refusal_of(refusal: domain.Refusal) -> Any:
    return _MEMBER[type(refusal)](refusal)


async def answered(work: Awaitable[D], of: Callable[[D], Any]) -> Any:
    """Answer a mutation: the success mapped by `of`, or the refusal that was raised, below `input`.

    Typed Any because each mutation's union is its own; the schema checks the member at run time.
    """
    try:
        return of(await work)
    except domain.Refusal as refusal:
        return refusal_of(refusal.below("input"))
