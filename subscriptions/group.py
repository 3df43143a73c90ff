"""Execute once, send to all: subscribers of one journal who see the same share each entry's execution and encoding.

A member at the head of its group has no task: the group pushes to it. One that joins late, or whose peer does not keep
up, follows the journal by itself until it reaches the group; so a slow reader costs a number, never a queue.
"""

import asyncio
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.execution.selection import Executable, Selection
from app.store.journal import Entry
from app.store.retry import retry_forever
from subscriptions.context import LiveContext
from subscriptions.feed import Feeds, read_after
from subscriptions.recent import Recent
from subscriptions.sharing import Member, SharedSource

RENDERED_MAX = 128
TOGETHER_MAX = 16
"""Entries in one write to a member, at most."""


@dataclass(frozen=True)
class Pace:
    """Seconds: how long a group keeps what it has rendered, and how it rests between writes, by `pause`.

    A group that is written to in less than `unpaced` never rests; none rests longer than `rest_max`.
    """

    rendered: float = 2.0
    unpaced: float = 0.001
    rest_max: float = 0.05
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep


class Group:
    """Those who see one journal alike."""

    def __init__(
        self,
        feeds: Feeds,
        source: SharedSource,
        selection: Selection,
        context: LiveContext,
        api: Executable,
        pace: Pace,
    ) -> None:
        self.users = 0
        self.position = 0
        """What the members have got; with no members it means nothing."""
        self.members: set[Member] = set()
        self._feeds = feeds
        self._source = source
        self._selection = selection
        self._context = context
        self._api = api
        self._pace = pace
        self._rendered: Recent[int, asyncio.Task[bytes | None]] = Recent(pace.rendered, RENDERED_MAX)
        self._pumping: asyncio.Task[None] | None = None
        self.feed = feeds.take(source.journal, source.key, self._moved)

    def close(self) -> None:
        self._feeds.release(self.feed, self._moved)
        for task in (self._pumping, *self._rendered.values()):
            if task is not None:
                task.cancel()
        self._rendered.clear()

    async def bring_up(self, member: Member, send_seconds: float) -> None:
        """Send a member what it lacks until it is in the group; raises what its outlet raises where it does not read.

        It gets several entries in one write, as a group does, and lets others have their turn after each.
        """
        await member.wire.drained(send_seconds)
        while not self._join(member):
            entries = await read_after(self.feed, member.cursor)
            for start in range(0, len(entries), TOGETHER_MAX):
                await self._send(member, entries[start : start + TOGETHER_MAX], send_seconds)
                await asyncio.sleep(0)

    async def _send(self, member: Member, entries: Sequence[Entry], send_seconds: float) -> None:
        """Send entries to a member; where one can't be rendered, those before it are sent."""
        frames: list[bytes] = []
        cursor, failure = member.cursor, None
        try:
            for entry in entries:
                payload = await self._render(entry)
                if payload is not None:
                    frames.append(member.prefix + payload + b"}")
                cursor = entry.sequence
        except Exception as error:
            failure = error
        await member.wire.drained(send_seconds)
        member.cursor = cursor
        if frames:
            member.wire.write(*frames)
        if failure is not None:
            raise failure

    def _join(self, member: Member) -> bool:
        """Take a member in that has reached the group, or the feed where nobody is in the group."""
        if member.cursor < (self.position if self.members else self.feed.position):
            return False
        if not self.members:
            self.position = member.cursor
        self.members.add(member)
        self._moved()
        return True

    def _moved(self) -> None:
        idle = self._pumping is None or self._pumping.done()
        if idle and self.members and self.position < self.feed.position:
            self._pumping = asyncio.create_task(self._pump())

    async def _pump(self) -> None:
        """Bring the members up to the feed; whatever goes wrong ends their operations.

        What comes while they are written to, and for about as long again, is written to them in one go: where steps
        come faster than a system call for each member allows, each call carries several.
        """
        try:
            while self.members and self.position < self.feed.position:
                entries = (await read_after(self.feed, self.position))[:TOGETHER_MAX]
                payloads: list[bytes | None] = []
                try:
                    for entry in entries:
                        payloads.append(await self._render(entry))  # noqa: PERF401 — those before a failure are sent
                finally:
                    took = self._push(entries[0].sequence, payloads)
                if took > self._pace.unpaced:
                    await self._pace.pause(min(took, self._pace.rest_max))
        except Exception as error:
            for member in tuple(self.members):
                member.failed(error)

    def _push(self, first: int, payloads: Sequence[bytes | None]) -> float:
        """Write to each member what it lacks of the entries from `first` on; return for how many seconds."""
        if first != self.position + 1:
            return 0  # all members left meanwhile, and others came
        began = time.perf_counter()
        self.position += len(payloads)
        ends = [(sequence, payload + b"}") for sequence, payload in enumerate(payloads, first) if payload is not None]
        for member in tuple(self.members):
            lacking = [member.prefix + end for sequence, end in ends if sequence > member.cursor]
            if not lacking:
                continue
            if member.wire.clear:
                member.wire.write(*lacking)
            else:
                self.members.discard(member)
                member.cursor = max(member.cursor, first - 1)
                member.fell_behind()
        return time.perf_counter() - began

    async def _render(self, entry: Entry) -> bytes | None:
        """Return an entry's payload, made once for all who ask within a moment; None where it is filtered out."""
        await self._source.check()
        if self.users == 1:
            return await self._execute(entry)
        task = self._rendered.get(entry.sequence)
        if task is None:
            task = asyncio.create_task(self._execute(entry))
            self._rendered.put(entry.sequence, task)
        return await asyncio.shield(task)

    async def _execute(self, entry: Entry) -> bytes | None:
        event = await self._source.event(entry)
        if event is None:
            return None
        return self._api.payload(await self._selection.execute(event, self._context))


class Groups:
    """All groups of this process."""

    def __init__(self, feeds: Feeds, api: Executable, send_seconds: float, pace: Pace | None = None) -> None:
        self._feeds = feeds
        self._api = api
        self._send_seconds = send_seconds
        self._pace = pace or Pace()
        self._groups: dict[Hashable, Group] = {}

    def __len__(self) -> int:
        return len(self._groups)

    async def follow(
        self, source: AsyncIterable[Any], selection: Selection, context: LiveContext, member: Member
    ) -> bool:
        """Bring a member into its group; False where the source can't be shared.

        Raises a Refusal where the member may not start, and what its outlet raises where it does not read.
        """
        if not isinstance(source, SharedSource):
            return False
        key = source.journal, source.key, source.view, context.locale, selection.identity
        group = self._groups.get(key)
        if group is None:
            lasting = context.lasting()
            group = self._groups[key] = Group(self._feeds, source, selection, lasting, self._api, self._pace)
        group.users += 1
        member.leave = partial(self._leave, key, group, member)
        await retry_forever(group.feed.open)
        member.cursor = await source.start(group.feed)
        member.resume = partial(group.bring_up, member, self._send_seconds)
        await member.resume()
        return True

    def _leave(self, key: Hashable, group: Group, member: Member) -> None:
        group.members.discard(member)
        group.users -= 1
        if not group.users:
            del self._groups[key]
            group.close()
