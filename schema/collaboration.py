"""What people working on one design send, and the ways into it, as clients see them."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.context import Info
from app.domain.design.design import Design as DomainDesign
from app.domain.design.design import Role, Vote
from app.domain.design.publication import as_published
from app.store.design import GallerySort
from schema.configuration import SelectionInput
from schema.design import Design, DesignChange
from schema.design_input import ONCE
from schema.people import Invitation
from schema.refusal import Conflict, InvalidInput, NotAllowed, NotFound, NotPossible
from schema.words import vocabulary

vocabulary(
    GallerySort,
    "The order of the gallery.",
    {
        "NEWEST": "The design that was published last comes first.",
        "MOST_FORKED": "The design that was forked most often comes first.",
    },
)


@strawberry.type(description="A published design, without the people who take part in it.")
class GalleryEntry:
    published: strawberry.Private[DomainDesign]
    forks: int = strawberry.field(description="How many designs were started from it.")
    published_at: datetime = strawberry.field(description="When it was published.")

    @classmethod
    def of(cls, design: DomainDesign, forks: int) -> "GalleryEntry":
        assert design.published_at is not None
        return cls(published=design, forks=forks, published_at=design.published_at)

    @strawberry.field(
        description="The design as it was published: its owner, its authors and its engraving are null. Whoever does "
        "not take part in the design sees the same by its id."
    )
    def design(self, info: Info) -> Design:
        shown = as_published(self.published)
        assert shown is not None, "the gallery holds what is published"
        return Design.of(shown)


@strawberry.input(description="An invitation to take part in a design.")
class InviteToDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    role: Role = strawberry.field(description="The role to give: VIEWER, COMMENTER or EDITOR.")
    email: str | None = strawberry.field(
        default=None,
        description="Invite the account with this e-mail address, which gets a mail. Without it, the invitation is a "
        "link, for whoever has it.",
    )
    days: int = strawberry.field(default=7, description="For how many days the invitation is valid: 1 to 90.")


@strawberry.input(description="The invitation to revoke.")
class RevokeInvitationInput:
    invitation_id: strawberry.ID = strawberry.field(description="The id of the invitation.")


@strawberry.input(
    description="The invitation to accept: the token of a link, or the id of an invitation to the viewer's "
    "e-mail address."
)
class AcceptInvitationInput:
    token: str | None = strawberry.field(default=None, description="The token of the link.")
    invitation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of one of the viewer's `invitations`."
    )


@strawberry.input(description="The member to remove from a design.")
class RemoveMemberInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    account_id: strawberry.ID = strawberry.field(
        description="The account to remove; with one's own, one leaves the design."
    )


@strawberry.input(description="A new role for a member of a design.")
class ChangeRoleInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    account_id: strawberry.ID = strawberry.field(description="The account of the member.")
    role: Role = strawberry.field(description="The role to give: VIEWER, COMMENTER or EDITOR.")


@strawberry.input(description="Whether the factory's engineers may see a design.")
class OpenDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    opened: bool = strawberry.field(description="True opens the design to them, false closes it.")


@strawberry.input(description="Whether a design is shown in the gallery.")
class PublishDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    published: bool = strawberry.field(
        description="True publishes the design as it is now, false withdraws it from the gallery."
    )
    title: str | None = strawberry.field(
        default=None, description="The title in the gallery: 1 to 120 characters; without it, the name of the model."
    )
    expected_revision: int | None = strawberry.field(
        default=None,
        description="The revision that the client shows. If the design has another by now, the answer is a Conflict.",
    )


@strawberry.input(description="A comment on a design.")
class CommentOnDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    text: str = strawberry.field(description="The comment: 1 to 2,000 characters.")
    group: str | None = strawberry.field(default=None, description="The code of the option group that it is about.")
    reply_to: int | None = strawberry.field(
        default=None, description="The sequence of the comment to which it replies."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


@strawberry.input(description="Changes of a design to propose to its owner.")
class ProposeChangesInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    selections: list[SelectionInput] | None = strawberry.field(default=None, description="The option groups to change.")
    engraving: str | None = strawberry.field(
        default=None, description="The text to engrave; an empty text removes the engraving."
    )
    note: str | None = strawberry.field(default=None, description="The reason: 1 to 2,000 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


@strawberry.input(description="A vote on a proposal.")
class VoteOnProposalInput:
    proposal_id: strawberry.ID = strawberry.field(description="The id of the open proposal.")
    vote: Vote | None = strawberry.field(
        default=None, description="The vote, in place of an earlier one; null withdraws it."
    )


@strawberry.input(description="The owner's answer to a proposal.")
class SettleProposalInput:
    proposal_id: strawberry.ID = strawberry.field(description="The id of the open proposal.")
    accept: bool = strawberry.field(
        description="True accepts the proposal, which makes the next revision; false declines it."
    )
    expected_revision: int | None = strawberry.field(
        default=None,
        description="The revision that the client shows; needed to accept. If the design has another by now, the "
        "answer is a Conflict.",
    )


InvitationResult = Annotated[
    Invitation | InvalidInput | NotFound | NotAllowed,
    strawberry.union("InvitationResult", description="The invitation, or why the request was refused."),
]
ChangeDesignResult = Annotated[
    DesignChange | InvalidInput | NotFound | NotAllowed | Conflict | NotPossible,
    strawberry.union(
        "ChangeDesignResult", description="The change that was made to the design, or why the request was refused."
    ),
]
