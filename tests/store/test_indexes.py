"""Every query that a request can cause is served by an index."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from app.deps import Deps
from app.domain.catalogue.catalogue import Category
from app.domain.design.design import DesignChangeKind
from app.domain.order.adjustment import KIND_OF
from app.domain.order.order import OrderStatus
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import ProductStatus, Stage
from app.store.database import Document
from app.store.design import GallerySort
from app.store.extent import Extent
from app.store.journal import SequenceRange
from app.store.paging import Cursor, Page, TimeRange
from app.store.place import PlaceRange
from app.store.slot import CarrierSlot
from app.store.visibility import NOTHING, visible_designs, visible_orders, visible_products, visible_to_buyer
from tests.client import Api, new_customer, new_quote, new_unit, place
from tests.rows import rows

LATER = datetime(2999, 1, 1, tzinfo=UTC)
EARLIER = datetime(1999, 1, 1, tzinfo=UTC)
FIRST = Page(20)
NEXT = Page(20, Cursor((LATER, "z")))
WAITING = Page(20, Cursor((LATER, "z", "d")))
BY_CODE = Page(20, Cursor(("x",)))
BEFORE = Page(20, Cursor((9,)))
BETWEEN = Page(20, Cursor((3,)), Cursor((9,)), backwards=True)
XY = ["x", "y"]
VIEWERS = {
    "customer": Viewer("a", AccountKind.CUSTOMER, LATER),
    "partner": Viewer("a", AccountKind.PARTNER, LATER),
    "factory": Viewer("f", AccountKind.FACTORY, LATER, factory="FOSHAN"),
    "carrier": Viewer("c", AccountKind.CARRIER, LATER, carrier="HUAXIA"),
    "engineer": Viewer("e", AccountKind.STAFF, LATER, factory="FOSHAN"),
    "staff": Viewer("s", AccountKind.STAFF, LATER),
}
Query = Callable[[Deps], Awaitable[Any]]
ViewedQuery = Callable[[Deps, Viewer], Awaitable[Any]]
SPAN = TimeRange(datetime(2020, 1, 1, tzinfo=UTC), LATER)
BOUGHT = [OrderStatus.PLACED, OrderStatus.COMPLETED]
STATUSES = [ProductStatus.PLANNED, ProductStatus.DELIVERED]


async def releases_written(deps: Deps) -> None:
    async for _ in deps.stores.steps.written_since(datetime.now(UTC), [QualityKind.RELEASED]):
        pass


async def everybody_invited(deps: Deps) -> None:
    async for _ in deps.stores.invitations.addressed_since(datetime.now(UTC)):
        pass


QUERIES: Mapping[str, Query] = {
    "a line's plan": lambda w: w.stores.places.pages(None, Page(20, Cursor((3,))), ["FOSHAN-FRONT"]),
    "moved places": lambda w: w.stores.places.pages(7, Page(20, Cursor((3,))), ["FOSHAN-FRONT"]),
    "units that wait": lambda w: w.stores.places.waiting("FOSHAN-FRONT"),
    "gaps": lambda w: w.stores.places.vacated("FOSHAN-FRONT", 3),
    "the last begun": lambda w: w.stores.places.begun("FOSHAN-FRONT", 100),
    "places": lambda w: w.stores.places.between("FOSHAN-FRONT", 3, 9),
    "units at work": lambda w: w.stores.places.working("FOSHAN-FRONT"),
    "adjustments": lambda w: w.stores.steps.read_kinds(KIND_OF, [("x", 9), ("y", 3)]),
    "order's status": lambda w: w.stores.orders.follow("x", {}),
    "gallery": lambda w: w.stores.designs.page_gallery(None, GallerySort.NEWEST, NEXT),
    "gallery by forks": lambda w: w.stores.designs.page_gallery(Category.REFRIGERATOR, GallerySort.MOST_FORKED, FIRST),
    "comments": lambda w: w.stores.design_changes.pages_of_kind([DesignChangeKind.COMMENTED], BEFORE, ["x"]),
    "settled proposals": lambda w: w.stores.design_changes.pages_of_kind(
        [DesignChangeKind.ACCEPTED, DesignChangeKind.DECLINED], FIRST, XY
    ),
    "changes": lambda w: w.stores.design_changes.pages(BETWEEN, ["x"]),
    "changes by sequence": lambda w: w.stores.design_changes.find_many([("x", 1), ("x", 2), ("y", 1)]),
    "a request": lambda w: w.stores.design_changes.find_request("x", "a", "k"),
    "revision": lambda w: w.stores.design_changes.find_revision("x", 1),
    "revisions": lambda w: w.stores.design_changes.revision_pages(BEFORE, ["x"]),
    "proposal": lambda w: w.stores.design_changes.find_proposal("x", 3),
    "invitations of a design": lambda w: w.stores.invitations.pages(NEXT, ["x"]),
    "invitations to an address": lambda w: w.stores.invitations.page(
        {"email": "a@example.com", "revoked_at": None, "expires_at": {"$gt": LATER}, "accepted.a": {"$exists": False}},
        NEXT,
    ),
    "revisions by number": lambda w: w.stores.design_changes.find_revisions([("x", 1), ("x", 2), ("y", 1)]),
    "invitations to tell of": everybody_invited,
    "presence": lambda w: w.stores.presences.present("x", LATER),
    "order by key": lambda w: w.stores.orders.find_by_key("a", "k"),
    "account by e-mail": lambda w: w.stores.accounts.find_by_email("a@example.com"),
    "session": lambda w: w.stores.sessions.find("x"),
    "revoked sessions": lambda w: w.stores.sessions.revoked_since(LATER),
    "head": lambda w: w.stores.steps.head("x"),
    "heads": lambda w: w.stores.steps.heads(["x", "y"]),
    "steps": lambda w: w.stores.steps.read("x", 0, 100, 9),
    "steps of many": lambda w: w.stores.steps.read_ranges([SequenceRange("x", 3, 9), SequenceRange("y", 0, 1)]),
    "steps by stage": lambda w: w.stores.steps.pages_of([Stage.QUALITY], BETWEEN, ["x"]),
    "steps counted": lambda w: w.stores.steps.counts([Stage.QUALITY], XY),
    "steps with states": lambda w: w.stores.steps.entry_pages_of([Stage.QUALITY], BETWEEN, XY),
    "one step": lambda w: w.stores.steps.find_at("x", 3),
    "one step with its state": lambda w: w.stores.steps.find_entry("x", 3),
    "steps to export": lambda w: w.stores.steps.read_steps("x", 3, 100),
    "event": lambda w: w.stores.steps.find_event("x", "r", "e"),
    "hashes": lambda w: w.stores.steps.hashes([("x", 1), ("y", 2)]),
    "journal as stored": lambda w: w.stores.steps.documents("x"),
    "last anchor": lambda w: w.stores.anchors.last(),
    "anchors of a unit": lambda w: w.stores.anchors.naming("x"),
    "open decisions": lambda w: w.stores.quality.page_asked("a", WAITING),
    "open nonconformances": lambda w: w.stores.quality.page_nonconforming("L", WAITING),
    "first-pass yield": lambda w: w.stores.quality.first_passes("L", EARLIER, LATER),
    "defects": lambda w: w.stores.quality.defects("L", EARLIER, LATER),
    "due": lambda w: w.stores.products.due(LATER, 20),
    "rights": lambda w: w.stores.products.find_access(["x"]),
    "units of steps": lambda w: w.stores.products.find_lasting(["x"]),
    "touched": lambda w: w.stores.steps.touched_since(datetime.now(UTC)),
    "sequences": lambda w: w.stores.products.sequences(["x", "y"]),
    "releases": releases_written,
    "mail": lambda w: w.stores.outbox.claim(datetime(2000, 1, 1, tzinfo=UTC), 60),
    "deliveries": lambda w: w.stores.steps.read_kinds([TransportKind.DELIVERED], [("x", 9)]),
    "slots": lambda w: w.stores.slots.taken([CarrierSlot("HUAXIA", c, "2026-11-25T08:00") for c in ("CN", "DE")]),
    "report": lambda w: w.stores.performance_reports.find("x", 1),
    "reports": lambda w: w.stores.performance_reports.find_many([("x", 1), ("y", 2)]),
    "steps of many units": lambda w: w.stores.steps.pages_of(None, BETWEEN, XY),
    "steps of many units by stage": lambda w: w.stores.steps.pages_of([Stage.QUALITY], FIRST, XY),
    "signed heads": lambda w: w.stores.steps.signed_heads([("x", 1), ("y", 2)]),
    "changes of many designs": lambda w: w.stores.design_changes.pages(BETWEEN, XY),
    "comments on many designs": lambda w: w.stores.design_changes.pages_of_kind(
        [DesignChangeKind.COMMENTED], BEFORE, XY
    ),
    "revisions of many designs": lambda w: w.stores.design_changes.revision_pages(BEFORE, XY),
    "whole revisions": lambda w: w.stores.design_changes.find_whole_revisions([("x", 1), ("y", 2)]),
    "last changes": lambda w: w.stores.design_changes.last_entries(XY),
    "invitations of many designs": lambda w: w.stores.invitations.pages(NEXT, XY),
    "own places": lambda w: w.stores.places.find_all(XY),
    "places of many ranges": lambda w: w.stores.places.between_all(
        [PlaceRange("FOSHAN-FRONT", 3, 9), PlaceRange("FOSHAN-TOP", 1, 5)]
    ),
    "states of lines": lambda w: w.stores.lines.find_all(["FOSHAN-FRONT", "FOSHAN-TOP"]),
    "siblings": lambda w: w.stores.performance_reports.ranks("m", "x", LATER, {"NOISE": 60.0}),
}
VIEWED: Mapping[str, ViewedQuery] = {
    "units": lambda w, v: w.stores.products.page(visible_products(v), FIRST),
    "units, next page": lambda w, v: w.stores.products.page(visible_products(v), NEXT),
    "units by status": lambda w, v: w.stores.products.page(visible_products(v), FIRST, STATUSES),
    "unit": lambda w, v: w.stores.products.find("x", visible_products(v)),
    "units, briefly": lambda w, v: w.stores.products.page(visible_products(v), FIRST, extent=Extent.BRIEF),
    "unit with its head": lambda w, v: w.stores.products.find_with_head("x", visible_products(v), Extent.PLANNED),
    "units by code": lambda w, v: w.stores.products.find_all(["x", "y"], visible_products(v)),
    "orders": lambda w, v: w.stores.orders.page(visible_orders(v), FIRST),
    "orders, next page": lambda w, v: w.stores.orders.page(visible_orders(v), NEXT),
    "orders by status": lambda w, v: w.stores.orders.page(visible_orders(v), NEXT, BOUGHT),
    "orders of a time": lambda w, v: w.stores.orders.page(visible_orders(v), NEXT, None, SPAN),
    "orders by status, of a time": lambda w, v: w.stores.orders.page(visible_orders(v), FIRST, BOUGHT, SPAN),
    "orders for somebody": lambda w, v: w.stores.orders.page(visible_orders(v), NEXT, BOUGHT, SPAN, "K-1"),
    "units by status, of a time": lambda w, v: w.stores.products.page(visible_products(v), NEXT, STATUSES, SPAN),
    "order": lambda w, v: w.stores.orders.find("x", visible_orders(v)),
    "designs": lambda w, v: w.stores.designs.page(visible_designs(v), NEXT),
    "quote": lambda w, v: w.stores.quotes.find("x", visible_to_buyer(v)),
    "units of a lot": lambda w, v: w.stores.quality.page_with_component(visible_products(v), "P", None, "L", BY_CODE),
    "unit of a serial": lambda w, v: w.stores.quality.page_with_component(visible_products(v), None, "S", None, FIRST),
    "units of a package": lambda w, v: w.stores.quality.units_with_package(visible_products(v), "1" * 18),
    "visible units by code": lambda w, v: w.stores.products.find_visible(v, XY),
    "visible orders by id": lambda w, v: w.stores.orders.find_visible(v, XY),
}
"""Those in which it is decided by the viewer what is looked for."""


@pytest.fixture(scope="module")
async def profiled(deps: Deps, api: Api) -> AsyncIterator[Deps]:
    """Fill the collections a little, so that the planner has something to choose by, and note every query's plan."""
    customer = await new_customer(api)
    await new_unit(customer)
    await place(customer, await new_quote(customer, quantity=5))
    await deps.stores.database.handle.command("profile", 2)
    yield deps
    await deps.stores.database.handle.command("profile", 0)


async def plans_of(deps: Deps, query: Awaitable[Any]) -> list[Document]:
    """Run a query; return what the profiler noted of it."""
    since = datetime.now(UTC)
    await query
    reads = {"op": {"$in": ["query", "command"]}, "ts": {"$gte": since}, "ns": {"$not": {"$regex": "system|lease"}}}
    notes = deps.stores.database.handle["system.profile"].find({**reads, "appName": "zero-distance"})
    found: list[Document] = await notes.to_list(None)
    for entry in found:
        assert "COLLSCAN" not in entry.get("planSummary", ""), entry
        assert not entry.get("hasSortStage"), entry
    return found


@rows("query", QUERIES)
async def test_no_query_scans_a_collection_or_sorts_in_memory(profiled: Deps, query: str) -> None:
    assert await plans_of(profiled, QUERIES[query](profiled)), "the query was seen"


@rows("viewer", VIEWERS)
@rows("query", VIEWED)
async def test_no_viewer_makes_a_query_scan_a_collection_or_sort_in_memory(
    profiled: Deps, query: str, viewer: str
) -> None:
    who = VIEWERS[viewer]
    nothing_to_see = visible_orders(who) == NOTHING or visible_to_buyer(who) == NOTHING
    assert await plans_of(profiled, VIEWED[query](profiled, who)) or nothing_to_see, "the query was seen"
