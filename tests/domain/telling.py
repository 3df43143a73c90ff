"""What is told of one unit, as it was told: what the reference model judges by, not what the domain concludes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.shared.viewer import AccountKind
from app.domain.unit.disposition import Disposition
from app.domain.unit.event import Event
from app.domain.unit.report import Report
from app.domain.unit.state import State
from tests.domain.build import FRESH


@dataclass(frozen=True)
class Told:
    """A report and who told it: a machine of the plant, or its carrier."""

    machine: str
    report: Report
    by: AccountKind = AccountKind.FACTORY

    @property
    def key(self) -> str:
        return f"{self.machine}/{self.report.event_id}"


@dataclass
class Story:
    """Everything in one unit's journal: as it was told, and as events in the order of their arrival.

    `decided` and `disposed` say for the key of what failed what its customer and its engineer said, the last one last;
    `conceded` each value that one of them accepted.
    """

    told: Sequence[Told]
    decided: dict[str, str] = field(default_factory=dict)
    disposed: dict[str, list[Disposition]] = field(default_factory=dict)
    conceded: list[tuple[str, float]] = field(default_factory=list)
    changed_at: datetime | None = None
    events: list[Event] = field(default_factory=list)
    state: State = FRESH
