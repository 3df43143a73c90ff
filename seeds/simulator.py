"""The simulated factories and carriers: clients of the public API that report what machines would."""

import asyncio
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from seeds.client import Client, FactoryTime
from seeds.event import Event
from seeds.haulage import Haulage
from seeds.plant import Model, read_model
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
        simulation = Simulation(anybody, rules)
        tasks.create_task(time.follow())

        def bearer(tokens: MutableMapping[str, str], code: str) -> Client:
            return Client(http, url, lambda: tokens[code])

        for code in bearers.factories:
            machines = bearer(bearers.factories, code)
            factory = Reporter(machines, time, AT_FACTORY, simulation.build, simulation.know, rules.pace)
            tasks.create_task(factory.run())
        for code in bearers.carriers:
            carrier = SimulatedCarrier(time.now, rules.seed, rules.pace)
            tasks.create_task(Haulage(bearer(bearers.carriers, code), carrier).run())


class Simulation:
    """What comes next for any unit, by the routing and the inspection plan that it was sold with."""

    def __init__(self, client: Client, rules: Rules) -> None:
        self._client, self._rules = client, rules
        self._models: dict[str, Model] = {}

    async def know(self, model: str) -> None:
        if model not in self._models:
            self._models[model] = await read_model(self._client, model)

    def build(self, unit: Unit, now: datetime) -> Sequence[Event]:
        script = Script(self._models[unit.model], unit.code, self._rules.seed, self._rules.failures)
        return script.follow(unit.history, unit.status)
