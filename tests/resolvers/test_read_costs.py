"""What plain reads ask of the database: how many commands, and how many bytes of answers."""

import secrets
from collections.abc import AsyncIterator
from typing import NamedTuple

import orjson
import pytest

from app.ops.bootstrap import build_deps
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from benchmarks.load import Client as Caller
from benchmarks.reads import READS, asked_by, bearers, body_of, shop_of
from benchmarks.units import Furnished, furnish
from seeds.client import Client
from tests.client import Api
from tests.conftest import serving

UNITS = 100
NEVER_SECONDS = 3_600.0


class Cost(NamedTuple):
    """At most so many commands with so many bytes of answers."""

    commands: int
    bytes: int


AT_MOST = {
    "Track": Cost(3, 62_100),
    "Catalogue": Cost(1, 192_000),
    "Opening": Cost(3, 13_300),
    "Page": Cost(2, 299_000),
}
"""What these reads take at present: whoever makes one leaner lowers its limits, and nobody raises them unawares."""


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
