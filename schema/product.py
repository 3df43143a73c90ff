"""Units as clients see them: what one is, and where it is."""

from typing import Annotated

import strawberry

from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.unit import status as status_domain
from app.domain.unit.code import QrFormat, digital_link, qr_address
from app.domain.unit.stage import STAGE_OF_STATUS, ProductStatus, Stage
from app.domain.unit.status import product_status
from schema.catalogue import Factory, Line, Model
from schema.node import Node
from schema.revision import DesignRevision
from schema.scalars import ProductCode
from schema.words import vocabulary

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
vocabulary(QrFormat, "The form of a QR code.", {"SVG": "Scales to any size.", "PNG": "Eight pixels to a module."})


@strawberry.type(
    description="The last step of a journal, signed. Keep it: it proves what the journal was when it was read."
)
class SignedHead:
    sequence: int = strawberry.field(description="The place of the last step.")
    hash: str = strawberry.field(description="Its hash.")
    signature: str = strawberry.field(description="A compact JWS over both; its key is in /.well-known/jwks.json.")


InFormat = Annotated[QrFormat, strawberry.argument(description="SVG or PNG.")]


@strawberry.type
class ProductState(Node):
    """What a product says of itself."""

    unit: strawberry.Private[DomainProduct]
    code: ProductCode = strawberry.field(description="Its ID code.")
    gtin: str = strawberry.field(description="GTIN-14 of its model (GS1 AI 01).")
    serial: str = strawberry.field(description="The 13 symbols of its code (GS1 AI 21).")
    last_sequence: int = strawberry.field(description="How many steps its journal has.")

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
            engraving=self.unit.engraving.text if self.unit.engraving else None,
            created_at=max((past.until for past in state.past_choices), default=self.unit.ordered_at),
        )

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
        return STAGE_OF_STATUS[status]

    @strawberry.field(description="The share of standard work done, 0 to 1.")
    def progress(self, info: Info) -> float:
        return status_domain.progress(self.unit.state, info.context.deps.model(self.unit.model))

    @strawberry.field(
        description="The signed head of its journal: keep it to find out whether the journal was cut off or rewritten."
    )
    async def signed_head(self, info: Info) -> SignedHead | None:
        steps, key = info.context.deps.stores.steps, (self.unit.code, self.unit.state.sequence)
        found = await info.context.load(steps.signed_heads, key)
        if found is None:
            return None
        head, signature = found
        return SignedHead(sequence=head.sequence, hash=head.hash, signature=signature)
