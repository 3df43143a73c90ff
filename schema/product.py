"""Units as clients see them: what one is, and where it is."""

from typing import Annotated

import strawberry

from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.unit import status as status_domain
from app.domain.unit.code import QrFormat, digital_link, qr_address
from app.domain.unit.stage import STAGE_OF_STATUS, ProductStatus, Stage
from schema.catalogue import Factory, Line, Model
from schema.node import Node
from schema.revision import DesignRevision
from schema.scalars import ProductCode
from schema.words import vocabulary

vocabulary(
    ProductStatus,
    "The status of a unit. The list grows: expect unknown values.",
    {
        "ORDERED": "The unit is ordered and has its ID code.",
        "PLANNED": "The unit has its place on a line.",
        "IN_PRODUCTION": "The unit is being built.",
        "IN_INSPECTION": "The unit is being inspected.",
        "ON_HOLD": "The unit waits for its customer's decision.",
        "IN_REWORK": "The unit is being reworked or repaired.",
        "RELEASED": "The unit passed its final inspection.",
        "PACKED": "The unit is packed.",
        "IN_TRANSIT": "The unit is on its way to the customer.",
        "OUT_FOR_DELIVERY": "The unit is in the vehicle that delivers it.",
        "DELIVERED": "The unit has been delivered.",
        "INSTALLED": "The unit is installed at the customer's.",
        "CANCELLED": "The unit was cancelled and will not be built.",
        "SCRAPPED": "The unit was given up; another one replaces it.",
    },
)
vocabulary(
    QrFormat,
    "The image format of a QR code.",
    {"SVG": "An SVG image, which scales to any size.", "PNG": "A PNG image with eight pixels for each module."},
)


@strawberry.type(
    description="The signed hash of the last step of a journal. Whoever keeps it can prove what the journal was "
    "when it was read."
)
class SignedHead:
    sequence: int = strawberry.field(description="The sequence of the last step.")
    hash: str = strawberry.field(description="The hash of the last step.")
    signature: str = strawberry.field(description="A compact JWS over both; the key is in /.well-known/jwks.json.")


InFormat = Annotated[QrFormat, strawberry.argument(description="The image format.")]


@strawberry.type
class ProductState(Node):
    """What a product says of itself."""

    unit: strawberry.Private[DomainProduct]
    code: ProductCode = strawberry.field(description="The unit's ID code.")
    gtin: str = strawberry.field(description="The GTIN-14 of the unit's model (GS1 AI 01).")
    serial: str = strawberry.field(description="The unit's serial number: the 13 symbols of its ID code (GS1 AI 21).")
    last_sequence: int = strawberry.field(description="The sequence of the last step of the unit's journal.")

    @strawberry.field(description="The unit's GS1 Digital Link URI.")
    def digital_link(self, info: Info) -> str:
        return digital_link(info.context.deps.settings.resolver_url, self.unit.gtin, self.unit.code)

    @strawberry.field(description="The unit's model.")
    def model(self, info: Info) -> Model:
        deps = info.context.deps
        return Model.as_sold(deps.edition_of(self.unit), deps.catalogue)

    @strawberry.field(
        description="The address of an image of the unit's QR code, which holds its GS1 Digital Link URI. It needs "
        "no token. It is below the setting PUBLIC_URL, or, without that, a path on this server."
    )
    def qr_code(self, info: Info, format: InFormat = QrFormat.SVG) -> str:
        return qr_address(info.context.deps.settings.public_url, self.unit.gtin, self.unit.code, format)

    @strawberry.field(
        description="The configuration of the unit as it is now: the revision that was quoted, until its customer "
        "changes it."
    )
    def design(self, info: Info) -> DesignRevision:
        state = self.unit.state
        return DesignRevision(
            model=info.context.deps.seen_today(self.unit),
            chosen=state.selections,
            rights=None,
            author_id=self.unit.account,
            number=state.design_revision,
            title=None,
            engraving=self.unit.engraving.text if self.unit.engraving else None,
            created_at=max((past.until for past in state.past_choices), default=self.unit.ordered_at),
        )

    @strawberry.field(description="The factory that makes the unit.")
    def factory(self, info: Info) -> Factory:
        return Factory.of(info.context.deps.catalogue.factory[self.unit.factory])

    @strawberry.field(description="The production line on which the unit is made.")
    def line(self, info: Info) -> Line | None:
        return Line.of(info.context.deps.catalogue.line[self.unit.line])

    @strawberry.field(description="The unit's status.")
    def status(self, info: Info) -> ProductStatus:
        return self.unit.status(info.context.deps.model_of(self.unit))

    @strawberry.field(description="The stage of its journey in which the unit is.")
    def stage(self, info: Info) -> Stage:
        return STAGE_OF_STATUS[self.unit.status(info.context.deps.model_of(self.unit))]

    @strawberry.field(description="The share of the standard work that is done, 0 to 1.")
    def progress(self, info: Info) -> float:
        return status_domain.progress(self.unit.state, info.context.deps.model_of(self.unit))

    @strawberry.field(description="The signed head of the unit's journal; null: its last step has no signature.")
    async def signed_head(self, info: Info) -> SignedHead | None:
        steps, key = info.context.deps.stores.steps, (self.unit.code, self.unit.state.sequence)
        found = await info.context.load(steps.signed_heads, key)
        if found is None:
            return None
        head, signature = found
        return SignedHead(sequence=head.sequence, hash=head.hash, signature=signature)
