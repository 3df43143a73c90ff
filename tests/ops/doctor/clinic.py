"""A database with real orders and designs, made by the actions, to plant violations in."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.actions.design import Revision, start_design
from app.actions.place_order import Purchase, place_order
from app.actions.quote import request_quote
from app.actions.record_steps import record_steps
from app.deps import Deps
from app.domain.design.design import Design
from app.domain.order.order import Address, Order
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.report import Report, ReportedValue
from app.ops.doctor.check import Finding
from app.ops.doctor.examination import examine

LATER = datetime(2999, 1, 1, tzinfo=UTC)
SKU = "WM-FRONT-9"
ADDRESS = Address("Li Na", ("88 Garden Road",), "Foshan", "CN", "528000")
MACHINE = Viewer("machine", AccountKind.FACTORY, LATER, factory="FOSHAN")
STEPS = 6
"""Steps of a patient's first unit: ordered, scheduled, and four reports."""


@dataclass(frozen=True)
class Patient:
    """An order of two units, of which the first is being built, and the design behind it."""

    deps: Deps
    order: Order
    design: Design

    @property
    def code(self) -> str:
        return self.order.products[0]

    async def findings(self) -> Sequence[Finding]:
        """Examine the whole database; return what is found of this patient."""
        subjects = {*self.order.products, self.order.number, f"design {self.design.id}"}
        found = [finding async for outcome in examine(self.deps) for finding in outcome.findings]
        return [finding for finding in found if finding.subject in subjects]


async def admit(deps: Deps) -> Patient:
    """Design, order and begin to build."""
    customer = Viewer(secrets.token_hex(6), AccountKind.CUSTOMER, LATER)
    groups = deps.model(SKU).groups
    choices = [(code, [group.options[0].code]) for code, group in groups.items() if group.required]
    design = await start_design(deps, customer, SKU, Revision("For the cellar", choices))
    quote = await request_quote(deps, customer, design.id, 1, 2, "CN", "CNY")
    order = await place_order(deps, customer, Purchase(quote.id, ADDRESS, secrets.token_hex(6)))
    code, at = order.products[0], deps.now() - timedelta(minutes=9)
    noise = next(entry for entry in deps.model(SKU).inspection_plan if entry.unit is not None)
    value = ReportedValue(noise.code, noise.upper_limit or noise.lower_limit or 0.0, noise.unit or "C62")
    answers = await record_steps(
        deps,
        MACHINE,
        [
            Report(code, ProductionKind.OPERATION_STARTED, secrets.token_hex(6), at, "PRESSING"),
            Report(code, ProductionKind.OPERATION_COMPLETED, secrets.token_hex(6), at, "PRESSING"),
            Report(code, ProductionKind.COMPONENT_FITTED, secrets.token_hex(6), at),
            Report(code, InspectionKind.INSPECTION_PASSED, secrets.token_hex(6), at, measurements=[value]),
        ],
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    return Patient(deps, order, design)
