"""P12 judged: who may no longer watch hears nothing soon after, and is closed 4403; until then all is heard."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from experiments.live_checker import Acknowledged, Seen, What

FORBIDDEN = 4403
ON_ITS_WAY_SECONDS = 3.0
"""A step acknowledged so shortly before the end need not have come: so long a lost bell may cost (P4)."""


class Cause(StrEnum):
    """Why a socket must fall silent."""

    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


SECONDS_MAX: Mapping[Cause, float] = {Cause.EXPIRED: 1.0, Cause.REVOKED: 2.0}


@dataclass(frozen=True)
class Trial:
    """One socket. It may be closed from `since` on (expiry; asked to revoke), and counts from `at` (revoked)."""

    client: str
    code: str
    cause: Cause
    since: float
    at: float

    @property
    def silent_at(self) -> float:
        return self.at + SECONDS_MAX[self.cause]


def check_silence(history: Sequence[Seen], trials: Sequence[Trial], controls: Set[str]) -> Sequence[str]:
    """Return what contradicts the promise. `controls` may watch all the time."""
    seen_by: dict[str, list[Seen]] = defaultdict(list)
    heard_last: dict[str, float] = defaultdict(float)
    for seen in history:
        if seen.what in (What.SUBSCRIBED, What.STEP, What.CLOSED):
            seen_by[seen.client].append(seen)
        if seen.what == What.STEP and seen.client in controls:
            heard_last[seen.code] = max(heard_last[seen.code], seen.at)
    known = Acknowledged(history)
    found = [
        f"{trial.client} ({trial.cause}): {problem}"
        for trial in trials
        for problem in (
            *_of_trial(trial, seen_by[trial.client], known),
            *_of_control(trial, heard_last[trial.code]),
        )
    ]
    found += [f"there was no trial of {cause}" for cause in Cause if not any(trial.cause == cause for trial in trials)]
    return [*found, *(f"{name}, who may watch: was closed" for name in sorted(controls) if _closing(seen_by[name]))]


def _of_trial(trial: Trial, seen: Sequence[Seen], known: Acknowledged) -> Iterator[str]:
    steps = [one for one in seen if one.what == What.STEP]
    late = [one.at for one in steps if one.at > trial.silent_at]
    if late:
        yield f"heard {len(late)} steps too late, the last {late[-1] - trial.at:.2f} s after the end"
    closing = _closing(seen)
    if closing is None:
        yield "was never closed"
    elif closing.sequence != FORBIDDEN:
        yield f"was closed with {closing.sequence}"
    elif closing.at > trial.silent_at:
        yield f"was closed {closing.at - trial.at:.2f} s after the end"
    elif closing.at < trial.since:
        yield f"was closed {trial.since - closing.at:.2f} s before the end"
    head = known.head(trial.code, trial.since - ON_ITS_WAY_SECONDS)
    if not steps:
        yield "never heard anything, so that its silence shows nothing"
    elif steps[-1].sequence < head:
        yield f"heard {steps[-1].sequence} as the last, of {head} while it might"


def _of_control(trial: Trial, heard_last: float) -> Iterator[str]:
    if heard_last <= trial.silent_at:
        yield "nobody else heard anything later, so that its silence shows nothing"


def _closing(seen: Sequence[Seen]) -> Seen | None:
    return next((one for one in seen if one.what == What.CLOSED), None)
