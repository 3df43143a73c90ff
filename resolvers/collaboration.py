"""gallery, invitations, compareRevisions, and what people working on one design do."""

from typing import Annotated

import strawberry

from app.actions import collaborate, invite
from app.actions.design import find_design, fork_design, restore_revision
from app.context import Info
from app.domain.catalogue import Category
from app.domain.design import Design as DomainDesign
from app.domain.design import DesignChange as DomainChange
from app.store.design import GallerySort
from schema.arguments import Input
from schema.collaboration import (
    AcceptInvitationInput,
    ChangeDesignResult,
    CommentOnDesignInput,
    GalleryEntry,
    Invitation,
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
from schema.design import Design, DesignChange, ForkDesignInput, ReviseDesignResult, StartDesignResult
from schema.node import After, Connection, First, checked_first, connection, key_of, place_cursor, read_place
from schema.refusal import answered
from schema.revision import RestoreRevisionInput, RevisionComparison

Sort = Annotated[GallerySort, strawberry.argument(description="How to order it.")]
InCategory = Annotated[Category | None, strawberry.argument(description="Only this kind of appliance.")]
DesignId = Annotated[strawberry.ID, strawberry.argument(description="The design.")]
Number = Annotated[int, strawberry.argument(description="A revision.")]


def proposal_key(id: str) -> tuple[str, int]:
    """Take a proposal's id apart: its design, and its sequence there."""
    design, _, sequence = key_of("Proposal", id).partition(".")
    return design, int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0


@strawberry.type
class CollaborationQuery:
    @strawberry.field(description="Published designs, for anybody to look at and to fork.")
    async def gallery(
        self,
        info: Info,
        category: InCategory = None,
        sort: Sort = GallerySort.NEWEST,
        first: First = None,
        after: After = None,
    ) -> Connection[GalleryEntry]:
        limit, place = checked_first(first), read_place(after, counted=sort == GallerySort.MOST_FORKED)
        found = await info.context.world.stores.designs.page_gallery(category, sort, place, limit + 1)

        def cursor(entry: tuple[DomainDesign, int]) -> str:
            design, forks = entry
            by = forks if sort == GallerySort.MOST_FORKED else design.published_at
            return place_cursor(by or 0, design.id)

        return connection(found, limit, after, lambda entry: GalleryEntry.of(*entry), cursor)

    @strawberry.field(description="Invitations to the viewer's address that are still good, newest first.")
    async def invitations(self, info: Info, first: First = None, after: After = None) -> Connection[Invitation]:
        limit, place = checked_first(first), read_place(after)
        found = await invite.open_invitations(info.context.world, info.context.signed_in, place, limit + 1)
        return connection(
            found, limit, after, Invitation.of, lambda i: place_cursor(i.invitation.created_at, i.invitation.id)
        )

    @strawberry.field(description="What differs between two revisions; null where one is not there for the viewer.")
    async def compare_revisions(
        self, info: Info, design_id: DesignId, a: Number, b: Number
    ) -> RevisionComparison | None:
        world, key = info.context.world, key_of("Design", design_id)
        present = await find_design(world, info.context.signed_in, key)
        if present is None:
            return None
        earlier = await world.stores.design_changes.find_revision(key, a)
        later = await world.stores.design_changes.find_revision(key, b)
        if earlier is None or later is None:
            return None
        return RevisionComparison.of(earlier, later, world.model(present.model), present)


@strawberry.type
class CollaborationMutation:
    @strawberry.mutation(description="Makes an old revision's configuration the next revision.")
    async def restore_revision(self, info: Info, input: Input[RestoreRevisionInput]) -> ReviseDesignResult:
        world, viewer = info.context.world, info.context.viewer
        key = key_of("Design", input.design_id)
        return await answered(restore_revision(world, viewer, key, input.expected_revision, input.revision), Design.of)

    @strawberry.mutation(description="Starts a design of one's own from another.")
    async def fork_design(self, info: Info, input: Input[ForkDesignInput]) -> StartDesignResult:
        key = key_of("Design", input.design_id)
        return await answered(fork_design(info.context.world, info.context.viewer, key, input.revision), Design.of)

    @strawberry.mutation(description="Makes a way into a design.")
    async def invite_to_design(self, info: Info, input: Input[InviteToDesignInput]) -> InvitationResult:
        world, viewer = info.context.world, info.context.viewer
        key = key_of("Design", input.design_id)
        work = invite.invite_to_design(world, viewer, key, input.role, input.email, input.days)
        return await answered(work, Invitation.of)

    @strawberry.mutation(description="Ends an invitation. Who has joined with it stays until taken out.")
    async def revoke_invitation(self, info: Info, input: Input[RevokeInvitationInput]) -> InvitationResult:
        key = key_of("Invitation", input.invitation_id)
        work = invite.revoke_invitation(info.context.world, info.context.viewer, key)
        return await answered(work, Invitation.of)

    @strawberry.mutation(description="Joins a design.")
    async def accept_invitation(self, info: Info, input: Input[AcceptInvitationInput]) -> ChangeDesignResult:
        key = key_of("Invitation", input.invitation_id) if input.invitation_id is not None else None
        work = invite.accept_invitation(info.context.world, info.context.viewer, input.token, key)
        return await answered(work, DesignChange.of)

    @strawberry.mutation(description="Takes somebody out of a design, or leaves it.")
    async def remove_member(self, info: Info, input: Input[RemoveMemberInput]) -> ChangeDesignResult:
        key, account = key_of("Design", input.design_id), key_of("Account", input.account_id)
        work = collaborate.remove_member(info.context.world, info.context.viewer, key, account)
        return await answered(work, DesignChange.of)

    @strawberry.mutation(description="Opens a design to the engineers of the factory that would build it.")
    async def open_design(self, info: Info, input: Input[OpenDesignInput]) -> ChangeDesignResult:
        key = key_of("Design", input.design_id)
        work = collaborate.open_design(info.context.world, info.context.viewer, key, input.opened)
        return await answered(work, DesignChange.of)

    @strawberry.mutation(description="Shows a design in the gallery, without its people, or withdraws it.")
    async def publish_design(self, info: Info, input: Input[PublishDesignInput]) -> ChangeDesignResult:
        key = key_of("Design", input.design_id)
        work = collaborate.publish_design(info.context.world, info.context.viewer, key, input.published)
        return await answered(work, DesignChange.of)

    @strawberry.mutation(description="Says something about a design.")
    async def comment_on_design(self, info: Info, input: Input[CommentOnDesignInput]) -> ChangeDesignResult:
        world, viewer = info.context.world, info.context.viewer
        key = key_of("Design", input.design_id)
        work = collaborate.comment_on_design(world, viewer, key, input.text, input.group, input.reply_to)
        return await answered(work, DesignChange.of)

    @strawberry.mutation(description="Proposes changes, for the owner to accept or decline as one step.")
    async def propose_changes(self, info: Info, input: Input[ProposeChangesInput]) -> ChangeDesignResult:
        async def work() -> DomainChange:
            world, viewer = info.context.world, info.context.viewer
            key, choices = key_of("Design", input.design_id), choices_of(input.selections) or ()
            return await collaborate.propose_changes(world, viewer, key, choices, input.engraving, input.note)

        return await answered(work(), DesignChange.of)

    @strawberry.mutation(description="Votes on an open proposal.")
    async def vote_on_proposal(self, info: Info, input: Input[VoteOnProposalInput]) -> ChangeDesignResult:
        key, proposal = proposal_key(input.proposal_id)
        work = collaborate.vote_on_proposal(info.context.world, info.context.viewer, key, proposal, input.vote)
        return await answered(work, DesignChange.of)

    @strawberry.mutation(description="Accepts a proposal as the next revision, or declines it.")
    async def settle_proposal(self, info: Info, input: Input[SettleProposalInput]) -> ChangeDesignResult:
        world, viewer = info.context.world, info.context.viewer
        key, proposal = proposal_key(input.proposal_id)
        work = collaborate.settle_proposal(world, viewer, key, proposal, input.accept, input.expected_revision)
        return await answered(work, DesignChange.of)
