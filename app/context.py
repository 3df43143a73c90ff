"""What one operation knows: who asks, in which language, and the loaders that live as long as it does."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self, TypeVar, TypeVarTuple

import strawberry
from strawberry.dataloader import DataLoader

from app.actions.access import signed_in
from app.deps import Deps
from app.domain.shared.refusal import Unauthenticated
from app.domain.shared.viewer import Viewer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Given = TypeVarTuple("Given")


class Loaders:
    """The reads of one operation: what is asked for at the same time is read together, and nothing is read twice.

    A read is any function that finds the values of many keys at once; what it takes before the keys is what they share:
    `load(stores.steps.pages_of, code, stages, page)` reads with `stores.steps.pages_of(stages, page, [code, ...])`.
    Each read has a loader for each set of shared values, made when it is first asked for.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[Hashable, ...], DataLoader[Any, Any]] = {}

    def load(
        self, read: Callable[[*Given, Sequence[K]], Awaitable[Mapping[K, V]]], key: K, *given: *Given
    ) -> Awaitable[V | None]:
        """Read the value of a key together with others that are asked for just now; None where there is none."""
        loader = self._made.get((read, *given))
        if loader is None:

            async def load_all(keys: list[K]) -> list[V | None]:
                found = await read(*given, keys)
                return [found.get(key) for key in keys]

            loader = self._made[read, *given] = DataLoader(load_fn=load_all)
        return loader.load(key)


class Context:
    """One operation's, or one event's of a subscription: its loaders remember what they have read."""

    def __init__(self, deps: Deps, viewer: Viewer | None = None, accepted_locale: str | None = None) -> None:
        self.deps = deps
        self._viewer = viewer
        self._accepted_locale = accepted_locale
        self._loaders = Loaders()

    def afresh(self) -> Self:
        """Return the same with loaders that remember nothing."""
        return self._for(self._viewer)

    def lasting(self) -> Self:
        """Return the same for a viewer whose token never expires: for what outlives a socket that expires itself."""
        return self._for(self._viewer and replace(self._viewer, expires_at=datetime.max.replace(tzinfo=UTC)))

    def _for(self, viewer: Viewer | None) -> Self:
        return type(self)(self.deps, viewer, self._accepted_locale)

    def load(
        self, read: Callable[[*Given, Sequence[K]], Awaitable[Mapping[K, V]]], key: K, *given: *Given
    ) -> Awaitable[V | None]:
        """Read one thing as this operation's loaders do; None where there is none."""
        return self._loaders.load(read, key, *given)

    async def load_many(
        self, read: Callable[[*Given, Sequence[K]], Awaitable[Mapping[K, V]]], keys: Iterable[K], *given: *Given
    ) -> list[V]:
        """Read several things as this operation's loaders do, in their order; what is not there is left out."""
        found = await asyncio.gather(*(self._loaders.load(read, key, *given) for key in keys))
        return [value for value in found if value is not None]

    @property
    def expired(self) -> bool:
        """Whether the token has expired meanwhile."""
        return self._viewer is not None and self._viewer.expires_at <= datetime.now(UTC)

    @property
    def viewer(self) -> Viewer | None:
        """Who is asking; raises Unauthenticated once their token has expired, on a socket that was open before too."""
        if self.expired:
            raise Unauthenticated("The access token has expired.")
        return self._viewer

    @viewer.setter
    def viewer(self, viewer: Viewer | None) -> None:
        self._viewer = viewer

    @property
    def locale(self) -> str | None:
        """The viewer's own language, else the one that the request accepts, else None."""
        return (self._viewer.locale if self._viewer else None) or self._accepted_locale

    @property
    def signed_in(self) -> Viewer:
        """The viewer, or Unauthenticated where nobody is signed in."""
        return signed_in(self.viewer)


Info = strawberry.Info[Context, None]
