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
    "A stage of a unit's journey.",
    {
        "ORDER": "The order, and changes of it.",
        "PLANNING": "The plan: the unit's place on a line.",
        "PRODUCTION": "Production: the unit is being built.",
        "QUALITY": "Quality: the unit is inspected, reworked, decided on and released.",
        "LOGISTICS": "Logistics: the unit is packed and on its way.",
        "INSTALLATION": "Installation at the customer's.",
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


@strawberry.type(description="A value that was measured on a unit.")
class Measurement:
    model: strawberry.Private[str]
    text: strawberry.Private[Text | None]
    characteristic: str = strawberry.field(
        description="The code of the characteristic of the model's inspection plan that was measured."
    )
    value: float = strawberry.field(description="The value that was measured.")
    unit: str = strawberry.field(
        description="The unit of measure, as a UN/ECE Recommendation 20 code; C62 where the value is pass (1) or "
        "fail (0)."
    )
    lower_limit: float | None = strawberry.field(
        description="The lower limit: the least value that passes; null: there is none."
    )
    upper_limit: float | None = strawberry.field(
        description="The upper limit: the greatest value that passes; null: there is none."
    )
    passed: bool = strawberry.field(description="Whether the value is within its limits, as computed by this server.")
    instrument: str | None = strawberry.field(
        description="The instrument with which it was measured; null: none was named."
    )
    calibration_due: date | None = strawberry.field(
        description="The last day (UTC) on which the calibration of the instrument is valid; null: none was named."
    )
    calibrated: bool = strawberry.field(
        description="Whether the calibration of the instrument was valid. If not, the value can fail the unit, but "
        "cannot release it."
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
    url: str = strawberry.field(description="The address of the medium.")
    type: str = strawberry.field(description="The media type, for example image/jpeg.")

    @classmethod
    def of(cls, media: event.Media) -> "Media":
        return cls(text=media.caption, url=media.url, type=media.type)

    @strawberry.field(description="What it shows, in the words of whoever sent it; null: they said nothing.")
    def caption(self, locale: InLocale = None) -> str | None:
        return self.text


@strawberry.type
class StepFields(Node):
    """What a step says of itself."""

    step: strawberry.Private[domain.Step]
    unit: strawberry.Private[DomainProduct]
    sequence: int = strawberry.field(
        description="The number of the step: 1, 2, 3 … for each unit, without gaps, never renumbered."
    )
    stage: Stage = strawberry.field(description="The stage of the unit's journey.")
    kind: StepKind = strawberry.field(description="What kind of step it is.")
    occurred_at: datetime = strawberry.field(description="When it happened, as its source says (factory clock).")
    recorded_at: datetime = strawberry.field(description="When the step was recorded on this server (factory clock).")
    location: str | None = strawberry.field(
        description="Where it happened, in the words of its source; null: it did not say."
    )
    hash: str | None = strawberry.field(
        description="The SHA-256 hash of the step's content and of the hash before it; null: there is none."
    )
    previous_hash: str | None = strawberry.field(
        description="The hash of the step before; null: this is the first step."
    )

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

    @strawberry.field(description="What happened, for people.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        operation = info.context.deps.model(self.unit.model).operations.get(self.step.operation or "")
        decision = self.step.decision
        defaulted = self.step.kind == StepKind.DECISION_MADE and decision is not None and decision.by_default
        remade = self.step.kind == StepKind.SCRAPPED and is_remade(self.step.state)
        name = operation.name if operation else None
        return words(info, step_label(self.step.kind, name, defaulted=defaulted, remade=remade), locale)

    @strawberry.field(description="The operation of the model's routing to which it belongs; null: to none.")
    def operation(self, info: Info) -> Operation | None:
        catalogue = info.context.deps.catalogue
        operation = catalogue.model[self.unit.model].operations.get(self.step.operation or "")
        return Operation.of(operation, catalogue.line[self.unit.line]) if operation else None

    @strawberry.field(description="The station at which it happened; null: it is not known.")
    def station(self, info: Info) -> Station | None:
        station = info.context.deps.catalogue.line[self.unit.line].find_station(self.step.station or "")
        return Station.of(station) if station else None

    @strawberry.field(description="What was measured. A carrier sees it only of the steps of its own transport.")
    def measurements(self, info: Info) -> list[Measurement]:
        if not self._is_told(info):
            return []
        return [Measurement.of(measurement, self.unit.model) for measurement in self.step.measurements]

    @strawberry.field(
        description="A note of whoever reported it; null: there is none. A carrier sees it only of the steps of its "
        "own transport."
    )
    def note(self, info: Info) -> str | None:
        return self.step.note if self._is_told(info) else None

    def _is_told(self, info: Info) -> bool:
        """Tell whether the viewer learns what the step says: who only carries a unit, only of its way."""
        return sees_inside(info.context.viewer) or self.step.stage in (Stage.LOGISTICS, Stage.INSTALLATION)

    @strawberry.field(
        description="The component that was fitted; null: it is another kind of step. A carrier does not see it."
    )
    def component(self, info: Info) -> Component | None:
        viewer = info.context.viewer
        if self.step.component is None or not sees_inside(viewer):
            return None
        return Component.of(Fitted(self.step.component, self.step.occurred_at, self.step.key), self.unit, viewer)

    @strawberry.field(description="The delivery slot that was chosen; null: it is another kind of step.")
    def delivery_slot(self) -> DeliverySlot | None:
        return DeliverySlot.of(self.step.slot) if self.step.slot else None

    @strawberry.field(description="The package's GS1 SSCC (AI 00); null: it is another kind of step than PACKED.")
    def sscc(self) -> str | None:
        return self.step.sscc

    @strawberry.field(
        description="Pictures and other media. A carrier sees them only of the steps of its own transport."
    )
    def media(self, info: Info) -> list[Media]:
        return [Media.of(media) for media in self.step.media] if self._is_told(info) else []


@strawberry.input(description="A value that was measured.")
class MeasurementInput:
    characteristic: str = strawberry.field(description="The code of a characteristic of the model's inspection plan.")
    value: float = strawberry.field(description="The value: a finite number.")
    unit: str = strawberry.field(
        description="The unit of measure of the characteristic; C62 where the value is pass (1) or fail (0)."
    )
    instrument: str | None = strawberry.field(
        default=None, description="The instrument with which it was measured; null: none was named."
    )
    calibration_due: date | None = strawberry.field(
        default=None,
        description="The last day (UTC) on which the calibration of the instrument is valid; without it, the "
        "calibration counts as valid.",
    )


@strawberry.input(description="A picture or another medium.")
class MediaInput:
    url: str = strawberry.field(description="The address of the medium: an http or https URL.")
    type: str = strawberry.field(description="The media type, for example image/jpeg.")
    caption: str | None = strawberry.field(
        default=None, description="What it shows, at most 500 characters. It must not name people."
    )


@strawberry.input(description="A component with a serial or lot number.")
class ComponentInput:
    part: str = strawberry.field(
        description="The code of the component's type, for example COMPRESSOR: letters, digits, - and _."
    )
    position: str | None = strawberry.field(
        default=None,
        description="The position, where a unit has several components of this type; without it, the code of the type.",
    )
    serial: str | None = strawberry.field(
        default=None, description="The serial number, at most 64 characters. A serial number or a lot must be given."
    )
    lot: str | None = strawberry.field(default=None, description="The lot number, at most 64 characters.")
    supplier: str | None = strawberry.field(default=None, description="The supplier, at most 100 characters.")

    def to_domain(self) -> event.Component:
        return event.Component(self.part, self.serial, self.lot, self.supplier, self.position)


@strawberry.input(description="An event, as a machine or a carrier reports it.")
class RecordStepInput:
    code: ProductCode = strawberry.field(description="The ID code of the unit.")
    kind: StepKind = strawberry.field(description="What kind of step it is.")
    event_id: str = strawberry.field(
        description="The reporter's own id of this event: reported again, it writes nothing and answers the first step."
    )
    occurred_at: datetime = strawberry.field(description="When it happened (factory clock).")
    operation: str | None = strawberry.field(
        default=None, description="The code of an operation of the model's routing."
    )
    station: str | None = strawberry.field(default=None, description="The code of a station of the model's routing.")
    location: str | None = strawberry.field(
        default=None,
        description="Where it happened, at most 200 characters. It must not name people or a customer's address.",
    )
    measurements: list[MeasurementInput] | None = strawberry.field(
        default=None, description="What was measured: at most 100 values, each characteristic once."
    )
    note: str | None = strawberry.field(
        default=None,
        description="A note of at most 1,000 characters. It must not name people, as a journal is never erased.",
    )
    media: list[MediaInput] | None = strawberry.field(default=None, description="At most 10 pictures or other media.")
    component: ComponentInput | None = strawberry.field(
        default=None, description="Of COMPONENT_FITTED: the component that was fitted."
    )
    defect_code: str | None = strawberry.field(
        default=None, description="The inspector's own code of the defect: at most 64 letters, digits, - and _."
    )
    sscc: str | None = strawberry.field(
        default=None, description="Of PACKED: the package's GS1 SSCC, 18 digits. Each package has a report of its own."
    )
    signature_hash: str | None = strawberry.field(
        default=None,
        description="Of DELIVERED: the SHA-256 hash, 64 hexadecimal digits, of the proof of delivery, which the "
        "carrier keeps.",
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
