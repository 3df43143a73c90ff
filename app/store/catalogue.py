"""The catalogue as it is kept, and as this process knows it: factories, carriers and markets, and editions of models.

A load is one transaction: it writes what differs, adds editions, which never change, and counts the catalogue's version
up. The version tells every process whether it has to read anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bson import decode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.domain.catalogue.catalogue import Carrier, Catalogue, Factory, Market, Model
from app.domain.catalogue.edition import Edition, EditionKey, next_edition
from app.store.database import CODEC, Database, Document, Transaction
from app.store.journal import Overtaken

FACTORY: TypeAdapter[Factory] = TypeAdapter(Factory)
CARRIER: TypeAdapter[Carrier] = TypeAdapter(Carrier)
MARKET: TypeAdapter[Market] = TypeAdapter(Market)
MODEL: TypeAdapter[Model] = TypeAdapter(Model)
RAW: CodecOptions[RawBSONDocument] = CodecOptions(RawBSONDocument)
VERSION = "version"


class UnknownEdition(KeyError):
    """There is no such edition, or this process has not read it yet: `know` comes first."""


class VersionTaken(Overtaken):
    """Another load was first: compare with what it made, and decide anew."""


class Catalogues:
    """The current catalogue, and every edition of its models that this process has read.

    Editions are kept as bytes until somebody asks for one: most of those of years ago nobody does.
    """

    def __init__(self, database: Database) -> None:
        self.name = "editions"
        self.version = 0
        self.current = Catalogue()
        self._database = database
        self._parts = database.collection("catalogue")
        self.collection = database.collection(self.name)
        self._numbers: dict[str, int] = {}
        self._stored: dict[EditionKey, bytes] = {}
        self._editions: dict[EditionKey, Edition] = {}

    def indexes(self) -> list[IndexModel]:
        return [IndexModel([("version", ASCENDING)])]

    def edition(self, sku: str, number: int | None = None) -> Edition:
        """Return an edition of a model, the current one where no number is given. Raises UnknownEdition."""
        key = EditionKey(sku, self._numbers.get(sku, 0) if number is None else number)
        known = self._editions.get(key)
        if known is not None:
            return known
        if key not in self._stored:
            raise UnknownEdition(f"{sku}:{key.number}")
        return self._editions.setdefault(
            key, load_edition(decode(self._stored[key], CODEC))
        )  # the planner's thread may be first

    def find_edition(self, sku: str) -> Edition | None:
        """Find the current edition of a model, withdrawn or not."""
        return self.edition(sku) if sku in self._numbers else None

    def knows(self, sku: str, number: int | None = None) -> bool:
        key = EditionKey(sku, self._numbers.get(sku, 0) if number is None else number)
        return key in self._editions or key in self._stored

    async def know(self, keys: Iterable[tuple[str, int | None]]) -> None:
        """Read the catalogue anew where somebody refers to an edition, or a model, that it did not have yet.

        Another process may have taken up a load some seconds before this one.
        """
        if not all(self.knows(*key) for key in keys):
            await self.refresh()

    async def refresh(self) -> bool:
        """Take up what was loaded since this process looked last; tell whether there was anything. One small read."""
        while (version := await self._version()) != self.version:
            parts = {document["_id"]: document async for document in self._parts.find({"_id": {"$ne": VERSION}})}
            raw = self.collection.with_options(codec_options=RAW).find({"version": {"$gt": self.version}})
            editions = [(EditionKey(found["sku"], found["number"]), bytes(found.raw)) async for found in raw]
            if await self._version() == version:
                self._take(version, parts, editions)
                return True
        return False

    async def _version(self) -> int:
        document = await self._parts.find_one({"_id": VERSION})
        return document["number"] if document else 0

    def _take(self, version: int, parts: Mapping[str, Document], editions: Iterable[tuple[EditionKey, bytes]]) -> None:
        """Know what was read: all of it, or nothing where some of it cannot be read."""
        stored = dict(editions)
        numbers = dict(self._numbers)
        for sku, number in stored:
            numbers[sku] = max(number, numbers.get(sku, 0))
        keys = [EditionKey(sku, number) for sku, number in numbers.items()]
        offered = {key: self._editions.get(key) or load_edition(decode(stored[key], CODEC)) for key in keys}
        self.current = together(parts, (edition.model for edition in offered.values()))
        self._stored |= stored
        self._editions |= offered
        self._numbers, self.version = numbers, version

    def adopt(self, catalogue: Catalogue, now: datetime) -> None:
        """Know a catalogue, and the editions that it makes, that are stored nowhere: for who has no database."""
        for model in catalogue.model.values():
            edition = next_edition(self.find_edition(model.sku), model, now)
            self._editions[edition.key] = edition
            self._numbers[model.sku] = edition.number
        self.current = catalogue

    async def save(self, catalogue: Catalogue, editions: Sequence[Edition]) -> None:
        """Write what differs from the known version, and the editions that are new, all together.

        Raises VersionTaken, and has written nothing, where another load came in between.
        """
        known, wanted = apart(self.current), apart(catalogue)
        changed = [document for key, document in wanted.items() if known.get(key) != document]

        async def write(transaction: Transaction) -> None:
            seen = {"_id": VERSION} | ({"number": self.version} if self.version else {"number": {"$exists": False}})
            await self._parts.update_one(seen, {"$set": {"number": self.version + 1}}, upsert=True, session=transaction)
            for document in changed:
                await self._parts.replace_one({"_id": document["_id"]}, document, upsert=True, session=transaction)
            gone = list(known.keys() - wanted.keys())
            await self._parts.delete_many({"_id": {"$in": gone}}, session=transaction)
            documents = [{**dump_edition(edition), "version": self.version + 1} for edition in editions]
            if documents:
                await self.collection.insert_many(documents, session=transaction)

        try:
            await self._database.in_transaction(write)
        except DuplicateKeyError as error:
            await self.refresh()
            raise VersionTaken from error
        await self.refresh()


def load_edition(document: Document) -> Edition:
    """Read an edition as it is stored."""
    model = MODEL.validate_python(document["content"])
    return Edition(document["number"], document["content_hash"], document["valid_from"], model)


def dump_edition(edition: Edition) -> Document:
    sku, number = edition.key
    return {
        "_id": f"{sku}:{number}",
        "sku": sku,
        "number": number,
        "content_hash": edition.content_hash,
        "valid_from": edition.valid_from,
        "content": MODEL.dump_python(edition.model, mode="json"),
    }


def apart(catalogue: Catalogue) -> Mapping[str, Document]:
    """Take a catalogue apart into documents by `_id`, without its models."""
    factories = [FACTORY.dump_python(replace(factory, models=()), mode="json") for factory in catalogue.factories]
    contents = {
        "factory": (factories, "code"),
        "carrier": ([CARRIER.dump_python(carrier, mode="json") for carrier in catalogue.carriers], "code"),
        "market": ([MARKET.dump_python(market, mode="json") for market in catalogue.markets], "country"),
    }
    return {
        f"{kind}:{content[name]}": {"_id": f"{kind}:{content[name]}", "kind": kind, "content": content}
        for kind, (found, name) in contents.items()
        for content in found
    }


def together(parts: Mapping[str, Document], models: Iterable[Model]) -> Catalogue:
    """Put a catalogue together, in the order of its codes; a model belongs where its line is."""
    contents: dict[str, list[Document]] = {"factory": [], "carrier": [], "market": []}
    for _, document in sorted(parts.items()):
        contents[document["kind"]].append(document["content"])
    of_line: dict[str, list[Model]] = {}
    for model in models:
        of_line.setdefault(model.line, []).append(model)

    def whole(factory: Factory) -> Factory:
        made = (model for line in factory.lines for model in of_line.get(line.code, ()))
        return replace(factory, models=tuple(sorted(made, key=lambda model: model.sku)))

    return Catalogue(
        tuple(whole(FACTORY.validate_python(content)) for content in contents["factory"]),
        tuple(map(CARRIER.validate_python, contents["carrier"])),
        tuple(map(MARKET.validate_python, contents["market"])),
    )
