"""The baseline for reads: Strawberry's own view, plain resolvers and loaders, and motor, over the same database.

As a team would write it that has these four reads to serve: documents straight to fields, each read with the fields
that its type shows, one loader for each thing that is looked up by its key. What our API works out, it reads as stored:
an order's status and a unit's; and its estimate is the plan's end and two days. With `--caches`, Strawberry's
extensions that keep parsed and validated documents are on; without, it is as the documentation begins.
"""

import asyncio
import sys
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NewType

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.scalars import ID
from strawberry.schema.config import StrawberryConfig

from app.auth.keys import Keys, load_keys
from app.auth.token import read_authorization
from app.domain.shared.viewer import Viewer
from app.domain.unit.code import format_code, parse_code
from app.domain.unit.kinds.table import KINDS
from app.settings import Settings
from app.store.database import Collection, Database, Document
from app.store.snapshot import FAST

ProductCode = NewType("ProductCode", str)
SCALARS: Mapping[object, Any] = {
    ProductCode: strawberry.scalar(name="ProductCode", serialize=format_code, parse_value=parse_code),
    datetime: strawberry.scalar(
        name="DateTime",
        serialize=lambda at: at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        parse_value=datetime.fromisoformat,
    ),
}


def _fields(names: str) -> dict[str, int]:
    return dict.fromkeys(names.split(), 1)


UNIT = _fields(
    "status factory model edition gtin order ordered_at state.sequence plan.position plan.starts_at plan.finishes_at"
)
STEP = _fields("sequence kind occurred_at operation measurements")
ORDER = _fields("number customer_reference status placed_at products")
FACTORY = _fields("content.code content.name.en content.city")
MODEL = _fields("content.sku content.category content.name.en")
ASKED = {**UNIT, "state.requested": 1, "state.decided": 1}
CARRIED = timedelta(days=2)


class Context:
    """One request's: who asks, the collections, and the loaders."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        handle = database.client.get_database(database.name, codec_options=FAST)
        self.products, self.steps, self.orders, catalogue, editions = (
            handle[name] for name in ("products", "steps", "orders", "catalogue", "editions")
        )
        self.owned: Document = {"account": viewer.account}
        self.product = _loader(self.products, UNIT, lambda code: code, self.owned)
        self.order = _loader(self.orders, ORDER, lambda key: key, self.owned)
        self._factory = _loader(catalogue, FACTORY, lambda code: f"factory:{code}", {})
        self._model = _loader(editions, MODEL, lambda key: key, {})

    async def factories(self, units: Sequence[Document]) -> "dict[str, Factory]":
        codes = list({unit["factory"] for unit in units})
        found = await self._factory.load_many(codes)
        return {code: Factory.of(document["content"]) for code, document in zip(codes, found, strict=True)}

    async def models(self, units: Sequence[Document]) -> "dict[str, Model]":
        keys = list({model_of(unit) for unit in units})
        found = await self._model.load_many(keys)
        return {key: Model.of(document["content"]) for key, document in zip(keys, found, strict=True)}

    async def made(self, units: Sequence[Document]) -> "list[Product]":
        """Map the units of a list, each with its factory and model, which these reads show."""
        factories, models = await asyncio.gather(self.factories(units), self.models(units))
        return [Product.of(unit, factories[unit["factory"]], models[model_of(unit)]) for unit in units]


def _loader(
    collection: Collection, fields: Mapping[str, int], key: Callable[[str], str], visible: Document
) -> DataLoader[str, Document]:
    async def load(names: list[str]) -> list[Any]:
        wanted = {"_id": {"$in": [key(name) for name in names]}, **visible}
        found = {document["_id"]: document async for document in collection.find(wanted, fields)}
        return [found.get(key(name)) for name in names]

    return DataLoader(load_fn=load)


Info = strawberry.Info[Context, None]


def global_id(kind: str, key: str) -> ID:
    return ID(urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def model_of(unit: Document) -> str:
    return f"{unit['model']}:{unit['edition']}"


@strawberry.type
class Model:
    sku: str
    category: str
    name: str

    @classmethod
    def of(cls, content: Document) -> "Model":
        return cls(sku=content["sku"], category=content["category"], name=content["name"]["en"])


@strawberry.type
class Factory:
    code: str
    city: str
    name: str

    @classmethod
    def of(cls, content: Document) -> "Factory":
        return cls(code=content["code"], city=content["city"], name=content["name"]["en"])


@strawberry.type
class Plan:
    position: int
    starts_at: datetime
    finishes_at: datetime


@strawberry.type
class Eta:
    earliest: datetime
    latest: datetime


@strawberry.type
class Operation:
    code: str


@strawberry.type
class Measurement:
    characteristic: str
    value: float
    unit: str
    lower_limit: float | None
    upper_limit: float | None
    passed: bool

    @classmethod
    def of(cls, document: Document) -> "Measurement":
        get = document.get
        return cls(
            characteristic=document["characteristic"],
            value=document["value"],
            unit=document["unit"],
            lower_limit=get("lower_limit"),
            upper_limit=get("upper_limit"),
            passed=document["passed"],
        )


@strawberry.type
class Step:
    sequence: int
    kind: str
    stage: str
    occurred_at: datetime
    operation: Operation | None
    measurements: list[Measurement]

    @classmethod
    def of(cls, document: Document) -> "Step":
        return cls(
            sequence=document["sequence"],
            kind=document["kind"],
            stage=KINDS[document["kind"]].row.stage,
            occurred_at=document["occurred_at"],
            operation=Operation(code=document["operation"]) if document.get("operation") else None,
            measurements=[Measurement.of(each) for each in document.get("measurements", ())],
        )


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Steps:
    nodes: list[Step]


@strawberry.type
class Product:
    document: strawberry.Private[Document]
    read_model: strawberry.Private[Model | None]
    code: ProductCode
    gtin: str
    serial: str
    status: str
    last_sequence: int
    factory: Factory

    @classmethod
    def of(cls, document: Document, factory: Factory, model: Model | None = None) -> "Product":
        return cls(
            document=document,
            read_model=model,
            code=ProductCode(document["_id"]),
            gtin=document["gtin"],
            serial=document["_id"],
            status=document["status"],
            last_sequence=document["state"]["sequence"],
            factory=factory,
        )

    @strawberry.field
    def model(self, info: Info) -> Model:
        return self.read_model or one_model(info, self.document)  # type: ignore[return-value]

    @strawberry.field
    def plan(self) -> Plan | None:
        return Plan(**self.document["plan"]) if self.document.get("plan") else None

    @strawberry.field
    async def order(self, info: Info) -> "Order":
        return Order.of(await info.context.order.load(self.document["order"]))

    @strawberry.field
    def eta(self) -> Eta | None:
        plan = self.document.get("plan")
        return Eta(earliest=plan["finishes_at"], latest=plan["finishes_at"] + CARRIED) if plan else None

    @strawberry.field
    async def steps(self, info: Info, last: int = 20) -> Steps:
        cursor = info.context.steps.find({"product": self.code}, STEP).sort("sequence", -1).limit(last)
        return Steps(nodes=[Step.of(document) for document in reversed(await cursor.to_list(last))])


async def one_model(info: Info, unit: Document) -> Model:
    return (await info.context.models([unit]))[model_of(unit)]


@strawberry.type
class ProductEdge:
    cursor: str
    node: Product


@strawberry.type
class Products:
    edges: list[ProductEdge]
    nodes: list[Product]
    page_info: PageInfo


@strawberry.type
class Order:
    units: strawberry.Private[list[str]]
    id: ID
    number: str
    customer_reference: str | None
    status: str
    placed_at: datetime

    @classmethod
    def of(cls, document: Document) -> "Order":
        return cls(
            units=document["products"],
            id=global_id("Order", document["_id"]),
            number=document["number"],
            customer_reference=document.get("customer_reference"),
            status=document["status"],
            placed_at=document["placed_at"],
        )

    @strawberry.field
    async def products(self, info: Info) -> list[Product]:
        return await info.context.made(await info.context.product.load_many(self.units))


@strawberry.type
class Orders:
    nodes: list[Order]


@strawberry.type
class Decision:
    id: ID
    raised_at: datetime
    deadline: datetime
    evidence: list[Measurement]
    product: Product


@strawberry.type
class Decisions:
    nodes: list[Decision]


@strawberry.type
class Query:
    @strawberry.field
    async def product(self, info: Info, code: ProductCode) -> Product | None:
        document = await info.context.products.find_one({"_id": code, **info.context.owned}, UNIT)
        if document is None:
            return None
        return Product.of(document, (await info.context.factories([document]))[document["factory"]])

    @strawberry.field
    async def products(self, info: Info, first: int = 20) -> Products:
        cursor = info.context.products.find(info.context.owned, UNIT).sort([("ordered_at", -1), ("_id", -1)])
        found = await cursor.limit(first + 1).to_list(first + 1)
        nodes = await info.context.made(found[:first])
        edges = [ProductEdge(cursor=_cursor(node), node=node) for node in nodes]
        end = edges[-1].cursor if edges else None
        return Products(edges=edges, nodes=nodes, page_info=PageInfo(has_next_page=len(found) > first, end_cursor=end))

    @strawberry.field
    async def orders(self, info: Info, first: int = 20) -> Orders:
        cursor = info.context.orders.find(info.context.owned, ORDER).sort([("placed_at", -1), ("_id", -1)]).limit(first)
        return Orders(nodes=[Order.of(document) for document in await cursor.to_list(first)])

    @strawberry.field
    async def open_decisions(self, info: Info, first: int = 20) -> Decisions:
        asked = {**info.context.owned, "asked_since": {"$gt": datetime(1, 1, 1, tzinfo=UTC)}}
        cursor = info.context.products.find(asked, ASKED).sort([("asked_since", 1), ("_id", 1)]).limit(first)
        units = await info.context.made(await cursor.to_list(first))
        return Decisions(
            nodes=[
                Decision(
                    id=global_id("Decision", f"{unit.code}.{key}"),
                    raised_at=request["raised_at"],
                    deadline=request["deadline"],
                    evidence=[Measurement.of(each) for each in request["evidence"]],
                    product=unit,
                )
                for unit in units
                for key, request in unit.document["state"]["requested"].items()
                if key not in unit.document["state"].get("decided", {})
            ]
        )


def _cursor(product: Product) -> str:
    at = int(product.document["ordered_at"].timestamp() * 1000 + 0.5)
    return urlsafe_b64encode(f'[{at},"{product.code}"]'.encode()).decode().rstrip("=")


class View(GraphQL[Context, None]):
    database: Database
    keys: Keys
    settings: Settings

    async def get_context(self, request: Any, response: Any) -> Context:
        viewer = read_authorization(self.keys, self.settings, request.headers.get("authorization"))
        assert viewer is not None
        return Context(self.database, viewer)


def create_app(settings: Settings, caches: bool) -> Starlette:
    extensions: list[type[SchemaExtension] | Callable[[], SchemaExtension]] = [ParserCache, ValidationCache]
    schema = strawberry.Schema(
        Query, config=StrawberryConfig(scalar_map=dict(SCALARS)), extensions=extensions if caches else []
    )
    view = View(schema, graphql_ide=None)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        view.database = Database.connect(settings.mongodb_url, settings.database)
        view.keys, view.settings = load_keys(settings.data_dir), settings
        yield
        view.database.close()

    routes: list[BaseRoute] = [Route("/graphql", view, methods=["POST"])]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    settings = Settings()
    app = create_app(settings, "--caches" in sys.argv)
    uvicorn.run(app, host="127.0.0.1", port=settings.port, log_level="error")


if __name__ == "__main__":
    main()
