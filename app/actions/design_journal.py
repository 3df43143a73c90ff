"""How anything enters a design's journal, by whose right, and the projection that lists of designs are read from."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from app.actions.access import check_role
from app.actions.journal import NothingToAppend, append
from app.deps import Deps
from app.domain.design.design import Design, DesignChange, Role
from app.domain.shared.idempotency import Request
from app.domain.shared.refusal import NotFound, no_such
from app.domain.shared.viewer import Viewer
from app.store.design import Listing

Decide = Callable[[DesignChange], DesignChange | None]


async def change_design(
    deps: Deps,
    viewer: Viewer,
    design_id: str,
    least: Role,
    decide: Decide,
    absent: NotFound | None = None,
    request: Request | None = None,
) -> DesignChange:
    """Append what `decide` makes of a design's head, by the right of a role; None: nothing to change.

    A request that was made before answers the change that it made. Raises `absent` for who may not see the design,
    NotAllowed for who may not do this with it, and NotPossible where the request's key was used to ask something else.
    """
    refused = absent or no_such("design", "designId")
    changes = deps.stores.design_changes

    async def read_head() -> DesignChange:
        head = await get_head(deps, design_id, refused)
        check_role(deps, viewer, head.state, least, refused)
        return head

    def decide_by_request(head: DesignChange) -> DesignChange | None:
        change = decide(head)
        return change and replace(change, request=request)

    async def find_made() -> DesignChange | None:
        made = await changes.find_request(design_id, viewer.account, request.key) if request else None
        if made is not None and request is not None:
            request.check_same(made.request)
        return made

    return await append_change(deps, read_head, decide_by_request, changes.append, find_made)


async def get_head(deps: Deps, design_id: str, absent: NotFound) -> DesignChange:
    """Return the newest change of a design; raises `absent`."""
    head = await deps.stores.design_changes.head(design_id)
    if head is None:
        raise absent
    return head


async def append_change(
    deps: Deps,
    read_head: Callable[[], Awaitable[DesignChange]],
    decide: Decide,
    write: Callable[[DesignChange], Awaitable[None]],
    find_made: Callable[[], Awaitable[DesignChange | None]] | None = None,
) -> DesignChange:
    """Append what `decide` makes of a design's head, whoever asks, and project it; return the change, or the head.

    `read_head` raises where the asker has no right to a head, whatever they asked for before.
    """

    def decide_change(head: DesignChange) -> DesignChange:
        change = decide(head)
        if change is None:
            raise NothingToAppend
        return change

    done = await append(await read_head(), decide_change, lambda _, change: write(change), read_head, find_made)
    change = done.entry or done.head
    await project(deps, max(change, done.head, key=lambda each: each.sequence).state)
    return change


def listing(deps: Deps, design: Design) -> Listing:
    """Say what lists look for in a design: the factory that would build it, and its category."""
    model = deps.model(design.model)
    return Listing(deps.catalogue.factory_of(model).code, model.category)


async def project(deps: Deps, design: Design) -> None:
    """Write a design's projection, with where it belongs."""
    await deps.stores.designs.project(design, listing(deps, design))
