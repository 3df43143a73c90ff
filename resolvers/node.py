"""Single things by their id: node, and what it shares with the other fields."""

from collections.abc import Awaitable, Callable, Mapping

import strawberry

from app.actions.access import find_design, find_shown
from app.actions.invite import find_invitation
from app.actions.repair import find_unit
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.viewer import sees_inside
from app.domain.unit.nonconformance import nonconformances
from app.store.extent import Extent
from app.store.visibility import visible_orders, visible_to_buyer
from schema.account import Account
from schema.arguments import Id
from schema.catalogue import Factory, Line, Model
from schema.design import Design
from schema.links import Decision, Nonconformance, Order, Product, Step
from schema.node import Node, read_global_id
from schema.people import Invitation
from schema.proposal import Proposal
from schema.quote import Quote
from schema.selection import selects


async def find_product(info: Info, code: str, extent: Extent = Extent.WHOLE) -> DomainProduct | None:
    """Find a visible unit as its journal says it is."""
    return await find_unit(info.context.deps, info.context.viewer, code, extent)


def decision_of(info: Info, unit: DomainProduct, decision_id: str) -> Decision | None:
    """Map a decision of a unit, open or made; None where there is none of this id."""
    return Decision.of(info, unit, decision_id) if decision_id in unit.state.requested else None


def nonconformance_of(info: Info, unit: DomainProduct, id: str) -> Nonconformance | None:
    """Map a nonconformance of a unit, open or closed; None where there is none of this id."""
    known = nonconformances(unit.state, info.context.deps.model_of(unit))
    found = next((each for each in known if each.id == id), None)
    return Nonconformance.of(unit, found) if found else None


async def _account(info: Info, key: str) -> Account | None:
    viewer = info.context.viewer
    accounts = info.context.deps.stores.accounts
    account = await info.context.load(accounts.find_all, key) if viewer and viewer.account == key else None
    return Account.of(account, key) if account else None


async def _factory(info: Info, key: str) -> Factory | None:
    found = info.context.deps.catalogue.factory.get(key)
    return Factory.of(found) if found else None


async def _line(info: Info, key: str) -> Line | None:
    found = info.context.deps.catalogue.line.get(key)
    return Line.of(found) if found else None


async def _model(info: Info, key: str) -> Model | None:
    """Find a model as it is offered now, or an edition of it: SKU, or SKU:number."""
    deps, (sku, _, number) = info.context.deps, key.partition(":")
    if not number:
        return Model.of(deps.edition(sku), deps.catalogue) if sku in deps.catalogue.model else None
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    await deps.stores.catalogue.know([(sku, int(number))])
    return Model.as_sold(deps.edition(sku, int(number)), deps.catalogue) if deps.knows(sku, int(number)) else None


async def _design(info: Info, key: str) -> Design | None:
    found = await find_shown(info.context.deps, info.context.viewer, key)
    return Design.of(found) if found else None


async def _quote(info: Info, key: str) -> Quote | None:
    found = await info.context.deps.stores.quotes.find(key, visible_to_buyer(info.context.viewer))
    return Quote.of(found) if found else None


async def _order(info: Info, key: str) -> Order | None:
    found = await info.context.deps.stores.orders.find(key, visible_orders(info.context.viewer))
    return Order.of(found, info.context.viewer) if found else None


async def _product(info: Info, key: str) -> Product | None:
    unit = await find_product(info, key)
    return Product.of(unit) if unit else None


async def _step(info: Info, key: str) -> Step | None:
    code, _, sequence = key.partition(".")
    unit = await find_product(info, code)
    if unit is None or not sequence.isascii() or not sequence.isdigit() or len(sequence) > 9:
        return None
    steps = info.context.deps.stores.steps
    if selects(info, "product"):
        entry = await steps.find_entry(code, int(sequence))
        return Step.of(entry.step, unit, entry.state) if entry else None
    step = await steps.find_at(code, int(sequence))
    return Step.of(step, unit) if step else None


async def _decision(info: Info, key: str) -> Decision | None:
    code, _, decision_id = key.partition(".")
    unit = await find_product(info, code)
    return decision_of(info, unit, decision_id) if unit and sees_inside(info.context.viewer) else None


async def _proposal(info: Info, key: str) -> Proposal | None:
    deps, (design, sequence) = info.context.deps, Proposal.place(key)
    present = await find_design(deps, info.context.viewer, design)
    if present is None:
        return None
    if waiting := present.proposals.get(str(sequence)):
        return Proposal.of(waiting, present, present)
    last = await deps.stores.design_changes.find_proposal(design, sequence)
    return Proposal.of_change(last, present) if last else None


async def _invitation(info: Info, key: str) -> Invitation | None:
    viewer = info.context.viewer
    found = await find_invitation(info.context.deps, viewer, key) if viewer else None
    return Invitation.of(found) if found else None


async def _nonconformance(info: Info, key: str) -> Nonconformance | None:
    code, _, id = key.partition(".")
    unit = await find_product(info, code)
    return nonconformance_of(info, unit, id) if unit and sees_inside(info.context.viewer) else None


FINDERS: Mapping[str, Callable[[Info, str], Awaitable[Node | None]]] = {
    "Account": _account,
    "Factory": _factory,
    "Line": _line,
    "Model": _model,
    "Design": _design,
    "Quote": _quote,
    "Order": _order,
    "Product": _product,
    "Step": _step,
    "Decision": _decision,
    "Proposal": _proposal,
    "Invitation": _invitation,
    "Nonconformance": _nonconformance,
}


@strawberry.type
class NodeQuery:
    @strawberry.field(description="Anything by its global id; null: it does not exist, or the viewer may not see it.")
    async def node(self, info: Info, id: Id) -> Node | None:
        kind, key = read_global_id(id)
        find = FINDERS.get(kind)
        return await find(info, key) if find else None
