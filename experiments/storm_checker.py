"""P10 judged: after each cut everybody is live again in time, had something to catch up, and few reads served all."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from experiments.live_checker import Acknowledged, Seen, What

LIVE_SECONDS_MAX = 15.0
READS_MAX = 2
"""Of each unit's journal in one storm."""


@dataclass(frozen=True)
class Storm:
    """From the cut to the next, or the end: when the way back was free, who was there, and what mongod was asked."""

    cut_at: float
    healed_at: float
    ended_at: float
    reads: Mapping[str, int]


@dataclass(frozen=True)
class Return:
    """One subscriber after one cut. `caught_up` counts steps that were acknowledged before it subscribed again.

    It is live at the first step behind which nothing is missing that was acknowledged by then; None: never.
    """

    client: str
    seconds: float | None
    caught_up: int


def returns(history: Sequence[Seen], storm: Storm) -> Sequence[Return]:
    """Say how each subscriber that had been there came back; times are from the moment when the way was free."""
    known = Acknowledged(history)
    before: dict[str, Seen] = {}
    after: dict[str, list[Seen]] = defaultdict(list)
    for seen in history:
        if seen.what in (What.SUBSCRIBED, What.STEP):
            if seen.at < storm.cut_at:
                before[seen.client] = seen
            elif seen.at <= storm.ended_at:
                after[seen.client].append(seen)
    return [_return(client, after[client], known, storm) for client in before]


def _return(client: str, after: Sequence[Seen], known: Acknowledged, storm: Storm) -> Return:
    back = [place for place, seen in enumerate(after) if seen.what == What.SUBSCRIBED]
    if not back:
        return Return(client, None, 0)
    first = after[back[0]]
    caught_up = known.head(first.code, first.at) - first.sequence
    for seen in after[back[0] :]:
        if seen.what == What.STEP and seen.sequence >= known.head(seen.code, seen.at):
            return Return(client, seen.at - storm.healed_at, caught_up)
    return Return(client, None, caught_up)


def check_storms(history: Sequence[Seen], storms: Sequence[Storm]) -> Sequence[str]:
    """Return what contradicts the promise."""
    if not storms:
        return ["there was no storm"]
    return [f"storm {number}: {problem}" for number, storm in enumerate(storms, 1) for problem in _of(history, storm)]


def _of(history: Sequence[Seen], storm: Storm) -> Iterator[str]:
    found = returns(history, storm)
    if not found:
        yield "nobody was there to be cut"
    for one in found:
        if one.seconds is None:
            yield f"{one.client} was never live again"
        elif one.seconds > LIVE_SECONDS_MAX:
            yield f"{one.client} was live after {one.seconds:.1f} s"
        if one.caught_up < 1:
            yield f"{one.client} had nothing to catch up, which shows nothing"
    codes = Counter(seen.code for seen in history if seen.what == What.SUBSCRIBED)
    for code in codes:
        times = storm.reads.get(code, 0)
        if times > READS_MAX:
            yield f"the journal of {code} was read {times} times"
        elif times == 0:
            yield f"the journal of {code} was not seen to be read: reads are not counted"
