"""P1 to P3 judged: no acknowledged step is lost, and each subscriber saw each step behind its cursor once, in order."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What a client did or saw, or what was done to all."""

    SUBSCRIBED = "SUBSCRIBED"
    STEP = "STEP"
    CLOSED = "CLOSED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CUT = "CUT"
    HEALED = "HEALED"


@dataclass(frozen=True)
class Seen:
    """One line of a history. A client that subscribes watches one unit, one subscription at a time.

    `sequence` is the cursor subscribed with, or the step's, or the code that a socket was closed with. `content` is
    what the step said; `event` names a report.
    """

    client: str
    what: What
    code: str
    sequence: int
    at: float
    content: str = ""
    event: str = ""


@dataclass(frozen=True)
class StoredStep:
    """A step as the database holds it in the end."""

    code: str
    sequence: int
    content: str
    event: str = ""


class Acknowledged:
    """How far each journal was known to be, at any time."""

    def __init__(self, history: Sequence[Seen]) -> None:
        self._times: dict[str, list[float]] = defaultdict(list)
        self._heads: dict[str, list[int]] = defaultdict(list)
        for seen in sorted((seen for seen in history if seen.what == What.ACKNOWLEDGED), key=lambda seen: seen.at):
            heads = self._heads[seen.code]
            heads.append(max(seen.sequence, heads[-1] if heads else 0))
            self._times[seen.code].append(seen.at)

    def head(self, code: str, at: float) -> int:
        place = bisect_right(self._times[code], at)
        return self._heads[code][place - 1] if place else 0


def check_live(history: Sequence[Seen], stored: Sequence[StoredStep], heads: Mapping[str, int]) -> Sequence[str]:
    """Return what contradicts the promises. `heads` are how far every subscriber had to come in the end."""
    journals: dict[str, list[StoredStep]] = defaultdict(list)
    watched: dict[str, list[Seen]] = defaultdict(list)
    for step in stored:
        journals[step.code].append(step)
    for seen in history:
        if seen.what in (What.SUBSCRIBED, What.STEP):
            watched[seen.client].append(seen)
    return [
        *_of_journals(journals, heads),
        *_of_acknowledgements(history, stored),
        *(
            f"{client} of {seen[0].code}: {problem}"
            for client, seen in watched.items()
            for problem in _of_subscriber(seen, journals[seen[0].code], heads.get(seen[0].code, 0))
        ),
    ]


def _of_journals(journals: Mapping[str, Sequence[StoredStep]], heads: Mapping[str, int]) -> Iterator[str]:
    for code, steps in journals.items():
        if [step.sequence for step in steps] != list(range(1, len(steps) + 1)):
            yield f"the journal of {code} has holes, or is out of order"
        for event, times in Counter(step.event for step in steps if step.event).items():
            if times > 1:
                yield f"the journal of {code} holds {event} {times} times"
    for code, head in heads.items():
        if len(journals.get(code, ())) < head:
            yield f"the journal of {code} ends before its head {head}"


def _of_acknowledgements(history: Sequence[Seen], stored: Sequence[StoredStep]) -> Iterator[str]:
    held = {(step.code, step.event): step for step in stored if step.event}
    for seen in history:
        if seen.what == What.ACKNOWLEDGED:
            step = held.get((seen.code, seen.event))
            if step is None:
                yield f"{seen.event} of {seen.code}: lost after it was acknowledged as {seen.sequence}"
            elif (step.sequence, step.content) != (seen.sequence, seen.content):
                yield f"{seen.event} of {seen.code}: acknowledged as {seen.sequence}, stored otherwise"


def _of_subscriber(watched: Sequence[Seen], journal: Sequence[StoredStep], head: int) -> Iterator[str]:
    """Follow one subscriber: behind each cursor comes the next step, and the cursors leave nothing out."""
    contents = {step.sequence: step.content for step in journal}
    if watched[0].what != What.SUBSCRIBED:
        yield "has steps without having subscribed"
    cursor = reached = watched[0].sequence
    for seen in watched:
        if seen.what == What.SUBSCRIBED:
            cursor = seen.sequence
            if cursor > reached:
                yield f"subscribed behind {cursor}, and had only {reached}"
        else:
            yield from _of_step(seen, cursor, contents)
            cursor = max(cursor, seen.sequence)
            reached = max(reached, cursor)
    if reached < head:
        yield f"never saw {reached + 1} to {head}"


def _of_step(seen: Seen, cursor: int, contents: Mapping[int, str]) -> Iterator[str]:
    if seen.sequence > cursor + 1:
        yield f"skipped {cursor + 1} to {seen.sequence - 1}"
    elif seen.sequence == cursor:
        yield f"repeated {seen.sequence}"
    elif seen.sequence < cursor:
        yield f"out of order: {seen.sequence} behind {cursor}"
    if seen.sequence not in contents:
        yield f"saw {seen.sequence}, which is in no journal"
    elif seen.content != contents[seen.sequence]:
        yield f"saw {seen.sequence} altered"
