"""The demonstration and the simulator, run until they are stopped."""

import asyncio
from datetime import datetime

import httpx
import typer
from rich.console import Console

from app.ops.bootstrap import with_database, with_deps
from app.ops.demo.customer import EMAIL, buy_washing_machine
from app.ops.demo.guide import Guide
from app.ops.demo.live import show_activity
from app.ops.demo.passes import Passes
from app.ops.demo.server import Server, running_server
from app.ops.demo.stopping import until_stopped
from app.ops.issue_token import customer_token
from app.settings import Settings
from seeds.client import Client, FactoryTime
from seeds.demand import order_for_ever
from seeds.simulator import Rules, simulate

DEMO_CLOCK_SPEED = 1440.0
"""One day of factory time in a minute."""


def run_demo(settings: Settings, rules: Rules, orders_per_minute: float) -> None:
    """Run server, factory and customers until a signal comes. Raises NoServer."""
    if "clock_speed" not in settings.model_fields_set:
        settings = settings.model_copy(update={"clock_speed": DEMO_CLOCK_SPEED})
    asyncio.run(until_stopped(_demo(settings, rules, orders_per_minute)))
    typer.echo("Stopped.")


def run_simulator(settings: Settings, url: str, rules: Rules, orders_per_minute: float) -> None:
    """Run factories and carriers beside a running server, until a signal comes."""
    asyncio.run(until_stopped(_simulator(settings, url, rules, orders_per_minute)))


async def _simulator(settings: Settings, url: str, rules: Rules, orders_per_minute: float) -> None:
    passes = Passes()
    await passes.renew(settings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(passes.keep(settings))
        tasks.create_task(simulate(url, passes.bearers, rules))
        tasks.create_task(order_for_ever(url, orders_per_minute, rules.seed))


async def _demo(settings: Settings, rules: Rules, orders_per_minute: float) -> None:
    console = Console(highlight=False)
    async with running_server(settings) as server, httpx.AsyncClient(timeout=15) as http:
        with console.status("Starting the database and the server; the first time takes longest …"):
            await server.ready()
        client, passes = Client(http, f"{server.url}/graphql"), Passes()
        await passes.renew(settings)
        guide = await _guide(settings, server, client, passes)
        typer.echo(str(guide))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.ended())
            tasks.create_task(passes.keep(settings))
            tasks.create_task(show_activity(client, lambda: passes.staff, guide.bought.codes[0], console))
            tasks.create_task(simulate(client.url, passes.bearers, rules))
            tasks.create_task(order_for_ever(client.url, orders_per_minute, rules.seed))


async def _guide(settings: Settings, server: Server, client: Client, passes: Passes) -> Guide:
    """Order the demo customer's unit and gather what there is to tell."""
    bought = await buy_washing_machine(client)
    time = FactoryTime(client)
    await time.read()
    starts_at = datetime.fromisoformat(bought.starts_at) if bought.starts_at else time.now()
    with with_database(settings) as complete:
        async with with_deps(complete) as deps:
            customer = await customer_token(deps, EMAIL)
    return Guide(server.url, time.speed, starts_at - time.now(), bought, customer, passes)
