"""The simulated customers of all markets: clients of the public API that sign up, design and order."""

import asyncio
import logging
import secrets
from random import Random
from typing import Any

import httpx

from seeds.buyer import Market, buy, choose, sign_up
from seeds.client import ApiError, Client, Refused

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 15.0
AT_HOME = 0.6
CHINA = (
    Market("CN", "CNY", "zh", "佛山", "528000"),
    Market("CN", "CNY", "zh", "上海", "200001"),
    Market("CN", "CNY", "zh", "沈阳", "110001"),
)
ABROAD = (
    Market("DE", "EUR", "de", "Leipzig", "04109"),
    Market("FR", "EUR", "fr", "Lyon", "69002"),
    Market("GB", "GBP", "en", "Leeds", "LS1 4AP"),
    Market("US", "USD", "en", "Portland", "97201"),
    Market("JP", "USD", "en", "Osaka", "530-0001"),
)
MODELS = """
query Sold($market: CountryCode!) {
  models(market: $market, first: 100) {
    nodes { sku optionGroups { code required many options { code } } }
  }
}
"""


async def order_for_ever(url: str, orders_per_minute: float, seed: int) -> None:
    """Place orders, each as a new customer, at a rate on the wall clock; none at a rate of 0."""
    if orders_per_minute <= 0:
        return
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        demand = Demand(Client(http, url), seed)
        while True:
            await asyncio.sleep(demand.random.expovariate(orders_per_minute / 60))
            try:
                await demand.order()
            except (ApiError, Refused) as error:
                log.warning("a simulated customer went away: %s", error)


class Demand:
    """Who orders what: seeded tastes; the addresses of the accounts are new in every run."""

    def __init__(self, client: Client, seed: int) -> None:
        self.random = Random(f"{seed}:demand")
        self._client, self._run, self._count = client, secrets.token_hex(4), 0
        self._models: dict[str, list[Any]] = {}

    async def order(self) -> None:
        """Sign up somebody and order one unit of something that is sold where they live."""
        random, self._count = self.random, self._count + 1
        market = random.choice(CHINA if random.random() < AT_HOME else ABROAD)
        model = random.choice(await self._sold(market.country))
        email = f"customer-{self._run}-{self._count}@zerodistance.example"
        name = f"Customer {self._count}"
        customer = await sign_up(self._client, email, secrets.token_urlsafe(16), name, market.locale)
        selections = await choose(customer, random, model["sku"], model["optionGroups"], market.country)
        await buy(customer, model["sku"], selections, market)

    async def _sold(self, country: str) -> list[Any]:
        if country not in self._models:
            self._models[country] = (await self._client.ask(MODELS, market=country))["models"]["nodes"]
        return self._models[country]
