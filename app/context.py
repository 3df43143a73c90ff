"""What one operation knows: who asks, in which language, and the loaders that live as long as it does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from app.actions.access import signed_in
from app.deps import Deps
from app.domain.design.design import Design, DesignChange
from app.domain.order.order import Order, Product
from app.domain.shared.refusal import Unauthenticated
from app.domain.shared.viewer import Viewer
from app.store.account import Account
from app.store.record import Records
from app.store.visibility import visible_orders, visible_products

R = TypeVar("R")


def _loading(records: Records[R], visible: Callable[[], dict[str, Any]]) -> DataLoader[str, R | None]:
    async def load(ids: list[str]) -> list[R | None]:
        found = await records.find_all(list(ids), visible())
        return [found.get(id) for id in ids]

    return DataLoader(load_fn=load)


class Context:
    """One operation's, whose loaders are renewed for each event of a subscription.

    `live` is the live side of this process, for subscriptions alone.
    """

    def __init__(self, deps: Deps, live: object, viewer: Viewer | None = None, accepted: str | None = None) -> None:
        self.deps = deps
        self.live = live
        self._viewer = viewer
        self._accepted_locale = accepted
        self.resume_after: str | None = None
        """The cursor that the transport brought, instead of `after`: Last-Event-ID."""
        self.cursor: str | None = None
        """The cursor behind a subscription's last event."""

    def afresh(self) -> "Context":
        """Return the same with loaders that remember nothing."""
        return Context(self.deps, self.live, self._viewer, self._accepted_locale)

    def lasting(self) -> "Context":
        """Return the same for a viewer whose token never expires: for what outlives a socket that expires itself."""
        viewer = self._viewer and replace(self._viewer, expires_at=datetime.max.replace(tzinfo=UTC))
        return Context(self.deps, self.live, viewer, self._accepted_locale)

    def renew(self) -> None:
        """Drop the loaders with all that they remember."""
        for name in ("products", "orders", "addresses", "accounts", "revisions", "designs", "design_changes"):
            self.__dict__.pop(name, None)

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

    @cached_property
    def products(self) -> DataLoader[str, Product | None]:
        """Visible units by code, with the state of the projection."""
        return _loading(self.deps.stores.products, lambda: visible_products(self.viewer))

    @cached_property
    def orders(self) -> DataLoader[str, Order | None]:
        """Visible orders by id."""
        return _loading(self.deps.stores.orders, lambda: visible_orders(self.viewer))

    @cached_property
    def addresses(self) -> DataLoader[str, Order | None]:
        """Any order by id: for its address alone, once it is certain that the viewer may see that."""
        return _loading(self.deps.stores.orders, dict)

    @cached_property
    def accounts(self) -> DataLoader[str, Account | None]:
        return _loading(self.deps.stores.accounts, dict)

    @cached_property
    def revisions(self) -> DataLoader[tuple[str, int], Design | None]:
        """Designs as they were, without their people, by (design, revision); whoever asks has a right to one."""

        async def load(places: list[tuple[str, int]]) -> list[Design | None]:
            found = await self.deps.stores.design_changes.find_revisions(places)
            return [found.get(place) for place in places]

        return DataLoader(load_fn=load)

    @cached_property
    def design_changes(self) -> DataLoader[tuple[str, int], DesignChange | None]:
        """Changes, without people in their states, by (design, sequence); whoever asks has a right to the design."""

        async def load(places: list[tuple[str, int]]) -> list[DesignChange | None]:
            found = await self.deps.stores.design_changes.find_many(places)
            return [found.get(place) for place in places]

        return DataLoader(load_fn=load)

    @cached_property
    def designs(self) -> DataLoader[str, Design | None]:
        """Any design by id, as lists know it: whoever asks judges the viewer's right to it."""
        return _loading(self.deps.stores.designs, dict)


Info = strawberry.Info[Context, None]
