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


@strawberry.type(description="One operation of a unit's routing, with the time that it took.")
class ProductOperation:
    operation: Operation = strawberry.field(description="The operation.")
    started_at: datetime | None = strawberry.field(
        description="The earliest start that was reported (factory clock); null: none was."
    )
    completed_at: datetime | None = strawberry.field(
        description="The earliest completion that was reported (factory clock); null: none was."
    )
    cycle_seconds: int | None = strawberry.field(
        description="The seconds from start to completion, including breaks; null: they are not both known, or not "
        "in this order."
    )
    standard_seconds: int = strawberry.field(description="The operation's standard time, in seconds.")

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


@strawberry.type(description="A component with a serial or lot number that is fitted in a unit.")
class Component:
    part: str = strawberry.field(description="The code of the component's type.")
    position: str = strawberry.field(
        description="The position of the component; where the unit has only one of its type, the code of the type."
    )
    serial: str | None = strawberry.field(description="The serial number; null: there is none.")
    lot: str | None = strawberry.field(
        description="The lot number; null: there is none. Only the factory and our staff see it."
    )
    supplier: str | None = strawberry.field(
        description="The supplier; null: it is not known. Only the factory and our staff see it."
    )
    fitted_at: datetime = strawberry.field(
        description="When the component was fitted, as the factory says (factory clock)."
    )

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

    @strawberry.field(description="The operations of the unit's routing, in order, with the time that each took.")
    def operations(self, info: Info) -> list[ProductOperation]:
        deps, state = info.context.deps, self.unit.state
        line = deps.catalogue.line[self.unit.line]
        return [
            ProductOperation.of(Operation.of(operation, line), state.operations.get(operation.code, Times()))
            for operation in deps.model_of(self.unit).routing
        ]

    @strawberry.field(description="The components that are fitted in the unit now, by position; null for its carrier.")
    def components(self, info: Info) -> list[Component] | None:
        viewer, components = info.context.viewer, self.unit.state.components
        if not sees_inside(viewer):
            return None
        return [Component.of(components[place], self.unit, viewer) for place in sorted(components)]
