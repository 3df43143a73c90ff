"""The simulated factories and carriers: clients of the public API that report what machines would."""

import asyncio
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from seeds.client import Client, FactoryTime
from seeds.delivery import deliver
from seeds.event import Event
from seeds.plant import Model, read_models
from seeds.reporter import Reporter, Unit
from seeds.script import Script

AT_FACTORY = ("PLANNED", "IN_PRODUCTION", "IN_INSPECTION", "IN_REWORK", "RELEASED")
AT_CARRIER = ("PACKED", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED")
TIMEOUT_SECONDS = 15.0


@dataclass
class Bearers:
    """The machines' access tokens by code. They may be renewed while the simulator runs."""

    factories: MutableMapping[str, str] = field(default_factory=dict)
    carriers: MutableMapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """How the simulated world behaves: `pace` stretches durations, 0 is at once; `failures` is a share of units."""

    pace: float = 1.0
    seed: int = 1
    failures: float = 0.08


async def simulate(url: str, bearers: Bearers, rules: Rules) -> None:
    """Report for all factories and carriers, for ever. Waits for a server that is away."""
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http, asyncio.TaskGroup() as tasks:
        anybody = Client(http, url)
        time = FactoryTime(anybody)
        await time.read()
        simulation = Simulation(await read_models(anybody), rules)
        tasks.create_task(time.follow())
        for tokens, statuses, follow in (
            (bearers.factories, AT_FACTORY, simulation.build),
            (bearers.carriers, AT_CARRIER, simulation.deliver),
        ):
            for code in tokens:
                client = Client(http, url, lambda tokens=tokens, code=code: tokens[code])  # type: ignore[misc]
                tasks.create_task(Reporter(client, time, statuses, follow, rules.pace).run())


class Simulation:
    """What comes next for any unit, by its model's routing and inspection plan."""

    def __init__(self, models: dict[str, Model], rules: Rules) -> None:
        self._models, self._rules = models, rules

    def build(self, unit: Unit, now: datetime) -> Sequence[Event]:
        script = Script(self._models[unit.sku], unit.code, self._rules.seed, self._rules.failures)
        return script.follow(unit.history, unit.status)

    def deliver(self, unit: Unit, now: datetime) -> Sequence[Event]:
        if unit.earliest is None or unit.latest is None:
            return ()
        earliest, latest = (max(0.0, (eta - now).total_seconds()) for eta in (unit.earliest, unit.latest))
        city = self._models[unit.sku].city
        return deliver(unit.code, self._rules.seed, city, unit.history, earliest, latest)
