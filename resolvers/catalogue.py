"""factories, models, model, evaluate and the factory clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from app.context import Info
from app.domain.catalogue.catalogue import Catalogue, Category
from app.domain.catalogue.catalogue import Model as DomainModel
from app.domain.configuration.configuration import choose
from app.store.paging import Page
from schema.catalogue import Factory, Model
from schema.configuration import Configured, Evaluation, InCountry, SelectionInput, choices_of
from schema.connection import After, Connection, First, connection, page_asked
from schema.money import InCurrency
from schema.scalars import CountryCode

InCategory = Annotated[Category | None, strawberry.argument(description="Only this kind of appliance.")]
InMarket = Annotated[CountryCode | None, strawberry.argument(description="Only models that are sold in this country.")]
Sku = Annotated[str, strawberry.argument(description="The model's SKU.")]
Chosen = Annotated[
    list[SelectionInput], strawberry.argument(description="The options that are chosen, complete or not.")
]


@strawberry.type(description="The factory clock, by which plans, deadlines, estimates and steps are timed.")
class FactoryClock:
    now: datetime = strawberry.field(description="The time that it shows.")
    speed: float = strawberry.field(
        description="How many times faster than real time it runs: 1, or more in a demonstration."
    )


@strawberry.type
class CatalogueQuery:
    @strawberry.field(description="All factories that make what is offered.")
    def factories(self, info: Info) -> list[Factory]:
        return [Factory.of(factory) for factory in info.context.deps.catalogue.factories if not factory.withdrawn]

    @strawberry.field(description="The models that are offered, by SKU.")
    def models(
        self,
        info: Info,
        category: InCategory = None,
        market: InMarket = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Model]:
        deps, page = info.context.deps, page_asked((str,), first, after)
        found = _models(deps.catalogue, category, market, page)

        def shown(model: DomainModel) -> Model:
            return Model.of(deps.edition(model.sku), deps.catalogue)

        return connection(page, found, shown, lambda model: (model.sku,))

    @strawberry.field(
        description="A model as it is offered now or, if it is withdrawn, as it was last; null: there is none with "
        "this SKU."
    )
    def model(self, info: Info, sku: Sku) -> Model | None:
        deps = info.context.deps
        return Model.of(deps.edition(sku), deps.catalogue) if sku in deps.catalogue.model else None

    @strawberry.field(
        description="Evaluates a configuration without storing it: whether it can be built, and what it costs. It "
        "needs no account. Null: there is no such model."
    )
    def evaluate(
        self,
        info: Info,
        model_sku: Sku,
        selections: Chosen,
        country: InCountry = None,
        currency: InCurrency = None,
    ) -> Evaluation | None:
        deps = info.context.deps
        model = deps.catalogue.model.get(model_sku)
        if model is None:
            return None
        chosen = choose(model, {}, choices_of(selections) or ())
        return Evaluation.of(Configured.of(deps, model, chosen, country, currency))

    @strawberry.field(description="The factory clock.")
    def factory_clock(self, info: Info) -> FactoryClock:
        deps = info.context.deps
        return FactoryClock(now=deps.now(), speed=deps.clock.speed)


def _models(catalogue: Catalogue, category: Category | None, market: str | None, page: Page) -> Sequence[DomainModel]:
    """Find a page of the models, by SKU, and one more where there is more."""
    after = str(page.after.values[0]) if page.after else ""
    found = [
        model
        for sku, model in catalogue.model.items()
        if sku > after
        and not model.withdrawn
        and category in (None, model.category)
        and (market is None or catalogue.sells(model, market))
    ]
    return found[: page.size + 1]
