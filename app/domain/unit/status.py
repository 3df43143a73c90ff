"""Where a unit is: status, stage and progress as functions of its state, and whether it is the customer's turn."""

from collections.abc import Iterator, Sequence

from app.domain.catalogue.catalogue import Characteristic, Model
from app.domain.unit.evidence import Measurement
from app.domain.unit.failure import Failure, conceded, failed_in_safety, failures
from app.domain.unit.kinds.transport import DEPARTED, latest_transport
from app.domain.unit.stage import ProductStatus
from app.domain.unit.state import State

LEFT = "left:unreleased"


def concessions(model: Model, evidence: Sequence[Measurement]) -> tuple[Characteristic, ...]:
    """Name the failed characteristics, if each of them may be conceded; never with a safety characteristic."""
    failed = tuple(model.characteristics[measurement.characteristic] for measurement in evidence)
    if any(characteristic.safety or characteristic.concession is None for characteristic in failed):
        return ()
    return failed


def offered_concessions(state: State, model: Model, failure: Failure) -> tuple[Characteristic, ...]:
    """Name what a customer may concede of a failure: nothing where safety failed with it, or it is not known."""
    id = failure.decision_id
    if id not in state.failed or failed_in_safety(state, model, id):
        return ()
    return concessions(model, failure.evidence)


def open_failures(state: State, model: Model) -> tuple[Failure, ...]:
    """Find the failures that wait for the customer's decision, wherever the unit is; none once it has ended."""
    if state.cancelled_at or state.scrapped_at:
        return ()
    standing = failures(state, model)
    settled = {**state.decided, **state.disposed}
    undecided = tuple(f for f in standing if f.decision_id not in settled and offered_concessions(state, model, f))
    return undecided if len(undecided) == len(standing) else ()


def is_released(state: State, model: Model) -> bool:
    """Tell whether the final inspection was passed with every characteristic inside its limits or conceded."""
    if model.final_inspection not in state.attempts or failures(state, model):
        return False
    return all(is_inspected(state, characteristic) for characteristic in model.inspection_plan)


def released_as_it_is(state: State) -> bool:
    """Tell of a released unit whether anything about it was accepted instead of passed."""
    verdicts = [attempt.passed for attempt in state.attempts.values()]
    return not all([*verdicts, *(reading.measurement.passed for reading in state.readings.values())])


def left_unreleased(state: State, model: Model) -> Iterator[Failure]:
    """Find that a unit has left its plant although quality has not released it: until it does, or it is accepted."""
    if not is_released(state, model):
        yield from (each for each in departures(state) if not conceded(state, model, each.decision_id))


def departures(state: State) -> Iterator[Failure]:
    """Find that a unit has left its plant, as the failure that this is without a release."""
    departed = [at for kind, at in state.transport.items() if kind in DEPARTED]
    if departed:
        yield Failure(LEFT, min(departed), ())


def is_inspected(state: State, characteristic: Characteristic) -> bool:
    """Tell whether a value is known; pass or fail may also be told by the verdict, for safety only by a passed one."""
    if characteristic.code in state.readings:
        return True
    attempt = state.attempts.get(characteristic.operation)
    return characteristic.unit is None and attempt is not None and (attempt.passed or not characteristic.safety)


def product_status(state: State, model: Model) -> ProductStatus:
    if state.scrapped_at:
        return ProductStatus.SCRAPPED
    if state.cancelled_at:
        return ProductStatus.CANCELLED
    if state.transport:
        return latest_transport(state).row.status
    standing = failures(state, model)
    if standing:
        return _status_of_failed(state, model, standing)
    if is_released(state, model):
        return ProductStatus.RELEASED
    final = model.final_inspection
    if final in state.attempts or final in state.unproven or final in state.operations:
        return ProductStatus.IN_INSPECTION
    if state.begun_at is not None:
        return ProductStatus.IN_PRODUCTION
    return ProductStatus.PLANNED if state.plan else ProductStatus.ORDERED


def _status_of_failed(state: State, model: Model, standing: tuple[Failure, ...]) -> ProductStatus:
    if open_failures(state, model):
        return ProductStatus.ON_HOLD
    completed, started = state.rework_completed_at, state.rework_started_at
    reworked = completed is not None and completed >= standing[-1].occurred_at
    if reworked and completed is not None and (started is None or started <= completed):
        return ProductStatus.IN_INSPECTION
    return ProductStatus.IN_REWORK


def progress(state: State, model: Model) -> float:
    """Return the share of standard work done, 0 to 1; 1 from the release on."""
    if state.transport or is_released(state, model):
        return 1.0
    done = sum(
        operation.standard_seconds
        for operation in model.routing
        if operation.code in state.operations and state.operations[operation.code].completed_at
    )
    whole = sum(operation.standard_seconds for operation in model.routing)
    return round(done / whole, 4)
