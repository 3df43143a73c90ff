"""What a load of the catalogue changes, in lines for a terminal."""

from collections import Counter
from collections.abc import Iterator

from app.actions.seed import Load
from app.domain.catalogue.comparison import Difference, DifferenceKind
from app.store.usage import Uses


def summary(load: Load, done: bool) -> str:
    """Say what is added, altered and withdrawn, which prices change, who has what is withdrawn, and the new editions.

    `done`: it was loaded; else it is what would be.
    """
    return "\n".join(_lines(load, done))


def _lines(load: Load, done: bool) -> Iterator[str]:
    in_use = dict(load.in_use)
    yield from (_line(change, in_use.get(change)) for change in load.changes)
    for edition in load.editions:
        becomes = "is now" if done else "would become"
        yield f"{edition.key.sku} {becomes} edition {edition.number} (SHA-256 {edition.content_hash[:12]}…)"
    counts = Counter(change.kind for change in load.changes)
    counted = ", ".join(f"{counts[kind]} {kind.value}" for kind in DifferenceKind if counts[kind])
    yield f"{len(load.changes)} parts of the catalogue differ{': ' if counted else ''}{counted}."
    if done and load.changes:
        yield "Running servers take it up within 5 seconds."


def _line(change: Difference, uses: Uses | None) -> str:
    if not uses:
        return str(change)
    return f"{change}: in use by " + ", ".join(f"{count} {name}" for name, count in uses.items())
