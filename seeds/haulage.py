"""Carries between our API and a haulier's: hands its parcels over, and reports what it tells of them."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from seeds.carrier import Carrier, Parcel, Tracking
from seeds.client import ApiError, Client
from seeds.event import Known
from seeds.reporter import REPORT, REPORTS_MAX, report_of

log = logging.getLogger(__name__)
TICK_SECONDS, LOOK_SECONDS = 0.3, 1.5
PARCELS = """
query Parcels($after: String) {
  products(statuses: [PACKED, IN_TRANSIT, OUT_FOR_DELIVERY, DELIVERED], first: 100, after: $after) {
    nodes { code factory { city } eta { earliest latest } deliverySlot { day startsAt } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
KNOWN = """
query Known($code: ProductCode!) {
  product(code: $code) { steps(last: 100, stages: [LOGISTICS, INSTALLATION]) { nodes { kind } } }
}
"""


class Haulage:
    """The bridge for one haulier."""

    def __init__(self, client: Client, carrier: Carrier) -> None:
        self._client, self._carrier = client, carrier
        self._handed: set[str] = set()
        self._unreported: list[Tracking] = []

    async def run(self) -> None:
        """Hand over and report, for ever. What the API refuses is logged and left out."""
        loop, look_at = asyncio.get_running_loop(), 0.0
        while True:
            try:
                if loop.time() >= look_at:
                    await self.hand_over()
                    look_at = loop.time() + LOOK_SECONDS
                await self.report()
            except ApiError as error:
                log.warning("the haulage goes on after: %s", error)
            await asyncio.sleep(TICK_SECONDS)

    async def hand_over(self) -> None:
        """Hand over the parcels that wait; those that have arrived are forgotten."""
        seen: set[str] = set()
        after, more = None, True
        while more:
            page = (await self._client.ask(PARCELS, after=after))["products"]
            for node in page["nodes"]:
                seen.add(node["code"])
                if node["code"] not in self._handed and node["eta"]:
                    await self._carrier.hand_over(await self._parcel(node))
                    self._handed.add(node["code"])
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        self._handed &= seen

    async def _parcel(self, node: Any) -> Parcel:
        """Make a parcel of a unit: with a slot, it is expected then."""
        steps = (await self._client.ask(KNOWN, code=node["code"]))["product"]["steps"]["nodes"]
        slot = node["deliverySlot"]
        chosen = slot and datetime.fromisoformat(f"{slot['day']}T{slot['startsAt']}").replace(tzinfo=UTC)
        earliest, latest = (chosen or datetime.fromisoformat(node["eta"][name]) for name in ("earliest", "latest"))
        history = tuple(Known(step["kind"]) for step in steps)
        return Parcel(node["code"], node["factory"]["city"], earliest, latest, history)

    async def report(self) -> None:
        """Report what the haulier reported; what could not be sent is kept for the next time."""
        self._unreported += await self._carrier.poll()
        while self._unreported:
            batch = self._unreported[:REPORTS_MAX]
            reports = [report_of(tracking.code, tracking.occurred_at, tracking.event) for tracking in batch]
            answers = (await self._client.ask(REPORT, input=reports))["recordSteps"]
            del self._unreported[: len(batch)]
            for tracking, answer in zip(batch, answers, strict=True):
                if "errorCode" in answer:
                    log.warning("%s %s refused: %s", tracking.code, tracking.event.kind, answer["message"])
