"""What the database holds after an experiment on live delivery, and what is counted of a run."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from app.store.database import Database
from app.store.stores import Stores
from experiments.crowd import Crowd
from experiments.live_checker import Seen, StoredStep, What, check_live
from experiments.result import Result
from experiments.subscriber import Subscriber
from schema.scalars import print_datetime


async def judged(crowd: Crowd, cold: Sequence[Subscriber] = ()) -> Result:
    """Compare what everybody saw with what is stored, and count."""
    history = crowd.history.entries
    stored = await read_steps(crowd)
    violations = [*crowd.problems, *check_live(history, stored, crowd.heads())]
    return Result(figures(crowd, stored, cold), violations)


async def read_steps(crowd: Crowd) -> Sequence[StoredStep]:
    """Read the units' journals in the end, past the API."""
    database = Database.connect(crowd.plant.settings.mongodb_url, crowd.plant.settings.database)
    steps = Stores(database).steps
    found = []
    for code in crowd.codes:
        for document in await steps.documents(code):
            step = steps.load(document).step
            content = f"{step.hash} {step.kind.value} {print_datetime(step.occurred_at)} {step.sequence}"
            event = step.event_id if step.event_id.startswith("machine-") else ""
            found.append(StoredStep(code, step.sequence, content, event))
    database.close()
    return found


def latencies(history: Sequence[Seen]) -> list[float]:
    """Return the seconds from each acknowledgement to each receipt; 0 where the step was faster."""
    acknowledged = {(seen.code, seen.sequence): seen.at for seen in history if seen.what == What.ACKNOWLEDGED}
    return [
        max(0.0, seen.at - acknowledged[seen.code, seen.sequence])
        for seen in history
        if seen.what == What.STEP and (seen.code, seen.sequence) in acknowledged
    ]


def figures(crowd: Crowd, stored: Sequence[StoredStep], cold: Sequence[Subscriber]) -> dict[str, str | int | float]:
    history = crowd.history.entries
    of_cold = {one.name for one in cold}
    steps = [seen for seen in history if seen.what == What.STEP]
    live = [seen for seen in history if seen.client not in of_cold]
    took = sorted(latencies(live)) or [0.0]
    tries = sum((machine.failed for machine in crowd.machines), Counter[str]())
    errors = sum((one.errors for one in (*crowd.watching, *cold)), Counter[str]())
    http = sum((proxy.happened for proxy in crowd.plant.proxies.values()), Counter[str]())
    sockets = sum((proxy.happened for proxy in crowd.plant.sockets.values()), Counter[str]())
    return {
        "API processes": len(crowd.plant.servers),
        "steps stored": len(stored),
        "reports acknowledged": sum(seen.what == What.ACKNOWLEDGED for seen in history),
        "mutations sent": sum(machine.tries for machine in crowd.machines),
        "mutations without an answer": _listed(tries),
        "subscribers": len(crowd.watching),
        "subscriptions": sum(one.subscriptions for one in crowd.watching),
        "deliveries": sum(seen.client not in of_cold for seen in steps),
        "cold subscribers": len(cold),
        "deliveries to them": sum(seen.client in of_cold for seen in steps),
        "from acknowledgement to receipt": f"median {median(took):.3f} s, p99 {took[int(len(took) * 0.99)]:.3f} s, "
        f"longest {took[-1]:.3f} s",
        "subscriptions ended by an error": _listed(errors),
        "blows": _listed(crowd.blows),
        "starts that failed for want of the database": crowd.failed_starts,
        **{f"HTTP: {fault}": times for fault, times in sorted(http.items())},
        **{f"sockets: {fault}": times for fault, times in sorted(sockets.items())},
        **{f"MongoDB: {fault}": times for fault, times in sorted(crowd.plant.database_proxy.happened.items())},
    }


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counted.items())) or "0"
