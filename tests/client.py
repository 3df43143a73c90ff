"""A client of the public API for tests: real HTTP, real graphql-transport-ws frames."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets
from websockets.typing import Subprotocol

from tests.waiting import PATIENT, WAIT_SECONDS_MAX

Json = dict[str, Any]
REFUSAL = "... on Refusal { __typename errorCode message path }"
ADDRESS = {"name": "Li Na", "lines": ["88 Garden Road"], "city": "Foshan", "postalCode": "528000", "country": "CN"}
FRONT_9 = "WM-FRONT-9"


@dataclass
class Api:
    """One caller: an address and, once signed in, a token."""

    url: str
    token: str | None = None
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=WAIT_SECONDS_MAX))

    def signed_in(self, token: str | None) -> "Api":
        return Api(self.url, token, self.http)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def post(self, query: str, variables: Mapping[str, Any] | None = None) -> Json:
        """Send an operation and return the whole answer."""
        body = {"query": query, "variables": variables}
        answer = await self.http.post(f"{self.url}/graphql", json=body, headers=self.headers)
        parsed: Json = answer.json()
        return parsed

    async def ask(self, query: str, **variables: Any) -> Json:
        """Send an operation that must succeed and return its data."""
        answer = await self.post(query, variables)
        assert "errors" not in answer or answer["errors"] is None, answer["errors"]
        data: Json = answer["data"]
        return data

    async def do(self, mutation: str, input_type: str, selection: str, **input: Any) -> Json:
        """Send a mutation with one input and return its union member, success or refusal."""
        query = (
            f"mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ __typename {selection} {REFUSAL} }} }}"
        )
        data = await self.ask(query, input=input)
        member: Json = data[mutation]
        return member

    @asynccontextmanager
    async def socket(self, **payload: Any) -> AsyncIterator["Socket"]:
        """Open a graphql-transport-ws connection, acknowledged."""
        address = self.url.replace("http", "ws") + "/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with websockets.connect(address, subprotocols=[protocol], **PATIENT) as connection:
            socket = Socket(connection)
            await socket.send({"type": "connection_init", "payload": {**self.headers, **payload}})
            message = await socket.receive()
            assert message["type"] == "connection_ack", message
            yield socket

    @asynccontextmanager
    async def subscribe(self, query: str, **variables: Any) -> AsyncIterator["Operation"]:
        async with self.socket() as socket, socket.subscribe(query, **variables) as operation:
            yield operation


@dataclass
class Socket:
    connection: Any

    async def send(self, message: Json) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self, seconds: float = WAIT_SECONDS_MAX) -> Json:
        message: Json = json.loads(await asyncio.wait_for(self.connection.recv(), seconds))
        return message

    @asynccontextmanager
    async def subscribe(self, query: str, **variables: Any) -> AsyncIterator["Operation"]:
        id = secrets.token_hex(4)
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}})
        yield Operation(self, id)
        await self.send({"id": id, "type": "complete"})


@dataclass
class Operation:
    """One subscription on a socket that has no other."""

    socket: Socket
    id: str

    async def message(self, seconds: float = WAIT_SECONDS_MAX) -> Json:
        return await self.socket.receive(seconds)

    async def next(self, seconds: float = WAIT_SECONDS_MAX) -> Json:
        """Return the data of the next event."""
        message = await self.message(seconds)
        assert message["type"] == "next", message
        assert message["id"] == self.id
        assert not message["payload"].get("errors"), message
        data: Json = message["payload"]["data"]
        return data

    async def take(self, count: int) -> list[Json]:
        return [await self.next() for _ in range(count)]


def first_choices(model: Json) -> list[Json]:
    """Choose the first option of every required group: always a consistent design."""
    return [
        {"group": group["code"], "options": [group["options"][0]["code"]]}
        for group in model["optionGroups"]
        if group["required"]
    ]


MODEL = """query($sku: String!) { model(sku: $sku) {
    sku optionGroups { code required many options { code } } routing { code station { code } standardSeconds }
    inspectionPlan { code unit nominal lowerLimit upperLimit safety operation { code } } } }"""


PASSWORD = "correct horse battery"


async def new_customer(api: Api, locale: str | None = None, email: str | None = None) -> Api:
    """Sign up somebody new."""
    session = await api.do(
        "signUp",
        "SignUpInput",
        "... on Session { accessToken }",
        email=email or f"{secrets.token_hex(6)}@example.com",
        password=PASSWORD,
        name="Li Na",
        locale=locale,
    )
    return api.signed_in(session["accessToken"])


async def new_design(api: Api, sku: str = FRONT_9, engraving: str | None = None, **chosen: str) -> Json:
    """Start a design with the first option of every required group, but for what is chosen by group."""
    model = (await api.ask(MODEL, sku=sku))["model"]
    others = [choice for choice in first_choices(model) if choice["group"] not in chosen]
    return await api.do(
        "startDesign",
        "StartDesignInput",
        "... on Design { id revision complete consistent }",
        modelSku=sku,
        selections=[*others, *({"group": group, "options": [option]} for group, option in chosen.items())],
        engraving=engraving,
    )


async def new_quote(
    api: Api,
    sku: str = FRONT_9,
    quantity: int = 1,
    country: str = "CN",
    currency: str = "CNY",
    engraving: str | None = None,
) -> Json:
    design = await new_design(api, sku, engraving)
    return await api.do(
        "requestQuote",
        "RequestQuoteInput",
        "... on Quote { id total { amount currency } validUntil }",
        designId=design["id"],
        designRevision=design["revision"],
        quantity=quantity,
        country=country,
        currency=currency,
    )


async def place(api: Api, quote: Json, key: str | None = None, **address: Any) -> Json:
    return await api.do(
        "placeOrder",
        "PlaceOrderInput",
        "... on Order { id number status total { amount } products { code lastSequence status } }",
        quoteId=quote["id"],
        shippingAddress={**ADDRESS, **address},
        idempotencyKey=key or secrets.token_hex(8),
    )


async def new_unit(api: Api, sku: str = FRONT_9) -> str:
    """Order one unit and return its code."""
    order = await place(api, await new_quote(api, sku))
    code: str = order["products"][0]["code"]
    return code


RECORD = f"""mutation($input: [RecordStepInput!]!) {{ recordSteps(input: $input) {{ __typename
    ... on Step {{ sequence kind stage occurredAt product {{ status lastSequence }} }} {REFUSAL} }} }}"""


async def record(machine: Api, *reports: Json) -> list[Json]:
    """Send reports as a factory's machine or a carrier does."""
    data = await machine.ask(RECORD, input=list(reports))
    answers: list[Json] = data["recordSteps"]
    return answers


def report(code: str, kind: str, at: str, event_id: str | None = None, **more: Any) -> Json:
    return {"code": code, "kind": kind, "eventId": event_id or secrets.token_hex(8), "occurredAt": at, **more}


async def factory_now(api: Api) -> str:
    now: str = (await api.ask("{ factoryClock { now } }"))["factoryClock"]["now"]
    return now


def readings(model: Json, operation: str | None = None, **values: float) -> list[Json]:
    """Measure everything that is inspected (at one operation) in the middle of its limits, but for the given values."""
    found = []
    for entry in model["inspectionPlan"]:
        if operation in (None, entry["operation"]["code"]):
            value = values.get(entry["code"], _inside(entry))
            found.append({"characteristic": entry["code"], "value": value, "unit": entry["unit"] or "C62"})
    return found


def _inside(entry: Json) -> float:
    if entry["unit"] is None:
        return 1.0
    lower, upper = entry["lowerLimit"], entry["upperLimit"]
    if lower is not None and upper is not None:
        return float(lower + upper) / 2
    return float(lower if upper is None else upper)
