"""What the carrier of one simulated unit reports, from the factory's gate to its place."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from seeds.event import Event, Known, unreported

HUBS = (("ARRIVED_AT_HUB", 0.55, "Regional hub"), ("DEPARTED_HUB", 0.7, "Regional hub"))
DOORSTEP = (("OUT_FOR_DELIVERY", 0.94, "Delivery van"), ("DELIVERED", 1.0, None))
NOBODY = (("OUT_FOR_DELIVERY", 0.8, "Delivery van"), ("DELIVERY_ATTEMPTED", 0.83, None))
"""Kind, share of the transit time at which it is reported, and where."""
NOT_AT_HOME = 0.15
WAITS_HOURS, STANDS_HOURS = (2.0, 5.0), (2.0, 20.0)
"""From packing to the lorry, and from the doorstep to the installation."""


def deliver(
    code: str, seed: int, city: str, history: Sequence[Known], earliest_seconds: float, latest_seconds: float
) -> list[Event]:
    """List what is left to report, to arrive between two times from now. The same seed and code are the same route."""
    random = Random(f"{seed}:{code}:delivery")
    transit = earliest_seconds + random.uniform(0.1, 0.9) * (latest_seconds - earliest_seconds)
    route = (*HUBS, *NOBODY, *DOORSTEP) if random.random() < NOT_AT_HOME else (*HUBS, *DOORSTEP)
    dispatched = Event("sim:DISPATCHED:1", "DISPATCHED", random.uniform(*WAITS_HOURS) * 3600, location=city)
    proof = hashlib.sha256(f"{code}: signed at the door".encode()).hexdigest()
    stops = [
        Event(f"sim:{kind}:{n}", kind, location=place, signature_hash=proof if kind == "DELIVERED" else None)
        for n, (kind, _, place) in enumerate(route, start=1)
    ]
    installed = Event("sim:INSTALLED:1", "INSTALLED", random.uniform(*STANDS_HOURS) * 3600)
    left = unreported(stops, history)
    shares = [0.0, *(share for _, share, _ in route)][-len(left) - 1 :]
    scale = transit / (1.0 - shares[0]) if left else 0.0
    timed = [
        replace(event, after_seconds=(share - before) * scale)
        for event, before, share in zip(left, shares, shares[1:], strict=False)
    ]
    return [*unreported([dispatched], history), *timed, *unreported([installed], history)]
