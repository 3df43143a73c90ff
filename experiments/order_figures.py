"""What the database holds after the experiment on orders, and what is counted of a run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.order.order import Order
from app.ops.doctor.check import Finding
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from experiments.order_checker import Ending, StoredOrder, StoredUnit, Submit, saying
from experiments.plant import Plant


@dataclass
class Kills:
    """What the kills hit, and what the doctor found after each."""

    count: int = 0
    hit: int = 0
    failed_starts: int = 0
    examinations: int = 0
    over_at: float = 0.0
    broken: list[Finding] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)


async def read_orders(settings: Settings) -> tuple[Sequence[StoredOrder], Sequence[StoredUnit]]:
    """Read what the database holds in the end, past the API."""
    database = Database.connect(settings.mongodb_url, settings.database)
    stores = Stores(database)
    names = {account["_id"]: account["name"] async for account in stores.accounts.collection.find({"kind": "CUSTOMER"})}
    orders = [stores.orders.load(document) async for document in stores.orders.collection.find({})]
    number_of = {order.id: order.number for order in orders}
    steps: dict[str, list[str]] = {}
    async for step in stores.steps.collection.find({}, {"product": 1, "kind": 1}).sort(
        [("product", 1), ("sequence", 1)]
    ):
        steps.setdefault(step["product"], []).append(step["kind"])
    units = [document async for document in stores.products.collection.find({}, {"order": 1, "state.selections": 1})]
    named = {unit["_id"]: unit["order"] for unit in units}
    designs = {unit["_id"]: unit["state"]["selections"] for unit in units}
    database.close()
    return (
        [
            StoredOrder(
                f"{names[o.account]}/{o.idempotency_key}",
                o.shipping_address.city,
                o.number,
                o.products,
                _said(o, designs),
            )
            for o in orders
        ],
        [
            StoredUnit(code, number_of.get(named.get(code, ""), ""), tuple(steps.get(code, ())))
            for code in steps.keys() | named.keys()
        ],
    )


def _said(order: Order, designs: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    to = order.shipping_address
    address = {
        "name": to.name,
        "lines": list(to.lines),
        "city": to.city,
        "postalCode": to.postal_code,
        "country": to.country,
        "phone": to.phone,
    }
    found = {code: {group: list(chosen) for group, chosen in designs.get(code, {}).items()} for code in order.products}
    return saying(f"{order.total} {order.currency}", address, found)


def figures(
    plant: Plant,
    history: Sequence[Submit],
    stored: tuple[Sequence[StoredOrder], Sequence[StoredUnit]],
    kills: Kills,
    seconds: float,
) -> dict[str, str | int | float]:
    endings = Counter(submit.ending for submit in history)
    unknown = Counter(submit.error or "" for submit in history if submit.ending == Ending.UNKNOWN)
    orders, units = stored
    most = max(Counter(order.key for order in orders).values(), default=0)
    happened = sum((proxy.happened for proxy in plant.proxies.values()), Counter[str]())
    return {
        "keys": len({submit.key for submit in history}),
        "submits": len(history),
        "answered with an order": endings[Ending.ORDER],
        "refused (KEY_REUSED)": endings[Ending.REFUSED],
        "unknown to the client": ", ".join(f"{code} {times}" for code, times in sorted(unknown.items())) or 0,
        "longest wait for an answer, once nothing fails": f"{_longest_wait(history, kills.over_at):.1f} s",
        "orders": len(orders),
        "units": len(units),
        "orders of one key, at most": most,
        "API processes killed": f"{kills.count}, {kills.hit} with submits under way",
        "starts that failed for want of the database": kills.failed_starts,
        "examinations by the doctor": kills.examinations,
        "invariants violated": len(kills.broken),
        "derived data repaired": ", ".join(f"{check} {n}" for check, n in sorted(kills.repaired.items())) or 0,
        **{f"HTTP: {fault}": times for fault, times in sorted(happened.items())},
        **{f"MongoDB: {fault}": times for fault, times in sorted(plant.database_proxy.happened.items())},
        "seconds": round(seconds, 1),
    }


def _longest_wait(history: Sequence[Submit], since: float) -> float:
    """Return the most seconds that a key waited from its first submit after a moment to its first answer."""
    asked: dict[str, float] = {}
    answered: dict[str, float] = {}
    for submit in sorted(history, key=lambda submit: submit.ended_at):
        if submit.invoked_at >= since:
            asked[submit.key] = min(submit.invoked_at, asked.get(submit.key, submit.invoked_at))
            if submit.ending != Ending.UNKNOWN:
                answered.setdefault(submit.key, submit.ended_at)
    return max((answered[key] - asked[key] for key in answered), default=0.0)
