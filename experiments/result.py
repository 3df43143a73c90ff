"""What an experiment is asked and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BATCH_MAX = 4
"""Reports in a mutation, where nothing else is asked for."""


@dataclass(frozen=True)
class Options:
    """`seed` draws everything that is drawn; `minutes` and `keys` bound the run; `folder` keeps data and histories.

    `bell`, `subscribers` and `reports` are for live delivery.
    """

    seed: int
    minutes: float
    folder: Path
    keys: int = 500
    bell: str = "memory"
    subscribers: int = 40
    reports: int = BATCH_MAX


@dataclass(frozen=True)
class Result:
    """What was counted and what contradicts a promise; no violation means that it held this time."""

    figures: Mapping[str, str | int | float]
    violations: Sequence[str]
