"""startDesign, reviseDesign, restoreRevision and forkDesign: a configuration and its history."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass, replace

from app.deps import Deps
from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import Selections, checked_engraving, choose
from app.domain.design.design import (
    DEFAULT_TITLE,
    ENGINEER_ROLE,
    RANK,
    Design,
    DesignChange,
    DesignChangeKind,
    Role,
    alters,
    check_revision,
    revised,
    started,
)
from app.domain.design.publication import as_published
from app.domain.shared.idempotency import Request
from app.domain.shared.prose import checked_title
from app.domain.shared.refusal import NotAllowed, NotFound, Unauthenticated
from app.domain.shared.text import in_locale
from app.domain.shared.viewer import AccountKind, Viewer
from app.store.account import Account
from app.store.design import Listing
from app.store.journal import Repeated, SequenceTaken

Choices = Sequence[tuple[str, Sequence[str]]]
Decide = Callable[[DesignChange], DesignChange | None]
Write = Callable[[DesignChange], Awaitable[None]]


@dataclass(frozen=True)
class Revision:
    """What a revision sets; None leaves it as it is, an empty engraving takes it away."""

    title: str | None = None
    choices: Choices | None = None
    engraving: str | None = None


def authorised(viewer: Viewer | None) -> Viewer:
    if viewer is None:
        raise Unauthenticated("Sign in to design and order.")
    return viewer


def role_in(deps: Deps, viewer: Viewer | None, design: Design) -> Role | None:
    """Tell what a viewer may do with a design: as its owner or member, as an engineer, or nothing."""
    if viewer is None:
        return None
    return _engineer_role(deps, design, viewer) or design.role_of(viewer.account)


def role_of(deps: Deps, design: Design, account: Account) -> Role | None:
    """Tell the same of an account."""
    return _engineer_role(deps, design, account) or design.role_of(account.id)


def _engineer_role(deps: Deps, design: Design, who: Viewer | Account) -> Role | None:
    if who.kind != AccountKind.STAFF or not design.opened:
        return None
    factory = deps.catalogue.factory_of(deps.model(design.model)).code
    return ENGINEER_ROLE if who.factory in (None, factory) else None


async def change_design(
    deps: Deps,
    viewer: Viewer | None,
    design_id: str,
    least: Role,
    decide: Decide,
    absent: NotFound | None = None,
    request: Request | None = None,
) -> DesignChange:
    """Append what `decide` makes of a design's head; again where somebody else was first. None: nothing to change.

    A request that was made before answers the change that it made. Raises `absent` for who may not see the design,
    NotAllowed for who may not do this with it, and NotPossible where the request's key was used to ask something else.
    """
    viewer = authorised(viewer)
    absent = absent or NotFound("There is no such design.", ("designId",))
    changes = deps.stores.design_changes
    known = await changes.find_request(design_id, viewer.account, request.key) if request else None

    def decide_as_member(head: DesignChange) -> DesignChange | None:
        role = role_in(deps, viewer, head.state)
        if role is None:
            raise absent
        if RANK[role] < RANK[least]:
            raise NotAllowed(f"This takes the role {least.value}; yours is {role.value}.", absent.path)
        if request is not None and known is not None:
            request.check_same(known.request)
            return None
        change = decide(head)
        return None if change is None else replace(change, request=request)

    try:
        made = await append_change(deps, design_id, decide_as_member, absent)
    except Repeated:  # the same request, at the same time
        return await change_design(deps, viewer, design_id, least, decide, absent, request)
    return known or made


async def append_change(
    deps: Deps, design_id: str, decide: Decide, absent: NotFound, write: Write | None = None
) -> DesignChange:
    """Append what `decide` makes of a design's head, whoever asks; again where somebody else was first.

    `write` appends it together with something else, where given, and raises PlaceTaken alike.
    """
    while True:
        head = await deps.stores.design_changes.head(design_id)
        if head is None:
            raise absent
        change = decide(head)
        if change is None:
            await project(deps, head.state)
            return head
        try:
            await (write or deps.stores.design_changes.append)(change)
        except SequenceTaken:
            continue
        await project(deps, change.state)
        return change


def listing(deps: Deps, design: Design) -> Listing:
    model = deps.model(design.model)
    return Listing(deps.catalogue.factory_of(model).code, model.category)


async def project(deps: Deps, design: Design) -> None:
    """Write a design's projection, with where it belongs."""
    await deps.stores.designs.project(design, listing(deps, design))


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
    viewer = authorised(viewer)
    request = Request.of(key, "start", model_sku, astuple(revision))
    if request and (made := await _made_before(deps, viewer, request)):
        return made
    model = deps.catalogue.model.get(model_sku)
    if model is None or not viewer.buys:
        raise NotFound("There is no such model.", ("modelSku",))
    title, selections, engraving = _checked(model, revision, in_locale(DEFAULT_TITLE, locale), {}, None)
    now = deps.now()
    return await _start(
        deps,
        Design(
            id=_new_id(viewer, request),
            account=viewer.account,
            model=model.sku,
            title=title,
            selections=selections,
            engraving=engraving,
            revision=1,
            author=viewer.account,
            started_at=now,
            revised_at=now,
        ),
        request,
    )


async def _start(deps: Deps, design: Design, request: Request | None) -> Design:
    """Begin a design's journal; where the same request has begun it meanwhile, return the design as it is there."""
    try:
        await deps.stores.design_changes.append(replace(started(design), request=request))
    except SequenceTaken:
        if request is None:
            raise
        return await _first(deps, design.id, request)
    await project(deps, design)
    return design


def _new_id(viewer: Viewer, request: Request | None) -> str:
    """Name a design: at random, or after the request that starts it, so that it starts one only."""
    if request is None:
        return secrets.token_hex(12)
    return hashlib.sha256(f"{viewer.account}\n{request.key}".encode(errors="surrogatepass")).hexdigest()[:24]


async def _made_before(deps: Deps, viewer: Viewer, request: Request) -> Design | None:
    design_id = _new_id(viewer, request)
    first = await deps.stores.design_changes.find_at(design_id, 1)
    return await _first(deps, design_id, request) if first else None


async def _first(deps: Deps, design_id: str, request: Request) -> Design:
    """Find the design that a request has started; raises NotPossible where another input did."""
    first = await deps.stores.design_changes.find_at(design_id, 1)
    head = await deps.stores.design_changes.head(design_id)
    assert first is not None and head is not None, "a design's journal is never shortened"
    request.check_same(first.request)
    return head.state


async def revise_design(
    deps: Deps, viewer: Viewer | None, design_id: str, expected_revision: int, revision: Revision
) -> Design:
    """Make the next revision of a design; Conflict where `expected_revision` is no longer the current one.

    What changes nothing makes no revision: it would be a Conflict for everybody else.
    """
    author = authorised(viewer).account

    def decide(head: DesignChange) -> DesignChange | None:
        check_revision(head, expected_revision)
        state = head.state
        model = deps.model(state.model)
        title, selections, engraving = _checked(model, revision, state.title, state.selections, state.engraving)
        content = {"title": title, "selections": selections, "engraving": engraving}
        if not alters(state, content):
            return None
        return revised(head, DesignChangeKind.REVISED, author, deps.now(), content)

    return (await change_design(deps, viewer, design_id, Role.EDITOR, decide)).state


async def restore_revision(
    deps: Deps, viewer: Viewer | None, design_id: str, expected_revision: int, number: int
) -> Design:
    """Make an old revision's configuration the next revision; the ones in between stay in the history.

    Where the design is like that already, it stays at its revision.
    """
    author = authorised(viewer).account
    old = await deps.stores.design_changes.find_revision(design_id, number)

    def decide(head: DesignChange) -> DesignChange | None:
        check_revision(head, expected_revision)
        if old is None:
            raise NotFound("There is no such revision.", ("revision",))
        content = {"title": old.title, "selections": old.selections, "engraving": old.engraving}
        if not alters(head.state, content):
            return None
        return revised(head, DesignChangeKind.RESTORED, author, deps.now(), content)

    return (await change_design(deps, viewer, design_id, Role.EDITOR, decide)).state


async def fork_design(
    deps: Deps,
    viewer: Viewer | None,
    design_id: str,
    number: int | None,
    title: str | None = None,
    locale: str | None = None,
    key: str | None = None,
) -> Design:
    """Start a design of one's own from another that one may see, at its current or at an older revision.

    Somebody else's engraving stays theirs, and so does their title, but for the one that it was published under.
    The same key and input again answer the same fork, as it is by then.
    """
    viewer = authorised(viewer)
    request = Request.of(key, "fork", design_id, number, title)
    if request and (made := await _made_before(deps, viewer, request)):
        return made
    if not viewer.buys:
        raise NotAllowed("Only customers and partners design.", ("designId",))
    source = await find_shown(deps, viewer, design_id)
    if source is None:
        raise NotFound("There is no such design.", ("designId",))
    public = source.publication.title if source.publication else None
    if number is not None and number != source.revision:
        may_read_history = role_in(deps, viewer, source) is not None
        older = await deps.stores.design_changes.find_revision(design_id, number) if may_read_history else None
        if older is None:
            raise NotFound("There is no such revision.", ("revision",))
        source = older
    now, own = deps.now(), source.account == viewer.account
    default = (source.title if own else public) or in_locale(DEFAULT_TITLE, locale)
    fork = Design(
        id=_new_id(viewer, request),
        account=viewer.account,
        model=source.model,
        title=default if title is None else checked_title(title),
        selections=source.selections,
        engraving=source.engraving if own else None,
        revision=1,
        author=viewer.account,
        started_at=now,
        revised_at=now,
        forked_from=source.id,
    )
    made = await _start(deps, fork, request)
    if made is fork:
        await deps.stores.designs.count_fork(source.id)
    return made


def _checked(
    model: Model, revision: Revision, title: str, selections: Selections, engraving: str | None
) -> tuple[str, Selections, str | None]:
    """Check what a revision sets and fill in what it leaves."""
    return (
        title if revision.title is None else checked_title(revision.title),
        choose(model, selections, revision.choices or ()),
        engraving if revision.engraving is None else checked_engraving(model.engraving, revision.engraving),
    )


async def find_design(deps: Deps, viewer: Viewer | None, design_id: str) -> Design | None:
    """Find a design that the viewer takes part in, as its journal says it is."""
    head = await deps.stores.design_changes.head(design_id)
    return head.state if head is not None and role_in(deps, viewer, head.state) is not None else None


async def find_shown(deps: Deps, viewer: Viewer | None, design_id: str) -> Design | None:
    """Find a design for anybody: whole for those who take part in it, as the gallery shows it for everybody else."""
    head = await deps.stores.design_changes.head(design_id)
    return None if head is None else shown_to(deps, viewer, head.state)


def shown_to(deps: Deps, viewer: Viewer | None, design: Design) -> Design | None:
    """Tell what somebody may see of a design, if anything."""
    return design if role_in(deps, viewer, design) is not None else as_published(design)
