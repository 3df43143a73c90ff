"""What one operation knows: who asks, in which language, and the loaders that live as long as it does."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from app.domain.order import Order, Product
from app.domain.refusal import Unauthenticated
from app.domain.viewer import Viewer
from app.store.account import Account
from app.store.record import Records
from app.store.visibility import visible_orders, visible_products
from app.world import World

R = TypeVar("R")


def _loading(records: Records[R], visible: Callable[[], dict[str, Any]]) -> DataLoader[str, R | None]:
    async def load(ids: list[str]) -> list[R | None]:
        found = await records.find_all(list(ids), visible())
        return [found.get(id) for id in ids]

    return DataLoader(load_fn=load)


class Context:
    """One operation's, or one connection's, whose loaders are renewed for each operation and event.

    `live` is the live side of this process, for subscriptions alone.
    """

    def __init__(self, world: World, live: object, viewer: Viewer | None = None, accepted: str | None = None) -> None:
        self.world = world
        self.live = live
        self._viewer = viewer
        self._accepted_locale = accepted
        self.connection_params: dict[str, Any] | None = None

    def renew(self) -> None:
        """Drop the loaders with all that they remember."""
        for name in ("products", "orders", "accounts"):
            self.__dict__.pop(name, None)

    @property
    def viewer(self) -> Viewer | None:
        """Who is asking; raises Unauthenticated once their token has expired, on a socket that was open before too."""
        if self._viewer is not None and self._viewer.expires_at <= datetime.now(UTC):
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
        if self.viewer is None:
            raise Unauthenticated("Sign in first.")
        return self.viewer

    @cached_property
    def products(self) -> DataLoader[str, Product | None]:
        """Visible units by code, with the state of the projection."""
        return _loading(self.world.stores.products, lambda: visible_products(self.viewer))

    @cached_property
    def orders(self) -> DataLoader[str, Order | None]:
        """Visible orders by id."""
        return _loading(self.world.stores.orders, lambda: visible_orders(self.viewer))

    @cached_property
    def accounts(self) -> DataLoader[str, Account | None]:
        return _loading(self.world.stores.accounts, dict)


Info = strawberry.Info[Context, None]
