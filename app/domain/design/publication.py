"""What the gallery shows of a design: one revision, as long as its owner wants, and nobody's name."""

from datetime import datetime

from app.domain.design.design import Design, DesignChange, DesignChangeKind, Publication, changed


def as_published(design: Design) -> Design | None:
    """Show a design as the gallery does, if it is published: no people, no engraving, no title but a public one."""
    shown = design.publication
    if shown is None:
        return None
    return Design(
        id=design.id,
        account="",
        model=design.model,
        title=shown.title or "",
        selections=shown.selections,
        engraving=None,
        revision=shown.revision,
        author="",
        started_at=design.started_at,
        revised_at=design.revised_at,
        sequence=0,
        published_at=design.published_at,
        publication=shown,
    )


def published(head: DesignChange, author: str, title: str | None, now: datetime) -> DesignChange | None:
    """Show the present revision in the gallery; None where it is shown there already under this title."""
    shown = Publication(head.state.revision, head.state.selections, title)
    if head.state.publication == shown:
        return None
    return changed(head, DesignChangeKind.PUBLISHED, author, now, {"published_at": now, "publication": shown})


def withdrawn(head: DesignChange, author: str, now: datetime) -> DesignChange | None:
    """Take a design out of the gallery; None where it is not there."""
    if head.state.published_at is None:
        return None
    return changed(head, DesignChangeKind.WITHDRAWN, author, now, {"published_at": None, "publication": None})
