"""The judge of P5 and P19 is judged: whatever is changed in a sound history must be caught."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from experiments.order_checker import Ending, StoredOrder, StoredUnit, Submit, check_orders
from tests.experiments.judged import SEEDS
from tests.rows import rows

STEPS = ("ORDER_PLACED", "SCHEDULED")
KEYS = 30


@dataclass
class Records:
    """What clients saw and what the database holds."""

    history: list[Submit]
    orders: list[StoredOrder]
    units: list[StoredUnit]

    def violations(self) -> list[str]:
        return list(check_orders(self.history, self.orders, self.units))

    def place_of(self, ending: Ending, choice: random.Random) -> int:
        return choice.choice([place for place, submit in enumerate(self.history) if submit.ending == ending])


def submit(key: str, input: str, quantity: int, ending: Ending, **seen: object) -> Submit:
    return Submit(key, input, quantity, "A", 1.0, 2.0, ending, **seen)  # type: ignore[arg-type]


def sound(seed: int) -> Records:
    """Make up a run in which all went well: repeated, refused and unknown submits, and a key that never arrived."""
    choice = random.Random(seed)
    records = Records([submit("lost", "here", 1, Ending.UNKNOWN, error="ReadError")], [], [])
    for number in range(KEYS):
        key, name = f"key-{number}", f"ZD-{number}"
        codes = tuple(f"{number}-{unit}" for unit in range(choice.choice((1, 3))))
        for _ in range(choice.randint(1, 5)):
            records.history.append(submit(key, "here", len(codes), Ending.ORDER, order=name, codes=codes, said=name))
        records.history.append(submit(key, "here", len(codes), Ending.UNKNOWN, error="ReadTimeout"))
        records.history.append(submit(key, "there", len(codes), Ending.REFUSED, error="KEY_REUSED"))
        records.orders.append(StoredOrder(key, "here", name, codes, name))
        records.units += [StoredUnit(code, name, STEPS) for code in codes]
    return records


def drop_order(records: Records, choice: random.Random) -> None:
    records.orders.pop(choice.randrange(KEYS))


def double_order(records: Records, choice: random.Random) -> None:
    """Two orders of one key, the second with units of its own."""
    order = choice.choice(records.orders)
    second = StoredOrder(order.key, order.input, f"{order.order}-2", tuple(f"{code}-2" for code in order.codes))
    records.orders.append(second)
    records.units += [StoredUnit(code, second.order, STEPS) for code in second.codes]


def repeat_order(records: Records, choice: random.Random) -> None:
    records.orders.append(choice.choice(records.orders))


def swap_orders(records: Records, choice: random.Random) -> None:
    """The orders of two keys change places."""
    a, b = choice.sample(range(KEYS), 2)
    one, other = records.orders[a], records.orders[b]
    records.orders[a], records.orders[b] = replace(other, key=one.key), replace(one, key=other.key)


def alter_input(records: Records, choice: random.Random) -> None:
    place = choice.randrange(KEYS)
    records.orders[place] = replace(records.orders[place], input="there")


def drop_unit(records: Records, choice: random.Random) -> None:
    records.units.pop(choice.randrange(len(records.units)))


def drop_unit_everywhere(records: Records, choice: random.Random) -> None:
    """Half an order that is sound in itself: fewer units than were asked for."""
    place = choice.choice([place for place, order in enumerate(records.orders) if len(order.codes) > 1])
    order = records.orders[place]
    gone = order.codes[-1]
    records.orders[place] = replace(order, codes=order.codes[:-1])
    records.units = [unit for unit in records.units if unit.code != gone]
    records.history = [
        replace(entry, codes=order.codes[:-1]) if entry.order == order.order else entry for entry in records.history
    ]


def orphan_unit(records: Records, choice: random.Random) -> None:
    records.units.append(StoredUnit("orphan", choice.choice(records.orders).order, STEPS))


def share_unit(records: Records, choice: random.Random) -> None:
    a, b = choice.sample(range(KEYS), 2)
    order = records.orders[a]
    records.orders[a] = replace(order, codes=(*order.codes[:-1], records.orders[b].codes[0]))


def move_unit(records: Records, choice: random.Random) -> None:
    place = choice.randrange(len(records.units))
    records.units[place] = replace(records.units[place], order="ZD-another")


def alter_steps(records: Records, choice: random.Random) -> None:
    place = choice.randrange(len(records.units))
    steps = choice.choice([(), STEPS[:1], STEPS[::-1], (*STEPS, "SCHEDULED"), ("ORDER_PLACED", *STEPS)])
    records.units[place] = replace(records.units[place], steps=steps)


def alter_answer(records: Records, choice: random.Random) -> None:
    place = records.place_of(Ending.ORDER, choice)
    changed = choice.choice([{"order": "ZD-another"}, {"codes": ("another",)}, {"input": "there"}, {"said": "cheaper"}])
    records.history[place] = replace(records.history[place], **changed)  # type: ignore[arg-type]


def alter_what_is_stored(records: Records, choice: random.Random) -> None:
    """Another total, address or design than was answered."""
    place = choice.randrange(KEYS)
    records.orders[place] = replace(records.orders[place], said="dearer")


def refuse_too_early(records: Records, choice: random.Random) -> None:
    """A key was used, it was said, before anybody had used it."""
    place = records.place_of(Ending.REFUSED, choice)
    records.history[place] = replace(records.history[place], invoked_at=0.1, ended_at=0.5)


def swap_answers(records: Records, choice: random.Random) -> None:
    a = records.place_of(Ending.ORDER, choice)
    one = records.history[a]
    b = choice.choice([p for p, other in enumerate(records.history) if other.order not in (None, one.order)])
    other = records.history[b]
    records.history[a] = replace(one, order=other.order, codes=other.codes)
    records.history[b] = replace(other, order=one.order, codes=one.codes)


def alter_refusal(records: Records, choice: random.Random) -> None:
    place = records.place_of(Ending.REFUSED, choice)
    changed = choice.choice([{"error": "NOT_FOUND"}, {"input": "here"}])
    records.history[place] = replace(records.history[place], **changed)  # type: ignore[arg-type]


def acknowledge_what_was_lost(records: Records, choice: random.Random) -> None:
    records.history[0] = replace(records.history[0], ending=Ending.ORDER, order="ZD-lost", codes=("lost",))


def refuse_what_was_lost(records: Records, choice: random.Random) -> None:
    records.history[0] = replace(records.history[0], ending=Ending.REFUSED, error="KEY_REUSED")


def forget_a_key(records: Records, choice: random.Random) -> None:
    """An order that no client asked for."""
    key = choice.choice(records.orders).key
    records.history = [entry for entry in records.history if entry.key != key]


def number_twice(records: Records, choice: random.Random) -> None:
    a, b = choice.sample(range(KEYS), 2)
    records.orders[a] = replace(records.orders[a], order=records.orders[b].order)


MUTATIONS: Mapping[str, Callable[[Records, random.Random], None]] = {
    mutation.__name__.replace("_", " "): mutation
    for mutation in (
        drop_order,
        double_order,
        repeat_order,
        swap_orders,
        alter_input,
        drop_unit,
        drop_unit_everywhere,
        orphan_unit,
        share_unit,
        move_unit,
        alter_steps,
        alter_answer,
        swap_answers,
        alter_refusal,
        alter_what_is_stored,
        refuse_too_early,
        acknowledge_what_was_lost,
        refuse_what_was_lost,
        forget_a_key,
        number_twice,
    )
}


@rows("seed", range(20))
def test_a_sound_history_is_not_doubted(seed: int) -> None:
    assert sound(seed).violations() == []


@rows("mutation", MUTATIONS)
def test_a_mutated_history_is_always_caught(mutation: str) -> None:
    for seed in SEEDS:
        records = sound(seed)
        MUTATIONS[mutation](records, random.Random(seed))
        assert records.violations(), f"seed {seed}"
