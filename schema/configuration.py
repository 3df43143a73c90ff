"""Configurations as clients see them: choices, whether they can be built, and why not."""

from collections.abc import Sequence

import strawberry

from app.context import Info
from app.domain import configuration
from app.domain.catalogue import Model as DomainModel
from app.domain.catalogue import OptionGroup as DomainGroup
from app.domain.configuration import Evaluation as DomainEvaluation
from app.domain.refusal import InvalidInput as InvalidInputRaised
from schema.catalogue import Option, OptionGroup
from schema.money import Money
from schema.words import InLocale, words


@strawberry.type(description="What was chosen in one group.")
class Selection:
    group: OptionGroup = strawberry.field(description="The group.")
    options: list[Option] = strawberry.field(description="The choices in it.")


def selections_of(info: Info, model: DomainModel, selections: configuration.Selections) -> list[Selection]:
    line = info.context.world.catalogue.line[model.line]

    def selection(group: DomainGroup, codes: Sequence[str]) -> Selection:
        chosen = [Option.of(option) for option in group.options if option.code in codes]
        return Selection(group=OptionGroup.of(group, model, line), options=chosen)

    return [selection(model.groups[code], codes) for code, codes in selections.items()]


@strawberry.type(description="Why a configuration cannot be built.")
class Explanation:
    explanation: strawberry.Private[configuration.Explanation]
    rule: str = strawberry.field(description="The broken rule.")
    options: list[str] = strawberry.field(description="The choices that break it, each GROUP.OPTION.")

    @classmethod
    def of(cls, explanation: configuration.Explanation) -> "Explanation":
        return cls(explanation=explanation, rule=explanation.rule, options=list(explanation.options))

    @strawberry.field(description="The reason, for a person.")
    def message(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.explanation.text, locale)


@strawberry.type(description="Whether a configuration can be built, and what it costs.")
class Evaluation:
    complete: bool = strawberry.field(description="Every required choice is made.")
    consistent: bool = strawberry.field(description="No rule is broken.")
    conflicts: list[Explanation] = strawberry.field(description="The broken rules.")
    price: Money | None = strawberry.field(
        description="List price of one unit, before delivery and added tax; null: none in this currency."
    )

    @classmethod
    def of(cls, evaluation: DomainEvaluation, money: Money | None) -> "Evaluation":
        return cls(
            complete=evaluation.complete,
            consistent=evaluation.consistent,
            conflicts=[Explanation.of(conflict) for conflict in evaluation.conflicts],
            price=money,
        )


@strawberry.input(description="What to choose in one group.")
class SelectionInput:
    group: str = strawberry.field(description="The group's code.")
    options: list[str] = strawberry.field(description="The options' codes; none clears the group.")


Choices = Sequence[tuple[str, Sequence[str]]]
SELECTIONS_MAX = 100


def choices_of(selections: Sequence[SelectionInput] | None) -> Choices | None:
    """Map inputs to the domain's pairs; raises InvalidInput where there are more than a list may hold."""
    if selections is None:
        return None
    if len(selections) > SELECTIONS_MAX or any(len(entry.options) > SELECTIONS_MAX for entry in selections):
        raise InvalidInputRaised(f"A list has at most {SELECTIONS_MAX} entries.", ("selections",))
    return [(entry.group, entry.options) for entry in selections]
