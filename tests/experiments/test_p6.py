"""P6 in short: reports in whatever order, twice, in batches, by eight writers, end as the reference model says."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.domain.code import parse_code
from app.world import World
from experiments.p6 import Sent, Unit, draw_unit, judge, send, tell_and_judge
from tests.client import FRONT_9, Api, new_customer, new_unit


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.function_scoped_fixture),
)
@given(random=st.randoms(use_true_random=False))
async def test_any_order_doubling_and_batching_by_eight_writers_ends_as_the_reference_model_says(
    api: Api, foshan: Api, world: World, random: Random
) -> None:
    sent, wrong = await tell_and_judge(await new_customer(api), foshan, world, random, 3)
    assert wrong == []
    assert sent.reports >= len(sent.sequences) > 0


async def test_the_judge_finds_a_report_that_was_lost_doubled_or_altered(api: Api, foshan: Api, world: World) -> None:
    customer, random = await new_customer(api), Random(6)
    code = parse_code(await new_unit(customer))
    unit = draw_unit(random, world.model(FRONT_9), code, world.now() - timedelta(hours=11))
    sent = await send(foshan, [[[told.report for told in unit.told]]])
    assert await judge(customer, world, unit, sent) == []
    measured = next(told for told in unit.told if told.report.measurements)
    value = measured.report.measurements[0]
    altered = replace(
        measured.report, measurements=(replace(value, value=value.value + 1), *measured.report.measurements[1:])
    )
    for others in (
        unit.told[1:],
        [*unit.told, replace(unit.told[0], report=replace(unit.told[0].report, event_id="other"))],
        [replace(told, report=altered) if told is measured else told for told in unit.told],
    ):
        assert await judge(customer, world, Unit(code, others), sent)
    moved = {key: {sequence + 1 for sequence in places} for key, places in sent.sequences.items()}
    assert await judge(customer, world, unit, Sent(sequences=moved))
