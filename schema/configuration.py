"""Configurations as clients see them: whether they can be built, why not, what to do about it, and what is left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from app.actions.quote import earliest_delivery
from app.context import Info
from app.deps import Deps
from app.domain.catalogue.catalogue import Model as DomainModel
from app.domain.catalogue.catalogue import OptionGroup as DomainGroup
from app.domain.configuration import availability, configuration, suggestion
from app.domain.configuration.explanation import Explanation as DomainExplanation
from app.domain.configuration.pricing import price
from app.domain.shared.country import checked_country
from app.domain.shared.money import Money as DomainMoney
from app.domain.shared.refusal import InvalidInput as InvalidInputRaised
from schema.catalogue import Option, OptionGroup
from schema.money import DEFAULT_CURRENCY, Money
from schema.scalars import CountryCode, CurrencyCode
from schema.words import InLocale, words

InCountry = Annotated[
    CountryCode | None,
    strawberry.argument(description="A country: options that are not sold there count as broken rules."),
]
EARLIEST_DELIVERY = (
    "The first day on which one unit with these options could arrive, as of now; null: no country "
    "was given, or the model is not sold there."
)
InSameCurrency = Annotated[
    CurrencyCode | None,
    strawberry.argument(
        description="The currency of the price list; without it, the currency of the evaluation, or else CNY."
    ),
]


@strawberry.type(description="The options that are chosen in one option group.")
class Selection:
    group: OptionGroup = strawberry.field(description="The option group.")
    options: list[Option] = strawberry.field(description="The options that are chosen in it.")


def selections_of(info: Info, model: DomainModel, selections: configuration.Selections) -> list[Selection]:
    line = info.context.deps.catalogue.line[model.line]

    def selection(group: DomainGroup, codes: Sequence[str]) -> Selection:
        chosen = [Option.of(option) for option in group.options if option.code in codes]
        return Selection(group=OptionGroup.of(group, model, line), options=chosen)

    return [selection(model.groups[code], codes) for code, codes in selections.items()]


@dataclass(frozen=True)
class Configured:
    """A configuration, the market in which it is looked at, and the price list. `sold`: the model is, there.

    `engraving` is the text that goes with it, if any.
    """

    model: DomainModel
    selections: configuration.Selections
    country: str | None
    currency: str
    sold: bool
    engraving: str | None = None

    @classmethod
    def of(
        cls,
        deps: Deps,
        model: DomainModel,
        selections: configuration.Selections,
        country: str | None = None,
        currency: str | None = None,
        engraving: str | None = None,
    ) -> "Configured":
        """Look at a configuration as a client asks; raises InvalidInput for what is no country."""
        if country is not None:
            checked_country(country, ("country",))
        sold = country is None or deps.catalogue.sells(model, country)
        return cls(model, selections, country, currency or DEFAULT_CURRENCY, sold, engraving)

    def evaluate(self) -> configuration.Evaluation:
        return configuration.evaluate(self.model, self.selections, self.country, self.sold, self.engraving)

    def earliest_delivery(self, deps: Deps) -> date | None:
        if self.country is None or not self.sold:
            return None
        return earliest_delivery(deps, self.model, self.selections, self.country)

    def money(self, amount: Decimal | None) -> Money | None:
        return None if amount is None else Money.of(DomainMoney(amount, self.currency))


@strawberry.type(description="A smallest set of changes that repairs a configuration and breaks no other rule.")
class Suggestion:
    found: strawberry.Private[suggestion.Suggestion]
    configured: strawberry.Private[Configured]
    price_delta: Money | None = strawberry.field(
        description="The difference in the list price of one unit; null: the model has no price in this currency."
    )
    added_days: int = strawberry.field(description="The days by which delivery would be later; negative: earlier.")

    @classmethod
    def of(cls, found: suggestion.Suggestion, configured: Configured) -> "Suggestion":
        return cls(
            found=found,
            configured=configured,
            price_delta=configured.money(found.price_delta),
            added_days=found.added_days,
        )

    @strawberry.field(
        description="The option groups to change, each with all its options after the change; a group without "
        "options is cleared. Send them to reviseDesign as they are, or to evaluate in place of these "
        "groups."
    )
    def changes(self, info: Info) -> list[Selection]:
        return selections_of(info, self.configured.model, dict(self.found.changes))


@strawberry.type(description="The reason why a configuration cannot be built.")
class Explanation:
    explanation: strawberry.Private[DomainExplanation]
    configured: strawberry.Private[Configured]
    keep: strawberry.Private[str | None]
    rule: str = strawberry.field(
        description="The code of the broken rule; MARKET: an option, or the model itself, is not sold in the country; "
        "WITHDRAWN: it is no longer offered; ONE_CHOICE: several options are chosen where one may be; ENGRAVING: the "
        "text can no longer be engraved. Expect unknown values."
    )
    options: list[str] = strawberry.field(
        description="The options that break the rule, each as GROUP.OPTION; empty: the rule is about the model itself "
        "or its engraving."
    )

    @classmethod
    def of(cls, explanation: DomainExplanation, configured: Configured, keep: str | None = None) -> "Explanation":
        """Map an explanation; `configured` is what it explains, `keep` an option that suggestions do not take away."""
        return cls(
            explanation=explanation,
            configured=configured,
            keep=keep,
            rule=explanation.rule,
            options=list(explanation.options),
        )

    @strawberry.field(description="The reason, for people.")
    def message(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.explanation.text, locale)

    @strawberry.field(
        description="Ways to repair the configuration: at most three sets of at most three changes, those with the "
        "fewest changes first, then the cheapest. None of them breaks another rule. Of an option that is "
        "not available, they say what else to change so that it can be chosen. Empty: three changes do "
        "not suffice, or none were found in time."
    )
    def suggestions(self, currency: InSameCurrency = None) -> list[Suggestion]:
        here = replace(self.configured, currency=currency or self.configured.currency)
        found = suggestion.suggestions(
            here.model, here.selections, self.explanation, here.country, here.currency, self.keep
        )
        return [Suggestion.of(each, here) for each in found]


def conflicts_of(configured: Configured) -> list[Explanation]:
    return [Explanation.of(conflict, configured) for conflict in configured.evaluate().conflicts]


@strawberry.type(
    description="Whether an option can still be chosen: that is, whether it belongs to a complete configuration "
    "that can be built and that keeps the options of all other groups. Where a group allows one "
    "option only, the option takes the place of the present one. What is withdrawn cannot be chosen. Of a "
    "model that is withdrawn or, in a country, not sold, no option can be."
)
class AvailableOption:
    group: OptionGroup = strawberry.field(description="The option group.")
    option: Option = strawberry.field(description="The option.")
    available: bool = strawberry.field(description="Whether the option can be chosen or, if it is chosen, can stay.")
    chosen: bool = strawberry.field(description="Whether the option is chosen now.")
    reasons: list[Explanation] = strawberry.field(
        description="Why the option is not available: each rule that it breaks together with other options or, where "
        "it breaks none at once, rules that could not all be kept any more. Empty: the option is "
        "available."
    )
    price_delta: Money | None = strawberry.field(
        description="What choosing the option adds to the list price of one unit; null: the model has no price in "
        "this currency."
    )
    added_days: int = strawberry.field(
        description="The days by which choosing the option delays delivery; negative: delivery is earlier."
    )


def available_options_of(info: Info, configured: Configured) -> list[AvailableOption]:
    """Map every option of the model, in its order."""
    model, country = configured.model, configured.country
    found = availability.available_options(
        model, configured.selections, country, configured.currency, model_sold=configured.sold
    )
    line = info.context.deps.catalogue.line[model.line]
    groups = [OptionGroup.of(group, model, line) for group in model.option_groups]
    pairs = [(group, option) for group in groups for option in (*group.options, *group.withdrawn_options)]
    return [
        AvailableOption(
            group=group,
            option=option,
            available=each.available,
            chosen=each.chosen,
            reasons=_reasons(each, configured),
            price_delta=configured.money(each.price_delta),
            added_days=each.added_days,
        )
        for (group, option), each in zip(pairs, found, strict=True)
    ]


def _reasons(option: availability.AvailableOption, configured: Configured) -> list[Explanation]:
    """Map the reasons against an option, each with what else to change for it: as if it had been chosen."""
    if not option.reasons:
        return []
    model, name = configured.model, f"{option.group}.{option.option}"
    after = availability.after_choosing(model, configured.selections, name)
    here = replace(configured, selections=after)
    return [Explanation.of(reason, here, name) for reason in option.reasons]


@strawberry.type(
    description="The evaluation of a configuration: whether it can be built, what it costs, and which options "
    "can still be chosen."
)
class Evaluation:
    configured: strawberry.Private[Configured]
    missing_codes: strawberry.Private[tuple[str, ...]]
    complete: bool = strawberry.field(description="Whether every required option group has an option.")
    consistent: bool = strawberry.field(description="Whether no rule is broken.")
    conflicts: list[Explanation] = strawberry.field(description="The rules that are broken.")
    price: Money | None = strawberry.field(
        description="The list price of one unit, without delivery and without tax that is added; null: the model has "
        "no price in this currency."
    )

    @classmethod
    def of(cls, configured: Configured) -> "Evaluation":
        found = configured.evaluate()
        money = price(configured.model, configured.selections, configured.currency)
        return cls(
            configured=configured,
            missing_codes=found.missing,
            complete=found.complete,
            consistent=found.consistent,
            conflicts=[Explanation.of(conflict, configured) for conflict in found.conflicts],
            price=Money.of(money) if money else None,
        )

    @strawberry.field(
        description="The required option groups in which nothing is chosen yet; empty: the configuration is complete."
    )
    def missing(self, info: Info) -> list[OptionGroup]:
        model = self.configured.model
        line = info.context.deps.catalogue.line[model.line]
        groups = [OptionGroup.of(group, model, line) for group in model.option_groups]
        return [group for group in groups if group.code in self.missing_codes]

    @strawberry.field(description=EARLIEST_DELIVERY)
    def earliest_delivery(self, info: Info) -> date | None:
        return self.configured.earliest_delivery(info.context.deps)

    @strawberry.field(
        description="Every option of the model, in the model's order, with whether it can still be chosen."
    )
    def available_options(self, info: Info) -> list[AvailableOption]:
        return available_options_of(info, self.configured)


@strawberry.input(description="The options to choose in one option group.")
class SelectionInput:
    group: str = strawberry.field(description="The code of the option group.")
    options: list[str] = strawberry.field(description="The codes of the options; an empty list clears the group.")


SELECTIONS_MAX = 100


def choices_of(selections: Sequence[SelectionInput] | None) -> configuration.Choices | None:
    """Map inputs to the domain's pairs; raises InvalidInput where there are more than a list may hold."""
    if selections is None:
        return None
    if len(selections) > SELECTIONS_MAX or any(len(entry.options) > SELECTIONS_MAX for entry in selections):
        raise InvalidInputRaised(f"A list has at most {SELECTIONS_MAX} entries.", ("selections",))
    return [(entry.group, entry.options) for entry in selections]
