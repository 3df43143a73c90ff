"""What quality concludes of a unit: its release, its deviations and what becomes of them, and its end as scrap."""

from dataclasses import dataclass

from app.domain.shared.text import Text, all_languages
from app.domain.unit.disposition import FINAL_DISPOSITIONS, Disposer, Disposition
from app.domain.unit.event import Event, Row, StepKind, announced
from app.domain.unit.evidence import Measurement
from app.domain.unit.fact import Disposed, earliest
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State

REMADE = all_languages("Is made again", "重新制造", "Refabriqué", "Wird neu gefertigt")


@dataclass(frozen=True)
class Release(Payload):
    """What RELEASED follows from: `upon` names the inspections and values (`conclusion.inspected_upon`)."""

    upon: str


@dataclass(frozen=True)
class Deviation(Payload):
    """What NONCONFORMANCE_RAISED is about."""

    nonconformance: str


@dataclass(frozen=True)
class Disposal(Payload):
    """What NONCONFORMANCE_DISPOSED decides, and by whom. `conceded`: the values that a concession accepts."""

    nonconformance: str
    disposition: Disposition
    by: Disposer = Disposer.ENGINEER
    conceded: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class Succession(Payload):
    """What follows a scrapped unit: the code of the unit that replaces it; `remade`: nothing of it is scrap."""

    successor: str
    remade: bool = False

    @property
    def label(self) -> Text | None:
        return REMADE if self.remade else None


def _released(state: State, event: Event) -> Changes:
    """Keep what the release follows from: another inspection, or another value, is a re-test."""
    return {**announced(state, event), "released_upon": event.carried(Release).upon}


def _disposed(state: State, event: Event) -> Changes:
    """Keep the latest disposition of a nonconformance; one that ends the unit ends it at once."""
    disposal, changes = event.carried(Disposal), Changes()
    disposed = Disposed(disposal.disposition, disposal.by, event.occurred_at, event.key, disposal.conceded)
    other = state.disposed.get(disposal.nonconformance)
    if other is None or (other.at, other.event) <= (disposed.at, disposed.event):
        changes["disposed"] = {**state.disposed, disposal.nonconformance: disposed}
    if disposal.disposition in FINAL_DISPOSITIONS:
        changes["scrapped_at"] = earliest(state.scrapped_at, event.occurred_at)
    return changes


def _scrapped(state: State, event: Event) -> Changes:
    changes: Changes = {"scrapped_at": earliest(state.scrapped_at, event.occurred_at)}
    if event.payload is not None:
        changes["successor"] = event.carried(Succession).successor
    return changes


class QualityKind(StepKind):
    RELEASED = (
        "RELEASED",
        Row(
            Stage.QUALITY,
            all_languages("Released", "已放行", "Libéré", "Freigegeben"),
            "Quality released the unit; its performance report is there.",
            _released,
            payload=Release,
        ),
    )
    NONCONFORMANCE_RAISED = (
        "NONCONFORMANCE_RAISED",
        Row(
            Stage.QUALITY,
            all_languages("Deviation found", "发现偏差", "Écart constaté", "Abweichung festgestellt"),
            "The unit turned out to be built otherwise than designed, or although it was cancelled.",
            announced,
            payload=Deviation,
        ),
    )
    NONCONFORMANCE_DISPOSED = (
        "NONCONFORMANCE_DISPOSED",
        Row(
            Stage.QUALITY,
            all_languages(
                "Way forward decided", "处置方案已确定", "Suite à donner décidée", "Weiteres Vorgehen entschieden"
            ),
            "An engineer, or a rule of the inspection plan, said what becomes of the unit.",
            _disposed,
            payload=Disposal,
        ),
    )
    SCRAPPED = (
        "SCRAPPED",
        Row(
            Stage.QUALITY,
            all_languages("Scrapped", "已报废", "Mis au rebut", "Verschrottet"),
            "The unit will not be finished; another one replaces it.",
            _scrapped,
            payload=Succession,
        ),
    )
