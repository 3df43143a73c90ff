"""The judge of live delivery is judged: whatever is changed in a sound history must be caught."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from experiments.live_checker import Seen, StoredStep, What, check_live
from tests.experiments.judged import SEEDS
from tests.rows import rows

CODES = ("a", "b", "c")


@dataclass
class Records:
    """What clients saw, what the database holds, and how far everybody had to come."""

    history: list[Seen]
    stored: list[StoredStep]
    heads: dict[str, int]

    def violations(self) -> list[str]:
        return list(check_live(self.history, self.stored, self.heads))

    def places(self, what: What) -> list[int]:
        return [place for place, seen in enumerate(self.history) if seen.what == what]


def sound(seed: int) -> Records:
    """Make up a run in which all went well: clients that are cut, and come back with what they have, or with less."""
    choice = random.Random(seed)
    records = Records([], [], {code: choice.randint(8, 20) for code in CODES})
    for code, head in records.heads.items():
        records.stored += [
            StoredStep(code, n, f"{code} {n}", f"event {n}" if n > 2 else "") for n in range(1, head + 1)
        ]
    records.history += [
        Seen("writer", What.ACKNOWLEDGED, step.code, step.sequence, 0.0, step.content, step.event)
        for step in records.stored
        if step.event
    ]
    for number in range(9):
        code = CODES[number % len(CODES)]
        records.history += _watched(f"client {number}", code, records.heads[code], choice)
    return records


def _watched(client: str, code: str, head: int, choice: random.Random) -> list[Seen]:
    after = cursor = choice.randint(0, 3)
    seen = [Seen(client, What.SUBSCRIBED, code, cursor, 0.0)]
    while cursor < head:
        if choice.random() < 0.2:
            cursor = choice.choice((cursor, after))
            seen.append(Seen(client, What.SUBSCRIBED, code, cursor, 0.0))
        cursor += 1
        seen.append(Seen(client, What.STEP, code, cursor, 0.0, f"{code} {cursor}"))
    return seen


def once(records: Records) -> list[int]:
    """Return where a client saw a step that it saw no other time."""
    times = Counter(records.history)
    return [place for place in records.places(What.STEP) if times[records.history[place]] == 1]


def drop(records: Records, choice: random.Random) -> None:
    del records.history[choice.choice(once(records))]


def double(records: Records, choice: random.Random) -> None:
    place = choice.choice(records.places(What.STEP))
    records.history.insert(place, records.history[place])


def swap(records: Records, choice: random.Random) -> None:
    """Two steps of one client change places."""
    history = records.history
    place = choice.choice(
        [
            n
            for n in records.places(What.STEP)[:-1]
            if (history[n + 1].client, history[n + 1].what) == (history[n].client, What.STEP)
        ]
    )
    history[place], history[place + 1] = history[place + 1], history[place]


def repeat_later(records: Records, choice: random.Random) -> None:
    """A step comes again at the end."""
    place = choice.choice(records.places(What.STEP))
    client = records.history[place].client
    last = max(n for n, seen in enumerate(records.history) if seen.client == client)
    records.history.insert(last + 1, records.history[place])


def alter(records: Records, choice: random.Random) -> None:
    place = choice.choice(records.places(What.STEP))
    records.history[place] = replace(records.history[place], content="something else")


def exchange(records: Records, choice: random.Random) -> None:
    """A client is shown the step of another unit."""
    place = choice.choice(records.places(What.STEP))
    seen = records.history[place]
    records.history[place] = replace(seen, content=seen.content.replace(seen.code, "another"))


def end_early(records: Records, choice: random.Random) -> None:
    """A client's last step never came."""
    client = records.history[choice.choice(records.places(What.STEP))].client
    del records.history[max(n for n, seen in enumerate(records.history) if seen.client == client)]


def renumber(records: Records, choice: random.Random) -> None:
    place = choice.choice(records.places(What.STEP))
    seen = records.history[place]
    records.history[place] = replace(seen, sequence=seen.sequence + choice.choice((-1, 1)))


def invent(records: Records, choice: random.Random) -> None:
    """A step that was never stored is delivered behind the last."""
    place = choice.choice(records.places(What.STEP))
    seen = records.history[place]
    head = records.heads[seen.code]
    last = max(n for n, other in enumerate(records.history) if other.client == seen.client)
    records.history.insert(last + 1, replace(seen, sequence=head + 1, content=f"{seen.code} {head + 1}"))


def lose(records: Records, choice: random.Random) -> None:
    """An acknowledged step at the end of a journal is gone, and so it is for all who watched."""
    code = choice.choice(CODES)
    head = records.heads[code]
    records.heads[code] -= 1
    records.stored = [step for step in records.stored if (step.code, step.sequence) != (code, head)]
    records.history = [
        seen
        for seen in records.history
        if (seen.what, seen.code, seen.sequence) != (What.STEP, code, head) or seen.what == What.ACKNOWLEDGED
    ]


def lose_inside(records: Records, choice: random.Random) -> None:
    del records.stored[choice.randrange(len(records.stored))]


def alter_stored(records: Records, choice: random.Random) -> None:
    """What was acknowledged says something else now."""
    place = choice.choice([n for n, step in enumerate(records.stored) if step.event])
    records.stored[place] = replace(records.stored[place], content="something else")


def move_acknowledgement(records: Records, choice: random.Random) -> None:
    place = choice.choice(records.places(What.ACKNOWLEDGED))
    records.history[place] = replace(records.history[place], sequence=records.history[place].sequence + 1)


def store_twice(records: Records, choice: random.Random) -> None:
    """A report that was sent twice stands twice in the journal."""
    step = choice.choice([step for step in records.stored if step.event])
    head = records.heads[step.code] = records.heads[step.code] + 1
    again = replace(step, sequence=head)
    place = max(n for n, other in enumerate(records.stored) if other.code == step.code)
    records.stored.insert(place + 1, again)
    for client in {seen.client for seen in records.history if seen.what == What.STEP and seen.code == step.code}:
        records.history.append(Seen(client, What.STEP, step.code, head, 0.0, again.content))


def skip_by_cursor(records: Records, choice: random.Random) -> None:
    """A client comes back behind a step that it never saw."""
    place = choice.choice(once(records))
    records.history[place] = replace(records.history[place], what=What.SUBSCRIBED, content="")


MUTATIONS: tuple[Callable[[Records, random.Random], None], ...] = (
    drop,
    double,
    swap,
    repeat_later,
    alter,
    exchange,
    end_early,
    renumber,
    invent,
    lose,
    lose_inside,
    alter_stored,
    move_acknowledgement,
    store_twice,
    skip_by_cursor,
)


@rows("seed", SEEDS)
def test_a_sound_history_is_passed(seed: int) -> None:
    assert sound(seed).violations() == []


@rows("mutation", MUTATIONS)
def test_a_mutated_history_is_caught(mutation: Callable[[Records, random.Random], None]) -> None:
    for seed in SEEDS:
        records = sound(seed)
        mutation(records, random.Random(seed))
        assert records.violations(), f"seed {seed} of {mutation.__name__} was not caught"
