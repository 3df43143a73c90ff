"""What happens on all lines, as `lineActivity` tells it over a WebSocket (graphql-transport-ws)."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from seeds.client import Client

log = logging.getLogger(__name__)
RECONNECT_SECONDS = 1.0
LINES = "query Lines { factories { lines { id code } } }"
ACTIVITY = """
subscription Activity($line: ID!) {
  lineActivity(lineId: $line) {
    kind occurredAt line { code } station { name(locale: "en") } model { sku } product { code }
  }
}
"""
STYLES = {"INSPECTION_FAILED": "red", "DECISION_REQUESTED": "yellow", "RELEASED": "green", "DELIVERED": "green"}

Happened = dict[str, Any]


async def show_activity(client: Client, token: Callable[[], str], yours: str, console: Console) -> None:
    """Print a line for each step that happens, for ever; connects again by itself."""
    factories = (await client.ask(LINES))["factories"]
    lines = [line["id"] for factory in factories for line in factory["lines"]]
    while True:
        try:
            async for happened in _follow(client.url, token(), lines):
                console.print(line_of(happened, yours), soft_wrap=True)
        except (OSError, WebSocketException, TimeoutError) as error:
            log.debug("the live view connects again: %s", type(error).__name__)
        await asyncio.sleep(RECONNECT_SECONDS)


def line_of(happened: Happened, yours: str) -> Text:
    """Say in one line what happened: factory clock (UTC), line, code, model, kind, station."""
    at = datetime.fromisoformat(happened["occurredAt"])
    code = happened["product"]["code"] if happened["product"] else ""
    kind = happened["kind"].replace("_", " ").capitalize()
    station = happened["station"]["name"] if happened["station"] else ""
    where = f"{happened['line']['code']:<13} {code:<16}  {happened['model']['sku']:<13}"
    text, style = f"{at:%a %H:%M:%S}  {where} {kind:<20} {station}".rstrip(), STYLES.get(happened["kind"], "")
    return Text(f"{text} < yours", style=f"bold {style}") if code == yours else Text(text, style=style or "dim")


async def _follow(url: str, token: str, lines: list[str]) -> AsyncIterator[Happened]:
    """Subscribe to all lines over one socket and yield what they tell, until it closes."""
    address = url.replace("http", "ws", 1)
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await _send(socket, "connection_init", payload={"Authorization": f"Bearer {token}"})
        async for frame in socket:
            message = json.loads(frame)
            match message["type"]:
                case "connection_ack":
                    for id in lines:
                        await _send(socket, "subscribe", id=id, payload={"query": ACTIVITY, "variables": {"line": id}})
                case "ping":
                    await _send(socket, "pong")
                case "next" if message["payload"].get("data"):
                    yield message["payload"]["data"]["lineActivity"]
                case "error":
                    log.warning("a line can't be watched: %s", message["payload"])


async def _send(socket: ClientConnection, type: str, **rest: object) -> None:
    await socket.send(json.dumps({"type": type, **rest}))
