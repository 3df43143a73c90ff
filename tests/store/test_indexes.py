"""Every query that a request can cause is served by an index."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.catalogue import Category
from app.domain.design import DesignChangeKind
from app.domain.event import Stage
from app.domain.status import ProductStatus
from app.domain.viewer import AccountKind, Viewer
from app.store.design import GallerySort
from app.store.page import Place
from app.store.visibility import NOTHING, visible_designs, visible_orders, visible_products, visible_to_buyer
from app.world import World
from tests.client import Api, new_customer, new_quote, new_unit, place

LATER = datetime(2999, 1, 1, tzinfo=UTC)
AFTER = Place(LATER, "z")
VIEWERS = {
    "customer": Viewer("a", AccountKind.CUSTOMER, LATER),
    "partner": Viewer("a", AccountKind.PARTNER, LATER),
    "factory": Viewer("f", AccountKind.FACTORY, LATER, factory="FOSHAN"),
    "carrier": Viewer("c", AccountKind.CARRIER, LATER, carrier="HUAXIA"),
    "engineer": Viewer("e", AccountKind.STAFF, LATER, factory="FOSHAN"),
    "staff": Viewer("s", AccountKind.STAFF, LATER),
}
Query = Callable[[World, Viewer], Awaitable[Any]]
COLD = Category.REFRIGERATOR
STATUSES = [ProductStatus.PLANNED, ProductStatus.DELIVERED]


async def everything_touched(world: World) -> None:
    async for _ in world.stores.steps.touched_since(datetime.now(UTC)):
        pass


QUERIES: Mapping[str, Query] = {
    "units": lambda w, v: w.stores.products.page(visible_products(v), None, None, 20),
    "units, next page": lambda w, v: w.stores.products.page(visible_products(v), None, AFTER, 20),
    "units by status": lambda w, v: w.stores.products.page(visible_products(v), STATUSES, None, 20),
    "unit": lambda w, v: w.stores.products.find("x", visible_products(v)),
    "units by code": lambda w, v: w.stores.products.find_all(["x", "y"], visible_products(v)),
    "orders": lambda w, v: w.stores.orders.page(visible_orders(v), None, 20),
    "orders, next page": lambda w, v: w.stores.orders.page(visible_orders(v), AFTER, 20),
    "order": lambda w, v: w.stores.orders.find("x", visible_orders(v)),
    "designs": lambda w, v: w.stores.designs.page(visible_designs(v), AFTER, 20),
    "gallery": lambda w, v: w.stores.designs.page_gallery(None, GallerySort.NEWEST, AFTER, 20),
    "gallery by forks": lambda w, v: w.stores.designs.page_gallery(
        Category.REFRIGERATOR, GallerySort.MOST_FORKED, None, 20
    ),
    "comments": lambda w, v: w.stores.design_changes.page_of_kind("x", DesignChangeKind.COMMENTED, 9, 20),
    "revision": lambda w, v: w.stores.design_changes.find_revision("x", 1),
    "revisions": lambda w, v: w.stores.design_changes.page_revisions("x", 9, 20),
    "quote": lambda w, v: w.stores.quotes.find("x", visible_to_buyer(v)),
    "order by key": lambda w, v: w.stores.orders.find_by_key("a", "k"),
    "account by e-mail": lambda w, v: w.stores.accounts.find_by_email("a@example.com"),
    "session": lambda w, v: w.stores.sessions.find("x"),
    "head": lambda w, v: w.stores.steps.head("x"),
    "heads": lambda w, v: w.stores.steps.heads(["x", "y"]),
    "steps": lambda w, v: w.stores.steps.read("x", 0, 100, 9),
    "steps by stage": lambda w, v: w.stores.steps.page("x", 0, 9, 20, True, [Stage.QUALITY]),
    "steps counted": lambda w, v: w.stores.steps.count("x", [Stage.QUALITY]),
    "event": lambda w, v: w.stores.steps.find_event("x", "r", "e"),
    "due": lambda w, v: w.stores.products.due(LATER, 20),
    "rights": lambda w, v: w.stores.products.find_access(["x"]),
    "touched": lambda w, v: everything_touched(w),
}


@pytest.fixture(scope="module")
async def profiled(world: World, api: Api) -> World:
    """Fill the collections a little, so that the planner has something to choose by."""
    customer = await new_customer(api)
    await new_unit(customer)
    await place(customer, await new_quote(customer, quantity=5))
    return world


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("query", QUERIES)
async def test_no_query_scans_a_collection_or_sorts_in_memory(profiled: World, query: str, viewer: str) -> None:
    world = profiled
    database = world.stores.database.handle
    await database.command("profile", 2)
    try:
        since = datetime.now(UTC)
        await QUERIES[query](world, VIEWERS[viewer])
    finally:
        await database.command("profile", 0)
    reads = {"op": {"$in": ["query", "command"]}, "ts": {"$gte": since}, "ns": {"$not": {"$regex": "system|lease"}}}
    profile = await database["system.profile"].find({**reads, "appName": "zero-distance"}).to_list(None)
    nothing_to_see = visible_orders(VIEWERS[viewer]) == NOTHING or visible_to_buyer(VIEWERS[viewer]) == NOTHING
    assert profile or nothing_to_see, "the query was seen"
    for entry in profile:
        assert "COLLSCAN" not in entry.get("planSummary", ""), entry
        assert not entry.get("hasSortStage"), entry
