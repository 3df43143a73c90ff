"""The journal as clients see it: steps, what was measured, and the reports that machines send."""

from datetime import date, datetime
from typing import Self

import strawberry

from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.text import Text
from app.domain.shared.viewer import sees_inside
from app.domain.unit import event
from app.domain.unit import journey as domain
from app.domain.unit.conclusion import is_remade
from app.domain.unit.event import Stage, StepKind
from app.domain.unit.fact import Fitted
from app.domain.unit.label import step_label
from app.domain.unit.report import Report, ReportedValue
from schema.catalogue import Operation, Station
from schema.delivery_slot import DeliverySlot
from schema.node import Node, global_id
from schema.production import Component
from schema.scalars import ProductCode
from schema.words import InLocale, vocabulary, words

vocabulary(
    Stage,
    "The part of a unit's journey.",
    {
        "ORDER": "From the order to the plan, and changes of it.",
        "PLANNING": "Its place on the line.",
        "PRODUCTION": "It is being built.",
        "QUALITY": "It is inspected, reworked, decided on and released.",
        "LOGISTICS": "On its way.",
        "INSTALLATION": "At its place.",
    },
)
vocabulary(
    StepKind,
    "What happened. The list grows: expect unknown values.",
    {
        "ORDER_PLACED": "The unit was ordered and got its code.",
        "SCHEDULED": "It got its place on the line.",
        "RESCHEDULED": "Its place or its arrival moved.",
        "DESIGN_CHANGED": "Its customer changed an option.",
        "ADDRESS_CHANGED": "Its customer changed where to send it; the journal does not say where.",
        "ORDER_CANCELLED": "It will not be built.",
        "OPERATION_STARTED": "An operation began.",
        "OPERATION_COMPLETED": "An operation ended.",
        "COMPONENT_FITTED": "A component with a number of its own was fitted.",
        "INSPECTION_PASSED": "Everything inspected was inside its limits.",
        "INSPECTION_FAILED": "Something inspected was not.",
        "DECISION_REQUESTED": "The customer is asked.",
        "DECISION_MADE": "The customer decided, or the default applied.",
        "REWORK_STARTED": "Rework began.",
        "REWORK_COMPLETED": "Rework ended.",
        "RELEASED": "Quality released it; its performance report is there.",
        "NONCONFORMANCE_RAISED": "It turned out to be built otherwise than designed.",
        "NONCONFORMANCE_DISPOSED": "An engineer, or a rule of its inspection plan, said what becomes of it.",
        "SCRAPPED": "It will not be finished; another one replaces it.",
        "PACKED": "It was packed.",
        "DISPATCHED": "It left the factory.",
        "ARRIVED_AT_HUB": "It came to a hub.",
        "DEPARTED_HUB": "It left a hub.",
        "OUT_FOR_DELIVERY": "It is on the last stretch.",
        "DELIVERY_ATTEMPTED": "Nobody could take it.",
        "DELIVERED": "It arrived.",
        "INSTALLED": "It stands and runs.",
        "DELIVERY_SLOT_CHOSEN": "Its customer chose or moved the delivery slot.",
    },
)


@strawberry.type(description="One value read on this unit.")
class Measurement:
    model: strawberry.Private[str]
    text: strawberry.Private[Text | None]
    characteristic: str = strawberry.field(description="What was measured: a code of the model's inspection plan.")
    value: float = strawberry.field(description="What was read.")
    unit: str = strawberry.field(description="UN/ECE Rec 20 code; C62 where it is pass (1) or fail (0).")
    lower_limit: float | None = strawberry.field(description="The least value that passes.")
    upper_limit: float | None = strawberry.field(description="The greatest value that passes.")
    passed: bool = strawberry.field(description="Inside the limits; computed here.")
    instrument: str | None = strawberry.field(description="What it was read with.")
    calibration_due: date | None = strawberry.field(description="The last day (UTC) of that instrument's calibration.")
    calibrated: bool = strawberry.field(
        description="False: the calibration had run out. The value may fail a unit, but never releases it."
    )

    @classmethod
    def of(cls, measurement: event.Measurement, model: str, name: Text | None = None) -> "Measurement":
        """Map a measurement; without a name of its own it gets the one that the catalogue has now."""
        return cls(
            model=model,
            text=name,
            characteristic=measurement.characteristic,
            value=measurement.value,
            unit=measurement.unit,
            lower_limit=measurement.lower_limit,
            upper_limit=measurement.upper_limit,
            passed=measurement.passed,
            instrument=measurement.instrument,
            calibration_due=measurement.calibration_due,
            calibrated=measurement.calibrated,
        )

    @strawberry.field(description="The characteristic's name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        if self.text is not None:
            return words(info, self.text, locale)
        characteristic = info.context.deps.model(self.model).characteristics.get(self.characteristic)
        return words(info, characteristic.name, locale) if characteristic else self.characteristic


@strawberry.type(description="A picture or another medium.")
class Media:
    text: strawberry.Private[str | None]
    url: str = strawberry.field(description="Where it is.")
    type: str = strawberry.field(description="Its media type.")

    @classmethod
    def of(cls, media: event.Media) -> "Media":
        return cls(text=media.caption, url=media.url, type=media.type)

    @strawberry.field(description="What it shows, in the words of who sent it.")
    def caption(self, locale: InLocale = None) -> str | None:
        return self.text


@strawberry.type
class StepFields(Node):
    """What a step says of itself."""

    step: strawberry.Private[domain.Step]
    unit: strawberry.Private[DomainProduct]
    sequence: int = strawberry.field(description="1, 2, 3 … per product, without holes, never renumbered.")
    stage: Stage = strawberry.field(description="The part of the journey.")
    kind: StepKind = strawberry.field(description="What happened.")
    occurred_at: datetime = strawberry.field(description="When, at the source (factory clock).")
    recorded_at: datetime = strawberry.field(description="When it was committed here (factory clock).")
    location: str | None = strawberry.field(description="Where, as the reporter says it.")
    hash: str | None = strawberry.field(
        description="SHA-256 over its content and the hash before it; null: written before journals were chained."
    )
    previous_hash: str | None = strawberry.field(description="The hash of the step before; null: there is none.")

    @classmethod
    def of(cls, step: domain.Step, unit: DomainProduct) -> Self:
        return cls(
            id=global_id("Step", f"{step.product}.{step.sequence}"),
            step=step,
            unit=unit,
            sequence=step.sequence,
            stage=step.stage,
            kind=step.kind,
            occurred_at=step.occurred_at,
            recorded_at=step.recorded_at,
            location=step.location,
            hash=step.hash,
            previous_hash=step.previous_hash,
        )

    @strawberry.field(description="What happened, for a person.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        operation = info.context.deps.model(self.unit.model).operations.get(self.step.operation or "")
        decision = self.step.decision
        defaulted = self.step.kind == StepKind.DECISION_MADE and decision is not None and decision.by_default
        remade = self.step.kind == StepKind.SCRAPPED and is_remade(self.step.state)
        name = operation.name if operation else None
        return words(info, step_label(self.step.kind, name, defaulted=defaulted, remade=remade), locale)

    @strawberry.field(description="The operation of the routing it belongs to.")
    def operation(self, info: Info) -> Operation | None:
        catalogue = info.context.deps.catalogue
        operation = catalogue.model[self.unit.model].operations.get(self.step.operation or "")
        return Operation.of(operation, catalogue.line[self.unit.line]) if operation else None

    @strawberry.field(description="Where it happened.")
    def station(self, info: Info) -> Station | None:
        station = info.context.deps.catalogue.line[self.unit.line].find_station(self.step.station or "")
        return Station.of(station) if station else None

    @strawberry.field(description="What was measured; empty for its carrier, but of its own way.")
    def measurements(self, info: Info) -> list[Measurement]:
        if not self._is_told(info):
            return []
        return [Measurement.of(measurement, self.unit.model) for measurement in self.step.measurements]

    @strawberry.field(description="What the reporter adds; null for its carrier, but of its own way.")
    def note(self, info: Info) -> str | None:
        return self.step.note if self._is_told(info) else None

    def _is_told(self, info: Info) -> bool:
        """Tell whether the viewer learns what the step says: who only carries a unit, only of its way."""
        return sees_inside(info.context.viewer) or self.step.stage in (Stage.LOGISTICS, Stage.INSTALLATION)

    @strawberry.field(description="The component that was fitted; null for its carrier.")
    def component(self, info: Info) -> Component | None:
        viewer = info.context.viewer
        if self.step.component is None or not sees_inside(viewer):
            return None
        return Component.of(Fitted(self.step.component, self.step.occurred_at, self.step.key), self.unit, viewer)

    @strawberry.field(description="The delivery slot that was chosen; null for other kinds.")
    def delivery_slot(self) -> DeliverySlot | None:
        return DeliverySlot.of(self.step.slot) if self.step.slot else None

    @strawberry.field(description="The number of the package: GS1 SSCC (AI 00); null for other kinds than PACKED.")
    def sscc(self) -> str | None:
        return self.step.sscc

    @strawberry.field(description="Pictures and the like; empty for its carrier, but of its own way.")
    def media(self, info: Info) -> list[Media]:
        return [Media.of(media) for media in self.step.media] if self._is_told(info) else []


@strawberry.input(description="One value that was read.")
class MeasurementInput:
    characteristic: str = strawberry.field(description="A code of the model's inspection plan.")
    value: float = strawberry.field(description="A finite number.")
    unit: str = strawberry.field(description="The characteristic's unit; C62 where it is pass (1) or fail (0).")
    instrument: str | None = strawberry.field(default=None, description="What it was read with.")
    calibration_due: date | None = strawberry.field(
        default=None, description="The last day (UTC) of that instrument's calibration; without it, it counts as good."
    )


@strawberry.input(description="A picture or another medium.")
class MediaInput:
    url: str = strawberry.field(description="An http(s) URL.")
    type: str = strawberry.field(description="Its media type.")
    caption: str | None = strawberry.field(
        default=None, description="What it shows, up to 500 characters; no names of people."
    )


@strawberry.input(description="A part with a number of its own.")
class ComponentInput:
    part: str = strawberry.field(description="The type's code, for example COMPRESSOR: letters, digits, - and _.")
    position: str | None = strawberry.field(
        default=None, description="Where, if a unit has several of this type; without it, the part's code."
    )
    serial: str | None = strawberry.field(default=None, description="Up to 64 characters; a serial or a lot there is.")
    lot: str | None = strawberry.field(default=None, description="Up to 64 characters.")
    supplier: str | None = strawberry.field(default=None, description="Up to 100 characters.")

    def to_domain(self) -> event.Component:
        return event.Component(self.part, self.serial, self.lot, self.supplier, self.position)


@strawberry.input(description="One event as a machine or carrier reports it.")
class RecordStepInput:
    code: ProductCode = strawberry.field(description="The unit.")
    kind: StepKind = strawberry.field(description="What happened.")
    event_id: str = strawberry.field(
        description="The reporter's own id of this event; the same again writes nothing and answers the first step."
    )
    occurred_at: datetime = strawberry.field(description="When it happened, at the source (factory clock).")
    operation: str | None = strawberry.field(default=None, description="A code of the model's routing.")
    station: str | None = strawberry.field(default=None, description="A station of the model's routing.")
    location: str | None = strawberry.field(
        default=None, description="Where, up to 200 characters; no names of people, no address of a customer."
    )
    measurements: list[MeasurementInput] | None = strawberry.field(
        default=None, description="Up to 100 values, each characteristic once."
    )
    note: str | None = strawberry.field(
        default=None, description="Up to 1,000 characters; no names of people: a journal is never erased."
    )
    media: list[MediaInput] | None = strawberry.field(default=None, description="Up to 10.")
    component: ComponentInput | None = strawberry.field(default=None, description="What COMPONENT_FITTED fitted.")
    defect_code: str | None = strawberry.field(
        default=None, description="The inspector's own code of what is wrong: letters, digits, - and _, up to 64."
    )
    sscc: str | None = strawberry.field(
        default=None, description="PACKED: the package's GS1 SSCC, 18 digits; one report for each package."
    )
    signature_hash: str | None = strawberry.field(
        default=None,
        description="DELIVERED: SHA-256, 64 hexadecimal digits, of the proof that the carrier keeps; never the proof.",
    )

    def to_domain(self) -> Report:
        return Report(
            code=self.code,
            kind=self.kind,
            event_id=self.event_id,
            occurred_at=self.occurred_at,
            operation=self.operation,
            station=self.station,
            location=self.location,
            measurements=[
                ReportedValue(value.characteristic, value.value, value.unit, value.instrument, value.calibration_due)
                for value in self.measurements or ()
            ],
            note=self.note,
            media=[event.Media(media.url, media.type, media.caption) for media in self.media or ()],
            component=self.component.to_domain() if self.component else None,
            defect=self.defect_code,
            sscc=self.sscc,
            signature_hash=self.signature_hash,
        )
