"""All that is known of one unit after some steps of its journal.

The state is a join of facts: each field keeps an earliest, a latest or a set, so that reports may be permuted and
doubled without changing the outcome. Announcements change only what they announce (`plan`, `requested`, `announced`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Plan
from app.domain.shared.brief import brief
from app.domain.unit.delivery_slot import DeliverySlot
from app.domain.unit.fact import Attempt, Decided, Disposed, Failed, Fitted, PastChoice, Reading, Requested, Times


@dataclass(frozen=True)
class State:
    """What is known of a unit after `sequence` steps; `hash` is that of the last one.

    `begun_at` is the first sign that its production has begun, `signs` the first one of each operation: which kinds
    of steps are signs, their rows say. `attempts` are the latest inspections at each operation, `first_attempts` the
    first ones, where they are others; `unproven` are those that passed with values of an instrument out of calibration,
    which settles nothing. `failed` keeps the latest ten. `transport` has the latest time of each kind of transport
    step. `handed_over_at` is the first time that its plant said that it was packed or sent; what a carrier says of it
    does not count. `released_upon` names the inspections and values that the latest release follows from.
    `cancelled_unbegun`: nothing had been reported when it was cancelled.
    """

    selections: Selections = field(default_factory=dict)
    design_revision: int = 1
    sequence: int = 0
    price_delta: Decimal = Decimal("0.00")
    plan: Plan | None = None
    begun_at: datetime | None = None
    signs: Mapping[str, datetime] = field(default_factory=dict)
    operations: Mapping[str, Times] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    first_attempts: Mapping[str, Attempt] = field(default_factory=dict)
    unproven: Mapping[str, datetime] = field(default_factory=dict)
    failed: Mapping[str, Failed] = field(default_factory=dict)
    components: Mapping[str, Fitted] = field(default_factory=dict)
    disposed: Mapping[str, Disposed] = field(default_factory=dict)
    past_choices: tuple[PastChoice, ...] = ()
    rework_started_at: datetime | None = None
    rework_completed_at: datetime | None = None
    transport: Mapping[str, datetime] = field(default_factory=dict)
    handed_over_at: datetime | None = None
    packages: Mapping[str, datetime] = field(default_factory=dict)
    slot: DeliverySlot | None = None
    requested: Mapping[str, Requested] = field(default_factory=dict)
    decided: Mapping[str, Decided] = field(default_factory=dict)
    announced: tuple[str, ...] = ()
    released_upon: str | None = None
    cancelled_at: datetime | None = None
    cancelled_unbegun: bool = False
    scrapped_at: datetime | None = None
    successor: str | None = None
    hash: str | None = field(default=None, compare=False)


Changes = dict[str, Any]
"""Fields of a state by name, as they are from now on."""
D = TypeVar("D")


@brief
class BriefState(State):
    """A state of which only some fields were read."""


def changed(before: D, changes: Changes) -> D:
    """Make a frozen dataclass value that differs in these fields.

    As `dataclasses.replace` does, but without giving each of the other fields anew: states are changed at each step.
    """
    after = object.__new__(before.__class__)
    vars(after).update(vars(before))
    vars(after).update(changes)
    return after
