"""Packages, delivery slots and the proof of delivery over HTTP: who may choose what, until when, and who is first."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from stdnum import ean

from app.actions.choose_delivery_slot import choose_delivery_slot, offers
from app.actions.export import export_journal
from app.actions.verify import verify
from app.deps import Deps
from app.domain.shared.refusal import NotPossible, RefusalCode
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.code import parse_code
from app.store.slot import CarrierSlot
from tests.client import Api, Json, factory_now, new_customer, new_unit, record, report
from tests.conftest import Token
from tests.resolvers.test_product import NOBODYS
from tests.world import with_catalogue

SSCC, OTHER = "106141412345678908", "195240000000000016"
HASH = "0123456789abcdef" * 4
UNIT = """query($code: ProductCode!) { product(code: $code) { status lastSequence packages { sscc packedAt }
    deliverySlot { id day startsAt endsAt } deliverySlots { slot { id } placesLeft }
    proofOfDelivery { deliveredAt signatureHash media { url type } }
    steps(last: 1) { nodes { kind label(locale: "de") stage sscc deliverySlot { id } } } } }"""


async def unit_of(api: Api, code: str) -> Json:
    product: Json = (await api.ask(UNIT, code=code))["product"]
    return product


async def choose(api: Api, code: str, slot: str, key: str = "key") -> Json:
    selection = "... on Product { code deliverySlot { id } lastSequence }"
    return await api.do(
        "chooseDeliverySlot", "ChooseDeliverySlotInput", selection, code=code, slot=slot, idempotencyKey=key
    )


async def offered(api: Api, code: str) -> list[str]:
    return [offer["slot"]["id"] for offer in (await unit_of(api, code))["deliverySlots"]]


@pytest.fixture
async def huaxia(machine: Token) -> Api:
    return await machine("carrier", carrier="HUAXIA")


async def test_a_slot_is_chosen_moved_and_seen_by_the_carrier(api: Api, huaxia: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    slots = await offered(customer, code)
    assert len(slots) >= 6
    first = await choose(customer, code, slots[0])
    assert first["deliverySlot"] == {"id": slots[0]}
    moved = await choose(customer, code, slots[3], "other")
    assert (moved["deliverySlot"], moved["lastSequence"]) == ({"id": slots[3]}, first["lastSequence"] + 1)
    seen = await unit_of(huaxia, code)
    assert seen["deliverySlot"]["id"] == slots[3]
    (step,) = seen["steps"]["nodes"]
    assert (step["kind"], step["stage"], step["label"]) == ("DELIVERY_SLOT_CHOSEN", "LOGISTICS", "Lieferzeit gewählt")
    assert step["deliverySlot"] == {"id": slots[3]}


async def test_a_choice_is_made_once_per_key(api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    slots = await offered(customer, code)
    answers = await asyncio.gather(*(choose(customer, code, slots[0]) for _ in range(5)))
    assert {answer["lastSequence"] for answer in answers} == {answers[0]["lastSequence"]}
    assert (await choose(customer, code, slots[1]))["errorCode"] == "KEY_REUSED"
    assert (await choose(customer, code, slots[1], "b"))["deliverySlot"] == {"id": slots[1]}
    assert (await choose(customer, code, slots[0]))["deliverySlot"] == {"id": slots[1]}  # the first, repeated late
    same = await choose(customer, code, slots[1], "c")  # changes nothing, but binds its key
    assert same["lastSequence"] == answers[0]["lastSequence"] + 2
    assert (await choose(customer, code, slots[2], "d"))["deliverySlot"] == {"id": slots[2]}
    late = await choose(customer, code, slots[1], "c")
    assert (late["deliverySlot"], late["lastSequence"]) == ({"id": slots[2]}, answers[0]["lastSequence"] + 3)
    assert (await choose(customer, code, slots[0], "c"))["errorCode"] == "KEY_REUSED"


async def test_a_full_slot_may_be_chosen_again_by_who_has_it(api: Api, deps: Deps) -> None:
    ((viewer, code), (other, another)) = await bought(api, deps, 2)
    slot = (await offered_to_all(deps, code, another))[-2]
    taken = await units_in(deps, slot)
    full = with_capacity(deps, taken + 1)
    for key in ("first", "again"):
        assert (await choose_delivery_slot(full, viewer, code, slot, key)).state.slot is not None
    with pytest.raises(NotPossible):
        await choose_delivery_slot(full, other, another, slot, "k")


@pytest.mark.parametrize(
    ("slot", "key", "path"),
    [("", "k", "slot"), ("2026-01-01T08:00", "k", "slot"), ("x" * 5000, "k", "slot"), ("x", "", "idempotencyKey")],
)
async def test_a_slot_that_is_not_offered_is_refused_and_nothing_written(
    api: Api, slot: str, key: str, path: str
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    before = await unit_of(customer, code)
    refused = await choose(customer, code, slot, key)
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", path])
    assert await unit_of(customer, code) == before


async def test_only_who_bought_it_chooses_and_foreign_and_absent_are_one_answer(
    api: Api, foshan: Api, huaxia: Api, machine: Token
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    (slot, *_) = await offered(customer, code)
    others = [await new_customer(api), foshan, huaxia, await machine("staff")]
    answers = [await choose(other, code, slot) for other in others]
    answers.append(await choose(customer, NOBODYS, slot))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["errorCode"] == "NOT_FOUND"


async def test_once_it_is_out_for_delivery_it_is_too_late_until_nobody_was_at_home(api: Api, huaxia: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    slots = await offered(customer, code)
    await record(huaxia, report(code, "OUT_FOR_DELIVERY", await factory_now(api)))
    assert (await choose(customer, code, slots[0]))["errorCode"] == "TOO_LATE"
    assert await offered(customer, code) == []
    await record(huaxia, report(code, "DELIVERY_ATTEMPTED", await factory_now(api)))
    slots = await offered(customer, code)
    assert (await choose(customer, code, slots[0]))["__typename"] == "Product"
    await record(huaxia, report(code, "DELIVERED", await factory_now(api)))
    assert (await choose(customer, code, slots[1], "late"))["errorCode"] == "TOO_LATE"


async def test_of_the_customer_s_choice_and_the_van_exactly_one_is_first(api: Api, huaxia: Api) -> None:
    customer = await new_customer(api)
    for _ in range(10):
        code = await new_unit(customer)
        (slot, *_) = await offered(customer, code)
        van = report(code, "OUT_FOR_DELIVERY", await factory_now(api))
        chosen, (left,) = await asyncio.gather(choose(customer, code, slot), record(huaxia, van))
        if chosen["__typename"] == "Product":
            assert chosen["lastSequence"] < left["sequence"]
        else:
            assert chosen["errorCode"] == "TOO_LATE"
            assert (await unit_of(customer, code))["deliverySlot"] is None


def with_capacity(deps: Deps, capacity: int) -> Deps:
    """The same world where every slot has room for so many units."""
    carriers = tuple(
        replace(carrier, slots=tuple(replace(window, capacity=capacity) for window in carrier.slots))
        for carrier in deps.catalogue.carriers
    )
    return with_catalogue(deps, replace(deps.catalogue, carriers=carriers))


async def bought(api: Api, deps: Deps, count: int) -> Sequence[tuple[Viewer, str]]:
    """Let so many customers buy a unit each."""
    found = []
    for _ in range(count):
        customer = await new_customer(api)
        unit = await deps.stores.products.find(parse_code(await new_unit(customer)))
        assert unit is not None
        found.append((Viewer(unit.account, AccountKind.CUSTOMER, deps.wall() + timedelta(hours=1)), unit.code))
    return found


async def units_in(deps: Deps, slot: str) -> int:
    """Count the units that a slot has."""
    place = CarrierSlot("HUAXIA", "CN", slot)
    return (await deps.stores.slots.taken([place])).get(place, 0)


async def offered_to_all(deps: Deps, *codes: str) -> Sequence[str]:
    """List the slots, in their order, that all of some units may have: their plans may lie a day apart."""
    units = await deps.stores.products.find_all(list(codes))
    first, *others = ([offer.slot.id for offer in offers(deps, unit)] for unit in units.values())
    return [slot for slot in first if all(slot in offered for offered in others)]


async def test_of_many_who_choose_one_slot_at_once_no_more_than_it_holds_get_it(api: Api, deps: Deps) -> None:
    customers = await bought(api, deps, 7)
    slot = (await offered_to_all(deps, *(code for _, code in customers)))[-1]
    taken = await units_in(deps, slot)
    small = with_capacity(deps, taken + 3)

    async def one(viewer: Viewer, code: str) -> bool:
        try:
            await choose_delivery_slot(small, viewer, code, slot, "k")
        except NotPossible as refusal:
            if (refusal.code, refusal.path) != (RefusalCode.TOO_LATE, ("slot",)):
                raise
            return False
        return True

    outcomes = await asyncio.gather(*(one(*customer) for customer in customers))
    assert sum(outcomes) == 3
    assert await units_in(deps, slot) == taken + 3
    # who moves away makes room for another
    mover, waiter = customers[outcomes.index(True)], customers[outcomes.index(False)]
    await choose_delivery_slot(with_capacity(deps, 10_000), *mover, slot[:-5] + "08:00", "moved")
    assert await one(*waiter)


async def test_packages_are_seen_by_their_numbers_each_once(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    at = await factory_now(api)
    packed = [report(code, "PACKED", at, sscc=number) for number in (SSCC, OTHER, SSCC)]
    answers = await record(foshan, *packed, report(code, "PACKED", at, sscc=SSCC[:-1] + "9"))
    assert [answer["__typename"] for answer in answers] == ["Step", "Step", "Step", "InvalidInput"]
    assert answers[3]["path"] == ["input", "3", "sscc"]
    unit = await unit_of(customer, code)
    assert [package["sscc"] for package in unit["packages"]] == sorted((SSCC, OTHER))
    assert unit["steps"]["nodes"][0]["sscc"] == SSCC


async def test_a_package_s_number_on_two_units_is_found_in_whatever_order_they_were_packed(
    api: Api, foshan: Api, huaxia: Api, machine: Token, caplog: pytest.LogCaptureFixture
) -> None:
    customer, other = await new_customer(api), await new_customer(api)
    mine, theirs, alone = await new_unit(customer), await new_unit(other), await new_unit(other)
    number = new_sscc()
    at = await factory_now(api)
    await record(foshan, report(mine, "PACKED", at, sscc=number), report(alone, "PACKED", at, sscc=new_sscc()))
    assert "package number on several units" not in caplog.messages
    (answer,) = await record(foshan, report(theirs, "PACKED", at, sscc=number))
    assert answer["__typename"] == "Step"
    assert "package number on several units" in caplog.messages
    query = "query($sscc: String!) { unitsWithPackage(sscc: $sscc) { code packages { sscc } } }"

    async def found(caller: Api) -> list[str]:
        return [unit["code"] for unit in (await caller.ask(query, sscc=number))["unitsWithPackage"]]

    for caller in (foshan, huaxia, await machine("staff"), await machine("staff", factory="FOSHAN")):
        assert await found(caller) == sorted([mine, theirs])
    assert (await found(customer), await found(other)) == ([mine], [theirs])
    for caller in (await machine("factory", factory="QINGDAO"), await machine("carrier", carrier="NORDWIND")):
        assert await found(caller) == []
    for wrong in ("", "1" * 18, number + "0"):
        answer = await foshan.post(query, {"sscc": wrong})
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


def new_sscc() -> str:
    digits = f"{secrets.randbelow(10**17):017}"
    return digits + ean.calc_check_digit(digits)


@pytest.mark.parametrize("first", [0, 1, 2])
async def test_the_proof_of_a_delivery_is_the_last_that_occurred_in_whatever_order_it_is_told(
    api: Api, huaxia: Api, first: int
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    now = datetime.fromisoformat(await factory_now(api))
    times = [(now - timedelta(minutes=minutes)).isoformat() for minutes in (3, 2, 1)]
    told = [
        report(code, "DELIVERED", times[0], signatureHash="a" * 64),
        report(code, "DELIVERED", times[1], signatureHash="b" * 64),
        report(code, "DELIVERED", times[2]),
    ]
    for each in [*told[first:], *told[:first]]:
        await record(huaxia, each)
    assert (await unit_of(customer, code))["proofOfDelivery"]["signatureHash"] == "b" * 64


async def test_a_delivery_is_proved_by_pictures_and_the_hash_of_a_signature(api: Api, huaxia: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    assert (await unit_of(customer, code))["proofOfDelivery"] is None
    picture = {"url": "https://huaxia.example/1.jpg", "type": "image/jpeg"}
    at = await factory_now(api)
    await record(huaxia, report(code, "DELIVERED", at, signatureHash=HASH, media=[picture]))
    proof = (await unit_of(customer, code))["proofOfDelivery"]
    assert (proof["signatureHash"], proof["media"]) == (HASH, [picture])


async def test_a_journal_with_slot_package_and_proof_holds_its_chain(
    api: Api, foshan: Api, huaxia: Api, deps: Deps
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    (slot, *_) = await offered(customer, code)
    await choose(customer, code, slot)
    at = await factory_now(api)
    await record(foshan, report(code, "PACKED", at, sscc=SSCC))
    await record(huaxia, report(code, "DELIVERED", at, signatureHash=HASH))
    unit = await deps.stores.products.find(parse_code(code))
    assert unit is not None
    assert await verify(deps, unit) == []
    steps = (await export_journal(deps, staff_of(deps), unit.code))["steps"]
    slot_chosen, packed, delivered = (step["content"]["payload"] for step in steps[2:5])
    assert {"day": slot[:10], "start": f"{slot[11:]}:00"}.items() <= slot_chosen["slot"].items()
    assert (packed["sscc"], delivered["signatureHash"]) == (SSCC, HASH)


def staff_of(deps: Deps) -> Viewer:
    return Viewer("staff", AccountKind.STAFF, deps.wall() + timedelta(hours=1))


async def test_a_carrier_reports_only_the_way_and_only_of_units_handed_to_it(
    api: Api, huaxia: Api, machine: Token
) -> None:
    code = await new_unit(await new_customer(api))
    at = await factory_now(api)
    (foreign,) = await record(await machine("carrier", carrier="NORDWIND"), report(code, "DISPATCHED", at))
    assert foreign["errorCode"] == "NOT_FOUND"
    answers = await record(huaxia, report(code, "DISPATCHED", at), report(code, "OPERATION_STARTED", at))
    assert [answer.get("errorCode") for answer in answers] == [None, "NOT_ALLOWED"]
