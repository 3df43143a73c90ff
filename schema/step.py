"""The journal as clients see it: steps, what was measured, and the reports that machines send."""

from datetime import date, datetime
from enum import Enum
from typing import Self

import strawberry

from app.context import Info
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
    def of(cls, measurement: DomainMeasurement, model: str, name: Text | None = None) -> "Measurement":
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
    def of(cls, media: DomainMedia) -> "Media":
        return cls(text=media.caption, url=media.url, type=media.type)

    @strawberry.field(description="What it shows, in the words of who sent it.")
    def caption(self, locale: InLocale = None) -> str | None:
        return self.text


@strawberry.type
class StepFields(Node):
    """What a step says of itself."""

    step: strawberry.Private[DomainStep]
    unit: strawberry.Private[DomainProduct]
    state: strawberry.Private[State | None]
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

    @strawberry.field(description="What happened, for a person.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        operation = info.context.deps.model(self.unit.model).operations.get(self.step.operation or "")
        return words(info, step_label(self.step, operation.name if operation else None), locale)

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
        viewer, fitted = info.context.viewer, self.step.payload
        if not isinstance(fitted, DomainComponent) or not sees_inside(viewer):
            return None
        return Component.of(Fitted(fitted, self.step.occurred_at, self.step.key), self.unit, viewer)

    @strawberry.field(description="The delivery slot that was chosen; null for other kinds.")
    def delivery_slot(self) -> DeliverySlot | None:
        chosen = self.step.payload
        return DeliverySlot.of(chosen.slot) if isinstance(chosen, Appointment) else None

    @strawberry.field(description="The number of the package: GS1 SSCC (AI 00); null for other kinds than PACKED.")
    def sscc(self) -> str | None:
        return self.step.payload.sscc if isinstance(self.step.payload, Package) else None

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

    def to_domain(self) -> DomainComponent:
        return DomainComponent(self.part, self.serial, self.lot, self.supplier, self.position)


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
