"""Who has a part of the catalogue: counted by what refers to it, of this model and no other."""

from collections.abc import AsyncIterator

import pytest

from app.deps import Deps
from app.domain.catalogue.comparison import Place
from app.ops.bootstrap import with_deps
from app.settings import Settings
from app.store.usage import Uses
from tests.ops.doctor.clinic import SKU, admit
from tests.rows import rows
from tests.world import own_settings


@pytest.fixture(scope="module")
async def shop(settings: Settings) -> AsyncIterator[Deps]:
    """A database with one design, one open quote and two units, of which one is being built."""
    own = own_settings(settings)
    async with with_deps(own) as deps:
        await deps.stores.build_indexes()
        await admit(deps)
        yield deps
        await deps.stores.database.client.drop_database(own.database)


FACTORY, MODEL, LINE = ("factory", "FOSHAN"), ("model", SKU), ("line", "FOSHAN-FRONT")
COLOUR = ("group", "COLOUR")
ALL = {"designs": 1, "open quotes": 1, "units": 2}


@rows(
    ("place", "uses"),
    [
        ((FACTORY, MODEL, COLOUR, ("option", "WHITE")), ALL),
        ((FACTORY, MODEL, COLOUR, ("option", "JADE")), {}),
        ((FACTORY, MODEL, COLOUR), ALL),
        ((FACTORY, MODEL, ("group", "FUNCTIONS")), {}),
        ((FACTORY, ("model", "WM-DRY-10"), COLOUR, ("option", "WHITE")), {}),
        ((FACTORY, MODEL), ALL),
        ((FACTORY, ("model", "WM-DRY-10")), {}),
        ((FACTORY,), ALL),
        ((("factory", "QINGDAO"),), {}),
        ((FACTORY, MODEL, ("operation", "PAINTING")), {"units": 2}),
        ((FACTORY, MODEL, ("characteristic", "SPIN_NOISE")), {"units": 2}),
        ((FACTORY, MODEL, ("rule", "BIG_DRUM")), {}),
        ((FACTORY, LINE), {"units": 2}),
        ((FACTORY, LINE, ("station", "FS1-PAINT")), {"units": 2}),
        ((FACTORY, ("line", "FOSHAN-TOP")), {}),
        ((("carrier", "HUAXIA"),), {"units": 2}),
        ((("carrier", "OTHER"),), {}),
        ((("market", "CN"),), {"open quotes": 1, "units": 2}),
        ((("market", "DE"),), {}),
    ],
)
async def test_designs_open_quotes_and_units_are_counted_that_have_it(shop: Deps, place: Place, uses: Uses) -> None:
    assert await shop.stores.usage.of(place, shop.catalogue, shop.now()) == uses


async def test_what_is_over_uses_nothing(shop: Deps) -> None:
    """Expire the quote, deliver one unit and cancel the other: who has a delivered one still has its options."""
    stores = shop.stores
    await stores.quotes.collection.update_many({}, {"$set": {"valid_until": shop.now()}})
    first, second = [document["_id"] async for document in stores.products.collection.find({})]
    await stores.products.collection.update_one({"_id": first}, {"$set": {"status": "DELIVERED"}})
    await stores.products.collection.update_one({"_id": second}, {"$set": {"status": "CANCELLED"}})
    now = shop.now()
    white = await stores.usage.of((FACTORY, MODEL, COLOUR, ("option", "WHITE")), shop.catalogue, now)
    assert white == {"designs": 1, "units": 1}
    assert await stores.usage.of((FACTORY, LINE), shop.catalogue, now) == {}
    assert await stores.usage.of((("carrier", "HUAXIA"),), shop.catalogue, now) == {}
