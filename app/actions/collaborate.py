"""Working on one design together: members, comments, proposals, votes, engineers and the gallery."""

from app.actions.access import signed_in
from app.actions.design_journal import change_design
from app.deps import Deps
from app.domain.configuration.configuration import Choices, choose
from app.domain.configuration.engraving import checked_engraving
from app.domain.design import design as domain
from app.domain.design.design import Comment, DesignChange, DesignChangeKind, Role, Vote
from app.domain.design.member import checked_role, left, role_given
from app.domain.design.proposal import content_of, edit_between, no_proposal, open_proposal_of, proposed, settled, voted
from app.domain.design.publication import published, withdrawn
from app.domain.shared.idempotency import Request
from app.domain.shared.prose import checked_text, checked_title
from app.domain.shared.refusal import InvalidInput, NotAllowed
from app.domain.shared.viewer import Viewer


async def remove_member(deps: Deps, viewer: Viewer | None, design_id: str, account: str) -> DesignChange:
    """Take a member out: the owner anybody, everybody themselves."""
    viewer = signed_in(viewer)
    by = viewer.account

    def decide(head: DesignChange) -> DesignChange:
        return left(head, by, account, deps.wall(), deps.now())

    return await change_design(deps, viewer, design_id, Role.VIEWER, decide)


async def change_role(deps: Deps, viewer: Viewer | None, design_id: str, account: str, role: Role) -> DesignChange:
    """Give a member another role; invitations from before then no longer change it."""
    checked_role(role)
    viewer = signed_in(viewer)

    def decide(head: DesignChange) -> DesignChange | None:
        return role_given(head, account, role, deps.wall(), deps.now())

    return await change_design(deps, viewer, design_id, Role.OWNER, decide)


async def open_design(deps: Deps, viewer: Viewer | None, design_id: str, opened: bool) -> DesignChange:
    """Open a design to the engineers of the factory that would build it, or close it to them."""
    viewer = signed_in(viewer)
    author = viewer.account
    kind = DesignChangeKind.OPENED if opened else DesignChangeKind.CLOSED

    def decide(head: DesignChange) -> DesignChange | None:
        if head.state.opened == opened:
            return None
        return domain.changed(head, kind, author, deps.now(), {"opened": opened})

    return await change_design(deps, viewer, design_id, Role.OWNER, decide)


async def publish_design(
    deps: Deps,
    viewer: Viewer | None,
    design_id: str,
    shown: bool,
    title: str | None = None,
    expected_revision: int | None = None,
) -> DesignChange:
    """Show a design's present revision in the gallery, without its people and its private title, or withdraw it."""
    viewer = signed_in(viewer)
    author = viewer.account
    title = checked_title(title) if title is not None else None

    def decide(head: DesignChange) -> DesignChange | None:
        if not shown:
            return withdrawn(head, author, deps.now())
        if expected_revision is not None:
            domain.check_revision(head, expected_revision)
        return published(head, author, title, deps.now())

    return await change_design(deps, viewer, design_id, Role.OWNER, decide)


async def comment_on_design(
    deps: Deps,
    viewer: Viewer | None,
    design_id: str,
    text: str,
    group: str | None,
    reply_to: int | None,
    key: str | None = None,
) -> DesignChange:
    """Say something about a design, one of its option groups, or another comment; the same key again, once."""
    viewer = signed_in(viewer)
    author = viewer.account
    request = Request.of(key, "comment", text, group, reply_to)
    text = checked_text(text, "text")
    answered = await deps.stores.design_changes.find_at(design_id, reply_to) if reply_to is not None else None

    def decide(head: DesignChange) -> DesignChange:
        if group is not None and group not in deps.model(head.state.model).groups:
            raise InvalidInput(f"{head.state.model} has no option group {group[:40]!r}.", ("group",))
        if reply_to is not None and (answered is None or answered.comment is None):
            raise InvalidInput("replyTo is the sequence of a comment.", ("replyTo",))
        about = group or (answered.comment.group if answered and answered.comment else None)
        return domain.commented(head, author, Comment(text, about, reply_to), deps.now())

    return await change_design(deps, viewer, design_id, Role.COMMENTER, decide, request=request)


async def propose_changes(
    deps: Deps,
    viewer: Viewer | None,
    design_id: str,
    choices: Choices,
    engraving: str | None,
    note: str | None,
    key: str | None = None,
) -> DesignChange:
    """Propose a set of changes that the owner accepts or declines as one step; the same key again, once."""
    viewer = signed_in(viewer)
    author = viewer.account
    request = Request.of(key, "propose", choices, engraving, note)
    note = checked_text(note, "note") if note is not None else None

    def decide(head: DesignChange) -> DesignChange:
        model, present = deps.model(head.state.model), head.state.selections
        wanted = choose(model, present, choices)
        text = None if engraving is None else checked_engraving(model.engraving, engraving) or ""
        text = None if text == (head.state.engraving or "") else text
        return proposed(head, author, note, edit_between(model, present, wanted, text), deps.now())

    return await change_design(deps, viewer, design_id, Role.COMMENTER, decide, request=request)


async def vote_on_proposal(
    deps: Deps, viewer: Viewer | None, design_id: str, proposal: int, vote: Vote | None
) -> DesignChange:
    """Vote for or against an open proposal, or take the vote back."""
    viewer = signed_in(viewer)
    author = viewer.account

    def decide(head: DesignChange) -> DesignChange | None:
        return voted(head, author, proposal, vote, deps.now())

    return await change_design(deps, viewer, design_id, Role.COMMENTER, decide, no_proposal())


async def settle_proposal(
    deps: Deps, viewer: Viewer | None, design_id: str, proposal: int, accept: bool, expected_revision: int | None
) -> DesignChange:
    """Accept a proposal, which makes the next revision, or decline it. Its author may decline it, too.

    Only accepting depends on the revision that the owner saw, and needs it.
    """
    viewer = signed_in(viewer)
    author = viewer.account
    if accept and expected_revision is None:
        raise InvalidInput("To accept a proposal, give the revision that you saw.", ("expectedRevision",))

    def decide(head: DesignChange) -> DesignChange:
        open_proposal = open_proposal_of(head, proposal)
        own = open_proposal.author == author and not accept
        if head.state.account != author and not own:
            raise NotAllowed("Its owner accepts or declines a proposal.", ("proposalId",))
        if expected_revision is None or not accept:
            return settled(head, author, proposal, None, deps.now())
        domain.check_revision(head, expected_revision)
        content = content_of(deps.model(head.state.model), head.state, open_proposal)
        return settled(head, author, proposal, content, deps.now())

    return await change_design(deps, viewer, design_id, Role.COMMENTER, decide, no_proposal())
