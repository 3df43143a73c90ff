"""As what was a model sold: its editions, each immutable, and what a unit of an earlier one may still choose."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from app.domain.catalogue.catalogue import Model, OptionGroup
from app.domain.shared.chain import digest, form

NO_NAMES: AbstractSet[str] = frozenset()


class EditionKey(NamedTuple):
    """Which edition of which model."""

    sku: str
    number: int


@dataclass(frozen=True, eq=False)
class Edition:
    """A model as it was offered from `valid_from` on (factory clock), numbered 1, 2, 3 … for each SKU."""

    number: int
    content_hash: str
    valid_from: datetime
    model: Model

    @property
    def key(self) -> EditionKey:
        return EditionKey(self.model.sku, self.number)


def content_hash(model: Model) -> str:
    """SHA-256, in hexadecimal, over the RFC 8785 form of all that a catalogue entry says."""
    return digest(form(model))


def next_edition(present: Edition | None, model: Model, now: datetime) -> Edition:
    """Make the edition that follows when a model is loaded: the present one where it says the same."""
    hashed = content_hash(model)
    if present is not None and present.content_hash == hashed:
        return present
    return Edition(present.number + 1 if present else 1, hashed, now, model)


def still_offered(own: Model, current: Model, kept: AbstractSet[str] = NO_NAMES) -> Model:
    """Give a unit's own edition without what is withdrawn today, but for what it has already (`kept`, `GROUP.OPTION`).

    Its own prices, rules, routing and limits stay; options that came later are not in it. That the model as a whole is
    withdrawn takes nothing away from who has bought it.
    """
    if own is current:
        return own
    gone = frozenset(f"{group.code}.{option.code}" for group in current.option_groups for option in group.withdrawn)
    return _without(own, frozenset(gone - kept))


@lru_cache(maxsize=1024)
def _without(model: Model, gone: frozenset[str]) -> Model:
    """Mark options as withdrawn; the same model where it offers none of them."""
    offered = {f"{group.code}.{option.code}" for group in model.option_groups for option in group.offered}
    if not offered & gone:
        return model

    def marked(group: OptionGroup) -> OptionGroup:
        options = (replace(o, withdrawn=o.withdrawn or f"{group.code}.{o.code}" in gone) for o in group.options)
        return replace(group, options=tuple(options))

    return replace(model, option_groups=tuple(map(marked, model.option_groups)))
