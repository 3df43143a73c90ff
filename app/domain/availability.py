"""What can still be chosen, at which price and delay, and if not, why.

An option **can still be chosen** when some configuration is complete, obeys every rule, is sold in the market, and has
this option and every present choice of the other groups (in a group of many, also its own group's); other options may
be added, none is taken away. The option takes the place of the present choice of its single-choice group. The answer is
exact, and what is already wrong does not make everything else look impossible:

- what the present choices break among themselves is left aside: contradictions between two of them, and needs (a
  requirement, a required group) of theirs that no option meets which they and the market still allow;
- where even so the others can no longer be finished, whatever is chosen here, one of them has to change first; then an
  option counts as available that is sold and that none of them excludes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from app.domain.catalogue import Model, Rule
from app.domain.completion import Start, finished, start
from app.domain.configuration import Explanation, Selections, explain, not_sold
from app.domain.money import rounded
from app.domain.option_space import OptionSpace, RuleBits, compiled, option_space, places_of


@dataclass(frozen=True)
class AvailableOption:
    """Whether an option can still be chosen; what choosing it adds to the present price and days, or takes off.

    `reasons`, where it cannot: the rules (or the market) that it breaks with the other choices. Where it breaks none of
    them at once, a smallest set of rules (none can be left out) that no way of going on obeys together.
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
    model: Model, selections: Selections, country: str | None = None, currency: str = "CNY"
) -> tuple[AvailableOption, ...]:
    """Judge every option of a model, in its order, beside a configuration, complete or not."""
    space = option_space(model)
    chosen, sold = space.mask(selections), sold_mask(space, country)
    available: dict[int, int] = {}
    found = []
    for place, option in enumerate(space.options):
        bit, others = 1 << place, beside(space, chosen, place)
        if others not in available:
            available[others] = _available(space, others, sold)
        allowed = bool(available[others] & bit)
        reasons = () if allowed else tuple(_reasons(space, others, place, sold, country))
        price, days = difference(space, chosen, others | bit, currency)
        group = model.option_groups[space.group_of[place]].code
        found.append(AvailableOption(group, option.code, allowed, bool(chosen & bit), reasons, price, days))
    return tuple(found)


@lru_cache(maxsize=4096)
def sold_mask(space: OptionSpace, country: str | None) -> int:
    """Mark the options that are sold in a country; without one, all."""
    mask = 0
    for place, option in enumerate(space.options):
        if country is None or option.markets is None or country in option.markets:
            mask |= 1 << place
    return mask


def beside(space: OptionSpace, chosen: int, place: int) -> int:
    """Leave the choices that stay when this option is chosen: of its own group, only if it allows many."""
    group = space.group_of[place]
    return chosen & ~(1 << place if space.model.option_groups[group].many else space.groups[group])


def difference(space: OptionSpace, before: int, after: int, currency: str) -> tuple[Decimal | None, int]:
    """Return what the price and the delivery days of one unit change by; the price None without a price list."""
    prices, days = _costs(space, currency)
    price, delay = Decimal("0.00"), 0
    for place in places_of(after & ~before):
        price += prices[place]
        delay += days[place]
    for place in places_of(before & ~after):
        price -= prices[place]
        delay -= days[place]
    return (price if currency in space.model.base_price else None), delay


@lru_cache(maxsize=4096)
def _costs(space: OptionSpace, currency: str) -> tuple[tuple[Decimal, ...], tuple[int, ...]]:
    prices = tuple(rounded(option.surcharge.get(currency, Decimal(0))) for option in space.options)
    return prices, tuple(option.added_days for option in space.options)


def _available(space: OptionSpace, others: int, sold: int) -> int:
    """Mark what can still be chosen beside the others; one finished configuration speaks for all that it adds."""
    begin = start(space, others, sold)
    available, asked = 0, begin.addable
    while asked:
        lowest = asked & -asked
        found = finished(space, begin, lowest.bit_length() - 1, asked)
        available |= found or 0
        asked &= ~(lowest | (found or 0))
    if not available and finished(space, begin) is None:
        return begin.addable
    return available


def _reasons(space: OptionSpace, others: int, place: int, sold: int, country: str | None) -> Iterator[Explanation]:
    model, bit = space.model, 1 << place
    after = others | bit
    selections = space.selections(after)
    if country is not None and not sold & bit:
        yield not_sold(space.names[place], country)
    direct = [
        rule
        for rule, bits in zip(model.rules, space.rules, strict=True)
        if bits.forbids and _named(bits, bit, after)
    ]
    if not direct and sold & bit:
        direct = _contradiction(space, start(space, others, sold), place, sold)
    for rule in direct:
        yield explain(model, rule, selections)


def _named(rule: RuleBits, bit: int, chosen: int) -> bool:
    """Tell whether a rule forbids this option beside one of these, on either side."""
    return bool((rule.when & bit and rule.then & chosen) or (rule.then & bit and rule.when & chosen))


def _contradiction(space: OptionSpace, begin: Start, place: int, sold: int) -> list[Rule]:
    """Find rules that cannot all be obeyed with this option, none of which can be left out; in the model's order.

    QuickXplain (Junker 2004): halves, instead of one rule after the other.
    """

    def possible(rules: Sequence[Rule]) -> bool:
        part = compiled(space.model, rules)
        again = start(part, begin.chosen, sold)
        needs = tuple(need for need in again.needs if need & begin.addable)
        return finished(part, Start(again.chosen, again.addable, needs), place) is not None

    def explained(kept: Sequence[Rule], grown: bool, rules: Sequence[Rule]) -> list[Rule]:
        if grown and not possible(kept):
            return []
        if len(rules) == 1:
            return list(rules)
        first, second = rules[: len(rules) // 2], rules[len(rules) // 2 :]
        right = explained([*kept, *first], True, second)
        left = explained([*kept, *right], bool(right), first)
        return left + right

    return explained([], False, space.model.rules)
