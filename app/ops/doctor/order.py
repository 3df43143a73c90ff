"""Checks of one order: it has its units, all of them, and its key once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.deps import Deps
from app.ops.doctor.check import Check, Finding, diagnose
from app.store.database import Document
from app.store.snapshot import KeyList, Snapshot

KEY = ("account", "idempotency_key")
READ = (*KEY, "number", "products")
"""The fields of an order that are looked at."""


@dataclass(frozen=True)
class Ordered:
    """An order, what the records of its units say of it, by code, and how many orders have its key."""

    order: Document
    units: Mapping[str, Document]
    with_its_key: int


def _units(deps: Deps, ordered: Ordered) -> Iterator[str]:
    codes = ordered.order["products"]
    if not codes:
        yield "it has no units"
    if len(set(codes)) != len(codes):
        yield "it names a unit twice"
    for code in codes:
        unit = ordered.units.get(code)
        if unit is None:
            yield f"its unit {code} is missing"
        elif unit["order"] != ordered.order["_id"]:
            yield f"its unit {code} belongs to another order"


def _key(deps: Deps, ordered: Ordered) -> Iterator[str]:
    if ordered.with_its_key != 1:
        yield f"{ordered.with_its_key} orders have its idempotency key"


CHECKS: Mapping[str, Check[Ordered]] = {"units": _units, "key": _key}


async def examine_orders(deps: Deps, snapshot: Snapshot, keys: KeyList) -> tuple[int, Sequence[Finding]]:
    """Examine orders; return how many there are, and what was found."""
    stores = deps.stores
    orders = await snapshot.find(stores.orders.collection, keys.of("_id"), "_id", fields=READ)
    codes = [code for order in orders for code in order.get("products", ())]
    records = await snapshot.find(stores.products.collection, {"_id": {"$in": codes}}, fields=("order",))
    units = {unit["_id"]: unit for unit in records}
    uses = await _uses(deps, snapshot, orders)
    findings: list[Finding] = []
    for order in orders:
        ordered = Ordered(order, units, uses[_key_of(order)])
        findings += await diagnose(deps, str(order.get("number", order["_id"])), ordered, CHECKS, {})
    return len(orders), findings


async def _uses(deps: Deps, snapshot: Snapshot, orders: Sequence[Document]) -> Counter[tuple[str | None, str | None]]:
    """Count the orders with each key of some, wherever they are."""
    accounts, keys = ({_key_of(order)[part] for order in orders} for part in (0, 1))
    query = {"account": {"$in": list(accounts)}, "idempotency_key": {"$in": list(keys)}}
    return Counter(_key_of(order) for order in await snapshot.find(deps.stores.orders.collection, query, fields=KEY))


def _key_of(order: Document) -> tuple[str | None, str | None]:
    return order.get("account"), order.get("idempotency_key")
