"""What can still be chosen, at which price and delay, and if not, why.

An option **can still be chosen** when some configuration is complete, obeys every rule, is offered and sold in the
market, and has this option and every present choice of the other groups (in a group of many, also its own group's);
other options may be added, none is taken away. The option takes the place of the present choice of its single-choice
group. The answer is exact, and what is already wrong does not make everything else look impossible:

- what the present choices break among themselves is left aside: contradictions between two of them, and needs (a
  requirement, a required group) of theirs that no option meets which they and the market still allow;
- where even so the others can no longer be finished, whatever is chosen here, one of them has to change first; then an
  option counts as available that is sold and that none of them excludes;
- the same counts where the search runs out of its budget of steps, which no model comes near that `knot` let pass.
"""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from app.domain.catalogue.catalogue import Model
from app.domain.configuration.completion import Budget, OutOfSteps, Start, finished, finished_like, finished_with, start
from app.domain.configuration.configuration import Selections, explain
from app.domain.configuration.explanation import Explanation, model_obstacles, option_obstacle
from app.domain.configuration.option_space import OptionSpace, RuleBits, linked, option_space, places_of
from app.domain.shared.money import rounded


class AvailableOption(NamedTuple):
    """Whether an option can still be chosen; what choosing it adds to the present price and days, or takes off.

    `reasons`, where it cannot: that the model or the option is withdrawn, or else the market (of the model, or of the
    option), and every rule that breaks at once, because a choice stands beside it that is forbidden, or because nothing
    that is required has a place left. Where there is none: rules that cannot all be obeyed further on, and of which
    none can be left out.
    `price_delta` None: no price list in the currency.
    """

    group: str
    option: str
    available: bool
    chosen: bool
    reasons: tuple[Explanation, ...]
    price_delta: Decimal | None
    added_days: int


def available_options(
    model: Model,
    selections: Selections,
    country: str | None = None,
    currency: str = "CNY",
    budget: Budget | None = None,
    model_sold: bool = True,
) -> tuple[AvailableOption, ...]:
    """Judge every option of a model, in its order, beside a configuration, complete or not.

    `model_sold`: the model is, in the country. Where it is not, no option is available, whatever else is said of it.
    """
    space, budget = option_space(model), budget or Budget()
    chosen, sold = space.mask(selections), sold_mask(space, country)
    asked: dict[int, int] = {}
    for place, rivals in enumerate(space.rivals):
        others = chosen & ~(1 << place | rivals)
        asked[others] = asked.get(others, 0) | 1 << place
    known = _finished(space, start(space, chosen, sold, budget))
    found: dict[int, AvailableOption] = {}
    for others, places in asked.items():
        begin = start(space, others, sold, budget)
        available = _available(space, begin, places, known)
        for place in places_of(places):
            bit, option = 1 << place, space.options[place]
            able = bool(available & bit)
            reasons = () if able else _reasons(space, begin, place, sold, country)
            price, days = difference(space, chosen, others | bit, currency)
            group = space.group_at(place).code
            found[place] = AvailableOption(group, option.code, able, bool(chosen & bit), reasons, price, days)
    judged = tuple(found[place] for place in range(len(space.options)))
    obstacles = model_obstacles(model, country, model_sold)
    if not obstacles:
        return judged
    return tuple(option._replace(available=False, reasons=(*obstacles, *option.reasons)) for option in judged)


def after_choosing(model: Model, selections: Selections, name: str) -> Selections:
    """Choose one option, `GROUP.OPTION`: in the place of its group's choice, or beside it where many are allowed."""
    space = option_space(model)
    place = space.places[name]
    return space.selections(space.mask(selections) & ~space.rivals[place] | 1 << place)


@lru_cache(maxsize=4096)
def sold_mask(space: OptionSpace, country: str | None) -> int:
    """Mark the options that are offered, and sold in a country if there is one."""
    mask = 0
    for place, option in enumerate(space.options):
        if country is None or option.markets is None or country in option.markets:
            mask |= 1 << place
    return mask & space.offered


def difference(space: OptionSpace, before: int, after: int, currency: str) -> tuple[Decimal | None, int]:
    """Return what the price and the delivery days of one unit change by; the price None without a price list."""
    prices, days = _costs(space, currency)
    price, delay = NOTHING, 0
    changed = before ^ after
    while changed:
        lowest = changed & -changed
        changed ^= lowest
        place = lowest.bit_length() - 1
        if after & lowest:
            price += prices[place]
            delay += days[place]
        else:
            price -= prices[place]
            delay -= days[place]
    return (price if currency in space.model.base_price else None), delay


NOTHING = Decimal("0.00")


@lru_cache(maxsize=4096)
def _costs(space: OptionSpace, currency: str) -> tuple[tuple[Decimal, ...], tuple[int, ...]]:
    prices = tuple(rounded(option.surcharge.get(currency, NOTHING)) for option in space.options)
    return prices, tuple(option.added_days for option in space.options)


def _available(space: OptionSpace, begin: Start, asked: int, known: int | None) -> int:
    """Mark what can be added of what is asked about; each finished configuration speaks for all that it has, and is
    the pattern for the next.

    `known` is the first pattern: a finished configuration from a beginning with what the options asked about replace.
    """
    links, available = space.links, 0
    asked &= begin.addable
    addable = asked
    try:
        while asked:
            lowest = asked & -asked
            place = lowest.bit_length() - 1
            found = None if known is None else finished_like(links, begin, place, known, asked)
            if found is None:
                found = finished_with(links, begin, place, asked)
                known = found or known
            available |= found or 0
            asked &= ~(lowest | (found or 0))
    except OutOfSteps:
        return available | asked
    return available or (0 if _finished(space, begin) is not None else addable)


def _finished(space: OptionSpace, begin: Start) -> int | None:
    """Finish a configuration, or return None where that cannot be done, or not be found out."""
    try:
        return finished(space.links, begin)
    except OutOfSteps:
        return None


def _reasons(space: OptionSpace, begin: Start, place: int, sold: int, country: str | None) -> tuple[Explanation, ...]:
    after = begin.chosen | 1 << place
    obstacle = option_obstacle(space.options[place], space.names[place], country)
    rules = _broken_at_once(space, begin, place, sold)
    if not rules and obstacle is None:
        rules = _broken_further_on(space, begin, place, sold)
    explained = tuple(explain(space, rule, after) for rule in rules)
    return explained if obstacle is None else (obstacle, *explained)


def _broken_at_once(space: OptionSpace, begin: Start, place: int, sold: int) -> list[int]:
    """Find the rules that forbid an option beside a choice, and the requirements that nothing can meet beside it."""
    bit = 1 << place
    after = begin.chosen | bit
    open_ = sold & ~(begin.closed | space.rivals[place]) | after
    found = []
    for index in space.touching[place]:
        rule = space.rules[index]
        if rule.forbids:
            broken = (rule.when & bit and rule.then & after) or (rule.then & bit and rule.when & after)
        else:
            broken = rule.when & after and not rule.then & open_ and (rule.when & bit or rule.then & begin.addable)
        if broken:
            found.append(index)
    return found


def _broken_further_on(space: OptionSpace, begin: Start, place: int, sold: int) -> list[int]:
    """Find rules that cannot all be obeyed with this option, none of which can be left out, in the model's order.

    Each configuration that obeys the rules collected so far breaks another one, which is collected, until there is no
    configuration any more; then each is tried without. Out of steps, what was collected is all that can be said.
    """
    collected: list[int] = []
    with suppress(OutOfSteps):
        while (found := _obeying(space, begin, place, sold, collected)) is not None:
            collected.append(next(i for i, rule in enumerate(space.rules) if _breaks(rule, begin, found)))
        for rule in tuple(collected[:-1]):
            fewer = [each for each in collected if each != rule]
            if _obeying(space, begin, place, sold, fewer) is None:
                collected = fewer
    return sorted(collected)


def _obeying(space: OptionSpace, begin: Start, place: int, sold: int, rules: Sequence[int]) -> int | None:
    """Finish a configuration with this option under some of the rules."""
    links = linked(space.rivals, [space.rules[rule] for rule in rules])
    part = start(space, begin.chosen, sold, begin.budget, links)
    needs = [need for need in part.needs if need & begin.addable]
    return finished_with(links, part._replace(needs=needs), place)


def _breaks(rule: RuleBits, begin: Start, after: int) -> bool:
    """Tell whether a finished configuration breaks a rule beyond what its beginning does."""
    added = after & ~begin.chosen
    if rule.forbids:
        return bool((rule.when & added and rule.then & after) or (rule.then & added and rule.when & after))
    unmet = rule.when & after and not rule.then & after
    return bool(unmet and (rule.when & added or rule.then & begin.addable))
