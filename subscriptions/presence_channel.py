"""Who is at a design just now, as one process sees it: one poll for all its subscribers. Best effort.

Each process leaves marks in the database that fade, for those who are with it, and reads those of all.
"""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from app.actions.access import role_of
from app.deps import Deps
from app.domain.design.design import Design, Role
from app.store.account import Account
from app.store.retry import run_while

BEAT_SECONDS = 2.0
"""How often marks are renewed and read while somebody looks."""
PROCESS = secrets.token_hex(4)


class PresenceChannel:
    """One design that somebody looks at: at the last beat, the `design` and who was `present`, in which role."""

    def __init__(self, deps: Deps, id: str, beat_seconds: float) -> None:
        self.id = id
        self.design: Design | None = None
        self.present: Sequence[tuple[Account, Role]] = ()
        self.visitors: dict[asyncio.Event, str] = {}
        self.stirred = asyncio.Event()
        self._deps = deps
        self._beat_seconds = beat_seconds
        self._marked: set[str] = set()

    async def beat(self) -> None:
        """Mark who is here, unmark who left, see who is there, and wake everybody to look."""
        stores, wall, here = self._deps.stores, self._deps.wall(), set(self.visitors.values())
        gone, self._marked = self._marked - here, here
        await stores.presences.mark(self.id, PROCESS, here, gone, wall)
        if not here:
            return
        head = await stores.design_changes.head(self.id)
        accounts = await stores.accounts.find_all(await stores.presences.present(self.id, wall))
        if head is not None:
            roles = [(each, role_of(self._deps, head.state, each)) for _, each in sorted(accounts.items())]
            self.present = [(account, role) for account, role in roles if role is not None]
            self.design = head.state
        for visitor in self.visitors:
            visitor.set()

    async def beat_while_visited(self) -> None:
        """Beat again and again, and whenever somebody came or left, until all have left and are unmarked."""
        self.stirred.clear()
        await run_while(
            lambda: bool(self.visitors or self._marked), "presence", self._beat_seconds, self.beat, self._rest
        )

    async def _rest(self, seconds: float) -> None:
        """Wait until somebody comes or leaves, or for so long; not at all where nobody is there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds if self.visitors else 0):
                await self.stirred.wait()
        self.stirred.clear()


class PresenceChannels:
    """All channels of this process: made by the first visitor of a design, gone with the last."""

    def __init__(self, beat_seconds: float = BEAT_SECONDS) -> None:
        self._beat_seconds = beat_seconds
        self._channels: dict[str, PresenceChannel] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def enter(self, deps: Deps, id: str, account: str) -> Iterator[tuple[PresenceChannel, asyncio.Event]]:
        """Be present at a design; the event is set at each beat, the first of which comes at once."""
        moved = asyncio.Event()
        channel = self._channels.get(id)
        if channel is None:
            channel = self._channels[id] = PresenceChannel(deps, id, self._beat_seconds)
            task = asyncio.create_task(self._keep(channel))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        channel.visitors[moved] = account
        channel.stirred.set()
        try:
            yield channel, moved
        finally:
            del channel.visitors[moved]
            channel.stirred.set()

    async def _keep(self, channel: PresenceChannel) -> None:
        await channel.beat_while_visited()
        del self._channels[channel.id]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
