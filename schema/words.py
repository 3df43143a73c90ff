"""Which language a field answers in, and how enums get their descriptions."""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, TypeVar

import strawberry

from app.context import Info
from app.domain.shared.text import Text, in_locale
from schema.scalars import Locale

E = TypeVar("E", bound=Enum)

InLocale = Annotated[Locale | None, strawberry.argument(description="The language; without it, the viewer's own.")]


def words(info: Info, text: Text, locale: str | None) -> str:
    return in_locale(text, locale or info.context.locale)


def vocabulary(enum: type[E], description: str, values: Mapping[str, str]) -> None:
    """Make a domain enum public, each value with its description; every value must have one."""
    definition = strawberry.enum(enum, description=description).__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]
