"""design, designs, startDesign and reviseDesign."""

import strawberry

from app.actions.access import find_shown
from app.actions.design import Revision, revise_design, start_design
from app.context import Info
from app.domain.design.design import Design as DomainDesign
from app.store.visibility import visible_designs
from schema.arguments import Id, Input
from schema.configuration import choices_of
from schema.connection import NEWEST, After, Connection, First, connection, page_asked
from schema.design import Design
from schema.design_input import (
    ReviseDesignInput,
    ReviseDesignResult,
    StartDesignInput,
    StartDesignResult,
)
from schema.node import key_of
from schema.refusal import answered


@strawberry.type
class DesignQuery:
    @strawberry.field(
        description="A design in which the viewer takes part, or a published one as the gallery shows it, for which "
        "no account is needed. Null: it does not exist, or the viewer may not see it."
    )
    async def design(self, info: Info, id: Id) -> Design | None:
        found = await find_shown(info.context.deps, info.context.viewer, key_of("Design", id))
        if found is None:
            _ = info.context.signed_in  # who is nobody is told to sign in first, whether it is there or not
        return Design.of(found) if found else None

    @strawberry.field(description="The designs in which the viewer takes part, the newest first.")
    async def designs(self, info: Info, first: First = None, after: After = None) -> Connection[Design]:
        page, visible = page_asked(NEWEST, first, after), visible_designs(info.context.signed_in)
        found = await info.context.deps.stores.designs.page(visible, page)
        return connection(page, found, Design.of, lambda design: (design.started_at, design.id))


@strawberry.type
class DesignMutation:
    @strawberry.mutation(description="Starts a design of a model.")
    async def start_design(self, info: Info, input: Input[StartDesignInput]) -> StartDesignResult:
        async def work() -> DomainDesign:
            revision = Revision(input.title, choices_of(input.selections), input.engraving)
            context = info.context
            return await start_design(
                context.deps, context.viewer, input.model_sku, revision, context.locale, input.idempotency_key
            )

        return await answered(work(), Design.of)

    @strawberry.mutation(description="Makes the next revision of a design.")
    async def revise_design(self, info: Info, input: Input[ReviseDesignInput]) -> ReviseDesignResult:
        async def work() -> DomainDesign:
            revision = Revision(input.title, choices_of(input.selections), input.engraving)
            key = key_of("Design", input.design_id)
            return await revise_design(info.context.deps, info.context.viewer, key, input.expected_revision, revision)

        return await answered(work(), Design.of)
