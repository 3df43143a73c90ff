"""One unit's journal as eight writers, a carrier, its customer and an engineer fill it: rules of a stateful test."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain.catalogue.catalogue import Model
from app.domain.shared.refusal import Refusal
from app.domain.shared.viewer import AccountKind
from app.domain.unit.conclusion import conclusions
from app.domain.unit.disposition import Disposition
from app.domain.unit.event import Event
from app.domain.unit.failure import failures
from app.domain.unit.journey import follow
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.quality import Disposal, QualityKind, Succession
from app.domain.unit.kinds.table import REPORT_KINDS, REPORTED_BY
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.report import Report, Reporter, to_event
from app.domain.unit.stage import STAGE_OF_STATUS
from app.domain.unit.state import State
from app.domain.unit.status import is_released, open_failures, product_status, progress
from tests.domain.build import FRESH, MODEL, T0
from tests.domain.happening import (
    CODE,
    MINUTES,
    ON_THE_LINE,
    concedable,
    failed_inspection,
    happenings,
    impossible,
    whole_inspection,
)
from tests.domain.reference import Reference
from tests.domain.story import CURRENCY, NOW, POSSIBLE, add, change, decide, dispose
from tests.domain.telling import Story, Told
from tests.domain.test_status import STAGES

WRITERS = 8
WRITER = st.one_of(st.none(), st.integers(0, WRITERS - 1))
"""With which writer a report waits; with none, it is told at once."""
MACHINES, CARRIER = ("m1", "m2"), "carrier"
DISPOSITIONS = (Disposition.REWORK, Disposition.REPAIR, Disposition.CONCESSION, Disposition.CONCESSION)
ROUNDED = 1e-4
"""To this progress is rounded."""
Arrived = Told | Event
"""What is in the journal: a report as it was told, or an act or announcement."""


def tell(told: Told, state: State, model: Model) -> Event:
    """Let the domain judge a report against a state."""
    return to_event(told.report, Reporter(told.machine, told.by), state, model, POSSIBLE)


def kind_of(reporter: str) -> AccountKind:
    return AccountKind.CARRIER if reporter == CARRIER else AccountKind.FACTORY


def outcome(state: State, model: Model) -> tuple[object, ...]:
    """Say what must not depend on the order: status, stage, progress, the measured values, and what stands."""
    status = product_status(state, model)
    values = {code: reading.measurement.value for code, reading in state.readings.items()}
    standing = {failure.event for failure in failures(state, model)}
    return status, STAGE_OF_STATUS[status], progress(state, model), values, standing


def fold_anew(arrived: Iterable[Arrived], model: Model) -> State:
    """Fill an empty journal; what has a name that is in it already is not written again."""
    state, known = FRESH, set[str]()
    for each in arrived:
        event = tell(each, state, model) if isinstance(each, Told) else each
        if event.key not in known:
            known.add(event.key)
            state = follow(state, event)
    return state


class Healing(RuleBasedStateMachine):
    """Reports happen, wait with a writer, and are told late, twice, in batches; people decide in between.

    Acts are those of `Story`, which knows one model; of other models only reports and the system's acts are judged.
    """

    model = MODEL

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[list[Told]] = [[] for _ in range(WRITERS)]
        self.told: list[Told] = []
        self.arrived: list[Arrived] = []
        self.places: dict[str, int] = {}
        self.happened = Counter[str]()
        self.story = Story(self.told)

    def acts_are_judged(self) -> bool:
        return self.model is MODEL

    # ---- what happens, and how it is told

    @initialize(data=st.data())
    def a_unit_is_begun(self, data: st.DataObject) -> None:
        if data.draw(st.booleans()):
            self.all_is_inspected(data.draw(st.sampled_from(MINUTES)), data.draw(WRITER))

    @rule(data=st.data(), writer=WRITER)
    def something_happens_on_the_line(self, data: st.DataObject, writer: int) -> None:
        kinds = data.draw(st.sampled_from((ON_THE_LINE, tuple(InspectionKind))))
        for report in data.draw(st.lists(happenings(self.model, kinds), min_size=1, max_size=4)):
            self._happens(data.draw(st.sampled_from(MACHINES)), report, data.draw(st.sampled_from((None, writer))))

    @rule(data=st.data(), writer=WRITER)
    def something_happens_on_the_way(self, data: st.DataObject, writer: int) -> None:
        reporter = data.draw(st.sampled_from((CARRIER, *MACHINES)))
        kinds = sorted(REPORTED_BY[kind_of(reporter)] & set(TransportKind))
        self._happens(reporter, data.draw(happenings(self.model, kinds)), writer)

    @rule(minutes=st.sampled_from(MINUTES), writer=WRITER)
    def all_is_inspected(self, minutes: int, writer: int | None) -> None:
        for report in whole_inspection(self.model, minutes):
            self._happens(MACHINES[0], report, writer)

    @rule(data=st.data(), minutes=st.sampled_from(MINUTES))
    def something_fails_that_may_be_conceded(self, data: st.DataObject, minutes: int) -> None:
        failed = data.draw(st.sampled_from(concedable(self.model)))
        self._happens(data.draw(st.sampled_from(MACHINES)), failed_inspection(failed, minutes), None)

    @precondition(lambda self: any(self.waiting))
    @rule(writer=WRITER, places=st.lists(st.integers(0, 9), min_size=1, max_size=8))
    def a_batch_is_told(self, writer: int | None, places: list[int]) -> None:
        """Tell some of what waits, in any order, some of it twice."""
        waiting = [hand for hand in self.waiting if hand]
        hand = waiting[(writer or 0) % len(waiting)]
        batch = [hand[place % len(hand)] for place in places]
        for told in batch:
            self._tell(told)
        hand[:] = [told for told in hand if told not in batch]

    @precondition(lambda self: self.told)
    @rule(place=st.integers(0, 99))
    def a_report_is_repeated(self, place: int) -> None:
        self._repeat(self.told[place % len(self.told)], None)

    @precondition(lambda self: self.told)
    @rule(place=st.integers(0, 99), data=st.data())
    def a_report_is_repeated_with_other_content(self, place: int, data: st.DataObject) -> None:
        other = data.draw(happenings(self.model, sorted(REPORT_KINDS)))
        self._repeat(self.told[place % len(self.told)], other)

    @rule(data=st.data())
    def the_impossible_is_refused(self, data: st.DataObject) -> None:
        before = self.story.state
        with pytest.raises(Refusal):
            self._tell(Told("m1", data.draw(st.sampled_from(impossible(self.model)))))
        assert self.story.state is before

    # ---- what people and the system say

    @precondition(lambda self: self.acts_are_judged() and any(open_failures(self.story.state, self.model)))
    @rule(choice=st.sampled_from(("CONCESSION", "CONCESSION", "REWORK")))
    def the_customer_decides(self, choice: str) -> None:
        self._act(lambda: decide(self.story, choice))

    @precondition(lambda self: self.acts_are_judged() and any(failures(self.story.state, self.model)))
    @rule(disposition=st.sampled_from(DISPOSITIONS))
    def an_engineer_disposes(self, disposition: Disposition) -> None:
        self._act(lambda: dispose(self.story, disposition))

    @precondition(lambda self: self.acts_are_judged() and len(self.told) > 6)
    @rule()
    def an_engineer_scraps(self) -> None:
        self._act(lambda: dispose(self.story, Disposition.SCRAP))

    @precondition(lambda self: self.acts_are_judged() and self.story.changed_at is None)
    @rule(minutes=st.sampled_from((5, 25, 35)))
    def an_option_is_changed(self, minutes: int) -> None:
        self._act(lambda: change(self.story, minutes))

    @rule()
    def what_follows_is_announced(self) -> None:
        """Write what the system concludes; where a rule of the inspection plan ends the unit, that is an act."""
        keys = {failure.decision_id: failure.event for failure in failures(self.story.state, self.model)}
        for event in list(conclusions(self.story.state, self.model, CURRENCY, NOW)):
            if isinstance(event.payload, Disposal):
                known = self.story.disposed.setdefault(keys[event.payload.nonconformance], [])
                known.append(event.payload.disposition)
            said = replace(event, payload=Succession(CODE)) if event.kind == QualityKind.SCRAPPED else event
            self.arrived.append(said)
            add(self.story, said)

    # ---- the law

    def teardown(self) -> None:
        """Tell what still waits: in the end everything has been told."""
        for told in [told for hand in self.waiting for told in hand]:
            self._tell(told)
        self.order_and_repetition_make_no_difference()
        self.the_reference_model_says_the_same()

    @precondition(lambda self: self.arrived)
    @rule(data=st.data())
    def another_order_makes_the_same(self, data: st.DataObject) -> None:
        repeated = data.draw(st.lists(st.sampled_from(self.arrived), max_size=4))
        arrived = data.draw(st.permutations([*self.arrived, *repeated]))
        assert outcome(fold_anew(arrived, self.model), self.model) == outcome(self.story.state, self.model)

    @invariant()
    def order_and_repetition_make_no_difference(self) -> None:
        by_time = sorted(self.arrived, key=lambda each: T0 if isinstance(each, Event) else each.report.occurred_at)
        for arrived in (self.arrived[::-1], by_time, [each for one in by_time[::-1] for each in (one, one)]):
            assert outcome(fold_anew(arrived, self.model), self.model) == outcome(self.story.state, self.model)

    @invariant()
    def the_reference_model_says_the_same(self) -> None:
        reference, state = Reference(self.story, self.model), self.story.state
        status = product_status(state, self.model)
        assert status == reference.status()
        assert STAGE_OF_STATUS[status] == next(stage for stage, found in STAGES.items() if status in found)
        assert abs(progress(state, self.model) - reference.progress()) <= ROUNDED
        assert is_released(state, self.model) is reference.released()
        values = {code: reading.measurement.value for code, reading in state.readings.items()}
        assert values == {code: value for code, (_, value) in reference.last_values().items()}
        assert {failure.event for failure in failures(state, self.model)} == set(reference.standing())

    # ---- the journal, in small

    def _happens(self, reporter: str, report: Report, writer: int | None) -> None:
        """Let something happen; each reporter numbers its own events, so that two may have the same eventId."""
        self.happened[reporter] += 1
        told = Told(reporter, replace(report, event_id=f"e{self.happened[reporter]}"), kind_of(reporter))
        if writer is None:
            self._tell(told)
        else:
            self.waiting[writer].append(told)

    def _tell(self, told: Told) -> int:
        """Append a report, or find the place that its name has."""
        event = tell(told, self.story.state, self.model)
        if event.key not in self.places:
            self.told.append(told)
            self.arrived.append(told)
            add(self.story, event)
            self.places[event.key] = self.story.state.sequence
        return self.places[event.key]

    def _repeat(self, told: Told, other: Report | None) -> None:
        """Tell a report again, as it was or with other content: it keeps its place, and nothing is written."""
        before, again = self.story.state, replace(other or told.report, event_id=told.report.event_id)
        assert self._tell(replace(told, report=again)) == self.places[told.key]
        assert self.story.state is before

    def _act(self, act: Callable[[], None]) -> None:
        """Let somebody act as far as the state at that moment allows it."""
        known = len(self.story.events)
        act()
        self.arrived += self.story.events[known:]


def healing_of(model: Model) -> type[Healing]:
    """Make the machine of another model."""
    return type("Healing", (Healing,), {"model": model})
