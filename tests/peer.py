"""The other end of a socket, in both protocols: says what it is told to, however wrong, and hears what comes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import websockets
from websockets.typing import Subprotocol

from tests.client import Api, Json
from tests.waiting import PATIENT, WAIT_SECONDS_MAX

TRANSPORT, LEGACY = "graphql-transport-ws", "graphql-ws"
BOTH = (TRANSPORT, LEGACY)


@dataclass
class Peer:
    connection: websockets.ClientConnection
    protocol: str

    @property
    def next(self) -> str:
        return "next" if self.protocol == TRANSPORT else "data"

    async def say(self, kind: str, **more: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **more}))

    async def start(self, id: str, query: str, **variables: Any) -> None:
        kind = "subscribe" if self.protocol == TRANSPORT else "start"
        await self.say(kind, id=id, payload={"query": query, "variables": variables})

    async def stop(self, id: str) -> None:
        await self.say("complete" if self.protocol == TRANSPORT else "stop", id=id)

    async def hear(self, seconds: float = WAIT_SECONDS_MAX) -> Json:
        message: Json = json.loads(await asyncio.wait_for(self.connection.recv(), seconds))
        return message

    async def closed(self, seconds: float = WAIT_SECONDS_MAX) -> int:
        """Hear on until the socket is closed; return the code."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.connection.recv()
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


@asynccontextmanager
async def strange(api: Api, protocol: str, **options: Any) -> AsyncIterator[Peer]:
    """Open a socket and say nothing."""
    address = api.url.replace("http", "ws") + "/graphql"
    patience = {**PATIENT, **options}
    async with websockets.connect(address, subprotocols=[Subprotocol(protocol)], **patience) as connection:
        yield Peer(connection, protocol)


@asynccontextmanager
async def greeted(api: Api, protocol: str = TRANSPORT, **options: Any) -> AsyncIterator[Peer]:
    """Open a socket as the caller, acknowledged."""
    async with strange(api, protocol, **options) as peer:
        await peer.say("connection_init", payload=api.headers)
        assert await peer.hear() == {"type": "connection_ack"}
        yield peer
