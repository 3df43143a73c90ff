"""What clients send to design by themselves, and what they are answered."""

from typing import Annotated

import strawberry

from schema.configuration import SelectionInput
from schema.design import Design
from schema.refusal import Conflict, InvalidInput, NotAllowed, NotFound, NotPossible

ONCE = (
    "The client's own id of this request, 1 to 128 characters: sent again, it does nothing more and "
    "answers the same; with another input, it is refused (KEY_REUSED)."
)


@strawberry.input(description="A design to start.")
class StartDesignInput:
    model_sku: str = strawberry.field(description="The SKU of the model to configure.")
    title: str | None = strawberry.field(
        default=None, description="The title, 1 to 120 characters; without it, “My design” in the viewer's language."
    )
    selections: list[SelectionInput] | None = strawberry.field(default=None, description="The options to begin with.")
    engraving: str | None = strawberry.field(default=None, description="The text to engrave.")
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


@strawberry.input(description="The next revision of a design. What is not given stays as it is.")
class ReviseDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    expected_revision: int = strawberry.field(
        description="The revision that the client shows. If the design has another by now, the answer is a Conflict."
    )
    selections: list[SelectionInput] | None = strawberry.field(
        default=None, description="The option groups to change; groups that are not named keep their options."
    )
    engraving: str | None = strawberry.field(
        default=None, description="The text to engrave; an empty text removes the engraving."
    )
    title: str | None = strawberry.field(default=None, description="The title: 1 to 120 characters.")


@strawberry.input(description="The design from which to start another.")
class ForkDesignInput:
    design_id: strawberry.ID = strawberry.field(
        description="The id of a design in which the viewer takes part, or of a published one."
    )
    revision: int | None = strawberry.field(
        default=None,
        description="The number of an older revision; without it, the current one, or the published one where the "
        "viewer does not take part in the design.",
    )
    title: str | None = strawberry.field(
        default=None,
        description="The title, 1 to 120 characters; without it, the title of one's own design or of the published "
        "one, or else “My design”.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


StartDesignResult = Annotated[
    Design | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("StartDesignResult", description="The design, or why the request was refused."),
]
ReviseDesignResult = Annotated[
    Design | InvalidInput | NotFound | NotAllowed | Conflict,
    strawberry.union("ReviseDesignResult", description="The design after the change, or why the request was refused."),
]
