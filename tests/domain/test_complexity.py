"""Are rules that nobody could answer in time kept out, and answered in bounded time all the same?"""

import time
from dataclasses import replace
from decimal import Decimal

from app.domain.catalogue.catalogue import Model, Option, OptionGroup, Rule, RuleKind
from app.domain.configuration.availability import available_options
from app.domain.configuration.catalogue_check import problems
from app.domain.configuration.completion import Budget
from app.domain.configuration.complexity import is_too_complex
from app.domain.configuration.configuration import choose, evaluate
from app.domain.configuration.suggestion import suggestions
from benchmarks.configurator import large_model
from tests.domain.build import MODEL, catalogue, text
from tests.rows import rows

SEEDED = list(catalogue().model.values())


def pigeons(count: int) -> Model:
    """Make a model of groups that must all choose differently, with one option less than there are groups."""
    holes, names = range(count - 1), [f"G{index}" for index in range(count)]
    groups = tuple(
        OptionGroup(name, text(name), tuple(Option(f"O{hole}", text("O")) for hole in holes)) for name in names
    )
    rules = tuple(
        Rule(
            f"R{index}_{hole}",
            RuleKind.EXCLUDES,
            (f"{name}.O{hole}",),
            text("Another one"),
            then=tuple(f"{other}.O{hole}" for other in names[index + 1 :]),
        )
        for index, name in enumerate(names[:-1])
        for hole in holes
    )
    return replace(MODEL, option_groups=groups, rules=rules)


@rows("model", [*SEEDED, large_model()])
def test_rules_that_people_can_follow_are_not_knotted(model: Model) -> None:
    assert not is_too_complex(model)


def test_a_factory_s_file_with_a_knotted_model_is_refused() -> None:
    (factory, *_) = catalogue().factories
    knot = pigeons(9)
    model = replace(factory.models[0], option_groups=knot.option_groups, rules=knot.rules)
    prices = dict.fromkeys(model.base_price, Decimal(1))
    groups = tuple(
        replace(group, options=tuple(replace(option, surcharge=prices) for option in group.options))
        for group in model.option_groups
    )
    found = dict(problems(replace(factory, models=(replace(model, option_groups=groups),))))
    assert [path for path in found if path.startswith("models")] == ["models.0.rules"]
    assert "too knotted" in found["models.0.rules"]


@rows("count", [8, 12])
def test_rules_that_only_trying_everything_would_answer_are_knotted(count: int) -> None:
    assert is_too_complex(pigeons(count))


def test_a_knotted_model_is_answered_in_bounded_time_and_what_is_certain_stays_so() -> None:
    model, before = pigeons(14), time.process_time()
    selections = choose(model, {}, [("G0", ["O3"]), ("G1", ["O4"])])
    budget = Budget()
    found = available_options(model, selections, budget=budget)
    assert budget.left < 0
    taken = [option for option in found if not option.available]
    assert {(option.group, option.option) for option in taken} >= {("G5", "O3"), ("G5", "O4"), ("G0", "O4")}
    assert all(option.reasons for option in taken)
    clash = choose(model, selections, [("G1", ["O3"])])
    (broken,) = evaluate(model, clash).conflicts
    assert len(suggestions(model, clash, broken)) == 3
    assert time.process_time() - before < 2


def test_repairs_are_looked_for_in_bounded_time() -> None:
    """One hundred options in each of four groups, of which all but one break a rule with any of the others."""
    names = ["A", "B", "C", "D"]
    groups = tuple(
        OptionGroup(name, text(name), tuple(Option(f"O{n}", text("O")) for n in range(100)), many=name == "D")
        for name in names
    )
    every = {name: tuple(f"{name}.O{n}" for n in range(99)) for name in names}
    rules = tuple(
        Rule(f"{one}{other}", RuleKind.EXCLUDES, every[one], text("Not both"), then=every[other])
        for one in names
        for other in names
        if one < other
    )
    model = replace(MODEL, option_groups=groups, rules=rules)
    chosen = choose(model, {}, [("A", ["O1"]), ("B", ["O1"]), ("C", ["O1"]), ("D", ["O1", "O2", "O3", "O4"])])
    before = time.process_time()
    for conflict in evaluate(model, chosen).conflicts:
        suggestions(model, chosen, conflict)
    assert time.process_time() - before < 2
