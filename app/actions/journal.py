"""The one append for every journal: decide against its head, write, and decide anew where another was first.

One entry is written by one insert, and the journal's unique index is the lock. What touches several documents is
written in one transaction, in which the same index is the lock.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.deps import Deps
from app.domain.shared.refusal import Refusal
from app.store.database import Within
from app.store.journal import Entry, Journal, Overtaken, Repeated

H = TypeVar("H")
T = TypeVar("T")
E = TypeVar("E", bound=Entry)


class NothingToAppend(Exception):
    """What was to be written stands already, or no longer follows."""


@dataclass(frozen=True)
class Appended(Generic[T, H]):
    """What was written, None where there was nothing to append, and the head that this was decided on."""

    entry: T | None
    head: H


async def append(
    head: H,
    decide: Callable[[H], T],
    write: Callable[[H, T], Awaitable[object]],
    read_head: Callable[[], Awaitable[H]],
    find_made: Callable[[], Awaitable[T | None]] | None = None,
) -> Appended[T, H]:
    """Write what `decide` makes of a head.

    `head` may be stale: `write` raises Overtaken where another writer was first, and then the head is read anew and
    `decide` is asked again. Where `decide` raises NothingToAppend, nothing is written.

    A request that may come twice is named by a key, and `find_made` finds what it made the first time: that is the
    answer to its repetition, whatever would be decided now, and a refusal is raised only to who made nothing before.
    """
    while True:
        try:
            wanted = decide(head)
            await write(head, wanted)
        except NothingToAppend:
            return Appended(None, head)
        except (Refusal, Repeated) as error:
            made = await find_made() if find_made is not None else None
            if made is not None:
                return Appended(made, await read_head())
            if isinstance(error, Refusal):
                raise
        except Overtaken:
            pass
        else:
            return Appended(wanted, head)
        head = await read_head()


async def append_together(deps: Deps, journal: Journal[E], entries: Sequence[E], *beside: Within) -> None:
    """Write entries and what stands beside them in one transaction, and announce the entries once it is committed.

    The entries come first, so that who was overtaken learns it at once. Raises Overtaken, or what one of the writes
    beside raises, and then has written nothing.
    """
    await deps.stores.database.write_together(lambda transaction: journal.append_within(transaction, entries), *beside)
    await asyncio.gather(*(journal.announce(entry) for entry in entries))
