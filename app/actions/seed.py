"""Loads a catalogue over the one that is there: what it changes, who has what it withdraws; all of it, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from app.actions.journal import NothingToAppend, append
from app.domain.catalogue.catalogue import Catalogue
from app.domain.catalogue.comparison import Difference, DifferenceKind, differences
from app.domain.catalogue.edition import Edition, next_edition
from app.domain.catalogue.succession import succeeding
from app.domain.shared.clock import to_millisecond
from app.store.stores import Stores
from app.store.usage import Uses


@dataclass(frozen=True)
class Load:
    """What a load changes, the editions that it makes, and who has what it withdraws, in the order of the changes."""

    catalogue: Catalogue
    changes: Sequence[Difference]
    editions: Sequence[Edition]
    in_use: Sequence[tuple[Difference, Uses]]


class StillInUse(Exception):
    """A load withdraws what somebody has, and nobody has confirmed that."""

    def __init__(self, load: Load) -> None:
        super().__init__("What is withdrawn is still in use.")
        self.load = load


async def load_catalogue(stores: Stores, loaded: Catalogue, confirmed: bool = False) -> Load:
    """Make a catalogue that was read and checked the current one, and each model that it changes a new edition.

    Raises StillInUse, and changes nothing, where it withdraws something in use and is not confirmed.
    """

    def decide(load: Load) -> Load:
        if load.in_use and not confirmed:
            raise StillInUse(load)
        if not load.changes and not load.editions:
            raise NothingToAppend
        return load

    async def write(_: Load, load: Load) -> None:
        await stores.catalogue.save(load.catalogue, load.editions)

    compared = partial(compare, stores, loaded)
    return (await append(await compared(), decide, write, compared)).head


async def compare(stores: Stores, loaded: Catalogue) -> Load:
    """Compare a catalogue with the current one, and look who has what it would withdraw."""
    await stores.catalogue.refresh()
    present, wall = stores.catalogue.current, datetime.now(UTC)
    now = to_millisecond((await stores.plant.clock(wall)).at(wall))
    following = succeeding(present, loaded)
    known = {sku: stores.catalogue.find_edition(sku) for sku in following.model}
    editions = [next_edition(known[sku], model, now) for sku, model in following.model.items()]
    changes = list(differences(present, following))
    withdrawn = [change for change in changes if change.kind is DifferenceKind.WITHDRAWN]
    uses = [(change, await stores.usage.of(change.place, present, now)) for change in withdrawn]
    new = [edition for edition in editions if edition is not known[edition.key.sku]]
    return Load(following, changes, new, [(change, used) for change, used in uses if used])
