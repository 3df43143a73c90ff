"""How a client of the public API asks, waits for a server that is away, and follows the factory clock."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

log = logging.getLogger(__name__)
WAIT_SECONDS, WAIT_SECONDS_MAX = 0.2, 5.0
TOO_MANY_REQUESTS = 429
CLOCK_SECONDS = 10.0
CLOCK = "query FactoryClock { factoryClock { now speed } }"


class ApiError(Exception):
    """The API answered errors instead of data."""


class Refused(Exception):
    """A rule said no: the Refusal of a mutation."""


class Client:
    """One bearer's way to the API. The token is asked for at each request, so that it can be renewed."""

    def __init__(self, http: httpx.AsyncClient, url: str, token: Callable[[], str | None] = lambda: None) -> None:
        self.http, self.url, self.token = http, url, token

    def bearing(self, token: str) -> "Client":
        """Return the same way for another bearer."""
        return Client(self.http, self.url, lambda: token)

    async def ask(self, document: str, **variables: object) -> Any:
        """Execute an operation and return its data. Waits while the server is away; raises ApiError."""
        wait = WAIT_SECONDS
        while True:
            answer = await self._post({"query": document, "variables": variables})
            if answer is not None:
                return _data(answer)
            await asyncio.sleep(wait)
            wait = min(2 * wait, WAIT_SECONDS_MAX)

    async def act(self, document: str, **variables: object) -> Any:
        """Execute a mutation of one field and return its success. Raises Refused with the rule that said no."""
        (result,) = (await self.ask(document, **variables)).values()
        if "errorCode" in result:
            raise Refused(f"{result['errorCode']}: {result['message']}")
        return result

    async def _post(self, body: dict[str, object]) -> httpx.Response | None:
        token = self.token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = await self.http.post(self.url, json=body, headers=headers)
        except httpx.TransportError as error:
            log.debug("the server is away: %s", type(error).__name__)
            return None
        return None if answer.is_server_error or answer.status_code == TOO_MANY_REQUESTS else answer


def _data(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError as error:
        raise ApiError(f"HTTP {answer.status_code}, not JSON: {answer.text[:200]}") from error
    if body.get("errors") or body.get("data") is None:
        raise ApiError(str(body.get("errors") or f"HTTP {answer.status_code}")[:500])
    return body["data"]


class FactoryTime:
    """The factory clock, read now and then and followed by the wall in between; never ahead of the server's."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self) -> None:
        clock = (await self._client.ask(CLOCK))["factoryClock"]
        self._now, self._read_at = datetime.fromisoformat(clock["now"]), time.monotonic()
        self.speed = float(clock["speed"])

    async def follow(self) -> None:
        """Read it again and again: a server that was restarted may have set another speed."""
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            try:
                await self.read()
            except ApiError as error:
                log.warning("the factory clock could not be read: %s", error)

    def now(self) -> datetime:
        return self._now + timedelta(seconds=(time.monotonic() - self._read_at) * self.speed)
