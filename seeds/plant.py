"""What the simulated machines know of a model, each of its editions as they read it from the API once."""

from dataclasses import dataclass
from typing import Any

from seeds.client import Client

PLAN = """
      sku
      factory { code city }
      routing { code standardSeconds station { code } }
      inspectionPlan { code operation { code } unit nominal lowerLimit upperLimit safety }
"""
CATALOGUE = f"""
query Catalogue($after: String) {{
  models(first: 100, after: $after) {{ nodes {{ {PLAN} }} pageInfo {{ hasNextPage endCursor }} }}
}}
"""
MODEL = f"query Model($id: ID!) {{ node(id: $id) {{ ... on Model {{ {PLAN} }} }} }}"


@dataclass(frozen=True)
class Operation:
    code: str
    station: str
    standard_seconds: float


@dataclass(frozen=True)
class Characteristic:
    """`unit` None: pass or fail."""

    code: str
    operation: str
    unit: str | None = None
    nominal: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    safety: bool = False


@dataclass(frozen=True)
class Model:
    sku: str
    city: str
    routing: tuple[Operation, ...]
    inspection_plan: tuple[Characteristic, ...]

    @property
    def build(self) -> tuple[Operation, ...]:
        """The operations up to and including the final inspection: the last one at which something is inspected."""
        return self.routing[: self._packing_begins]

    @property
    def packing(self) -> tuple[Operation, ...]:
        return self.routing[self._packing_begins :]

    @property
    def _packing_begins(self) -> int:
        inspected = {characteristic.operation for characteristic in self.inspection_plan}
        return max(index for index, operation in enumerate(self.routing, start=1) if operation.code in inspected)

    def inspected_at(self, operation: str) -> tuple[Characteristic, ...]:
        return tuple(characteristic for characteristic in self.inspection_plan if characteristic.operation == operation)


async def read_model(client: Client, id: str) -> Model:
    """Read one model by its id: that of a unit is the edition that it was sold as."""
    return _model((await client.ask(MODEL, id=id))["node"])


async def read_models(client: Client) -> dict[str, Model]:
    """Read all models as they are offered now, by SKU."""
    models: dict[str, Model] = {}
    after, more = None, True
    while more:
        page = (await client.ask(CATALOGUE, after=after))["models"]
        models |= {node["sku"]: _model(node) for node in page["nodes"]}
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return models


def _model(node: Any) -> Model:
    return Model(
        sku=node["sku"],
        city=node["factory"]["city"],
        routing=tuple(Operation(o["code"], o["station"]["code"], o["standardSeconds"]) for o in node["routing"]),
        inspection_plan=tuple(
            Characteristic(
                code=c["code"],
                operation=c["operation"]["code"],
                unit=c["unit"],
                nominal=c["nominal"],
                lower_limit=c["lowerLimit"],
                upper_limit=c["upperLimit"],
                safety=c["safety"],
            )
            for c in node["inspectionPlan"]
        ),
    )
