"""What a viewer may see, as database filters: the one place that every read goes through."""

from app.domain.shared.viewer import AccountKind, Viewer
from app.store.database import Document

NOTHING: Document = {"_id": {"$in": []}}


def visible_products(viewer: Viewer | None) -> Document:
    """Filter the units a viewer may see: their own, their plant's, or those they carry."""
    if viewer is None:
        return NOTHING
    match viewer.kind:
        case AccountKind.CUSTOMER | AccountKind.PARTNER:
            return {"account": viewer.account}
        case AccountKind.FACTORY:
            return {"factory": viewer.factory} if viewer.factory else NOTHING
        case AccountKind.CARRIER:
            return {"carrier": viewer.carrier} if viewer.carrier else NOTHING
        case AccountKind.STAFF:
            return {} if viewer.factory is None else {"factory": viewer.factory}


def visible_orders(viewer: Viewer | None) -> Document:
    """Filter the orders a viewer may see: machines and carriers see units, never orders."""
    if viewer is None or viewer.kind in (AccountKind.FACTORY, AccountKind.CARRIER):
        return NOTHING
    return visible_products(viewer)


def visible_to_buyer(viewer: Viewer | None) -> Document:
    """Filter quotes, and units to take part in: only their own, for those who buy."""
    return {"account": viewer.account} if viewer is not None and viewer.buys else NOTHING


def visible_designs(viewer: Viewer | None) -> Document:
    """Filter designs: those a viewer takes part in, or that were opened to an engineer's factory."""
    if viewer is None:
        return NOTHING
    if viewer.kind == AccountKind.STAFF:
        return {"opened": True} if viewer.factory is None else {"opened_to": viewer.factory}
    return {"participants": viewer.account} if viewer.buys else NOTHING
