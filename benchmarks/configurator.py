"""What the configurator costs, on 12 groups of 8 options and 60 rules: `python -m benchmarks.configurator`.

Everything that one `evaluate` with availableOptions and suggestions asks of the domain, in CPU time of this process.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from app.domain.catalogue.catalogue import Model, Option, OptionGroup, Rule, RuleKind
from app.domain.configuration.availability import available_options
from app.domain.configuration.configuration import Selections, choose, evaluate
from app.domain.configuration.option_space import option_space
from app.domain.configuration.suggestion import suggestions
from app.domain.shared.text import all_languages
from seeds.files import read_catalogue

GROUPS, OPTIONS, RULES, SEED = 12, 8, 60, 2026
ROUNDS, CONFIGURATIONS = 7, 200
KINDS = (RuleKind.EXCLUDES, RuleKind.REQUIRES, RuleKind.RANGE)
WORDS = all_languages("Why", "为什么", "Pourquoi", "Warum")


def large_model() -> Model:
    """Make a model at random, always the same: ten groups of one choice (nine required), two of many."""
    source = random.Random(SEED)
    groups = tuple(
        OptionGroup(f"G{index}", WORDS, _options(source), required=index < 9, many=index >= 10)
        for index in range(GROUPS)
    )
    rules = tuple(_rule(source, index, groups) for index in range(RULES))
    ours = read_catalogue(Path("seeds/catalogue")).model["WM-FRONT-9"]
    return replace(ours, option_groups=groups, rules=rules)


def _options(source: random.Random) -> tuple[Option, ...]:
    return tuple(
        Option(
            f"O{index}", WORDS, {"CNY": Decimal(source.randrange(0, 500, 10))}, source.choice((0, 0, 1)), value=index
        )
        for index in range(OPTIONS)
    )


def _rule(source: random.Random, index: int, groups: Sequence[OptionGroup]) -> Rule:
    """Make every third rule one of each kind, from one or two options of a group to some of another."""
    here, there = source.sample(groups, 2)
    when = tuple(f"{here.code}.{option.code}" for option in source.sample(here.options, source.randint(1, 2)))
    kind = KINDS[index % 3]
    if kind is RuleKind.RANGE:
        return Rule(f"R{index}", kind, when, WORDS, group=there.code, maximum=source.randint(3, 6))
    count = source.randint(1, 3) if kind is RuleKind.EXCLUDES else source.randint(2, 4)
    then = tuple(f"{there.code}.{option.code}" for option in source.sample(there.options, count))
    return Rule(f"R{index}", kind, when, WORDS, then=then)


def configurations(model: Model, share: float) -> list[Selections]:
    """Choose at random in about this share of the groups, whether rules are broken or not."""
    source = random.Random(SEED)
    found = []
    for _ in range(CONFIGURATIONS):
        groups = [group for group in model.option_groups if source.random() < share]
        changes = [(group.code, [source.choice(group.options).code]) for group in groups]
        found.append(choose(model, {}, changes))
    return found


def customers(model: Model) -> list[Selections]:
    """Follow customers who choose in every group only what is shown as available."""
    source = random.Random(SEED)
    found: list[Selections] = []
    while len(found) < CONFIGURATIONS:
        chosen: Selections = {}
        for group in source.sample(model.option_groups, GROUPS):
            able = [o.option for o in available_options(model, chosen) if o.group == group.code and o.available]
            chosen = choose(model, chosen, [(group.code, [source.choice(able)])] if able else [])
            found.append(chosen)
    return found[:CONFIGURATIONS]


def answer(model: Model, chosen: Selections) -> int:
    """Do what one request asks for; return the number of broken rules."""
    conflicts = evaluate(model, chosen).conflicts
    for conflict in conflicts:
        suggestions(model, chosen, conflict)
    available_options(model, chosen)
    return len(conflicts)


def measure(work: Callable[[Selections], object], chosen: list[Selections]) -> list[float]:
    """Return the CPU milliseconds of each configuration, the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        times = []
        for each in chosen:
            start = time.process_time_ns()
            work(each)
            times.append((time.process_time_ns() - start) / 1e6)
        rounds.append(times)
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def main() -> None:
    model = large_model()
    start = time.process_time()
    option_space(model)
    print(f"compiled once per model: {(time.process_time() - start) * 1000:.2f} ms")
    situations: dict[str, list[Selections]] = {
        "nothing chosen": [{}] * CONFIGURATIONS,
        "a customer who chooses what is available": customers(model),
        "half of the groups, at random": configurations(model, 0.5),
        "all groups, at random": configurations(model, 1.0),
    }
    for name, chosen in situations.items():
        whole = measure(lambda each: answer(model, each), chosen)
        alone = measure(lambda each: evaluate(model, each), chosen)
        choice = measure(lambda each: available_options(model, each), chosen)
        broken = statistics.mean(len(evaluate(model, each).conflicts) for each in chosen)
        slowest = sorted(whole)[int(len(whole) * 0.95)]
        print(
            f"{name} ({broken:.1f} rules broken): mean {statistics.mean(whole):.2f} ms, 95 % within {slowest:.2f} ms; "
            f"of it evaluate {statistics.mean(alone):.3f}, availableOptions {statistics.mean(choice):.2f}"
        )


if __name__ == "__main__":
    main()
