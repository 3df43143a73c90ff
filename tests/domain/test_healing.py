"""Do late, doubled, permuted and batched reports, with decisions in between, end as the reference model says?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.domain.unit import journey
from app.domain.unit.event import Event
from app.domain.unit.fact import Reading
from app.domain.unit.kinds.inspection import latest_readings
from app.domain.unit.state import State
from tests.domain.build import catalogue
from tests.domain.machine import Healing, healing_of
from tests.lane import rounds
from tests.rows import rows

LANE = settings(stateful_step_count=25)
WHOLE, SHORT = (
    settings(LANE, max_examples=rounds(push=12, prove=200)),
    settings(LANE, max_examples=rounds(push=3, prove=40)),
)
FINDING = settings(LANE, max_examples=200, derandomize=True, database=None, phases=[Phase.generate])
FACTORIES = ("WM-FRONT-9", "RF-FRENCH-500", "AC-WALL-35", "WH-TANK-60")


def test_the_order_batching_and_repetition_of_reports_make_no_difference() -> None:
    run_state_machine_as_test(Healing, settings=WHOLE)


@rows("sku", FACTORIES)
def test_reports_on_the_models_of_every_factory_heal(sku: str) -> None:
    run_state_machine_as_test(healing_of(catalogue().model[sku]), settings=SHORT)


def last_value_to_arrive(state: State, event: Event) -> Mapping[str, Reading]:
    found = {m.characteristic: Reading(m, event.occurred_at, event.key) for m in event.measurements if m.counts}
    return {**state.readings, **found}


def uncalibrated_counts(state: State, event: Event) -> Mapping[str, Reading]:
    measurements = tuple(replace(measurement, calibrated=True) for measurement in event.measurements)
    return latest_readings(state, replace(event, measurements=measurements))


BROKEN: Mapping[str, tuple[str, Callable[..., Any]]] = {
    "the value that arrives last counts": ("latest_readings", last_value_to_arrive),
    "a value out of calibration counts": ("latest_readings", uncalibrated_counts),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_domain_that_does_not_heal_is_found(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, *BROKEN[how])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Healing, settings=FINDING)
