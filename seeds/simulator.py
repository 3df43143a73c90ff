"""The simulated factories and carriers: clients of the public API that report what machines would."""

import asyncio
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from seeds.client import Client, FactoryTime
from seeds.event import Event
from seeds.haulage import Haulage
from seeds.plant import Model, read_models
from seeds.reporter import Reporter, Unit
from seeds.script import Script
from seeds.simulated_carrier import SimulatedCarrier

AT_FACTORY = ("PLANNED", "IN_PRODUCTION", "IN_INSPECTION", "IN_REWORK", "RELEASED")
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

        def bearer(tokens: MutableMapping[str, str], code: str) -> Client:
            return Client(http, url, lambda: tokens[code])

        for code in bearers.factories:
            factory = Reporter(bearer(bearers.factories, code), time, AT_FACTORY, simulation.build, rules.pace)
            tasks.create_task(factory.run())
        for code in bearers.carriers:
            carrier = SimulatedCarrier(time.now, rules.seed, rules.pace)
            tasks.create_task(Haulage(bearer(bearers.carriers, code), carrier, simulation.cities).run())


class Simulation:
    """What comes next for any unit, by its model's routing and inspection plan."""

    def __init__(self, models: dict[str, Model], rules: Rules) -> None:
        self._models, self._rules = models, rules

    def build(self, unit: Unit, now: datetime) -> Sequence[Event]:
        script = Script(self._models[unit.sku], unit.code, self._rules.seed, self._rules.failures)
        return script.follow(unit.history, unit.status)

    @property
    def cities(self) -> dict[str, str]:
        """Where each model is made."""
        return {sku: model.city for sku, model in self._models.items()}
