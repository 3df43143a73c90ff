"""How a unit was built, as clients see it: its operations in time, and the components in it."""

from datetime import datetime, timedelta

import strawberry

from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.viewer import Viewer, sees_inside, works_at
from app.domain.unit.fact import Fitted, Times
from schema.catalogue import Operation

CYCLE_MAX = timedelta(seconds=2**31 - 1)
"""What GraphQL's Int holds; nothing takes longer."""


@strawberry.type(description="One operation of a unit's routing, with the time it took.")
class ProductOperation:
    operation: Operation = strawberry.field(description="Which, with its standard time.")
    started_at: datetime | None = strawberry.field(description="The earliest reported start (factory clock).")
    completed_at: datetime | None = strawberry.field(description="The earliest reported completion (factory clock).")
    cycle_seconds: int | None = strawberry.field(
        description="From start to completion, breaks included; null where they are not both known, in this order."
    )
    standard_seconds: int = strawberry.field(description="How long it takes by plan.")

    @classmethod
    def of(cls, operation: Operation, times: Times) -> "ProductOperation":
        known = times.started_at and times.completed_at and times.completed_at >= times.started_at
        took = times.completed_at - times.started_at if known else None  # type: ignore[operator]
        return cls(
            operation=operation,
            started_at=times.started_at,
            completed_at=times.completed_at,
            cycle_seconds=round(took.total_seconds()) if took is not None and took < CYCLE_MAX else None,
            standard_seconds=operation.standard_seconds,
        )


@strawberry.type(description="A component with a number of its own that is fitted in a unit.")
class Component:
    part: str = strawberry.field(description="The type's code.")
    position: str = strawberry.field(description="Where it sits; the part's code where there is one alone.")
    serial: str | None = strawberry.field(description="Its serial number.")
    lot: str | None = strawberry.field(description="Its lot; null for all but its factory and our staff.")
    supplier: str | None = strawberry.field(description="Who made it; null for all but its factory and our staff.")
    fitted_at: datetime = strawberry.field(description="When it was fitted, at the source (factory clock).")

    @classmethod
    def of(cls, fitted: Fitted, unit: DomainProduct, viewer: Viewer | None) -> "Component":
        """Map a component; what tells of the supply chain is for those who work there."""
        inside, component = viewer is not None and works_at(viewer, unit.factory), fitted.component
        return cls(
            part=component.part,
            position=component.position_or_part,
            serial=component.serial,
            lot=component.lot if inside else None,
            supplier=component.supplier if inside else None,
            fitted_at=fitted.occurred_at,
        )


@strawberry.type
class ProductProduction:
    """What a product says of how it was built."""

    unit: strawberry.Private[DomainProduct]

    @strawberry.field(description="The operations of its routing in order, with the time each took.")
    def operations(self, info: Info) -> list[ProductOperation]:
        deps, state = info.context.deps, self.unit.state
        line = deps.catalogue.line[self.unit.line]
        return [
            ProductOperation.of(Operation.of(operation, line), state.operations.get(operation.code, Times()))
            for operation in deps.model(self.unit.model).routing
        ]

    @strawberry.field(description="What is fitted in it now, by position; null for its carrier.")
    def components(self, info: Info) -> list[Component] | None:
        viewer, components = info.context.viewer, self.unit.state.components
        if not sees_inside(viewer):
            return None
        return [Component.of(components[place], self.unit, viewer) for place in sorted(components)]
