"""Every query that a request can cause is served by an index."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from app.deps import Deps
from app.domain.catalogue.catalogue import Category
from app.domain.design.design import DesignChangeKind
from app.domain.order.adjustment import KIND_OF
from app.domain.order.order import OrderStatus
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.event import Stage, StepKind
from app.domain.unit.status import ProductStatus
from app.store.design import GallerySort
from app.store.journal import SequenceRange
from app.store.paging import Cursor, TimeRange
from app.store.visibility import NOTHING, visible_designs, visible_orders, visible_products, visible_to_buyer
from tests.client import Api, new_customer, new_quote, new_unit, place

LATER = datetime(2999, 1, 1, tzinfo=UTC)
EARLIER = datetime(1999, 1, 1, tzinfo=UTC)
AFTER = Cursor(LATER, "z")
VIEWERS = {
    "customer": Viewer("a", AccountKind.CUSTOMER, LATER),
    "partner": Viewer("a", AccountKind.PARTNER, LATER),
    "factory": Viewer("f", AccountKind.FACTORY, LATER, factory="FOSHAN"),
    "carrier": Viewer("c", AccountKind.CARRIER, LATER, carrier="HUAXIA"),
    "engineer": Viewer("e", AccountKind.STAFF, LATER, factory="FOSHAN"),
    "staff": Viewer("s", AccountKind.STAFF, LATER),
}
Query = Callable[[Deps, Viewer], Awaitable[Any]]
COLD = Category.REFRIGERATOR
SPAN = TimeRange(datetime(2020, 1, 1, tzinfo=UTC), LATER)
BOUGHT = [OrderStatus.PLACED, OrderStatus.COMPLETED]
STATUSES = [ProductStatus.PLANNED, ProductStatus.DELIVERED]


async def releases_written(deps: Deps) -> None:
    async for _ in deps.stores.steps.written_since(datetime.now(UTC), [StepKind.RELEASED]):
        pass


async def everybody_invited(deps: Deps) -> None:
    async for _ in deps.stores.invitations.addressed_since(datetime.now(UTC)):
        pass


QUERIES: Mapping[str, Query] = {
    "units": lambda w, v: w.stores.products.page(visible_products(v), None, None, 20),
    "units, next page": lambda w, v: w.stores.products.page(visible_products(v), None, AFTER, 20),
    "a line's plan": lambda w, v: w.stores.places.page("FOSHAN-FRONT", 3, 0, 20),
    "moved places": lambda w, v: w.stores.places.page("FOSHAN-FRONT", 3, 7, 20),
    "units that wait": lambda w, v: w.stores.places.waiting("FOSHAN-FRONT"),
    "gaps": lambda w, v: w.stores.places.vacated("FOSHAN-FRONT", 3),
    "the last begun": lambda w, v: w.stores.places.begun("FOSHAN-FRONT", 100),
    "places": lambda w, v: w.stores.places.between("FOSHAN-FRONT", 3, 9),
    "units at work": lambda w, v: w.stores.places.working("FOSHAN-FRONT"),
    "units by status": lambda w, v: w.stores.products.page(visible_products(v), STATUSES, None, 20),
    "unit": lambda w, v: w.stores.products.find("x", visible_products(v)),
    "units by code": lambda w, v: w.stores.products.find_all(["x", "y"], visible_products(v)),
    "orders": lambda w, v: w.stores.orders.page(visible_orders(v), None, 20),
    "orders, next page": lambda w, v: w.stores.orders.page(visible_orders(v), AFTER, 20),
    "orders by status": lambda w, v: w.stores.orders.page(visible_orders(v), AFTER, 20, BOUGHT),
    "orders of a time": lambda w, v: w.stores.orders.page(visible_orders(v), AFTER, 20, None, SPAN),
    "orders by status, of a time": lambda w, v: w.stores.orders.page(visible_orders(v), None, 20, BOUGHT, SPAN),
    "orders for somebody": lambda w, v: w.stores.orders.page(visible_orders(v), AFTER, 20, BOUGHT, SPAN, "K-1"),
    "units by status, of a time": lambda w, v: w.stores.products.page(visible_products(v), STATUSES, AFTER, 20, SPAN),
    "adjustments": lambda w, v: w.stores.steps.read_kinds({"x": 9, "y": 3}, KIND_OF),
    "order's status": lambda w, v: w.stores.orders.follow("x", {}),
    "order": lambda w, v: w.stores.orders.find("x", visible_orders(v)),
    "designs": lambda w, v: w.stores.designs.page(visible_designs(v), AFTER, 20),
    "gallery": lambda w, v: w.stores.designs.page_gallery(None, GallerySort.NEWEST, AFTER, 20),
    "gallery by forks": lambda w, v: w.stores.designs.page_gallery(
        Category.REFRIGERATOR, GallerySort.MOST_FORKED, None, 20
    ),
    "comments": lambda w, v: w.stores.design_changes.page_of_kind("x", [DesignChangeKind.COMMENTED], 9, 20),
    "settled proposals": lambda w, v: w.stores.design_changes.page_of_kind(
        "x", [DesignChangeKind.ACCEPTED, DesignChangeKind.DECLINED], None, 20
    ),
    "changes": lambda w, v: w.stores.design_changes.page("x", 3, 9, 20, True),
    "changes by sequence": lambda w, v: w.stores.design_changes.find_many([("x", 1), ("x", 2), ("y", 1)]),
    "a request": lambda w, v: w.stores.design_changes.find_request("x", "a", "k"),
    "revision": lambda w, v: w.stores.design_changes.find_revision("x", 1),
    "revisions": lambda w, v: w.stores.design_changes.page_revisions("x", 9, 20),
    "proposal": lambda w, v: w.stores.design_changes.find_proposal("x", 3),
    "invitations of a design": lambda w, v: w.stores.invitations.page({"design": "x"}, AFTER, 20),
    "invitations to an address": lambda w, v: w.stores.invitations.page(
        {"email": "a@example.com", "revoked_at": None, "expires_at": {"$gt": LATER}, "accepted.a": {"$exists": False}},
        AFTER,
        20,
    ),
    "revisions by number": lambda w, v: w.stores.design_changes.find_revisions([("x", 1), ("x", 2), ("y", 1)]),
    "invitations to tell of": lambda w, v: everybody_invited(w),
    "presence": lambda w, v: w.stores.presences.present("x", LATER),
    "quote": lambda w, v: w.stores.quotes.find("x", visible_to_buyer(v)),
    "order by key": lambda w, v: w.stores.orders.find_by_key("a", "k"),
    "account by e-mail": lambda w, v: w.stores.accounts.find_by_email("a@example.com"),
    "session": lambda w, v: w.stores.sessions.find("x"),
    "revoked sessions": lambda w, v: w.stores.sessions.revoked_since(LATER),
    "head": lambda w, v: w.stores.steps.head("x"),
    "heads": lambda w, v: w.stores.steps.heads(["x", "y"]),
    "steps": lambda w, v: w.stores.steps.read("x", 0, 100, 9),
    "steps of many": lambda w, v: w.stores.steps.read_ranges([SequenceRange("x", 3, 9), SequenceRange("y", 0, 1)]),
    "steps by stage": lambda w, v: w.stores.steps.page("x", 0, 9, 20, True, [Stage.QUALITY]),
    "steps counted": lambda w, v: w.stores.steps.count("x", [Stage.QUALITY]),
    "event": lambda w, v: w.stores.steps.find_event("x", "r", "e"),
    "hashes": lambda w, v: w.stores.steps.hashes([("x", 1), ("y", 2)]),
    "journal as stored": lambda w, v: w.stores.steps.documents("x"),
    "last anchor": lambda w, v: w.stores.anchors.last(),
    "anchors of a unit": lambda w, v: w.stores.anchors.naming("x"),
    "units of a lot": lambda w, v: w.stores.quality.page_with_component(visible_products(v), "P", None, "L", "x", 20),
    "unit of a serial": lambda w, v: w.stores.quality.page_with_component(
        visible_products(v), None, "S", None, None, 2
    ),
    "open decisions": lambda w, v: w.stores.quality.page_asked("a", AFTER, 20),
    "open nonconformances": lambda w, v: w.stores.quality.page_nonconforming("L", AFTER, 20),
    "first-pass yield": lambda w, v: w.stores.quality.first_passes("L", EARLIER, LATER),
    "defects": lambda w, v: w.stores.quality.defects("L", EARLIER, LATER),
    "due": lambda w, v: w.stores.products.due(LATER, 20),
    "rights": lambda w, v: w.stores.products.find_access(["x"]),
    "units of steps": lambda w, v: w.stores.products.find_lasting(["x"]),
    "touched": lambda w, v: w.stores.steps.touched_since(datetime.now(UTC)),
    "sequences": lambda w, v: w.stores.products.sequences(["x", "y"]),
    "releases": lambda w, v: releases_written(w),
    "mail": lambda w, v: w.stores.outbox.claim(datetime(2000, 1, 1, tzinfo=UTC), 60),
    "deliveries": lambda w, v: w.stores.steps.read_kinds({"x": 9}, [StepKind.DELIVERED]),
    "units of a package": lambda w, v: w.stores.quality.units_with_package(visible_products(v), "1" * 18),
    "slots": lambda w, v: w.stores.slots.taken("HUAXIA", "CN", ["2026-11-25T08:00", "2026-11-25T12:00"]),
    "report": lambda w, v: w.stores.performance_reports.find("x", 1),
    "siblings": lambda w, v: w.stores.performance_reports.ranks("m", "x", LATER, {"NOISE": 60.0}),
}


@pytest.fixture(scope="module")
async def profiled(deps: Deps, api: Api) -> Deps:
    """Fill the collections a little, so that the planner has something to choose by."""
    customer = await new_customer(api)
    await new_unit(customer)
    await place(customer, await new_quote(customer, quantity=5))
    return deps


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("query", QUERIES)
async def test_no_query_scans_a_collection_or_sorts_in_memory(profiled: Deps, query: str, viewer: str) -> None:
    deps = profiled
    database = deps.stores.database.handle
    await database.command("profile", 2)
    try:
        since = datetime.now(UTC)
        await QUERIES[query](deps, VIEWERS[viewer])
    finally:
        await database.command("profile", 0)
    reads = {"op": {"$in": ["query", "command"]}, "ts": {"$gte": since}, "ns": {"$not": {"$regex": "system|lease"}}}
    profile = await database["system.profile"].find({**reads, "appName": "zero-distance"}).to_list(None)
    nothing_to_see = visible_orders(VIEWERS[viewer]) == NOTHING or visible_to_buyer(VIEWERS[viewer]) == NOTHING
    assert profile or nothing_to_see, "the query was seen"
    for entry in profile:
        assert "COLLSCAN" not in entry.get("planSummary", ""), entry
        assert not entry.get("hasSortStage"), entry
