"""Can a configuration be finished by adding choices alone? An exact search that only follows what is still needed."""

from dataclasses import dataclass

from app.domain.option_space import OptionSpace, places_of


@dataclass(frozen=True)
class Start:
    """Where a search begins: what is chosen, what may be added to it, and what is needed (one of each mask)."""

    chosen: int
    addable: int
    needs: tuple[int, ...]


def start(space: OptionSpace, chosen: int, sold: int) -> Start:
    """Prepare to finish a configuration with options that are sold.

    Present choices are taken as they are, also where they contradict each other: only what is added must agree with
    everything. What they need (a choice in each required group, one option of each requirement) is left aside where
    nothing addable meets it. So the search answers for the rest, and what is already broken shadows nothing else.
    """
    addable = sold & ~chosen
    needs = [
        mask
        for group, mask in zip(space.model.option_groups, space.groups, strict=True)
        if group.required and not mask & chosen
    ]
    for place in places_of(chosen):
        addable &= ~space.excluded[place]
        needs += [mask for mask in space.requirements[place] if not mask & chosen]
    for place in places_of(addable):
        if space.excluded[place] >> place & 1:  # a rule forbids it beside itself
            addable ^= 1 << place
    return Start(chosen, addable, tuple(need for need in needs if need & addable))


def finished(space: OptionSpace, begin: Start, option: int | None = None, wanted: int = 0) -> int | None:
    """Find a complete configuration that has everything chosen (and this option), or None where there is none.

    `wanted` are options to prefer where there is a choice. The search takes the need with the fewest candidates first;
    its time is exponential only where rules are knotted, for finding one is NP-complete.
    """
    if option is None:
        return _search(space, begin.chosen, begin.addable, list(begin.needs), wanted)
    return _with(space, option, begin.chosen, begin.addable, list(begin.needs), wanted)


def _search(space: OptionSpace, chosen: int, addable: int, needs: list[int], wanted: int) -> int | None:
    if not needs:
        return chosen
    candidates, fewest = 0, len(space.names) + 1
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
        found = _with(space, lowest.bit_length() - 1, chosen, addable, needs, wanted)
        if found is not None:
            return found
        candidates ^= lowest
        addable ^= lowest
    return None


def _with(space: OptionSpace, option: int, chosen: int, addable: int, needs: list[int], wanted: int) -> int | None:
    bit = 1 << option
    chosen |= bit
    left = [need for need in needs if not need & bit]
    left += [need for need in space.requirements[option] if not need & chosen]
    return _search(space, chosen, addable & ~bit & ~space.excluded[option], left, wanted)
