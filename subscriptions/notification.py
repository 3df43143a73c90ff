"""What the bell tells its listeners, and on which of a fixed number of channels."""

from dataclasses import dataclass
from zlib import crc32

from app.store.journal import Entry

SHARDS = 16
CHANNELS = tuple(f"zero-distance.{number}" for number in range(SHARDS))


@dataclass(frozen=True, slots=True)
class Notification:
    """ "The journal of `key` has reached `sequence`", with the entry itself where it is at hand."""

    journal: str
    key: str
    sequence: int
    entry: Entry | None


def shard(key: str) -> str:
    """Name the channel of a journal's key."""
    return CHANNELS[crc32(key.encode()) % SHARDS]
