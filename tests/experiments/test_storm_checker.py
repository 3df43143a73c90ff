"""The judge of reconnect storms is judged: whatever is changed in a sound history must be caught."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from experiments.live_checker import Seen, What
from experiments.reads import Purpose, Read, read_of, reads_by_unit
from experiments.storm_checker import LIVE_SECONDS_MAX, READS_MAX, Storm, check_storms, returns
from tests.experiments.judged import SEEDS
from tests.rows import rows

CODES = ("a", "b", "c")
CUT_AT, HEALED_AT, ENDED_AT = 10.0, 12.0, 40.0


@dataclass
class Records:
    """What clients saw, and the storms."""

    history: list[Seen]
    storms: list[Storm]

    def violations(self) -> list[str]:
        return list(check_storms(self.history, self.storms))

    def of(self, client: str, what: What, since: float = HEALED_AT) -> list[Seen]:
        return [seen for seen in self.history if (seen.client, seen.what) == (client, what) and seen.at > since]


def sound(seed: int) -> Records:
    """Make up a storm in which all went well."""
    choice = random.Random(seed)
    records = Records([], [Storm(CUT_AT, HEALED_AT, ENDED_AT, dict.fromkeys(CODES, READS_MAX))])
    for code in CODES:
        missed = choice.randint(1, 5)
        for n in range(1, missed + 4):
            at = n if n <= 3 else 10.1 + 0.1 * n
            records.history.append(Seen("machine", What.ACKNOWLEDGED, code, n, at, f"{code} {n}", f"event {code} {n}"))
    for number in range(6):
        client, code = f"client {number}", CODES[number % len(CODES)]
        head = max(seen.sequence for seen in records.history if (seen.code, seen.what) == (code, What.ACKNOWLEDGED))
        records.history.append(Seen(client, What.SUBSCRIBED, code, 0, 0.5))
        records.history += [Seen(client, What.STEP, code, n, n + 0.1, f"{code} {n}") for n in (1, 2, 3)]
        records.history.append(Seen(client, What.CLOSED, code, 1006, CUT_AT))
        back = HEALED_AT + choice.uniform(0.1, LIVE_SECONDS_MAX - 1)
        records.history.append(Seen(client, What.SUBSCRIBED, code, 3, back))
        records.history += [
            Seen(client, What.STEP, code, n, back + 0.01 * n, f"{code} {n}") for n in range(4, head + 1)
        ]
    records.history.sort(key=lambda seen: seen.at)
    return records


def somebody(choice: random.Random) -> str:
    return f"client {choice.randrange(6)}"


def come_late(records: Records, choice: random.Random) -> None:
    """A client is live, but later than was promised."""
    client = somebody(choice)
    records.history = [
        replace(seen, at=seen.at + LIVE_SECONDS_MAX) if seen.client == client and seen.at > HEALED_AT else seen
        for seen in records.history
    ]


def stay_away(records: Records, choice: random.Random) -> None:
    client = somebody(choice)
    records.history = [seen for seen in records.history if seen.client != client or seen.at <= CUT_AT]


def hear_nothing(records: Records, choice: random.Random) -> None:
    """A client subscribes again, and no step comes."""
    on_message = records.of(somebody(choice), What.STEP)
    records.history = [seen for seen in records.history if seen not in on_message]


def stay_behind(records: Records, choice: random.Random) -> None:
    """A client gets what it missed but for the last."""
    records.history.remove(records.of(somebody(choice), What.STEP)[-1])


def miss_nothing(records: Records, choice: random.Random) -> None:
    """Nothing was reported while a unit's subscribers were away."""
    code = choice.choice(CODES)
    records.history = [
        seen
        for seen in records.history
        if seen.code != code or seen.what in (What.SUBSCRIBED, What.CLOSED) or seen.sequence <= 3
    ]


def read_again(records: Records, choice: random.Random) -> None:
    storm = records.storms[0]
    records.storms[0] = replace(storm, reads={**storm.reads, choice.choice(CODES): READS_MAX + 1})


def count_nothing(records: Records, choice: random.Random) -> None:
    """The reads of a unit were not counted."""
    storm, lost = records.storms[0], choice.choice(CODES)
    records.storms[0] = replace(storm, reads={code: n for code, n in storm.reads.items() if code != lost})


def have_nobody(records: Records, choice: random.Random) -> None:
    """All came after the cut only."""
    records.history = [seen for seen in records.history if seen.what == What.ACKNOWLEDGED or seen.at > CUT_AT]


def have_no_storm(records: Records, choice: random.Random) -> None:
    records.storms.clear()


MUTATIONS: tuple[Callable[[Records, random.Random], None], ...] = (
    come_late,
    stay_away,
    hear_nothing,
    stay_behind,
    miss_nothing,
    read_again,
    count_nothing,
    have_nobody,
    have_no_storm,
)


@rows("seed", SEEDS)
def test_a_sound_storm_is_passed(seed: int) -> None:
    records = sound(seed)
    assert records.violations() == []
    found = returns(records.history, records.storms[0])
    assert len(found) == 6
    assert all(one.seconds is not None and one.caught_up > 0 for one in found)


@rows("mutation", MUTATIONS)
def test_a_mutated_storm_is_caught(mutation: Callable[[Records, random.Random], None]) -> None:
    for seed in SEEDS:
        records = sound(seed)
        mutation(records, random.Random(seed))
        assert records.violations(), f"seed {seed} of {mutation.__name__} was not caught"


def test_each_query_on_steps_is_told_apart_and_counted_for_the_units_that_it_names() -> None:
    commands: list[dict[str, Any]] = [
        {"find": "steps", "filter": {"product": "a", "sequence": {"$gt": 3, "$lte": 9}}, "sort": {"sequence": 1}},
        {"find": "steps", "filter": {"product": "a", "sequence": {"$gt": 3}}, "sort": {"sequence": 1}},
        {"aggregate": "steps", "pipeline": [{"$match": {"product": {"$in": ["a", "b"]}}}, {"$sort": {}}]},
        {"find": "steps", "filter": {"product": "a"}, "sort": {"sequence": -1}, "limit": 1},
        {"find": "steps", "filter": {"$or": [{"product": code, "sequence": {"$gt": 3, "$lte": 9}} for code in "bc"]}},
        {"find": "steps", "filter": {"_id": {"$gte": 1}}},
        {"aggregate": "steps", "pipeline": [{"$match": {"kind": "SHIPPED"}}]},
    ]
    reads = [read_of(command) for command in commands]
    assert reads == [
        Read(Purpose.PAGE, ("a",)),
        Read(Purpose.GAP, ("a",)),
        Read(Purpose.HEADS, ("a", "b")),
        Read(Purpose.LAST, ("a",)),
        Read(Purpose.PAGE, ("b", "c")),
        Read(Purpose.OTHER, ()),
        Read(Purpose.OTHER, ()),
    ]
    assert reads_by_unit(reads) == {"a": 2, "b": 2, "c": 1}
