"""How a broken rule is repaired with the fewest changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from app.domain.catalogue.catalogue import Model
from app.domain.configuration.availability import NOTHING, difference, sold_mask
from app.domain.configuration.configuration import Selections
from app.domain.configuration.explanation import MARKET, WITHDRAWN, Explanation
from app.domain.configuration.option_space import OptionSpace, option_space, places_of

SUGGESTIONS_MAX = 3
CHANGES_MAX = 3
ENOUGH_CHANGES = 2
"""Three changes are only searched for where no two help."""
STATES_MAX = 1_000
"""How many sets of changes are looked at: about 5 ms. Rules that people can follow need a hundred or two."""


@dataclass(frozen=True)
class Suggestion:
    """Groups to change, each with its choices afterwards (none clears it), and what that does to price and days."""

    changes: tuple[tuple[str, tuple[str, ...]], ...]
    price_delta: Decimal | None
    added_days: int


@dataclass(frozen=True)
class State:
    """A configuration on the way to a repair: `made` names the changes, `settled` what they may no longer touch.

    The bits of `made` are the options that come or go, and above them one for each group that is cleared, so that one
    set of changes is part of another exactly when its bits are.
    """

    chosen: int
    broken: int
    made: int = 0
    settled: int = 0


Move = tuple[int, int]
"""The options that one change takes away, and those that it adds."""


def suggestions(
    model: Model,
    selections: Selections,
    explanation: Explanation,
    country: str | None = None,
    currency: str = "CNY",
    keep: str | None = None,
) -> tuple[Suggestion, ...]:
    """Find the smallest sets of changes after which a rule is no longer broken, and no other is newly.

    A choice that is withdrawn, or not sold in the market, is repaired like a broken rule. One change sets a
    single-choice group to another option, clears one that is not required, or adds or takes one option where many may
    be chosen; required groups stay chosen, and only what is offered and sold in the country is added. No part of a set
    is a repair of its own. Fewest changes first, then cheapest, then in the model's order; at most three. `keep`,
    `GROUP.OPTION`, is not taken away. Empty: the rule is not broken, or three changes do not repair it (no change makes
    a model offered again, or sold where it is not), or no repair is among the first `STATES_MAX` sets looked at.
    """
    space = option_space(model)
    search = _Search(space, space.mask(selections), sold_mask(space, country), _mask(space, keep))
    search.aim(explanation)
    before = search.chosen

    def rank(repair: tuple[int, int]) -> tuple[int, Decimal, Places]:
        count, after = repair
        return count, difference(space, before, after, currency)[0] or NOTHING, _places(space, before, after)

    found = sorted(((count, state.chosen) for count, state in search.repairs()), key=rank)
    return tuple(_suggestion(space, before, after, currency) for _, after in found[:SUGGESTIONS_MAX])


def _mask(space: OptionSpace, name: str | None) -> int:
    return 0 if name is None else 1 << space.places[name]


Places = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Where a repair stands in the model's order: by the groups it changes, the options that come, those that go."""


def _places(space: OptionSpace, before: int, after: int) -> Places:
    groups = tuple(dict.fromkeys(space.group_of[place] for place in places_of(before ^ after)))
    return groups, tuple(places_of(after & ~before)), tuple(places_of(before & ~after))


def _suggestion(space: OptionSpace, before: int, after: int, currency: str) -> Suggestion:
    """Put a repair into words."""
    changes = tuple(
        (group.code, tuple(space.options[place].code for place in places_of(after & mask)))
        for group, mask in zip(space.model.option_groups, space.groups, strict=True)
        if (before ^ after) & mask
    )
    return Suggestion(changes, *difference(space, before, after, currency))


class _Search:
    """Breadth first over sets of changes, each made because it touches something that is broken so far.

    That finds every smallest repair: while a part of one has been made, something is still broken, and one of the
    changes that are left must touch it.
    """

    def __init__(self, space: OptionSpace, chosen: int, sold: int, keep: int) -> None:
        self.space = space
        self.chosen = chosen
        self.sold = sold
        self.keep = keep
        self.present = sum(1 << index for index, rule in enumerate(space.rules) if rule.broken_by(chosen))
        self.rule = -1
        self.unsold = 0

    def aim(self, explanation: Explanation) -> None:
        """Choose what is to be repaired."""
        codes = [rule.code for rule in self.space.model.rules]
        if explanation.rule in codes:
            self.rule = codes.index(explanation.rule)
        elif explanation.rule in (MARKET, WITHDRAWN) and explanation.options:
            self.unsold = _mask(self.space, explanation.options[0]) & ~self.sold

    def repairs(self) -> Iterator[tuple[int, State]]:
        """Yield each repair with its number of changes, fewest first: of all, or of the first `STATES_MAX` sets."""
        found: list[State] = []
        left = STATES_MAX
        frontier = [State(self.chosen, self.present)]
        if self._aim(frontier[0]) is None:
            return
        seen: set[int] = set()
        for count in range(1, CHANGES_MAX + 1):
            if len(found) >= SUGGESTIONS_MAX or (found and count > ENOUGH_CHANGES):
                return
            repaired: list[State] = []
            further: list[State] = []
            for state in islice((after for before in frontier for after in self._changed(before)), left):
                left -= 1
                if state.made in seen or any(part.made & ~state.made == 0 for part in found):
                    continue
                seen.add(state.made)
                (repaired if self._aim(state) is None else further).append(state)
            found += repaired
            frontier = further
            yield from ((count, state) for state in repaired)

    def _aim(self, state: State) -> tuple[int, int] | None:
        """Find something to mend: options of which one must go, and options of which one may come instead."""
        chosen = state.chosen
        if chosen & self.unsold:
            return self.unsold, 0
        broken = state.broken & (~self.present | (1 << self.rule if self.rule >= 0 else 0))
        if broken:
            rule = self.space.rules[(broken & -broken).bit_length() - 1]
            return (rule.when | rule.then, 0) if rule.forbids else (rule.when, rule.then)
        for group, mask in zip(self.space.model.option_groups, self.space.groups, strict=True):
            if group.required and mask & self.chosen and not mask & chosen:
                return 0, mask
        return None

    def _changed(self, state: State) -> Iterator[State]:
        aim = self._aim(state)
        assert aim is not None, "a repair is not carried further"
        free = ~state.settled
        for place in places_of(aim[0] & state.chosen & free & ~self.keep):
            for taken, added in self._ways_out(place, state):
                yield self._after(state, place, taken, added)
        for place in places_of(aim[1] & ~state.chosen & free & self.sold):
            group = self.space.group_of[place]
            many = self.space.model.option_groups[group].many
            taken = 0 if many else state.chosen & self.space.groups[group]
            if not taken & self.keep:
                yield self._after(state, place, taken, 1 << place)

    def _ways_out(self, place: int, state: State) -> Iterator[Move]:
        """Take an option away, or put another one in its place."""
        index = self.space.group_of[place]
        group, mask = self.space.model.option_groups[index], self.space.groups[index]
        if group.many or not group.required:
            yield 1 << place, 0
        if not group.many:
            for other in places_of(mask & self.sold & ~state.chosen):
                yield mask & state.chosen, 1 << other

    def _after(self, state: State, place: int, taken: int, added: int) -> State:
        index = self.space.group_of[place]
        many = self.space.model.option_groups[index].many
        chosen = state.chosen & ~taken | added
        made = state.made | taken | added
        if not many and not added:
            made |= 1 << len(self.space.names) + index
        settled = state.settled | (taken | added if many else self.space.groups[index])
        broken = state.broken
        for changed in places_of(taken | added):
            for rule in self.space.touching[changed]:
                bit = 1 << rule
                broken = broken | bit if self.space.rules[rule].broken_by(chosen) else broken & ~bit
        return State(chosen, broken, made, settled)
