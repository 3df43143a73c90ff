"""Units as clients see them: identity, state, journal, and where the customer takes part."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.actions.change_product import preview_change
from app.actions.choose_delivery_slot import offers
from app.actions.repair import find_report, find_reports
from app.actions.verify import head_of
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.refusal import InvalidInput as InvalidInputRaised
from app.domain.shared.text import Text
from app.domain.shared.viewer import may_see_address, sees_inside
from app.domain.unit import eta as eta_domain
from app.domain.unit import status as status_domain
from app.domain.unit.code import QrFormat, digital_link, qr_address
from app.domain.unit.eta import EtaBasis
from app.domain.unit.event import Stage, StepKind
from app.domain.unit.freeze import change_windows
from app.domain.unit.journey import Step as DomainStep
from app.domain.unit.journey import Times, handed_over_at, proof_of_delivery
from app.domain.unit.nonconformance import nonconformances
from app.domain.unit.status import ProductStatus, open_failures, product_status
from schema.catalogue import Factory, Line, Model, Operation
from schema.change import ChangePreview, ChangeWindow
from schema.configuration import SelectionInput, choices_of
from schema.decision import Decision
from schema.logistics import DeliverySlot, OfferedSlot, Package, ProofOfDelivery
from schema.money import MoneyInput
from schema.node import (
    After,
    Connection,
    Edge,
    First,
    Node,
    checked_first,
    cursor_of,
    global_id,
    page_info,
    read_cursor,
)
from schema.order import Address, Order
from schema.performance import PerformanceReport
from schema.production import Component, ProductOperation
from schema.refusal import Conflict, Frozen, InvalidInput, NotAllowed, NotFound, NotPossible
from schema.revision import DesignRevision
from schema.scalars import ProductCode
from schema.step import Media, Step, StepConnection
from schema.words import InLocale, vocabulary, words

if TYPE_CHECKING:
    from schema.nonconformance import Nonconformance

vocabulary(
    ProductStatus,
    "Where a unit is. The list grows: expect unknown values.",
    {
        "ORDERED": "It has its code.",
        "PLANNED": "It has its place on the line.",
        "IN_PRODUCTION": "It is being built.",
        "IN_INSPECTION": "It is being inspected.",
        "ON_HOLD": "It waits for its customer's decision.",
        "IN_REWORK": "It is being reworked or repaired.",
        "RELEASED": "It passed its final inspection.",
        "PACKED": "It is packed.",
        "IN_TRANSIT": "It is on its way.",
        "OUT_FOR_DELIVERY": "It is on the last stretch.",
        "DELIVERED": "It has arrived.",
        "INSTALLED": "It stands and runs.",
        "CANCELLED": "It will not be built.",
        "SCRAPPED": "It will not be finished; another one replaces it.",
    },
)
vocabulary(
    EtaBasis,
    "What an estimate rests on.",
    {
        "PLAN": "The unit's place in the line's sequence.",
        "LINE": "The work that is left.",
        "CARRIER": "The time the carrier needs.",
        "ACTUAL": "It has arrived.",
    },
)


@strawberry.type(description="When a unit arrives.")
class Eta:
    text: strawberry.Private[Text | None]
    earliest: datetime = strawberry.field(description="Not before.")
    latest: datetime = strawberry.field(description="Hardly after.")
    confidence: float = strawberry.field(description="The share of units, 0 to 1, expected to arrive in between.")
    basis: EtaBasis = strawberry.field(description="What the estimate rests on.")
    previous: datetime | None = strawberry.field(description="The earliest time as last announced, where it moved.")

    @classmethod
    def of(cls, eta: eta_domain.Eta) -> "Eta":
        return cls(
            text=eta_domain.REASONS[eta.reason] if eta.reason else None,
            earliest=eta.earliest,
            latest=eta.latest,
            confidence=eta.confidence,
            basis=eta.basis,
            previous=eta.previous,
        )

    @strawberry.field(description="Why it is late or waits, for a person.")
    def reason(self, info: Info, locale: InLocale = None) -> str | None:
        return words(info, self.text, locale) if self.text else None


@strawberry.type(description="A unit's place in its line's sequence, and the times that follow from it.")
class ProductionPlan:
    position: int = strawberry.field(description="The place on the line: 1, 2, 3 …")
    starts_at: datetime = strawberry.field(description="Planned start of the first operation (factory clock).")
    finishes_at: datetime = strawberry.field(description="Planned end of the last operation (factory clock).")


vocabulary(QrFormat, "The form of a QR code.", {"SVG": "Scales to any size.", "PNG": "Eight pixels to a module."})


@strawberry.type(
    description="The last step of a journal, signed. Keep it: it proves what the journal was when it was read."
)
class SignedHead:
    sequence: int = strawberry.field(description="The place of the last step.")
    hash: str = strawberry.field(description="Its hash.")
    signature: str = strawberry.field(description="A compact JWS over both; its key is in /.well-known/jwks.json.")


InFormat = Annotated[QrFormat, strawberry.argument(description="SVG or PNG.")]
Changed = Annotated[list[SelectionInput], strawberry.argument(description="The groups to change.")]
Stages = Annotated[list[Stage] | None, strawberry.argument(description="Only steps of these stages.")]
Last = Annotated[int | None, strawberry.argument(description="How many at most from the end: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="End before this cursor.")]
Revision = Annotated[int | None, strawberry.argument(description="Which revision; without it, the newest.")]


LazyNonconformance = Annotated["Nonconformance", strawberry.lazy("schema.nonconformance")]


@strawberry.type(description="One custom-made unit: one production order, one ID code.")
class Product(Node):
    unit: strawberry.Private[DomainProduct]
    code: ProductCode = strawberry.field(description="Its ID code.")
    gtin: str = strawberry.field(description="GTIN-14 of its model (GS1 AI 01).")
    serial: str = strawberry.field(description="The 13 symbols of its code (GS1 AI 21).")
    last_sequence: int = strawberry.field(description="How many steps its journal has.")

    @classmethod
    def of(cls, unit: DomainProduct) -> "Product":
        return cls(
            id=global_id("Product", unit.code),
            unit=unit,
            code=ProductCode(unit.code),
            gtin=unit.gtin,
            serial=unit.code,
            last_sequence=unit.state.sequence,
        )

    @classmethod
    def of_step(cls, step: DomainStep, unit: DomainProduct) -> "Product":
        """Map a unit as it was right after one step."""
        return cls.of(replace(unit, state=step.state))

    @strawberry.field(description="GS1 Digital Link URI.")
    def digital_link(self, info: Info) -> str:
        return digital_link(info.context.deps.settings.resolver_url, self.unit.gtin, self.unit.code)

    @strawberry.field(description="What it is.")
    def model(self, info: Info) -> Model:
        deps = info.context.deps
        return Model.of(deps.model(self.unit.model), deps.catalogue)

    @strawberry.field(
        description="Where its QR code is, which holds its GS1 Digital Link URI: below the setting PUBLIC_URL; without "
        "it, a path on this server. It needs no token."
    )
    def qr_code(self, info: Info, format: InFormat = QrFormat.SVG) -> str:
        return qr_address(info.context.deps.settings.public_url, self.unit.gtin, self.unit.code, format)

    @strawberry.field(
        description="How it is configured now: a revision of its own, the quoted one until its customer changes it."
    )
    def design(self, info: Info) -> DesignRevision:
        state = self.unit.state
        return DesignRevision(
            model=info.context.deps.model(self.unit.model),
            chosen=state.selections,
            rights=None,
            author_id=self.unit.account,
            number=state.design_revision,
            title=None,
            engraving=state.engraving,
            created_at=max((past.until for past in state.past_choices), default=self.unit.ordered_at),
        )

    @strawberry.field(description="The order it belongs to; null where the viewer may not see orders.")
    async def order(self, info: Info) -> Order | None:
        order = await info.context.orders.load(self.unit.order)
        return Order.of(order, info.context.viewer) if order else None

    @strawberry.field(
        description="Where it is sent; null for all but its buyer, our staff, and its carrier once its plant packed it."
    )
    async def shipping_address(self, info: Info) -> Address | None:
        unit = self.unit
        if not may_see_address(info.context.viewer, unit.access, handed_over=handed_over_at(unit.state) is not None):
            return None
        order = await info.context.addresses.load(unit.order)
        return Address.of(order.address_of(unit.code)) if order else None

    @strawberry.field(description="Where it is made.")
    def factory(self, info: Info) -> Factory:
        return Factory.of(info.context.deps.catalogue.factory[self.unit.factory])

    @strawberry.field(description="The line it is made on.")
    def line(self, info: Info) -> Line | None:
        return Line.of(info.context.deps.catalogue.line[self.unit.line])

    @strawberry.field(description="Where it is.")
    def status(self, info: Info) -> ProductStatus:
        return product_status(self.unit.state, info.context.deps.model(self.unit.model))

    @strawberry.field(description="The part of its journey it is in.")
    def stage(self, info: Info) -> Stage:
        status = product_status(self.unit.state, info.context.deps.model(self.unit.model))
        return status_domain.STAGE_OF_STATUS[status]

    @strawberry.field(description="The share of standard work done, 0 to 1.")
    def progress(self, info: Info) -> float:
        return status_domain.progress(self.unit.state, info.context.deps.model(self.unit.model))

    @strawberry.field(description="Its place on the line; null before it has one.")
    def plan(self) -> ProductionPlan | None:
        plan = self.unit.current_plan
        if plan is None:
            return None
        return ProductionPlan(position=plan.position, starts_at=plan.starts_at, finishes_at=plan.finishes_at)

    @strawberry.field(description="When it arrives, as of now; null before it is planned and when it will not arrive.")
    def eta(self, info: Info) -> Eta | None:
        deps, unit = info.context.deps, self.unit
        carrier = next((c for c in deps.catalogue.carriers if c.code == unit.carrier), None)
        calendar = deps.calendar(unit.line)
        found = eta_domain.estimate(
            unit.state, unit.current_plan, deps.model(unit.model), calendar, carrier, unit.country, deps.now()
        )
        return Eta.of(found) if found else None

    @strawberry.field(description="Its journal, oldest first.")
    async def steps(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        stages: Stages = None,
    ) -> StepConnection:
        if first is not None and last is not None:
            raise InvalidInputRaised("Give first or last, not both.", ("last",))
        backwards = last is not None
        limit = checked_first(last, "last") if backwards else checked_first(first)
        start = read_cursor(after, int)[0] if after is not None else 0
        end = read_cursor(before, int)[0] if before is not None else None
        journal = info.context.deps.stores.steps
        found = await journal.page(self.unit.code, start, end, limit + 1, backwards, stages)
        more = len(found) > limit
        shown = found[-limit:] if backwards else found[:limit]
        edges = [Edge(cursor=cursor_of(step.sequence), node=Step.of(step, self.unit)) for step in shown]
        has_next, has_previous = (before is not None, more) if backwards else (more, after is not None)
        total = self.unit.state.sequence if stages is None else await journal.count(self.unit.code, stages)
        return StepConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=page_info(edges, has_next, has_previous),
            total_count=total,
        )

    @strawberry.field(description="The signed head of its journal; null: its steps are from before they were chained.")
    async def signed_head(self, info: Info) -> SignedHead | None:
        found = await head_of(info.context.deps, self.unit)
        if found is None:
            return None
        head, signature = found
        return SignedHead(sequence=head.sequence, hash=head.hash, signature=signature)

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

    @strawberry.field(
        description="What was not as it should be, oldest first: all that is open, and the latest that is closed; null "
        "for its carrier."
    )
    def nonconformances(self, info: Info) -> list[LazyNonconformance] | None:
        from schema.nonconformance import Nonconformance

        if not sees_inside(info.context.viewer):
            return None
        known = nonconformances(self.unit.state, info.context.deps.model(self.unit.model))
        return [Nonconformance.of(self.unit, found) for found in known]

    @strawberry.field(description="What may still change, and until when.")
    def change_window(self, info: Info) -> list[ChangeWindow]:
        deps, unit = info.context.deps, self.unit
        windows = change_windows(unit.state, unit.current_plan, deps.model(unit.model), deps.calendar(unit.line))
        return ChangeWindow.all_of(info, unit, windows)

    @strawberry.field(
        description="What changing these groups would cost and bring, before the user confirms it; those not named "
        "keep their choices. Null for all but its buyer."
    )
    async def change_preview(self, info: Info, selections: Changed) -> ChangePreview | None:
        viewer = info.context.viewer
        if viewer is None or viewer.account != self.unit.account:
            return None
        preview = await preview_change(info.context.deps, self.unit, choices_of(selections) or ())
        return ChangePreview.of(info, preview, self.unit)

    @strawberry.field(description="The questions that wait for its customer.")
    def open_decisions(self, info: Info) -> list[Decision]:
        if not sees_inside(info.context.viewer):
            return []
        model, state = info.context.deps.model(self.unit.model), self.unit.state
        return [
            Decision.of(info, self.unit, failure.decision_id)
            for failure in open_failures(state, model)
            if failure.decision_id in state.requested
        ]

    @strawberry.field(description="What was measured on it; null before its release, or without that revision.")
    async def performance_report(self, info: Info, revision: Revision = None) -> PerformanceReport | None:
        if not sees_inside(info.context.viewer):
            return None
        report = await find_report(info.context.deps, self.unit, revision)
        return PerformanceReport.of(report, self.unit) if report else None

    @strawberry.field(description="All revisions of its performance report, oldest first; a re-test adds one.")
    async def performance_reports(self, info: Info) -> list[PerformanceReport]:
        reports = await find_reports(info.context.deps, self.unit) if sees_inside(info.context.viewer) else []
        return [PerformanceReport.of(report, self.unit) for report in reports]

    @strawberry.field(description="Its packages, in the order in which they were packed.")
    def packages(self) -> list[Package]:
        packed = sorted(self.unit.state.packages.items(), key=lambda entry: (entry[1], entry[0]))
        return [Package(sscc=sscc, packed_at=at) for sscc, at in packed]

    @strawberry.field(description="When its customer wants it to be delivered; null: nothing was chosen.")
    def delivery_slot(self) -> DeliverySlot | None:
        return DeliverySlot.of(self.unit.state.slot) if self.unit.state.slot else None

    @strawberry.field(description="The delivery slots that its customer may choose, until it is out for delivery.")
    async def delivery_slots(self, info: Info) -> list[OfferedSlot]:
        deps, unit = info.context.deps, self.unit
        offered = offers(deps, unit)
        if not offered:
            return []
        taken = await deps.stores.slots.taken(unit.carrier or "", unit.country, [offer.slot.id for offer in offered])
        return [
            OfferedSlot(
                slot=DeliverySlot.of(offer.slot), places_left=max(0, offer.capacity - taken.get(offer.slot.id, 0))
            )
            for offer in offered
        ]

    @strawberry.field(description="What the carrier has to show for the delivery; null before it.")
    async def proof_of_delivery(self, info: Info) -> ProofOfDelivery | None:
        state = self.unit.state
        if StepKind.DELIVERED not in state.transport:
            return None
        told = {self.unit.code: state.sequence}
        step = proof_of_delivery(await info.context.deps.stores.steps.read_kinds(told, [StepKind.DELIVERED]))
        if step is None:
            return None
        media = [Media.of(each) for each in step.media]
        return ProofOfDelivery(delivered_at=step.occurred_at, signature_hash=step.signature_hash, media=media)

    @strawberry.field(description="The scrapped unit that it replaces.")
    async def replaces(self, info: Info) -> "Product | None":
        return await other_unit(info, self.unit.replaces)

    @strawberry.field(description="The unit that replaces it.")
    async def replaced_by(self, info: Info) -> "Product | None":
        return await other_unit(info, self.unit.replaced_by)


async def other_unit(info: Info, code: str | None) -> Product | None:
    unit = await info.context.products.load(code) if code else None
    return Product.of(unit) if unit else None


@strawberry.input(description="Another choice for one unit.")
class ChangeProductInput:
    code: ProductCode = strawberry.field(description="The unit.")
    selections: list[SelectionInput] = strawberry.field(
        description="The groups to change; those not named keep their choices."
    )
    accept_price_delta: MoneyInput = strawberry.field(
        description="The difference in what is paid, with the tax where the quote adds one; another one is a Conflict."
    )


ProductConnection = Connection[Product]
ChangeProductResult = Annotated[
    Product | InvalidInput | NotFound | NotAllowed | Frozen | Conflict | NotPossible,
    strawberry.union("ChangeProductResult", description="The unit after it, or why not."),
]
DecideResult = Annotated[
    Decision | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("DecideResult", description="The decision after it, or why not."),
]
