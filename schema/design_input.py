"""What clients send to design by themselves, and what they are answered."""

from typing import Annotated

import strawberry

from schema.configuration import SelectionInput
from schema.design import Design
from schema.refusal import Conflict, InvalidInput, NotAllowed, NotFound, NotPossible

ONCE = (
    "1 to 128 characters, the client's own name for this request: the same again does it once and answers the same; "
    "with another input it is refused (KEY_REUSED)."
)


@strawberry.input(description="A new design.")
class StartDesignInput:
    model_sku: str = strawberry.field(description="What to design.")
    title: str | None = strawberry.field(
        default=None, description="1 to 120 characters; without it, “My design” in the viewer's language."
    )
    selections: list[SelectionInput] | None = strawberry.field(default=None, description="The first choices.")
    engraving: str | None = strawberry.field(default=None, description="The text to engrave.")
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


@strawberry.input(description="The next revision of a design: what is not given stays as it is.")
class ReviseDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    expected_revision: int = strawberry.field(description="The revision that the client shows; another is a Conflict.")
    selections: list[SelectionInput] | None = strawberry.field(
        default=None, description="The groups to change; those not named keep their choices."
    )
    engraving: str | None = strawberry.field(default=None, description="The text to engrave; empty takes it away.")
    title: str | None = strawberry.field(default=None, description="1 to 120 characters.")


@strawberry.input(description="A design to start from.")
class ForkDesignInput:
    design_id: strawberry.ID = strawberry.field(description="A design one takes part in, or one of the gallery.")
    revision: int | None = strawberry.field(
        default=None,
        description="An older revision; without it, the current one or, of the gallery, the published one.",
    )
    title: str | None = strawberry.field(
        default=None,
        description="1 to 120 characters; without it, that of one's own design, or of the gallery, else “My design”.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


StartDesignResult = Annotated[
    Design | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("StartDesignResult", description="The design, or why not."),
]
ReviseDesignResult = Annotated[
    Design | InvalidInput | NotFound | NotAllowed | Conflict,
    strawberry.union("ReviseDesignResult", description="The design after it, or why not."),
]
