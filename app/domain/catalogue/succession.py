"""What a catalogue becomes when another one is loaded: nothing that was ever offered is lost, it is withdrawn.

Operations, characteristics, rules and type tests belong to an edition alone: whoever was sold an earlier one keeps
them. A market may go for good: quotes and units keep what they were charged.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from app.domain.catalogue.catalogue import Carrier, Catalogue, Factory, Line, Model, Option, OptionGroup, Station

Part = TypeVar("Part", Station, Option, Carrier)


def succeeding(present: Catalogue, loaded: Catalogue) -> Catalogue:
    """Make the catalogue that follows: what is loaded, and behind it, withdrawn, what it no longer has."""
    codes = dict.fromkeys((*loaded.factory, *present.factory))
    factories = tuple(_factory(present, loaded, code) for code in codes)
    return Catalogue(factories, _with_gone(present.carriers, loaded.carriers), loaded.markets)


def _factory(present: Catalogue, loaded: Catalogue, code: str) -> Factory:
    """Join a factory with what it had, unless that is now another factory's."""
    old, new = present.factory.get(code), loaded.factory.get(code)
    lines = [_line(present.line.get(line.code), line) for line in new.lines] if new else []
    models = [_model(present.model.get(model.sku), model) for model in new.models] if new else []
    if old is not None:
        lines += [replace(line, withdrawn=True) for line in old.lines if line.code not in loaded.line]
        models += [replace(model, withdrawn=True) for model in old.models if model.sku not in loaded.model]
    base = new or replace(present.factory[code], withdrawn=True)
    return replace(base, lines=tuple(lines), models=tuple(sorted(models, key=lambda model: model.sku)))


def _line(old: Line | None, new: Line) -> Line:
    return replace(new, stations=_with_gone(old.stations, new.stations)) if old else new


def _model(old: Model | None, new: Model) -> Model:
    known = old.groups if old else {}
    groups = [_group(known.get(group.code), group) for group in new.option_groups]
    groups += [_withdrawn_group(group, new) for code, group in known.items() if code not in new.groups]
    return replace(new, option_groups=tuple(groups))


def _group(old: OptionGroup | None, new: OptionGroup) -> OptionGroup:
    """Join a group with what it had; what is offered comes first, for the first option is the usual one."""
    return replace(new, options=_with_gone(old.options if old else (), (*new.offered, *new.withdrawn)))


def _withdrawn_group(group: OptionGroup, model: Model) -> OptionGroup:
    """Keep a group that a model no longer has: nobody need choose in it."""
    freezes_at = group.freezes_at if group.freezes_at in model.operations else None
    options = _with_gone(group.options, ())
    return replace(group, options=options, required=False, freezes_at=freezes_at)


def _with_gone(old: Iterable[Part], new: tuple[Part, ...]) -> tuple[Part, ...]:
    known = [part.code for part in new]
    gone: list[Part] = [replace(part, withdrawn=True) for part in old if part.code not in known]
    return new + tuple(gone)
