"""What differs between two catalogues: what is added, altered, withdrawn, and which prices change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

from app.domain.shared.chain import form


class DifferenceKind(StrEnum):
    ADDED = "added"
    ALTERED = "altered"
    WITHDRAWN = "withdrawn"
    PRICE = "price"


Place = tuple[tuple[str, str], ...]
"""Where something stands: what it is and its code, from the outside in."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `detail` says how, where it is told in a few words."""

    kind: DifferenceKind
    place: Place
    detail: str = ""

    def __str__(self) -> str:
        where = ", ".join(f"{noun} {code}" for noun, code in self.place)
        return f"{self.kind.value:<10}{where}{': ' if self.detail else ''}{self.detail}"


PARTS: Mapping[str, tuple[str, str]] = {
    "factories": ("factory", "code"),
    "lines": ("line", "code"),
    "stations": ("station", "code"),
    "models": ("model", "sku"),
    "option_groups": ("group", "code"),
    "options": ("option", "code"),
    "rules": ("rule", "code"),
    "routing": ("operation", "code"),
    "inspection_plan": ("characteristic", "code"),
    "type_tests": ("type test", "code"),
    "carriers": ("carrier", "code"),
    "markets": ("market", "country"),
}
"""By field: what its entries are, and which of their fields names them."""
PRICES = frozenset(("base_price", "surcharge", "discount", "delivery"))


def differences(before: Any, after: Any, place: Place = ()) -> Iterator[Difference]:
    """Compare two parts of a catalogue of one kind, field by field, in the order of their fields."""
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name in PARTS and any(map(is_dataclass, (*(old or ()), *(new or ())))):
            yield from _parts(old, new, *PARTS[field.name], place)
        elif field.name in PRICES:
            yield from _prices(old, new, place)
        elif is_dataclass(old) and is_dataclass(new):
            yield from differences(old, new, place)
        elif form(old) != form(new) and field.name != "withdrawn":
            yield Difference(DifferenceKind.ALTERED, place, _told(field.name, old, new))


def _parts(old: Sequence[Any], new: Sequence[Any], noun: str, name: str, place: Place) -> Iterator[Difference]:
    known, found = ({getattr(part, name): part for part in parts} for parts in (old, new))
    for code, part in found.items():
        here = (*place, (noun, code))
        if code not in known or (_is_withdrawn(known[code]) and not _is_withdrawn(part)):
            yield Difference(DifferenceKind.ADDED, here, "offered again" if code in known else "")
        elif _is_withdrawn(part) and not _is_withdrawn(known[code]):
            yield Difference(DifferenceKind.WITHDRAWN, here)
        else:
            yield from differences(known[code], part, here)
    for code in known:
        if code not in found:
            yield Difference(DifferenceKind.WITHDRAWN, (*place, (noun, code)))
    lasting = [code for code in known if code in found and not _is_withdrawn(known[code]) | _is_withdrawn(found[code])]
    if place and lasting != [code for code in found if code in lasting]:
        yield Difference(DifferenceKind.ALTERED, place, f"the order of its {noun}s")


def _is_withdrawn(part: Any) -> bool:
    """Tell whether it can no longer be had; a group without a choice can neither."""
    return bool(getattr(part, "withdrawn", False)) and not getattr(part, "offered", ())


def _prices(old: Mapping[str, Any], new: Mapping[str, Any], place: Place) -> Iterator[Difference]:
    for currency in dict.fromkeys((*old, *new)):
        before, after = old.get(currency), new.get(currency)
        if before != after:
            said = " → ".join("none" if amount is None else f"{amount:.2f}" for amount in (before, after))
            yield Difference(DifferenceKind.PRICE, place, f"{currency} {said}")


def _told(name: str, old: Any, new: Any) -> str:
    """Name what differs, with the values where they are short."""
    said = [form(value) for value in (old, new)]
    if all(value is None or isinstance(value, str | int | float) for value in said):
        before, after = ("none" if value is None else value for value in said)
        return f"{name} {before} → {after}"
    return name
