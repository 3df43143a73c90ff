"""P5 and P19 judged: a key makes one order at most, answered always alike, and no order is ever half there."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

KEY_REUSED = "KEY_REUSED"
ONCE = ("ORDER_PLACED", "SCHEDULED")
"""Steps that every unit has once; the first of them is its first."""


class Ending(StrEnum):
    """How a submit ended, as its client knows."""

    ORDER = "ORDER"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Submit:
    """One placeOrder of one client. `input` names what was sent with the key; `process` who was asked.

    Of an order: `order` its number, its units' codes, and `said`, all else that it is: total, address, designs. Of a
    refusal: `error`. Unknown: `error` says what was seen.
    """

    key: str
    input: str
    quantity: int
    process: str
    invoked_at: float
    ended_at: float
    ending: Ending
    order: str | None = None
    codes: tuple[str, ...] = ()
    error: str | None = None
    said: str | None = None


@dataclass(frozen=True)
class StoredOrder:
    """An order as the database holds it in the end."""

    key: str
    input: str
    order: str
    codes: tuple[str, ...]
    said: str | None = None


@dataclass(frozen=True)
class StoredUnit:
    """A unit as the database holds it: the order that it names, and the kinds of its steps."""

    code: str
    order: str
    steps: tuple[str, ...]


def saying(total: str, address: Mapping[str, object], designs: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Write what an order is, besides its number and codes, in one form that can be compared."""
    said = {"total": total, "address": address, "designs": designs}
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def check_orders(
    history: Sequence[Submit], orders: Sequence[StoredOrder], units: Sequence[StoredUnit]
) -> Sequence[str]:
    """Return what contradicts the promises, nothing where all was well."""
    submits: dict[str, list[Submit]] = defaultdict(list)
    stored: dict[str, list[StoredOrder]] = defaultdict(list)
    for submit in history:
        submits[submit.key].append(submit)
    for order in orders:
        stored[order.key].append(order)
    found = [
        f"key {key}: {problem}"
        for key in submits.keys() | stored.keys()
        for problem in _of_key(submits.get(key, []), stored.get(key, []))
    ]
    return [*found, *_of_units(orders, units)]


def _of_key(submits: Sequence[Submit], stored: Sequence[StoredOrder]) -> Iterator[str]:
    if not submits:
        yield "an order that nobody asked for"
        return
    if len(stored) > 1:
        yield f"{len(stored)} orders"
        return
    order = stored[0] if stored else None
    for submit in submits:
        match submit.ending:
            case Ending.ORDER:
                yield from _of_answer(submit, order)
            case Ending.REFUSED:
                yield from _of_refusal(submit, order, submits)
    if order is not None:
        asked = {submit.quantity for submit in submits if submit.input == order.input}
        if not asked:
            yield "an order with an input that nobody sent"
        elif asked != {len(order.codes)}:
            yield f"{len(order.codes)} units where {asked} were asked for"


def _of_answer(submit: Submit, order: StoredOrder | None) -> Iterator[str]:
    if order is None:
        yield f"acknowledged as {submit.order}, and no order"
    elif (submit.order, submit.codes) != (order.order, order.codes):
        yield f"answered {submit.order} {submit.codes}, stored {order.order} {order.codes}"
    elif submit.input != order.input:
        yield f"answered an order to input {submit.input}, which was made for {order.input}"
    elif submit.said != order.said:
        yield f"answered {submit.said}, stored {order.said}"


def _of_refusal(submit: Submit, order: StoredOrder | None, submits: Sequence[Submit]) -> Iterator[str]:
    if submit.error != KEY_REUSED:
        yield f"refused with {submit.error}"
    elif order is None:
        yield "refused as used, and no order"
    elif submit.input == order.input:
        yield "refused as used with the very input that was first"
    elif submit.ended_at < min((s.invoked_at for s in submits if s.input == order.input), default=submit.ended_at):
        yield "refused as used before the other input was ever sent"


def _of_units(orders: Sequence[StoredOrder], units: Sequence[StoredUnit]) -> Iterator[str]:
    unit_of = {unit.code: unit for unit in units}
    named = Counter(code for order in orders for code in order.codes)
    numbers = Counter(order.order for order in orders)
    for name, times in (named + numbers).items():
        if times > 1:
            yield f"{name} is there {times} times"
    for order in orders:
        for code in order.codes:
            if code not in unit_of:
                yield f"order {order.order} without its unit {code}"
            elif unit_of[code].order != order.order:
                yield f"unit {code} of {order.order} names {unit_of[code].order}"
    for unit in units:
        if unit.code not in named:
            yield f"unit {unit.code} without an order"
        if unit.steps[:1] != ONCE[:1] or any(unit.steps.count(kind) != 1 for kind in ONCE):
            yield f"unit {unit.code} has the steps {unit.steps}"
