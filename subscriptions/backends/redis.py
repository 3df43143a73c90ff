"""A broadcaster backend on Redis that outlives every outage of it and never makes a writer wait.

Notifications leave through a short queue that drops the oldest: what is lost, the position check finds. A process gets
its own at once, without the way over Redis.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

from broadcaster import BroadcastBackend, Event
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.store.journal import Entry, Journal
from subscriptions.backends.reconnecting import ReconnectingTask
from subscriptions.notification import CHANNELS, Notification, shard

log = logging.getLogger(__name__)
T = TypeVar("T")
WAITING_MAX = 1_000
BATCH_MAX = 100
PING_SECONDS = 1.0
ANSWER_SECONDS = 2.0


class RedisBackend(BroadcastBackend):
    """`name` keeps several installations on one Redis apart. A Redis that is silent is asked after `ping_seconds`."""

    def __init__(
        self, url: str, name: str, journals: Mapping[str, Journal[Any]], ping_seconds: float = PING_SECONDS
    ) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._prefix = f"{name}/"
        self._journals = journals
        self._ping_seconds = ping_seconds
        self._origin = secrets.token_hex(8)
        self._inbox: asyncio.Queue[Event] = asyncio.Queue(WAITING_MAX)
        self._outbox: asyncio.Queue[Notification] = asyncio.Queue(WAITING_MAX)
        self._tasks = ReconnectingTask("receiving", self._receive), ReconnectingTask("sending", self._send)

    @property
    def connected(self) -> bool:
        return all(task.is_connected for task in self._tasks)

    async def connect(self) -> None:
        """Start to connect. A Redis that is away is not waited for."""
        for task in self._tasks:
            task.start()

    async def disconnect(self) -> None:
        for task in self._tasks:
            await task.stop()
        await self._redis.aclose()

    async def subscribe(self, channel: str) -> None:
        """All channels are subscribed to with each new connection."""

    async def unsubscribe(self, channel: str) -> None:
        """They are left with the connection."""

    async def publish(self, channel: str, message: Any) -> None:
        """Deliver it here and queue it for the others."""
        offer(self._inbox, Event(channel, message))
        offer(self._outbox, message)

    async def next_published(self) -> Event:
        return await self._inbox.get()

    async def _receive(self, task: ReconnectingTask) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(*(self._prefix + channel for channel in CHANNELS))
            async for message in messages(pubsub, self._ping_seconds):
                task.connected()
                if message["type"] == "message" and (notification := self._decoded(message["data"])) is not None:
                    offer(self._inbox, Event(shard(notification.key), notification))  # type: ignore[arg-type]

    async def _send(self, task: ReconnectingTask) -> None:
        """Publish what waits, in batches; a first message to nobody shows that Redis takes them."""
        await self._redis.publish(self._prefix + "nobody", b"")
        while True:
            task.connected()
            waiting = [await self._outbox.get()]
            while len(waiting) < BATCH_MAX and not self._outbox.empty():
                waiting.append(self._outbox.get_nowait())
            async with self._redis.pipeline(transaction=False) as pipeline:
                for notification in waiting:
                    pipeline.publish(self._prefix + shard(notification.key), self._encoded(notification))
                await pipeline.execute()

    def _encoded(self, notification: Notification) -> bytes:
        """Write a line of origin and key, and the entry as JSON: 4 µs here spare each receiving process a read."""
        head = f"{self._origin} {notification.journal} {notification.key} {notification.sequence}\n".encode()
        try:
            return head + self._journals[notification.journal].encode(notification.entry)
        except (ValueError, KeyError):
            log.exception("an entry has no form for other processes", extra={"journal": notification.journal})
            return head

    def _decoded(self, data: bytes) -> Notification | None:
        """Read a notification; None where it is our own, or of a journal or form that only a newer process knows."""
        head, _, body = data.partition(b"\n")
        try:
            origin, name, key, sequence = head.decode().split(" ")
            if origin == self._origin:
                return None
            journal = self._journals[name]
            entry: Entry | None = journal.decode(body) if body else None
            if entry is None or (journal.key_of(entry), entry.sequence) == (key, int(sequence)):
                return Notification(name, key, int(sequence), entry)
        except (ValueError, KeyError) as error:
            log.warning("a notification could not be read", extra={"error": type(error).__name__})
        return None


def offer(queue: asyncio.Queue[T], item: T) -> None:
    """Put an item into a bounded queue without waiting: the oldest makes room."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(item)


async def messages(pubsub: PubSub, ping_seconds: float) -> AsyncIterator[Mapping[str, Any]]:
    """Yield what Redis says; raise TimeoutError once it doesn't even answer a ping: it may be stopped, or cut off."""
    asked = False
    while True:
        message = await pubsub.get_message(timeout=ping_seconds)
        if message is not None:
            asked = False
            yield message
        elif asked:
            raise TimeoutError("no answer to a ping")
        else:
            asked = True
            await pubsub.ping()
