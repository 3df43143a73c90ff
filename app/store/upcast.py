"""Which forms of stored documents can be read: the one room that will know old ones.

A step names the version of its form (`form`). Where the form changes, the version is counted on, and a function here
makes a document of the version before into one of the next; its hash stays that of the form in which it was written.
"""

from app.domain.unit.journey import FORM
from app.store.database import Document


class UnknownForm(ValueError):
    """A document in a form that this program does not know: another version of it wrote it, or somebody altered it."""


def upcast(document: Document) -> Document:
    """Return a stored step in the present form; raises UnknownForm, naming the form, where that cannot be read."""
    found = document.get("form")
    if found != FORM:
        raise UnknownForm(f"step {document.get('sequence')} has form {found!r}; forms up to {FORM} are known")
    return document
