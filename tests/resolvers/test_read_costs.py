"""Reads ask the database for no more than they show: so many commands, so many bytes, and still the same answers."""

import secrets
from collections.abc import AsyncIterator
from typing import NamedTuple

import orjson
import pytest
from strawberry.utils.str_converters import to_camel_case

from app.domain.unit.code import parse_code
from app.ops.bootstrap import build_deps
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from benchmarks.load import Client as Caller
from benchmarks.reads import READS, asked_by, bearers, body_of, shop_of
from benchmarks.units import Furnished, furnish
from schema.links import BRIEF
from seeds.client import Client
from tests.client import Api, Json
from tests.conftest import serving
from tests.rows import rows

UNITS = 100
NEVER_SECONDS = 3_600.0


class Cost(NamedTuple):
    """At most so many commands with so many bytes of answers."""

    commands: int
    bytes: int


AT_MOST = {
    "Track": Cost(2, 7_700),
    "Catalogue": Cost(1, 12_800),
    "Opening": Cost(3, 14_000),
    "Page": Cost(2, 53_500),
}
"""What these reads take at present: whoever makes one leaner lowers its limits, and nobody raises them unawares."""


SELECTIONS = {
    "model": "{ sku name }",
    "factory": "{ code city }",
    "line": "{ code }",
    "order": "{ number status }",
    "plan": "{ position startsAt finishesAt }",
    "steps": "(first: 5) { totalCount nodes { kind product { status progress } } }",
    "signedHead": "{ sequence hash signature }",
    "replaces": "{ code }",
    "replacedBy": "{ code }",
}
"""What is selected of the fields that are no leaves."""


class Served(NamedTuple):
    """A database that nobody else works on, its server's port, and who may ask what of it."""

    database: Database
    made: Furnished
    partner: Caller
    customer: Caller


@pytest.fixture(scope="module")
async def served(settings: Settings) -> AsyncIterator[Served]:
    """Serve units in the middle of their lives; nothing happens by itself meanwhile."""
    own = settings.model_copy(
        update={
            "database": f"reads_{secrets.token_hex(4)}",
            "sweep_seconds": NEVER_SECONDS,
            "planning_seconds": NEVER_SECONDS,
            "position_check_seconds": NEVER_SECONDS,
            "rights_seconds": NEVER_SECONDS,
        }
    )
    async with serving(own) as url:
        database = Database.connect(own.mongodb_url, own.database)
        deps, api = await build_deps(own, Stores(database)), Api(url)
        caller = Client(api.http, f"{url}/graphql")
        known = await bearers(deps, caller)
        made = await furnish(shop_of(known, caller), UNITS)
        port = int(url.rpartition(":")[2])
        partner, customer = (Caller(port, "/graphql", token) for token in (known.partner, known.customer))
        yield Served(database, made, partner, customer)
        partner.close()
        customer.close()
        await api.http.aclose()
        await database.client.drop_database(own.database)
        database.close()


async def test_the_reads_that_are_most_asked_for_take_no_more_of_the_database_than_they_did(served: Served) -> None:
    for name, read in READS.items():
        there, body = served.partner if read.partner else served.customer, body_of(read, served.made)
        assert "errors" not in orjson.loads(await there.post(body))
        asked = await asked_by(served.database, there, body)
        limit = AT_MOST[name]
        assert len(asked.commands) <= limit.commands, (name, asked.commands)
        assert asked.bytes <= limit.bytes, (name, asked.bytes)


async def ask(there: Caller, query: str) -> Json:
    answer = orjson.loads(await there.post(orjson.dumps({"query": query})))
    assert "errors" not in answer, answer
    data: Json = answer["data"]
    return data


@rows("name", sorted(to_camel_case(name) for name in BRIEF | {"plan"}))
async def test_a_field_says_the_same_where_no_more_of_a_unit_is_read_than_it_needs(served: Served, name: str) -> None:
    shown = name + SELECTIONS.get(name, "")
    for query in ("products(first: 100) { nodes { %s } }", f'product(code: "{served.made.partner[-1]}") {{ %s }}'):
        briefly = await ask(served.partner, f"{{ {query % shown} }}")
        whole = await ask(served.partner, f"{{ {query % (shown + ' eta { basis }')} }}")
        for unit in whole["products"]["nodes"] if "products" in whole else [whole["product"]]:
            del unit["eta"]
        assert briefly == whole


async def test_a_unit_whose_projection_lags_behind_is_shown_as_its_journal_says_and_repaired(served: Served) -> None:
    code = served.made.partner[-1]
    query = f'{{ product(code: "{code}") {{ status lastSequence }} }}'
    before = await ask(served.partner, query)
    products, key = served.database.collection("products"), {"_id": parse_code(code)}
    stored = await products.find_one(key)
    await products.update_one(key, {"$set": {"status": "PLANNED", "state": {"sequence": 1}}})
    assert await ask(served.partner, query) == before
    assert await products.find_one(key) == stored
