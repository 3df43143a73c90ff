"""Eight writers who tell reports at once: some twice, shuffled within a window, in batches; and contradict them."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from random import Random

from experiments.floor import Floor, Unit, input_of
from tests.client import Json, record
from tests.domain.story import Told

WRITERS, REPEATED, WINDOW, BATCH_MAX = 8, 0.3, 50, 100
SIZES = {1: "1 report", 5: "2 to 5", 20: "6 to 20", BATCH_MAX: "21 to 100"}
Batch = Sequence[Told]


def disorder(random: Random, happened: Sequence[Told]) -> list[list[Batch]]:
    """Deal reports to the writers: some twice, each at most a window away from its place, cut into batches."""
    line = sorted(random.sample(happened, len(happened)), key=lambda told: told.report.occurred_at)
    line = [told for told in line for _ in range(1 + (random.random() < REPEATED))]
    moved = sorted(enumerate(line), key=lambda place: place[0] + random.random() * WINDOW)
    hands: list[list[Told]] = [[] for _ in range(WRITERS)]
    for _, told in moved:
        random.choice(hands).append(told)
    return [list(_batches(random, hand)) for hand in hands]


def _batches(random: Random, hand: list[Told]) -> Iterator[Batch]:
    """Cut what a writer tells into batches; each is of one reporter, whose token goes with it."""
    for _, told in groupby(sorted(hand, key=lambda told: told.machine), key=lambda told: told.machine):
        rest = list(told)
        while rest:
            count = random.choice((1, 2, 5, random.randint(1, BATCH_MAX)))
            yield rest[:count]
            rest = rest[count:]


def sized(reports: int) -> str:
    """Name about how many reports a batch has."""
    return next(name for most, name in SIZES.items() if reports <= most)


async def send(floor: Floor, hands: Iterable[Iterable[Batch]]) -> tuple[list[tuple[Told, Json]], Counter[str]]:
    """Have all writers send their batches at the same time, each its own one after the other; return the answers."""
    answered: list[tuple[Told, Json]] = []
    counted: Counter[str] = Counter()

    async def write(batches: Iterable[Batch]) -> None:
        for batch in batches:
            answers = await record(floor.reporters[batch[0].machine], *(input_of(told.report) for told in batch))
            answered.extend(zip(batch, answers, strict=True))
            counted.update({"requests": 1, f"requests of {sized(len(batch))}": 1, "reports sent": len(batch)})

    await asyncio.gather(*(write(batches) for batches in hands))
    return answered, counted


async def tell(floor: Floor, random: Random, units: Sequence[Unit]) -> Counter[str]:
    """Tell everything that waits, and note the answers."""
    happened = [told for unit in units for told in unit.waiting]
    answered, counted = await send(floor, disorder(random, happened))
    by_code = {unit.code: unit for unit in units}
    for told, answer in answered:
        note(by_code[told.report.code], told, answer)
    for unit in units:
        unit.waiting.clear()
    return counted + Counter({"different reports": len(happened)})


def note(unit: Unit, told: Told, answer: Json) -> None:
    """Remember the place that a report was answered with, or that it was refused because the unit had ended."""
    if answer["__typename"] == "Step":
        unit.told[told.key] = told
        unit.places.setdefault(told.key, set()).add(answer["sequence"])
    else:
        unit.refused[told.key] = told


async def contradict(
    floor: Floor, random: Random, unit: Unit, others: Sequence[Told]
) -> tuple[list[str], Counter[str]]:
    """Tell what is known already with other content, all writers at once: each is answered the place it has."""
    hands = [[[told] for told in random.sample(others, len(others))] for _ in range(WRITERS)]
    answered, counted = await send(floor, hands)
    wrong = [
        f"{told.key} with other content was answered {answer}"
        for told, answer in answered
        if {answer.get("sequence")} != unit.places[told.key]
    ]
    return wrong, counted + Counter({"contradictions told": len(answered)})
