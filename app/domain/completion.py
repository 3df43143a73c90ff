"""Can a configuration be finished by adding choices alone? An exact search that only follows what is still needed."""

from typing import NamedTuple

from app.domain.option_space import Links, OptionSpace, places_of


class Start(NamedTuple):
    """Where a search begins: what is chosen, what may be added to it, and what is needed (one of each mask)."""

    chosen: int
    addable: int
    needs: list[int]


def start(space: OptionSpace, chosen: int, sold: int, links: Links | None = None) -> Start:
    """Prepare to finish a configuration with options that are sold.

    Present choices are taken as they are, also where they contradict each other: only what is added must agree with
    everything. What they need (a choice in each required group, one option of each requirement) is left aside where
    nothing addable meets it. So the search answers for the rest, and what is already broken shadows nothing else.
    `links`: those of some of the rules only.
    """
    excluded, requirements, impossible, _ = links or space.links
    ruled_out = chosen | impossible
    needs = [mask for mask in space.required if not mask & chosen]
    for place in places_of(chosen):
        ruled_out |= excluded[place]
        if requirements[place]:
            needs += [mask for mask in requirements[place] if not mask & chosen]
    addable = sold & ~ruled_out
    return Start(chosen, addable, [need for need in needs if need & addable])


def finished(links: Links, begin: Start, wanted: int = 0) -> int | None:
    """Find a complete configuration that has everything chosen, or None where there is none.

    `wanted` are options to prefer where there is a choice. The search takes the need with the fewest candidates first;
    its time is exponential only where rules are knotted, for the question is NP-complete.
    """
    return _search(links, begin.chosen, begin.addable, begin.needs, wanted)


def finished_with(links: Links, begin: Start, place: int, wanted: int = 0) -> int | None:
    """Find a complete configuration that has everything chosen and this addable option, or None."""
    return _with(links, place, begin.chosen, begin.addable, begin.needs, wanted)


def finished_like(links: Links, begin: Start, place: int, known: int, wanted: int = 0) -> int | None:
    """Try the same with what a known configuration adds and this option allows: fast; None says nothing for certain."""
    excluded, requirements, _, demanding = links
    bit = 1 << place
    addable = begin.addable & ~excluded[place] & ~bit
    kept = known & addable
    chosen = begin.chosen | kept | bit
    needs = [need for need in begin.needs if not need & chosen]
    for each in places_of((kept | bit) & demanding):
        needs += [mask for mask in requirements[each] if not mask & chosen]
    if not needs:
        return chosen
    addable ^= kept
    for each in places_of(kept):
        addable &= ~excluded[each]
    return _search(links, chosen, addable, needs, wanted)


def _search(links: Links, chosen: int, addable: int, needs: list[int], wanted: int) -> int | None:
    if not needs:
        return chosen
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
        found = _with(links, lowest.bit_length() - 1, chosen, addable, needs, wanted)
        if found is not None:
            return found
        candidates ^= lowest
        addable ^= lowest
    return None


def _with(links: Links, place: int, chosen: int, addable: int, needs: list[int], wanted: int) -> int | None:
    bit = 1 << place
    chosen |= bit
    left = [need for need in needs if not need & bit]
    if links.requirements[place]:
        left += [mask for mask in links.requirements[place] if not mask & chosen]
    return _search(links, chosen, addable & ~bit & ~links.excluded[place], left, wanted)
