"""Is what was not as it should be listed once, as grave as it is, with what becomes of it and when it closed?"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Model, Severity
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotPossible, Refusal
from app.domain.shared.text import LANGUAGES
from app.domain.unit.conclusion import conclusions, decision_made, disposed_of, due_at
from app.domain.unit.decision import choices
from app.domain.unit.disposition import Disposer, Disposition
from app.domain.unit.event import Event, StepKind
from app.domain.unit.evidence import Media
from app.domain.unit.kinds.change import Change, ChangeKind
from app.domain.unit.kinds.decision import DecisionKind, Question
from app.domain.unit.kinds.inspection import FAILED_MAX, FAILED_MEDIA_MAX, Finding, InspectionKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import Disposal, QualityKind, Succession
from app.domain.unit.kinds.rework import ReworkKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.listing import listing
from app.domain.unit.nonconformance import (
    LEFT_BEFORE_RELEASE,
    Nonconformance,
    check_disposition,
    nonconformances,
    open_nonconformances,
    summary,
)
from app.domain.unit.state import State
from app.domain.unit.status import concessions, open_failures, product_status
from tests.domain.build import FRESH, MODEL, PLAN, at, event, fold, inspections, measured
from tests.domain.story import CURRENCY, NOW
from tests.rows import rows

K, D = StepKind, Disposition
UNSAFE = fold(inspections(50, INSULATION=1.0))
LEVEL = fold(inspections(50, LEVEL=3.0))
COLOUR = fold(inspections(50, COLOUR_DELTA=1.5))
PAINTED = event(ProductionKind.OPERATION_STARTED, 20, "PAINTING")
CHANGED = replace(
    event(ChangeKind.DESIGN_CHANGED, 25), payload=Change({**FRESH.selections, "COLOUR": ("RED",)}, Decimal("2.50"))
)
OTHERWISE = fold([CHANGED, PAINTED])


def dispose(state: State, disposition: Disposition, minutes: float = 80, model: Model = MODEL) -> State:
    (found,) = open_nonconformances(state, model)
    failure = check_disposition(state, model, found.id, disposition)
    made = disposed_of(state, model, failure, disposition, Disposer.ENGINEER, at(minutes), f"disposed:{minutes}")
    return fold([made], state)


@rows(
    ("failed", "severity", "disposition", "by"),
    [
        ({"INSULATION": 1.0}, Severity.CRITICAL, D.REWORK, Disposer.RULE),
        ({"LEVEL": 3.0}, Severity.MAJOR, D.REWORK, Disposer.RULE),
        ({"COLOUR_DELTA": 1.5}, Severity.MINOR, None, None),
        ({"COLOUR_DELTA": 1.5, "LEVEL": 3.0}, Severity.MAJOR, D.REWORK, Disposer.RULE),
        ({"WATER_TIGHT": 0.0}, Severity.CRITICAL, D.REWORK, Disposer.RULE),
    ],
)
def test_a_failed_inspection_is_as_grave_as_the_gravest_of_what_failed(
    failed: dict[str, float], severity: Severity, disposition: Disposition | None, by: Disposer | None
) -> None:
    (found,) = nonconformances(fold(inspections(50, **failed)), MODEL)
    assert (found.severity, found.disposition, found.disposed_by) == (severity, disposition, by)
    assert (found.defects, found.raised_at, found.closed_at) == (tuple(failed), at(50), None)


def test_the_inspector_s_own_code_names_the_defect() -> None:
    told = replace(event(InspectionKind.INSPECTION_FAILED, 50, "FINAL_INSPECTION"), payload=Finding("SCRATCH"))
    (found,) = nonconformances(fold([told]), MODEL)
    assert (found.defects, found.operation) == (("SCRATCH",), "FINAL_INSPECTION")
    (unnamed,) = nonconformances(fold([replace(told, payload=None)]), MODEL)
    assert unnamed.defects == ("FINAL_INSPECTION",)


def test_each_round_of_rework_is_one_of_its_own_and_closes_with_the_inspection_behind_it() -> None:
    again = event(InspectionKind.INSPECTION_FAILED, 60, "SAFETY_TEST", INSULATION=1.5)
    good = event(InspectionKind.INSPECTION_PASSED, 70, "SAFETY_TEST", INSULATION=5)
    rounds = [*inspections(50, INSULATION=1.0), again]
    assert [n.closed_at for n in nonconformances(fold(rounds), MODEL)] == [at(60), None]
    for order in ([*rounds, good], [good, *rounds[::-1]]):
        assert [n.closed_at for n in nonconformances(fold(order), MODEL)] == [at(70), at(70)]


def test_a_unit_remembers_its_latest_failures_in_whatever_order_they_come() -> None:
    failed = [event(InspectionKind.INSPECTION_FAILED, minutes, "SAFETY_TEST", INSULATION=1.0) for minutes in range(30)]
    assert fold(failed).failed == fold(failed[::-1]).failed
    assert [f.occurred_at for f in fold(failed).failed.values()] == [at(m) for m in range(30)][-FAILED_MAX:]
    media = tuple(Media(f"https://cdn.example/{n}", "image/png") for n in range(9))
    (kept,) = fold([replace(failed[0], media=media)]).failed.values()
    assert kept.media == media[:FAILED_MEDIA_MAX]


@rows("disposition", [D.REWORK, D.REPAIR])
def test_reworked_or_repaired_a_unit_must_pass_its_inspection_again(disposition: Disposition) -> None:
    state = dispose(UNSAFE, disposition)
    (found,) = open_nonconformances(state, MODEL)
    assert (found.disposition, found.disposed_by) == (disposition, Disposer.ENGINEER)
    assert product_status(state, MODEL) == "IN_REWORK"
    state = fold([event(InspectionKind.INSPECTION_PASSED, 90, "SAFETY_TEST", INSULATION=5)], state)
    (closed,) = nonconformances(state, MODEL)
    assert (closed.closed_at, closed.disposition) == (at(90), disposition)
    assert product_status(state, MODEL) == "RELEASED"


def test_an_engineer_s_concession_closes_what_no_customer_is_asked_about() -> None:
    state = dispose(LEVEL, D.CONCESSION)
    assert product_status(state, MODEL) == "RELEASED"
    assert nonconformances(state, MODEL)[0].closed_at == at(80)


def test_the_latest_disposition_counts_in_whatever_order_they_come() -> None:
    (found,) = open_nonconformances(UNSAFE, MODEL)
    failure = check_disposition(UNSAFE, MODEL, found.id, D.REWORK)
    made = [
        disposed_of(UNSAFE, MODEL, failure, said, Disposer.ENGINEER, at(minutes), f"disposed:{minutes}")
        for said, minutes in ((D.REWORK, 60), (D.REPAIR, 61))
    ]
    for order in (made, made[::-1]):
        assert nonconformances(fold(order, UNSAFE), MODEL)[0].disposition == D.REPAIR


REFUSED: Sequence[tuple[State, Disposition, type[Refusal]]] = [
    (UNSAFE, D.CONCESSION, NotAllowed),
    (COLOUR, D.CONCESSION, NotAllowed),
    (COLOUR, D.REWORK, NotAllowed),
    (COLOUR, D.REPAIR, NotAllowed),
    (OTHERWISE, D.CONCESSION, NotAllowed),
    (OTHERWISE, D.REPAIR, InvalidInput),
    (fold([event(ChangeKind.ORDER_CANCELLED, 60)], UNSAFE), D.SCRAP, NotPossible),
    (fold([event(InspectionKind.INSPECTION_PASSED, 90, "SAFETY_TEST", INSULATION=5)], UNSAFE), D.REWORK, NotPossible),
]


@rows(("state", "disposition", "refusal"), REFUSED)
def test_what_an_engineer_may_not_say_is_refused(
    state: State, disposition: Disposition, refusal: type[Refusal]
) -> None:
    (found,) = nonconformances(state, MODEL)
    with pytest.raises(refusal):
        check_disposition(state, MODEL, found.id, disposition)


@rows("state", [UNSAFE, COLOUR, LEVEL, OTHERWISE, fold([event(TransportKind.PACKED, 60)], UNSAFE)])
@rows("disposition", [D.SCRAP, D.REMAKE])
def test_a_unit_can_be_given_up_until_it_leaves_and_then_owes_a_successor(
    state: State, disposition: Disposition
) -> None:
    ended = dispose(state, disposition)
    assert product_status(ended, MODEL) == "SCRAPPED"
    assert open_nonconformances(ended, MODEL) == ()
    (owed,) = conclusions(ended, MODEL, CURRENCY, NOW)
    assert (owed.kind, owed.event_id, due_at(ended, MODEL, CURRENCY, NOW)) == (QualityKind.SCRAPPED, "scrapped:1", NOW)
    replaced = fold([replace(owed, payload=Succession("0000000000000"))], ended)
    assert list(conclusions(replaced, MODEL, CURRENCY, NOW)) == []
    assert (replaced.successor, due_at(replaced, MODEL, CURRENCY, NOW)) == ("0000000000000", None)


def test_a_rule_of_the_inspection_plan_gives_a_unit_up_once() -> None:
    plan = tuple(replace(c, disposition="SCRAP") if c.code == "LEVEL" else c for c in MODEL.inspection_plan)
    model = replace(MODEL, inspection_plan=plan)
    (made,) = conclusions(LEVEL, model, CURRENCY, NOW)
    disposal = made.carried(Disposal)
    assert made.kind == QualityKind.NONCONFORMANCE_DISPOSED
    assert (disposal.disposition, disposal.by) == (D.SCRAP, Disposer.RULE)
    assert [each.kind for each in conclusions(fold([made], LEVEL), model, CURRENCY, NOW)] == [QualityKind.SCRAPPED]
    reworked = dispose(fold(inspections(50, LEVEL=3.0)), D.REWORK, 49, model)
    assert list(conclusions(reworked, model, CURRENCY, NOW)) == []
    assert list(conclusions(fold([event(TransportKind.PACKED, 60)], LEVEL), model, CURRENCY, NOW)) == []


def test_a_start_before_an_accepted_change_is_a_nonconformance_whenever_it_arrives() -> None:
    (found,) = open_nonconformances(OTHERWISE, MODEL)
    assert (found.defects, found.group, found.built) == (("BUILT_OTHERWISE",), "COLOUR", ("WHITE",))
    assert (found.severity, found.disposition, found.operation) == (Severity.MAJOR, D.REWORK, "PAINTING")
    (raised,) = conclusions(replace(OTHERWISE, plan=PLAN), MODEL, CURRENCY, NOW)
    assert raised.kind == QualityKind.NONCONFORMANCE_RAISED
    assert list(conclusions(fold([raised], OTHERWISE), MODEL, CURRENCY, NOW)) == []


@rows("minutes", [25, 26])
def test_a_start_at_or_after_the_change_built_what_was_changed(minutes: float) -> None:
    assert (
        open_nonconformances(fold([CHANGED, event(ProductionKind.OPERATION_STARTED, minutes, "PAINTING")]), MODEL) == ()
    )


def test_a_choice_that_was_changed_back_was_built_as_designed() -> None:
    back = replace(CHANGED, event_id="back", occurred_at=at(27), payload=Change(FRESH.selections, Decimal("-2.50")))
    assert open_nonconformances(fold([CHANGED, back, PAINTED]), MODEL) == ()
    between = event(ProductionKind.OPERATION_STARTED, 26, "PAINTING")
    (found,) = open_nonconformances(fold([CHANGED, back, between]), MODEL)
    assert found.built == ("RED",)


def test_a_deviation_closes_with_a_rework_after_the_change_and_an_inspection_behind_it() -> None:
    passed = inspections(50)
    assert product_status(fold([*passed], OTHERWISE), MODEL) == "IN_REWORK"
    reworked: list[Event] = [*passed, event(ReworkKind.REWORK_COMPLETED, 60)]
    assert product_status(fold(reworked, OTHERWISE), MODEL) == "IN_INSPECTION"
    state = fold([*reworked, event(InspectionKind.INSPECTION_PASSED, 70, "FINAL_INSPECTION")], OTHERWISE)
    assert product_status(state, MODEL) == "RELEASED"
    assert nonconformances(state, MODEL)[0].closed_at == at(70)
    early = [*passed, event(ReworkKind.REWORK_COMPLETED, 24)]
    assert product_status(fold(early, OTHERWISE), MODEL) == "IN_REWORK"


@rows("state", [UNSAFE, OTHERWISE, fold([event(InspectionKind.INSPECTION_FAILED, 50, "LEAK_TEST")])])
def test_a_person_reads_what_is_wrong_in_each_language(state: State) -> None:
    (found,) = nonconformances(state, MODEL)
    said = summary(found, MODEL)
    assert set(said) == set(LANGUAGES)
    assert all("{" not in words and len(words) > 5 for words in said.values())


def test_what_lists_look_for_is_read_off_the_state() -> None:
    found = listing(UNSAFE, MODEL)
    assert {(first.operation, first.passed) for first in found.first_passes} == {
        ("LEAK_TEST", True),
        ("SAFETY_TEST", False),
        ("FINAL_INSPECTION", True),
    }
    assert [(defect.code, defect.at) for defect in found.defects] == [("INSULATION", at(50))]
    assert (found.nonconforming_since, found.asked_since) == (at(50), None)
    (asked,) = conclusions(COLOUR, MODEL, CURRENCY, at(60))
    waiting = fold([asked], COLOUR)
    assert listing(waiting, MODEL).asked_since == at(60)


def test_what_an_engineer_has_disposed_of_is_no_longer_the_customer_s_to_decide() -> None:
    failed = inspections(50, COLOUR_DELTA=1.5, INSULATION=1.0)  # nobody is asked while something graver stands
    state = fold(failed)
    colour = next(found for found in open_nonconformances(state, MODEL) if found.defects == ("COLOUR_DELTA",))
    failure = check_disposition(state, MODEL, colour.id, D.REWORK)
    made = disposed_of(state, MODEL, failure, D.REWORK, Disposer.ENGINEER, at(60), "disposed:60")
    mended = event(InspectionKind.INSPECTION_PASSED, 70, "SAFETY_TEST", INSULATION=5)
    assert [each.kind for each in conclusions(fold([mended], state), MODEL, CURRENCY, NOW)] == [
        DecisionKind.DECISION_REQUESTED
    ]
    after = fold([made, mended], state)
    assert list(conclusions(after, MODEL, CURRENCY, NOW)) == []
    assert product_status(after, MODEL) == "IN_REWORK"


DOUBLED = replace(
    event(InspectionKind.INSPECTION_FAILED, 50, "FINAL_INSPECTION"),
    measurements=(*measured(INSULATION=1.0, COLOUR_DELTA=1.5), *measured(INSULATION=5.0)),
)
"""A safety value twice in one report, which is refused where it is told: bad, then good."""


@rows("choice", [D.CONCESSION, None])
def test_safety_that_failed_in_an_inspection_is_conceded_by_nobody_however_it_was_told(
    choice: Disposition | None,
) -> None:
    state = fold([*inspections(40), DOUBLED])
    (found,) = open_nonconformances(state, MODEL)
    assert (found.severity, found.disposition) == (Severity.CRITICAL, D.REWORK)
    assert list(conclusions(state, MODEL, CURRENCY, NOW)) == []
    with pytest.raises(NotAllowed):
        check_disposition(state, MODEL, found.id, D.CONCESSION)
    failure = check_disposition(state, MODEL, found.id, D.REWORK)
    forged = disposed_of(state, MODEL, failure, D.CONCESSION, Disposer.ENGINEER, at(80), "forged")
    assert product_status(fold([forged], state), MODEL) == "IN_REWORK"


def test_safety_made_good_since_is_inspected_again_before_anything_found_with_it_is_conceded() -> None:
    failed = event(InspectionKind.INSPECTION_FAILED, 50, "FINAL_INSPECTION", INSULATION=1.0, LEVEL=3.0)
    state = fold([*inspections(40), failed, event(InspectionKind.INSPECTION_PASSED, 60, "SAFETY_TEST", INSULATION=5.0)])
    (found,) = open_nonconformances(state, MODEL)
    assert (found.severity, found.defects) == (Severity.CRITICAL, ("INSULATION", "LEVEL"))
    with pytest.raises(NotAllowed):
        check_disposition(state, MODEL, found.id, D.CONCESSION)
    again = event(InspectionKind.INSPECTION_FAILED, 70, "FINAL_INSPECTION", LEVEL=3.0)
    assert product_status(dispose(fold([again], state), D.CONCESSION), MODEL) == "RELEASED"


def test_what_is_no_longer_remembered_may_have_been_safety() -> None:
    later = [event(InspectionKind.INSPECTION_FAILED, 60 + n, "SAFETY_TEST", INSULATION=1.0) for n in range(FAILED_MAX)]
    mended = event(InspectionKind.INSPECTION_PASSED, 90, "SAFETY_TEST", INSULATION=5.0)
    state = fold([*inspections(50, LEVEL=3.0), *later, mended])
    (found,) = open_nonconformances(state, MODEL)
    assert found.severity == Severity.CRITICAL
    with pytest.raises(NotAllowed):
        check_disposition(state, MODEL, found.id, D.CONCESSION)


# ---- what was conceded is settled


def concede(state: State, key: str | None = "k") -> State:
    (failure,) = open_failures(state, MODEL)
    offer = choices(concessions(MODEL, failure.evidence), CURRENCY)[0]
    return fold([decision_made(failure, offer, at(70), key=key)], state)


@rows(
    ("again", "asked", "status"),
    [
        ({"COLOUR_DELTA": 1.5}, None, "RELEASED"),
        ({"COLOUR_DELTA": 1.2}, None, "RELEASED"),
        ({"COLOUR_DELTA": 1.6}, {"COLOUR_DELTA"}, "ON_HOLD"),
        ({"COLOUR_DELTA": -0.1}, {"COLOUR_DELTA"}, "ON_HOLD"),
        ({"COLOUR_DELTA": 1.5, "NOISE": 75.0}, {"NOISE"}, "ON_HOLD"),
        ({"COLOUR_DELTA": 1.5, "LEVEL": 3.0}, None, "IN_REWORK"),
        ({"COLOUR_DELTA": 1.5, "INSULATION": 1.0}, None, "IN_REWORK"),
        ({}, None, "RELEASED"),
    ],
)
@rows("late", [True, False])
def test_a_concession_covers_its_characteristic_up_to_the_conceded_value_and_only_what_is_new_is_asked(
    again: dict[str, float], asked: set[str] | None, status: str, late: bool
) -> None:
    conceded, more = concede(COLOUR), inspections(90, **again)
    state = fold(more[::-1] if late else more, conceded)
    assert product_status(state, MODEL) == status
    said = [each.payload for each in conclusions(state, MODEL, CURRENCY, NOW)]
    found = {m.characteristic for question in said if isinstance(question, Question) for m in question.evidence}
    assert found == (asked or set())
    assert state.price_delta == Decimal(-20)


@rows(("key", "by"), [("k", Disposer.CUSTOMER), (None, Disposer.RULE)])
def test_what_was_settled_before_is_listed_with_who_conceded_it(key: str | None, by: Disposer) -> None:
    state = fold(inspections(90, COLOUR_DELTA=1.5), concede(COLOUR, key))
    assert [(n.disposition, n.disposed_by, n.closed_at) for n in nonconformances(state, MODEL)] == [
        (D.CONCESSION, by, at(70)),
        (D.CONCESSION, by, at(90)),
    ]


def test_an_engineer_s_concession_covers_the_next_inspection_too() -> None:
    conceded = dispose(LEVEL, D.CONCESSION)
    assert product_status(fold(inspections(90, LEVEL=3.0), conceded), MODEL) == "RELEASED"
    assert product_status(fold(inspections(90, LEVEL=3.1), conceded), MODEL) == "IN_REWORK"
    assert product_status(fold(inspections(90, LEVEL=-1.1), conceded), MODEL) == "IN_REWORK"


@given(st.floats(1.0, 3.0, exclude_min=True), st.floats(-3.0, 3.0))
def test_what_is_no_worse_than_a_conceded_value_never_waits_again(value: float, again: float) -> None:
    state = concede(fold(inspections(50, COLOUR_DELTA=value)))
    state = fold(inspections(90, COLOUR_DELTA=again), state)
    assert (product_status(state, MODEL) == "RELEASED") is (0.0 <= again <= max(1.0, value))


GONE = [kind for kind in TransportKind if kind not in (TransportKind.PACKED, TransportKind.INSTALLED)]


def departure(state: State) -> Nonconformance | None:
    found = [each for each in open_nonconformances(state, MODEL) if each.defects == (LEFT_BEFORE_RELEASE,)]
    return found[0] if found else None


@rows("kind", [*GONE, TransportKind.INSTALLED])
@rows("state", [FRESH, UNSAFE, COLOUR, LEVEL, OTHERWISE])
def test_a_unit_that_left_unreleased_is_seen_until_quality_has_released_it(kind: StepKind, state: State) -> None:
    gone = fold([event(kind, 60)], state)
    found = departure(gone)
    assert found is not None
    assert (found.raised_at, found.disposition, found.disposed_by) == (at(60), D.REWORK, Disposer.RULE)
    assert listing(gone, MODEL).nonconforming_since is not None
    assert all("{" not in words for words in summary(found, MODEL).values())
    good = [event(ReworkKind.REWORK_COMPLETED, 80), *inspections(90)]
    for order in ([event(kind, 60), *good], [*good, event(kind, 60)]):
        assert departure(fold(order, state)) is None
    assert departure(fold([event(TransportKind.PACKED, 60)], state)) is None


@rows(
    ("before", "allowed"),
    [
        ([], False),
        (inspections(50), True),
        (inspections(50, LEVEL=3.0), True),
        (inspections(50, INSULATION=1.0), False),
        ([each for each in inspections(50) if each.operation != "SAFETY_TEST"], False),
    ],
)
def test_that_a_unit_left_unreleased_is_accepted_only_with_its_safety_proven(
    before: Sequence[Event], allowed: bool
) -> None:
    unproven = [
        replace(e, measurements=tuple(m for m in e.measurements if m.characteristic != "NOISE")) for e in before
    ]
    gone = fold([*unproven, event(TransportKind.DELIVERED, 60)])
    found = departure(gone)
    assert found is not None
    assert found.severity == (Severity.MAJOR if allowed else Severity.CRITICAL)
    if not allowed:
        with pytest.raises(NotAllowed):
            check_disposition(gone, MODEL, found.id, D.CONCESSION)
        return
    failure = check_disposition(gone, MODEL, found.id, D.CONCESSION)
    accepted = fold([disposed_of(gone, MODEL, failure, D.CONCESSION, Disposer.ENGINEER, at(80), "d1")], gone)
    assert departure(accepted) is None
    closed = next(each for each in nonconformances(accepted, MODEL) if each.id == found.id)
    assert (closed.disposition, closed.closed_at) == (D.CONCESSION, at(80))


@rows("disposition", [D.REWORK, D.REPAIR, D.SCRAP, D.REMAKE])
def test_an_engineer_disposes_of_what_is_wrong_with_a_unit_that_has_left(disposition: Disposition) -> None:
    gone = fold([event(TransportKind.DELIVERED, 60)], UNSAFE)
    unsafe = next(each for each in open_nonconformances(gone, MODEL) if each.evidence)
    failure = check_disposition(gone, MODEL, unsafe.id, disposition)
    after = fold([disposed_of(gone, MODEL, failure, disposition, Disposer.ENGINEER, at(80), "d1")], gone)
    assert (product_status(after, MODEL) == "SCRAPPED") is (disposition in (D.SCRAP, D.REMAKE))
    if disposition in (D.REWORK, D.REPAIR):
        repaired = fold([event(InspectionKind.INSPECTION_PASSED, 90, "SAFETY_TEST", INSULATION=5.0)], after)
        assert open_nonconformances(repaired, MODEL) == ()
