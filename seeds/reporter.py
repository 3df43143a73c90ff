"""One simulated machine or carrier: sees its units through the API and reports what is due."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from seeds.client import ApiError, Client, FactoryTime
from seeds.event import Event, Known

log = logging.getLogger(__name__)
TICK_SECONDS = 0.3
LOOK_SECONDS, LOOK_IDLE_SECONDS = 1.0, 2.0
REPORTS_MAX = 100
APART = timedelta(milliseconds=1)
UNITS = """
query Units($statuses: [ProductStatus!], $after: String) {
  products(statuses: $statuses, first: 100, after: $after) {
    nodes { code status lastSequence model { id } plan { startsAt } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
JOURNAL = """
query Journal($code: ProductCode!, $after: String) {
  product(code: $code) {
    eta { earliest latest }
    steps(first: 100, after: $after) { nodes { kind operation { code } } pageInfo { hasNextPage endCursor } }
  }
}
"""
REPORT = """
mutation Report($input: [RecordStepInput!]!) {
  recordSteps(input: $input) {
    ... on Step { kind operation { code } sequence product { status } }
    ... on Refusal { errorCode message path }
  }
}
"""


@dataclass
class Unit:
    """A unit on its way through here: what was reported, where it stands, and what is to be reported when.

    `model` is the id of the edition that it was sold as.
    """

    code: str
    model: str
    status: str = ""
    sequence: int = 0
    starts_at: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    history: list[Known] = field(default_factory=list)
    ahead: deque[tuple[datetime, Event]] = field(default_factory=deque)


Follow = Callable[[Unit, datetime], Sequence[Event]]
"""What comes next for a unit, now."""
Know = Callable[[str], Awaitable[object]]
"""Learns of a model, by its id, before anything is asked of a unit of it."""


class Reporter:
    """Reports for one bearer. `pace` stretches all durations; at 0 everything is due at once."""

    def __init__(
        self, client: Client, time: FactoryTime, statuses: Sequence[str], follow: Follow, know: Know, pace: float = 1.0
    ) -> None:
        self._client, self._time, self._statuses, self._pace = client, time, statuses, pace
        self._follow, self._know = follow, know
        self._units: dict[str, Unit] = {}

    async def run(self) -> None:
        """Look and report, for ever. What the API refuses is logged and left out."""
        loop = asyncio.get_running_loop()
        look_at = 0.0
        while True:
            try:
                if loop.time() >= look_at:
                    pages = await self._look()
                    look_at = loop.time() + (LOOK_SECONDS * pages if self._units else LOOK_IDLE_SECONDS)
                await self._report_due()
            except ApiError as error:
                log.warning("the simulator goes on after: %s", error)
                await asyncio.sleep(LOOK_IDLE_SECONDS)
            await asyncio.sleep(TICK_SECONDS)

    async def _look(self) -> int:
        """Read which units are here now, forget the others; return how many pages there were."""
        seen: dict[str, Unit] = {}
        pages, after, more = 0, None, True
        while more:
            page = (await self._client.ask(UNITS, statuses=self._statuses, after=after))["products"]
            for node in page["nodes"]:
                seen[node["code"]] = await self._saw(node)
            pages, after, more = pages + 1, page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        self._units = seen
        return pages

    async def _saw(self, node: Any) -> Unit:
        unit = self._units.get(node["code"])
        if unit is None:
            unit = Unit(node["code"], node["model"]["id"])
            await self._know(unit.model)
            if node["lastSequence"] > 2:
                await self._read_journal(unit)
        if node["lastSequence"] >= unit.sequence:
            unit.sequence, unit.status = node["lastSequence"], node["status"]
        starts_at = datetime.fromisoformat(node["plan"]["startsAt"]) if node["plan"] else None
        if starts_at != unit.starts_at and not unit.history:
            unit.ahead.clear()
        unit.starts_at = starts_at
        self._plan(unit)
        return unit

    async def _read_journal(self, unit: Unit) -> None:
        """Learn what was reported before this simulator was started."""
        after, more = None, True
        while more:
            product = (await self._client.ask(JOURNAL, code=unit.code, after=after))["product"]
            steps, eta = product["steps"], product["eta"]
            unit.history += [_known(step) for step in steps["nodes"]]
            after, more = steps["pageInfo"]["endCursor"], steps["pageInfo"]["hasNextPage"]
            if eta:
                unit.earliest, unit.latest = (datetime.fromisoformat(eta[name]) for name in ("earliest", "latest"))

    def _plan(self, unit: Unit) -> None:
        """Give what comes next its times; production begins as planned where the pace is not 0."""
        if unit.ahead:
            return
        due = self._time.now()
        if self._pace and unit.starts_at and not unit.history:
            due = max(due, unit.starts_at)
        for event in self._follow(unit, self._time.now()):
            due += max(APART, timedelta(seconds=event.after_seconds * self._pace))
            unit.ahead.append((due, event))

    async def _report_due(self) -> None:
        now = self._time.now()
        due = sorted(self._due(now), key=lambda entry: entry[0])
        for start in range(0, len(due), REPORTS_MAX):
            batch = due[start : start + REPORTS_MAX]
            reports = [report_of(unit.code, at, event) for at, unit, event in batch]
            answers = (await self._client.ask(REPORT, input=reports))["recordSteps"]
            for (_, unit, event), answer in zip(batch, answers, strict=True):
                unit.ahead.popleft()
                _note(unit, event, answer)
        for unit in {unit.code: unit for _, unit, _ in due}.values():
            self._plan(unit)

    def _due(self, now: datetime) -> Iterator[tuple[datetime, Unit, Event]]:
        for unit in self._units.values():
            for at, event in unit.ahead:
                if at > now:
                    break
                yield at, unit, event


def report_of(code: str, at: datetime, event: Event) -> dict[str, object]:
    """Write an event as `recordSteps` takes it."""
    return {
        "code": code,
        "kind": event.kind,
        "eventId": event.id,
        "occurredAt": at.isoformat(timespec="milliseconds"),
        "operation": event.operation,
        "station": event.station,
        "location": event.location,
        "note": event.note,
        "sscc": event.sscc,
        "signatureHash": event.signature_hash,
        "measurements": [measured._asdict() for measured in event.measurements] or None,
        "component": event.component._asdict() if event.component else None,
    }


def _note(unit: Unit, event: Event, answer: Any) -> None:
    """Keep what the API made of a report: the verdict of an inspection is computed there."""
    if "errorCode" in answer:
        log.warning("%s %s refused: %s %s", unit.code, event.kind, answer["errorCode"], answer["message"])
        unit.history.append(event.known)
        return
    unit.history.append(_known(answer))
    if answer["sequence"] > unit.sequence:
        unit.sequence, unit.status = answer["sequence"], answer["product"]["status"]


def _known(step: Any) -> Known:
    return Known(step["kind"], step["operation"]["code"] if step["operation"] else None)
