"""The catalogue as it is kept: one document for each factory, carrier and market, written whole or not at all."""

from pydantic import TypeAdapter

from app.domain.catalogue.catalogue import Carrier, Catalogue, Factory, Market
from app.store.database import Database, Document, Transaction

factories_of = TypeAdapter(tuple[Factory, ...])
carriers_of = TypeAdapter(tuple[Carrier, ...])
markets_of = TypeAdapter(tuple[Market, ...])


class CatalogueRecords:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database.collection("catalogue")

    async def load(self) -> Catalogue:
        """Read the whole catalogue into memory, in the order of its codes."""
        documents = await self._collection.find({}).sort("_id", 1).to_list(None)
        contents: dict[str, list[Document]] = {"factory": [], "carrier": [], "market": []}
        for document in documents:
            contents.setdefault(document["kind"], []).append(document["content"])
        return Catalogue(
            factories_of.validate_python(contents["factory"]),
            carriers_of.validate_python(contents["carrier"]),
            markets_of.validate_python(contents["market"]),
        )

    async def save(self, catalogue: Catalogue) -> int:
        """Write what differs in one transaction; return how many documents were written."""
        wanted = {document["_id"]: document for document in _documents(catalogue)}
        present = {document["_id"]: document async for document in self._collection.find({})}
        changed = [document for key, document in wanted.items() if present.get(key) != document]

        async def write(transaction: Transaction) -> None:
            for document in changed:
                await self._collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=transaction)

        if changed:
            await self._database.in_transaction(write)
        return len(changed)


def _documents(catalogue: Catalogue) -> list[Document]:
    contents = {
        "factory": (factories_of.dump_python(catalogue.factories, mode="json"), "code"),
        "carrier": (carriers_of.dump_python(catalogue.carriers, mode="json"), "code"),
        "market": (markets_of.dump_python(catalogue.markets, mode="json"), "country"),
    }
    return [
        {"_id": f"{kind}:{content[key]}", "kind": kind, "content": content}
        for kind, (found, key) in contents.items()
        for content in found
    ]
