"""Documents that are objects with an id: loading and dumping by their type alone."""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from app.store.catalogue import Catalogues
from app.store.database import Collection, Database, Document

R = TypeVar("R")


class Records(Generic[R]):
    """The collection of one kind of record, `_id` standing for the field named `id_field`."""

    def __init__(self, database: Database, name: str, record: type[R], id_field: str = "id") -> None:
        self.name = name
        self.collection: Collection = database.collection(name)
        self._adapter: TypeAdapter[R] = TypeAdapter(record)
        self._id_field = id_field

    def load(self, document: Document) -> R:
        return self._adapter.validate_python({**document, self._id_field: document["_id"]})

    def dump(self, record: R) -> Document:
        document: Document = self._adapter.dump_python(record, exclude_defaults=True)
        return {"_id": document.pop(self._id_field), **document}

    async def load_all(self, documents: Sequence[Document]) -> list[R]:
        """Load documents; a kind that refers to something this process may not know yet makes it known first."""
        return [self.load(document) for document in documents]

    async def find(self, id: str, visible: Document | None = None) -> R | None:
        document = await self.collection.find_one({"$and": [{"_id": id}, visible or {}]})
        return (await self.load_all([document]))[0] if document else None

    async def find_all(self, ids: Sequence[str], visible: Document | None = None) -> dict[str, R]:
        """Read many records in one command."""
        wanted = {"$and": [{"_id": {"$in": list(ids)}}, visible or {}]}
        documents = await self.collection.find(wanted, batch_size=len(ids) + 1).to_list(None)
        return {row["_id"]: record for row, record in zip(documents, await self.load_all(documents), strict=True)}


class CatalogueReferring(Records[R]):
    """Records that name a model, and mostly which edition of it: known before whoever reads them asks for it."""

    def __init__(
        self, database: Database, name: str, record: type[R], catalogue: Catalogues, id_field: str = "id"
    ) -> None:
        super().__init__(database, name, record, id_field)
        self._catalogue = catalogue

    async def know(self, documents: Iterable[Document]) -> None:
        await self._catalogue.know((document["model"], document.get("edition")) for document in documents)

    async def load_all(self, documents: Sequence[Document]) -> list[R]:
        await self.know(documents)
        return await super().load_all(documents)
