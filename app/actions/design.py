"""startDesign, reviseDesign, restoreRevision and forkDesign: a configuration and its history."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import astuple, dataclass, field, replace

from app.actions.access import get_model, get_shown, role_in, signed_in
from app.actions.design_journal import change_design, project
from app.actions.journal import NothingToAppend, append
from app.deps import Deps
from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import Choices, Selections, choose
from app.domain.configuration.engraving import checked_engraving
from app.domain.design.design import (
    DEFAULT_TITLE,
    Design,
    DesignChange,
    DesignChangeKind,
    Role,
    alters,
    check_revision,
    revised,
    started,
)
from app.domain.shared.idempotency import Request
from app.domain.shared.prose import checked_title
from app.domain.shared.refusal import NotAllowed, NotPossible, RefusalCode, no_such
from app.domain.shared.text import in_locale
from app.domain.shared.viewer import Viewer


@dataclass(frozen=True)
class Revision:
    """What a revision sets; None leaves it as it is, an empty engraving takes it away."""

    title: str | None = None
    choices: Choices | None = None
    engraving: str | None = None


@dataclass(frozen=True)
class Content:
    """What a revision of a design holds."""

    title: str
    selections: Selections = field(default_factory=dict)
    engraving: str | None = None


async def start_design(
    deps: Deps,
    viewer: Viewer | None,
    model_sku: str,
    revision: Revision,
    locale: str | None = None,
    key: str | None = None,
) -> Design:
    """Start a design of a model, with the given choices or with none; `locale` is for a title where none is given.

    The same key and input again answer the same design, as it is by then.
    """
    viewer = signed_in(viewer)
    request = Request.of(key, "start", model_sku, astuple(revision))
    design_id = _new_id(viewer, request)
    if made := await _find_started(deps, design_id, request):
        return made
    model = get_model(deps, viewer, model_sku)
    if model.withdrawn:
        raise NotPossible(RefusalCode.INCONSISTENT, f"{model.sku} is no longer offered.", ("modelSku",))
    content = _checked(model, revision, Content(in_locale(DEFAULT_TITLE, locale)))
    return await _start(deps, _new_design(deps, design_id, viewer, model.sku, content), request)


async def fork_design(
    deps: Deps,
    viewer: Viewer | None,
    source_id: str,
    number: int | None,
    title: str | None = None,
    locale: str | None = None,
    key: str | None = None,
) -> Design:
    """Start a design of one's own from another that one may see, at its current or at an older revision.

    The same key and input again answer the same fork, as it is by then.
    """
    viewer = signed_in(viewer)
    request = Request.of(key, "fork", source_id, number, title)
    design_id = _new_id(viewer, request)
    if made := await _find_started(deps, design_id, request):
        return made
    if not viewer.buys:
        raise NotAllowed("Only customers and partners design.", ("designId",))
    present = await get_shown(deps, viewer, source_id)
    source = await _revision_of(deps, viewer, present, number)
    content = _forked(viewer, source, present, title, locale)
    fork = _new_design(deps, design_id, viewer, source.model, content, source.id)
    made = await _start(deps, fork, request)
    if made is fork:
        await deps.stores.designs.count_fork(source.id)
    return made


async def _revision_of(deps: Deps, viewer: Viewer, present: Design, number: int | None) -> Design:
    """Return a design at a revision; only who takes part in it reads its older ones."""
    if number is None or number == present.revision:
        return present
    may_read_history = role_in(deps, viewer, present) is not None
    older = await deps.stores.design_changes.find_revision(present.id, number) if may_read_history else None
    if older is None:
        raise no_such("revision", "revision")
    return older


def _forked(viewer: Viewer, source: Design, present: Design, title: str | None, locale: str | None) -> Content:
    """Say what a fork begins with.

    Somebody else's engraving stays theirs, and so does their title, but for the one that it was published under.
    """
    own = source.account == viewer.account
    public = present.publication.title if present.publication else None
    default = (source.title if own else public) or in_locale(DEFAULT_TITLE, locale)
    given = default if title is None else checked_title(title)
    return Content(given, source.selections, source.engraving if own else None)


def _new_design(
    deps: Deps, design_id: str, viewer: Viewer, model: str, content: Content, forked_from: str | None = None
) -> Design:
    now = deps.now()
    return Design(
        id=design_id,
        account=viewer.account,
        model=model,
        **vars(content),
        revision=1,
        author=viewer.account,
        started_at=now,
        revised_at=now,
        forked_from=forked_from,
    )


def _new_id(viewer: Viewer, request: Request | None) -> str:
    """Name a design: at random, or after the request that starts it, so that it starts one only."""
    if request is None:
        return secrets.token_hex(12)
    return hashlib.sha256(f"{viewer.account}\n{request.key}".encode(errors="surrogatepass")).hexdigest()[:24]


async def _start(deps: Deps, design: Design, request: Request | None) -> Design:
    """Begin a design's journal; where the same request has begun it meanwhile, return the design as it is there."""
    changes = deps.stores.design_changes
    begun = replace(started(design), request=request)

    def decide(first: DesignChange | None) -> DesignChange:
        if first is not None:
            raise NothingToAppend
        return begun

    async def read_first() -> DesignChange | None:
        return await changes.find_at(design.id, 1)

    done = await append(None, decide, lambda _, change: changes.append(change), read_first)
    if done.entry is None:
        made = await _find_started(deps, design.id, request)
        assert made is not None, "only a request names a design that may be there"
        return made
    await project(deps, design)
    return design


async def _find_started(deps: Deps, design_id: str, request: Request | None) -> Design | None:
    """Find the design that a request has started; raises NotPossible where another input did."""
    changes = deps.stores.design_changes
    first = await changes.find_at(design_id, 1) if request else None
    if first is None or request is None:
        return None
    request.check_same(first.request)
    head = await changes.head(design_id)
    assert head is not None, "a design's journal is never shortened"
    return head.state


async def revise_design(
    deps: Deps, viewer: Viewer | None, design_id: str, expected_revision: int, revision: Revision
) -> Design:
    """Make the next revision of a design; Conflict where `expected_revision` is no longer the current one.

    What changes nothing makes no revision: it would be a Conflict for everybody else.
    """

    def content_of(state: Design) -> Content:
        present = Content(state.title, state.selections, state.engraving)
        return _checked(deps.model(state.model), revision, present)

    kind = DesignChangeKind.REVISED
    return await _revise(deps, signed_in(viewer), design_id, expected_revision, kind, content_of)


async def restore_revision(
    deps: Deps, viewer: Viewer | None, design_id: str, expected_revision: int, number: int
) -> Design:
    """Make an old revision's configuration the next revision; the ones in between stay in the history.

    Where the design is like that already, it stays at its revision.
    """
    viewer = signed_in(viewer)
    old = await deps.stores.design_changes.find_revision(design_id, number)

    def content_of(state: Design) -> Content:
        if old is None:
            raise no_such("revision", "revision")
        return Content(old.title, old.selections, old.engraving)

    return await _revise(deps, viewer, design_id, expected_revision, DesignChangeKind.RESTORED, content_of)


async def _revise(
    deps: Deps,
    viewer: Viewer,
    design_id: str,
    expected_revision: int,
    kind: DesignChangeKind,
    content_of: Callable[[Design], Content],
) -> Design:
    def decide(head: DesignChange) -> DesignChange | None:
        check_revision(head, expected_revision)
        content = vars(content_of(head.state))
        return revised(head, kind, viewer.account, deps.now(), content) if alters(head.state, content) else None

    return (await change_design(deps, viewer, design_id, Role.EDITOR, decide)).state


def _checked(model: Model, revision: Revision, present: Content) -> Content:
    """Check what a revision sets and fill in what it leaves."""
    engraving = revision.engraving
    return Content(
        present.title if revision.title is None else checked_title(revision.title),
        choose(model, present.selections, revision.choices or ()),
        present.engraving if engraving is None else checked_engraving(model.engraving, engraving),
    )
