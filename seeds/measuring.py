"""What the simulated instruments read: values around the nominal one, inside the limits unless a failure is wanted."""

import math
from random import Random

from seeds.plant import Characteristic

USUAL, SHORTFALL = 0.7, (0.15, 0.5)
"""Shares of the room up to a limit: how far a usual value strays at most, and how far a failing one goes beyond."""


def can_fail(characteristic: Characteristic) -> bool:
    """Tell whether a simulated unit may fail it: safety is never played with."""
    limited = characteristic.lower_limit is not None or characteristic.upper_limit is not None
    return not characteristic.safety and (limited or characteristic.unit is None)


def read_value(random: Random, characteristic: Characteristic, fails: bool = False) -> float:
    """Draw a value in the characteristic's unit; pass (1) or fail (0) where it has none."""
    if characteristic.unit is None:
        return 0.0 if fails else 1.0
    centre, down, up = _room(characteristic)
    if not fails:
        value = centre + random.triangular(-USUAL * down, USUAL * up, 0.0)
        return _rounded(value, min((room for room in (down, up) if room > 0), default=1.0))
    beyond = random.uniform(*SHORTFALL)
    if characteristic.upper_limit is not None:
        room = up or abs(characteristic.upper_limit) or 1.0
        return _rounded(characteristic.upper_limit + beyond * room, room)
    assert characteristic.lower_limit is not None
    room = down or abs(characteristic.lower_limit) or 1.0
    return _rounded(characteristic.lower_limit - beyond * room, room)


def _room(characteristic: Characteristic) -> tuple[float, float, float]:
    """Return the value aimed at and how far it is from there to the limits, down and up."""
    lower, upper, centre = characteristic.lower_limit, characteristic.upper_limit, characteristic.nominal
    if centre is None and lower is not None and upper is not None:
        centre = (lower + upper) / 2
    elif centre is None:
        centre = 0.5 * upper if upper is not None else 1.5 * lower if lower is not None else 1.0
    down = centre - lower if lower is not None else 0.3 * abs(centre)
    up = upper - centre if upper is not None else 0.3 * abs(centre)
    return centre, max(down, 0.0), max(up, 0.0)


def _rounded(value: float, room: float) -> float:
    """Round as an instrument does: to about a hundredth of the room, so that no limit is crossed."""
    return round(value, 2 - math.floor(math.log10(room)))
