"""changePreview: what changing a unit's choices would cost and bring, by the rules by which changeProduct decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.actions.change_product import check_capacity, decide_change, difference, places_near, takes_up
from app.deps import Deps
from app.domain.configuration.configuration import Selections
from app.domain.configuration.pricing import added_days
from app.domain.order.order import Product
from app.domain.shared.money import Money
from app.domain.shared.refusal import Refusal
from app.domain.unit.freeze import ChangeWindow, change_windows


@dataclass(frozen=True, eq=False)
class WantedChange:
    """The choices that a unit would have; two of these are never the same, so that each gets a preview of its own."""

    unit: Product
    wanted: Selections


@dataclass(frozen=True)
class Preview:
    """What a change would bring. `windows` are those of the groups that change, `refusal` what would be answered."""

    price_delta: Decimal
    added_days: int
    windows: Sequence[ChangeWindow]
    refusal: Refusal | None


async def preview_changes(deps: Deps, changes: Sequence[WantedChange]) -> Mapping[WantedChange, Preview]:
    """Tell of many units what changeProduct would do just now."""
    refused = {change: refusal for change in changes if (refusal := _refusal(deps, change))}
    limited = [
        change
        for change in changes
        if change not in refused and change.unit.current_plan and takes_up(deps, change.unit, change.wanted)
    ]
    refused |= await _without_room(deps, limited)
    return {change: _preview(deps, change, refused.get(change)) for change in changes}


def _refusal(deps: Deps, change: WantedChange) -> Refusal | None:
    unit, wanted = change.unit, change.wanted
    delta = difference(deps, unit, unit.state, wanted)
    try:
        decide_change(deps, unit, unit.state, wanted, Money(delta, unit.currency))
    except Refusal as refused:
        return refused
    return None


async def _without_room(deps: Deps, changes: Sequence[WantedChange]) -> Mapping[WantedChange, Refusal]:
    """Find the changes for which there is no room on the line, with the refusals; all are read for together."""
    if not changes:
        return {}
    stores = deps.stores
    states = await stores.lines.find_all(list({change.unit.line for change in changes}))
    own = await stores.places.find_all([change.unit.code for change in changes])
    placed = [change for change in changes if change.unit.code in own]
    near = {
        change: places_near(deps, change.unit, own[change.unit.code], states[change.unit.line]) for change in placed
    }
    settled = {change: places for change, places in near.items() if places}
    found = await stores.places.between_all(list(settled.values()))
    refused: dict[WantedChange, Refusal] = {}
    for change, places in settled.items():
        try:
            check_capacity(deps, change.unit, own[change.unit.code], found[places], change.wanted)
        except Refusal as refusal:
            refused[change] = refusal
    return refused


def _preview(deps: Deps, change: WantedChange, refusal: Refusal | None) -> Preview:
    unit, wanted, model = change.unit, change.wanted, deps.model_of(change.unit)
    selections = unit.state.selections
    windows = change_windows(unit.state, unit.current_plan, deps.offered_to(unit), deps.calendar(unit.line))
    return Preview(
        price_delta=difference(deps, unit, unit.state, wanted),
        added_days=added_days(model, wanted) - added_days(model, selections),
        windows=[window for window in windows if wanted.get(window.group.code) != selections.get(window.group.code)],
        refusal=refusal,
    )
