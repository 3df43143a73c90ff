"""Units on four factories' lines, as machines, a carrier, customers and engineers reach them over the API."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.deps import Deps
from app.domain.catalogue.catalogue import Model
from app.domain.shared.viewer import AccountKind
from app.domain.unit.code import parse_code
from app.domain.unit.component import Component
from app.domain.unit.report import Report
from app.ops.issue_token import machine_token
from tests.client import Api, Json, factory_now, new_customer, new_unit
from tests.domain.build import T0
from tests.domain.happening import MINUTES
from tests.domain.machine import CARRIER, MACHINES, kind_of
from tests.domain.story import Told

FACTORY_OF: Mapping[str, str] = {
    "WM-FRONT-9": "FOSHAN",
    "RF-FRENCH-500": "SHENYANG",
    "AC-WALL-35": "ZHENGZHOU",
    "WH-TANK-60": "QINGDAO",
}
HAULIER = "HUAXIA"
SECONDS = dict(zip(sorted(set(MINUTES)), (0, 1, 40, 70, 100), strict=True))
"""When the minutes of the domain's stories are here, after the order: some before what people do, none too late."""
COLOUR = "COLOUR"
OPEN = (
    """query($code: ProductCode!) { product(code: $code) { openDecisions { id } nonconformances { id closedAt } } }"""
)
OFFER = """query($code: ProductCode!, $selections: [SelectionInput!]!) { product(code: $code) {
    changePreview(selections: $selections) { changes { group { code } } priceDelta { amount currency }
        refusal { errorCode } } } }"""


@dataclass(frozen=True)
class Floor:
    """Who reports and who decides: the reporters by their accounts, an engineer for each factory."""

    api: Api
    models: Mapping[str, Model]
    reporters: Mapping[str, Api]
    engineers: Mapping[str, Api]


@dataclass
class Unit:
    """One unit: what happened and is not told yet, and what was told and answered with a step.

    `refused` are reports that came after the unit's end.
    """

    code: str
    sku: str
    customer: Api
    since: datetime
    waiting: list[Told] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)
    places: dict[str, set[int]] = field(default_factory=dict)
    refused: dict[str, Told] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    changed: bool = False
    status: str = "ORDERED"

    def happens(self, machine: str, report: Report) -> None:
        """Let something of the domain's stories happen to this unit; two machines may use the same eventId."""
        factory = FACTORY_OF[self.sku].lower()
        reporter = f"carrier-{HAULIER.lower()}" if machine == CARRIER else f"factory-{factory}-{machine}"
        self.happened[reporter] += 1
        self.waiting.append(Told(reporter, self.placed(report, f"e{self.happened[reporter]}"), kind_of(machine)))

    def placed(self, report: Report, event_id: str) -> Report:
        """Move a report of the domain's stories to this unit and its time."""
        minutes = (report.occurred_at - T0).total_seconds() / 60
        at = self.since + timedelta(seconds=SECONDS[int(minutes)])
        values = tuple(
            replace(value, calibration_due=self.since.date() + (value.calibration_due - T0.date()))
            if value.calibration_due
            else value
            for value in report.measurements
        )
        return replace(report, code=self.code, event_id=event_id, occurred_at=at, measurements=values)


async def open_floor(api: Api, deps: Deps) -> Floor:
    """Give out the tokens of two machines and an engineer for each factory, and of the haulier."""

    async def signed_in(kind: AccountKind, **bound: str) -> Api:
        return api.signed_in(await machine_token(deps, kind, **bound))

    reporters = {f"carrier-{HAULIER.lower()}": await signed_in(AccountKind.CARRIER, carrier=HAULIER)}
    engineers = {}
    for sku, factory in FACTORY_OF.items():
        engineers[sku] = await signed_in(AccountKind.STAFF, factory=factory)
        for machine in MACHINES:
            name = f"{factory.lower()}-{machine}"
            reporters[f"factory-{name}"] = await signed_in(AccountKind.FACTORY, factory=factory, name=name)
    return Floor(api, {sku: deps.model(sku) for sku in FACTORY_OF}, reporters, engineers)


async def order_unit(floor: Floor, sku: str) -> Unit:
    customer = await new_customer(floor.api)
    code = parse_code(await new_unit(customer, sku))
    return Unit(code, sku, customer, datetime.fromisoformat(await factory_now(floor.api)))


async def decide(unit: Unit, choice: str) -> int:
    """Answer everything that the customer is asked; return how much was decided.

    The first one can't be too late. Where it is to be reworked, the others are: there is nothing left to decide.
    """
    asked = (await unit.customer.ask(OPEN, code=unit.code))["product"]["openDecisions"]
    decided = 0
    for question in asked:
        said = {"decisionId": question["id"], "choice": choice, "idempotencyKey": f"{unit.code}-{question['id']}"}
        answer = await unit.customer.do("decide", "DecideInput", "... on Decision { choice }", **said)
        moot = choice == "REWORK" and decided and answer.get("errorCode") == "TOO_LATE"
        if answer.get("choice") != choice and not moot:
            raise AssertionError(f"{unit.code}: an open decision was answered with {answer}")
        decided += not moot
    return decided


async def dispose(floor: Floor, unit: Unit, disposition: str) -> int:
    """Say what becomes of everything that stands, as far as the engineer may; return of how much."""
    found = (await unit.customer.ask(OPEN, code=unit.code))["product"]["nonconformances"]
    disposed = 0
    for each in (each for each in found if each["closedAt"] is None):
        answer = await floor.engineers[unit.sku].do(
            "disposeNonconformance",
            "DisposeNonconformanceInput",
            "... on Nonconformance { disposition }",
            nonconformanceId=each["id"],
            disposition=disposition,
        )
        disposed += answer["__typename"] == "Nonconformance"
    return disposed


async def change_colour(floor: Floor, unit: Unit) -> int:
    """Change the colour to the first other one that is still possible; return whether one was."""
    for option in floor.models[unit.sku].groups[COLOUR].options:
        wanted = [{"group": COLOUR, "options": [option.code]}]
        preview = (await unit.customer.ask(OFFER, code=unit.code, selections=wanted))["product"]["changePreview"]
        if preview["refusal"] or not preview["changes"]:
            continue
        told = {"code": unit.code, "selections": wanted, "acceptPriceDelta": preview["priceDelta"]}
        answer = await unit.customer.do(
            "changeProduct", "ChangeProductInput", "... on Product { lastSequence }", **told
        )
        return int(answer["__typename"] == "Product")
    return 0


def input_of(report: Report) -> Json:
    """Write a report as RecordStepInput."""
    found: dict[str, Any] = {
        "code": report.code,
        "kind": report.kind.value,
        "eventId": report.event_id,
        "occurredAt": report.occurred_at.isoformat(),
        "operation": report.operation,
        "measurements": [
            {
                "characteristic": value.characteristic,
                "value": value.value,
                "unit": value.unit,
                "calibrationDue": value.calibration_due and value.calibration_due.isoformat(),
            }
            for value in report.measurements
        ],
    }
    if isinstance(report.payload, Component):
        fitted = report.payload
        found["component"] = {name: getattr(fitted, name) for name in ("part", "serial", "lot", "position")}
    return found
