"""Is a delivery told late, twice and out of order still one delivery?"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.deps import Deps
from app.domain.unit.code import parse_code
from seeds.carrier import Parcel, Tracking
from seeds.client import Client
from seeds.haulage import Haulage
from seeds.simulated_carrier import SimulatedCarrier
from tests.client import Api, factory_now, new_customer, new_unit, record, report
from tests.conftest import Token

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


async def told_of(parcel: Parcel, seed: int = 1) -> list[tuple[datetime, Tracking]]:
    """Drive a parcel hour by hour, and return what was told when."""
    clock = Clock(START)
    carrier = SimulatedCarrier(clock.now, seed)
    await carrier.hand_over(parcel)
    await carrier.hand_over(parcel)
    found = []
    for _ in range(24 * 10):
        clock.time += timedelta(hours=1)
        found += [(clock.time, tracking) for tracking in await carrier.poll()]
    return found


def parcel(code: str) -> Parcel:
    return Parcel(code, "Foshan", START + timedelta(days=2), START + timedelta(days=4))


async def test_events_are_told_late_twice_and_out_of_order_but_never_before_they_happen() -> None:
    late = twice = swapped = 0
    for number in range(60):
        told = await told_of(parcel(f"CODE-{number}"))
        counted = Counter(tracking.event.id for _, tracking in told)
        twice += sum(count == 2 for count in counted.values())
        late += sum(at - tracking.occurred_at > timedelta(hours=1) for at, tracking in told)
        times = [tracking.occurred_at for _, tracking in told]
        swapped += times != sorted(times)
        assert all(tracking.occurred_at <= at for at, tracking in told)
        assert {tracking.event.kind for _, tracking in told} >= {"DISPATCHED", "DELIVERED", "INSTALLED"}
        assert max(counted.values()) <= 2
    assert min(late, twice, swapped) > 20


async def test_the_same_seed_tells_the_same() -> None:
    assert await told_of(parcel("CODE-1")) == await told_of(parcel("CODE-1"))
    assert await told_of(parcel("CODE-1"), 2) != await told_of(parcel("CODE-1"))


UNIT = """query($code: ProductCode!) { product(code: $code) { status deliverySlot { id }
    proofOfDelivery { deliveredAt signatureHash } steps(first: 100) { nodes { kind occurredAt } } } }"""


@pytest.mark.parametrize("restarts", [False, True], ids=["one carrier", "restarted"])
async def test_a_unit_is_delivered_once_whatever_its_carrier_tells(
    api: Api, foshan: Api, machine: Token, deps: Deps, restarts: bool
) -> None:
    customer, huaxia = await new_customer(api), await machine("carrier", carrier="HUAXIA")
    code = await new_unit(customer)
    await record(foshan, report(code, "PACKED", await factory_now(api), sscc="106141412345678908"))
    clock = Clock(datetime.now(UTC) - timedelta(days=30))
    ordered = {"$set": {"ordered_at": clock.time}}
    await deps.stores.products.collection.update_one({"_id": parse_code(code)}, ordered)
    parcel = Parcel(code, "Foshan", clock.time + timedelta(days=2), clock.time + timedelta(days=4))
    client = Client(api.http, f"{api.url}/graphql", lambda: huaxia.token)
    carrier = SimulatedCarrier(clock.now)
    await carrier.hand_over(parcel)
    haulage = Haulage(client, carrier)
    for hour in range(24 * 6):
        clock.time += timedelta(hours=1)
        await haulage.report()
        if restarts and hour == 40:  # the haulier's system has forgotten all, and is handed the parcel again
            carrier = SimulatedCarrier(clock.now)
            await carrier.hand_over(parcel)
            haulage = Haulage(client, carrier)
    unit = (await customer.ask(UNIT, code=code))["product"]
    counted = Counter(step["kind"] for step in unit["steps"]["nodes"])
    assert (counted["DISPATCHED"], counted["DELIVERED"], counted["INSTALLED"]) == (1, 1, 1)
    assert unit["status"] == "INSTALLED"
    assert len(unit["proofOfDelivery"]["signatureHash"]) == 64


async def test_what_waits_at_the_gate_is_handed_over_once_to_arrive_in_its_slot(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer, huaxia = await new_customer(api), await machine("carrier", carrier="HUAXIA")
    code = await new_unit(customer)
    query = "query($code: ProductCode!) { product(code: $code) { deliverySlots { slot { id } } } }"
    offered = await customer.ask(query, code=code)
    slot = offered["product"]["deliverySlots"][0]["slot"]["id"]
    chosen = {"code": code, "slot": slot, "idempotencyKey": "k"}
    await customer.do("chooseDeliverySlot", "ChooseDeliverySlotInput", "... on Product { code }", **chosen)
    await record(foshan, report(code, "PACKED", await factory_now(api)))
    taken: list[Parcel] = []

    class Gate:
        async def hand_over(self, parcel: Parcel) -> None:
            taken.append(parcel)

        async def poll(self) -> list[Tracking]:
            return []

    haulage = Haulage(Client(api.http, f"{api.url}/graphql", lambda: huaxia.token), Gate())
    await haulage.hand_over()
    await haulage.hand_over()
    (parcel,) = (parcel for parcel in taken if parcel.code == code)
    assert parcel.earliest == parcel.latest == datetime.fromisoformat(f"{slot}:00+00:00")
    assert "PACKED" in {known.kind for known in parcel.history}
    assert parcel.city == "Foshan"
