"""How much of a unit is read: lists show few fields, and most of its document is the state that they leave out."""

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum, auto

from pydantic import TypeAdapter

from app.domain.line.calendar import Plan
from app.domain.order.order import Product
from app.domain.unit.state import BriefState
from app.store.database import Document

PLAN = TypeAdapter(Plan | None)
LASTING = {field.name: 1 for field in fields(Product) if field.name not in ("code", "state", "listed_as")}
"""What a unit is for ever, and its plan."""


class Extent(Enum):
    """How much of a unit is read. All but the whole come with a BriefState, which refuses whatever was not read."""

    BRIEF = auto()
    """What it is, its status, and the number of its last step."""
    PLANNED = auto()
    """The same with its plan."""
    WHOLE = auto()


_PLANNED = {**LASTING, "status": 1, "state.sequence": 1, "state.successor": 1, "state.plan": 1}
FIELDS: Mapping[Extent, Document | None] = {
    Extent.BRIEF: {name: 1 for name in _PLANNED if name not in ("plan", "state.plan", "engraving")},
    Extent.PLANNED: _PLANNED,
    Extent.WHOLE: None,
}
"""What is read of a document; None is all of it."""


def brief_state(document: Document, extent: Extent) -> BriefState:
    """Load what was read of a state."""
    state = document["state"]
    known = {"sequence": state["sequence"], "successor": state.get("successor")}
    if extent is Extent.PLANNED:
        known["plan"] = PLAN.validate_python(state.get("plan"))
    return BriefState.of(known)
