"""What a haulier's own system is to us: it takes parcels, and tells of them when and as often as it likes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from seeds.event import Event, Known


@dataclass(frozen=True)
class Parcel:
    """One unit on its way: from where, when it is expected, and what is known of its journey already."""

    code: str
    city: str
    earliest: datetime
    latest: datetime
    history: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Tracking:
    """One report of a haulier about a parcel. `event.id` identifies it: reported twice, it is still one event."""

    code: str
    occurred_at: datetime
    event: Event


class Carrier(Protocol):
    """The adapter to write for a real haulier: its API behind `hand_over`, its API or webhook's inbox behind `poll`.

    Events may be reported late, several times and in any order: `recordSteps` accepts that.
    """

    async def hand_over(self, parcel: Parcel) -> None:
        """Take a parcel; one that was taken before is left as it is."""

    async def poll(self) -> Sequence[Tracking]:
        """Return what was reported since the last call."""
