"""The judge of slow readers is judged: whatever is changed in a sound history must be caught."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from experiments.live_checker import Seen, What
from experiments.stall_checker import GROWTH_KIB_MAX, RATIO_MAX, Phase, check_stall, p99s, ratio
from tests.experiments.judged import SEEDS
from tests.rows import rows

SLOW = {"slow 0", "slow 1"}
OTHERS = ("other 0", "other 1", "other 2")
PHASES, SECONDS, PACE = 8, 10.0, 0.25
USUAL_SECONDS = 0.02


@dataclass
class Records:
    """What clients saw, and when the slow ones read."""

    history: list[Seen]
    phases: list[Phase]

    def violations(self) -> list[str]:
        return list(check_stall(self.history, self.phases, SLOW))

    def stalled(self, choice: random.Random) -> int:
        return choice.choice([n for n, phase in enumerate(self.phases) if phase.stalled])


def sound(seed: int) -> Records:
    """Make up a run in which all went well: calm and stalled phases in turns, ended by the server or not."""
    choice = random.Random(seed)
    phases = [
        Phase(n % 2 == 1, n * SECONDS, (n + 1) * SECONDS - 1, 100_000 + choice.randint(0, 999)) for n in range(PHASES)
    ]
    history: list[Seen] = []
    for n in range(1, int(PHASES * SECONDS / PACE)):
        at, event = n * PACE, f"event {n}"
        history.append(Seen("machine", What.SENT, "a", 0, at, event=event))
        history.append(Seen("machine", What.ACKNOWLEDGED, "a", n, at + 0.01, f"a {n}", event))
        for client in (*OTHERS, *SLOW):
            phase = next((one for one in phases if one.stalled and one.began <= at < one.ended), None)
            heard_at = at + USUAL_SECONDS * choice.uniform(0.9, 1.1)
            if client in SLOW and phase is not None:
                heard_at = phase.ended + 0.5 + n / 1000
            history.append(Seen(client, What.STEP, "a", n, heard_at, f"a {n}"))
    for number, phase in enumerate(phases):
        if number % 4 == 3:
            history += [Seen(client, What.CLOSED, "a", 1006, phase.ended + 0.1) for client in sorted(SLOW)]
    history.sort(key=lambda seen: seen.at)
    return Records(history, phases)


def delay_others(records: Records, choice: random.Random) -> None:
    """The others wait longer in all phases in which some do not read."""
    stalled = [phase for phase in records.phases if phase.stalled]
    longer = USUAL_SECONDS * (1.25 * RATIO_MAX - 1)
    records.history = [
        replace(seen, at=seen.at + longer)
        if (seen.client in OTHERS and seen.what == What.STEP and any(p.began <= seen.at < p.ended for p in stalled))
        else seen
        for seen in records.history
    ]


def say_nothing(records: Records, choice: random.Random) -> None:
    """Nothing is reported in a phase."""
    phase = choice.choice(records.phases)
    gone = {s.event for s in records.history if s.what == What.SENT and phase.began <= s.at < phase.ended}
    records.history = [seen for seen in records.history if seen.event not in gone]


def grow(records: Records, choice: random.Random) -> None:
    place = choice.randrange(1, PHASES)
    grown = records.phases[0].memory_kib + GROWTH_KIB_MAX + 1
    records.phases[place] = replace(records.phases[place], memory_kib=grown)


def read_on(records: Records, choice: random.Random) -> None:
    """A slow reader reads in the middle of a phase."""
    phase = records.phases[records.stalled(choice)]
    at = choice.uniform(phase.began + 1, phase.ended)
    sequence = int(at / PACE)
    records.history.append(Seen(choice.choice(sorted(SLOW)), What.STEP, "a", sequence, at, f"a {sequence}"))


def come_too_few(records: Records, choice: random.Random) -> None:
    """So little was reported in a phase that nobody was behind."""
    phase = records.phases[records.stalled(choice)]
    records.history = [
        seen
        for seen in records.history
        if seen.what != What.ACKNOWLEDGED or not phase.began + 0.3 < seen.at < phase.ended
    ]


def end_nobody(records: Records, choice: random.Random) -> None:
    records.history = [seen for seen in records.history if seen.what != What.CLOSED]


def end_all(records: Records, choice: random.Random) -> None:
    records.history += [
        Seen(client, What.CLOSED, "a", 1006, phase.ended + 0.1)
        for phase in records.phases
        if phase.stalled
        for client in sorted(SLOW)
    ]


def end_another(records: Records, choice: random.Random) -> None:
    at = choice.uniform(0, records.phases[-1].ended)
    records.history.append(Seen(choice.choice(OTHERS), What.CLOSED, "a", 1006, at))


def be_calm_only(records: Records, choice: random.Random) -> None:
    records.phases = [phase for phase in records.phases if not phase.stalled]


def be_stalled_only(records: Records, choice: random.Random) -> None:
    records.phases = [phase for phase in records.phases if phase.stalled]


MUTATIONS: tuple[Callable[[Records, random.Random], None], ...] = (
    delay_others,
    say_nothing,
    grow,
    read_on,
    come_too_few,
    end_nobody,
    end_all,
    end_another,
    be_calm_only,
    be_stalled_only,
)


@rows("seed", SEEDS)
def test_a_sound_run_is_passed(seed: int) -> None:
    records = sound(seed)
    assert records.violations() == []
    compared = ratio(p99s(records.history, records.phases, SLOW), records.phases)
    assert compared is not None
    assert 0.8 < compared < 1.2


@rows("mutation", MUTATIONS)
def test_a_mutated_run_is_caught(mutation: Callable[[Records, random.Random], None]) -> None:
    for seed in SEEDS:
        records = sound(seed)
        mutation(records, random.Random(seed))
        assert records.violations(), f"seed {seed} of {mutation.__name__} was not caught"
