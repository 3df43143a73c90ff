"""A server with a database of its own whose catalogue may change beside it, and what its people do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.actions.seed import Load, load_catalogue
from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.ops.bootstrap import build_deps
from app.ops.doctor.examination import examine
from app.ops.issue_token import machine_token
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from seeds.files import read_catalogue
from tests.client import Api, Json, factory_now, new_customer, place, record, report
from tests.conftest import serving
from tests.waiting import WAIT_SECONDS_MAX
from tests.world import Files, own_settings, write_catalogue

PROBE = "RF-SIDE-600"


@dataclass
class Plant:
    """The server, seen from outside (`api`, and `foshan`'s machines) and from inside (`deps`)."""

    api: Api
    foshan: Api
    deps: Deps
    folder: Path
    loads: int = 0

    async def load(self, *edits: Callable[[Files], None]) -> Load:
        """Load the seeded catalogue with some edits, confirmed, and wait until the server has taken it up."""
        self.loads += 1

        def mark(files: Files) -> None:
            """Let the server tell which load it has: in the words for a model that no test here is about."""
            probe = next(model for model in files["shenyang"]["models"] if model["sku"] == PROBE)
            probe["description"]["en"] = f"Load {self.loads}"

        catalogue = read_catalogue(write_catalogue(self.folder, mark, *edits))
        load = await load_catalogue(self.deps.stores, catalogue, confirmed=True)
        await taken_up(self.api, self.loads)
        return load

    async def customer(self) -> Api:
        return await new_customer(self.api)

    async def machine(self, kind: AccountKind, **bound: str) -> Api:
        return self.api.signed_in(await machine_token(self.deps, kind, **bound))

    async def report(self, code: str, kind: str, **more: Any) -> Json:
        """Report one step as Foshan's machines do."""
        (answer,) = await record(self.foshan, report(code, kind, await factory_now(self.api), **more))
        return answer

    async def findings(self) -> list[str]:
        """Let the doctor examine everything; return what is wrong."""
        found = [finding async for outcome in examine(self.deps) for finding in outcome.findings]
        return [f"{finding.subject}: {finding.problem}" for finding in found if not finding.repaired]


async def taken_up(api: Api, loads: int) -> None:
    """Wait until a server answers by a load."""
    query = 'query($sku: String!) { model(sku: $sku) { description(locale: "en") } }'
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while (await api.ask(query, sku=PROBE))["model"]["description"] != f"Load {loads}":
            pass


@asynccontextmanager
async def running_plant(settings: Settings, folder: Path) -> AsyncIterator[Plant]:
    own = own_settings(settings).model_copy(update={"catalogue_seconds": 0.1})
    async with serving(own) as url:
        database = Database.connect(own.mongodb_url, own.database)
        deps = await build_deps(own, Stores(database))
        api = Api(url)
        foshan = api.signed_in(await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN"))
        yield Plant(api, foshan, deps, folder)
        await api.http.aclose()
    await database.client.drop_database(own.database)
    database.close()


DESIGN = """query($id: ID!) { node(id: $id) { ... on Design { revision complete consistent model { sku withdrawn }
    selections { group { code } options { code withdrawn name } } price { amount }
    conflicts { rule options message suggestions { changes { group { code } options { code } } } }
    availableOptions { group { code } option { code withdrawn } available chosen reasons { rule } } } } }"""
UNIT = """query($code: ProductCode!) { product(code: $code) { status progress lastSequence eta { basis }
    model { id sku edition { number contentHash } routing { code station { code name } standardSeconds }
        inspectionPlan { code upperLimit operation { code } } optionGroups { code options { code } } }
    design { selections { group { code } options { code withdrawn } } } order { total { amount } }
    changeWindow { group { code options { code } } }
    steps(first: 100) { nodes { kind label operation { code name } station { code name }
        measurements { characteristic name upperLimit passed } } }
    openDecisions { id question } nonconformances { defectCodes summary characteristics { code name } }
    performanceReport { contentHash values { measurement { characteristic name upperLimit } } } } }"""
PREVIEW = """query($code: ProductCode!, $selections: [SelectionInput!]!) { product(code: $code) {
    changePreview(selections: $selections) { priceDelta { amount currency } conflicts { rule options }
        changes { group { code options { code } } } refusal { __typename errorCode message path } } } }"""


async def design_of(api: Api, design: Json) -> Json:
    found: Json = (await api.ask(DESIGN, id=design["id"]))["node"]
    return found


async def unit_of(api: Api, code: str) -> Json:
    found: Json = (await api.ask(UNIT, code=code))["product"]
    return found


def chosen(found: Json, group: str = "COLOUR") -> list[str]:
    """Name what is chosen in a group of a design or of a unit's design."""
    return [o["code"] for each in found["selections"] if each["group"]["code"] == group for o in each["options"]]


async def request_quote(api: Api, design: Json, country: str = "CN", currency: str = "CNY", quantity: int = 1) -> Json:
    return await api.do(
        "requestQuote",
        "RequestQuoteInput",
        "... on Quote { id total { amount } edition { number contentHash } lines { option amount { amount } } }",
        designId=design["id"],
        designRevision=design["revision"],
        quantity=quantity,
        country=country,
        currency=currency,
    )


async def ordered(api: Api, design: Json, country: str = "CN", currency: str = "CNY", **address: Any) -> str:
    """Quote and order one unit of a design; return its code."""
    order = await place(api, await request_quote(api, design, country, currency), **address)
    code: str = order["products"][0]["code"]
    return code


def choice(**options: str) -> list[Json]:
    return [{"group": group, "options": [option]} for group, option in options.items()]


async def preview(api: Api, code: str, **options: str) -> Json:
    found: Json = (await api.ask(PREVIEW, code=code, selections=choice(**options)))["product"]["changePreview"]
    return found


async def change(api: Api, code: str, delta: str, currency: str = "CNY", **options: str) -> Json:
    return await api.do(
        "changeProduct",
        "ChangeProductInput",
        "... on Product { order { total { amount } } }",
        code=code,
        selections=choice(**options),
        acceptPriceDelta={"amount": delta, "currency": currency},
    )
