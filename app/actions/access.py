"""Who may see and do what: one sign-in check, the rights in a design, and for each noun one `get_…` that refuses.

What is absent and what is forbidden are refused by the same words, so that nobody learns which it was.
"""

from collections.abc import Callable

from app.deps import Deps
from app.domain.catalogue.catalogue import Line, Model
from app.domain.design.design import ENGINEER_ROLE, RANK, Design, Role
from app.domain.design.publication import as_published
from app.domain.order.order import Order, Product, Quote
from app.domain.shared.refusal import NotAllowed, NotFound, Unauthenticated, no_such
from app.domain.shared.viewer import AccountKind, Viewer, works_at
from app.store.account import Account
from app.store.database import Document
from app.store.visibility import visible_orders, visible_products, visible_to_buyer

Visible = Callable[[Viewer | None], Document]
"""What a viewer may see, as a filter of the database."""


def signed_in(viewer: Viewer | None) -> Viewer:
    """Return who is asking; raises Unauthenticated where nobody is signed in."""
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    return viewer


async def get_unit(
    deps: Deps,
    viewer: Viewer | None,
    code: str,
    visible: Visible = visible_products,
    noun: str = "unit",
    path: str = "code",
) -> Product:
    """Return a unit as lists know it; raises NotFound of what the viewer looked for on it, a decision for example."""
    unit = await deps.stores.products.find(code, visible(viewer))
    if unit is None:
        raise no_such(noun, path)
    return unit


async def get_order(deps: Deps, viewer: Viewer | None, order_id: str, visible: Visible = visible_orders) -> Order:
    """Return an order; raises NotFound."""
    order = await deps.stores.orders.find(order_id, visible(viewer))
    if order is None:
        raise no_such("order", "orderId")
    return order


async def get_quote(deps: Deps, viewer: Viewer | None, quote_id: str) -> Quote:
    """Return one of the viewer's own quotes; raises NotFound."""
    quote = await deps.stores.quotes.find(quote_id, visible_to_buyer(viewer))
    if quote is None:
        raise no_such("quote", "quoteId")
    return quote


def get_model(deps: Deps, viewer: Viewer, sku: str) -> Model:
    """Return a model that the viewer may design; raises NotFound."""
    model = deps.catalogue.model.get(sku)
    if model is None or not viewer.buys:
        raise no_such("model", "modelSku")
    return model


def get_line(deps: Deps, viewer: Viewer | None, code: str) -> Line:
    """Return a line at which the viewer works; raises NotFound."""
    factory = deps.catalogue.factory_of_line.get(code)
    if factory is None or not works_at(viewer, factory.code):
        raise no_such("line", "lineId")
    return deps.catalogue.line[code]


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


def get_role(deps: Deps, viewer: Viewer | None, design: Design, absent: NotFound | None = None) -> Role:
    """Return the viewer's role in a design; raises NotFound, or what is given, where they have none, or no longer."""
    role = role_in(deps, viewer, design)
    if role is None:
        raise absent or no_such("design", "designId")
    return role


def check_role(deps: Deps, viewer: Viewer, design: Design, least: Role, absent: NotFound) -> None:
    """Raise `absent` where the viewer may not see a design, and NotAllowed where they may not do this with it."""
    role = get_role(deps, viewer, design, absent)
    if RANK[role] < RANK[least]:
        raise NotAllowed(f"This takes the role {least.value}; yours is {role.value}.", absent.path)


async def find_design(deps: Deps, viewer: Viewer | None, design_id: str) -> Design | None:
    """Find a design that the viewer takes part in, as its journal says it is."""
    head = await deps.stores.design_changes.head(design_id)
    return head.state if head is not None and role_in(deps, viewer, head.state) is not None else None


async def get_design(deps: Deps, viewer: Viewer | None, design_id: str) -> Design:
    """Return a design that the viewer takes part in, as its journal says it is; raises NotFound."""
    design = await find_design(deps, viewer, design_id)
    if design is None:
        raise no_such("design", "designId")
    return design


async def find_shown(deps: Deps, viewer: Viewer | None, design_id: str) -> Design | None:
    """Find a design for anybody: whole for those who take part in it, as the gallery shows it for everybody else."""
    head = await deps.stores.design_changes.head(design_id)
    return None if head is None else shown_to(deps, viewer, head.state)


async def get_shown(deps: Deps, viewer: Viewer | None, design_id: str) -> Design:
    """Return what somebody may see of a design; raises NotFound where that is nothing."""
    design = await find_shown(deps, viewer, design_id)
    if design is None:
        raise no_such("design", "designId")
    return design


def shown_to(deps: Deps, viewer: Viewer | None, design: Design) -> Design | None:
    """Tell what somebody may see of a design, if anything."""
    return design if role_in(deps, viewer, design) is not None else as_published(design)
