"""Who has a part of the catalogue: how many designs, open quotes and units refer to it."""

from collections.abc import Mapping
from datetime import datetime

from app.domain.catalogue.catalogue import Catalogue
from app.domain.catalogue.comparison import Place
from app.domain.unit.stage import DELIVERED, ENDED
from app.store.database import Collection, Document
from app.store.design import Designs
from app.store.order import Quotes
from app.store.product import Products

Uses = Mapping[str, int]
"""How many there are of what refers to it; those of which there are none are left out."""
NOT_ENDED: Document = {"status": {"$nin": [status.value for status in ENDED]}}
UNFINISHED: Document = {"status": {"$nin": [status.value for status in ENDED | DELIVERED]}}


class Usage:
    """Counts by looking through whole collections: for whoever loads a catalogue, never for a request."""

    def __init__(self, designs: Designs, quotes: Quotes, products: Products) -> None:
        self._collections = {
            "designs": designs.collection,
            "open quotes": quotes.collection,
            "units": products.collection,
        }

    async def of(self, place: Place, present: Catalogue, now: datetime) -> Uses:
        """Count who has what stands at a place; a quote is open until it expires (factory clock)."""
        counted = {
            name: await _count(self._collections[name], query) for name, query in _queries(place, present, now).items()
        }
        return {name: count for name, count in counted.items() if count}


async def _count(collection: Collection, query: Document) -> int:
    return await collection.count_documents(query)


def _queries(place: Place, present: Catalogue, now: datetime) -> Mapping[str, Document]:
    """Say how those are found that refer to a place, by what they are.

    A routing and an inspection plan belong to an edition, which units keep: who has a part of them is still being made.
    A rule and a type test are nothing that anybody has.
    """
    codes, still_open = dict(place), {"valid_until": {"$gt": now}}
    noun, code = place[-1]
    if noun in ("option", "group"):
        name, wanted = f"selections.{codes['group']}", code if noun == "option" else {"$exists": True}
        of_model: Document = {"model": codes["model"]}
        return {
            "designs": {**of_model, name: wanted},
            "open quotes": {**of_model, **still_open, name: wanted},
            "units": {**of_model, **NOT_ENDED, f"state.{name}": wanted},
        }
    if noun in ("model", "factory"):
        skus = [code] if noun == "model" else [model.sku for model in present.factory[code].models]
        of_models: Document = {"model": {"$in": skus}}
        return {
            "designs": of_models,
            "open quotes": {**of_models, **still_open},
            "units": {**of_models, **NOT_ENDED},
        }
    if noun in ("operation", "characteristic"):
        return {"units": {"model": codes["model"], **UNFINISHED}}
    if noun in ("line", "station"):
        return {"units": {"line": codes["line"], **UNFINISHED}}
    if noun == "carrier":
        return {"units": {"carrier": code, **UNFINISHED}}
    if noun == "market":
        return {"open quotes": {"country": code, **still_open}, "units": {"country": code, **UNFINISHED}}
    return {}
