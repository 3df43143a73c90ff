"""The access tokens of all simulated machines and of those who look on, renewed while the demonstration runs."""

import asyncio
from dataclasses import dataclass, field

from app.domain.viewer import AccountKind
from app.opening import with_database, with_world
from app.settings import Settings
from app.tokens import machine_token
from seeds.simulator import Bearers

RENEWAL_SECONDS = 3600.0


@dataclass
class Passes:
    """What is given out beside a running server: one token for each machine, a partner and a member of staff."""

    bearers: Bearers = field(default_factory=Bearers)
    partner: str = ""
    staff: str = ""

    async def renew(self, settings: Settings) -> None:
        with with_database(settings) as complete:
            async with with_world(complete) as world:
                for factory in world.catalogue.factories:
                    token = await machine_token(world, AccountKind.FACTORY, factory=factory.code)
                    self.bearers.factories[factory.code] = token
                for carrier in world.catalogue.carriers:
                    token = await machine_token(world, AccountKind.CARRIER, carrier=carrier.code)
                    self.bearers.carriers[carrier.code] = token
                self.partner = await machine_token(world, AccountKind.PARTNER)
                self.staff = await machine_token(world, AccountKind.STAFF)

    async def keep(self, settings: Settings) -> None:
        """Renew them every hour: a machine's token lasts twelve."""
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await self.renew(settings)
