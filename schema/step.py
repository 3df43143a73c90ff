"""The journal as clients see it: steps, what was measured, and the reports that machines send."""

from datetime import date, datetime
from enum import Enum
from typing import Self

import strawberry

from app.context import Info
from app.domain.catalogue.catalogue import Model as DomainModel
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.text import Text
from app.domain.shared.viewer import sees_inside
from app.domain.unit.component import Component as DomainComponent
from app.domain.unit.evidence import Measurement as DomainMeasurement
from app.domain.unit.evidence import Media as DomainMedia
from app.domain.unit.fact import Fitted
from app.domain.unit.journey import Step as DomainStep
from app.domain.unit.kinds.delivery import Appointment
from app.domain.unit.kinds.inspection import Finding
from app.domain.unit.kinds.table import KINDS
from app.domain.unit.kinds.transport import Package, Proof
from app.domain.unit.label import step_label
from app.domain.unit.report import Report, ReportedValue, payload_of
from app.domain.unit.stage import Stage
from app.domain.unit.state import State
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


class StepKind(Enum):
    """Every kind of step that the domain has; the value of each is the domain's own kind."""

    _ignore_ = "members kind"
    members = vars()
    for kind in KINDS.values():
        members[kind.value] = kind


vocabulary(
    StepKind,
    "What happened. The list grows: expect unknown values.",
    {kind.value: kind.row.description for kind in KINDS.values()},
)


@strawberry.type(description="A value that was measured on a unit.")
class Measurement:
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
    def of(cls, measurement: DomainMeasurement, model: DomainModel) -> "Measurement":
        """Map a measurement, called as its unit's own edition calls it."""
        entry = model.characteristics.get(measurement.characteristic)
        return cls.named(measurement, entry.name if entry else None)

    @classmethod
    def named(cls, measurement: DomainMeasurement, name: Text | None) -> "Measurement":
        """Map a measurement; without a name it is called by the code of its characteristic."""
        return cls(
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
        return words(info, self.text, locale) if self.text else self.characteristic


@strawberry.type(description="A picture or another medium.")
class Media:
    text: strawberry.Private[str | None]
    url: str = strawberry.field(description="The address of the medium.")
    type: str = strawberry.field(description="The media type, for example image/jpeg.")

    @classmethod
    def of(cls, media: DomainMedia) -> "Media":
        return cls(text=media.caption, url=media.url, type=media.type)

    @strawberry.field(description="What it shows, in the words of whoever sent it; null: they said nothing.")
    def caption(self, locale: InLocale = None) -> str | None:
        return self.text


@strawberry.type
class StepFields(Node):
    """What a step says of itself."""

    step: strawberry.Private[DomainStep]
    unit: strawberry.Private[DomainProduct]
    state: strawberry.Private[State | None]
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
    def of(cls, step: DomainStep, unit: DomainProduct, state: State | None = None) -> Self:
        """Map a step of a unit; `state` is the one right after it, needed where the step's `product` is selected."""
        return cls(
            id=global_id("Step", f"{step.product}.{step.sequence}"),
            step=step,
            unit=unit,
            state=state,
            sequence=step.sequence,
            stage=step.stage,
            kind=StepKind[step.kind.value],
            occurred_at=step.occurred_at,
            recorded_at=step.recorded_at,
            location=step.location,
            hash=step.hash,
            previous_hash=step.previous_hash,
        )

    @strawberry.field(description="What happened, for people.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        operation = info.context.deps.model_of(self.unit).operations.get(self.step.operation or "")
        return words(info, step_label(self.step, operation.name if operation else None), locale)

    @strawberry.field(description="The operation of the model's routing to which it belongs; null: to none.")
    def operation(self, info: Info) -> Operation | None:
        deps = info.context.deps
        operation = deps.model_of(self.unit).operations.get(self.step.operation or "")
        return Operation.of(operation, deps.catalogue.line[self.unit.line]) if operation else None

    @strawberry.field(description="The station at which it happened; null: it is not known.")
    def station(self, info: Info) -> Station | None:
        station = info.context.deps.catalogue.line[self.unit.line].find_station(self.step.station or "")
        return Station.of(station) if station else None

    @strawberry.field(description="What was measured. A carrier sees it only of the steps of its own transport.")
    def measurements(self, info: Info) -> list[Measurement]:
        if not self._is_told(info):
            return []
        model = info.context.deps.model_of(self.unit)
        return [Measurement.of(measurement, model) for measurement in self.step.measurements]

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
        viewer, fitted = info.context.viewer, self.step.payload
        if not isinstance(fitted, DomainComponent) or not sees_inside(viewer):
            return None
        return Component.of(Fitted(fitted, self.step.occurred_at, self.step.key), self.unit, viewer)

    @strawberry.field(description="The delivery slot that was chosen; null: it is another kind of step.")
    def delivery_slot(self) -> DeliverySlot | None:
        chosen = self.step.payload
        return DeliverySlot.of(chosen.slot) if isinstance(chosen, Appointment) else None

    @strawberry.field(description="The package's GS1 SSCC (AI 00); null: it is another kind of step than PACKED.")
    def sscc(self) -> str | None:
        return self.step.payload.sscc if isinstance(self.step.payload, Package) else None

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

    def to_domain(self) -> DomainComponent:
        return DomainComponent(self.part, self.serial, self.lot, self.supplier, self.position)


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
        kind = self.kind.value
        return Report(
            code=self.code,
            kind=kind,
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
            media=[DomainMedia(media.url, media.type, media.caption) for media in self.media or ()],
            payload=payload_of(
                kind,
                self.component.to_domain() if self.component else None,
                None if self.defect_code is None else Finding(self.defect_code),
                None if self.sscc is None else Package(self.sscc),
                None if self.signature_hash is None else Proof(self.signature_hash),
            ),
        )
