"""What a stored step says: its event read into objects, once for all checks; what it is chained by as it stands."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from app.domain.journey import State, Step
from app.store.database import Document
from app.store.span import in_utc


@dataclass(frozen=True, kw_only=True)
class StoredStep(Step):
    """A step whose place and chain are unread, so that a wrong one is never taken for what it could be read as.

    Its state is empty: the stored one is compared with the fold, mostly without reading it.
    """

    product: Any
    model: Any
    line: Any
    sequence: Any
    recorded_at: Any
    previous_hash: Any = None
    hash: Any = None
    signature: Any = None


STEP = TypeAdapter(StoredStep)
EMPTY = State(selections={})


@dataclass(frozen=True)
class Entry:
    """A step as it is stored, its times without zones, and as it is read; None for one that cannot be."""

    document: Document
    step: StoredStep | None

    @property
    def place(self) -> Any:
        return self.document.get("sequence")


def read_entry(document: Document) -> Entry:
    said = in_utc({**document, "state": EMPTY})
    try:
        return Entry(document, STEP.validate_python(said))
    except ValueError:
        return Entry(document, None)
