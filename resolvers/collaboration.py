"""gallery, invitations, compareRevisions, and what people working on one design do."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from app.actions import collaborate, invite
from app.actions.access import find_design
from app.actions.design import fork_design, restore_revision
from app.context import Info
from app.deps import Deps
from app.domain.catalogue.catalogue import Category
from app.domain.design.design import Design as DomainDesign
from app.domain.design.design import DesignChange as DomainChange
from app.domain.shared.viewer import Viewer
from app.store.design import GallerySort
from schema.arguments import Input
from schema.collaboration import (
    AcceptInvitationInput,
    ChangeDesignResult,
    ChangeRoleInput,
    CommentOnDesignInput,
    GalleryEntry,
    InvitationResult,
    InviteToDesignInput,
    OpenDesignInput,
    ProposeChangesInput,
    PublishDesignInput,
    RemoveMemberInput,
    RevokeInvitationInput,
    SettleProposalInput,
    VoteOnProposalInput,
)
from schema.configuration import choices_of
from schema.connection import NEWEST, After, Connection, First, connection, page_asked
from schema.design import Design, DesignChange
from schema.design_input import ForkDesignInput, ReviseDesignResult, StartDesignResult
from schema.node import key_of
from schema.people import Invitation, invitation_page
from schema.proposal import Proposal
from schema.refusal import answered
from schema.revision import RestoreRevisionInput, RevisionComparison

Sort = Annotated[GallerySort, strawberry.argument(description="The order of the gallery.")]
InCategory = Annotated[Category | None, strawberry.argument(description="Only this kind of appliance.")]
DesignId = Annotated[strawberry.ID, strawberry.argument(description="The id of the design.")]
LinkToken = Annotated[str, strawberry.argument(description="The token of the link.")]
Number = Annotated[int, strawberry.argument(description="The number of a revision.")]


@strawberry.type
class CollaborationQuery:
    @strawberry.field(description="The published designs, which anybody may look at and fork.")
    async def gallery(
        self,
        info: Info,
        category: InCategory = None,
        sort: Sort = GallerySort.NEWEST,
        first: First = None,
        after: After = None,
    ) -> Connection[GalleryEntry]:
        by_forks = sort == GallerySort.MOST_FORKED
        page = page_asked((int, str) if by_forks else NEWEST, first, after)
        found = await info.context.deps.stores.designs.page_gallery(category, sort, page)

        def place(entry: tuple[DomainDesign, int]) -> tuple[datetime | int, str]:
            design, forks = entry
            return forks if by_forks or design.published_at is None else design.published_at, design.id

        return connection(page, found, lambda entry: GalleryEntry.of(*entry), place)

    @strawberry.field(
        description="The open invitations to the viewer's e-mail address that the viewer has not accepted yet, the "
        "newest first."
    )
    async def invitations(self, info: Info, first: First = None, after: After = None) -> Connection[Invitation]:
        page = page_asked(NEWEST, first, after)
        return invitation_page(page, await invite.open_invitations(info.context.deps, info.context.signed_in, page))

    @strawberry.field(
        description="The invitation of a link, to see who invites to what before joining. It needs no account. Null: "
        "there is none, or it is over."
    )
    async def invitation(self, info: Info, token: LinkToken) -> Invitation | None:
        found = await invite.find_link(info.context.deps, token)
        return Invitation.of(found) if found else None

    @strawberry.field(
        description="The difference between two revisions of a design; null: one of them does not exist, or the "
        "viewer may not see it."
    )
    async def compare_revisions(
        self, info: Info, design_id: DesignId, a: Number, b: Number
    ) -> RevisionComparison | None:
        deps, key = info.context.deps, key_of("Design", design_id)
        present = await find_design(deps, info.context.signed_in, key)
        if present is None:
            return None
        earlier = await deps.stores.design_changes.find_revision(key, a)
        later = await deps.stores.design_changes.find_revision(key, b)
        if earlier is None or later is None:
            return None
        return RevisionComparison.of(earlier, later, deps.model(present.model), present)


def asker(info: Info) -> tuple[Deps, Viewer | None]:
    return info.context.deps, info.context.viewer


async def changed(work: Awaitable[DomainChange]) -> ChangeDesignResult:
    return await answered(work, DesignChange.of)


@strawberry.type
class CollaborationMutation:
    @strawberry.mutation(description="Makes the configuration of an old revision the next revision.")
    async def restore_revision(self, info: Info, input: Input[RestoreRevisionInput]) -> ReviseDesignResult:
        key = key_of("Design", input.design_id)
        return await answered(restore_revision(*asker(info), key, input.expected_revision, input.revision), Design.of)

    @strawberry.mutation(description="Starts a design of one's own from another design.")
    async def fork_design(self, info: Info, input: Input[ForkDesignInput]) -> StartDesignResult:
        key = key_of("Design", input.design_id)
        fork = fork_design(*asker(info), key, input.revision, input.title, info.context.locale, input.idempotency_key)
        return await answered(fork, Design.of)

    @strawberry.mutation(description="Invites somebody to take part in a design.")
    async def invite_to_design(self, info: Info, input: Input[InviteToDesignInput]) -> InvitationResult:
        key = key_of("Design", input.design_id)
        return await answered(
            invite.invite_to_design(*asker(info), key, input.role, input.email, input.days), Invitation.of
        )

    @strawberry.mutation(description="Revokes an invitation. Whoever has accepted it already stays until removed.")
    async def revoke_invitation(self, info: Info, input: Input[RevokeInvitationInput]) -> InvitationResult:
        key = key_of("Invitation", input.invitation_id)
        return await answered(invite.revoke_invitation(*asker(info), key), Invitation.of)

    @strawberry.mutation(
        description="Joins a design, or takes a higher role in it. An invitation never lowers a role. One that is "
        "older than the owner's last decision about a person neither brings that person back nor changes "
        "their role. The design's owner is refused, as they need no invitation."
    )
    async def accept_invitation(self, info: Info, input: Input[AcceptInvitationInput]) -> ChangeDesignResult:
        key = key_of("Invitation", input.invitation_id) if input.invitation_id is not None else None
        return await changed(invite.accept_invitation(*asker(info), input.token, key))

    @strawberry.mutation(description="Gives a member of a design another role.")
    async def change_role(self, info: Info, input: Input[ChangeRoleInput]) -> ChangeDesignResult:
        design, account = key_of("Design", input.design_id), key_of("Account", input.account_id)
        return await changed(collaborate.change_role(*asker(info), design, account, input.role))

    @strawberry.mutation(description="Removes a member from a design, or leaves it.")
    async def remove_member(self, info: Info, input: Input[RemoveMemberInput]) -> ChangeDesignResult:
        design, account = key_of("Design", input.design_id), key_of("Account", input.account_id)
        return await changed(collaborate.remove_member(*asker(info), design, account))

    @strawberry.mutation(
        description="Opens a design to the engineers of the factory that would build it, or closes it to them."
    )
    async def open_design(self, info: Info, input: Input[OpenDesignInput]) -> ChangeDesignResult:
        return await changed(collaborate.open_design(*asker(info), key_of("Design", input.design_id), input.opened))

    @strawberry.mutation(
        description="Publishes a design in the gallery as it is now, without its people, its engraving and its own "
        "title, or withdraws it. Later revisions are not public until it is published again."
    )
    async def publish_design(self, info: Info, input: Input[PublishDesignInput]) -> ChangeDesignResult:
        key = key_of("Design", input.design_id)
        work = collaborate.publish_design(*asker(info), key, input.published, input.title, input.expected_revision)
        return await changed(work)

    @strawberry.mutation(description="Comments on a design.")
    async def comment_on_design(self, info: Info, input: Input[CommentOnDesignInput]) -> ChangeDesignResult:
        key = key_of("Design", input.design_id)
        work = collaborate.comment_on_design(
            *asker(info), key, input.text, input.group, input.reply_to, input.idempotency_key
        )
        return await changed(work)

    @strawberry.mutation(description="Proposes changes of a design, which its owner accepts or declines as a whole.")
    async def propose_changes(self, info: Info, input: Input[ProposeChangesInput]) -> ChangeDesignResult:
        async def work() -> DomainChange:
            key, choices = key_of("Design", input.design_id), choices_of(input.selections) or ()
            return await collaborate.propose_changes(
                *asker(info), key, choices, input.engraving, input.note, input.idempotency_key
            )

        return await changed(work())

    @strawberry.mutation(description="Votes on an open proposal.")
    async def vote_on_proposal(self, info: Info, input: Input[VoteOnProposalInput]) -> ChangeDesignResult:
        design, proposal = Proposal.place(key_of("Proposal", input.proposal_id))
        return await changed(collaborate.vote_on_proposal(*asker(info), design, proposal, input.vote))

    @strawberry.mutation(description="Accepts a proposal, which makes the next revision, or declines it.")
    async def settle_proposal(self, info: Info, input: Input[SettleProposalInput]) -> ChangeDesignResult:
        design, proposal = Proposal.place(key_of("Proposal", input.proposal_id))
        return await changed(
            collaborate.settle_proposal(*asker(info), design, proposal, input.accept, input.expected_revision)
        )
