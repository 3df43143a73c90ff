"""The access tokens of all simulated machines and of those who look on, renewed while the demonstration runs."""

import asyncio
from dataclasses import dataclass, field

from app.domain.shared.viewer import AccountKind
from app.ops.bootstrap import with_database, with_deps
from app.ops.issue_token import machine_token
from app.settings import Settings
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
            async with with_deps(complete) as deps:
                for factory in deps.catalogue.factories:
                    token = await machine_token(deps, AccountKind.FACTORY, factory=factory.code)
                    self.bearers.factories[factory.code] = token
                for carrier in deps.catalogue.carriers:
                    token = await machine_token(deps, AccountKind.CARRIER, carrier=carrier.code)
                    self.bearers.carriers[carrier.code] = token
                self.partner = await machine_token(deps, AccountKind.PARTNER)
                self.staff = await machine_token(deps, AccountKind.STAFF)

    async def keep(self, settings: Settings) -> None:
        """Renew them every hour: a machine's token lasts twelve."""
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await self.renew(settings)
