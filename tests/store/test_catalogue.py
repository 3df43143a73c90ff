"""The catalogue as it is kept: loaded whole or not at all, its editions never changed, taken up by who is running."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.actions.seed import load_catalogue
from app.deps import Deps
from app.domain.catalogue.catalogue import Catalogue, Model
from app.domain.catalogue.comparison import DifferenceKind
from app.domain.catalogue.edition import content_hash
from app.domain.line.calendar import Stop
from app.ops.bootstrap import build_deps
from app.settings import Settings
from app.store.catalogue import UnknownEdition, VersionTaken
from app.store.database import Database
from app.store.stores import Stores
from tests.domain.build import catalogue
from tests.world import fresh_database

SKU = "WM-FRONT-9"
SEEDED = catalogue()


def edited(whole: Catalogue, sku: str = SKU, **changes: object) -> Catalogue:
    """Change one model."""

    def edit(model: Model) -> Model:
        return replace(model, **changes) if model.sku == sku else model  # type: ignore[arg-type]

    factories = (replace(factory, models=tuple(map(edit, factory.models))) for factory in whole.factories)
    return replace(whole, factories=tuple(factories))


DEARER = edited(SEEDED, base_price={"CNY": Decimal(9999)})


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with fresh_database(settings) as database:
        yield database


@pytest.fixture
async def stores(database: Database) -> Stores:
    """A process that has loaded the seeded catalogue into an empty database."""
    stores = Stores(database)
    await load_catalogue(stores, SEEDED)
    return stores


@pytest.fixture
async def other(stores: Stores) -> Stores:
    """Another process that has taken up what is there."""
    other = Stores(stores.database)
    assert await other.catalogue.refresh()
    return other


async def test_a_first_load_makes_a_first_edition_of_each_model(stores: Stores) -> None:
    assert set(stores.catalogue.current.model) == set(SEEDED.model)
    for sku, model in SEEDED.model.items():
        edition = stores.catalogue.edition(sku)
        assert (edition.number, edition.content_hash) == (1, content_hash(model))
        assert stores.catalogue.current.model[sku] is edition.model


async def test_what_is_read_is_what_was_loaded(stores: Stores, other: Stores) -> None:
    for sku, model in SEEDED.model.items():
        assert content_hash(other.catalogue.edition(sku).model) == content_hash(model)
        assert other.catalogue.edition(sku).valid_from == stores.catalogue.edition(sku).valid_from
    assert [market.country for market in other.catalogue.current.markets] == sorted(SEEDED.market)
    assert set(other.catalogue.current.line) == set(SEEDED.line)


async def test_the_same_load_again_writes_nothing(stores: Stores) -> None:
    version = stores.catalogue.version
    load = await load_catalogue(stores, SEEDED)
    assert (load.changes, load.editions, stores.catalogue.version) == ([], [], version)


async def test_a_load_that_changes_a_model_makes_the_next_edition_of_that_one_alone(stores: Stores) -> None:
    first = stores.catalogue.edition(SKU)
    load = await load_catalogue(stores, DEARER)
    assert [edition.key for edition in load.editions] == [(SKU, 2)]
    assert stores.catalogue.edition(SKU).number == 2
    assert stores.catalogue.edition(SKU, 1) is first
    assert stores.catalogue.edition(SKU).valid_from >= first.valid_from
    assert {change.kind for change in load.changes} == {DifferenceKind.PRICE}


async def test_a_load_back_to_what_was_is_an_edition_of_its_own(stores: Stores) -> None:
    await load_catalogue(stores, DEARER)
    await load_catalogue(stores, SEEDED)
    editions = [stores.catalogue.edition(SKU, number) for number in (1, 2, 3)]
    assert editions[0].content_hash == editions[2].content_hash != editions[1].content_hash
    assert stores.catalogue.edition(SKU) is editions[2]


async def test_a_running_process_takes_up_a_load_at_its_next_look_and_keeps_what_it_has_read(
    stores: Stores, other: Stores
) -> None:
    first, untouched = other.catalogue.edition(SKU), other.catalogue.edition("WM-DRY-10").model
    assert not await other.catalogue.refresh()
    await load_catalogue(stores, DEARER)
    assert other.catalogue.current.model[SKU] is first.model
    assert await other.catalogue.refresh()
    assert other.catalogue.current.model[SKU].base_price == {"CNY": Decimal(9999)}
    assert other.catalogue.edition(SKU, 1) is first
    assert other.catalogue.current.model["WM-DRY-10"] is untouched


async def test_an_edition_that_another_process_has_taken_up_is_known_before_it_is_used(
    stores: Stores, other: Stores
) -> None:
    new = edited(SEEDED, gtin="09524000009999")
    model = replace(SEEDED.model[SKU], sku="WM-NEW-1")
    factories = (replace(f, models=(*f.models, *((model,) if f.code == "FOSHAN" else ()))) for f in new.factories)
    await load_catalogue(stores, replace(new, factories=tuple(factories)))
    with pytest.raises(UnknownEdition):
        other.catalogue.edition(SKU, 2)
    await other.catalogue.know([(SKU, 1)])
    assert not other.catalogue.knows(SKU, 2)
    await other.catalogue.know([(SKU, 1), (SKU, 2)])
    assert other.catalogue.edition(SKU, 2).model.gtin == "09524000009999"
    third = Stores(stores.database)
    await third.catalogue.know([("WM-NEW-1", None)])
    assert third.catalogue.edition("WM-NEW-1").number == 1


async def test_two_loads_at_once_follow_on_each_other(stores: Stores, other: Stores) -> None:
    cheaper = edited(SEEDED, "WM-DRY-10", base_price={"CNY": Decimal(1)})
    loads = await asyncio.gather(load_catalogue(stores, DEARER), load_catalogue(other, cheaper))
    assert sorted(len(load.editions) for load in loads) == [1, 2]  # the later one takes back what the other changed
    for process in (stores, other):
        await process.catalogue.refresh()
        assert process.catalogue.version == 3
        found = {sku: content_hash(model) for sku, model in process.catalogue.current.model.items()}
        assert found in [
            {sku: content_hash(model) for sku, model in whole.model.items()} for whole in (DEARER, cheaper)
        ]


async def test_a_load_that_another_overtook_writes_nothing(stores: Stores, other: Stores) -> None:
    await load_catalogue(stores, DEARER)
    with pytest.raises(VersionTaken):
        await other.catalogue.save(SEEDED, ())
    assert other.catalogue.version == 2
    assert other.catalogue.current.model[SKU].base_price == {"CNY": Decimal(9999)}


async def test_a_market_that_goes_is_forgotten_and_everything_else_is_kept(stores: Stores, other: Stores) -> None:
    (star,) = (market for market in SEEDED.markets if market.country == "*")
    await load_catalogue(stores, Catalogue((), (), (star,)))
    await other.catalogue.refresh()
    found = other.catalogue.current
    assert [market.country for market in found.markets] == ["*"]
    assert set(found.model) == set(SEEDED.model) and all(model.withdrawn for model in found.model.values())
    assert set(found.line) == set(SEEDED.line) and all(line.withdrawn for line in found.line.values())
    assert set(found.carrier) == set(SEEDED.carrier)


async def test_the_working_time_of_a_line_follows_its_shifts_and_keeps_its_stops(
    settings: Settings, stores: Stores
) -> None:
    deps: Deps = await build_deps(settings, stores)
    stop = Stop(deps.now(), deps.now() + timedelta(hours=1), "A belt")
    deps.set_stops("FOSHAN-FRONT", (stop,))
    before = deps.calendar("FOSHAN-FRONT")
    assert deps.calendar("FOSHAN-FRONT") is before
    slower = tuple(
        replace(factory, lines=tuple(replace(line, takt_seconds=60) for line in factory.lines))
        for factory in SEEDED.factories
    )
    await load_catalogue(stores, replace(SEEDED, factories=slower))
    after = deps.calendar("FOSHAN-FRONT")
    assert (before.line.takt_seconds, after.line.takt_seconds) == (48, 60)
    assert (after.stops, after.zone) == ((stop,), before.zone)
