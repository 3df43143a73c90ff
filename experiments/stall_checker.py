"""P11 judged: while some do not read, the others wait no longer, and the server does not grow; and slow means slow."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from statistics import median

from experiments.live_checker import Acknowledged, Seen, What

RATIO_MAX = 1.2
GROWTH_KIB_MAX = 32 * 1024
IN_FLIGHT_SECONDS = 0.5
"""What was on its way when they stopped may still be taken."""
BEHIND_MIN = 10


@dataclass(frozen=True)
class Phase:
    """A while in which the slow ones read like all others, or not at all; with the server's memory, at most."""

    stalled: bool
    began: float
    ended: float
    memory_kib: int


@dataclass(frozen=True)
class Limits:
    """How much longer others may wait (p99), and by how much the server may grow."""

    ratio_max: float = RATIO_MAX
    growth_kib_max: int = GROWTH_KIB_MAX


def p99s(history: Sequence[Seen], phases: Sequence[Phase], slow: Set[str]) -> Sequence[float | None]:
    """Return for each phase the p99 of the seconds from recordSteps to receipt by the others; None: nothing came."""
    sent = {seen.event: seen.at for seen in history if seen.what == What.SENT}
    sent_at = {
        (seen.code, seen.sequence): sent[seen.event]
        for seen in history
        if seen.what == What.ACKNOWLEDGED and seen.event in sent
    }
    starts = [phase.began for phase in phases]
    took: list[list[float]] = [[] for _ in phases]
    for seen in history:
        if seen.what == What.STEP and seen.client not in slow and (seen.code, seen.sequence) in sent_at:
            at = sent_at[seen.code, seen.sequence]
            place = bisect_right(starts, at) - 1
            if place >= 0 and at < phases[place].ended:
                took[place].append(seen.at - at)
    return [sorted(seconds)[int(len(seconds) * 0.99)] if seconds else None for seconds in took]


def ratio(found: Sequence[float | None], phases: Sequence[Phase]) -> float | None:
    """Compare phases with and without slow readers: the medians of their p99."""
    with_them, without = (
        [p99 for p99, phase in zip(found, phases, strict=True) if p99 is not None and phase.stalled == stalled]
        for stalled in (True, False)
    )
    return median(with_them) / median(without) if with_them and without else None


def ends(history: Sequence[Seen], phases: Sequence[Phase], slow: Set[str]) -> Mapping[What, int]:
    """Count how it went on for those who had not read: the server closed the socket, or it held and steps came."""
    counted = {What.STEP: 0, What.CLOSED: 0}
    for number, phase in enumerate(phases):
        if phase.stalled:
            until = phases[number + 1].began if number + 1 < len(phases) else float("inf")
            after = [seen for seen in history if phase.ended < seen.at < until and seen.client in slow]
            came = {what: {seen.client for seen in after if seen.what == what} for what in counted}
            counted[What.CLOSED] += len(came[What.CLOSED])
            counted[What.STEP] += len(came[What.STEP] - came[What.CLOSED])
    return counted


def check_stall(
    history: Sequence[Seen], phases: Sequence[Phase], slow: Set[str], limits: Limits | None = None
) -> Sequence[str]:
    """Return what contradicts the promise. What everybody has seen in the end is for `check_live`."""
    limits = limits or Limits()
    return [
        *_of_latencies(history, phases, slow, limits),
        *_of_memory(phases, limits),
        *_of_slow(history, phases, slow),
        *_of_others(history, phases, slow),
    ]


def _of_latencies(history: Sequence[Seen], phases: Sequence[Phase], slow: Set[str], limits: Limits) -> Iterator[str]:
    found = p99s(history, phases, slow)
    for number, p99 in enumerate(found):
        if p99 is None:
            yield f"nothing came to the others in phase {number}"
    compared = ratio(found, phases)
    if compared is None:
        yield "there is nothing to compare: both kinds of phases are needed"
    elif compared > limits.ratio_max:
        yield f"the others waited {compared:.2f} times as long"


def _of_memory(phases: Sequence[Phase], limits: Limits) -> Iterator[str]:
    for number, phase in enumerate(phases):
        growth = phase.memory_kib - phases[0].memory_kib
        if growth > limits.growth_kib_max:
            yield f"the server had grown by {growth} KiB in phase {number}"


def _of_slow(history: Sequence[Seen], phases: Sequence[Phase], slow: Set[str]) -> Iterator[str]:
    """Make sure that they were slow: read nothing, were behind, and went on in both ways."""
    steps: dict[str, list[Seen]] = {client: [] for client in sorted(slow)}
    for seen in history:
        if seen.what == What.STEP and seen.client in slow:
            steps[seen.client].append(seen)
    known = Acknowledged(history)
    for number, phase in enumerate(phases):
        if phase.stalled:
            for client, had in steps.items():
                yield from _of_one(client, had, phase, number, known)
    for what, times in ends(history, phases, slow).items():
        if not times:
            yield f"of those who did not read, none went on with {what}"


def _of_one(client: str, steps: Sequence[Seen], phase: Phase, number: int, known: Acknowledged) -> Iterator[str]:
    had = [seen for seen in steps if seen.at <= phase.ended]
    if any(seen.at > phase.began + IN_FLIGHT_SECONDS for seen in had):
        yield f"{client} read on in phase {number}"
    if not had or known.head(had[-1].code, phase.ended) - had[-1].sequence < BEHIND_MIN:
        yield f"{client} was not behind in phase {number}"


def _of_others(history: Sequence[Seen], phases: Sequence[Phase], slow: Set[str]) -> Iterator[str]:
    for seen in history:
        if seen.what == What.CLOSED and seen.client not in slow and seen.at < phases[-1].ended:
            yield f"{seen.client}, who reads, was closed with {seen.sequence}"
