"""What happens when factory time has passed: the clock belongs to the test, and nobody waits."""

from dataclasses import replace
from datetime import timedelta

from app.deps import Deps
from app.domain.shared.clock import FactoryClock


def later(deps: Deps, passed: timedelta) -> Deps:
    """Return the same database, seen by a process whose clock is so much further on."""
    return replace(deps, clock=FactoryClock(deps.wall(), deps.now() + passed, 1.0))
