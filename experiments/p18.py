"""P18: history is tamper-evident. Journals made through the public API, then altered by whoever has the database.

Each alteration of stored steps must be found by `verify`, each of an exported journal by docs/verify.py; and both must
find nothing before the first, and nothing once it is undone: a checker that always finds something finds nothing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.actions.anchor import anchored, verify_anchors
from app.actions.verify import verify
from app.auth.keys import Keys
from app.deps import Deps
from app.domain.unit.code import parse_code
from app.ops.bootstrap import with_database, with_deps
from app.settings import Settings
from app.store.database import DatabaseError
from docs.verify import faults, read_keys
from experiments.alteration import ALTERATIONS, Forger, NotPossible, Stored
from experiments.forgery import FORGERIES, Hand, Json, forge
from experiments.process import ServerProcess, free_port
from experiments.result import Options, Result
from tests.client import FRONT_9, MODEL, Api, factory_now, new_customer, new_unit, readings, record, report

UNITS, ALTERATIONS_EACH = 6, 1_000
DRAWS_MAX = 1_000
SIGNED = "query($code: ProductCode!) { product(code: $code) { signedHead { signature } } }"
DECISIONS = "query($code: ProductCode!) { product(code: $code) { openDecisions { id } } }"


@dataclass
class Tally:
    """What was done how often, and what went wrong."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """What customers got of their units: journals, a receipt of each, and the keys."""

    exports: list[Json]
    receipts: dict[str, str]
    keys: Json


async def tell(api: Api, machine: Api, random: Random) -> str:
    """Have a unit ordered, built, inspected, decided on and sent; return its code."""
    customer = await new_customer(api)
    code, at = parse_code(await new_unit(customer)), await factory_now(api)
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    built = [
        report(code, kind, at, operation=operation["code"], note=random.choice((None, "Ä €", 'a "quoted"\n\u2028')))
        for operation in model["routing"]
        for kind in ("OPERATION_STARTED", "OPERATION_COMPLETED")
    ]
    media = [{"url": "https://example.com/1.jpg", "type": "image/jpeg", "caption": "a door"}]
    fitted = report(code, "COMPONENT_FITTED", at, location="Foshan", media=media)
    colour = random.choice((1.0, 99.5))
    inspected = report(code, "INSPECTION_PASSED", at, measurements=readings(model, None, COLOUR_DELTA_E=colour))
    sent = [report(code, kind, at) for kind in ("PACKED", "DISPATCHED", "DELIVERED")]
    await record(machine, *built[: random.randint(4, len(built))], fitted, inspected)
    for decision in (await customer.ask(DECISIONS, code=code))["product"]["openDecisions"]:
        selection = "... on Decision { choice }"
        choice = random.choice(("CONCESSION", "REWORK"))
        await customer.do(
            "decide", "DecideInput", selection, decisionId=decision["id"], choice=choice, idempotencyKey=code
        )
    await record(machine, *sent[: random.randint(0, 3)])
    return code


async def show(staff: Api, codes: Sequence[str]) -> Shown:
    """Read over HTTP what customers would keep."""

    async def read(path: str) -> Json:
        answer = await staff.http.get(f"{staff.url}/{path}", headers=staff.headers)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    receipts = {code: (await staff.ask(SIGNED, code=code))["product"]["signedHead"]["signature"] for code in codes}
    exports = [await read(f"products/{code}/journal.json") for code in codes]
    return Shown(exports, receipts, await read(".well-known/jwks.json"))


async def wait_until_anchored(deps: Deps, codes: Sequence[str]) -> None:
    for code in codes:
        last = (await deps.stores.steps.documents(code))[-1]["sequence"]
        while last not in [head.sequence for head in await anchored(deps, code)]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def read_stored(deps: Deps, codes: Sequence[str]) -> Stored:
    products = deps.stores.products.collection.find({"_id": {"$in": list(codes)}})
    steps = {code: await deps.stores.steps.documents(code) for code in codes}
    return Stored(steps, {product["_id"]: product async for product in products})


async def write(deps: Deps, before: Stored, after: Stored) -> list[str]:
    """Write what differs, by the back door; return the codes of the units that differ."""
    steps = deps.stores.database.collection("steps")
    codes = [
        code
        for code in before.steps
        if before.steps[code] != after.steps[code] or before.products[code] != after.products[code]
    ]
    for code in codes:
        await steps.delete_many({"_id": {"$in": [step["_id"] for step in before.steps[code]]}})
        await deps.stores.products.collection.replace_one({"_id": code}, after.products[code])
    documents = [step for code in codes for step in after.steps[code]]
    if documents:
        await steps.insert_many(documents)
    return codes


async def attack(deps: Deps, codes: Sequence[str], seed: int, count: int, over: Callable[[], bool]) -> Tally:
    """Alter stored steps, one way after the other; whatever `verify` does not find is wrong."""
    tally, good = Tally(), await read_stored(deps, codes)
    forger = Forger.named(Random(f"{seed} attack"), deps.stores.steps, deps.keys.id)
    tally.wrong += [f"found without an alteration: {fault}" for fault in await _found(deps, codes)]
    for name in cycle(ALTERATIONS):
        if tally.done.total() >= count or over():
            return tally
        altered, hit = await _alter(deps, forger, name, good)
        found = await _found(deps, hit)
        await write(deps, altered, good)
        tally.done[name] += 1
        if not found:
            tally.wrong.append(f"not found: {name} ({tally.done.total()})")
        tally.wrong += [f"found after {name} was undone: {fault}" for fault in await _found(deps, hit)]
    return tally


async def _alter(deps: Deps, forger: Forger, name: str, good: Stored) -> tuple[Stored, list[str]]:
    """Alter what is stored, really, and so that the database takes it."""
    for _ in range(DRAWS_MAX):
        altered = good.copied()
        try:
            ALTERATIONS[name](forger, altered)
            if _said(altered) != _said(good):
                return altered, await write(deps, good, altered)
        except NotPossible:
            pass
        except DatabaseError:
            await _undo(deps, good)
    raise RuntimeError(f"{name} never came about")


def _said(stored: Stored) -> list[list[Json]]:
    """Take what the steps say, without the database's own ids."""
    return [[{**step, "_id": None} for step in steps] for steps in stored.steps.values()]


async def _undo(deps: Deps, good: Stored) -> None:
    """Write everything anew: what was refused may have been written by half."""
    steps = deps.stores.database.collection("steps")
    await steps.delete_many({})
    await steps.insert_many([step for journal in good.steps.values() for step in journal])
    for code, product in good.products.items():
        await deps.stores.products.collection.replace_one({"_id": code}, product)


async def _found(deps: Deps, codes: Sequence[str]) -> list[str]:
    units = [await deps.stores.products.find(code) for code in codes]
    return [fault for unit in units if unit for fault in await verify(deps, unit)]


def pass_on(shown: Shown, seed: int, count: int, over: Callable[[], bool]) -> Tally:
    """Alter exported journals, one way after the other; whatever the offline checker does not find is wrong."""
    tally, keys = Tally(), read_keys(shown.keys)
    false = Keys(Ed25519PrivateKey.generate(), b"")
    false.__dict__["id"] = shown.keys["keys"][0]["kid"]
    hand = Hand(Random(f"{seed} exports"), shown.exports, false)
    for export in shown.exports:
        for fault in faults(export, keys, [shown.receipts[export["product"]]]):
            tally.wrong.append(f"found without an alteration: {fault}")
    for name in cycle(FORGERIES):
        if tally.done.total() >= count or over():
            break
        good, forged = _forge(hand, name)
        tally.done[name] += 1
        if not list(faults(forged, keys, [shown.receipts[good["product"]]])):
            tally.wrong.append(f"not found offline: {name} ({tally.done.total()})")
    return tally


def _forge(hand: Hand, name: str) -> tuple[Json, Json]:
    for _ in range(DRAWS_MAX):
        try:
            return forge(hand, name)
        except NotPossible:
            continue
    raise RuntimeError(f"{name} never came about")


async def build(folder: Path, seed: int) -> tuple[list[str], Shown]:
    """Make journals through the public API of a server that is gone afterwards."""
    random = Random(f"{seed} journals")
    server = ServerProcess(folder, free_port(), {"ZERO_DISTANCE_SWEEP_SECONDS": "0.5"})
    await server.start()
    api = Api(server.url)
    try:
        machine = api.signed_in(await server.command("token", "--kind", "factory", "--factory", "FOSHAN"))
        staff = api.signed_in(await server.command("token", "--kind", "staff"))
        codes = [await tell(api, machine, random) for _ in range(UNITS)]
        with with_database(Settings(data_dir=folder)) as settings:
            async with with_deps(settings) as deps:
                await wait_until_anchored(deps, codes)
        return codes, await show(staff, codes)
    finally:
        await api.http.aclose()
        await server.stop()


async def run_p18(options: Options, each: int = ALTERATIONS_EACH) -> Result:
    """Alter stored and exported journals a thousand times each, or until the minutes are over."""
    started = time.monotonic()

    def over() -> bool:
        return time.monotonic() - started > 60 * options.minutes

    codes, shown = await build(options.folder, options.seed)
    with with_database(Settings(data_dir=options.folder)) as settings:
        async with with_deps(settings) as deps:
            stored = await attack(deps, codes, options.seed, each, over)
            anchors = await verify_anchors(deps)
    exported = pass_on(shown, options.seed, each, over)
    figures: dict[str, str | int | float] = {
        "units": len(codes),
        "steps": sum(len(export["steps"]) for export in shown.exports),
        "alterations of stored steps": stored.done.total(),
        **{f"  {name}": count for name, count in stored.done.items()},
        "alterations of exported journals": exported.done.total(),
        **{f"  {name} ": count for name, count in exported.done.items()},
    }
    return Result(figures, [*stored.wrong, *anchors, *exported.wrong])
