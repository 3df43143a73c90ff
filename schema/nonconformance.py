"""What was not as it should be with a unit, as clients see it, and what an engineer says becomes of it."""

from datetime import datetime
from typing import Self

import strawberry

from app.context import Info
from app.domain.catalogue.catalogue import Severity
from app.domain.order.order import Product as DomainProduct
from app.domain.unit import nonconformance as domain
from app.domain.unit.disposition import Disposer, Disposition
from schema.catalogue import Characteristic, Operation, Option, OptionGroup
from schema.node import Node, global_id
from schema.step import Measurement, Media
from schema.words import InLocale, vocabulary, words

vocabulary(
    Disposer,
    "The role of whoever decided on a nonconformance. People who work on a line are never named.",
    {
        "CUSTOMER": "The unit's customer.",
        "ENGINEER": "An engineer of the factory.",
        "RULE": "A rule of the inspection plan, or the default answer at the deadline of a decision.",
    },
)


@strawberry.type
class NonconformanceFields(Node):
    """What a nonconformance says of itself."""

    unit: strawberry.Private[DomainProduct]
    found: strawberry.Private[domain.Nonconformance]
    defect_codes: list[str] = strawberry.field(
        description="The codes of what is wrong: the inspector's code, or else those of the characteristics that "
        "failed. BUILT_OTHERWISE: see `group`."
    )
    severity: Severity = strawberry.field(
        description="How serious it is: as serious as the most serious characteristic that failed."
    )
    raised_at: datetime = strawberry.field(description="When it was found, as its source says (factory clock).")
    disposition: Disposition | None = strawberry.field(
        description="What is done with the unit; null while its customer is asked."
    )
    disposed_by: Disposer | None = strawberry.field(description="Who decided on the disposition; null: nobody has yet.")
    closed_at: datetime | None = strawberry.field(
        description="When it was closed, as far as is known (factory clock); null: it is still open."
    )

    @classmethod
    def of(cls, unit: DomainProduct, found: domain.Nonconformance) -> Self:
        return cls(
            id=global_id("Nonconformance", f"{unit.code}.{found.id}"),
            unit=unit,
            found=found,
            defect_codes=list(found.defects),
            severity=found.severity,
            raised_at=found.raised_at,
            disposition=found.disposition,
            disposed_by=found.disposed_by,
            closed_at=found.closed_at,
        )

    @strawberry.field(description="What is wrong, for people.")
    def summary(self, info: Info, locale: InLocale = None) -> str:
        return words(info, domain.summary(self.found, info.context.deps.model_of(self.unit)), locale)

    @strawberry.field(
        description="The operation at which it was found, or which had begun before an option was changed; null: it "
        "is not known."
    )
    def operation(self, info: Info) -> Operation | None:
        deps = info.context.deps
        operation = deps.model_of(self.unit).operations.get(self.found.operation or "")
        return Operation.of(operation, deps.catalogue.line[self.unit.line]) if operation else None

    @strawberry.field(
        description="The characteristics of the inspection plan that failed; empty: no values were reported."
    )
    def characteristics(self, info: Info) -> list[Characteristic]:
        deps = info.context.deps
        model, line = deps.model_of(self.unit), deps.catalogue.line[self.unit.line]
        failed = dict.fromkeys(measurement.characteristic for measurement in self.found.evidence)
        return [Characteristic.of(model.characteristics[code], model, line) for code in failed]

    @strawberry.field(description="The measurements that failed, with their limits and instruments.")
    def evidence(self, info: Info) -> list[Measurement]:
        model = info.context.deps.model_of(self.unit)
        return [Measurement.of(measurement, model) for measurement in self.found.evidence]

    @strawberry.field(description="Pictures that came with the failed inspection, at most 5.")
    def media(self) -> list[Media]:
        failed = self.unit.state.failed.get(self.found.id)
        return [Media.of(media) for media in failed.media] if failed else []

    @strawberry.field(
        description="The option group in which the unit was built otherwise than designed; null: something else is "
        "wrong."
    )
    def group(self, info: Info) -> OptionGroup | None:
        deps = info.context.deps
        model = deps.model_of(self.unit)
        group = model.groups.get(self.found.group or "")
        return OptionGroup.of(group, model, deps.catalogue.line[self.unit.line]) if group else None

    @strawberry.field(description="The options of that group with which the unit was built.")
    def built(self, info: Info) -> list[Option]:
        group = info.context.deps.model_of(self.unit).groups.get(self.found.group or "")
        options = [group.find_option(code) for code in self.found.built] if group else []
        return [Option.of(option) for option in options if option]


@strawberry.input(description="The disposition of a nonconformance.")
class DisposeNonconformanceInput:
    nonconformance_id: strawberry.ID = strawberry.field(description="The id of the nonconformance, which must be open.")
    disposition: Disposition = strawberry.field(
        description="What is done with the unit. While its customer is asked, only REMAKE and SCRAP are possible; "
        "these two make a unit that replaces it."
    )
    note: str | None = strawberry.field(
        default=None,
        description="A note of at most 1,000 characters. The customer can read it; it must not name people.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="The client's own id of this request, 1 to 128 characters: sent again, it changes nothing and "
        "answers the same.",
    )
