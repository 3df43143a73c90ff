"""Machines that report steps, each report until it is acknowledged, under the same event id."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from time import monotonic
from typing import Any

import httpx

from experiments.history import History
from experiments.live_checker import Seen, What
from experiments.subscriber import SELECTION, content_of

ROUND = 100
"""Units in one mutation of a round."""
RECORD = f"""mutation($input: [RecordStepInput!]!) {{ recordSteps(input: $input) {{
  __typename ... on Step {{ {SELECTION} }} ... on Refusal {{ errorCode message }} }} }}"""
TIMEOUT_SECONDS = 6.0
AGAIN_SECONDS_MAX = 0.5


@dataclass
class Machine:
    """One machine, which sends its reports one after the other to whichever server it comes to."""

    name: str
    codes: Sequence[str]
    token: str
    addresses: Sequence[str]
    random: Random
    history: History[Seen]
    pause_seconds_max: float
    batch_max: int
    tries: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    _number: int = 0

    async def work(self, over: Callable[[], bool]) -> None:
        """Report until it is over; what was begun is ended."""
        async with self._http() as http:
            while not over():
                await self._report(http, self.random.choices(self.codes, k=self.random.randint(1, self.batch_max)))
                await asyncio.sleep(self.random.uniform(0, self.pause_seconds_max))

    async def report_all(self) -> None:
        """Report one step of each unit."""
        async with self._http() as http:
            for start in range(0, len(self.codes), ROUND):
                await self._report(http, self.codes[start : start + ROUND])

    def _http(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_keepalive_connections=4)
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits, headers=headers)

    async def _report(self, http: httpx.AsyncClient, codes: Sequence[str]) -> None:
        """Report a step of each of these, until it is acknowledged."""
        reports = [self._draft(code) for code in codes]
        while not await self._send(http, reports):  # noqa: ASYNC110 — a client has no event to wait for
            await asyncio.sleep(self.random.uniform(0, AGAIN_SECONDS_MAX))

    def _draft(self, code: str) -> dict[str, Any]:
        self._number += 1
        event, at = f"{self.name}-{self._number}", datetime.now(UTC).isoformat()
        self.history.add(Seen(self.name, What.SENT, code, 0, monotonic(), event=event))
        return {"code": code, "kind": "COMPONENT_FITTED", "eventId": event, "occurredAt": at}

    async def _send(self, http: httpx.AsyncClient, reports: Sequence[Mapping[str, Any]]) -> bool:
        """Send a batch; tell whether it was acknowledged. No answer leaves open what has happened."""
        self.tries += 1
        began = monotonic()
        try:
            answer = await http.post(
                f"{self.random.choice(self.addresses)}/graphql", json={"query": RECORD, "variables": {"input": reports}}
            )
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            self.failed[type(error).__name__] += 1
            return False
        if body.get("errors"):
            self.failed[body["errors"][0].get("extensions", {}).get("code", "an error without a code")] += 1
            return False
        now = monotonic()
        self.slowest_seconds = max(self.slowest_seconds, now - began)
        for report, step in zip(reports, body["data"]["recordSteps"], strict=True):
            if step["__typename"] != "Step":
                self.refused.append(f"{report['eventId']} of {report['code']} was refused: {step}")
            else:
                code, event = report["code"], report["eventId"]
                seen = Seen(self.name, What.ACKNOWLEDGED, code, step["sequence"], now, content_of(step), event)
                self.history.add(seen)
        return True


@asynccontextmanager
async def at_work(machines: Sequence[Machine]) -> AsyncIterator[None]:
    """Have machines report while the block lasts; what was begun is ended."""
    over = asyncio.Event()
    tasks = [asyncio.create_task(machine.work(over.is_set)) for machine in machines]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)
