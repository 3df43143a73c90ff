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
    "How the gallery is ordered.",
    {"NEWEST": "The last published first.", "MOST_FORKED": "The most often forked first."},
)


@strawberry.type(description="A published design, without its people.")
class GalleryEntry:
    published: strawberry.Private[DomainDesign]
    forks: int = strawberry.field(description="How many designs were started from it.")
    published_at: datetime = strawberry.field(description="When it was published.")

    @classmethod
    def of(cls, design: DomainDesign, forks: int) -> "GalleryEntry":
        assert design.published_at is not None
        return cls(published=design, forks=forks, published_at=design.published_at)

    @strawberry.field(
        description="The design at the revision that was published; owner, authors and engraving are null. Its own id "
        "answers the same to everybody who does not take part in it."
    )
    def design(self, info: Info) -> Design:
        shown = as_published(self.published)
        assert shown is not None, "the gallery holds what is published"
        return Design.of(shown)


@strawberry.input(description="Whom to let into a design.")
class InviteToDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    role: Role = strawberry.field(description="VIEWER, COMMENTER or EDITOR.")
    email: str | None = strawberry.field(
        default=None,
        description="For the account with this address, which gets a mail; without it, a link for whoever has it.",
    )
    days: int = strawberry.field(default=7, description="For how long: 1 to 90 days.")


@strawberry.input(description="An invitation to end.")
class RevokeInvitationInput:
    invitation_id: strawberry.ID = strawberry.field(description="The invitation.")


@strawberry.input(description="An invitation to follow: a link's token, or the id of one to the viewer's address.")
class AcceptInvitationInput:
    token: str | None = strawberry.field(default=None, description="The link's secret.")
    invitation_id: strawberry.ID | None = strawberry.field(default=None, description="One of `invitations`.")


@strawberry.input(description="Whom to take out of a design.")
class RemoveMemberInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    account_id: strawberry.ID = strawberry.field(description="The member; one's own leaves.")


@strawberry.input(description="Another role for a member of a design.")
class ChangeRoleInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    account_id: strawberry.ID = strawberry.field(description="The member.")
    role: Role = strawberry.field(description="VIEWER, COMMENTER or EDITOR.")


@strawberry.input(description="Whether the factory's engineers see a design.")
class OpenDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    opened: bool = strawberry.field(description="Whether they do.")


@strawberry.input(description="Whether a design stands in the gallery.")
class PublishDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    published: bool = strawberry.field(description="Whether it does, as it is now.")
    title: str | None = strawberry.field(
        default=None, description="What it is called there, 1 to 120 characters; without it, by its model's name."
    )
    expected_revision: int | None = strawberry.field(
        default=None, description="The revision that the client shows; to publish another is a Conflict."
    )


@strawberry.input(description="Something to say about a design.")
class CommentOnDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    text: str = strawberry.field(description="1 to 2,000 characters.")
    group: str | None = strawberry.field(default=None, description="The option group it is about.")
    reply_to: int | None = strawberry.field(default=None, description="The sequence of the comment it answers.")
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


@strawberry.input(description="Changes to propose.")
class ProposeChangesInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    selections: list[SelectionInput] | None = strawberry.field(default=None, description="The groups to change.")
    engraving: str | None = strawberry.field(default=None, description="The text to engrave; empty takes it away.")
    note: str | None = strawberry.field(default=None, description="Why, 1 to 2,000 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description=ONCE)


@strawberry.input(description="A vote on a proposal.")
class VoteOnProposalInput:
    proposal_id: strawberry.ID = strawberry.field(description="The open proposal.")
    vote: Vote | None = strawberry.field(default=None, description="In place of an earlier one; null takes it back.")


@strawberry.input(description="What becomes of a proposal.")
class SettleProposalInput:
    proposal_id: strawberry.ID = strawberry.field(description="The open proposal.")
    accept: bool = strawberry.field(description="Accept it as the next revision, or decline it.")
    expected_revision: int | None = strawberry.field(
        default=None,
        description="The revision that the client shows; to accept at another is a Conflict. Not needed to decline.",
    )


InvitationResult = Annotated[
    Invitation | InvalidInput | NotFound | NotAllowed,
    strawberry.union("InvitationResult", description="The invitation, or why not."),
]
ChangeDesignResult = Annotated[
    DesignChange | InvalidInput | NotFound | NotAllowed | Conflict | NotPossible,
    strawberry.union("ChangeDesignResult", description="The change that it made, or why not."),
]
