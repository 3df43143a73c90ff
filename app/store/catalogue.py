"""The catalogue as it is kept: one document for each factory and carrier, written whole or not at all."""

from pydantic import TypeAdapter

from app.domain.catalogue import Carrier, Catalogue, Factory
from app.store.database import Database, Document, Transaction


class CatalogueRecords:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database.collection("catalogue")
        self._factory = TypeAdapter(Factory)
        self._carrier = TypeAdapter(Carrier)

    async def load(self) -> Catalogue:
        """Read the whole catalogue into memory, in the order of its codes."""
        documents = await self._collection.find({}).sort("_id", 1).to_list(None)
        factories = tuple(self._factory.validate_python(d["content"]) for d in documents if d["kind"] == "factory")
        carriers = tuple(self._carrier.validate_python(d["content"]) for d in documents if d["kind"] == "carrier")
        return Catalogue(factories, carriers)

    async def save(self, catalogue: Catalogue) -> int:
        """Write what differs in one transaction; return how many documents were written."""
        wanted = {document["_id"]: document for document in self._documents(catalogue)}
        present = {document["_id"]: document async for document in self._collection.find({})}
        changed = [document for key, document in wanted.items() if present.get(key) != document]

        async def write(transaction: Transaction) -> None:
            for document in changed:
                await self._collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=transaction)

        if changed:
            await self._database.in_transaction(write)
        return len(changed)

    def _documents(self, catalogue: Catalogue) -> list[Document]:
        factories: list[Document] = [
            {"_id": f"factory:{f.code}", "kind": "factory", "content": self._factory.dump_python(f, mode="json")}
            for f in catalogue.factories
        ]
        carriers: list[Document] = [
            {"_id": f"carrier:{c.code}", "kind": "carrier", "content": self._carrier.dump_python(c, mode="json")}
            for c in catalogue.carriers
        ]
        return factories + carriers
