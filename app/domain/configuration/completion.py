"""Can a configuration be finished by adding choices alone? An exact search that only follows what is still needed.

The question is NP-complete, so the search has a budget of steps. Real rules need a few hundred for a whole answer;
a model whose rules are so knotted that a tenth of the budget may not do does not come into the catalogue.
"""

from typing import NamedTuple

from app.domain.configuration.option_space import Links, OptionSpace, places_of

STEPS_MAX = 20_000
"""What one answer may take: about 20 ms."""


class OutOfSteps(Exception):
    """The budget is used up before the search came to an end."""


class Budget:
    """How many steps may still be taken."""

    __slots__ = ("left",)

    def __init__(self, steps: int = STEPS_MAX) -> None:
        self.left = steps


class Start(NamedTuple):
    """Where a search begins: what is chosen, what may be added to it, and what is needed (one of each mask).

    `closed`: in single-choice groups that have their choice, the others.
    """

    chosen: int
    addable: int
    needs: list[int]
    closed: int
    budget: Budget


def start(space: OptionSpace, chosen: int, sold: int, budget: Budget, links: Links | None = None) -> Start:
    """Prepare to finish a configuration with options that are sold.

    Present choices are taken as they are, also where they contradict each other: only what is added must agree with
    everything. What they need (a choice in each required group, one option of each requirement) is left aside where
    nothing addable meets it. So the search answers for the rest, and what is already broken shadows nothing else.
    `links`: those of some of the rules only.
    """
    links = links or space.links
    excluded, requirements = links.excluded, links.requirements
    ruled_out, closed = chosen | links.impossible, 0
    needs = [mask for mask in space.required if not mask & chosen]
    for place in places_of(chosen):
        ruled_out |= excluded[place]
        closed |= space.rivals[place]
        if requirements[place]:
            needs += [mask for mask in requirements[place] if not mask & chosen]
    addable = sold & ~ruled_out
    return Start(chosen, addable, [need for need in needs if need & addable], closed, budget)


def finished(links: Links, begin: Start, wanted: int = 0) -> int | None:
    """Find a complete configuration that has everything chosen, or None where there is none.

    `wanted` are options to prefer where there is a choice. The search takes the need with the fewest candidates first.
    Raises OutOfSteps where it cannot tell.
    """
    return _search(links, begin.chosen, begin.addable, begin.needs, wanted, begin.budget)


def finished_with(links: Links, begin: Start, place: int, wanted: int = 0) -> int | None:
    """Find a complete configuration that has everything chosen and this addable option, or None."""
    return _with(links, place, begin.chosen, begin.addable, begin.needs, wanted, begin.budget)


def finished_like(links: Links, begin: Start, place: int, known: int, wanted: int = 0) -> int | None:
    """Try the same by putting this option into a known finished configuration: fast; None says nothing for certain.

    `known` must have been finished from a beginning with all that is chosen here. Only what it loses may be missed.
    """
    bit = 1 << place
    kept = known & begin.addable & ~links.excluded[place]
    chosen = begin.chosen | kept | bit
    concerned = bit
    for lost in places_of(known & ~chosen):
        concerned |= links.relying[lost] & kept
    needs = [need for need in begin.needs if not need & chosen]
    for each in places_of(concerned):
        needs += [mask for mask in links.requirements[each] if not mask & chosen]
    if not needs:
        return chosen
    addable = begin.addable & ~links.excluded[place] & ~chosen
    for each in places_of(kept):
        addable &= ~links.excluded[each]
    return _search(links, chosen, addable, needs, wanted, begin.budget)


def _search(links: Links, chosen: int, addable: int, needs: list[int], wanted: int, budget: Budget) -> int | None:
    if not needs:
        return chosen
    budget.left -= 1
    if budget.left < 0:
        raise OutOfSteps
    candidates, fewest = 0, 1 << 30
    for need in needs:
        left = need & addable
        count = left.bit_count()
        if count < fewest:
            if not count:
                return None
            candidates, fewest = left, count
    while candidates:
        first = candidates & wanted or candidates
        lowest = first & -first
        found = _with(links, lowest.bit_length() - 1, chosen, addable, needs, wanted, budget)
        if found is not None:
            return found
        candidates ^= lowest
        addable ^= lowest
    return None


def _with(
    links: Links, place: int, chosen: int, addable: int, needs: list[int], wanted: int, budget: Budget
) -> int | None:
    bit = 1 << place
    chosen |= bit
    left = [need for need in needs if not need & bit]
    if links.requirements[place]:
        left += [mask for mask in links.requirements[place] if not mask & chosen]
    return _search(links, chosen, addable & ~bit & ~links.excluded[place], left, wanted, budget)
