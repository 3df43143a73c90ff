"""Arguments that many fields have."""

from typing import Annotated, TypeVar

import strawberry

T = TypeVar("T")

Input = Annotated[T, strawberry.argument(description="The details of what to do.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
