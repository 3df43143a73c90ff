"""Loads a catalogue into the database: what differs, in one transaction."""

from app.domain.catalogue.catalogue import Catalogue
from app.store.stores import Stores


async def load_catalogue(stores: Stores, catalogue: Catalogue) -> int:
    """Keep a catalogue that has been read and checked as a whole; return how many of its parts were new or changed."""
    return await stores.catalogue.save(catalogue)
