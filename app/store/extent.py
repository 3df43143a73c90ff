"""How much of a unit is read: lists show few fields, and most of its document is the state that they leave out."""

from collections.abc import Mapping
from enum import Enum, auto

from pydantic import TypeAdapter

from app.domain.line.calendar import Plan
from app.domain.order.order import BriefProduct, Product
from app.domain.shared.brief import brief_of
from app.domain.unit.stage import ProductStatus
from app.domain.unit.state import BriefState
from app.store.database import Document

PLAN = TypeAdapter(Plan | None)


class Extent(Enum):
    """How much of a unit is read. All but the whole are a BriefProduct, which refuses whatever was not read."""

    BRIEF = auto()
    """What it is, its status, and the number of its last step."""
    PLANNED = auto()
    """The same with its plan."""
    WHOLE = auto()


LASTING = ("gtin", "model", "edition", "factory", "line", "order", "ordered_at")
_BRIEF: Document = dict.fromkeys((*LASTING, "replaces", "status", "state.sequence", "state.successor"), 1)
_ANNOUNCED_PLAN: Document = {"$cond": [{"$gt": ["$plan", None]}, "$$REMOVE", "$state.plan"]}
FIELDS: Mapping[Extent, Document | None] = {
    Extent.BRIEF: _BRIEF,
    Extent.PLANNED: {**_BRIEF, "plan": 1, "state.plan": _ANNOUNCED_PLAN},
    Extent.WHOLE: None,
}
"""What is read of a document; None is all of it. The plan in a state is needed where the unit has no other."""


def load_brief(document: Document, extent: Extent) -> Product:
    """Load a unit of which no more was read."""
    state = document["state"]
    read = {"sequence": state["sequence"], "successor": state.get("successor")}
    unit = {
        **{name: document[name] for name in LASTING},
        "code": document["_id"],
        "replaces": document.get("replaces"),
        "listed_as": ProductStatus(document["status"]),
    }
    if extent is Extent.PLANNED:
        unit["plan"], read["plan"] = map(PLAN.validate_python, (document.get("plan"), state.get("plan")))
    return brief_of(BriefProduct, {**unit, "state": brief_of(BriefState, read)})
