"""How a simulated customer buys: sign up, choose, design, get a quote, order."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from seeds.client import Client

REFUSAL = "... on Refusal { errorCode message }"
SIGN_UP = f"""
mutation SignUp($input: SignUpInput!) {{
  signUp(input: $input) {{ ... on Session {{ accessToken }} {REFUSAL} }}
}}
"""
SIGN_IN = f"""
mutation SignIn($input: SignInInput!) {{
  signIn(input: $input) {{ ... on Session {{ accessToken }} {REFUSAL} }}
}}
"""
START_DESIGN = f"""
mutation StartDesign($input: StartDesignInput!) {{
  startDesign(input: $input) {{ ... on Design {{ id revision }} {REFUSAL} }}
}}
"""
REQUEST_QUOTE = f"""
mutation RequestQuote($input: RequestQuoteInput!) {{
  requestQuote(input: $input) {{ ... on Quote {{ id total {{ formatted(locale: "en") }} }} {REFUSAL} }}
}}
"""
PLACE_ORDER = f"""
mutation PlaceOrder($input: PlaceOrderInput!) {{
  placeOrder(input: $input) {{ ... on Order {{ id number products {{ code plan {{ startsAt }} }} }} {REFUSAL} }}
}}
"""
EVALUATE = """
query Evaluate($sku: String!, $selections: [SelectionInput!]!, $country: CountryCode!) {
  evaluate(modelSku: $sku, selections: $selections, country: $country) { complete consistent }
}
"""
CHANGE_OF_MIND = 0.4

Selections = list[dict[str, Any]]


@dataclass(frozen=True)
class Market:
    """A country to deliver to, what is paid there, and an address that its post accepts."""

    country: str
    currency: str
    locale: str
    city: str
    postal_code: str

    @property
    def address(self) -> dict[str, object]:
        where = {"city": self.city, "postalCode": self.postal_code, "country": self.country}
        return {"name": "Demo Customer", "lines": ["1 Garden Road"], **where}


@dataclass(frozen=True)
class Bought:
    """An order, the price as people read it, and its units' codes with the planned start of the first."""

    number: str
    price: str
    codes: tuple[str, ...]
    starts_at: str | None


async def sign_up(client: Client, email: str, password: str, name: str, locale: str) -> Client:
    """Make an account; return the way to the API as this customer."""
    about = {"email": email, "password": password, "name": name, "locale": locale}
    return client.bearing((await client.act(SIGN_UP, input=about))["accessToken"])


async def sign_in(client: Client, email: str, password: str) -> Client:
    return client.bearing((await client.act(SIGN_IN, input={"email": email, "password": password}))["accessToken"])


async def buy(client: Client, sku: str, selections: Selections, market: Market, engraving: str | None = None) -> Bought:
    """Design, quote and order one unit. Raises Refused."""
    started = {"modelSku": sku, "selections": selections, "engraving": engraving}
    design = await client.act(START_DESIGN, input=started)
    named = {"designId": design["id"], "designRevision": design["revision"]}
    quote = await client.act(
        REQUEST_QUOTE, input={**named, "country": market.country, "currency": market.currency, "quantity": 1}
    )
    key = secrets.token_hex(16)
    placed = {"quoteId": quote["id"], "shippingAddress": market.address, "idempotencyKey": key}
    order = await client.act(PLACE_ORDER, input=placed)
    products = order["products"]
    starts_at = products[0]["plan"]["startsAt"] if products[0]["plan"] else None
    return Bought(order["number"], quote["total"]["formatted"], tuple(p["code"] for p in products), starts_at)


def first_options(groups: Sequence[Any]) -> Selections:
    """Choose the usual option wherever one must be chosen: always consistent."""
    return [{"group": group["code"], "options": [group["options"][0]["code"]]} for group in groups if group["required"]]


async def choose(client: Client, random: Random, sku: str, groups: Sequence[Any], country: str) -> Selections:
    """Choose by taste; what breaks a rule or isn't sold there gives way to the usual options."""
    chosen = {choice["group"]: choice for choice in first_options(groups)}
    for group in groups:
        if random.random() < CHANGE_OF_MIND:
            codes = [option["code"] for option in group["options"]]
            count = random.randint(1, min(3, len(codes))) if group["many"] else 1
            chosen[group["code"]] = {"group": group["code"], "options": random.sample(codes, count)}
    selections = list(chosen.values())
    found = (await client.ask(EVALUATE, sku=sku, selections=selections, country=country))["evaluate"]
    return selections if found["complete"] and found["consistent"] else first_options(groups)
