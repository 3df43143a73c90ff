"""What the benchmark of reads reads: units in the middle of their lives, ordered and built through the public API.

A partner has bought a hundred units of all factories, each at another place of its journey, and a customer three, of
which one waits for a decision. Journals come from the scripts of the simulator: only codes and times differ by run.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from seeds.buyer import PLACE_ORDER, REQUEST_QUOTE, START_DESIGN, first_options
from seeds.client import CLOCK, Client
from seeds.event import Event
from seeds.plant import Model, read_models
from seeds.reporter import REPORT, report_of
from seeds.script import Script

SOLD = """query Sold { models(market: "CN", first: 100) { nodes { sku
    factory { code } optionGroups { code required options { code } } } } }"""
ADDRESS = {"name": "Li Na", "lines": ["88 Garden Road"], "city": "Foshan", "postalCode": "528000", "country": "CN"}
REPORTS_MAX = 100
UNITS_PER_ORDER = 4
TRACKED = "WM-FRONT-9"
ASKS, FAILS = "a unit that asks 2", 1.0
"""The script in which an inspection fails so that the customer is asked."""


@dataclass
class Shop:
    """Who calls: a partner, a customer, and each factory's machine by the factory's code."""

    partner: Client
    customer: Client
    machines: Mapping[str, Client]
    models: Mapping[str, Model] = field(default_factory=dict)
    sold: Sequence[Any] = ()


@dataclass(frozen=True)
class Furnished:
    """The codes of what was made: one unit with a whole journal, all of the partner's, all of the customer's."""

    tracked: str
    partner: Sequence[str]
    customer: Sequence[str]


async def furnish(shop: Shop, units: int) -> Furnished:
    """Order so many units for the partner, three for the customer, and build them as far as each is to be."""
    shop.models = await read_models(shop.partner)
    shop.sold = (await shop.partner.ask(SOLD))["models"]["nodes"]
    bought = [
        (code, sku)
        for number in range(-(-units // UNITS_PER_ORDER))
        for code, sku in await order(shop, shop.partner, _sold(shop, number), UNITS_PER_ORDER, f"customer-{number}")
    ][:units]
    journeys = {
        code: whole[: len(whole) * (number + 1) // units]
        for number, (code, sku) in enumerate(bought)
        for whole in [journey(shop, sku, f"unit {number}", 0.0)]
    }
    asking = [await order(shop, shop.customer, TRACKED, 1) for _ in range(3)]
    (tracked, sku), (waiting, _), (fresh, _) = (codes[0] for codes in asking)
    journeys[tracked] = journey(shop, sku, "a unit on its way", 0.0)
    journeys[waiting] = Script(shop.models[sku], ASKS, failures=FAILS).follow([], "PLANNED")
    factories = {model["sku"]: model["factory"]["code"] for model in shop.sold}
    skus = dict([*bought, (tracked, sku), (waiting, sku)])
    for factory, machine in shop.machines.items():
        made = {code: events for code, events in journeys.items() if factories[skus[code]] == factory}
        await report(machine, made)
    return Furnished(tracked, [code for code, _ in bought], [tracked, waiting, fresh])


def _sold(shop: Shop, number: int) -> str:
    sku: str = shop.sold[number % len(shop.sold)]["sku"]
    return sku


def journey(shop: Shop, sku: str, name: str, failures: float) -> list[Event]:
    """List what machines report of a unit from the first operation until its carrier takes it."""
    script = Script(shop.models[sku], name, failures=failures)
    return [*script.build(), *script.pack()]


async def order(
    shop: Shop, buyer: Client, sku: str, quantity: int, reference: str | None = None
) -> list[tuple[str, str]]:
    """Order units of one model; return their codes, each with the SKU."""
    groups = next(model["optionGroups"] for model in shop.sold if model["sku"] == sku)
    design = await act(buyer, START_DESIGN, modelSku=sku, selections=first_options(groups))
    named = {"designId": design["id"], "designRevision": design["revision"]}
    quote = await act(buyer, REQUEST_QUOTE, **named, country="CN", currency="CNY", quantity=quantity)
    placed = await act(
        buyer,
        PLACE_ORDER,
        quoteId=quote["id"],
        shippingAddress=ADDRESS,
        idempotencyKey=secrets.token_hex(8),
        customerReference=reference,
    )
    return [(unit["code"], sku) for unit in placed["products"]]


async def act(buyer: Client, mutation: str, **input: Any) -> Any:
    """Execute a mutation of one field that must succeed."""
    (result,) = (await buyer.ask(mutation, input=input)).values()
    assert "errorCode" not in result, result
    return result


async def report(machine: Client, journeys: Mapping[str, Sequence[Event]]) -> None:
    """Report what happened to units, each in order, a hundred reports to a mutation."""
    now = datetime.fromisoformat((await machine.ask(CLOCK))["factoryClock"]["now"])
    reports = [
        report_of(code, now + timedelta(milliseconds=number), event)
        for code, events in journeys.items()
        for number, event in enumerate(events, start=-len(events))
    ]
    for start in range(0, len(reports), REPORTS_MAX):
        answers = (await machine.ask(REPORT, input=reports[start : start + REPORTS_MAX]))["recordSteps"]
        assert all("errorCode" not in answer for answer in answers), answers
