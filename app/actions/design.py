"""startDesign and reviseDesign: a configuration and its history."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.catalogue import Model
from app.domain.configuration import Selections, checked_engraving, choose
from app.domain.design import Design, DesignChange, DesignChangeKind, checked_title, revise
from app.domain.refusal import NotFound, Unauthenticated
from app.domain.viewer import Viewer
from app.store.journal import PlaceTaken
from app.world import World

Choices = Sequence[tuple[str, Sequence[str]]]


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


async def start_design(world: World, viewer: Viewer | None, model_sku: str, revision: Revision) -> Design:
    """Start a design of a model, with the given choices or with none."""
    viewer = authorised(viewer)
    model = world.catalogue.model.get(model_sku)
    if model is None or not viewer.buys:
        raise NotFound("There is no such model.", ("modelSku",))
    title, selections, engraving = _checked(model, revision, "My design", {}, None)
    now = world.now()
    design = Design(
        id=secrets.token_hex(12),
        account=viewer.account,
        model=model.sku,
        title=title,
        selections=selections,
        engraving=engraving,
        revision=1,
        author=viewer.account,
        started_at=now,
        revised_at=now,
    )
    await world.stores.design_changes.append(DesignChange(design.id, 1, DesignChangeKind.STARTED, now, design))
    await world.stores.designs.project(design)
    return design


async def revise_design(
    world: World, viewer: Viewer | None, design_id: str, expected_revision: int, revision: Revision
) -> Design:
    """Make the next revision of a design; Conflict where `expected_revision` is no longer the current one."""
    viewer = authorised(viewer)
    while True:
        head = await world.stores.design_changes.head(design_id)
        if head is None or head.state.account != viewer.account:
            raise NotFound("There is no such design.", ("designId",))
        present = head.state
        model = world.model(present.model)
        title, selections, engraving = _checked(model, revision, present.title, present.selections, present.engraving)
        change = revise(
            head,
            expected_revision,
            viewer.account,
            world.now(),
            title=title,
            selections=selections,
            engraving=engraving,
        )
        try:
            await world.stores.design_changes.append(change)
        except PlaceTaken:
            continue  # somebody else revised it just now: the next look says Conflict
        await world.stores.designs.project(change.state)
        return change.state


def _checked(
    model: Model, revision: Revision, title: str, selections: Selections, engraving: str | None
) -> tuple[str, Selections, str | None]:
    """Check what a revision sets and fill in what it leaves."""
    return (
        title if revision.title is None else checked_title(revision.title),
        choose(model, selections, revision.choices or ()),
        engraving if revision.engraving is None else checked_engraving(model.engraving, revision.engraving),
    )


async def find_design(world: World, viewer: Viewer | None, design_id: str) -> Design | None:
    """Find a design of the viewer's own as its journal says it is."""
    head = await world.stores.design_changes.head(design_id)
    return head.state if head and viewer and head.state.account == viewer.account else None
