"""Until when a unit's options may still change: each group freezes at the start of one operation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalogue.catalogue import Line, Model, OptionGroup, Station
from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Calendar, Plan, operation_start
from app.domain.shared.refusal import Refusal, RefusalCode
from app.domain.unit.state import State


class Frozen(Refusal):
    """The freezing operation of an option has begun at `station`, so that the option can no longer change."""

    code = RefusalCode.FROZEN

    def __init__(
        self, message: str, option: str, frozen_at: datetime, station: Station | None, path: Sequence[str] = ()
    ) -> None:
        super().__init__(message, path)
        self.option = option
        self.frozen_at = frozen_at
        self.station = station


@dataclass(frozen=True)
class ChangeWindow:
    """`closes_at`: the planned start of the freezing operation; `frozen_at`: when it had begun."""

    group: OptionGroup
    closes_at: datetime | None
    frozen_at: datetime | None


def freezing_operation(model: Model, group: OptionGroup) -> str:
    """Name the operation whose start settles a group: the first of the routing where the group names none."""
    return group.freezes_at or model.routing[0].code


def frozen_at(state: State, model: Model, group: OptionGroup) -> datetime | None:
    """Return when a group froze: at the first sign of its operation or of a later one; None while it is open.

    Whatever is a sign of production is one of the first operation of the routing, though it names none.
    """
    codes = list(model.operations)
    first = codes.index(freezing_operation(model, group))
    signs = [at for code, at in state.signs.items() if code in codes[first:]]
    signs += [at for at in (state.handed_over_at, None if first else state.begun_at) if at is not None]
    return min(signs, default=None)


def change_windows(state: State, plan: Plan | None, model: Model, calendar: Calendar) -> Iterator[ChangeWindow]:
    """Yield for each group until when it may still change, by the unit's present plan; never once it has ended.

    A group in which nothing is offered any more is left out, unless something of it is chosen.
    """
    ended_at = state.cancelled_at or state.scrapped_at
    for group in model.option_groups:
        if not group.offered and group.code not in state.selections:
            continue
        closes_at = operation_start(calendar, model, plan, freezing_operation(model, group)) if plan else None
        frozen = frozen_at(state, model, group) or ended_at
        yield ChangeWindow(group, None if ended_at else closes_at, frozen)


def check_open(state: State, model: Model, line: Line, wanted: Selections) -> None:
    """Raise Frozen naming the first group that would change although it is settled."""
    for group in model.option_groups:
        if wanted.get(group.code, ()) == state.selections.get(group.code, ()):
            continue
        at = frozen_at(state, model, group)
        if at is not None:
            operation = model.operations[freezing_operation(model, group)]
            message = f"{group.code} froze when {operation.code} began at {operation.station}."
            raise Frozen(message, group.code, at, line.find_station(operation.station), ("selections",))
