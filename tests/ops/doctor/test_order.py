"""An order has its units, each once, and its key for itself."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.ops.doctor.clinic import Patient

PRODUCTS: Mapping[str, Any] = {
    "no units": lambda codes: [],
    "a unit that there is not": lambda codes: [*codes, "7K3M9QXT2CHVE"],
    "a unit twice": lambda codes: [*codes, codes[0]],
}


@pytest.mark.parametrize("what", PRODUCTS)
async def test_an_order_with_wrong_units_is_found(patient: Patient, what: str) -> None:
    orders = patient.deps.stores.orders.collection
    products = PRODUCTS[what](list(patient.order.products))
    await orders.update_one({"_id": patient.order.id}, {"$set": {"products": products}})
    found = [f for f in await patient.findings() if f.subject == patient.order.number]
    assert [(finding.check, finding.repaired) for finding in found] == [("units", False)]


async def test_a_key_with_two_orders_is_found(patient: Patient) -> None:
    orders = patient.deps.stores.orders.collection
    await orders.drop_index("key")
    order = await orders.find_one({"_id": patient.order.id})
    await orders.insert_one({**(order or {}), "_id": "f" * 24, "number": "ZD-26-SECOND00", "products": ["X"]})
    assert [(finding.check, finding.problem) for finding in await patient.findings()] == [
        ("key", "2 orders have its idempotency key")
    ]
