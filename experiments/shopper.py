"""Customers who press "order" again and again: 2 to 10 times per key, at once and one after the other."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from experiments.history import History
from experiments.order_checker import Ending, Submit, saying
from seeds.buyer import REFUSAL, REQUEST_QUOTE, START_DESIGN, Market, first_options, sign_up
from seeds.client import Client

MODEL = "query($sku: String!) { model(sku: $sku) { optionGroups { code required many options { code } } } }"
PLACE = f"""mutation($input: PlaceOrderInput!) {{
  placeOrder(input: $input) {{ ... on Order {{ number total {{ amount currency }}
    shippingAddress {{ name lines city postalCode country phone }}
    products {{ code design {{ selections {{ group {{ code }} options {{ code }} }} }} }} }} {REFUSAL} }} }}"""
SKUS = ("WM-FRONT-9", "WM-TOP-8", "RF-BOTTOM-320", "AC-WALL-35")
MARKET = Market("CN", "CNY", "zh", "Foshan", "528000")
OTHER_CITY = "Guangzhou"
SUBMITS_MIN, SUBMITS_MAX = 2, 10
CHANGED_SHARE = 0.5
QUANTITIES = (1, 1, 1, 3)
TIMEOUT_SECONDS = 4.0
PAUSE_SECONDS_MAX = 0.4
"""A client that got no answer waits a moment."""


@dataclass(frozen=True)
class Customer:
    """A signed-in customer and a quote of theirs, which may be ordered again with each new key."""

    name: str
    token: str
    quote: str
    quantity: int


async def new_customers(http: httpx.AsyncClient, url: str, names: Sequence[str]) -> Sequence[Customer]:
    """Sign customers up, each with a design and a quote of a model in turn."""
    return [await _new_customer(http, url, name, place) for place, name in enumerate(names)]


async def _new_customer(http: httpx.AsyncClient, url: str, name: str, place: int) -> Customer:
    sku, quantity = SKUS[place % len(SKUS)], QUANTITIES[place % len(QUANTITIES)]
    client = await sign_up(Client(http, url), f"{name}@example.com", f"correct horse {name}", name, "en")
    groups = (await client.ask(MODEL, sku=sku))["model"]["optionGroups"]
    design = await client.act(START_DESIGN, input={"modelSku": sku, "selections": first_options(groups)})
    wanted = {"designId": design["id"], "designRevision": design["revision"], "quantity": quantity}
    quote = await client.act(REQUEST_QUOTE, input={**wanted, "country": MARKET.country, "currency": MARKET.currency})
    return Customer(name, client.token() or "", quote["id"], quantity)


class Shopper:
    """Submits keys to the processes at the given addresses and records what each submit saw."""

    def __init__(self, addresses: Mapping[str, str], random: Random, history: History[Submit]) -> None:
        self.addresses, self.random, self.history = addresses, random, history
        self.under_way: dict[str, int] = dict.fromkeys(addresses, 0)
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        self._http = {name: httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits) for name in addresses}

    async def close(self) -> None:
        for http in self._http.values():
            await http.aclose()

    async def buy(self, customer: Customer, key: str) -> None:
        """Submit one key 2 to 10 times, in bursts, to either process; half of the keys once with another input."""
        inputs = [MARKET.city] * self.random.randint(SUBMITS_MIN, SUBMITS_MAX)
        if self.random.random() < CHANGED_SHARE:
            inputs[self.random.randrange(len(inputs))] = OTHER_CITY
        while inputs:
            burst = inputs[: self.random.randint(1, 5)]
            del inputs[: len(burst)]
            await asyncio.gather(*(self.submit(customer, key, city) for city in burst))

    async def submit(self, customer: Customer, key: str, city: str) -> Submit:
        """Submit once, as a client does whose network may fail; never again by itself."""
        process = self.random.choice(list(self.addresses))
        address = {**MARKET.address, "city": city}
        input = {"quoteId": customer.quote, "shippingAddress": address, "idempotencyKey": key}
        invoked_at = time.monotonic()
        self.under_way[process] += 1
        try:
            answer = await self._http[process].post(
                f"{self.addresses[process]}/graphql",
                json={"query": PLACE, "variables": {"input": input}},
                headers={"Authorization": f"Bearer {customer.token}"},
            )
            seen = _seen(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            seen = {"ending": Ending.UNKNOWN, "error": type(error).__name__}
        finally:
            self.under_way[process] -= 1
        named = f"{customer.name}/{key}"
        entry = Submit(named, city, customer.quantity, process, invoked_at, time.monotonic(), **seen)
        self.history.add(entry)
        if entry.ending == Ending.UNKNOWN:
            await asyncio.sleep(self.random.uniform(0, PAUSE_SECONDS_MAX))
        return entry


def _seen(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Read an answer: an order, a refusal, or an error that leaves open what has happened."""
    if answer.get("errors"):
        code = answer["errors"][0].get("extensions", {}).get("code", "")
        return {"ending": Ending.UNKNOWN, "error": code}
    found = answer["data"]["placeOrder"]
    if "errorCode" in found:
        return {"ending": Ending.REFUSED, "error": found["errorCode"]}
    codes = tuple(unit["code"].replace("-", "") for unit in found["products"])
    return {"ending": Ending.ORDER, "order": found["number"], "codes": codes, "said": _said(found)}


def _said(order: Mapping[str, Any]) -> str:
    total, address = order["total"], order["shippingAddress"]
    designs = {
        unit["code"].replace("-", ""): {
            chosen["group"]["code"]: [option["code"] for option in chosen["options"]]
            for chosen in unit["design"]["selections"]
        }
        for unit in order["products"]
    }
    return saying(f"{total['amount']} {total['currency']}", address, designs)
