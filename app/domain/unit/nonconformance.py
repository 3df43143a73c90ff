"""What was not as it should be with a unit, open and closed: how grave it is, and what becomes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalogue.catalogue import Characteristic, Model, Severity
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotPossible, RefusalCode
from app.domain.shared.text import Text, all_languages
from app.domain.unit.concession import concession_of
from app.domain.unit.conclusion import CANCELLED_ID, begun_though_cancelled, default_disposition
from app.domain.unit.disposition import FINAL_DISPOSITIONS, Disposer, Disposition
from app.domain.unit.evidence import Measurement
from app.domain.unit.fact import Failed, Reading
from app.domain.unit.failure import Failure, built_as, deviations, failures, operation_of, rebuilt
from app.domain.unit.state import State
from app.domain.unit.status import LEFT, concessions, departures, is_inspected, left_unreleased, open_failures

BUILT_OTHERWISE = "BUILT_OTHERWISE"
LEFT_BEFORE_RELEASE = "LEFT_BEFORE_RELEASE"
BUILT_THOUGH_CANCELLED = "BUILT_THOUGH_CANCELLED"


@dataclass(frozen=True)
class Nonconformance:
    """One failed inspection, one option built otherwise than designed (`group`, `built`), or that it left unreleased.

    `disposed_by` is a role; `closed_at` is when what settles it occurred, None while it is open.
    """

    id: str
    operation: str | None
    defects: tuple[str, ...]
    severity: Severity
    raised_at: datetime
    evidence: tuple[Measurement, ...] = ()
    group: str | None = None
    built: tuple[str, ...] = ()
    disposition: Disposition | None = None
    disposed_by: Disposer | None = None
    closed_at: datetime | None = None


def nonconformances(state: State, model: Model) -> tuple[Nonconformance, ...]:
    """List all of a unit, oldest first: those that stand and, of those that are settled, the latest."""
    standing = {failure.decision_id: failure for failure in (*failures(state, model), *left_unreleased(state, model))}
    found = {failure.decision_id: failure for failure in deviations(state, model)} | standing
    found |= {each.decision_id: each for each in departures(state) if each.decision_id in state.disposed}
    past = {id: Failure(f.event, f.occurred_at, _readings(f)) for id, f in state.failed.items()}
    listed = [_of(state, model, failure, id in standing) for id, failure in {**found, **past}.items()]
    if begun_though_cancelled(state) and state.cancelled_at:
        listed.append(_begun_though_cancelled(state.cancelled_at))
    return tuple(sorted(listed, key=lambda each: (each.raised_at, each.id)))


def _begun_though_cancelled(cancelled_at: datetime) -> Nonconformance:
    """Say that the station was first and its report came late; what was begun for nobody is scrapped, by rule."""
    return Nonconformance(
        CANCELLED_ID,
        None,
        (BUILT_THOUGH_CANCELLED,),
        Severity.MAJOR,
        cancelled_at,
        disposition=Disposition.SCRAP,
        disposed_by=Disposer.RULE,
        closed_at=cancelled_at,
    )


def open_nonconformances(state: State, model: Model) -> tuple[Nonconformance, ...]:
    """List those that wait for somebody."""
    return open_among(nonconformances(state, model), state)


def open_among(known: Sequence[Nonconformance], state: State) -> tuple[Nonconformance, ...]:
    """Choose those that wait for somebody: none once the unit has ended."""
    if state.cancelled_at or state.scrapped_at:
        return ()
    return tuple(each for each in known if each.closed_at is None)


def _readings(failed: Failed) -> tuple[Reading, ...]:
    return tuple(Reading(measurement, failed.occurred_at, failed.event) for measurement in failed.evidence)


def _of(state: State, model: Model, failure: Failure, stands: bool) -> Nonconformance:
    disposition, by = _disposition(state, model, failure)
    return Nonconformance(
        id=failure.decision_id,
        operation=operation_of(state, model, failure),
        defects=tuple(_defects(state, model, failure)),
        severity=_severity(state, model, failure),
        raised_at=failure.occurred_at,
        evidence=failure.evidence,
        group=failure.group,
        built=built_as(state, failure) if failure.group else (),
        disposition=disposition,
        disposed_by=by,
        closed_at=None if stands and not state.scrapped_at else _closed_at(state, model, failure),
    )


def _disposition(state: State, model: Model, failure: Failure) -> tuple[Disposition | None, Disposer | None]:
    """Tell what becomes of it and who said so: an engineer, the customer, or the rule; nobody while one is asked."""
    id = failure.decision_id
    disposed, decided = state.disposed.get(id), state.decided.get(id)
    if disposed is not None:
        return disposed.disposition, disposed.by
    if decided is not None:
        by = Disposer.CUSTOMER if decided.idempotency_key is not None else Disposer.RULE
        return Disposition(decided.choice), by
    if any(asked.decision_id == id for asked in open_failures(state, model)):
        return None, None
    covering = [concession_of(state, model, measured) for measured in failure.evidence]
    if covering and all(covering):
        return Disposition.CONCESSION, max((c for c in covering if c), key=lambda c: c.at).by
    return default_disposition(model, failure), Disposer.RULE


def _defects(state: State, model: Model, failure: Failure) -> Iterator[str]:
    """Name the defects: by the reporter's own code, else by what failed, else by the operation that found it."""
    if failure.group is not None:
        yield BUILT_OTHERWISE
        return
    if failure.event == LEFT:
        yield LEFT_BEFORE_RELEASE
        return
    known = state.failed.get(failure.decision_id)
    if known is not None and known.defect is not None:
        yield known.defect
        return
    yield from dict.fromkeys(model.characteristics[m.characteristic].defect_code for m in failure.evidence)
    if not failure.evidence:
        yield operation_of(state, model, failure) or model.final_inspection


def _severity(state: State, model: Model, failure: Failure) -> Severity:
    """Return the gravest of all that failed in it; a verdict without values may be about all that was inspected."""
    failed = _suspects(state, model, failure)
    gravities = [characteristic.gravity for characteristic in failed]
    gravities += [Severity.MAJOR] if failure.event == LEFT else []
    return max(gravities, key=list(Severity).index, default=Severity.MAJOR)


def _suspects(state: State, model: Model, failure: Failure) -> list[Characteristic]:
    """Name what failed, made good since or not. What is no longer remembered may be anything that is inspected."""
    if failure.group is not None:
        return []
    if failure.event == LEFT:
        standing = (s for f in failures(state, model) for s in _suspects(state, model, f))
        return [*standing, *(checked for checked in model.inspection_plan if not is_inspected(state, checked))]
    if failure.decision_id not in state.failed:
        return list(model.inspection_plan)
    evidence = state.failed[failure.decision_id].evidence
    operation = operation_of(state, model, failure)
    named = [model.characteristics[measurement.characteristic] for measurement in evidence]
    return named or [checked for checked in model.inspection_plan if checked.operation == operation]


def _closed_at(state: State, model: Model, failure: Failure) -> datetime | None:
    """Return when what settles it occurred: the unit's end, a concession, or the latest inspection of what failed."""
    id = failure.decision_id
    if state.scrapped_at:
        return state.scrapped_at
    if id in state.disposed and state.disposed[id].disposition == Disposition.CONCESSION:
        return state.disposed[id].at
    if id in state.decided and state.decided[id].choice == Disposition.CONCESSION:
        return state.decided[id].decided_at
    if failure.group is not None:
        final = state.attempts.get(model.final_inspection)
        return final.occurred_at if final and rebuilt(state, model, failure) else None
    covering = [concession_of(state, model, measured) for measured in failure.evidence]
    if covering and all(covering):
        return max(failure.occurred_at, *(concession.at for concession in covering if concession))
    codes = [measurement.characteristic for measurement in failure.evidence]
    times = [state.readings[code].occurred_at for code in codes if code in state.readings]
    operation = model.final_inspection if failure.event == LEFT else operation_of(state, model, failure)
    if operation is not None and operation in state.attempts:
        times.append(state.attempts[operation].occurred_at)
    return max((at for at in times if at >= failure.occurred_at), default=failure.occurred_at)


def check_disposition(state: State, model: Model, id: str, disposition: Disposition) -> Failure:
    """Find what an engineer may dispose of so. Raises NotPossible, NotAllowed or InvalidInput."""
    standing = (*failures(state, model), *left_unreleased(state, model))
    failure = next((f for f in standing if f.decision_id == id), None)
    if failure is None or state.cancelled_at or state.scrapped_at:
        raise NotPossible(RefusalCode.TOO_LATE, "This nonconformance is closed.", ("nonconformanceId",))
    final = disposition in FINAL_DISPOSITIONS
    if not final and any(asked.decision_id == id for asked in open_failures(state, model)):
        message = "Its customer is being asked; until the answer or the deadline only REMAKE and SCRAP are possible."
        raise NotAllowed(message, ("disposition",))
    if disposition == Disposition.CONCESSION:
        _check_concession(state, model, failure)
    if disposition == Disposition.REPAIR and failure.group is not None:
        raise InvalidInput("What was built otherwise than designed is not put right by a repair.", ("disposition",))
    return failure


def _check_concession(state: State, model: Model, failure: Failure) -> None:
    """Check that an engineer may let it pass: never safety, nor what is the customer's to concede or to choose.

    Judged by all that failed in it, also by what was made good since: what counts is what is listed.
    """
    suspects = _suspects(state, model, failure)
    if _severity(state, model, failure) == Severity.CRITICAL or any(checked.safety for checked in suspects):
        raise NotAllowed("A safety characteristic is never conceded.", ("disposition",))
    failed = state.failed.get(failure.decision_id)
    told = (failure.evidence, failed.evidence if failed else ())
    if failure.group is not None or any(concessions(model, evidence) for evidence in told):
        raise NotAllowed("Only its customer can concede this.", ("disposition",))


OUTSIDE = all_languages(
    "{} is outside its limits.", "{}超出限值。", "{} : hors limites.", "{} liegt außerhalb der Grenzen."
)
FAILED = all_languages(
    "{}: not passed.",
    "{}：未通过。",
    "{} : non réussi.",
    "{}: nicht bestanden.",
)
OTHERWISE = all_languages(
    "{} was built before your change arrived.",
    "{}在您的更改到达之前已经完成。",
    "{} : réalisé avant l'arrivée de votre changement.",
    "{} wurde gebaut, bevor Ihre Änderung ankam.",
)

THOUGH_CANCELLED = all_languages(
    "Its production had begun before it was cancelled.",
    "取消之前已开始生产。",
    "Sa production avait commencé avant l'annulation.",
    "Die Fertigung hatte vor der Stornierung begonnen.",
)


UNRELEASED = all_languages(
    "It left its factory before quality had released it.",
    "未经质量放行即已出厂。",
    "Parti de l'usine avant d'être libéré par la qualité.",
    "Hat das Werk verlassen, bevor die Qualität freigab.",
)


def summary(found: Nonconformance, model: Model) -> Text:
    """Say in plain words what is not as it should be."""
    if found.defects == (LEFT_BEFORE_RELEASE,):
        return UNRELEASED
    if found.group is not None:
        return _filled(OTHERWISE, [model.groups[found.group].name])
    if found.id == CANCELLED_ID:
        return THOUGH_CANCELLED
    if found.evidence:
        return _filled(OUTSIDE, [model.characteristics[m.characteristic].name for m in found.evidence])
    operation = model.operations.get(found.operation or model.final_inspection)
    return _filled(FAILED, [operation.name] if operation else [])


def _filled(text: Text, names: list[Text]) -> Text:
    return {
        language: words.format(", ".join(name.get(language, name["en"]) for name in names))
        for language, words in text.items()
    }
