"""The judge of silence is judged: whatever is changed in a sound history must be caught."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from experiments.live_checker import Seen, What
from experiments.silence_checker import FORBIDDEN, SECONDS_MAX, Cause, Trial, check_silence
from tests.experiments.judged import SEEDS
from tests.rows import rows

CODES = ("a", "b")
STEPS, PACE = 60, 0.5


@dataclass
class Records:
    """What clients saw, and when each had to fall silent."""

    history: list[Seen]
    trials: list[Trial]
    controls: set[str]

    def violations(self) -> list[str]:
        return list(check_silence(self.history, self.trials, self.controls))

    def places(self, client: str, what: What) -> list[int]:
        return [n for n, seen in enumerate(self.history) if (seen.client, seen.what) == (client, what)]


def step(client: str, code: str, n: int) -> Seen:
    return Seen(client, What.STEP, code, n, n * PACE + 0.01, f"{code} {n}")


def sound(seed: int) -> Records:
    """Make up trials in which all went well: a step of each unit every half second, for half a minute."""
    choice = random.Random(seed)
    records = Records([], [], set())
    for code in CODES:
        records.controls.add(f"control {code}")
        for n in range(1, STEPS + 1):
            acknowledged = Seen("machine", What.ACKNOWLEDGED, code, n, n * PACE, f"{code} {n}", f"event {n}")
            records.history += [acknowledged, step(f"control {code}", code, n)]
    for number in range(8):
        client, code, cause = f"client {number}", choice.choice(CODES), list(Cause)[number % 2]
        first, since = choice.randint(0, 20), choice.uniform(14, 20)
        at = since if cause == Cause.EXPIRED else since + 0.1
        closed_at = since + choice.uniform(0.05, SECONDS_MAX[cause])
        records.trials.append(Trial(client, code, cause, since, at))
        records.history.append(Seen(client, What.SUBSCRIBED, code, first, first * PACE + 0.1))
        on_message = [step(client, code, n) for n in range(first + 1, STEPS + 1)]
        records.history += [one for one in on_message if one.at < closed_at]
        records.history.append(Seen(client, What.CLOSED, code, FORBIDDEN, closed_at))
    records.history.sort(key=lambda seen: seen.at)
    return records


def hear_on(records: Records, choice: random.Random) -> None:
    """One more step comes, a little too late."""
    trial = choice.choice(records.trials)
    records.history.append(Seen(trial.client, What.STEP, trial.code, STEPS, trial.silent_at + 0.01))


def stay_open(records: Records, choice: random.Random) -> None:
    del records.history[records.places(choice.choice(records.trials).client, What.CLOSED)[0]]


def close_late(records: Records, choice: random.Random) -> None:
    trial = choice.choice(records.trials)
    place = records.places(trial.client, What.CLOSED)[0]
    records.history[place] = replace(records.history[place], at=trial.silent_at + 0.01)


def close_early(records: Records, choice: random.Random) -> None:
    trial = choice.choice(records.trials)
    place = records.places(trial.client, What.CLOSED)[0]
    records.history[place] = replace(records.history[place], at=trial.since - 0.01)


def close_otherwise(records: Records, choice: random.Random) -> None:
    place = records.places(choice.choice(records.trials).client, What.CLOSED)[0]
    records.history[place] = replace(records.history[place], sequence=choice.choice((1000, 1006, 1011, 4400)))


def hear_nothing(records: Records, choice: random.Random) -> None:
    client = choice.choice(records.trials).client
    records.history = [s for s in records.history if (s.client, s.what) != (client, What.STEP)]


def fall_silent_early(records: Records, choice: random.Random) -> None:
    """A client hears nothing any more five seconds before it had to."""
    trial = choice.choice(records.trials)
    records.history = [
        s for s in records.history if (s.client, s.what) != (trial.client, What.STEP) or s.at < trial.since - 5
    ]


def report_nothing(records: Records, choice: random.Random) -> None:
    """Nothing was reported of a unit any more, or its control heard of nothing."""
    trial = choice.choice(records.trials)
    records.history = [
        s
        for s in records.history
        if (s.client, s.what) != (f"control {trial.code}", What.STEP) or s.at < trial.silent_at
    ]


def close_control(records: Records, choice: random.Random) -> None:
    code = choice.choice(CODES)
    records.history.append(Seen(f"control {code}", What.CLOSED, code, FORBIDDEN, 18.0))


def try_one_cause(records: Records, choice: random.Random) -> None:
    cause = choice.choice(list(Cause))
    records.trials = [trial for trial in records.trials if trial.cause == cause]


MUTATIONS: tuple[Callable[[Records, random.Random], None], ...] = (
    hear_on,
    stay_open,
    close_late,
    close_early,
    close_otherwise,
    hear_nothing,
    fall_silent_early,
    report_nothing,
    close_control,
    try_one_cause,
)


@rows("seed", SEEDS)
def test_sound_trials_are_passed(seed: int) -> None:
    assert sound(seed).violations() == []


@rows("mutation", MUTATIONS)
def test_a_mutated_trial_is_caught(mutation: Callable[[Records, random.Random], None]) -> None:
    for seed in SEEDS:
        records = sound(seed)
        mutation(records, random.Random(seed))
        assert records.violations(), f"seed {seed} of {mutation.__name__} was not caught"
