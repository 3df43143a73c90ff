"""An ID code is never given out twice, and an order is whole or not there."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pymongo.errors import BulkWriteError

from app.actions.place_order import Purchase, place_order
from app.actions.unit import projection
from app.deps import Deps
from app.domain.order.order import Address, Product
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit import journey
from app.domain.unit.code import new_code, parse_code
from app.domain.unit.event import Event
from app.domain.unit.kinds.ordering import Ordered, OrderingKind
from app.domain.unit.state import State
from app.store.database import Transaction
from app.store.journal import SequenceTaken
from schema.node import key_of
from tests.client import Api, Json, new_customer, new_quote, place

HOME = Address("Li Na", ("88 Garden Road",), "Foshan", "CN", "528000")


async def cancelled_unit(api: Api, deps: Deps) -> tuple[Json, Product]:
    """Make a quote and a unit that was ordered from it and cancelled."""
    customer = await new_customer(api)
    quote = await new_quote(customer, quantity=2)
    order = await place(customer, quote)
    await customer.do("cancelOrder", "CancelOrderInput", "... on Order { status }", orderId=order["id"])
    unit = await deps.stores.products.find(parse_code(order["products"][0]["code"]))
    assert unit is not None
    assert unit.state.cancelled_at is not None
    return quote, unit


def drawing(*codes: str) -> Callable[[], str]:
    """Draw these codes first and then as always."""
    scripted: Iterator[str] = iter(codes)
    return lambda: next(scripted, None) or new_code()


async def test_the_database_refuses_a_second_journal_and_a_second_unit_of_a_cancelled_unit_s_code(
    api: Api, deps: Deps
) -> None:
    _, unit = await cancelled_unit(api, deps)
    payload, model = Ordered(unit.state.selections), deps.model_of(unit)
    ordered = Event(kind=OrderingKind.ORDER_PLACED, event_id="ordered:again", occurred_at=deps.now(), payload=payload)
    first = journey.append(unit.unit, model, State(), ordered, deps.now(), deps.sign)

    async def journal(transaction: Transaction) -> None:
        await deps.stores.steps.append_within(transaction, [first])

    async def product(transaction: Transaction) -> None:
        again = projection(deps, replace(unit, state=first.state))
        await deps.stores.products.insert_within(transaction, [again])

    before = await deps.stores.steps.heads([unit.code])
    with pytest.raises(SequenceTaken):
        await deps.stores.database.in_transaction(journal)
    with pytest.raises(BulkWriteError, match="E11000"):
        await deps.stores.database.in_transaction(product)
    assert await deps.stores.steps.heads([unit.code]) == before
    kept = await deps.stores.products.find(unit.code)
    assert kept is not None
    assert kept.state.cancelled_at == unit.state.cancelled_at


async def test_a_code_that_was_drawn_before_is_drawn_again_and_nothing_is_left_of_the_attempt(
    api: Api, deps: Deps
) -> None:
    quote, unit = await cancelled_unit(api, deps)
    buyer = Viewer(unit.account, AccountKind.CUSTOMER, deps.wall())
    twice = new_code()
    purchase = Purchase(key_of("Quote", quote["id"]), HOME, secrets.token_hex(8))
    order = await place_order(deps, buyer, purchase, drawing(new_code(), unit.code, twice, twice))
    assert len(set(order.products)) == 2
    assert unit.code not in order.products
    assert await deps.stores.orders.find_by_key(unit.account, purchase.idempotency_key) == order
    bought = {"account": unit.account}
    assert await deps.stores.products.collection.count_documents(bought) == 4
    assert await deps.stores.orders.collection.count_documents(bought) == 2
    assert await deps.stores.steps.heads([twice]) == {}
